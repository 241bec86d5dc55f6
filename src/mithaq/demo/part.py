"""One thing that one side of an exercise says to the other, whatever the text that allows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mithaq.domain.handling import PAP, Handling, tlp_rank
from mithaq.errors import PeerError, UsageError
from mithaq.exchange.authoring import Message
from mithaq.formats import media, stix

FIRST, SECOND = 0, 1
"""The two sides, in the order of their sample."""

Contents = tuple[tuple[str, bytes], ...]
"""Media type and bytes of each content."""

_KEEP_DAYS = 30


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is said.

    Args:
        title: what people call it, a marked English word.
        side: who says it, ``FIRST`` or ``SECOND``.
        message: what is said.
        objects: how many STIX objects it holds.
    """

    title: str
    side: int
    message: Message
    objects: int = 0

    @property
    def size(self) -> int:
        """Bytes of its contents."""
        return sum(len(content) for _, content in self.message.contents)


def message(
    kind: str,
    field: str,
    contents: Contents,
    facts: dict[str, Any] | None = None,
    *,
    re: tuple[str, ...] = (),
    handling: Handling | None = None,
) -> Message:
    """A message that is marked as an exercise, for thirty days.

    Args:
        kind, field, contents, re: as ``Message`` has them.
        facts: besides the mark.
        handling: green without one.
    """
    marked = {**(facts or {}), "status": "exercise"}
    return Message(kind, field, contents, handling or Handling("green"), marked, _KEEP_DAYS, re)


def answered(items: int) -> dict[str, Any]:
    """The facts of a reply to all of so many items."""
    return {"items": [{"item": number, "status": "answered"} for number in range(1, items + 1)]}


def text(content: bytes) -> Contents:
    """One content of plain text."""
    return ((media.TEXT, content),)


def stix_part(title: str, side: int, field: str, objects: Sequence[dict[str, Any]]) -> Part:
    """STIX 2.1 objects as information, marked as strictly as the strictest of them.

    Raises:
        UsageError: more than an entry carries, or an object that is not valid.
    """
    bodies = [stix.bundle(each) for each in stix.split(objects)]
    contents = tuple((stix.MEDIA_TYPE, body) for body in bodies)
    said = message("information", field, contents, handling=_strictest(bodies))
    return Part(title, side, said, len(objects))


def _strictest(bodies: Sequence[bytes]) -> Handling:
    try:
        found = [stix.examine(body) for body in bodies]
    except PeerError as error:
        raise UsageError(error.message, where=error.where, expected=error.expected, got=error.got) from error
    tlp = max((each.tlp for each in found if each.tlp), key=tlp_rank, default="green")
    pap = max((each.pap for each in found if each.pap), key=PAP.index, default="")
    return Handling(tlp, pap)
