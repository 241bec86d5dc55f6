"""The rungs of an entry's ladder, found in the log of its reader (protocol 9)."""

import re
from collections.abc import Collection
from typing import NamedTuple

from mithaq.domain.entry import Entry
from mithaq.domain.ladder import Coverage
from mithaq.domain.party import LogName
from mithaq.domain.things import Register, contents_key
from mithaq.exchange.pair import Pair
from mithaq.exchange.ports import EntryRow, Transaction

LOOK = 64
"""``held`` entries looked at first: what people ask for is mostly new, and four times as many come next."""

_TIME = re.compile(rb"done cut=[0-9]+ time=([0-9]+)")


class Rung(NamedTuple):
    """The reader's first ``held`` that covers an entry in full, and since when it holds it, POSIX seconds."""

    row: EntryRow
    time: int


def held(tx: Transaction, log: LogName, indexes: Collection[int]) -> dict[int, Rung]:
    """Of entries that are held in full: since when.

    Only the end of the reader's log is read, back to where it held none of them.

    Args:
        tx: the transaction.
        log: the entries' log.
        indexes: their places there.
    """
    found: dict[int, Rung] = {}
    if not indexes:
        return found
    low = min(indexes)
    coverage = Coverage(low)
    for row in _helds(tx, log.other, low):
        coverage, full = coverage.feed(Entry.parse(row.data).facts)
        match = _TIME.match(row.outcome)
        for index in indexes:
            if match and any(each.start <= index < each.end for each in full):
                found.setdefault(index, Rung(row, int(match[1])))
    return found


def _helds(tx: Transaction, log: LogName, low: int) -> list[EntryRow]:
    """Legal ``held`` entries, oldest first, from the last that covers no more than ``low`` entries."""
    limit = LOOK
    while True:
        rows = tx.logs.latest(log, ("held",), limit)
        legal = [row for row in rows if row.outcome.startswith(b"done")]
        if len(rows) < limit or (legal and Entry.parse(legal[-1].data).facts["size"] <= low):
            return legal[::-1]
        limit *= 4


def verdict(pair: Pair, log: LogName, leaf: bytes) -> EntryRow | None:
    """The reader's verdict on the entry of ``log`` with this leaf hash."""
    return _entered(pair, log, leaf.hex(), ("accepted", "refused"))


def erasure(pair: Pair, log: LogName, leaf: bytes) -> EntryRow | None:
    """The reader's statement that it has erased the contents of the entry of ``log`` with this leaf hash."""
    return _entered(pair, log, contents_key(leaf.hex()), ("erased",))


def _entered(pair: Pair, log: LogName, key: str, values: Collection[str]) -> EntryRow | None:
    """The entry by which the reader of ``log`` moved its register of a thing to one of these values."""
    thing = pair.thing(key)
    register: Register = thing.registers[pair.side_of(log.other)] if thing else ()
    at = next((index for index, value in register if value in values), None)
    return None if at is None else pair.row(log.other, at)
