"""Contents that are not here although their day has not ended (protocol 7).

What was lost of the partner's is wanted again; what was lost of ours is listed, for only people can bring it
back.
"""

from dataclasses import dataclass

from mithaq.domain.entry import Entry
from mithaq.domain.kinds import EXCHANGE_KINDS
from mithaq.domain.party import LogName
from mithaq.exchange import contents, copies
from mithaq.exchange.identity import Identity
from mithaq.exchange.pair import Pair
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
    erased = copies.is_gone(pair, row.leaf.hex())
    if not gone or erased or contents.day_of(entry.keep_until) < today:
        return None
    thing = pair.thing(row.leaf.hex())
    judged = thing.value(1 - pair.side) if thing else ""
    return Lost(row.leaf.hex(), row.index, gone, judged, entry.keep_until)


def find(identity: Identity, store: Store, partner: Partner) -> int:
    """Take stock of day keys that are gone before their day: what they sealed opens never again.

    To be called before anything is sealed or sent: a new key of the same name would hide that the old one is
    gone, and a pouch that carries such a content could not be finished.

    Returns:
        How many entries have lost contents; the partner's are wanted again, unless their log is closed.
    """
    logs = [LogName(partner.own.author, partner.own.reader, n) for n in range(1, partner.own.n + 1)]
    logs += [log.other for log in logs]
    files, today = set(identity.files.names("day")), contents.day_of(identity.now())

    def gone(tx: Transaction, log: LogName) -> list[int]:
        days = tx.bodies.days(log)
        return [day for day in days if day >= today and contents.day_name(day) not in files]

    def work(tx: Transaction) -> int:
        count = 0
        for log in logs:
            for day in gone(tx, log):
                for index in tx.bodies.of_day(log, day):
                    count += 1
                    tx.bodies.drop(log, index)
                    if log == partner.mirror:
                        _want(tx, Pair(tx, identity, partner.own), index)
        return count

    if store.read(lambda tx: any(gone(tx, log) for log in logs)):
        return store.write(work)
    return 0


def _want(tx: Transaction, pair: Pair, index: int) -> None:
    log = pair.own.other
    row = pair.row(log, index)
    if copies.is_erased_by_author(pair, row.leaf.hex()):  # nobody has it
        return
    entry = Entry.parse(row.data)
    wanted = [(index, at, bytes.fromhex(body.commit)) for at, body in enumerate(entry.bodies)]
    tx.bodies.want(log, wanted, contents.day_of(entry.keep_until))
