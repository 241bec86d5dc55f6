"""The daily ``record``: both sides say what they have computed, and compare (protocol 11)."""

from mithaq.domain.entry import Entry
from mithaq.domain.moment import DAY
from mithaq.domain.party import LogName
from mithaq.domain.record import RULES_VERSION, check_record
from mithaq.exchange.identity import Identity
from mithaq.exchange.pair import Draft, Pair
from mithaq.exchange.ports import Partner, Store, Transaction

RECORD_EVERY = DAY
"""Seconds between two ``record`` entries of ours: a difference alarms both sides that day (protocol 11)."""


def enter_record(identity: Identity, store: Store, partner: Partner) -> bool:
    """Enter the digests of both logs at our cut, once a day; whether it was due (protocol 11)."""

    def work(tx: Transaction) -> bool:
        pair = Pair.of(tx, identity, partner.own)
        own, cut = pair.state, pair.state.cut
        last = tx.logs.newest(partner.own, "record")
        # One from the future was entered while our clock was ahead, and says nothing of today.
        if not cut or (last and 0 <= identity.now() - Entry.parse(last.data).at < RECORD_EVERY):
            return False
        theirs = tx.logs.entries(partner.mirror, cut - 1, cut)[0].digest
        facts = {
            "rules": RULES_VERSION,
            "own": {"size": own.size, "digest": own.digest.hex()},
            "partner": {"size": cut, "digest": theirs.hex()},
        }
        pair.say(Draft(identity.random(16).hex(), "record", facts=facts))
        return True

    return store.write(work)


def compare_record(tx: Transaction, partner: Partner) -> str:
    """Whether the partner's newest ``record`` entry has the digests that we have at its sizes (protocol 11).

    Returns:
        ``agrees``, ``differs``, ``other-rules`` where its software has another version of the rules, so that
        nothing can be compared, or nothing where it has entered none.
    """
    row = tx.logs.newest(partner.mirror, "record")
    if row is None or not row.outcome.startswith(b"done"):
        return ""
    entry = Entry.parse(row.data)
    if entry.facts["rules"] != RULES_VERSION:
        return "other-rules"
    theirs = _digest(tx, partner.mirror, entry.facts["own"]["size"])
    ours = _digest(tx, partner.own, entry.facts["partner"]["size"])
    return "agrees" if check_record(entry, theirs, ours) else "differs"


def _digest(tx: Transaction, log: LogName, size: int) -> bytes | None:
    """The running digest of a log at a size, or None where it has no such size."""
    if size == 0:
        return bytes(32)
    rows = tx.logs.entries(log, size - 1, size)
    return rows[0].digest if rows else None
