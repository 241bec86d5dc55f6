"""The end of contents: by their day, on order, by withdrawal; and holding them over (protocol 8).

Either copy goes the same way, the author's and the reader's. By their day: keys first, rows after; what a
kill leaves between the two opens nowhere, and the next look takes it away. Before their day: the rows go in
the transaction that says so. Nothing here is needed for an ended content not to be served: ``contents.load``
looks at the clock itself.

A hold is said first and carried out after, one content a transaction, by whoever looks next: large contents
would block the writer for long. Who dies between the two keeps nothing longer than was said.
"""

import contextlib
from collections.abc import Collection, Iterable, Iterator
from functools import partial

from mithaq.domain.entry import Entry
from mithaq.domain.kinds import RE_MAX
from mithaq.domain.party import LogName
from mithaq.domain.refusal import GONE, TEXT
from mithaq.domain.rules import EXPIRED
from mithaq.domain.shapes import hexadecimal
from mithaq.domain.things import contents_key
from mithaq.errors import RefusedError, StaleError, UsageError
from mithaq.exchange import about, contents
from mithaq.exchange.about import About
from mithaq.exchange.contents import Place
from mithaq.exchange.identity import Identity
from mithaq.exchange.pair import Draft, Pair
from mithaq.exchange.ports import BodyKey, Partner, Store, Transaction

LOOK = 10_000
"""Entries looked at together: what a log of millions costs in memory is the same."""

# --- by their day -----------------------------------------------------------------------------------------


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
        _state(identity, pair, [leaf for leaf in leaves if _is_accepted(pair, leaf)], "ended")
    return len(ended)


def _is_accepted(pair: Pair, leaf: str) -> bool:
    thing = pair.thing(leaf)
    taken = thing is not None and thing.value(pair.side) in {"accepted", "acknowledged"}
    return taken and not _is_erased(pair, leaf)


def _state(identity: Identity, pair: Pair, leaves: Iterable[str], reason: str) -> None:
    """Say that contents are erased, in an entry for each text and field, or several.

    Erased they are, also where the text no longer lets us say so.
    """
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
    if leaves:
        facts = {"result": "refused", "by": TEXT, "codes": [EXPIRED]}
        pair.say(Draft(identity.random(16).hex(), "verdict", re=tuple(leaves), facts=facts))
    return bool(overdue)


# --- before their day -------------------------------------------------------------------------------------


def say(tx: Transaction, identity: Identity, partner: Partner, act: About) -> Entry:
    """Say something about an exchange, and do what it says with our own copy of the contents.

    Raises:
        RefusedError, UsageError, MalformedError: as ``about.say``; nothing was erased.
        StaleError: contents are to be held over and are not all here.
    """
    pair = Pair.of(tx, identity, partner.own)
    if act.kind == "hold":
        _require_contents(tx, identity, pair, act.re)
    entry = about.say(tx, identity, partner, act)
    if entry.kind == "erasure":
        _refuse_unjudged(identity, pair, entry.re)
        for leaf in entry.re:
            drop(tx, pair, leaf)
    elif entry.kind == "withdrawal":
        erase_withdrawn(tx, identity, pair, entry.re)
    return entry


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
        drop(tx, pair, leaf)
    refused = _refuse_unjudged(identity, pair, erased)
    _state(identity, pair, [leaf for leaf in erased if leaf not in refused], "withdrawn")


def _refuse_unjudged(identity: Identity, pair: Pair, leaves: Iterable[str]) -> tuple[str, ...]:
    """Give what waits for contents its verdict: they will not be taken, and every exchange gets one (9).

    Args:
        identity: this node.
        pair: the two logs.
        leaves: leaf hashes in hex, no more than an entry names.

    Returns:
        Those of them that are refused by this.
    """
    waiting = tuple(leaf for leaf in leaves if _is_unjudged(pair, leaf))
    if waiting:
        facts = {"result": "refused", "by": TEXT, "codes": [GONE]}
        pair.say(Draft(identity.random(16).hex(), "verdict", re=waiting, facts=facts))
    return waiting


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
            drop(tx, pair, leaf)
        refused = _refuse_unjudged(identity, pair, erased)
        _state(identity, pair, [leaf for leaf in erased if leaf not in refused], "off-boarding")
        return len(erased)

    leaves = store.read(look)
    parts = [leaves[at : at + RE_MAX] for at in range(0, len(leaves), RE_MAX)]
    return sum(store.write(partial(work, leaves=part)) for part in parts)


def _with_contents(tx: Transaction, log: LogName) -> Iterator[int]:
    """Entries of a log of which contents are here."""
    size = tx.logs.row(log).size
    for start in range(0, size, LOOK):
        yield from sorted({index for index, _ in tx.bodies.present(log, start, min(start + LOOK, size))})


def is_gone(pair: Pair, leaf: str) -> bool:
    """Whether an exchange is withdrawn, or our copy of its contents was erased: none is taken any more."""
    return _is_withdrawn(pair, leaf) or _is_erased(pair, leaf)


def is_erased(tx: Transaction, identity: Identity, partner: Partner, leaf: str) -> bool:
    """Whether our log says that we erased our copy of an exchange's contents."""
    return _is_erased(Pair(tx, identity, partner.own), leaf)


