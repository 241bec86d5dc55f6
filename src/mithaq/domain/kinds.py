"""What an entry can be: every kind in one table (protocol section 5).

A kind says to which **family** it belongs, whether it carries bodies, what its ``re`` names, and which
``facts`` it has. A fact is a name and a ``Shape``: a function that raises when the value does not fit. There
is no free text: a value is a number, a digest, or a word of a closed vocabulary.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast

from mithaq.domain.canonical import INTEGER_MAX
from mithaq.domain.party import LogName
from mithaq.errors import MalformedError

RANGES_MAX = 1_000
"""Ranges of ``missing`` and ``came`` together in one ``held`` (protocol 6)."""
ITEMS_MAX = 100
"""Items of one request: a longer list is several requests, each with its clock."""
CODES_MAX = 16
"""Codes of one verdict; a refusal needs few, and an entry stays small."""


class Family(StrEnum):
    """What kinds have in common."""

    EXCHANGE = "exchange"
    ABOUT = "about an exchange"
    HOUSEKEEPING = "housekeeping"


Shape = Callable[[Any, str], None]
"""Checks one value; raises MalformedError with the path given."""


def _refuse(where: str, expected: str, got: object) -> MalformedError:
    return MalformedError("a fact does not fit its kind", where=where, expected=expected, got=got)


def number(low: int = 0, high: int = INTEGER_MAX) -> Shape:
    """An integer from ``low`` to ``high``."""

    def check(value: Any, where: str) -> None:
        if type(value) is not int or not low <= value <= high:
            raise _refuse(where, f"an integer from {low} to {high}", value)

    return check


def hexadecimal(size: int) -> Shape:
    """Lower-case hex of ``size`` bytes."""
    pattern = re.compile(rf"[0-9a-f]{{{2 * size}}}\Z")

    def check(value: Any, where: str) -> None:
        if not isinstance(value, str) or not pattern.match(value):
            raise _refuse(where, f"{2 * size} lower-case hex digits", value)

    return check


def word(*words: str) -> Shape:
    """A word of a closed vocabulary."""

    def check(value: Any, where: str) -> None:
        if value not in words:
            raise _refuse(where, " | ".join(words), value)

    return check


_IDENTIFIER = re.compile(r"[a-z][a-z0-9-]{0,31}\Z")


def identifier(value: Any, where: str) -> None:
    """A name that the signed text defines: a field, an urgency class, a code."""
    if not isinstance(value, str) or not _IDENTIFIER.match(value):
        raise _refuse(where, "an identifier of the signed text (a-z, 0-9, -)", value)


def log_name(value: Any, where: str) -> None:
    """The name of a log."""
    if not isinstance(value, str):
        raise _refuse(where, "the name of a log", value)
    LogName.parse(value)


def listing(shape: Shape, most: int) -> Shape:
    """A non-empty list of at most ``most`` values of one shape."""

    def check(value: Any, where: str) -> None:
        members = cast("list[Any]", value if type(value) is list else [])
        if not 1 <= len(members) <= most:
            raise _refuse(where, f"a list of 1 to {most}", len(members))
        for place, member in enumerate(members):
            shape(member, f"{where}.{place}")

    return check


@dataclass(frozen=True, slots=True)
class Members:
    """An object with these members: all of ``required``, any of ``optional``, nothing else."""

    required: dict[str, Shape] = field(default_factory=dict[str, Shape])
    optional: dict[str, Shape] = field(default_factory=dict[str, Shape])

    def __call__(self, value: Any, where: str) -> None:
        """Check ``value``; raises MalformedError."""
        if type(value) is not dict:
            raise _refuse(where, "an object", value)
        members = cast("dict[str, Any]", value)
        if not self.required.keys() <= members.keys() <= self.required.keys() | self.optional.keys():
            raise _refuse(where, f"members {' '.join(sorted(self.required))}", " ".join(sorted(members)))
        for name, member in members.items():
            (self.required.get(name) or self.optional[name])(member, f"{where}.{name}" if where else name)


_RANGE = {"from": number(), "to": number()}
_HELD = Members(
    {"of": log_name, "size": number(1), "root": hexadecimal(32), "time": number(1)},
    {
        "missing": listing(
            Members({**_RANGE, "reason": word("absent", "size", "hash", "declined", "throttled")}), RANGES_MAX
        ),
        "came": listing(Members(_RANGE), RANGES_MAX),
    },
)
_AT_SIZE = Members({"size": number(), "digest": hexadecimal(32)})
_ITEM_ANSWER = Members({"item": number(1, ITEMS_MAX), "status": word("answered")})


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table.

    Args:
        name: the value of ``kind``.
        family: see ``Family``.
        bodies: how many bodies it may carry, lowest and highest.
        re: how many entries it names, lowest and highest.
        facts: the shape of ``facts``; without members there is no ``facts``.
        note: whether ``facts.note`` names a note by its digest.
    """

    name: str
    family: Family
    bodies: tuple[int, int] = (0, 0)
    re: tuple[int, int] = (0, 0)
    facts: Members = field(default_factory=Members)
    note: bool = False


BODIES_MAX = 64
RE_MAX = 64
"""Bodies and references of one entry (protocol 5)."""

_CONTENT = (1, BODIES_MAX)
_ANSWERS = (1, RE_MAX)
_STATUS = {"status": word("actual", "exercise")}
_HOUSE = Family.HOUSEKEEPING

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "alert",
            Family.EXCHANGE,
            _CONTENT,
            facts=Members({"urgency": word("immediate", "expected", "future"), **_STATUS}),
        ),
        Kind(
            "request",
            Family.EXCHANGE,
            _CONTENT,
            facts=Members({"urgency": identifier, "items": number(1, ITEMS_MAX), **_STATUS}),
        ),
        Kind(
            "reply",
            Family.EXCHANGE,
            _CONTENT,
            _ANSWERS,
            facts=Members({"items": listing(_ITEM_ANSWER, ITEMS_MAX), **_STATUS}),
        ),
        Kind("information", Family.EXCHANGE, _CONTENT, facts=Members(_STATUS)),
        Kind("expertise", Family.EXCHANGE, _CONTENT, facts=Members(_STATUS)),
        Kind("held", _HOUSE, facts=_HELD),
        Kind(
            "verdict",
            _HOUSE,
            re=_ANSWERS,
            facts=Members({"result": word("accepted", "refused")}, {"codes": listing(identifier, CODES_MAX)}),
        ),
        Kind("keys", _HOUSE, facts=Members({"sealing": hexadecimal(1216)})),
        Kind("card", _HOUSE, facts=Members({"act": word("publish"), "note": hexadecimal(32)}), note=True),
        Kind(
            "agreement",
            _HOUSE,
            facts=Members({"act": word("propose", "activate"), "note": hexadecimal(32)}),
            note=True,
        ),
        Kind("record", _HOUSE, facts=Members({"rules": number(1), "own": _AT_SIZE, "partner": _AT_SIZE})),
    )
}
"""Kinds that this version knows. A name of protocol section 5 that is not here yet is malformed: an author
writes it only within both cards' ranges of versions."""

EXCHANGE_KINDS = tuple(kind.name for kind in KINDS.values() if kind.family is Family.EXCHANGE)
NOTED_KINDS = tuple(kind.name for kind in KINDS.values() if kind.note)
