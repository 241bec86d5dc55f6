"""What the two sides of the Rabat case tell each other: one of each kind that needs no data about persons.

Everything is about events and things, and marked as an exercise in its facts and in its contents.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mithaq.demo import paper
from mithaq.demo.exercise import LANGUAGES, plain
from mithaq.demo.infrastructure import attack_infrastructure
from mithaq.demo.part import FIRST, SECOND, Contents, Part, answered, message, stix_part, text
from mithaq.formats import media
from mithaq.words import N_

_ITEMS = 2


def warning() -> Part:
    """An alert about a container fire in a port, in the field that protects life."""
    said = message("alert", "civil-protection", _text("alert"), {"urgency": "immediate"})
    return Part(N_("Alert"), SECOND, said)


def request() -> Part:
    """A request of two items: a ship's certificate and a digest of malware."""
    said = message("request", "security", _text("request"), {"urgency": "other", "items": _ITEMS})
    return Part(N_("Request"), FIRST, said)


def reply(request_leaf: str) -> Part:
    """The reply to all items of the request with this leaf hash."""
    said = message("reply", "security", _text("reply"), answered(_ITEMS), re=(request_leaf,))
    return Part(N_("Reply"), SECOND, said)


def expertise() -> Part:
    """A paper of a few pages, a PDF that the demo makes."""
    contents = ((media.PDF, paper.expertise_pdf()),)
    return Part(N_("Expertise"), FIRST, message("expertise", "civil-protection", contents))


def large() -> Part:
    """A document of 80 MiB in three volumes, more than one pouch."""
    contents = tuple((media.PDF, volume) for volume in paper.large_document())
    return Part(N_("Large document"), SECOND, message("expertise", "security", contents))


def information(objects: Sequence[dict[str, Any]]) -> Part:
    """Real STIX 2.1 objects."""
    return stix_part(N_("Information"), FIRST, "security", objects)


def question() -> Part:
    """The same request from the other side, for the time of a suspension."""
    return replace(request(), side=SECOND)


def carried() -> Part:
    """Technical data, for the way on a disk."""
    return stix_part(N_("Technical data by file"), FIRST, "security", attack_infrastructure())


def forbidden() -> Part:
    """An alert in a field for which the signed text allows none: it must not leave."""
    said = message("alert", "migration", _text("alert"), {"urgency": "immediate"})
    return Part(N_("Alert"), SECOND, said)


def _text(name: str) -> Contents:
    return text(plain("rabat", name, LANGUAGES))
