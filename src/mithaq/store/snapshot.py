"""A copy of the database as it was at one moment, taken while the node serves, and its examination.

``copy`` takes one snapshot and blocks nobody. The copy is written anew, row by row: pages that nothing uses
any more, and the journal, are not in it. ``examine`` opens a copy that nobody writes, and believes nothing.
"""

import os
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, NullPool, Row, bindparam, create_engine, select

from mithaq.crypto.private_files import sync_directory
from mithaq.domain.entry import Entry, leaf_hash
from mithaq.domain.party import LogName, Origin
from mithaq.errors import PeerError, StoreError
from mithaq.store import schema
from mithaq.store.engine import BUSY_MS, FILE_NAME, as_store_error, make_file
from mithaq.store.migrate import stored_revision
from mithaq.tlog import tiles
from mithaq.tlog.merkle import EMPTY_ROOT, HASH_SIZE, Frontier

PAGE = 1_000
"""Entries that are read and hashed at once: 64 MiB at most."""

_L, _E, _T = schema.logs.c, schema.entries.c, schema.tiles.c
_H, _N = schema.heads.c, schema.notes.c

_LOGS = select(_L.id, _L.name, _L.size, _L.edge).order_by(_L.name)
_ENTRIES = (
    select(_E.index, _E.leaf, _E.kind, _E.data)
    .where(_E.log == bindparam("log"), _E.index >= bindparam("start"))
    .order_by(_E.index)
    .limit(PAGE)
)
_TILE = select(_T.hashes).where(
    _T.log == bindparam("log"), _T.level == bindparam("level"), _T.index == bindparam("index")
)
_HEAD = select(_H.size, _H.root, _H.note).where(_H.log == bindparam("log")).order_by(_H.size.desc()).limit(1)
_NOTE = select(_N.note).where(_N.digest == bindparam("digest"))
_ORIGIN = select(schema.meta.c.value).where(schema.meta.c.name == "origin")


