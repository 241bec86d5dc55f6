"""What people look at: items with their ladder, where a pair stands, and its record (protocol 9 and 11)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mithaq.domain.entry import Entry
from mithaq.domain.kinds import EXCHANGE_KINDS, NOTED_KINDS
from mithaq.domain.party import LogName, Origin
from mithaq.domain.refusal import GONE, SENDER, TEXT, borne_out_by_rules, borne_out_by_text
from mithaq.domain.replay import Record, fold_logs
from mithaq.domain.things import Thing, contents_key, notice_key, suspension_key
from mithaq.errors import UsageError
from mithaq.exchange import contents, daily, national, rungs
from mithaq.exchange.identity import Identity
from mithaq.exchange.pair import Pair
from mithaq.exchange.ports import EntryRow, Partner, Transaction
from mithaq.exchange.rungs import Rung
from mithaq.tlog.merkle import Frontier


@dataclass(frozen=True, slots=True)
class Item:
    """An exchange entry with its ladder (protocol 9).

    Args:
        leaf: its hash in hex, by which it is named.
        index: place in its log.
        entry: what it says.
        ours: whether we said it.
        reading: the state of its thing, a marked English word.
        held: when its reader held it in full, POSIX seconds; 0 as long as it does not.
        verdict: ``accepted``, ``refused`` or empty.
        codes: of a refusal.
        refused_by: whose rules refused it: ``text``, ``sender``, ``receiver``, or empty.
        borne_out: whether both logs bear out that these rules refused it.
        present: for each content, whether it is here.
    """

    leaf: str
    index: int
    entry: Entry
    ours: bool
    reading: str
    held: int
    verdict: str
    codes: tuple[str, ...]
    refused_by: str
    borne_out: bool
    present: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """Where a pair stands.

    Args:
        partner: with whom.
        own_size, own_root: our log.
        mirror_size, mirror_root: the partner's log as far as we hold it.
        have: how much of ours it holds, as it said last.
        anchored, anchored_mirror: sizes of our log and of the partner's that we have signed and cosigned, if
            the store cannot answer for them; else 0.
        wanted: contents that we lack.
        cosigned: size of our newest head that it has cosigned.
        record: whether the partner's newest ``record`` entry has our digests: ``agrees``, ``differs``, empty.
        problem: why the pair has stopped, or empty.
        closed: earlier logs of the pair that a card has closed, and where what it says is not what we hold.
    """

    partner: Origin
    own_size: int
    own_root: str
    mirror_size: int
    mirror_root: str
    have: int
    anchored: int
    anchored_mirror: int
    wanted: int
    cosigned: int
    record: str
    problem: str
    closed: tuple[str, ...] = ()


class Reading:
    """Items as people see them, on one snapshot.

    Args:
        tx: the snapshot.
        identity: this node.
        partner: whose pair is read.
    """

    def __init__(self, tx: Transaction, identity: Identity, partner: Partner) -> None:
        self._tx = tx
        self._today = contents.day_of(identity.now())
        self._pair = Pair(tx, identity, partner.own)
        self._logs = {True: partner.own, False: partner.mirror}

    def items(self, *, ours: bool, limit: int) -> list[Item]:
        """The newest exchange entries of a log."""
        rows = self._tx.logs.latest(self._logs[ours], EXCHANGE_KINDS, limit)
        return self._items(rows, ours=ours)

    def _items(self, rows: Sequence[EntryRow], *, ours: bool) -> list[Item]:
        held = rungs.held(self._tx, self._logs[ours], {row.index for row in rows})
        return [item for row in rows if (item := self._item(row, held.get(row.index), ours=ours))]

    def item(self, leaf: str) -> Item:
        """The one entry whose leaf hash begins so.

        Raises:
            UsageError: none, more than one, or too few digits.
        """
        if not re.fullmatch(r"[0-9a-f]{8,64}", leaf):
            raise UsageError("not a leaf hash", expected="8 to 64 hex digits", got=leaf)
        found = [
            item
            for ours, log in self._logs.items()
            for item in self._items(self._tx.logs.beginning(log, leaf), ours=ours)
        ]
        if len(found) != 1:
            raise UsageError("not one exchange entry", where=leaf, got=f"{len(found)} entries")
        return found[0]

    def _item(self, row: EntryRow, held: Rung | None, *, ours: bool) -> Item | None:
        thing = self._pair.thing(row.leaf.hex())
        again = row.outcome == b"illegal repeated"  # the same bytes entered twice are one item
        if thing is None or again or row.kind not in EXCHANGE_KINDS:
            return None
        entry, reader = Entry.parse(row.data), self._pair.side ^ ours
        verdicts = (value for _, value in thing.registers[reader] if value in {"accepted", "refused"})
        verdict = next(verdicts, "")
        log = self._logs[ours]
        stored = self._tx.bodies.present(log, row.index, row.index + 1)
        present = {place for place, body in stored.items() if body.day >= self._today}
        by, codes, borne_out = self._refusal(row, entry, thing, reader)
        return Item(
            leaf=row.leaf.hex(),
            index=row.index,
            entry=entry,
            ours=ours,
            reading=thing.reading,
            held=held.time if held else 0,
            verdict=verdict,
            codes=codes,
            refused_by=by,
            borne_out=borne_out,
            present=tuple((row.index, ordinal) in present for ordinal in range(len(entry.bodies))),
        )

    def _refusal(
        self, row: EntryRow, entry: Entry, thing: Thing, reader: int
    ) -> tuple[str, tuple[str, ...], bool]:
        """Whose rules refused it, with which codes, and whether both logs bear that out.

        The sender's rules are those that it told before the entry, the receiver's those before its verdict.
        """
        index = next((place for place, value in thing.registers[reader] if value == "refused"), None)
        if index is None:
            return "", (), True
        log = self._pair.log(reader)
        facts = Entry.parse(self._pair.row(log, index).data).facts
        by, codes = facts["by"], tuple(facts["codes"])
        text = self._pair.sight.agreement(entry.agreement)
        if by == TEXT or text is None:
            illegal = row.outcome.decode().partition("illegal ")[2]
            acts = self._acts(entry, thing, reader, index)
            return by, codes, by == TEXT and borne_out_by_text(codes, illegal, set(acts))
        author, before = (log.other, row.index) if by == SENDER else (log, index)
        told = national.told_closes(self._tx, author, before)
        return by, codes, borne_out_by_rules(codes, entry, text, told)

    def _acts(self, entry: Entry, thing: Thing, reader: int, index: int) -> Iterator[str]:
        """Codes of what a side had done so that a legal entry need not be taken, by the reader's verdict."""
        text, pair = self._pair.sight.agreement(entry.agreement), self._pair
        if text is not None:
            keys = (suspension_key(text.relation), suspension_key(text.relation, entry.field))
            halts = (halt for key in keys if (halt := pair.thing(key)))
            if any(halt.value(reader, index) == "suspended" for halt in halts):
                yield "suspended"
            notice = pair.thing(notice_key(text.relation))
            if notice and notice.value(reader, index) and entry.at > notice.until[reader]:
                yield "ended"
        erased = pair.thing(contents_key(thing.key))
        if thing.value(thing.side) == "withdrawn" or (erased and "erased" in map(erased.value, (0, 1))):
            yield GONE


