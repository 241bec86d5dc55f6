"""Erasure before the day: on order, by withdrawal, after an agreement's end, after a restore (protocol 8).

Either copy goes the same way, the author's and the reader's: the rows go in the transaction that says so.
"""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from mithaq.domain.kinds import RE_MAX
from mithaq.domain.party import LogName
from mithaq.domain.refusal import GONE, TEXT
from mithaq.domain.things import contents_key
from mithaq.errors import RefusedError, UsageError
from mithaq.exchange import copies
from mithaq.exchange.identity import Identity
from mithaq.exchange.pair import Draft, Pair
from mithaq.exchange.ports import Partner, Store, Transaction

LOOK = 10_000
"""Entries looked at together: what a log of millions costs in memory is the same."""


def state(tx: Transaction, identity: Identity, pair: Pair, leaves: Iterable[str], reason: str) -> None:
    """Say that contents are erased, in an entry for each text and field, or several.

    Erased they are, also where the text no longer lets us say so, or the log is closed: nothing more is
    entered into it (docs/adr/0011).
    """
    if all(partner.own != pair.own for partner in tx.ledger.partners()):
        return
    of = dict[tuple[str, str], list[str]]()
    for leaf in leaves:
        thing = pair.thing(leaf)
        if thing:
            of.setdefault((thing.agreement, thing.field), []).append(leaf)
    for (agreement, field), named in of.items():
        for at in range(0, len(named), RE_MAX):
            draft = Draft(
                id=identity.random(16).hex(),
                kind="erasure",
                agreement=agreement,
                field=field,
                re=tuple(named[at : at + RE_MAX]),
                facts={"reason": reason},
            )
            with contextlib.suppress(RefusedError):
                pair.say(draft)


def erase_closed(tx: Transaction, identity: Identity, partner: Partner, leaves: Iterable[str]) -> None:
    """Erase on order what came or went over logs that are closed; there is no log left to state it in.

    Raises:
        UsageError: no such exchange, or its contents are gone on order already.
        RefusedError: they are held over.
    """
    pair = Pair.of(tx, identity, partner.own)
    for leaf in leaves:
        exchange, thing = pair.thing(leaf), pair.thing(contents_key(leaf))
        if exchange is None:
            raise UsageError("no such exchange", where=str(pair.own), got=leaf)
        if thing and thing.until[pair.side] > identity.now():
            raise RefusedError("this erasure is not allowed", codes=("on-hold",))
        copies.drop(tx, pair, leaf)


def erase_withdrawn(tx: Transaction, identity: Identity, pair: Pair, leaves: Iterable[str]) -> None:
    """Erase our copy of what its author has withdrawn, and state it; what we hold over stays until it may go.

    Whatever its author wrote, this raises nothing: a withdrawal must not stop the pouch that brings it.

    Args:
        tx: the transaction.
        identity: this node.
        pair: the two logs.
        leaves: leaf hashes in hex, all that one withdrawal names: so they are of one text and one field.
    """
    erased = [leaf for leaf in dict.fromkeys(leaves) if _may_erase(identity, pair, leaf)]
    for leaf in erased:
        copies.drop(tx, pair, leaf)
    refused = refuse_unjudged(identity, pair, erased)
    state(tx, identity, pair, [leaf for leaf in erased if leaf not in refused], "withdrawn")


def give_up(tx: Transaction, identity: Identity, pair: Pair, leaves: Iterable[str]) -> None:
    """Wait no longer for what its author has erased; our copy, where it is whole, stays.

    Args:
        tx: the transaction.
        identity: this node.
        pair: the two logs.
        leaves: leaf hashes in hex, all that one erasure of the partner names.
    """
    for leaf in leaves:
        copies.unwant(tx, pair, leaf)
    erased = (leaf for leaf in leaves if copies.is_erased_by_author(pair, leaf))
    for leaf in refuse_unjudged(identity, pair, erased):
        copies.drop(tx, pair, leaf)


def refuse_unjudged(identity: Identity, pair: Pair, leaves: Iterable[str]) -> tuple[str, ...]:
    """Give what waits for contents its verdict: they will not be taken, and every exchange gets one (9).

    Args:
        identity: this node.
        pair: the two logs.
        leaves: leaf hashes in hex, no more than an entry names.

    Returns:
        Those of them that are refused by this.
    """
    waiting = tuple(leaf for leaf in leaves if _is_unjudged(pair, leaf))
    refuse(identity, pair, waiting, GONE)
    return waiting


