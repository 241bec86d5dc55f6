"""Onward release: what one partner sent goes to another only with its owner's consent (domain 4).

A content is recognised by its mark, whole and unchanged. What is copied by hand, or changed by a byte, is
not: the software cannot know it, and says so (protocol 12). What a partner sent back to us after we had said
it stays ours: else whoever hears us could forbid us our own words.
"""

from collections.abc import Iterable

from mithaq.domain.entry import Entry
from mithaq.domain.party import Origin
from mithaq.domain.things import consent_key
from mithaq.exchange import rungs
from mithaq.exchange.identity import Identity
from mithaq.exchange.pair import Pair
from mithaq.exchange.ports import BodyKey, Transaction
from mithaq.tlog.merkle import SIZE_MAX


def owners(
    tx: Transaction, identity: Identity, recipient: Origin, marks: Iterable[bytes]
) -> tuple[Origin, ...]:
    """Third sides that have sent one of these contents and have not consented to this recipient, sorted.

    Args:
        tx: a snapshot.
        identity: this node.
        recipient: who is to get them.
        marks: of the contents (``KeyFiles.mark``).
    """
    found = set[Origin]()
    for mark in marks:
        keys = tx.bodies.marked(mark)
        foreign = [key for key in keys if key.log.author not in {identity.origin, recipient}]
        if not foreign:  # most contents are ours, and may have been said many times
            continue
        said = _first_said(tx, [key for key in keys if key.log.author == identity.origin])
        found |= {key.log.author for key in foreign if _owned(tx, identity, key, said, recipient)}
    return tuple(sorted(found))


def _first_said(tx: Transaction, keys: Iterable[BodyKey]) -> int:
    """When we said a content ourselves for the first time, POSIX seconds; far off if we never did."""
    rows = (row for key in keys for row in tx.logs.entries(key.log, key.index, key.index + 1))
    return min((Entry.parse(row.data).at for row in rows), default=SIZE_MAX)


def _owned(tx: Transaction, identity: Identity, key: BodyKey, said: int, recipient: Origin) -> bool:
    """Whether its author has to consent: it was here by that author first, and could be read."""
    pair = Pair(tx, identity, key.log.other)
    leaf = pair.row(key.log, key.index).leaf.hex()
    exchange = pair.thing(leaf)
    if exchange is None or not exchange.value(pair.side):
        return False  # what has no verdict nobody reads
    held = rungs.held(tx, key.log, [key.index]).get(key.index)
    if held and said < held.time:
        return False
    consent = pair.thing(consent_key(leaf, recipient))
    return consent is None or consent.value(pair.side_of(key.log)) != "granted"
