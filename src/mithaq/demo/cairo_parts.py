"""What the two sides of the Cairo case tell each other: courses, a forum, a paper, relations, technical data.

Courses are offered by a request, one item a course, and taken by its reply; either side offers some. Nothing
names anybody, and everything is marked as an exercise in its facts and in its contents.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from mithaq.demo import ics, paper
from mithaq.demo.exercise import mark, paragraphs, plain
from mithaq.demo.infrastructure import attack_infrastructure
from mithaq.demo.part import FIRST, SECOND, Contents, Part, answered, message, stix_part, text
from mithaq.formats import media
from mithaq.words import N_

LANGUAGES = ("ar", "fr")
"""Those of the sample."""

_COURSES, _SCHOOLS = 2, 1
_NEXT_MONTH = timedelta(30)


def courses_offered() -> Part:
    """Seats in two courses, each an item."""
    facts = {"urgency": "normal", "items": _COURSES}
    said = message("request", "capacity-building", _text("courses-offered"), facts)
    return Part(N_("Courses offered"), FIRST, said)


def courses_taken(offer: str) -> Part:
    """How many seats are taken; ``offer`` is the leaf hash of the request."""
    said = message("reply", "capacity-building", _text("courses-taken"), answered(_COURSES), re=(offer,))
    return Part(N_("Courses taken"), SECOND, said)


def school_offered() -> Part:
    """The same in the other direction and another field: seats in a summer school for teachers."""
    facts = {"urgency": "normal", "items": _SCHOOLS}
    return Part(
        N_("Courses offered"), SECOND, message("request", "education", _text("school-offered"), facts)
    )


def school_taken(offer: str) -> Part:
    """The reply to it."""
    said = message("reply", "education", _text("school-taken"), answered(_SCHOOLS), re=(offer,))
    return Part(N_("Courses taken"), FIRST, said)


def forum(today: date) -> Part:
    """An economic forum of two days next month, as a calendar."""
    first = today + _NEXT_MONTH
    said = [(mark(language), *paragraphs("cairo", "forum", language)) for language in LANGUAGES]
    event = ics.Event(
        uid=f"forum-{first:%Y%m%d}@exercise.example",
        made=today,
        first=first,
        days=2,
        summary=" / ".join(f"{each.partition(' · ')[0]} · {title}" for each, title, *_ in said),
        location=" / ".join(place for _, _, place, _ in said),
        description="\n\n".join(f"{each}\n{text}" for each, _, _, text in said),
    )
    contents = ((media.CALENDAR, ics.write(event)),)
    return Part(N_("Forum announced"), SECOND, message("information", "economy-and-trade", contents))


def expertise() -> Part:
    """A paper on the storage of seed, a PDF that the demo makes; its fonts hold no Arabic."""
    contents = ((media.PDF, paper.expertise_pdf("fr", sample="cairo")),)
    return Part(N_("Expertise"), FIRST, message("expertise", "agriculture", contents))


def relations() -> Part:
    """An entry of the relation register: since when, at which level, which missions, says who."""
    said = message("information", "economy-and-trade", _text("relation-register"))
    return Part(N_("Relation register entry"), SECOND, said)


def technical(objects: Sequence[dict[str, Any]]) -> Part:
    """Technical data, in the one field that carries any."""
    return stix_part(N_("Technical data"), FIRST, "security", objects)


def forbidden() -> Part:
    """The same kind of data in a field that carries none: it must not leave."""
    return stix_part(N_("Technical data"), FIRST, "tourism", attack_infrastructure())


def _text(name: str) -> Contents:
    return text(plain("cairo", name, LANGUAGES))
