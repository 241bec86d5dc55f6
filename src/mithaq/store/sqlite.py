"""The store on SQLite: one directory, one database, an anchor apart (protocol sections 6 and 8).

::

    with contextlib.closing(open_store(directory, me, anchor=elsewhere)) as store:
        size = store.write(lambda transaction: transaction.logs.row(log).size)

* ``write`` returns when its work is committed, then anchored. Works that wait share one commit.
* ``read`` sees one snapshot and blocks nobody. If it looks at heads or cosignatures, it returns when all that
  it may have seen is anchored: what another thread has committed a moment ago does not leave early.
* A log whose store is older than its anchor is in ``behind``; its pair is neither signed nor cosigned until
  the store again holds what the anchor says, and the exchange has said so (``Logs.recovered``).
"""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from mithaq.domain.party import LogName, Origin
from mithaq.errors import StoreError
from mithaq.exchange.ports import Transaction
from mithaq.store.anchor import Anchor, Line, check, keep_newest
from mithaq.store.engine import (
    FILE_NAME,
    as_store_error,
    make_file,
    open_reading,
    open_writing,
    truncate_journal,
)
from mithaq.store.logs import SqlLogs
from mithaq.store.migrate import migrate
from mithaq.store.names import Names
from mithaq.store.transaction import SqlTransaction
from mithaq.store.writer import Work, Writer, refused_by_disk

T = TypeVar("T")


def open_store(directory: Path, me: Origin, *, anchor: Path, create: bool = False) -> "SqliteStore":
    """Open the store of a node, bring its tables up to date, and compare it with its anchor.

    Args:
        directory: of the database; made, mode 0700, if ``create``.
        me: whose store it is.
        anchor: the anchor's file. Not in ``directory``, nor in the same backup: it tells old from new.
        create: make what is not there.

    Raises:
        StoreError: there is none, it is somebody else's, newer than this software, or damaged.
    """
    path = directory / FILE_NAME
    if create:
        make_file(path)
    elif not path.is_file():
        raise StoreError("there is no store", where=str(path))
    # The anchor is opened first: a store never gets its first head without one.
    with contextlib.ExitStack() as undo:
        line_file = Anchor(anchor, create=create)
        undo.callback(line_file.close)
        writing, reading = open_writing(path), open_reading(path)
        undo.callback(writing.dispose)
        undo.callback(reading.dispose)
        with as_store_error("to open", path), writing.begin() as connection:
            migrate(connection, me)
        store = SqliteStore(path, me, writing, reading, line_file)
        undo.pop_all()
        return store


class SqliteStore:
    """The port ``Store``; made by ``open_store``."""

    def __init__(self, path: Path, me: Origin, writing: Engine, reading: Engine, anchor: Anchor) -> None:
        self._path = path
        self._me = me
        self._writing = writing
        self._reading = reading
        self._anchor = anchor
        self._known: dict[LogName, int] = {}
        self._unanchored: dict[LogName, Line] = {}
        self._releasing = threading.Lock()
        # Who was killed between a commit and this has left erased contents in the journal.
        self._erased = True
        self._closed = False
        self.behind: dict[LogName, Line] = {}
        """Logs that the store cannot answer for, and what the anchor says of them: of their pairs nothing is
        signed, and no contents are served. A log leaves when its pair has recovered."""
        self._check_anchor()
        self._tidy()
        self._writer = Writer(self._commit, self._tidy)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """See ``ports.Store``. Must not be called by a work."""
        return self._writer.write(work)

    def read(self, work: Callable[[Transaction], T]) -> T:
        """See ``ports.Store``.

        Raises:
            StoreError: the database failed, the work tried to write, or what it saw is not anchored.
        """
        if self._closed:
            raise StoreError("the store is closed")
        with as_store_error("to read", self._path), self._reading.connect() as connection:
            transaction = self._transaction(connection)
            result = work(transaction)
        if transaction.looked:
            with self._releasing:
                self._anchor_rest()
        return result

    def close(self) -> None:
        """See ``ports.Store``."""
        self._writer.close()
        if not self._closed:
            self._closed = True
            self._reading.dispose()
            self._writing.dispose()
            self._anchor.close()

    def _transaction(self, connection: Connection) -> SqlTransaction:
        return SqlTransaction(connection, self._me, self._known, self.behind)

    def _commit(self, works: Sequence[Work]) -> list[Any]:
        """Run works in one transaction, commit, anchor."""
        with self._begin() as connection:
            transaction = self._transaction(connection)
            with as_store_error("to write", self._path):
                results = [work(transaction) for work in works]
                transaction.finish()
            with self._releasing:
                self._release(connection, transaction)
        return results

    def _begin(self) -> Connection:
        with refused_by_disk(), as_store_error("to begin", self._path):
            connection = self._writing.connect()
            try:
                connection.begin()
            except BaseException:
                connection.close()
                raise
            return connection

    def _release(self, connection: Connection, transaction: SqlTransaction) -> None:
        with refused_by_disk(), as_store_error("to commit", self._path):
            connection.commit()
            transaction.names.committed()
            self._erased |= transaction.erased
            for line in transaction.signed.values():
                keep_newest(self._unanchored, line)
            for log in transaction.released:
                self.behind.pop(log, None)
            self._anchor_rest()

    def _anchor_rest(self) -> None:
        """Anchor what is committed and could not be anchored yet; nothing of it leaves before that."""
        if self._unanchored:
            self._anchor.append(self._unanchored.values())
            self._unanchored = {}

    def _tidy(self) -> bool:
        """Take erased contents out of the journal; True while that is still to be done."""
        if self._erased:
            with contextlib.suppress(SQLAlchemyError, sqlite3.Error):
                self._erased = not truncate_journal(self._writing)
        return self._erased

    def _check_anchor(self) -> None:
        # The anchor before the snapshot: else a commit of another process between makes the store seem older.
        anchored = self._anchor.read()
        with as_store_error("to read", self._path), self._reading.connect() as connection:
            logs = SqlLogs(connection, Names(connection, self._known), self._me)
            lacking, self.behind = check(anchored, logs.newest_signed(), logs.root_at)
        if lacking:
            self._anchor.append(lacking)
