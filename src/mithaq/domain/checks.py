"""What the rules ask of an exchange entry, one question a function: is this broken?

Where the text or the field is unknown, the rule that says so is broken and the terms that cannot be read are
not asked. The catalogue, with codes, clauses and sentences, is ``rules``.
"""

from dataclasses import dataclass

from mithaq.domain.entry import Entry
from mithaq.domain.findings import Findings
from mithaq.domain.handling import PAP, TLP
from mithaq.domain.moment import DAY
from mithaq.domain.standing import Standing
from mithaq.domain.terms import DataClass, FieldTerms

SKEW = 300
"""S of protocol 10: seconds by which two honest clocks may differ."""


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


def _above(level: str | None, ceiling: str, levels: tuple[str, ...]) -> bool:
    """Whether a level is stricter than a ceiling; no level never is, no ceiling (empty) allows none."""
    if not level:
        return False
    return not ceiling or levels.index(level) > levels.index(ceiling)


# --- header -----------------------------------------------------------------------------------------------


def no_text(case: Case) -> bool:
    standing = case.standing
    return standing.text is None or not (standing.activated or case.entry.re)


def other_text(case: Case) -> bool:
    entry = case.entry
    return any(
        thing is None or (thing.agreement, thing.field) != (entry.agreement, entry.field)
        for thing in case.standing.about
    )


def not_started(case: Case) -> bool:
    text = case.standing.text
    return text is not None and not case.entry.re and case.entry.at < text.starts


def ended(case: Case) -> bool:
    text = case.standing.text
    return text is not None and not case.entry.re and text.ends is not None and case.entry.at > text.ends


def superseded(case: Case) -> bool:
    return case.standing.superseded and not case.entry.re


def card(case: Case) -> bool:
    protects = case.terms is not None and "life" in case.terms.protects
    return case.entry.at > case.standing.card_until and not protects


def field(case: Case) -> bool:
    return case.standing.text is not None and case.terms is None


def kind(case: Case) -> bool:
    return case.terms is not None and case.entry.kind not in case.terms.kinds


def media_type(case: Case) -> bool:
    terms = case.terms
    return terms is not None and any(body.type not in terms.media_types for body in case.entry.bodies)


def size(case: Case) -> bool:
    terms = case.terms
    return terms is not None and any(body.size > terms.body_max for body in case.entry.bodies)


def tlp(case: Case) -> bool:
    handling = case.entry.handling
    return case.terms is not None and handling is not None and _above(handling.tlp, case.terms.tlp, TLP)


def pap(case: Case) -> bool:
    handling = case.entry.handling
    return case.terms is not None and handling is not None and _above(handling.pap, case.terms.pap, PAP)


def expiry(case: Case) -> bool:
    entry, terms = case.entry, case.terms
    if terms is None or not entry.bodies:
        return False
    return not entry.at <= entry.keep_until <= entry.at + terms.retention_days * DAY


def urgency(case: Case) -> bool:
    text, entry = case.standing.text, case.entry
    profile = text.profile_of(entry.field) if text else None
    return entry.kind == "request" and profile is not None and entry.facts["urgency"] not in profile.urgencies


# --- bodies -----------------------------------------------------------------------------------------------


def content(case: Case) -> bool:
    return any(finding.problems for finding in case.findings)


def real_type(case: Case) -> bool:
    pairs = zip(case.findings, case.entry.bodies, strict=True)
    return any(finding.media_type != body.type for finding, body in pairs)


def objects(case: Case) -> bool:
    pairs = zip(case.findings, case.entry.bodies, strict=True)
    return any(finding.objects != body.objects for finding, body in pairs)


def persons(case: Case) -> bool:
    return any(finding.persons for finding in case.findings)


def data_class(case: Case) -> bool:
    none = case.terms is not None and case.terms.data is DataClass.NONE
    return none and any(finding.technical for finding in case.findings)


def tlp_content(case: Case) -> bool:
    handling = case.entry.handling
    return handling is not None and any(_above(finding.tlp, handling.tlp, TLP) for finding in case.findings)


def pap_content(case: Case) -> bool:
    handling = case.entry.handling
    return handling is not None and any(_above(finding.pap, handling.pap, PAP) for finding in case.findings)


# --- arrival ----------------------------------------------------------------------------------------------


def clock(case: Case) -> bool:
    arrival, at = case.standing.arrival, case.entry.at
    return arrival is not None and not arrival.before - SKEW <= at <= arrival.time + SKEW