def status(tx: Transaction, partner: Partner) -> Status:
    """Where a pair stands."""
    own, mirror = tx.logs.row(partner.own), tx.logs.row(partner.mirror)
    newest = tx.logs.newest_cosignature(partner.own)
    return Status(
        partner=partner.origin,
        own_size=own.size,
        own_root=own.frontier.root().hex(),
        mirror_size=mirror.size,
        mirror_root=mirror.frontier.root().hex(),
        have=partner.have,
        anchored=(tx.logs.lacks(partner.own) or (0,))[0],
        anchored_mirror=(tx.logs.lacks(partner.mirror) or (0,))[0],
        wanted=tx.bodies.count_wanted(partner.mirror),
        cosigned=newest.size if newest else 0,
        record=daily.compare_record(tx, partner),
        problem=partner.problem,
    )


def record(tx: Transaction, identity: Identity, partner: Partner) -> Record:
    """The record of a pair, folded again from both logs."""
    pair = Pair(tx, identity, partner.own)
    logs = [_data(tx, pair.log(side)) for side in (0, 1)]
    return fold_logs(pair.origins, logs[0], logs[1], _notes(tx, pair), _roots, partner.own.n)


def _roots(leaves: Sequence[bytes], sizes: Iterable[int]) -> Mapping[int, bytes]:
    """The roots of a log at these sizes, for the replay."""
    wanted, found, frontier = sorted(set(sizes)), dict[int, bytes](), Frontier()
    for size in wanted:
        if size <= len(leaves):
            frontier, _ = frontier.append_many(leaves[frontier.size : size])
            found[size] = frontier.root()
    return found


def _notes(tx: Transaction, pair: Pair) -> dict[str, bytes]:
    """The texts that the entries of a pair name, by digest."""
    names = {
        str(Entry.parse(row.data).facts["note"])
        for side in (0, 1)
        for kind in NOTED_KINDS
        for row in tx.logs.of_kind(pair.log(side), kind)
    }
    return {name: text for name in names if (text := pair.note(name))}


def _data(tx: Transaction, log: LogName) -> list[bytes]:
    return [row.data for row in tx.logs.entries(log, 0, tx.logs.row(log).size)]
