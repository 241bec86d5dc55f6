"""Two real nodes under load for hours, one of them killed now and then; then both records must be the same.

``HOURS=0.5 make soak``. Every message whose sending was acknowledged must be in both records, accepted, once
and only once, whatever was killed meanwhile. A line for each round; the first difference ends it with 1.
"""

import itertools
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from mithaq.demo import rabat_parts
from mithaq.demo.part import Part
from mithaq.demo.proof import Proof
from mithaq.demo.rabat import ORIGINS
from mithaq.demo.screen import Screen
from mithaq.demo.seat import Seat
from mithaq.demo.stage import Stage, expect, wait
from mithaq.errors import MithaqError, ReachError
from mithaq.words import Words

HOURS = float(os.environ.get("HOURS", "1"))
ROUND = 20.0
"""Seconds between two kills."""
MAKERS: tuple[Callable[[], Part], ...] = (
    rabat_parts.warning,
    rabat_parts.request,
    rabat_parts.expertise,
)


def talk(seats: tuple[Seat, Seat], side: int, until: float, acknowledged: list[set[str]]) -> None:
    """Say one thing after the other until the round ends, or the node is killed."""
    seat, partner = seats[side], seats[1 - side]
    with suppress(ReachError, OSError):
        for make in itertools.cycle(MAKERS):
            if time.monotonic() > until:
                return
            acknowledged[side].add(seat.service.send(partner.origin, make().message).leaf)
            time.sleep(0.01)


def play_round(seats: tuple[Seat, Seat], acknowledged: list[set[str]], seconds: float) -> None:
    """Both sides talk; in the middle one of the nodes is killed."""
    with suppress(ReachError), ExitStack() as nodes:  # a killed node does not end well, and need not
        for seat in seats:
            nodes.enter_context(seat.serving())
        until = time.monotonic() + seconds
        talkers = [threading.Thread(target=talk, args=(seats, side, until, acknowledged)) for side in (0, 1)]
        for talker in talkers:
            talker.start()
        time.sleep(seconds * random.uniform(0.2, 0.9))
        os.kill(random.choice(seats).pid, signal.SIGKILL)
        for talker in talkers:
            talker.join()


def check(seats: tuple[Seat, Seat], stage: Stage, acknowledged: list[set[str]]) -> int:
    """Let both nodes settle and compare; how many entries the logs hold."""
    with ExitStack() as nodes:
        for seat in seats:
            nodes.enter_context(seat.serving())

        def accepted() -> set[str] | None:
            lines = map(json.loads, seats[0].service.record_lines(seats[1].origin).splitlines())
            found = [line["leaf"] for line in lines if line.get("state") == "accepted" and "leaf" in line]
            expect("every entry stands once", len(set(found)), len(found))
            return set(found) if acknowledged[0] | acknowledged[1] <= set(found) else None

        wait("everything that was acknowledged is accepted", accepted)
        logs, _ = stage.compare()
        return sum(log.size for log in logs)


def main() -> int:
    """Rounds until the hours are over."""
    end = time.monotonic() + HOURS * 3600
    acknowledged: list[set[str]] = [set(), set()]
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        root = Path(name)
        seats = (Seat(root / "atlas", ORIGINS[0]), Seat(root / "lindmark", ORIGINS[1]))
        for seat in seats:
            seat.prepare()
        stage = Stage(seats, Proof(root / "proof", seats), Screen(Words("en")))
        with ExitStack() as nodes:
            for seat in seats:
                nodes.enter_context(seat.serving())
            stage.introduce()
            stage.agree()
        for number in itertools.count(1):
            play_round(seats, acknowledged, min(ROUND, max(HOURS * 3600 / 4, 2.0)))
            entries = check(seats, stage, acknowledged)
            print(
                f"round {number}: {sum(map(len, acknowledged))} acknowledged, {entries} entries", flush=True
            )
            if time.monotonic() > end:
                return 0
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MithaqError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
