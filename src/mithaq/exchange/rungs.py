"""The rungs of an entry's ladder, found in the log of its reader (protocol 9)."""

from mithaq.domain.entry import Entry
from mithaq.domain.ladder import Coverage
from mithaq.domain.party import LogName
from mithaq.exchange.ports import EntryRow, Transaction


def held(tx: Transaction, log: LogName, index: int) -> tuple[EntryRow, int] | None:
    """The reader's first ``held`` that covers an entry in full, and since when it holds it, POSIX seconds.

    Args:
        tx: the transaction.
        log: the entry's log.
        index: its place there.
    """
    coverage, time = Coverage(), 0
    for row in tx.logs.of_kind(log.other, "held"):
        if row.outcome.startswith(b"done"):
            facts = Entry.parse(row.data).facts
            coverage, full = coverage.feed(facts)
            time = max(time, facts["time"])
            if any(each.start <= index < each.end for each in full):
                return row, time
    return None


def verdict(tx: Transaction, log: LogName, leaf: bytes) -> EntryRow | None:
    """The reader's verdict on the entry of ``log`` with this leaf hash."""
    name = leaf.hex()
    for row in tx.logs.of_kind(log.other, "verdict"):
        if row.outcome.startswith(b"done") and name in Entry.parse(row.data).re:
            return row
    return None
