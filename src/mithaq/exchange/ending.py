"""Contents end by their day, on either side and whoever wrote them: keys first, rows after (protocol 8).

What a kill leaves between the two opens nowhere, and the next look takes it away. Nothing here is needed for
an ended content not to be served: ``contents.load`` looks at the clock itself.
"""

from collections.abc import Collection

from mithaq.domain.kinds import RE_MAX
from mithaq.domain.party import LogName
from mithaq.domain.rules import EXPIRED
from mithaq.exchange import contents, copies, erasure
from mithaq.exchange.identity import Identity
from mithaq.exchange.pair import Pair
from mithaq.exchange.ports import Partner, Store, Transaction


def end_days(identity: Identity, store: Store, *, believed: bool) -> None:
    """Destroy the keys of days that are over, and all that they sealed, a bounded part in each transaction.

    What a partner sent is stated as erased in that transaction, as far as its pair can say anything.

    Args:
        identity: this node.
        store: where it keeps things.
        believed: whether its clock may be believed (``clocks.Watch``); else no key is destroyed, and only
            what has lost its key goes.

    Raises:
        KeyStoreError: the disk refuses; the rows stay until their key is gone.
    """
    today = contents.day_of(identity.now())
    if believed:
        contents.destroy_ended(identity)
    else:
        today = min([today, *contents.days_kept(identity)[:1]])
    while store.write(lambda tx: _end(tx, identity, today, store.behind)):
        pass


def _end(tx: Transaction, identity: Identity, today: int, behind: Collection[LogName]) -> int:
    ended = tx.bodies.end(today)
    mirrors = dict[LogName, set[int]]()
    for key in ended:
        # A pair that cannot sign says nothing, and its contents go all the same.
        if key.log.author != identity.origin and not {key.log, key.log.other} & {*behind}:
            mirrors.setdefault(key.log, set()).add(key.index)
    for log, indexes in mirrors.items():
        pair = Pair.of(tx, identity, log.other)
        leaves = [pair.row(log, index).leaf.hex() for index in sorted(indexes)]
        erasure.state(tx, identity, pair, [leaf for leaf in leaves if _is_accepted(pair, leaf)], "ended")
    return len(ended)


def _is_accepted(pair: Pair, leaf: str) -> bool:
    thing = pair.thing(leaf)
    taken = thing is not None and thing.value(pair.side) in {"accepted", "acknowledged"}
    return taken and not copies.is_erased(pair, leaf)


def refuse_overdue(identity: Identity, store: Store, partner: Partner) -> None:
    """Refuse as expired what never came before its day was over, and want it no more.

    Every exchange entry gets a verdict (protocol 9), and nobody asks for ever for what has ended everywhere.
    """
    while store.write(lambda tx: _refuse_overdue(tx, identity, partner)):
        pass


def _refuse_overdue(tx: Transaction, identity: Identity, partner: Partner) -> bool:
    """Some of them; whether there were any."""
    mirror, today = partner.mirror, contents.day_of(identity.now())
    overdue = tx.bodies.overdue(mirror, today, RE_MAX)
    pair = Pair.of(tx, identity, partner.own)
    leaves: list[str] = []
    for index in overdue:
        tx.bodies.drop(mirror, index)
        (row,) = tx.logs.entries(mirror, index, index + 1)
        thing = pair.thing(row.leaf.hex())
        if thing and not thing.value(pair.side):
            leaves.append(thing.key)
    erasure.refuse(identity, pair, leaves, EXPIRED)
    return bool(overdue)
