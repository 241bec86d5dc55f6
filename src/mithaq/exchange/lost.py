"""Contents that are not here although their day has not ended, and those that will never come (protocol 7).

What was lost of the partner's is wanted again; what was lost of ours is listed, for only people can bring it
back. What the partner did not send before its day ended is given up: it must not be asked for for ever.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mithaq.domain.entry import Entry
from mithaq.domain.kinds import EXCHANGE_KINDS
from mithaq.domain.party import LogName
from mithaq.domain.rules import EXPIRED
from mithaq.exchange import contents
from mithaq.exchange.identity import Identity
from mithaq.exchange.judging import VERDICT_MAX
from mithaq.exchange.pair import Draft, Pair
from mithaq.exchange.ports import EntryRow, Partner, Store, Transaction

PAGE = 1_000
"""Wanted contents looked at in one transaction."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Contents of ours that are gone before their day.

    Args:
        leaf: of their entry, in hex.
        index: its place in our log.
        ordinals: which of its contents.
        judged: the partner's verdict: where there is one, it has had them.
        until: when they would have gone, POSIX seconds.
    """

    leaf: str
    index: int
    ordinals: tuple[int, ...]
    judged: str
    until: int


def of_ours(tx: Transaction, identity: Identity, partner: Partner) -> list[Lost]:
    """Contents of our own entries that are not here although they have not ended, oldest first."""
    today, pair = contents.day_of(identity.now()), Pair(tx, identity, partner.own)
    found = [
        lost
        for kind in EXCHANGE_KINDS
        for row in tx.logs.of_kind(partner.own, kind)
        if row.outcome.startswith(b"done") and (lost := _lost(tx, pair, row, today))
    ]
    return sorted(found, key=lambda each: each.index)


def _lost(tx: Transaction, pair: Pair, row: EntryRow, today: int) -> Lost | None:
    entry, present = Entry.parse(row.data), tx.bodies.present(pair.own, row.index, row.index + 1)
    gone = tuple(at for at in range(len(entry.bodies)) if (row.index, at) not in present)
    if not gone or contents.day_of(entry.keep_until) < today:
        return None
    thing = pair.thing(row.leaf.hex())
    judged = thing.value(1 - pair.side) if thing else ""
    return Lost(row.leaf.hex(), row.index, gone, judged, entry.keep_until)


def find(identity: Identity, store: Store, partner: Partner) -> int:
    """Take stock of day keys that are gone before their day: what they sealed opens never again.

    To be called before anything is sealed or sent: a new key of the same name would hide that the old one is
    gone, and a pouch that carries such a content could not be finished.

    Returns:
        How many entries have lost contents; those of the partner are wanted again.
    """
    files, today = set(identity.files.names("day")), contents.day_of(identity.now())

    def gone(tx: Transaction, log: LogName) -> list[int]:
        days = tx.bodies.days(log)
        return [day for day in days if day >= today and contents.day_name(day) not in files]

    def work(tx: Transaction) -> int:
        count = 0
        for log in (partner.own, partner.mirror):
            for day in gone(tx, log):
                for index in tx.bodies.of_day(log, day):
                    count += 1
                    tx.bodies.drop(log, index)
                    if log == partner.mirror:
                        _want(tx, log, index)
        return count

    if store.read(lambda tx: gone(tx, partner.own) + gone(tx, partner.mirror)):
        return store.write(work)
    return 0


def _want(tx: Transaction, log: LogName, index: int) -> None:
    (row,) = tx.logs.entries(log, index, index + 1)
    bodies = Entry.parse(row.data).bodies
    tx.bodies.want(log, [(index, at, bytes.fromhex(body.commit)) for at, body in enumerate(bodies)])


def give_up(identity: Identity, store: Store, partner: Partner) -> bool:
    """Stop wanting contents whose day has ended, and refuse what never came; whether something was entered.

    Raises:
        BehindError: the store is older than its anchor.
    """
    today = contents.day_of(identity.now())
    ended = store.read(lambda tx: [row.index for row in _ended(tx, partner.mirror, today)])
    if not ended:
        return False

    def work(tx: Transaction) -> bool:
        pair = Pair.of(tx, identity, partner.own)
        leaves: list[str] = []
        for index in ended:
            (row,) = tx.logs.entries(partner.mirror, index, index + 1)
            tx.bodies.drop(partner.mirror, index)
            thing = pair.thing(row.leaf.hex())
            if thing and not thing.value(pair.side):
                leaves.append(row.leaf.hex())
        for at in range(0, len(leaves), VERDICT_MAX):
            facts = {"result": "refused", "codes": [EXPIRED]}
            re = tuple(leaves[at : at + VERDICT_MAX])
            pair.say(Draft(identity.random(16).hex(), "verdict", re=re, facts=facts))
        return bool(leaves)

    return store.write(work)


def _ended(tx: Transaction, log: LogName, today: int) -> Iterator[EntryRow]:
    """Entries with wanted contents whose day is over, each once."""
    skip, last = 0, -1
    while page := tx.bodies.wanted(log, PAGE, skip):
        for index in (place[0] for place in page):
            (row,) = tx.logs.entries(log, index, index + 1) if index > last else (None,)
            last = max(last, index)
            if row and contents.day_of(Entry.parse(row.data).keep_until) < today:
                yield row
        skip += len(page)
