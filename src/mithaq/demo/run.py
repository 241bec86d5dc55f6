"""``make demo``: two nodes on this machine, one exercise, one page at the end.

On a terminal the nodes then serve until Ctrl-C; otherwise, or with ``--exit``, it ends by itself.
"""

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from mithaq.demo.exercise import mark
from mithaq.demo.galaxies import galaxy_objects, load_stix_file
from mithaq.demo.proof import Proof
from mithaq.demo.rabat import ORIGINS
from mithaq.demo.screen import Screen
from mithaq.demo.seat import Seat
from mithaq.demo.stage import Stage
from mithaq.demo.summary import Summary
from mithaq.errors import MithaqError, UsageError
from mithaq.words import LANGUAGES, Words

Language = Literal["ar", "de", "en", "fr"]

app = App(name="mithaq-demo", help="Two nodes on this machine exchange one of each kind and prove it.")


@app.default
def demo(
    *,
    lang: Annotated[Language | None, Parameter(help="Language of what is shown; that of the system.")] = None,
    exit: Annotated[bool, Parameter(negative=(), help="End when the exercise has ended.")] = False,  # noqa: A002
    keep: Annotated[Path | None, Parameter(help="Keep everything in this new directory.")] = None,
    stix: Annotated[Path | None, Parameter(help="A bundle of your own instead of the sample data.")] = None,
) -> int:
    """Play the exercise; returns the exit code."""
    screen = Screen(Words(lang or system_language()))
    try:
        with _directory(keep) as root, ExitStack() as stack:
            play(root, screen, stix, stack)
            if sys.stdout.isatty() and not exit:
                screen.line(screen.words("Both nodes go on serving; Ctrl-C ends them."))
                _until_interrupted()
        if keep:
            screen.line(screen.words("Everything is kept in {directory}", directory=screen.ltr(str(keep))))
    except MithaqError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a program's last words
        return error.exit_code
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
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


def system_language() -> str:
    """The language that the environment asks for, English where there is no catalogue for it."""
    wanted = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    language = next(filter(None, wanted), "")[:2]
    return language if language in LANGUAGES else "en"


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


def _until_interrupted() -> None:
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        return


def main() -> None:
    """The program."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # both nodes end however the demo is ended
    sys.exit(app())
