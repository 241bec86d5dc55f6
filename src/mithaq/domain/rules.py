"""The catalogue of what the signed text asks of an exchange entry: rules with their clauses and sentences.

What each of them asks is in ``checks``. Rules that see bodies or the arrival are asked only then.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from mithaq.domain import checks
from mithaq.domain.checks import Case
from mithaq.words import N_


class Sees(StrEnum):
    """What a rule looks at."""

    HEADER = "header"
    BODIES = "bodies"
    ARRIVAL = "arrival"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the catalogue.

    Args:
        code: what a verdict says; an identifier.
        sees: what the rule looks at.
        clause: where it comes from.
        sentence: what people read when it is broken, marked for translation.
        broken: whether a case breaks it.
    """

    code: str
    sees: Sees
    clause: str
    sentence: str
    broken: Callable[[Case], bool]


_HEADER, _BODIES, _ARRIVAL = Sees.HEADER, Sees.BODIES, Sees.ARRIVAL

RULES: tuple[Rule, ...] = (
    Rule(
        "no-text",
        _HEADER,
        "protocol 4",
        N_("It names no agreement that both sides have activated."),
        checks.no_text,
    ),
    Rule(
        "other-text",
        _HEADER,
        "protocol 4",
        N_("What is about an earlier entry names the same agreement and the same field as that entry."),
        checks.other_text,
    ),
    Rule("not-started", _HEADER, "protocol 4", N_("The agreement has not started."), checks.not_started),
    Rule("ended", _HEADER, "protocol 4", N_("The agreement has ended: nothing new begins."), checks.ended),
    Rule("superseded", _HEADER, "protocol 4", N_("A newer agreement is in force."), checks.superseded),
    Rule(
        "card-expired",
        _HEADER,
        "protocol 3",
        N_("The card of its author has expired: only a field that protects life goes on."),
        checks.card,
    ),
    Rule("field", _HEADER, "protocol 4", N_("The agreement has no field {field}."), checks.field),
    Rule("kind", _HEADER, "protocol 4", N_("The field {field} does not allow the kind {kind}."), checks.kind),
    Rule(
        "media-type",
        _HEADER,
        "protocol 4",
        N_("The field {field} does not allow a content of this media type."),
        checks.media_type,
    ),
    Rule(
        "size",
        _HEADER,
        "protocol 4",
        N_("A content is larger than the field {field} allows."),
        checks.size,
    ),
    Rule(
        "tlp",
        _HEADER,
        "protocol 4",
        N_("The TLP mark is stricter than the field {field} allows."),
        checks.tlp,
    ),
    Rule(
        "pap",
        _HEADER,
        "protocol 4",
        N_("The PAP mark is stricter than the field {field} allows."),
        checks.pap,
    ),
    Rule(
        "expiry",
        _HEADER,
        "protocol 4",
        N_("The contents are kept longer than the field {field} allows, or end before they begin."),
        checks.expiry,
    ),
    Rule(
        "urgency",
        _HEADER,
        "protocol 4",
        N_("The request profile of the field {field} has no such class of urgency."),
        checks.urgency,
    ),
    Rule("content", _BODIES, "protocol 9", N_("A content is not well formed."), checks.content),
    Rule(
        "media-type-content",
        _BODIES,
        "protocol 9",
        N_("A content is not of the media type that the entry says."),
        checks.real_type,
    ),
    Rule(
        "objects",
        _BODIES,
        "protocol 5",
        N_("A content does not hold as many objects as the entry says."),
        checks.objects,
    ),
    Rule(
        "persons",
        _BODIES,
        "protocol 4",
        N_("A content holds data about persons, which this version does not carry."),
        checks.persons,
    ),
    Rule(
        "data-class",
        _BODIES,
        "protocol 4",
        N_("The field {field} does not carry technical data."),
        checks.data_class,
    ),
    Rule(
        "tlp-content",
        _BODIES,
        "protocol 5",
        N_("A content is marked with a stricter TLP level than the entry says."),
        checks.tlp_content,
    ),
    Rule(
        "pap-content",
        _BODIES,
        "protocol 5",
        N_("A content is marked with a stricter PAP level than the entry says."),
        checks.pap_content,
    ),
    Rule(
        "clock",
        _ARRIVAL,
        "protocol 10",
        N_("The time of the entry does not agree with the clock of its reader or of its own log."),
        checks.clock,
    ),
)
"""Every rule, most telling first."""
