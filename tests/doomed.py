"""A node in a process of its own that is killed, or whose disk fails, at a call that a seed chooses.

``Mother`` is the handle: a process that has everything imported and forks for each order, since a fork costs
milliseconds and a start a second. The child opens the node, does its jobs under ``faulty_disk.c`` (any call
that changes a file can fail, or be the last), then, if it lives, with a sound disk those that were refused.

Without a C compiler nothing fails; a child then kills itself between two jobs.
"""

import ctypes
import dataclasses
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

from mithaq.domain.party import Origin
from mithaq.errors import KeyStoreError, MithaqError, PeerError, StoreError
from mithaq.exchange.packing import Lane
from mithaq.exchange.service import Service
from nodes import Clock, Node, make_node
from speech import message

HERE = Path(__file__).parent
SYNC, WRITE, MAKE, REMOVE = 1, 2, 4, 8
FAULTS = {
    "kill": (SYNC | WRITE | MAKE | REMOVE, 0),
    "full": (WRITE | MAKE, errno.ENOSPC),
    "read-only": (WRITE | MAKE | REMOVE, errno.EROFS),
    "fsync": (SYNC, errno.EIO),
}
"""Which calls fail, and how; number 0 is SIGKILL."""


class Fixed(Clock):
    """A clock that stands still until it is set, so that a history can be played again."""

    def __call__(self) -> float:
        return self.offset


def open_node(directory: Path, label: str, origin: str, time: float) -> Node:
    """The node in a directory, with a clock that stands."""
    node, clock = make_node(directory, label, Origin(origin)), Fixed(time)
    identity = dataclasses.replace(node.identity, clock=clock)
    return dataclasses.replace(node, clock=clock, identity=identity, service=Service(identity, node.store))


# --- the handle -------------------------------------------------------------------------------------------


def shim(directory: Path) -> Path | None:
    """``faulty_disk.c``, compiled; None without a compiler."""
    compiler = shutil.which("cc")
    made = directory / "faulty_disk.so"
    if compiler is None:
        return None
    source = HERE / "faulty_disk.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", made, source, "-ldl"], check=True)
    return made


class Mother:
    """Forks doomed nodes; one order at a time."""

    def __init__(self, directory: Path) -> None:
        library = shim(directory)
        preload = {"LD_PRELOAD": str(library)} if library else {}
        self.faulty = library is not None
        self._process = subprocess.Popen(
            [sys.executable, HERE / "doomed.py"],
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])} | preload,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def order(self, **order: Any) -> int:
        """Have it done; the child's exit code, or minus the signal that it died of."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


# --- the processes ----------------------------------------------------------------------------------------


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 70
            try:
                code = Child(**json.loads(line)).run()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


class Child:
    """What one order is.

    Args:
        directory, label, origin, partner, time: the node.
        fault: of ``FAULTS``.
        after: calls that pass before the fault.
        times: calls that fail, -1 for all.
        jobs: what to do: ``["send", number]``, ``["receive", file, answer]``, ``["take", file]``,
            ``["pack", lane]``, ``["housekeep"]``.
        results: file for a line of JSON for each job done or refused.
    """

    def __init__(self, **order: Any) -> None:
        self.order = order
        self.results = os.open(order["results"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def tell(self, what: str, *details: Any) -> None:
        os.write(self.results, (json.dumps([what, *details]) + "\n").encode())

    def run(self) -> int:
        kinds, number = FAULTS[self.order["fault"]]
        library = ctypes.CDLL(None)
        if not hasattr(library, "faulty_arm"):
            return self.without_faults()
        below = f"{self.order['directory']}/".encode()
        library.faulty_arm(below, kinds, number, self.order["after"], self.order["times"])
        node = self.open()
        left = [job for job in self.order["jobs"] if node is None or not self.do(node, job)]
        library.faulty_disarm()
        node = node or self.open()
        if node is None:
            self.tell("broken", "it does not open on a sound disk")
            return 1
        for job in left:
            if not self.do(node, job):
                self.tell("broken", f"refused on a sound disk: {job}")
        if self.order["after"] % 2:
            node.close()
        return 0

    def without_faults(self) -> int:
        node = self.open()
        assert node
        jobs = self.order["jobs"]
        for job in jobs[: self.order["after"] % (len(jobs) + 1)]:
            self.do(node, job)
        os.kill(os.getpid(), signal.SIGKILL)
        return 1

    def open(self) -> Node | None:
        order = self.order
        try:
            return open_node(Path(order["directory"]), order["label"], order["origin"], order["time"])
        except (StoreError, KeyStoreError) as error:
            self.tell("unopened", str(error))
        except Exception:  # noqa: BLE001 - told, and a failure of the test
            self.tell("broken", traceback.format_exc())
        return None

    def do(self, node: Node, job: list[Any]) -> bool:
        """Whether it was done, or refused for another reason than the disk."""
        try:
            getattr(self, job[0])(node, *job[1:])
        except (StoreError, KeyStoreError) as error:
            self.tell("refused", job, str(error))
            return False
        except Exception:  # noqa: BLE001 - told, and a failure of the test
            self.tell("broken", job, traceback.format_exc())
        return True

    def send(self, node: Node, number: int, spec: dict[str, Any]) -> None:
        try:
            sent = node.service.send(self.order["partner"], message(number, **spec))
        except (StoreError, KeyStoreError):
            raise
        except MithaqError as error:
            self.tell("declined", number, type(error).__name__, list(getattr(error, "codes", ())))
        else:
            self.tell("sent", number, sent.leaf)

    def receive(self, node: Node, file: str, answer: str) -> None:
        with Path(file).open("rb") as pouch:
            try:
                pieces = b"".join(node.service.receive(pouch.read))
            except PeerError as error:
                self.tell("declined", type(error).__name__, str(error))
            else:
                Path(answer).write_bytes(pieces)

    def take(self, node: Node, file: str) -> None:
        try:
            node.service.take(Path(file).read_bytes())
        except PeerError as error:
            self.tell("declined", type(error).__name__, str(error))

    def pack(self, node: Node, lane: str) -> None:
        outgoing = node.service.pouch(self.order["partner"], Lane(lane))
        if outgoing:
            b"".join(outgoing.pieces)
            node.service.failed(outgoing)

    def housekeep(self, node: Node) -> None:
        node.service.housekeep()


if __name__ == "__main__":
    main()
