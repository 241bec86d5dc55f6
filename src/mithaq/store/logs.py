"""Entries, tiles and signed heads in SQL: the port ``Logs``."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from mithaq.domain.outcome import LogState
from mithaq.domain.party import LogName, Origin
from mithaq.errors import BehindError, BusyError, StoreError
from mithaq.exchange.ports import Cosignature, EntryRow, Head, LogRow
from mithaq.store import schema
from mithaq.store.anchor import Line, keep_newest
from mithaq.store.names import Names
from mithaq.store.values import Packed
from mithaq.tlog.merkle import HASH_SIZE, Frontier
from mithaq.tlog.tiles import root_at

BEGINNING_MAX = 10
"""Entries that ``beginning`` gives: enough to tell a person that so few digits are ambiguous."""

PAGE_ENTRIES = 256
"""Entries that ``of_kind`` reads at once: 16 MiB at most."""

_STATE = Packed(LogState)

_L, _E, _T = schema.logs.c, schema.entries.c, schema.tiles.c
_H, _C = schema.heads.c, schema.cosignatures.c

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
_put_head = insert(schema.heads)
# At one size only one root is ever kept: a second one is a fork, and whoever brings it has not looked.
_PUT_HEAD = _put_head.on_conflict_do_update(
    index_elements=[_H.log, _H.size],
    set_={"note": _put_head.excluded.note},
    where=_H.root == _put_head.excluded.root,
)
_HEADS = (
    select(_H.size, _H.root, _H.note)
    .where(_H.log == bindparam("log"), _H.size > bindparam("above"))
    .order_by(_H.size)
    .limit(bindparam("limit"))
)
_put_cosignature = insert(schema.cosignatures)
_PUT_COSIGNATURE = _put_cosignature.on_conflict_do_update(
    index_elements=[_C.log, _C.size],
    set_={"time": _put_cosignature.excluded.time, "lines": _put_cosignature.excluded.lines},
    where=_C.root == _put_cosignature.excluded.root,
)
_COSIGNATURE = select(_C.size, _C.root, _C.time, _C.lines).where(_C.log == bindparam("log"))
_COSIGNATURES = _COSIGNATURE.where(_C.size > bindparam("above")).order_by(_C.size).limit(bindparam("limit"))
_NAMES = select(_L.name)
_NEWEST_HEAD = (
    select(_H.size, _H.root, _H.note).where(_H.log == bindparam("log")).order_by(_H.size.desc()).limit(1)
)
_NEWEST_COSIGNATURE = _COSIGNATURE.order_by(_C.size.desc()).limit(1)


def side_of(log: LogName) -> int:
    """Whose log of the pair it is: 0 if its author sorts first, else 1 (``domain.sight.Pair``)."""
    return int(log.author > log.reader)


class SqlLogs:
    """The port ``Logs`` in one transaction.

    Args:
        connection: of the transaction.
        names: numbers of logs.
        me: whose store it is.
        behind: logs that the store could not answer for when it was opened.
    """

    def __init__(
        self,
        connection: Connection,
        names: Names,
        me: Origin,
        behind: Mapping[LogName, Line] = MappingProxyType({}),
    ) -> None:
        self._run = connection.execute
        self._names = names
        self._me = me
        self._behind = behind
        self.signed: dict[LogName, Line] = {}
        """The newest head or cosignature of our own keys for each log that this transaction has kept."""
        self.looked = False
        """Whether heads or cosignatures were read, which must not leave before they are anchored."""

    def row(self, log: LogName) -> LogRow:
        """See ``ports.Logs``."""
        found = self._run(_ROW, {"log": self._names.find(log)}).first()
        if found is None or not found.state:
            return LogRow(log, Frontier(), LogState.start(side_of(log)))
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

    def put_head(self, log: LogName, head: Head) -> None:
        """See ``ports.Logs``. Anchored if the log is our own.

        Raises:
            StoreError: another root is kept for this size.
            BehindError: the log is our own, and the store is older than its anchor.
        """
        if log.author == self._me:
            self._sign(Line(log, head.size, head.root))
        values = {"log": self._names.number(log), "size": head.size, "root": head.root, "note": head.note}
        self._only_root(self._run(_PUT_HEAD, values).rowcount, log, head.size)

    def heads(self, log: LogName, above: int, limit: int) -> list[Head]:
        """See ``ports.Logs``."""
        self.looked = True
        found = self._run(_HEADS, {"log": self._names.find(log), "above": above, "limit": limit})
        return [Head(*each) for each in found]

    def put_cosignature(self, log: LogName, cosignature: Cosignature) -> None:
        """See ``ports.Logs``. Anchored if the log is a mirror: then the cosignature is our own.

        Raises:
            StoreError: a cosignature of another root is kept for this size.
            BehindError: it is our own, and the store is older than its anchor.
        """
        if log.author != self._me:
            self._sign(Line(log, cosignature.size, cosignature.root))
        values = {
            "log": self._names.number(log),
            "size": cosignature.size,
            "root": cosignature.root,
            "time": cosignature.time,
            "lines": cosignature.lines,
        }
        self._only_root(self._run(_PUT_COSIGNATURE, values).rowcount, log, cosignature.size)

    def cosignatures(self, log: LogName, above: int, limit: int) -> list[Cosignature]:
        """See ``ports.Logs``."""
        self.looked = True
        found = self._run(_COSIGNATURES, {"log": self._names.find(log), "above": above, "limit": limit})
        return [Cosignature(*each) for each in found]

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

    def newest_cosignature(self, log: LogName) -> Cosignature | None:
        """See ``ports.Logs``."""
        self.looked = True
        found = self._run(_NEWEST_COSIGNATURE, {"log": self._names.find(log)}).first()
        return Cosignature(*found) if found else None

    def root_at(self, log: LogName, size: int) -> bytes:
        """The root of a log at a size; empty where it does not reach so far."""
        try:
            return root_at(size, _Tiles(self, log)) if size <= self.row(log).size else b""
        except StoreError:  # a damaged log cannot be answered for; the others still can
            return b""

    def newest_signed(self) -> dict[LogName, Line]:
        """The newest head of each own log, and the newest cosignature of each mirror."""
        newest: dict[LogName, Line] = {}
        for name in self._run(_NAMES).scalars().all():
            log = LogName.parse(name)
            found = self._newest_head(log) if log.author == self._me else self.newest_cosignature(log)
            if found:
                newest[log] = Line(log, found.size, found.root)
        return newest

    def _newest_head(self, log: LogName) -> Head | None:
        found = self._run(_NEWEST_HEAD, {"log": self._names.find(log)}).first()
        return Head(*found) if found else None

    def check_signed(self) -> None:
        """Check that the store can answer for what this transaction signs.

        Raises:
            StoreError: a log does not have this root at this size: signed now, it would be a fork tomorrow.
        """
        for line in self.signed.values():
            if self.root_at(line.log, line.size) != line.root:
                raise StoreError(
                    "what is signed is not what is stored", where=f"{line.log} at size {line.size}"
                )

    def _sign(self, line: Line) -> None:
        """Note what our own keys have signed, unless a log of the pair is behind its anchor."""
        for log in (line.log, line.log.other):
            anchored = self._behind.get(log)
            if anchored and self.root_at(log, anchored.size) != anchored.root:
                raise BehindError(
                    "the store is older than its anchor",
                    where=str(log),
                    expected=f"size {anchored.size} or more and the anchored root there",
                    got=f"size {self.row(log).size}",
                    todo="recover this pair from the partner",
                )
        keep_newest(self.signed, line)

    @staticmethod
    def _only_root(rows: int, log: LogName, size: int) -> None:
        if rows != 1:
            raise StoreError("another root is kept for this size", where=f"{log} at size {size}")


@dataclass(frozen=True, slots=True)
class _Tiles:
    """The tiles of one log, as ``tlog.tiles`` reads them."""

    logs: SqlLogs
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
