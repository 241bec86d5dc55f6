"""The life of an agreement's text, as two tables (protocol sections 4 and 11).

Two rules:

1. All transitions live here. A text has two registers, one per side; an act moves only its author's.
2. This file does not know which side we are, nor any clock: what people see is read from the pair, and is the
   same for either side.

A side may activate what it has not proposed. Whether an activation is in time, rising and upon the right text
is ``activation_fault``; which text is in force is ``in_force``: the highest serial that both sides have
activated with one text, so that of two rivals neither ever is. Suspension and termination have no transition
in this version. ``docs/agreement-life.md`` is drawn from these tables.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from mithaq.domain.agreement import Agreement
from mithaq.words import N_


class Side(StrEnum):
    """One side's register for one text."""

    UNSEEN = "unseen"
    PROPOSED = "proposed"
    ACTIVATED = "activated"


class Act(StrEnum):
    """What an ``agreement`` entry does: ``facts.act``."""

    PROPOSE = "propose"
    ACTIVATE = "activate"


class Reading(StrEnum):
    """What people see of a text, read from the pair of registers."""

    UNKNOWN = "unknown"
    PROPOSED = "proposed"
    AWAITED = "awaited"
    AGREED = "agreed"
    SUPERSEDED = "superseded"


TRANSITIONS: dict[tuple[Side, Act], Side] = {
    (Side.UNSEEN, Act.PROPOSE): Side.PROPOSED,
    (Side.UNSEEN, Act.ACTIVATE): Side.ACTIVATED,
    (Side.PROPOSED, Act.ACTIVATE): Side.ACTIVATED,
}
"""An act that is not here is illegal in that state and changes nothing."""

READINGS: dict[tuple[Side, Side], Reading] = {
    (Side.UNSEEN, Side.UNSEEN): Reading.UNKNOWN,
    (Side.UNSEEN, Side.PROPOSED): Reading.PROPOSED,
    (Side.PROPOSED, Side.UNSEEN): Reading.PROPOSED,
    (Side.PROPOSED, Side.PROPOSED): Reading.PROPOSED,
    (Side.UNSEEN, Side.ACTIVATED): Reading.AWAITED,
    (Side.ACTIVATED, Side.UNSEEN): Reading.AWAITED,
    (Side.PROPOSED, Side.ACTIVATED): Reading.AWAITED,
    (Side.ACTIVATED, Side.PROPOSED): Reading.AWAITED,
    (Side.ACTIVATED, Side.ACTIVATED): Reading.AGREED,
}
"""Every pair has a reading, the same for either order."""

SENTENCES: dict[Reading, str] = {
    Reading.UNKNOWN: N_("Neither side has proposed this text."),
    Reading.PROPOSED: N_("The text has been proposed; neither side has activated it."),
    Reading.AWAITED: N_("One side has activated the text; the other has not yet."),
    Reading.AGREED: N_("Both sides have activated the text."),
    Reading.SUPERSEDED: N_("A later text has taken its place."),
}


@dataclass(frozen=True, slots=True)
class TextLife:
    """One text of a relation with both registers.

    Args:
        digest: of the text.
        serial: its number in the relation.
        sides: the registers, in the order of the agreement's parties.
    """

    digest: str
    serial: int
    sides: tuple[Side, Side] = (Side.UNSEEN, Side.UNSEEN)


def in_force(texts: Iterable[TextLife]) -> TextLife | None:
    """The text in force: of those that both sides have activated, the one of the highest serial.

    Two texts of one serial cannot both be there: a side activates at most one of a serial.
    """
    agreed = [text for text in texts if READINGS[text.sides] is Reading.AGREED]
    return max(agreed, key=lambda text: text.serial, default=None)


def read(text: TextLife, force: TextLife | None) -> Reading:
    """What people see of a text while ``force`` is in force: whatever it has overtaken is superseded."""
    if force is not None and text.digest != force.digest and text.serial <= force.serial:
        return Reading.SUPERSEDED
    return READINGS[text.sides]


def activation_fault(agreement: Agreement, *, at: int, highest: int, force: str) -> str:
    """Why a side may not activate this text; empty if it may (protocol 4).

    Args:
        agreement: the text.
        at: the author's time of the activation, POSIX seconds.
        highest: the highest serial that this side has activated before in this relation; 0 for none.
        force: digest of the text in force as this side saw it; empty for none.

    Returns:
        ``late`` after ``sign_by``; ``serial`` if it does not rise; ``previous`` if it follows another text.
    """
    if at > agreement.sign_by:
        return "late"
    if agreement.serial <= highest:
        return "serial"
    return "" if agreement.previous == force else "previous"
