"""What an operator must be told of a pair at once: it has stopped, or what it stands on is damaged."""

from dataclasses import dataclass

from mithaq.domain.party import Origin
from mithaq.errors import StoreError
from mithaq.exchange import national
from mithaq.exchange.daily import compare_record
from mithaq.exchange.ports import Partner, Transaction
from mithaq.words import N_

DIFFERS = N_("The two nodes have computed different records: compare them, and stop relying on either.")
STOPPED = N_("The pair has stopped: the partner has signed two histories. The evidence is kept.")
BEHIND = N_("The store is older than what this node has signed: nothing is signed until it has recovered.")
RULES = N_("The national rules in the store are not those that were told: load them again.")


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


def alarms(tx: Transaction, partner: Partner, *, behind: bool) -> list[Alarm]:
    """What is wrong with a pair (protocol 6 and 11).

    Args:
        tx: a snapshot.
        partner: whose pair.
        behind: whether the store is older than its anchor for it.
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
    return found
