"""What surrounds an entry when the signed text is asked whether it allows it (protocol 4, 10 and 11)."""

from dataclasses import dataclass

from mithaq.domain.agreement import Agreement
from mithaq.domain.party import Origin
from mithaq.domain.things import Thing


@dataclass(frozen=True, slots=True)
class Arrival:
    """When an entry arrived (protocol section 10).

    Args:
        time: ``held.time`` of the reader's ``held`` that covers it.
        before: the author's own newest ``held.time`` before the entry; 0 if there is none.
    """

    time: int
    before: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What surrounds an entry, as its author had seen it: made by ``sight.Sight.standing``.

    On arrival: as its reader sees it, who may have suspended meanwhile.

    Args:
        text: the agreement that it names; None if there is no such agreement between the two.
        activated: whether both sides have activated it.
        superseded: whether a text of a higher serial is in force, started by the entry's ``at``.
        suspended: whether a side has suspended the field or everything; never what protects life.
        notice: when the earliest notice of termination has run, POSIX seconds; 0 if none was given.
        about: the things that its ``re`` names; None for what is none or is void.
        card_until: the end of its author's card; 0 if there is none.
        arrival: only on arrival.
        owners: only before sending: third sides whose contents these are, and that have not consented to this
            recipient.
    """

    text: Agreement | None
    activated: bool = False
    superseded: bool = False
    suspended: bool = False
    notice: int = 0
    about: tuple[Thing | None, ...] = ()
    card_until: int = 0
    arrival: Arrival | None = None
    owners: tuple[Origin, ...] | None = None