def refuse(identity: Identity, pair: Pair, leaves: Sequence[str], code: str) -> None:
    """Refuse by the signed text what has no verdict yet; no more than an entry names, perhaps nothing."""
    if leaves:
        facts = {"result": "refused", "by": TEXT, "codes": [code]}
        pair.say(Draft(identity.random(16).hex(), "verdict", re=tuple(leaves), facts=facts))


def _is_unjudged(pair: Pair, leaf: str) -> bool:
    exchange = pair.thing(leaf)
    return exchange is not None and exchange.side != pair.side and not exchange.value(pair.side)


def offboard(identity: Identity, store: Store, partner: Partner, relation: str) -> int:
    """Erase all that the partner sent under the texts of a relation whose notice has run, and state it.

    The signed statements are the certificate of deletion; what a hold keeps stays until it ends.

    Args:
        identity: this node.
        store: where it keeps things.
        partner: the partner.
        relation: as its texts name it.

    Returns:
        How many entries lost their contents.

    Raises:
        UsageError: no notice of termination has run.
    """

    def look(tx: Transaction) -> list[str]:
        pair = Pair(tx, identity, partner.own)
        notice = pair.sight.notice(relation)
        if not notice or identity.now() <= notice:
            raise UsageError("no notice of termination has run", where=relation, todo="terminate, and wait")
        texts = {thing.key for thing in pair.agreements() if thing.relation == relation}
        leaves = (pair.row(partner.mirror, index).leaf.hex() for index in _with_contents(tx, partner.mirror))
        things = (thing for leaf in leaves if (thing := pair.thing(leaf)))
        return [thing.key for thing in things if thing.agreement in texts]

    def work(tx: Transaction, leaves: list[str]) -> int:
        pair = Pair.of(tx, identity, partner.own)
        erased = [leaf for leaf in leaves if _may_erase(identity, pair, leaf)]
        for leaf in erased:
            copies.drop(tx, pair, leaf)
        refused = refuse_unjudged(identity, pair, erased)
        state(tx, identity, pair, [leaf for leaf in erased if leaf not in refused], "off-boarding")
        return len(erased)

    leaves = store.read(look)
    parts = [leaves[at : at + RE_MAX] for at in range(0, len(leaves), RE_MAX)]
    return sum(store.write(partial(work, leaves=part)) for part in parts)


def _with_contents(tx: Transaction, log: LogName) -> Iterator[int]:
    """Entries of a log of which contents are here."""
    size = tx.logs.row(log).size
    for start in range(0, size, LOOK):
        yield from sorted({index for index, _ in tx.bodies.present(log, start, min(start + LOOK, size))})


def erase_due(identity: Identity, store: Store, partner: Partner) -> None:
    """Drop what our log says that we erased, and what either log says that its author has withdrawn.

    It is here again where a store was put back from a backup. That we erased what was withdrawn may have been
    stated nowhere: the text no longer let us.
    """

    def due(tx: Transaction) -> list[str]:
        pair = Pair(tx, identity, partner.own)
        erased = [leaf for entry in copies.said(tx, partner.own, "erasure") for leaf in entry.re]
        withdrawn = [
            leaf
            for log in (partner.own, partner.mirror)
            for entry in copies.said(tx, log, "withdrawal")
            for leaf in entry.re
            if _may_erase(identity, pair, leaf)
        ]
        return [leaf for leaf in dict.fromkeys((*erased, *withdrawn)) if copies.rows(tx, pair, leaf)]

    for leaf in store.read(due):
        store.write(lambda tx, leaf=leaf: copies.drop(tx, Pair.of(tx, identity, partner.own), leaf))


def _may_erase(identity: Identity, pair: Pair, leaf: str) -> bool:
    exchange, thing = pair.thing(leaf), pair.thing(contents_key(leaf))
    if exchange is None or exchange.value(pair.side) == "refused" or copies.is_erased(pair, leaf):
        return False
    return thing is None or thing.until[pair.side] <= identity.now()
