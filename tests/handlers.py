"""Handlers of pouches that stand in for a node where only the wire is tested."""

import threading

from mithaq.errors import ForgedError
from mithaq.wire import http

MIB = 1024 * 1024


def echo(read):
    whole = b""
    while piece := read(MIB):
        whole += piece
    return [b"answer:", whole]


def stranger(read):
    read(http.FIRST_MAX)
    raise ForgedError("no such log")


class Slow:
    """Works on a pouch that begins with ``s`` until it is released."""

    def __init__(self):
        self.inside, self.release = threading.Event(), threading.Event()

    def __call__(self, read):
        if read(1) == b"s":
            self.inside.set()
            self.release.wait(10)
        return [b"done"]
