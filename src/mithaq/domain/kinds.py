"""What an entry can be: every kind in one table (protocol section 5).

A kind says to which **family** it belongs, whether it carries bodies, what its ``re`` names, and which
``facts`` it has. A fact is a name and a shape (``shapes``); none is free text.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from mithaq.domain.handling import PAP, TLP
from mithaq.domain.moment import MOMENT_MAX
from mithaq.domain.party import SEALING_SIZE
from mithaq.domain.shapes import (
    Members,
    hexadecimal,
    identifier,
    listing,
    log_name,
    media_type,
    number,
    party,
    word,
)

RANGES_MAX = 1_000
"""Ranges of ``missing`` and ``came`` together in one ``held`` (protocol 6)."""
ITEMS_MAX = 100
"""Items of one request: a longer list is several requests, each with its clock."""
CODES_MAX = 16
"""Codes of one verdict; a refusal needs few, and an entry stays small."""
CLOSED_MAX = 64
"""Narrowings of one party's national rules, and kinds or media types that one closes: a page to read."""


class Family(StrEnum):
    """What kinds have in common."""

    EXCHANGE = "exchange"
    ABOUT = "about an exchange"
    HOUSEKEEPING = "housekeeping"


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
_CLOSES = Members(
    {},
    {
        "relation": identifier,
        "field": identifier,
        "closed": word("field"),
        "kinds": listing(identifier, CLOSED_MAX),
        "media_types": listing(media_type, CLOSED_MAX),
        "tlp": word(*TLP),
        "pap": word(*PAP),
        "retention_days": number(1),
        "body_max": number(1),
    },
)
"""What one narrowing of national rules closes; what it means, and what it must be, is ``national``'s."""
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
_ABOUT, _HOUSE = Family.ABOUT, Family.HOUSEKEEPING

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
        Kind("acknowledgement", _ABOUT, re=_ANSWERS),
        Kind(
            "feedback",
            _ABOUT,
            re=(1, 1),
            facts=Members({"usefulness": word("useful", "partly-useful", "not-useful")}),
        ),
        Kind(
            "correction",
            _ABOUT,
            re=(1, 2),
            facts=Members({"reason": word("inaccurate", "incomplete", "outdated")}),
        ),
        Kind(
            "withdrawal",
            _ABOUT,
            re=_ANSWERS,
            facts=Members({"reason": word("inaccurate", "mistaken", "order", "purpose-ended", "unlawful")}),
        ),
        Kind(
            "erasure",
            _ABOUT,
            re=_ANSWERS,
            facts=Members({"reason": word("ended", "off-boarding", "order", "purpose-ended", "withdrawn")}),
        ),
        Kind(
            "consent",
            _ABOUT,
            re=(1, 1),
            facts=Members({"act": word("ask", "grant", "refuse", "revoke"), "to": party}),
        ),
        Kind(
            "hold",
            _ABOUT,
            re=(1, 1),
            facts=Members({"reason": word("audit", "court", "supervision"), "until": number(1, MOMENT_MAX)}),
        ),
        Kind("held", _HOUSE, facts=_HELD),
        Kind(
            "verdict",
            _HOUSE,
            re=_ANSWERS,
            facts=Members(
                {"result": word("accepted", "refused")},
                {"codes": listing(identifier, CODES_MAX), "by": word("text", "sender", "receiver")},
            ),
        ),
        Kind("keys", _HOUSE, facts=Members({"sealing": hexadecimal(SEALING_SIZE)})),
        Kind("card", _HOUSE, facts=Members({"act": word("publish"), "note": hexadecimal(32)}), note=True),
        Kind(
            "agreement",
            _HOUSE,
            facts=Members(
                {
                    "act": word("propose", "activate", "suspend", "resume", "terminate"),
                    "note": hexadecimal(32),
                },
                {"field": identifier},
            ),
            note=True,
        ),
        Kind(
            "rules",
            _HOUSE,
            facts=Members(
                {"digest": hexadecimal(32), "serial": number(1)}, {"closes": listing(_CLOSES, CLOSED_MAX)}
            ),
        ),
        Kind("record", _HOUSE, facts=Members({"rules": number(1), "own": _AT_SIZE, "partner": _AT_SIZE})),
    )
}
"""Kinds that this version knows. A name of protocol section 5 that is not here yet is malformed: an author
writes it only within both cards' ranges of versions."""

EXCHANGE_KINDS = tuple(kind.name for kind in KINDS.values() if kind.family is Family.EXCHANGE)
NOTED_KINDS = tuple(kind.name for kind in KINDS.values() if kind.note)
