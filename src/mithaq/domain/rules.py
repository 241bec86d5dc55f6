"""The catalogue of what the signed text asks of an exchange entry: rules with their clauses and sentences.

A rule is a question: is this broken? Where the text or the field is unknown, the rule that says so is broken
and the terms that cannot be read are not asked. Rules that see bodies or the arrival are asked only then.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Flag, auto

from mithaq.domain.entry import Entry
from mithaq.domain.findings import Findings
from mithaq.domain.handling import PAP, TLP
from mithaq.domain.kinds import Family
from mithaq.domain.moment import DAY
from mithaq.domain.standing import Standing
from mithaq.domain.terms import DataClass, FieldTerms
from mithaq.words import N_

SKEW = 300
"""S of protocol 10: seconds by which two honest clocks may differ."""


EXPIRED = "expired"
"""The code of contents that come when they should be gone; also said when the last of them comes too late."""


class Sees(Flag):
    """What a rule looks at, and so when it is asked."""

    HEADER = auto()
    BODIES = auto()
    ARRIVAL = auto()
    SENDING = auto()


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule gets.

    Args:
        entry: the entry.
        standing: what surrounds it.
        terms: those of its field; None if the text lacks the field, or there is no text.
        findings: one for each body; empty for the rules that see the header only.
    """

    entry: Entry
    standing: Standing
    terms: FieldTerms | None
    findings: tuple[Findings, ...] = ()


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


def _above(level: str | None, ceiling: str, levels: tuple[str, ...]) -> bool:
    """Whether a level is stricter than a ceiling; no level never is, no ceiling (empty) allows none."""
    if not level:
        return False
    return not ceiling or levels.index(level) > levels.index(ceiling)


# --- header -----------------------------------------------------------------------------------------------


def _no_text(case: Case) -> bool:
    standing = case.standing
    return standing.text is None or not (standing.activated or case.entry.re)


def _other_text(case: Case) -> bool:
    entry = case.entry
    return any(
        thing is None or (thing.agreement, thing.field) != (entry.agreement, entry.field)
        for thing in case.standing.about
    )


def _not_started(case: Case) -> bool:
    text = case.standing.text
    return text is not None and not case.entry.re and case.entry.at < text.starts


def _ended(case: Case) -> bool:
    text, notice, at = case.standing.text, case.standing.notice, case.entry.at
    over = bool(notice) and at > notice
    if text is not None and text.ends is not None:
        over = over or at > text.ends
    return over and not case.entry.re


def _suspended(case: Case) -> bool:
    return case.standing.suspended and not case.entry.re


def _superseded(case: Case) -> bool:
    return case.standing.superseded and not case.entry.re


def _card(case: Case) -> bool:
    protects = case.terms is not None and "life" in case.terms.protects
    return case.entry.at > case.standing.card_until and not protects


def _field(case: Case) -> bool:
    return case.standing.text is not None and case.terms is None


def _kind(case: Case) -> bool:
    exchange = case.entry.family is Family.EXCHANGE
    return case.terms is not None and exchange and case.entry.kind not in case.terms.kinds


def _media_type(case: Case) -> bool:
    terms = case.terms
    return terms is not None and any(body.type not in terms.media_types for body in case.entry.bodies)


def _size(case: Case) -> bool:
    terms = case.terms
    return terms is not None and any(body.size > terms.body_max for body in case.entry.bodies)


def _tlp(case: Case) -> bool:
    handling = case.entry.handling
    return case.terms is not None and handling is not None and _above(handling.tlp, case.terms.tlp, TLP)


def _pap(case: Case) -> bool:
    handling = case.entry.handling
    return case.terms is not None and handling is not None and _above(handling.pap, case.terms.pap, PAP)


def _expiry(case: Case) -> bool:
    entry, terms = case.entry, case.terms
    if terms is None or not entry.bodies:
        return False
    return not entry.at <= entry.keep_until <= entry.at + terms.retention_days * DAY


def _urgency(case: Case) -> bool:
    text, entry = case.standing.text, case.entry
    profile = text.profile_of(entry.field) if text else None
    return entry.kind == "request" and profile is not None and entry.facts["urgency"] not in profile.urgencies


# --- bodies -----------------------------------------------------------------------------------------------


def _content(case: Case) -> bool:
    return any(finding.problems for finding in case.findings)


def _real_type(case: Case) -> bool:
    pairs = zip(case.findings, case.entry.bodies, strict=True)
    return any(finding.media_type != body.type for finding, body in pairs)


def _objects(case: Case) -> bool:
    pairs = zip(case.findings, case.entry.bodies, strict=True)
    return any(finding.objects != body.objects for finding, body in pairs)


def _persons(case: Case) -> bool:
    return any(finding.persons for finding in case.findings)


def _data_class(case: Case) -> bool:
    none = case.terms is not None and case.terms.data is DataClass.NONE
    return none and any(finding.technical for finding in case.findings)


