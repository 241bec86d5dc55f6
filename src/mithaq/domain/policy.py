"""Whether the signed text allows an entry: one pure function for both sides (protocol sections 4 and 9).

``judge`` is asked three times: before sending, again when the index is given, and on arrival. Each time it
sees what can be seen then, and no more:

* the **header** always; the fold makes these rules part of what is legal;
* the **bodies** where ``formats`` has examined them: its findings, one for each body;
* the **sending** where its author is about to say it: whose contents these are;
* the **arrival** where the reader holds the entry: its clock and the author's.

The rules themselves are a catalogue, ``rules.RULES``. An empty catalogue judges nothing and is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from mithaq.domain.entry import Entry
from mithaq.domain.findings import Findings
from mithaq.domain.kinds import CODES_MAX
from mithaq.domain.rules import RULES, Case, Rule, Sees
from mithaq.domain.standing import Arrival, Standing

__all__ = ["RULES", "Arrival", "Rule", "Standing", "Verdict", "judge"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgment: accepted, or refused with the codes of the rules broken, in the catalogue's order.

    As many codes as an entry of kind ``verdict`` holds; the most telling stand first.
    """

    codes: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether no rule is broken."""
        return not self.codes


def judge(
    entry: Entry,
    findings: Sequence[Findings] | None,
    standing: Standing,
    rules: Sequence[Rule] = RULES,
) -> Verdict:
    """Judge an exchange entry.

    Args:
        entry: of the family exchange.
        findings: what ``formats`` saw, one for each body in order; None where only the header is judged.
        standing: what surrounds the entry.
        rules: another catalogue than ``rules.RULES``; for tests.

    Raises:
        ValueError: no rules, or not one finding for each body: nothing would be judged.
    """
    if not rules or (findings is not None and len(findings) != len(entry.bodies)):
        raise ValueError("a judgment needs rules, and a finding for each body")
    terms = standing.text.fields.get(entry.field) if standing.text else None
    case = Case(entry, standing, terms, tuple(findings or ()))
    seen = Sees.HEADER
    if findings is not None:
        seen |= Sees.BODIES
    if standing.arrival is not None:
        seen |= Sees.ARRIVAL
    if standing.owners is not None:
        seen |= Sees.SENDING
    codes = (rule.code for rule in rules if rule.sees & seen and rule.broken(case))
    return Verdict(tuple(islice(codes, CODES_MAX)))