def _is_erased(pair: Pair, leaf: str) -> bool:
    thing = pair.thing(contents_key(leaf))
    return thing is not None and thing.value(pair.side) == "erased"


def erase_due(identity: Identity, store: Store, partner: Partner) -> None:
    """Drop what both logs say is to be gone: it is here again where a store was put back from a backup.

    What we erased, and what was withdrawn: of that we may have been unable to state the erasure.
    """

    def due(tx: Transaction) -> list[str]:
        pair = Pair(tx, identity, partner.own)
        said = [leaf for entry in _legal(tx, partner.own, "erasure") for leaf in entry.re]
        for log in (partner.own, partner.mirror):
            withdrawn = (leaf for entry in _legal(tx, log, "withdrawal") for leaf in entry.re)
            said += [leaf for leaf in withdrawn if _may_erase(identity, pair, leaf)]
        return [leaf for leaf in said if _rows(tx, pair, leaf)]

    for leaf in store.read(due):
        store.write(lambda tx, leaf=leaf: drop(tx, Pair.of(tx, identity, partner.own), leaf))


def _is_withdrawn(pair: Pair, leaf: str) -> bool:
    exchange = pair.thing(leaf)
    return exchange is not None and exchange.value(exchange.side) == "withdrawn"


def _may_erase(identity: Identity, pair: Pair, leaf: str) -> bool:
    exchange, thing = pair.thing(leaf), pair.thing(contents_key(leaf))
    if exchange is None or exchange.value(pair.side) == "refused" or _is_erased(pair, leaf):
        return False
    return thing is None or thing.until[pair.side] <= identity.now()


def drop(tx: Transaction, pair: Pair, leaf: str) -> None:
    """Destroy our copy of the contents of the entry with this leaf hash in hex, and want none of them."""
    ref = pair.entry(bytes.fromhex(leaf))
    if ref:
        tx.bodies.drop(pair.log(ref.side), ref.index)


def _rows(tx: Transaction, pair: Pair, leaf: str) -> list[BodyKey]:
    """Our stored contents of an entry."""
    ref = pair.entry(bytes.fromhex(leaf))
    if ref is None:
        return []
    log = pair.log(ref.side)
    return [BodyKey(log, *place) for place in tx.bodies.present(log, ref.index, ref.index + 1)]


def _legal(tx: Transaction, log: LogName, kind: str) -> Iterator[Entry]:
    """Legal entries of a kind in a log."""
    for row in tx.logs.of_kind(log, kind):
        if row.outcome.startswith(b"done"):
            yield Entry.parse(row.data)


# --- holding over -----------------------------------------------------------------------------------------


def _require_contents(tx: Transaction, identity: Identity, pair: Pair, leaves: Iterable[str]) -> None:
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
        if len(stored) != len(_entry(tx, log, ref.index).bodies):
            raise StaleError("contents that are not all here cannot be held over", where=leaf)
        for body in stored.values():
            contents.check_day(identity, body.day, leaf)


def carry_out_holds(identity: Identity, store: Store, partner: Partner) -> None:
    """Seal anew what we hold over, under the day on which the hold ends; erase what a hold has kept too long.

    Raises:
        KeyStoreError, StoreError: a disk refuses; it is tried again.
    """
    held = store.read(lambda tx: {leaf for entry in _legal(tx, partner.own, "hold") for leaf in entry.re})
    for leaf in sorted(held):
        _carry_out_hold(identity, store, partner, leaf)


def _carry_out_hold(identity: Identity, store: Store, partner: Partner, leaf: str) -> None:
    def look(tx: Transaction) -> tuple[int, bool, list[BodyKey]]:
        """When our hold ends, whether its author has withdrawn the exchange, and what is here of it."""
        pair = Pair(tx, identity, partner.own)
        thing = pair.thing(contents_key(leaf))
        until = thing.until[pair.side] if thing else 0
        return until, _is_withdrawn(pair, leaf), _rows(tx, pair, leaf)

    until, withdrawn, keys = store.read(look)
    if until > identity.now():
        for key in keys:
            _seal_anew(identity, store, key, contents.day_of(until))
    elif withdrawn and keys:
        store.write(lambda tx: erase_withdrawn(tx, identity, Pair.of(tx, identity, partner.own), [leaf]))


def _seal_anew(identity: Identity, store: Store, key: BodyKey, until: int) -> None:
    """Seal a content under the day of its hold, if that is not the later of its days already."""
    entry, stored = store.read(lambda tx: (_entry(tx, key.log, key.index), tx.bodies.get(key)))
    day = max(until, contents.day_of(entry.keep_until))
    if stored is None or stored.day == day:
        return
    fresh = contents.seal_anew(identity, Place(key.log, entry.id, key.ordinal), stored, day)

    def work(tx: Transaction) -> None:
        now = tx.bodies.present(key.log, key.index, key.index + 1).get((key.index, key.ordinal))
        if now and now.day == stored.day:  # else it was erased, or held over, while it was sealed
            tx.bodies.put(key, fresh)

    store.write(work)


def _entry(tx: Transaction, log: LogName, index: int) -> Entry:
    (row,) = tx.logs.entries(log, index, index + 1)
    return Entry.parse(row.data)
