"""What an operator must be told of a pair at once: it has stopped, its ground or a clock is wrong."""

from dataclasses import dataclass

from mithaq.domain.party import Origin
from mithaq.domain.rules import SKEW
from mithaq.errors import StoreError
from mithaq.exchange import national
from mithaq.exchange.daily import compare_record
from mithaq.exchange.ports import Partner, Transaction
from mithaq.words import N_

DIFFERS = N_("The two nodes have computed different records: compare them, and stop relying on either.")
STOPPED = N_("The pair has stopped: the partner has signed two histories. The evidence is kept.")
BEHIND = N_("The store is older than what this node has signed: nothing is signed until it has recovered.")
RULES = N_("The national rules in the store are not those that were told: load them again.")
AHEAD = N_("The partner’s clock is more than five minutes ahead of ours: find out which of the two is wrong.")
BACK = N_(
    "This node has signed times that its clock has not reached: the clock was ahead then, or is behind now."
)
LEAPT = N_(
    "This node’s clock has leapt: nothing is destroyed by it until it has run on or a partner’s agrees."
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that is wrong.

    Args:
        partner: with whom.
        sentence: what people read, marked for translation.
        evidence: by which one finds more: digest of the evidence, or empty.
    """

    partner: Origin
    sentence: str
    evidence: str = ""


def alarms(tx: Transaction, partner: Partner, *, behind: bool, now: int, leapt: bool) -> list[Alarm]:
    """What is wrong with a pair (protocol 6 and 11).

    Args:
        tx: a snapshot.
        partner: whose pair.
        behind: whether the store is older than its anchor for it.
        now: our clock.
        leapt: whether it is not believed (``clocks.Watch``).
    """
    found: list[Alarm] = []
    if partner.problem:
        found.append(Alarm(partner.origin, STOPPED, partner.problem))
    if behind:
        found.append(Alarm(partner.origin, BEHIND))
    if compare_record(tx, partner) == "differs":
        found.append(Alarm(partner.origin, DIFFERS))
    try:
        national.check(tx, partner.own)
    except StoreError:
        found.append(Alarm(partner.origin, RULES))
    wrong = {
        AHEAD: tx.ledger.clocks(partner.own).theirs > now + SKEW,
        BACK: tx.logs.row(partner.own).state.held_time > now + SKEW,
        LEAPT: leapt,
    }
    return [*found, *(Alarm(partner.origin, sentence) for sentence, so in wrong.items() if so)]
