"""A node in a process of its own that says things all the time, and dies at a point that a seed chooses.

What its service has acknowledged is written to a synced file, so that the test knows what must never be lost.
Dying is by SIGKILL at itself, at one of these points: before a commit, between commit and anchor, between
anchor and release, in the middle of a pouch that is being sent or answered.
"""

import itertools
import os
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mithaq.domain.party import Origin
from mithaq.exchange.packing import PROMPT_BODY_MAX
from mithaq.node.courier import Couriers
from mithaq.wire.client import PouchClient
from mithaq.wire.server import PouchServer
from nodes import alert, make_node

LARGE_EVERY = 16
"""Of so many messages one is for the bulk lane."""
POINTS = ("commit", "anchor", "release", "piece", "never")


def doomed(point: str, seed: int) -> Callable[[str], None]:
    """A function to be called at every point; kills this process at the chosen one, the n-th time."""
    left = random.Random(seed).randrange(1, 25)

    def pass_by(here: str) -> None:
        nonlocal left
        if here == point:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return pass_by


def arm(node: Any, pass_by: Callable[[str], None]) -> None:
    """Put the points into a store and a service; test code only."""
    anchor = node.store._anchor
    append, release = anchor.append, node.store._release

    def anchored(lines: Any) -> None:
        pass_by("anchor")
        append(lines)
        pass_by("release")

    def released(*arguments: Any) -> Any:
        pass_by("commit")
        return release(*arguments)

    anchor.append, node.store._release = anchored, released


def pieces(source: Iterator[bytes], pass_by: Callable[[str], None]) -> Iterator[bytes]:
    for piece in source:
        pass_by("piece")
        yield piece


def main() -> None:
    directory, label, origin, partner, port, acknowledged, point, seed = sys.argv[1:]
    pass_by = doomed(point, int(seed))
    node = make_node(Path(directory), label, Origin(origin))
    arm(node, pass_by)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    client = PouchClient()
    post = client.post
    client.post = lambda url, parts, total: post(url, pieces(iter(parts), pass_by), total)
    couriers = Couriers(lambda: node.service, client, os.urandom)
    node.service._wake = couriers.wake
    server = PouchServer()
    server.start("127.0.0.1", int(port), lambda read: pieces(node.service.receive(read), pass_by))
    couriers.wake(Origin(partner))
    file = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    print("up", flush=True)
    for count in itertools.count():
        if stopping.wait(0.02):
            break
        much = "x" * PROMPT_BODY_MAX if count % LARGE_EVERY == 0 else ""
        sent = node.service.send(partner, alert(f"exercise {os.urandom(8).hex()}{much}"))
        os.write(file, f"{sent.leaf}\n".encode())
        os.fsync(file)
    server.stop()
    couriers.stop()
    client.close()
    node.close()


if __name__ == "__main__":
    main()
