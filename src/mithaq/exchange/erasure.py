"""The end of contents: by their day, on both sides and whoever wrote them (protocol 8).

Keys first, rows after: what a kill leaves between the two opens nowhere, and the next look takes it away.
Nothing here is needed for a content not to be served: ``contents.load`` looks at the clock itself.
"""

from mithaq.domain.rules import EXPIRED
from mithaq.exchange import contents
from mithaq.exchange.identity import Identity
from mithaq.exchange.pair import Draft, Pair
from mithaq.exchange.ports import Partner, Store, Transaction

REFUSED_MAX = 64
"""Entries that one verdict refuses: the most that ``re`` holds (protocol 5)."""


def end_days(identity: Identity, store: Store) -> None:
    """Destroy the keys of days that are over, and all that they sealed, a bounded part in each transaction.

    Raises:
        KeyStoreError: the disk refuses; the rows stay until their key is gone.
    """
    contents.destroy_ended(identity)
    today = contents.day_of(identity.now())
    while store.write(lambda tx: tx.bodies.end(today)):
        pass


def refuse_overdue(identity: Identity, store: Store, partner: Partner) -> bool:
    """Refuse as expired what never came before its day was over, and want it no more; whether there was any.

    Every exchange entry gets a verdict (protocol 9), and nobody asks for ever for what has ended everywhere.
    """
    some = False
    while store.write(lambda tx: _refuse_overdue(tx, identity, partner)):
        some = True
    return some


def _refuse_overdue(tx: Transaction, identity: Identity, partner: Partner) -> bool:
    mirror, today = partner.mirror, contents.day_of(identity.now())
    overdue = tx.bodies.overdue(mirror, today, REFUSED_MAX)
    leaves: list[str] = []
    for index in overdue:
        tx.bodies.drop(mirror, index)
        (row,) = tx.logs.entries(mirror, index, index + 1)
        leaves.append(row.leaf.hex())
    if leaves:
        facts = {"result": "refused", "codes": [EXPIRED]}
        draft = Draft(identity.random(16).hex(), "verdict", re=tuple(leaves), facts=facts)
        Pair.of(tx, identity, partner.own).say(draft)
    return bool(overdue)
