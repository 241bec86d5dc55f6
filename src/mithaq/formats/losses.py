"""What a conversion between two formats could not carry: by path and reason, so that nothing goes in silence.

Content is told piece by piece. Members by which a program keeps its own books (row numbers, locks) stand on
every piece and say nothing of the matter; they are counted together, under one path with ``[]``.

Codes: ``persons`` (data about a person), ``restriction`` (a mark or a circle of recipients that cannot be
kept), ``no-place`` (the other format has none), ``value`` (it is not what its type says), ``reference`` (what
it points to is not there), ``state`` (deleted, proposed, revoked), ``internal`` (a program's own books).
"""

from collections.abc import Iterator
from typing import NamedTuple

INTERNAL = "internal"
"""The code of what says nothing of the matter: nobody has to decide about it."""

PATH_MAX = 300
MESSAGE_MAX = 300
"""Characters of a path and of a message: both may quote what somebody else wrote."""


class Loss(NamedTuple):
    """One thing that was not carried, or one member that was not, so many times."""

    code: str
    path: str
    message: str
    times: int = 1

    def parts(self) -> dict[str, str | int]:
        """For programs: code, path, message, and how many times where it is not once."""
        known: dict[str, str | int] = {"code": self.code, "path": self.path, "message": self.message}
        return known if self.times == 1 else known | {"times": self.times}


class Losses:
    """Collects them: pieces in the order in which they were met, then members that were counted together."""

    def __init__(self) -> None:
        self._single: dict[Loss, None] = {}
        self._counted: dict[tuple[str, str, str], int] = {}

    def add(self, code: str, path: str, message: str) -> None:
        """One piece was not carried; the same said again is the same."""
        self._single.setdefault(Loss(code, path[:PATH_MAX], message[:MESSAGE_MAX]))

    def count(self, code: str, path: str, message: str) -> None:
        """A member was not carried; those of one path and code are told together."""
        key = (code, path[:PATH_MAX], message[:MESSAGE_MAX])
        self._counted[key] = self._counted.get(key, 0) + 1

    def __iter__(self) -> Iterator[Loss]:
        yield from self._single
        for (code, path, message), count in sorted(self._counted.items()):
            yield Loss(code, path, message, count)
