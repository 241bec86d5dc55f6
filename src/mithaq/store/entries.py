"""Entries and tiles in SQL: the part of the port ``Logs`` that signs nothing."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, text, update
from sqlalchemy.dialects.sqlite import insert

from mithaq.domain.outcome import LogState
from mithaq.domain.party import LogName
from mithaq.errors import BusyError, StoreError
from mithaq.exchange.ports import EntryRow, LogRow
from mithaq.store import schema
from mithaq.store.names import Names
from mithaq.store.values import Packed
from mithaq.tlog import tiles as tlog_tiles
from mithaq.tlog.merkle import HASH_SIZE, SIZE_MAX, Frontier

BEGINNING_MAX = 10
"""Entries that ``beginning`` gives: enough to tell a person that so few digits are ambiguous."""

PAGE_ENTRIES = 256
"""Entries that ``of_kind`` reads at once: 16 MiB at most."""

_STATE = Packed(LogState)

_L, _E, _T = schema.logs.c, schema.entries.c, schema.tiles.c

_ROW = select(_L.size, _L.edge, _L.state).where(_L.id == bindparam("log"))
_MOVE = (
    update(schema.logs)
    .where(_L.id == bindparam("log"), _L.size == bindparam("expected"))
    .values({name: bindparam(f"new_{name}") for name in ("size", "edge", "state")})
)
_ENTER = insert(schema.entries)
_ENTRY = select(_E.index, _E.data, _E.leaf, _E.kind, _E.outcome, _E.digest)
_ENTRIES = _ENTRY.where(
    _E.log == bindparam("log"), _E.index >= bindparam("start"), _E.index < bindparam("end")
).order_by(_E.index)
_of_kind = _ENTRY.where(_E.log == bindparam("log"), _E.kind == bindparam("kind")).limit(bindparam("limit"))
_OF_KIND = _of_kind.where(_E.index >= bindparam("start")).order_by(_E.index)
_LAST_OF_KIND = _of_kind.order_by(_E.index.desc())
_RULES = text(
    # In the words of the index, and by its name: SQLite would take that by kind, with every void entry in it.
    'SELECT "index", data, leaf, kind, outcome, digest FROM entries INDEXED BY legal_rules'  # noqa: S608 - ours
    f' WHERE log = :log AND "index" < :before AND {schema.LEGAL_RULES} ORDER BY "index" DESC LIMIT 1'
)
_BEGINNING = (
    _ENTRY.where(_E.log == bindparam("log"), _E.leaf.between(bindparam("low"), bindparam("high")))
    .order_by(_E.leaf, _E.index)
    .limit(BEGINNING_MAX)
)
_put_tile = insert(schema.tiles)
_PUT_TILE = _put_tile.on_conflict_do_update(
    index_elements=[_T.log, _T.level, _T.index], set_={"hashes": _put_tile.excluded.hashes}
)
_TILE = select(_T.hashes).where(
    _T.log == bindparam("log"), _T.level == bindparam("level"), _T.index == bindparam("index")
)


def side_of(log: LogName) -> int:
    """Whose log of the pair it is: 0 if its author sorts first, else 1 (``domain.sight.Pair``)."""
    return int(log.author > log.reader)


class SqlEntries:
    """Entries, tiles and rows of logs in one transaction.

    Args:
        connection: of the transaction.
        names: numbers of logs.
    """

    def __init__(self, connection: Connection, names: Names) -> None:
        self._run = connection.execute
        self._names = names
        self._moved: dict[LogName, Frontier] = {}

    def row(self, log: LogName) -> LogRow:
        """See ``ports.Logs``."""
        found = self._run(_ROW, {"log": self._names.find(log)}).first()
        if found is None or not found.state:
            return LogRow(log, Frontier(), LogState.start(side_of(log), log.n))
        edge = tuple(found.edge[at : at + HASH_SIZE] for at in range(0, len(found.edge), HASH_SIZE))
        return LogRow(log, Frontier(found.size, edge), _STATE.unpack(found.state))

    def append(
        self, row: LogRow, expected: int, entries: Sequence[EntryRow], tiles: Iterable[tuple[int, int, bytes]]
    ) -> None:
        """See ``ports.Logs``."""
        if [each.index for each in entries] != list(range(expected, row.size)):
            raise StoreError(
                "entries do not lead to the new size",
                where=str(row.name),
                expected=f"indexes {expected} to {row.size - 1}",
                got=[each.index for each in entries[:10]],
            )
        log = self._names.number(row.name)
        moved = self._run(
            _MOVE,
            {
                "log": log,
                "expected": expected,
                "new_size": row.size,
                "new_edge": b"".join(row.frontier.edge),
                "new_state": _STATE.pack(row.state),
            },
        )
        if moved.rowcount != 1:
            raise BusyError(
                "the log has moved", where=str(row.name), expected=f"size {expected}", todo="read it again"
            )
        self._moved[row.name] = row.frontier
        if entries:
            self._run(_ENTER, [_entry_values(log, each) for each in entries])
        new_tiles = [
            {"log": log, "level": level, "index": index, "hashes": hashes} for level, index, hashes in tiles
        ]
        if new_tiles:
            self._run(_PUT_TILE, new_tiles)

    def entries(self, log: LogName, start: int, end: int) -> list[EntryRow]:
        """See ``ports.Logs``."""
        found = self._run(_ENTRIES, {"log": self._names.find(log), "start": start, "end": end})
        return [EntryRow(*each) for each in found]

    def tile(self, log: LogName, level: int, index: int) -> bytes:
        """See ``ports.Logs``."""
        key = {"log": self._names.find(log), "level": level, "index": index}
        return self._run(_TILE, key).scalar() or b""

    def of_kind(self, log: LogName, kind: str) -> Iterator[EntryRow]:
        """See ``ports.Logs``. Read in pages: the work may write meanwhile."""
        key: dict[str, object] = {"log": self._names.find(log), "kind": kind, "limit": PAGE_ENTRIES}
        start = 0
        while page := [EntryRow(*each) for each in self._run(_OF_KIND, key | {"start": start})]:
            yield from page
            start = page[-1].index + 1

    def latest(self, log: LogName, kinds: Sequence[str], limit: int) -> list[EntryRow]:
        """See ``ports.Logs``. One look for each kind: none of them walks over entries of other kinds."""
        key: dict[str, object] = {"log": self._names.find(log), "limit": limit}
        found = [EntryRow(*each) for kind in kinds for each in self._run(_LAST_OF_KIND, key | {"kind": kind})]
        return sorted(found, key=lambda entry: -entry.index)[:limit]

    def beginning(self, log: LogName, leaf: str) -> list[EntryRow]:
        """See ``ports.Logs``. None where ``leaf`` is not 1 to 64 lower-case hex digits."""
        if not re.fullmatch("[0-9a-f]{1,64}", leaf):
            return []
        low, high = (bytes.fromhex(leaf.ljust(2 * HASH_SIZE, digit)) for digit in "0f")
        found = self._run(_BEGINNING, {"log": self._names.find(log), "low": low, "high": high})
        return [EntryRow(*each) for each in found]

    def newest(self, log: LogName, kind: str) -> EntryRow | None:
        """See ``ports.Logs``."""
        return next(iter(self.latest(log, (kind,), 1)), None)

    def rules(self, log: LogName, before: int | None = None) -> EntryRow | None:
        """See ``ports.Logs``. One look into an index of its own: void entries of this kind cost nothing."""
        key = {"log": self._names.find(log), "before": SIZE_MAX if before is None else before}
        found = self._run(_RULES, key).first()
        return EntryRow(*found) if found else None

    def root_at(self, log: LogName, size: int) -> bytes:
        """The root of a log at a size; empty where it does not reach so far, or is damaged below it."""
        frontier = self._moved.get(log) or self.row(log).frontier
        if size >= frontier.size:
            return frontier.root() if size == frontier.size else b""
        try:
            return tlog_tiles.root_at(size, _Tiles(self, log))
        except StoreError:  # this log cannot be answered for; the others still can
            return b""


@dataclass(frozen=True, slots=True)
class _Tiles:
    """The tiles of one log, as ``tlog.tiles`` reads them."""

    logs: SqlEntries
    log: LogName

    def tile(self, level: int, index: int) -> bytes:
        return self.logs.tile(self.log, level, index)


def _entry_values(log: int, entry: EntryRow) -> dict[str, object]:
    return {
        "log": log,
        "index": entry.index,
        "leaf": entry.leaf,
        "kind": entry.kind,
        "outcome": entry.outcome,
        "digest": entry.digest,
        "data": entry.data,
    }
