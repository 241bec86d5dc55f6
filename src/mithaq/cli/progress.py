"""Long work shows that it goes on: on standard error, and only where that is a terminal."""

import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

_T = TypeVar("_T")


def each(items: Iterable[_T], text: str, total: int) -> Iterator[_T]:
    """The items one by one, and a bar of how many have been taken.

    Args:
        items: what is worked through.
        text: what is worked on, in no language: a file, a partner.
        total: how many there will be.
    """
    if not sys.stderr.isatty():
        yield from items
        return
    with _bar() as bar:
        yield from bar.track(items, total, description=text)


@contextmanager
def working(text: str) -> Generator[None]:
    """A bar without an end, while one thing that cannot be counted is done.

    Args:
        text: what is worked on, in no language.
    """
    if not sys.stderr.isatty():
        yield
        return
    with _bar() as bar:
        bar.add_task(text, total=None)
        yield


def _bar() -> "Progress":
    from rich.console import Console  # noqa: PLC0415 - only where somebody watches
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