@dataclass(frozen=True, slots=True)
class SnapshotLog:
    """A log in a copy, with its root as its entries give it.

    Args:
        name: the log.
        size: entries.
        root: hashed anew.
        head: the signed head of this size; empty where the log is.
        cards: notes of its author's cards that stand in it, oldest first.
    """

    name: LogName
    size: int
    root: bytes
    head: bytes
    cards: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a copy holds: whose it is, of which revision its tables are, and its logs by name."""

    origin: Origin
    revision: str
    logs: tuple[SnapshotLog, ...]


def copy(directory: Path, to: Path) -> None:
    """Write a copy of the store in ``directory`` to the new file ``to``, mode 0600, durably.

    Raises:
        StoreError: there is no store, or a disk refuses; what was written of the copy is left to the caller.
    """
    source = directory / FILE_NAME
    if not source.is_file():
        raise StoreError("there is no store", where=str(source))
    make_file(to)
    # Not read-only: what a killed node left in its journal has to be taken up by whoever comes first.
    with as_store_error("to be copied", source), closing(_connect(source, "mode=rw")) as connection:
        connection.execute("VACUUM INTO ?", (str(to),))
    try:
        with to.open("rb") as file:
            os.fsync(file.fileno())
        sync_directory(to.parent)
    except OSError as error:
        raise StoreError("the copy cannot be written", where=str(to), got=error) from None


def examine(path: Path) -> Snapshot:
    """Read a copy through: its pages, every entry and tile of every log, and what was signed.

    Raises:
        StoreError: it is damaged, or says of a log what its entries do not.
    """
    try:
        return _examined(path)
    except (PeerError, KeyError, TypeError, ValueError) as error:  # SQLite keeps any value in any column
        raise StoreError("the database is damaged", where=str(path), got=error) from None


def _examined(path: Path) -> Snapshot:
    with as_store_error("to be read", path), _reading(path) as connection:
        found = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        if found != ["ok"] or connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise StoreError("the database is damaged", where=str(path), got=" ".join(map(str, found)))
        revision = stored_revision(connection) or ""
        who = connection.execute(_ORIGIN).scalar_one()
        logs = tuple(_log(connection, row) for row in connection.execute(_LOGS).all())
        return Snapshot(Origin(who), revision, logs)


@contextmanager
def _reading(path: Path) -> Generator[Connection]:
    engine = create_engine(
        "sqlite://", creator=lambda: _connect(path, "mode=ro&immutable=1"), poolclass=NullPool
    )
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA trusted_schema = OFF")
        yield connection


def _connect(path: Path, how: str) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?{how}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_MS / 1000)


def _log(connection: Connection, row: Row[int, str, int, bytes]) -> SnapshotLog:
    number, text, size, edge = row
    name = LogName.parse(text)
    rebuilt = _Rebuilt(connection, number, text)
    cards: list[bytes] = []
    for page in _pages(connection, number):
        for entry in page:
            if entry.leaf != leaf_hash(entry.data):
                raise StoreError("an entry that is not what its hash says", where=f"{text} {entry.index}")
            if entry.kind == "card":
                cards += _card(connection, entry.data)
        rebuilt.append([entry.leaf for entry in page])
    rebuilt.end()
    root = rebuilt.frontier.root() if rebuilt.frontier.size else EMPTY_ROOT
    if rebuilt.frontier.size != size or b"".join(rebuilt.frontier.edge) != edge:
        raise StoreError("a log that is not what its entries give", where=text, expected=f"size {size}")
    head = connection.execute(_HEAD, {"log": number}).first()
    if size and (head is None or (head.size, head.root) != (size, root)):
        raise StoreError("a log whose newest head is of something else", where=text, expected=f"size {size}")
    return SnapshotLog(name, size, root, head.note if head else b"", tuple(cards))


def _pages(connection: Connection, log: int) -> Iterator[Sequence[Row[Any, Any, Any, Any]]]:
    start = 0
    while page := connection.execute(_ENTRIES, {"log": log, "start": start}).all():
        if [entry.index for entry in page] != list(range(start, start + len(page))):
            raise StoreError("a log with a gap", where=f"log {log} from {start}")
        yield page
        start += len(page)


def _card(connection: Connection, data: bytes) -> list[bytes]:
    try:
        digest = Entry.parse(data).facts["note"]
    except PeerError:
        return []
    note = connection.execute(_NOTE, {"digest": digest}).scalar()
    return [note] if note else []


class _Rebuilt:
    """A log's tree, grown again from its leaves; each tile is compared with the stored one."""

    def __init__(self, connection: Connection, log: int, name: str) -> None:
        self._connection = connection
        self._log = log
        self._name = name
        self._open: dict[tuple[int, int], bytes] = {}
        self.frontier = Frontier()

    def tile(self, level: int, index: int) -> bytes:
        """A tile that is not full yet."""
        return self._open.get((level, index), b"")

    def append(self, leaves: list[bytes]) -> None:
        """Grow it."""
        update = tiles.append(self.frontier, leaves, self)
        self.frontier = update.frontier
        for tile in update.tiles:
            if len(tile.hashes) == tiles.TILE_WIDTH * HASH_SIZE:
                self._open.pop((tile.level, tile.index), None)
                self._compare(tile.level, tile.index, tile.hashes)
            else:
                self._open[tile.level, tile.index] = tile.hashes

    def end(self) -> None:
        """Compare the tiles that never got full."""
        for (level, index), hashes in self._open.items():
            self._compare(level, index, hashes)

    def _compare(self, level: int, index: int, hashes: bytes) -> None:
        key = {"log": self._log, "level": level, "index": index}
        if self._connection.execute(_TILE, key).scalar() != hashes:
            raise StoreError("a tile that its entries do not give", where=f"{self._name} {level}/{index}")
