"""How SQLite is opened: its settings, its file, and what its errors become."""

import contextlib
import os
import sqlite3
from collections.abc import Generator
from pathlib import Path

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from mithaq.errors import StoreError

FILE_NAME = "mithaq.db"
"""The database in the store's directory."""

PAGE_SIZE = 8192
"""Bytes of a page: a note or most entries fit one; contents need half as many as with SQLite's 4096."""

WAL_PAGES = 2048
"""Pages in the journal after which it goes into the database (16 MiB): more make waits long."""

WAL_MAX = 64 * 2**20
"""Bytes that the journal's file keeps once it is empty, after a large content."""

BUSY_MS = 10_000
"""How long a writer waits for another process, such as a command beside a running node."""

WRITER_CACHE_KIB = 16 * 1024
READER_CACHE_KIB = 1024
"""Memory for pages: a group of small works fits the writer's; a reader rarely looks at a page twice."""

READERS = 4
READERS_MAX = 16
"""Connections for reading: kept, and at most; further readers wait. A few MB each at worst."""


def open_writing(path: Path) -> Engine:
    """An engine with one connection, whose transactions lock out other writers from the start."""
    return _open(path, "BEGIN IMMEDIATE", ("cache_size", f"-{WRITER_CACHE_KIB}"), 1, 1)


def open_reading(path: Path) -> Engine:
    """An engine whose transactions are snapshots and cannot write."""
    engine = _open(path, "BEGIN", ("cache_size", f"-{READER_CACHE_KIB}"), READERS, READERS_MAX)

    @event.listens_for(engine, "connect")
    def _only_read(connection: sqlite3.Connection, _: object) -> None:  # pyright: ignore[reportUnusedFunction]
        connection.execute("PRAGMA query_only = ON")

    return engine


def make_file(path: Path) -> None:
    """Make the database's file for nobody else's eyes; SQLite gives its journal the same mode.

    Raises:
        StoreError: the disk refuses.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StoreError("the store cannot be made", where=str(path), got=error) from None


def _open(path: Path, begin: str, cache: tuple[str, str], kept: int, most: int) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=kept,
        max_overflow=most - kept,
        hide_parameters=True,  # a traceback must not carry contents into a log
        # SQLite's own transactions, begun by us below: sqlite3 would begin them late and not IMMEDIATE.
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": BUSY_MS / 1000},
    )
    settings = {
        "page_size": PAGE_SIZE,  # of a new file only, and before journal_mode
        "journal_mode": "WAL",
        "synchronous": "FULL",  # a commit that has returned survives a loss of power
        "foreign_keys": "ON",
        "secure_delete": "ON",  # FAST leaves erased contents readable
        "temp_store": "MEMORY",  # nothing of a content in a file that we do not know of
        "trusted_schema": "OFF",
        "wal_autocheckpoint": WAL_PAGES,
        "journal_size_limit": WAL_MAX,
        cache[0]: cache[1],
    }

    @event.listens_for(engine, "connect")
    def _settle(connection: sqlite3.Connection, _: object) -> None:  # pyright: ignore[reportUnusedFunction]
        for name, value in settings.items():
            connection.execute(f"PRAGMA {name} = {value}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
        connection.exec_driver_sql(begin)

    return engine


def truncate_journal(engine: Engine) -> bool:
    """Put the journal into the database and empty its file; False while somebody else is reading or writing.

    Erased contents stand in the journal until then, whatever ``secure_delete`` says.
    """
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        return not busy
    finally:
        connection.close()


@contextlib.contextmanager
def as_store_error(doing: str, path: Path) -> Generator[None]:
    """Turn what SQLAlchemy and SQLite raise into ``StoreError``."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        # ``orig``: without the statement and its values, which are not for a log.
        cause = getattr(error, "orig", None) or error
        raise StoreError(f"the database failed {doing}", where=str(path), got=cause) from error
