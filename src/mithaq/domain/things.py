"""Things: what entries are about, each with two registers, one for each side (protocol section 11).

An act moves only its author's register, by the table ``MOVES``; so acts that cross never write one place,
and every order of arrival gives the same values. What people see is read from the pair of registers in the
table ``READINGS``. A register is its short history, so one can ask for a value **as an author had seen it**:
the other side's entries below the author's cut.

A request has **items**, numbered from 1, each a thing of its own that starts from its request:
``request.item(n)`` until an act moves it, and under the key ``<key of the request>/<n>`` from then on.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from mithaq.domain import lifecycle
from mithaq.domain.lifecycle import Side
from mithaq.words import N_

Register = tuple[tuple[int, str], ...]
"""What a side has done with a thing: (index in that side's log, value), oldest first."""


class Sort(StrEnum):
    """The sorts of things."""

    AGREEMENT = "agreement"
    EXCHANGE = "exchange"
    ITEM = "item"


def _value(side: Side) -> str:
    """A side of ``lifecycle`` as the value of a register."""
    return "" if side is Side.UNSEEN else side.value


Table = dict[tuple[str, str], str]
"""(value before, act) to value after; an empty value is that of a register nobody has moved."""

_EITHER: Table = {
    (_value(before), act.value): _value(after) for (before, act), after in lifecycle.TRANSITIONS.items()
}

MOVES: dict[Sort, tuple[Table, Table]] = {
    Sort.AGREEMENT: (_EITHER, _EITHER),
    Sort.EXCHANGE: ({("", "send"): "sent"}, {("", "accept"): "accepted", ("", "refuse"): "refused"}),
    Sort.ITEM: ({("", "ask"): "asked"}, {("", "receive"): "received", ("received", "answer"): "answered"}),
}
"""Every step: the table of the side that ``Thing.side`` names, and that of its partner."""

READINGS: dict[Sort, dict[tuple[str, str], str]] = {
    Sort.AGREEMENT: {
        (_value(one), _value(other)): reading.value
        for (one, other), reading in lifecycle.READINGS.items()
        if reading is not lifecycle.Reading.UNKNOWN
    },
    Sort.EXCHANGE: {
        ("sent", ""): N_("sent"),
        ("sent", "accepted"): N_("accepted"),
        ("sent", "refused"): N_("refused"),
        ("", "refused"): N_("void and refused"),
    },
    Sort.ITEM: {
        ("asked", ""): N_("asked"),
        ("asked", "received"): N_("received"),
        ("asked", "answered"): N_("answered"),
    },
}
"""What people see for each pair of registers that can be reached, in the order of ``MOVES``."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing and what both sides have done with it.

    Args:
        key: leaf hash in hex of the entry that opened it; an agreement's digest; ``<key>/<n>`` of an item.
        sort: see ``Sort``.
        side: whose entry opened it, 0 or 1; always 0 for an agreement, which either side can enter first.
        agreement: digest of the text by which it is judged for good; empty for an agreement itself.
        field: identifier in that text.
        items: how many items a request has.
        relation, serial: of an agreement, as its text says.
        registers: one for each side.
    """

    key: str
    sort: Sort
    side: int = 0
    agreement: str = ""
    field: str = ""
    items: int = 0
    relation: str = ""
    serial: int = 0
    registers: tuple[Register, Register] = ((), ())

    def value(self, side: int, before: int | None = None) -> str:
        """The newest value of a side's register; empty if it has done nothing.

        Args:
            side: 0 or 1.
            before: only what stands below this index of that side's log.
        """
        for index, value in reversed(self.registers[side]):
            if before is None or index < before:
                return value
        return ""

    def move(self, side: int, act: str, index: int) -> Self | None:
        """The thing after an act, or None where ``MOVES`` has no such step.

        Args:
            side: the author of the act; only its register moves.
            act: see ``MOVES``.
            index: place of the act in that side's log.
        """
        value = MOVES[self.sort][side != self.side].get((self.value(side), act))
        if value is None:
            return None
        moved = (*self.registers[side], (index, value))
        return replace(
            self, registers=(moved, self.registers[1]) if side == 0 else (self.registers[0], moved)
        )

    def item(self, number: int) -> "Thing":
        """An item of this request before an act moves it.

        Asked when the request was sent, received when its reader accepted the request.
        """
        sent, verdict = self.registers[self.side], self.registers[1 - self.side]
        asked = tuple((index, "asked") for index, _ in sent)
        received = tuple((index, "received") for index, value in verdict if value == "accepted")
        return replace(
            self,
            key=item_key(self.key, number),
            sort=Sort.ITEM,
            items=0,
            registers=(asked, received) if self.side == 0 else (received, asked),
        )

    @property
    def reading(self) -> str:
        """What people see: a marked English word of ``READINGS``, translated where it is shown."""
        return READINGS[self.sort][self.value(self.side), self.value(1 - self.side)]


def item_key(request: str, number: int) -> str:
    """The key of an item of a request."""
    return f"{request}/{number}"
