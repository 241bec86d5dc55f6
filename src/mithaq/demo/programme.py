"""What the two sides of the exercise tell each other: one of each kind that needs no data about persons.

Everything is under the sample text (``rabat``), about events and things, and marked as an exercise in its
facts and in its contents (domain section 4).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mithaq.demo import alert, paper
from mithaq.domain.handling import PAP, Handling, tlp_rank
from mithaq.errors import PeerError, UsageError
from mithaq.exchange.authoring import Message
from mithaq.formats import media, stix
from mithaq.words import N_

ATLAS, LINDMARK = 0, 1

_EXERCISE = {"status": "exercise"}
_KEEP_DAYS = 30
_ITEMS = 2


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is said.

    Args:
        title: what people call it, a marked English word.
        side: who says it, ``ATLAS`` or ``LINDMARK``.
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


def warning() -> Part:
    """An alert about an event, in the field that protects life."""
    facts = {"urgency": "immediate", **_EXERCISE}
    return Part(
        N_("Alert"), LINDMARK, _message("alert", "civil-protection", _text(alert.alert_text()), facts)
    )


def request() -> Part:
    """A request of two items about things."""
    facts = {"urgency": "other", "items": _ITEMS, **_EXERCISE}
    return Part(N_("Request"), ATLAS, _message("request", "security", _text(alert.request_text()), facts))


def reply(request_leaf: str) -> Part:
    """The reply to all items of the request with this leaf hash."""
    items = [{"item": number, "status": "answered"} for number in range(1, _ITEMS + 1)]
    facts = {"items": items, **_EXERCISE}
    message = _message("reply", "security", _text(alert.reply_text()), facts, re=(request_leaf,))
    return Part(N_("Reply"), LINDMARK, message)


def expertise() -> Part:
    """A paper of a few pages, a PDF that the demo makes."""
    contents = ((media.PDF, paper.expertise_pdf()),)
    return Part(N_("Expertise"), ATLAS, _message("expertise", "civil-protection", contents, _EXERCISE))


def large() -> Part:
    """A document of 80 MiB in three volumes, more than one pouch."""
    contents = tuple((media.PDF, volume) for volume in paper.large_document())
    return Part(N_("Large document"), LINDMARK, _message("expertise", "security", contents, _EXERCISE))


def information(objects: Sequence[dict[str, Any]]) -> Part:
    """Real STIX 2.1 objects, marked as strictly as the strictest of them.

    Raises:
        UsageError: more than an entry carries, or an object that is not valid.
    """
    bodies = [stix.bundle(part) for part in stix.split(objects)]
    contents = tuple((stix.MEDIA_TYPE, body) for body in bodies)
    message = _message("information", "security", contents, _EXERCISE, handling=_strictest(bodies))
    return Part(N_("Information"), ATLAS, message, len(objects))


def forbidden() -> Part:
    """An alert in a field for which the signed text allows none: it must not leave."""
    facts = {"urgency": "immediate", **_EXERCISE}
    message = _message("alert", "migration", _text(alert.alert_text()), facts)
    return Part(N_("Alert"), LINDMARK, message)


def _strictest(bodies: Sequence[bytes]) -> Handling:
    try:
        found = [stix.examine(body) for body in bodies]
    except PeerError as error:
        raise UsageError(error.message, where=error.where, expected=error.expected, got=error.got) from error
    tlp = max((each.tlp for each in found if each.tlp), key=tlp_rank, default="green")
    pap = max((each.pap for each in found if each.pap), key=PAP.index, default="")
    return Handling(tlp, pap)


def _text(content: bytes) -> tuple[tuple[str, bytes], ...]:
    return ((media.TEXT, content),)


def _message(
    kind: str,
    field: str,
    contents: tuple[tuple[str, bytes], ...],
    facts: dict[str, Any],
    *,
    re: tuple[str, ...] = (),
    handling: Handling | None = None,
) -> Message:
    return Message(kind, field, contents, handling or Handling("green"), facts, _KEEP_DAYS, re)
