"""Entries, tiles and signed heads in SQL: the port ``Logs``."""

from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from mithaq.domain.outcome import LogState
from mithaq.domain.party import LogName
from mithaq.errors import BusyError, StoreError
from mithaq.exchange.ports import Cosignature, EntryRow, Head, LogRow
from mithaq.store import schema
from mithaq.store.anchor import Line
from mithaq.store.names import Names
from mithaq.store.values import Packed
from mithaq.tlog.merkle import HASH_SIZE, Frontier

_STATE = Packed(LogState)

_L, _E, _T = schema.logs.c, schema.entries.c, schema.tiles.c
_H, _C = schema.heads.c, schema.cosignatures.c

_ROW = select(_L.size, _L.judged, _L.edge, _L.state).where(_L.id == bindparam("log"))
_MOVE = (
    update(schema.logs)
    .where(_L.id == bindparam("log"), _L.size == bindparam("expected"))
    .values({name: bindparam(f"new_{name}") for name in ("size", "judged", "edge", "state")})
)
_ENTER = insert(schema.entries)
_ENTRIES = (
    select(_E.index, _E.data, _E.leaf, _E.kind, _E.outcome, _E.digest)
    .where(_E.log == bindparam("log"), _E.index >= bindparam("start"), _E.index < bindparam("end"))
    .order_by(_E.index)
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
_COSIGNATURES = (
    select(_C.size, _C.root, _C.time, _C.lines)
    .where(_C.log == bindparam("log"), _C.size > bindparam("above"))
    .order_by(_C.size)
    .limit(bindparam("limit"))
)


def side_of(log: LogName) -> int:
    """Whose log of the pair it is: 0 if its author sorts first, else 1 (``domain.sight.Pair``)."""
    return int(log.author > log.reader)


class SqlLogs:
    """The port ``Logs`` in one transaction.

    Args:
        connection: of the transaction.
        names: numbers of logs.
        sign: called with each head and cosignature of this node's own keys before it is kept.
        look: called before heads or cosignatures are read: they must not leave before they are anchored.
    """

    def __init__(
        self,
        connection: Connection,
        names: Names,
        sign: Callable[[Line], None],
        look: Callable[[], None],
        mine: Callable[[LogName], bool],
    ) -> None:
        self._run = connection.execute
        self._names = names
        self._sign = sign
        self._look = look
        self._mine = mine

    def row(self, log: LogName) -> LogRow:
        """See ``ports.Logs``."""
        found = self._run(_ROW, {"log": self._names.find(log)}).first()
        if found is None or not found.state:
            return LogRow(log, Frontier(), LogState.start(side_of(log)))
        edge = tuple(found.edge[at : at + HASH_SIZE] for at in range(0, len(found.edge), HASH_SIZE))
        return LogRow(log, Frontier(found.size, edge), _STATE.unpack(found.state), found.judged)

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
                "new_judged": row.judged,
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
        if self._mine(log):
            self._sign(Line(log, head.size, head.root))
        values = {"log": self._names.number(log), "size": head.size, "root": head.root, "note": head.note}
        self._only_root(self._run(_PUT_HEAD, values).rowcount, log, head.size)

    def heads(self, log: LogName, above: int, limit: int) -> list[Head]:
        """See ``ports.Logs``."""
        self._look()
        found = self._run(_HEADS, {"log": self._names.find(log), "above": above, "limit": limit})
        return [Head(*each) for each in found]

    def put_cosignature(self, log: LogName, cosignature: Cosignature) -> None:
        """See ``ports.Logs``. Anchored if the log is a mirror: then the cosignature is our own.

        Raises:
            StoreError: a cosignature of another root is kept for this size.
            BehindError: it is our own, and the store is older than its anchor.
        """
        if not self._mine(log):
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
        self._look()
        found = self._run(_COSIGNATURES, {"log": self._names.find(log), "above": above, "limit": limit})
        return [Cosignature(*each) for each in found]

    @staticmethod
    def _only_root(rows: int, log: LogName, size: int) -> None:
        if rows != 1:
            raise StoreError("another root is kept for this size", where=f"{log} at size {size}")


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