def _tlp_content(case: Case) -> bool:
    handling = case.entry.handling
    return handling is not None and any(_above(finding.tlp, handling.tlp, TLP) for finding in case.findings)


def _pap_content(case: Case) -> bool:
    handling = case.entry.handling
    return handling is not None and any(_above(finding.pap, handling.pap, PAP) for finding in case.findings)


# --- arrival ----------------------------------------------------------------------------------------------


def _clock(case: Case) -> bool:
    arrival, at = case.standing.arrival, case.entry.at
    return arrival is not None and not arrival.before - SKEW <= at <= arrival.time + SKEW


def _expired(case: Case) -> bool:
    arrival, entry = case.standing.arrival, case.entry
    return arrival is not None and bool(entry.bodies) and arrival.time > entry.keep_until


# --- sending ----------------------------------------------------------------------------------------------


def _onward(case: Case) -> bool:
    return bool(case.standing.owners)


_HEADER, _BODIES, _ARRIVAL = Sees.HEADER, Sees.BODIES, Sees.ARRIVAL
_WHEN = _HEADER | _ARRIVAL
"""Asked again on arrival: what its author had not seen is no breach, but its reader need not take it."""

RULES: tuple[Rule, ...] = (
    Rule(
        "no-text",
        _HEADER,
        "protocol 4",
        N_("It names no agreement that both sides have activated."),
        _no_text,
    ),
    Rule(
        "other-text",
        _HEADER,
        "protocol 4",
        N_("What is about an earlier entry names the same agreement and the same field as that entry."),
        _other_text,
    ),
    Rule("not-started", _HEADER, "protocol 4", N_("The agreement has not started."), _not_started),
    Rule("ended", _WHEN, "protocol 4", N_("The agreement has ended: nothing new begins."), _ended),
    Rule(
        "suspended",
        _WHEN,
        "protocol 4",
        N_("A side has suspended this field or the whole agreement: nothing new begins."),
        _suspended,
    ),
    Rule("superseded", _HEADER, "protocol 4", N_("A newer agreement is in force."), _superseded),
    Rule(
        "card-expired",
        _HEADER,
        "protocol 3",
        N_("The card of its author has expired: only a field that protects life goes on."),
        _card,
    ),
    Rule("field", _HEADER, "protocol 4", N_("The agreement has no field {field}."), _field),
    Rule("kind", _HEADER, "protocol 4", N_("The field {field} does not allow the kind {kind}."), _kind),
    Rule(
        "media-type",
        _HEADER,
        "protocol 4",
        N_("The field {field} does not allow a content of this media type."),
        _media_type,
    ),
    Rule("size", _HEADER, "protocol 4", N_("A content is larger than the field {field} allows."), _size),
    Rule("tlp", _HEADER, "protocol 4", N_("The TLP mark is stricter than the field {field} allows."), _tlp),
    Rule("pap", _HEADER, "protocol 4", N_("The PAP mark is stricter than the field {field} allows."), _pap),
    Rule(
        "expiry",
        _HEADER,
        "protocol 4",
        N_("The contents are kept longer than the field {field} allows, or end before they begin."),
        _expiry,
    ),
    Rule(
        "urgency",
        _HEADER,
        "protocol 4",
        N_("The request profile of the field {field} has no such class of urgency."),
        _urgency,
    ),
    Rule("content", _BODIES, "protocol 9", N_("A content is not well formed."), _content),
    Rule(
        "media-type-content",
        _BODIES,
        "protocol 9",
        N_("A content is not of the media type that the entry says."),
        _real_type,
    ),
    Rule(
        "objects",
        _BODIES,
        "protocol 5",
        N_("A content does not hold as many objects as the entry says."),
        _objects,
    ),
    Rule(
        "persons",
        _BODIES,
        "protocol 4",
        N_("A content holds data about persons, which this version does not carry."),
        _persons,
    ),
    Rule(
        "data-class",
        _BODIES,
        "protocol 4",
        N_("The field {field} does not carry technical data."),
        _data_class,
    ),
    Rule(
        "tlp-content",
        _BODIES,
        "protocol 5",
        N_("A content is marked with a stricter TLP level than the entry says."),
        _tlp_content,
    ),
    Rule(
        "pap-content",
        _BODIES,
        "protocol 5",
        N_("A content is marked with a stricter PAP level than the entry says."),
        _pap_content,
    ),
    Rule(
        "clock",
        _ARRIVAL,
        "protocol 10",
        N_("The time of the entry does not agree with the clock of its reader or of its own log."),
        _clock,
    ),
    Rule(
        EXPIRED,
        _ARRIVAL,
        "protocol 5",
        N_("The contents came after the day on which they had to be erased."),
        _expired,
    ),
    Rule(
        "onward",
        Sees.SENDING,
        "protocol 4",
        N_("A content came from another partner, who has not consented to its release to this one."),
        _onward,
    ),
)
"""Every rule, most telling first."""
