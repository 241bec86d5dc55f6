"""What one commit does to the two logs of a pair: append to one's own, take over the partner's (protocol 6).

A ``Pair`` lives as long as the commit, shared by every work in it: own entries get their index at once, and
**one** head together at its end (``close``). It is also the fold's view of the pair.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Self

from mithaq.crypto.notes import Note
from mithaq.domain import record
from mithaq.domain.entry import Body, Entry, leaf_hash
from mithaq.domain.handling import Handling
from mithaq.domain.moves import LIFE
from mithaq.domain.party import LogName
from mithaq.domain.record import EntryRef, LogState, Outcome, Result, Step, Thing
from mithaq.domain.rules import SKEW
from mithaq.errors import RefusedError
from mithaq.exchange import clocks
from mithaq.exchange.identity import Identity
from mithaq.exchange.manifest import ENTRIES_MAX, NOTE_MAX
from mithaq.exchange.ports import EntryRow, Head, LogRow, Transaction
from mithaq.exchange.work import WORK_MAX, named, work_of
from mithaq.tlog import tiles
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.head import sign_head
from mithaq.tlog.merkle import EMPTY_ROOT, Frontier
from mithaq.tlog.mirror import Advanced

BATCH_MAX = 1_000
"""Entries under one head (protocol 6)."""
HELD_SEEN = 32
"""``held`` of ours that are looked at while our clock is behind one of them: so many that were said with a
clock that was ahead do not hide the last one before."""
NOTES_KEPT = 64
"""Texts of notes in memory: every exchange names one of a few, and none is larger than 256 KiB."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before it has an index: ``at`` and ``log`` are set when it gets one."""

    id: str
    kind: str
    agreement: str = ""
    field: str = ""
    by: tuple[str, str] | None = None
    re: tuple[str, ...] = ()
    handling: Handling | None = None
    keep_until: int = 0
    facts: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    bodies: tuple[Body, ...] = ()

    def entry(self, log: LogName, at: int) -> Entry:
        """The entry in this log, at this time; raises MalformedError."""
        members = {name: getattr(self, name) for name in self.__slots__}
        return Entry(log=log, at=at, **members)


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry at its place in the own log; not yet under a head, not yet durable."""

    entry: Entry
    index: int


@dataclass(frozen=True, slots=True)
class Heard:
    """An entry of the partner, taken over: its place and its step."""

    index: int
    step: Step


@lru_cache(NOTES_KEPT)
def _text(note: bytes) -> bytes:
    return Note.parse(note, limit=NOTE_MAX).text


class TileView:
    """The tiles of one log as the Merkle code reads them."""

    def __init__(self, tx: Transaction, log: LogName) -> None:
        self._tx = tx
        self._log = log

    def tile(self, level: int, index: int) -> bytes:
        """One tile."""
        return self._tx.logs.tile(self._log, level, index)


class Pair:
    """The two logs of a pair during one commit.

    Args:
        tx: the transaction.
        identity: this node.
        own: the own log.
    """

    def __init__(self, tx: Transaction, identity: Identity, own: LogName) -> None:
        self._tx = tx
        self._identity = identity
        self.own = own
        self.origins = (min(own.author, own.reader), max(own.author, own.reader))
        self.side = self.origins.index(own.author)
        rows = [tx.logs.row(self.log(side)) for side in (0, 1)]
        self._frontier = [row.frontier for row in rows]
        self._state = [row.state for row in rows]
        # What the fold has looked up in this commit: every change of these values goes through ``_keep``.
        self._refs: dict[bytes, EntryRef | None] = {}
        self._things: dict[str, Thing | None] = {}
        self._agreements: list[Thing] | None = None
        self._texts: dict[str, bytes] = {}
        self._said: list[EntryRow] = []

    @classmethod
    def of(cls, tx: Transaction, identity: Identity, own: LogName) -> Self:
        """The one of this commit."""
        open_one = tx.batches.get(own)
        if not isinstance(open_one, cls):
            open_one = tx.batches[own] = cls(tx, identity, own)
        return open_one

    def log(self, side: int) -> LogName:
        """The log of a side."""
        return self.own if side == self.side else self.own.other

    def side_of(self, log: LogName) -> int:
        """Whose log it is."""
        return self.origins.index(log.author)

    def row(self, log: LogName, index: int) -> EntryRow:
        """An entry of either log that has been committed."""
        (row,) = self._tx.logs.entries(log, index, index + 1)
        return row

    @property
    def state(self) -> LogState:
        """Of the own log, with what was said in this commit."""
        return self._state[self.side]

    @property
    def mirror_state(self) -> LogState:
        """Of the partner's log."""
        return self._state[1 - self.side]

    def frontier(self, side: int) -> Frontier:
        """Size and right edge of a side's log, without what was said in this commit."""
        return self._frontier[side]

    @property
    def mirror_frontier(self) -> Frontier:
        """Of the partner's log."""
        return self._frontier[1 - self.side]

    # --- the fold's view ----------------------------------------------------------------------------------

    def thing(self, key: str) -> Thing | None:
        """A thing of the record."""
        if key not in self._things:
            self._things[key] = self._tx.ledger.thing(self.own, key)
        return self._things[key]

    def agreements(self) -> Sequence[Thing]:
        """Things of the sorts ``moves.LIFE``."""
        if self._agreements is None:
            self._agreements = self._tx.ledger.agreements(self.own)
        return self._agreements

    def entry(self, leaf: bytes) -> EntryRef | None:
        """An entry of either log."""
        if leaf not in self._refs:
            self._refs[leaf] = self._tx.ledger.find(self.own, leaf)
        return self._refs[leaf]

    def note(self, digest: str) -> bytes | None:
        """The text of a note."""
        if digest not in self._texts:
            data = self._tx.ledger.note(digest)
            if data is None:
                return None  # it may come yet, in this commit
            self._texts[digest] = _text(data)
        return self._texts[digest]

    def look_up(self, entries: Sequence[bytes]) -> None:
        """Fetch together what the fold will look up one by one: these entries, and what they name."""
        leaves = {leaf for data in entries for leaf in (leaf_hash(data), *named(data))}
        new = leaves - self._refs.keys()
        found = self._tx.ledger.find_all(self.own, new)
        self._refs |= dict.fromkeys(new) | found
        keys = {ref.thing for ref in found.values() if ref.thing} - self._things.keys()
        things = self._tx.ledger.things(self.own, keys)
        self._things |= dict.fromkeys(keys) | {thing.key: thing for thing in things}

    def root(self, side: int, size: int) -> bytes | None:
        """The root of a log at a size; None beyond what is signed."""
        frontier = self._frontier[side]
        if size > frontier.size:
            return None
        if size == frontier.size:
            return frontier.root() if size else EMPTY_ROOT
        return tiles.root_at(size, TileView(self._tx, self.log(side)))

    @cached_property
    def sight(self) -> record.Sight:
        """What this node's next entry has seen."""
        return record.Sight(self.origins, self.state, self)

    # --- the own log --------------------------------------------------------------------------------------

    @property
    def at(self) -> int:
        """The ``at`` of our next entry, POSIX seconds."""
        return clocks.at(self._identity.now(), self.believed)

    @property
    def held_time(self) -> int:
        """The ``time`` of our next ``held``."""
        return clocks.held(self._identity.now(), self.believed)

    @property
    def believed(self) -> int:
        """Our newest ``held.time`` that the partner can believe (docs/adr/0014).

        Its clock goes on while our pouch is on its way: S more than it could confirm when we last heard of it
        is still an ``at`` that it takes.
        """
        state = self.state
        if state.held_time <= self._identity.now():
            return state.held_time
        rows = self._tx.logs.latest(self.own, ("held",), HELD_SEEN)
        times = (Entry.parse(row.data).facts["time"] for row in rows if row.outcome.startswith(b"done"))
        return clocks.credible(times, self._tx.ledger.clocks(self.own).theirs + SKEW)

    def say(self, draft: Draft) -> Logged:
        """Append an entry, judged again at this cut.

        Raises:
            BehindError: the store is older than its anchor: this place in the log may be taken already.
            RefusedError: it would be illegal.
            MalformedError: it is no entry.
        """
        self._tx.logs.check_whole(self.own)
        entry = draft.entry(self.own, self.at)
        step = record.feed(self.origins, self.state, entry.data, self)
        if not step.outcome.legal:
            raise RefusedError(f"this {entry.kind} is not allowed", codes=(step.outcome.code,))
        index = self.state.size
        self._said.append(_row(index, entry.data, step))
        self._keep(self.side, step)
        return Logged(entry, index)

    def _keep(self, side: int, step: Step) -> None:
        self._state[side] = step.state
        if step.ref:
            self._refs[step.ref.leaf] = step.ref
        if step.things:
            self._tx.ledger.put_things(self.own, step.things)
            self._things |= {thing.key: thing for thing in step.things}
            if any(thing.sort in LIFE for thing in step.things):
                self._agreements = None
        self.__dict__.pop("sight", None)

    def unheld(self) -> list[Heard]:
        """Stored entries of the partner that no ``held`` of ours covers: they are still to be judged."""
        log, start = self.own.other, self.state.cut
        rows = self._tx.logs.entries(log, start, self.mirror_state.size)
        return [Heard(row.index, self._step(row)) for row in rows]

    def _step(self, row: EntryRow) -> Step:
        """What the fold made of a stored entry of the partner, as ``take`` gave it."""
        outcome, found = Outcome.parse(row.outcome), self.entry(row.leaf)
        ref = found if found and (found.side, found.index) == (1 - self.side, row.index) else None
        entry = None if outcome.result is Result.MALFORMED else Entry.parse(row.data)
        return Step(outcome, self.mirror_state, (), ref, entry)

    def close(self) -> None:
        """Give everything said in this commit its heads (one for each batch)."""
        size, work, batch = 0, 0, list[EntryRow]()
        for row in self._said:
            size, work = size + len(row.data) + 2, work + work_of(row.data)
            if len(batch) == BATCH_MAX or size > ENTRIES_MAX or work > WORK_MAX:
                self._close_batch(batch)
                size, work, batch = len(row.data) + 2, work_of(row.data), []
            batch.append(row)
        if batch:
            self._close_batch(batch)
        self._said = []

    def _close_batch(self, batch: list[EntryRow]) -> None:
        before = self._frontier[self.side]
        update = tiles.append(before, [row.leaf for row in batch], TileView(self._tx, self.own))
        self._frontier[self.side] = update.frontier
        self._append(self.own, before.size, batch, update)
        checkpoint = Checkpoint(str(self.own), update.frontier.size, update.root)
        note = sign_head(checkpoint, self._identity.log, self._identity.now())
        self._tx.logs.put_head(self.own, Head(checkpoint.size, checkpoint.root, bytes(note)))

    def _append(self, log: LogName, expected: int, rows: list[EntryRow], update: tiles.TileUpdate) -> None:
        state = self._state[self.side if log == self.own else 1 - self.side]
        row = LogRow(log, update.frontier, state)
        moved = ((tile.level, tile.index, tile.hashes) for tile in update.tiles)
        self._tx.logs.append(row, expected, rows, moved)

    # --- the partner's log --------------------------------------------------------------------------------

    def hear(self, advanced: Advanced, head: Note, entries: Sequence[bytes]) -> list[Heard]:
        """Take over the partner's entries that a verified head proves.

        Args:
            advanced: what ``tlog.mirror.advance`` found.
            head: the signed head.
            entries: the new entries, in order.
        """
        self.look_up(entries)
        heard = self.take(1 - self.side, entries, advanced.update)
        checkpoint = advanced.checkpoint
        self._tx.logs.put_head(self.own.other, Head(checkpoint.size, checkpoint.root, bytes(head)))
        return heard

    def take(
        self, side: int, entries: Sequence[bytes], update: tiles.TileUpdate | None = None
    ) -> list[Heard]:
        """Feed and store entries of either log that a verified head covers; keeping that is the caller's.

        Args:
            side: whose log.
            entries: the next ones of it.
            update: what they do to its tree, where that is known already.
        """
        before, rows, heard = self._frontier[side], list[EntryRow](), list[Heard]()
        for index, data in enumerate(entries, before.size):
            step = record.feed(self.origins, self._state[side], data, self)
            self._keep(side, step)
            rows.append(_row(index, data, step))
            heard.append(Heard(index, step))
        log = self.log(side)
        update = update or tiles.append(before, [row.leaf for row in rows], TileView(self._tx, log))
        self._frontier[side] = update.frontier
        self._append(log, before.size, rows, update)
        return heard


def _row(index: int, data: bytes, step: Step) -> EntryRow:
    leaf = step.ref.leaf if step.ref else leaf_hash(data)
    kind = step.entry.kind if step.entry else ""
    return EntryRow(index, data, leaf, kind, step.outcome.data, step.state.digest)
