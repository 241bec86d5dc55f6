"""The driver of the kill tests: two nodes as processes, one of which dies each round and is started again."""

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kill_worker import POINTS
from nodes import A, B, make_node, make_pair, settle

HERE = Path(__file__).parent


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Worker:
    """One node's process; `start` again after each death."""

    def __init__(self, directory: Path, label: str, origins: tuple[str, str], port: int) -> None:
        self.directory, self.label, self.origins, self.port = directory, label, origins, port
        self.acknowledged = directory / f"{label}.acknowledged"
        self.process: subprocess.Popen[str] | None = None

    def start(self, point: str, seed: int) -> None:
        node = self.directory / self.label
        arguments = [node, self.label, *self.origins, self.port, self.acknowledged, point, seed]
        self.process = subprocess.Popen(
            [sys.executable, HERE / "kill_worker.py", *map(str, arguments)],
            env=os.environ | {"PYTHONPATH": str(HERE)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def await_up(self) -> None:
        """Until it serves, or has died on the way up."""
        assert self.process
        assert self.process.stdout
        self.process.stdout.readline()

    def stop(self, sign: signal.Signals) -> int:
        assert self.process
        assert self.process.stdout
        self.process.send_signal(sign)
        self.process.wait(20)
        self.process.stdout.close()
        return self.process.returncode


def run(directory: Path, rounds: int, seed: int) -> dict[str, int]:
    """Kill a node in each round; then check that nothing acknowledged was lost, doubled or not judged.

    Returns:
        How often each point was met, and how many things were acknowledged.
    """
    chance = random.Random(seed)
    ports = free_port(), free_port()
    a, b = make_pair(directory, urls=(f"http://localhost:{ports[0]}", f"http://localhost:{ports[1]}"))
    a.close()
    b.close()
    workers = [Worker(directory, "a", (A, B), ports[0]), Worker(directory, "b", (B, A), ports[1])]
    met = dict.fromkeys((*POINTS, "time"), 0)
    for worker in workers:
        worker.start("never", 0)
    for worker in workers:
        worker.await_up()
    for _ in range(rounds):
        victim, point = chance.choice(workers), chance.choice(POINTS)
        victim.stop(signal.SIGKILL)
        victim.start(point, chance.randrange(2**32))
        victim.await_up()
        end = time.monotonic() + chance.uniform(0.1, 0.7)
        while time.monotonic() < end and victim.process and victim.process.poll() is None:
            time.sleep(0.01)
        died = victim.process is not None and victim.process.poll() is not None
        met[point if died else "time"] += 1
        victim.stop(signal.SIGKILL)
        victim.start("never", 0)
        victim.await_up()
    for worker in workers:
        assert worker.stop(signal.SIGTERM) == 0
    return met | {"acknowledged": check(directory, workers)}


def check(directory: Path, workers: list[Worker]) -> int:
    """Open both nodes, let them say the rest, and compare."""
    a, b = make_node(directory / "a", "a", A), make_node(directory / "b", "b", B)
    settle(a, b, rounds=500)
    records = a.service.record(B), b.service.record(A)
    assert b"".join(records[0].lines()) == b"".join(records[1].lines())
    total = 0
    for side, worker in enumerate(workers):
        acknowledged = worker.acknowledged.read_text().split()
        logged = [leaf.hex() for leaf in records[0].leaves[side]]
        alerts = [
            leaf
            for leaf, step in zip(logged, records[0].steps[side], strict=True)
            if step.entry and step.entry.kind == "alert"
        ]
        assert len(set(logged)) == len(logged)
        assert set(acknowledged) <= set(alerts), "something acknowledged was lost"
        for leaf in alerts:
            assert records[0].things[leaf].reading == "accepted"
        total += len(acknowledged)
    a.close()
    b.close()
    return total


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="mithaq-kill-") as place:
        print(run(Path(place), rounds=int(sys.argv[1]), seed=int(time.time())))
