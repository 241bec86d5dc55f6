"""Things: what entries are about, each with two registers, one for each side (protocol section 11).

An act moves only its author's register, so acts that cross never write one place, and every order of arrival
gives the same values. A register is its short history, so one can ask for a value **as an author had seen
it**: the other side's entries below the author's cut. The steps and their readings are tables: ``moves``.

Keys of things that hang on another say so:

* ``<request>/<n>``: an **item** of a request, numbered from 1; what its asker did with it is what it did with
  the request (``Thing.item``);
* ``<exchange>/contents``: what each side did with its copy of the contents: held over, erased;
* ``<exchange>/feedback``: how useful its reader found it;
* ``<exchange>/to/<origin>``: the owner's consent to release to that third side;
* ``<relation>/suspension`` and ``<relation>/suspension/<field>``; ``<relation>/notice`` of termination. They
  stand by the relation, not by its text: a text that takes the place of another lifts no suspension.
"""

from dataclasses import dataclass, replace
from typing import Self, TypeVar

from mithaq.domain.moves import MOVES, READINGS, Sort

REGISTER_MAX = 64
"""Steps of one side with one thing: nobody changes their mind so often, and each is looked through."""

LAST_ACTS = frozenset({"erase", "revoke", "suspend", "withdraw"})
"""Acts by which a side protects itself or others: a full register takes one of them, and nothing after."""

Register = tuple[tuple[int, str], ...]
"""What a side has done with a thing: (index in that side's log, value), oldest first."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing and what both sides have done with it.

    Args:
        key: leaf hash in hex of the entry that opened it; an agreement's digest; else as the module says.
        sort: see ``Sort``.
        side: whose exchange it is about, 0 or 1; always 0 where ``MOVES`` is the same for either side.
        agreement: digest of the text by which it is judged for good; empty for the sorts of ``LIFE``.
        field: identifier in that text; of a suspension, the field suspended, or empty for all.
        items: how many items a request has.
        relation, serial: of an agreement, as its text says; the relation also of suspension and notice.
        registers: one for each side.
        until: for each side, POSIX seconds: when its notice has run, or its hold ends; 0 for none.
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
    until: tuple[int, int] = (0, 0)

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

    def move(self, side: int, act: str, index: int, until: int = 0) -> Self | None:
        """The thing after an act, or None where ``MOVES`` has no such step.

        Args:
            side: the author of the act; only its register moves.
            act: see ``MOVES``.
            index: place of the act in that side's log.
            until: what becomes of the side's ``until``.
        """
        value = MOVES[self.sort][side != self.side].get((self.value(side), act))
        if value is None or len(self.registers[side]) >= REGISTER_MAX + (act in LAST_ACTS):
            return None
        moved = _with(self.registers, side, (*self.registers[side], (index, value)))
        return replace(self, registers=moved, until=_with(self.until, side, until))

    def of(self, side: int) -> Self:
        """The thing with the register of one side alone."""
        return replace(self, registers=_with(((), ()), side, self.registers[side]))

    def item(self, number: int, moved: "Thing | None" = None) -> "Thing":
        """An item of this request.

        Asked when the request was sent and withdrawn with it; received when its reader accepted it.

        Args:
            number: from 1.
            moved: the item as its reader's acts left it; None before the first.
        """
        asked = tuple(
            (index, {"sent": "asked"}.get(value, value))
            for index, value in self.registers[self.side]
            if value != "corrected"
        )
        accepted = (each for each in self.registers[1 - self.side] if each[1] == "accepted")
        received = tuple((index, "received") for index, _ in accepted)
        answered = moved.registers[1 - self.side] if moved else received
        return replace(
            self,
            key=item_key(self.key, number),
            sort=Sort.ITEM,
            items=0,
            registers=(asked, answered) if self.side == 0 else (answered, asked),
        )

    @property
    def reading(self) -> str:
        """What people see: a marked English word of ``READINGS``, translated where it is shown."""
        return READINGS[self.sort][self.value(self.side), self.value(1 - self.side)]


V = TypeVar("V")


def _with(pair: tuple[V, V], side: int, value: V) -> tuple[V, V]:
    return (value, pair[1]) if side == 0 else (pair[0], value)


def item_key(request: str, number: int) -> str:
    """The key of an item of a request."""
    return f"{request}/{number}"


def contents_key(exchange: str) -> str:
    """The key of what both sides did with the contents of an exchange."""
    return f"{exchange}/contents"


def feedback_key(exchange: str) -> str:
    """The key of its reader's feedback."""
    return f"{exchange}/feedback"


def consent_key(exchange: str, to: str) -> str:
    """The key of its owner's consent to release it to a third side."""
    return f"{exchange}/to/{to}"


def suspension_key(relation: str, field: str = "") -> str:
    """The key of the suspension of a field, or of the whole relation."""
    return f"{relation}/suspension/{field}" if field else f"{relation}/suspension"


def notice_key(relation: str) -> str:
    """The key of notices of termination."""
    return f"{relation}/notice"
