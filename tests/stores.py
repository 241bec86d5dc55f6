"""What tests of stores share: logs with real trees, and the ways in which a backend can be hurt."""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mithaq.domain.outcome import LogState
from mithaq.domain.party import LogName, origin
from mithaq.exchange.ports import Cosignature, EntryRow, Head, LogRow, StoredBody, Transaction
from mithaq.store.engine import FILE_NAME
from mithaq.store.entries import side_of
from mithaq.store.sqlite import SqliteStore, open_store
from mithaq.tlog.merkle import Frontier, leaf_hash
from mithaq.tlog.tiles import append

ME = origin("spoc.interior-atlas.example")
OWN = LogName(ME, origin("spoc.interior-lindmark.example"))
MIRROR = OWN.other


@dataclass(frozen=True)
class Tiles:
    tx: Transaction
    log: LogName

    def tile(self, level: int, index: int) -> bytes:
        return self.tx.logs.tile(self.log, level, index)


def grow(
    tx: Transaction,
    log: LogName,
    *data: bytes,
    kind: str = "information",
    outcome: bytes = b"done",
    expected: int | None = None,
) -> LogRow:
    """Append entries with their tiles; gives the row."""
    before = tx.logs.row(log)
    leaves = [leaf_hash(each) for each in data]
    update = append(before.frontier, leaves, Tiles(tx, log))
    row = LogRow(log, update.frontier, LogState(side_of(log), update.frontier.size, at=7, digest=b"\7" * 32))
    entries = [
        EntryRow(before.size + n, each, leaves[n], kind, outcome, b"\1" * 32) for n, each in enumerate(data)
    ]
    size = before.size if expected is None else expected
    tx.logs.append(row, size, entries, [(tile.level, tile.index, tile.hashes) for tile in update.tiles])
    return row


def sign(tx: Transaction, log: LogName, *data: bytes) -> LogRow:
    """Append, and sign a head of our own log or cosign the mirror."""
    row = grow(tx, log, *data)
    root = row.frontier.root()
    if log.author == ME:
        tx.logs.put_head(log, Head(row.size, root, b"note"))
    else:
        tx.logs.put_cosignature(log, Cosignature(row.size, root, 5, b"lines"))
    return row


def frontier_of(*data: bytes) -> Frontier:
    return Frontier().append_many([leaf_hash(each) for each in data])[0]


def body(sealed: bytes = b"sealed") -> StoredBody:
    return StoredBody(b"\1" * 32, 6, 20_000, sealed, b"findings", b"\2" * 32)


class SqliteBackend:
    """One store on SQLite, and its anchor apart."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "store"
        self.anchor = directory / "apart" / "anchor"

    def open(self, *, create: bool = True) -> SqliteStore:
        return open_store(self.directory, ME, anchor=self.anchor, create=create)

    @contextlib.contextmanager
    def opened(self, *, create: bool = True) -> Iterator[SqliteStore]:
        with contextlib.closing(self.open(create=create)) as store:
            yield store

    def save(self) -> Path:
        """A backup of the closed store."""
        return Path(shutil.copytree(self.directory, self.directory.with_name("backup"), dirs_exist_ok=True))

    def restore(self) -> None:
        shutil.rmtree(self.directory)
        shutil.copytree(self.directory.with_name("backup"), self.directory)

    def fill_disk(self, store: SqliteStore, *, full: bool) -> None:
        """From now on no page more than there are; or again as many as you like."""
        connection = store._writing.raw_connection()
        pages = connection.cursor().execute("PRAGMA page_count").fetchone()[0] if full else 2**30
        connection.cursor().execute(f"PRAGMA max_page_count = {pages}")
        connection.close()

    @contextlib.contextmanager
    def locked(self, store: SqliteStore) -> Iterator[None]:
        """Somebody else writes and does not end; the store does not wait long for it."""
        with contextlib.closing(sqlite3.connect(self.directory / FILE_NAME, isolation_level=None)) as other:
            connection = store._writing.raw_connection()
            connection.cursor().execute("PRAGMA busy_timeout = 50")
            connection.close()
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    def files(self) -> bytes:
        """Every byte that the store has on the disk."""
        return b"".join(path.read_bytes() for path in self.directory.iterdir() if path.suffix != ".db-shm")


BACKENDS = {"sqlite": SqliteBackend}
