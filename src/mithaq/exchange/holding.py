"""Holding contents over: sealed anew under the later day of a hold (protocol 8).

A hold is said first and carried out after, one content a transaction, by whoever looks next: large contents
would block the writer for long. Who dies between the two keeps nothing longer than was said.
"""

from collections.abc import Iterable

from mithaq.domain.shapes import hexadecimal
from mithaq.domain.things import contents_key
from mithaq.errors import StaleError
from mithaq.exchange import contents, copies, erasure
from mithaq.exchange.contents import Place
from mithaq.exchange.identity import Identity
from mithaq.exchange.pair import Pair
from mithaq.exchange.ports import BodyKey, Partner, Store, Transaction


def require_contents(tx: Transaction, identity: Identity, pair: Pair, leaves: Iterable[str]) -> None:
    """Refuse to hold over what is not all here: what came later would end on its old day.

    Raises:
        StaleError: something lacks, or has ended.
    """
    for leaf in leaves:
        hexadecimal(32)(leaf, "re")
        ref = pair.entry(bytes.fromhex(leaf))
        if ref is None:
            continue  # ``about.say`` says it
        log = pair.log(ref.side)
        stored = tx.bodies.present(log, ref.index, ref.index + 1)
        if len(stored) != len(copies.entry(tx, log, ref.index).bodies):
            raise StaleError("contents that are not all here cannot be held over", where=leaf)
        for body in stored.values():
            contents.check_day(identity, body.day, leaf)


def carry_out(identity: Identity, store: Store, partner: Partner) -> None:
    """Seal anew what we hold over, under the day on which the hold ends; erase what a hold has kept too long.

    Raises:
        KeyStoreError, StoreError: a disk refuses; it is tried again.
    """
    held = store.read(
        lambda tx: {leaf for entry in copies.said(tx, partner.own, "hold") for leaf in entry.re}
    )
    for leaf in sorted(held):
        _carry_out(identity, store, partner, leaf)


def _carry_out(identity: Identity, store: Store, partner: Partner, leaf: str) -> None:
    def look(tx: Transaction) -> tuple[int, bool, list[BodyKey]]:
        """When our hold ends, whether its author has withdrawn the exchange, and what is here of it."""
        pair = Pair(tx, identity, partner.own)
        thing = pair.thing(contents_key(leaf))
        until = thing.until[pair.side] if thing else 0
        return until, copies.is_withdrawn(pair, leaf), copies.rows(tx, pair, leaf)

    until, withdrawn, keys = store.read(look)
    if until > identity.now():
        for key in keys:
            _seal_anew(identity, store, key, contents.day_of(until))
    elif withdrawn and keys:
        store.write(
            lambda tx: erasure.erase_withdrawn(tx, identity, Pair.of(tx, identity, partner.own), [leaf])
        )


def _seal_anew(identity: Identity, store: Store, key: BodyKey, until: int) -> None:
    """Seal a content under the day of its hold, if that is not the later of its days already."""
    entry, stored = store.read(lambda tx: (copies.entry(tx, key.log, key.index), tx.bodies.get(key)))
    day = max(until, contents.day_of(entry.keep_until))
    if stored is None or stored.day == day:
        return
    fresh = contents.seal_anew(identity, Place(key.log, entry.id, key.ordinal), stored, day)

    def work(tx: Transaction) -> None:
        now = tx.bodies.present(key.log, key.index, key.index + 1).get((key.index, key.ordinal))
        if now and now.day == stored.day:  # else it was erased, or held over, while it was sealed
            tx.bodies.put(key, fresh)

    store.write(work)
