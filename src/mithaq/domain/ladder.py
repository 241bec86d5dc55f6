"""The ladder of delivery: which entries a reader holds in full, and since when (protocol 6, 9 and 10).

A ``held`` covers entries up to its size; those that it names as ``missing`` are held, but not in full,
until a later one names them as ``came``. Ranges count from ``from`` up to and without ``to``, as sizes do.

>>> coverage, full = Coverage().feed({"size": 5, "missing": [{"from": 1, "to": 3, "reason": "absent"}]})
>>> full
(Range(start=0, end=1, reason=''), Range(start=3, end=5, reason=''))
>>> coverage.feed({"size": 6, "came": [{"from": 2, "to": 3}]})[1]
(Range(start=2, end=3, reason=''), Range(start=5, end=6, reason=''))
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self


class Range(NamedTuple):
    """Entries from ``start`` up to and without ``end``; ``reason`` is empty unless they are missing."""

    start: int
    end: int
    reason: str = ""

    def members(self) -> dict[str, Any]:
        """The value in ``missing`` or ``came``."""
        value: dict[str, Any] = {"from": self.start, "to": self.end}
        return value | {"reason": self.reason} if self.reason else value


def compact(indexes: Iterable[tuple[int, str]]) -> list[Range]:
    """Indexes with their reasons (empty for ``came``) as the fewest ranges, in order."""
    ranges: list[Range] = []
    for index, reason in sorted(indexes):
        last = ranges[-1] if ranges else None
        if last and last.end == index and last.reason == reason:
            ranges[-1] = Range(last.start, index + 1, reason)
        else:
            ranges.append(Range(index, index + 1, reason))
    return ranges


def _ranges(values: Iterable[Mapping[str, Any]]) -> list[Range]:
    return [Range(value["from"], value["to"], value.get("reason", "")) for value in values]


def _cut(ranges: Iterable[Range], holes: Iterable[Range]) -> Iterator[Range]:
    """What of ``ranges`` is left outside of ``holes``; both in order and without overlap."""
    waiting = list(holes)[::-1]
    for each in ranges:
        rest = each
        while waiting and waiting[-1].start < rest.end:
            hole = waiting[-1]
            if rest.start < hole.start:
                yield rest._replace(end=hole.start)
            rest = rest._replace(start=max(rest.start, min(hole.end, rest.end)))
            if hole.end > each.end:
                break
            waiting.pop()
        if rest.start < rest.end:
            yield rest


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a reader holds of a log.

    Args:
        size: entries that it holds.
        missing: those of them that it does not hold in full, in order.
    """

    size: int = 0
    missing: tuple[Range, ...] = ()

    def feed(self, facts: Mapping[str, Any]) -> tuple[Self, tuple[Range, ...]]:
        """Take the facts of the next legal ``held``.

        What came without being missing says nothing and is passed over.

        Returns:
            The coverage after it, and the ranges that are held in full since its time (``LogState.held_time``
            after it), in order.
        """
        size: int = facts["size"]
        new, came = _ranges(facts.get("missing", ())), _ranges(facts.get("came", ()))
        left = tuple(_cut(self.missing, came))
        completed = (each._replace(reason="") for each in _cut(self.missing, left))
        added = _cut([Range(self.size, size)], new) if size > self.size else ()
        return type(self)(size, (*left, *new)), (*completed, *added)
