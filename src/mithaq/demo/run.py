"""``make demo``: two nodes on this machine, one exercise, one page at the end.

On a terminal the nodes then serve until Ctrl-C; else, and with ``--exit`` or ``--json``, it ends by itself.
"""

import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mithaq.demo.exercise import mark
from mithaq.demo.galaxies import load_stix_file
from mithaq.demo.outcome import Outcome
from mithaq.demo.proof import Proof
from mithaq.demo.scenario import SCENARIOS, Props, Scenario
from mithaq.demo.screen import Screen
from mithaq.demo.seat import Seat
from mithaq.demo.stage import Stage
from mithaq.demo.summary import Summary
from mithaq.errors import UsageError
from mithaq.words import Words


def demo(
    *,
    lang: str,
    scenario: str = "rabat",
    exit: bool = False,  # noqa: A002 - as the option is called
    keep: Path | None = None,
    stix: Path | None = None,
    liar: Path | None = None,
    quiet: bool = False,
) -> Outcome | None:
    """Play the exercise.

    Args:
        lang: the language to speak, one of ``words.LANGUAGES``.
        scenario: one of ``SCENARIOS``.
        exit: end when the exercise has ended, also on a terminal.
        keep: a new directory for everything; without it all is removed at the end.
        stix: a bundle to send instead of the sample data.
        liar: a program that serves a node without its rules, for the step that needs one.
        quiet: show nothing, and end when the exercise has ended.

    Returns:
        What it came to; None when it was interrupted before the end.

    Raises:
        MithaqError: something did not come out as it must; both nodes have been stopped.
    """
    if scenario not in SCENARIOS:
        raise UsageError("no such scenario", expected=" | ".join(SCENARIOS), got=scenario)
    screen = Screen(Words(lang), quiet=quiet)
    try:
        with _ended_in_order(), _directory(keep) as root, ExitStack() as stack:
            played = SCENARIOS[scenario]
            objects = load_stix_file(stix) if stix else played.objects()
            outcome = play(root, screen, played, Props(objects, liar, root / "carried"), stack)
            if sys.stdout.isatty() and not exit and not quiet:
                _serve(screen)
    except KeyboardInterrupt:
        return None
    if keep:
        screen.line(screen.words("Everything is kept in {directory}", directory=screen.ltr(str(keep))))
    return outcome


def play(root: Path, screen: Screen, scenario: Scenario, props: Props, stack: ExitStack) -> Outcome:
    """Start both nodes below ``root``, play, and show the page; ``stack`` ends the nodes.

    Raises:
        MithaqError: something did not come out as it must.
    """
    screen.line(mark(screen.words.language), "bold")
    sample = scenario.sample
    screen.step(screen.words("Two nodes start, each with its own directory, keys, store and port"))
    one, other = (
        Seat(root / state, origin, sample)
        for state, origin in zip(sample.states, sample.origins, strict=True)
    )
    seats = (one, other)
    with ThreadPoolExecutor() as pool:  # keys cost the same on either side, and two processors share them
        list(pool.map(Seat.prepare, seats))
    for seat in seats:
        stack.enter_context(seat.serving())
    for seat in seats:
        screen.detail(
            screen.words(
                "{name}: process {pid}, {url}",
                name=screen.ltr(seat.origin),
                pid=seat.pid,
                url=screen.ltr(seat.url),
            )
        )
    stage = Stage(seats, Proof(root / "proof", seats), screen, sample)
    stage.introduce()
    stage.agree()
    scenario.play(stage, props)
    outcome = stage.outcome()
    screen.line()
    Summary(screen, outcome).show()
    return outcome


@contextmanager
def _directory(keep: Path | None) -> Generator[Path]:
    """A new directory: one to keep, or one that is removed."""
    if keep is None:
        root = Path(tempfile.mkdtemp(prefix="mithaq-demo-"))
        try:
            yield root
        finally:
            shutil.rmtree(root)
        return
    try:
        keep.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise UsageError("the directory must be new", where=str(keep), got=error.strerror) from error
    yield keep.resolve()


def _serve(screen: Screen) -> None:
    """Let both nodes serve until Ctrl-C."""
    try:
        screen.line(screen.words("Both nodes go on serving; Ctrl-C ends them."))
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        return


@contextmanager
def _ended_in_order() -> Generator[None]:
    """Take SIGTERM as Ctrl-C: however the demo is ended, its nodes end before it."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
