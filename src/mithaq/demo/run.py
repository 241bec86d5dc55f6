"""``make demo``: two nodes on this machine, one exercise, one page at the end.

On a terminal the nodes then serve until Ctrl-C; otherwise, or with ``--exit``, it ends by itself.
"""

import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from mithaq.demo.exercise import mark
from mithaq.demo.galaxies import galaxy_objects, load_stix_file
from mithaq.demo.proof import Proof
from mithaq.demo.rabat import ORIGINS
from mithaq.demo.screen import Screen
from mithaq.demo.seat import Seat
from mithaq.demo.stage import Stage
from mithaq.demo.summary import Summary
from mithaq.errors import UsageError
from mithaq.words import Words


def demo(
    *,
    lang: str,
    exit: bool = False,  # noqa: A002 - as the option is called
    keep: Path | None = None,
    stix: Path | None = None,
) -> int:
    """Play the exercise.

    Args:
        lang: the language to speak, one of ``words.LANGUAGES``.
        exit: end when the exercise has ended, also on a terminal.
        keep: a new directory for everything; without it all is removed at the end.
        stix: a bundle to send instead of the sample data.

    Returns:
        128 and the signal's number when interrupted before the end, else 0.

    Raises:
        MithaqError: something did not come out as it must; both nodes have been stopped.
    """
    screen = Screen(Words(lang))
    try:
        with _ended_in_order(), _directory(keep) as root, ExitStack() as stack:
            play(root, screen, stix, stack)
            if sys.stdout.isatty() and not exit:
                _serve(screen)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    if keep:
        screen.line(screen.words("Everything is kept in {directory}", directory=screen.ltr(str(keep))))
    return 0


def play(root: Path, screen: Screen, stix: Path | None, stack: ExitStack) -> None:
    """Start both nodes below ``root``, play, and show the page; ``stack`` ends the nodes.

    Raises:
        MithaqError: something did not come out as it must.
    """
    screen.line(mark(screen.words.language), "bold")
    objects = _objects(stix)
    screen.step(screen.words("Two nodes start, each with its own directory, keys, store and port"))
    seats = (Seat(root / "atlas", ORIGINS[0]), Seat(root / "lindmark", ORIGINS[1]))
    for seat in seats:
        seat.prepare()
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
    outcome = Stage(seats, Proof(root / "proof", seats), screen).play(objects)
    screen.line()
    Summary(screen, outcome, ORIGINS).show()


def _objects(stix: Path | None) -> list[dict[str, Any]]:
    return load_stix_file(stix) if stix else galaxy_objects()


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
