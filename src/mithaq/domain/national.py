"""National rules: what a party's own law closes of what a signed text allows (protocol section 4).

Rules are the text of a note that the party's own authority has signed. They can only take away: a narrowing
has no member that could allow anything, and applying it to the terms of a field gives terms that are never
wider (``narrowing``). In writing::

    type = "mithaq/rules/1"
    origin = "spoc.interior.example"
    serial = 1                          # rises with every text
    issued = "2026-11-25T09:00:00Z"

    [title]                             # by language; likewise [grounds]: why, for one's own people
    en = "Rules of the Ministry"

    [[narrows]]                         # each part where it is left out: every partner, relation, field
    partner = "spoc.other.example"
    relation = "atlas-lindenau"
    field = "security"
    kinds = ["expertise"]               # no longer
    media_types = ["application/pdf"]   # no longer
    tlp = "green"                       # no stricter mark than this; likewise pap
    retention_days = 30                 # no longer than this
    body_max = 1048576                  # no larger than this

    [[narrows]]
    field = "tourism"
    closed = "field"                    # nothing at all

A partner is told the digest of the text and what it closes towards it (kind ``rules``), never the text, nor
what concerns others. So both sides can judge by what was told, and see whether a refusal was borne out by it.
"""

from typing import Any, Self

import msgspec

from mithaq.domain.entry import Entry
from mithaq.domain.kinds import CLOSED_MAX
from mithaq.domain.moment import Moment
from mithaq.domain.narrowing import Narrowing
from mithaq.domain.party import Origin, origin
from mithaq.domain.shapes import number
from mithaq.domain.signed_text import SignedText
from mithaq.domain.strict_toml import convert
from mithaq.domain.texts import PROSE_MAX, Texts, check_texts
from mithaq.errors import MalformedError

RULES_MAX = 48 * 1024
"""Bytes of the text: what it closes, written as JSON, is never longer, and so always fits into one entry."""


class NationalRules(SignedText, frozen=True, kw_only=True, tag="mithaq/rules/1"):
    """One text of national rules, well formed by itself. Members as in the text; times are POSIX seconds.

    Raises:
        MalformedError: a member that cannot be so, when made.
    """

    limit = RULES_MAX

    origin: Origin
    serial: int
    issued: Moment
    title: Texts
    grounds: Texts = {}  # noqa: RUF012 - a Mapping: nothing changes it
    narrows: tuple[Narrowing, ...] = ()

    def __post_init__(self) -> None:
        origin(self.origin)
        number(1)(self.serial, "serial")
        check_texts(self.title, "title")
        if self.grounds:
            check_texts(self.grounds, "grounds", PROSE_MAX)
        if len(self.narrows) > CLOSED_MAX:
            raise MalformedError(
                "too many narrowings", where="narrows", expected=str(CLOSED_MAX), got=len(self.narrows)
            )
        for each in self.narrows:
            if each.partner == self.origin:
                raise MalformedError("rules towards oneself", where="narrows.partner", got=each.partner)
            if each.relation and not each.partner:
                # Two pairs may call their relations alike, and no partner is told those of another.
                raise MalformedError("a relation without its partner", where="narrows", got=each.relation)

    def towards(self, partner: str) -> tuple[Narrowing, ...]:
        """What they close towards one partner, as it is told."""
        mine = (each for each in self.narrows if each.partner in {"", partner})
        return tuple(msgspec.structs.replace(each, partner="") for each in mine)

    def facts(self, partner: str) -> dict[str, Any]:
        """The facts of the entry of kind ``rules`` for one partner."""
        closes = [each.members() for each in self.towards(partner)]
        facts: dict[str, Any] = {"digest": self.digest, "serial": self.serial}
        return facts | {"closes": closes} if closes else facts


class _Told(msgspec.Struct, frozen=True):
    """The part of an entry's facts that says what is closed."""

    closes: tuple[Narrowing, ...] = ()

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return convert(cls, entry.facts)


def read(entry: Entry) -> tuple[Narrowing, ...]:
    """What an entry of kind ``rules`` says that its author's rules close.

    Raises:
        MalformedError: a narrowing that cannot be so.
    """
    return _Told.of(entry).closes
