"""Whose rules refused an exchange, and whether both logs bear that out (protocol section 9).

A reader can say what it likes of contents that only it examined. It cannot say unseen that the signed text
refuses the header of what is legal in the record, nor that national rules refuse what they were never told
to close: both are functions of the two logs, equal for whoever reads them. Such a refusal stands, and is
shown as what it is.
"""

from collections.abc import Collection, Iterable

from mithaq.domain.agreement import Agreement
from mithaq.domain.entry import Entry
from mithaq.domain.narrowing import Narrowing, judge
from mithaq.domain.rules import RULES, Sees
from mithaq.words import N_

TEXT, SENDER, RECEIVER = "text", "sender", "receiver"
"""Whose rules refused an entry: ``facts.by`` of a verdict."""

REFUSERS = {
    TEXT: N_("The signed text refused it."),
    SENDER: N_("The national rules of its sender refused it."),
    RECEIVER: N_("The national rules of its receiver refused it."),
}
"""What people read of ``facts.by``."""

DOUBTS = {
    TEXT: N_("Both logs show that the signed text allows it."),
    SENDER: N_("What its sender has told of its national rules does not say so."),
    RECEIVER: N_("What its receiver has told of its national rules does not say so."),
}
"""What people read beside it where the logs do not bear it out."""

GONE = "gone"
"""The code of what was withdrawn, or erased by its reader, before all its contents had come."""

SENTENCES = {GONE: N_("It was withdrawn, or erased on order, before all its contents had come.")}
"""What people read for it."""

_READERS_OWN = {
    rule.code for rule in RULES if rule.sees & (Sees.BODIES | Sees.ARRIVAL) and not rule.sees & Sees.HEADER
}
"""Codes of what only the reader of a legal entry has seen: contents, and when they came."""


def borne_out_by_text(codes: Iterable[str], outcome: str, acts: Collection[str] = ()) -> bool:
    """Whether a refusal by the signed text can be true.

    Args:
        codes: of the verdict.
        outcome: code of the entry if it is illegal in the record; empty if it is legal.
        acts: codes of what a side has done, as both logs show: ``suspended``, ``ended``, ``gone``.
    """
    return set(codes) <= ({outcome} if outcome else _READERS_OWN | set(acts))


def borne_out_by_rules(
    codes: Iterable[str], entry: Entry, text: Agreement, told: Iterable[Narrowing]
) -> bool:
    """Whether a refusal by national rules follows from what that side has told of them."""
    return set(codes) <= set(judge(entry, text, told))
