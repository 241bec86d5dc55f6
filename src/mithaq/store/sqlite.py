"""The store on SQLite: one directory, one database, an anchor apart (protocol sections 6 and 8).

::

    with contextlib.closing(open_store(directory, me, anchor=elsewhere)) as store:
        size = store.write(lambda transaction: transaction.logs.row(log).size)

* ``write`` returns when its work is committed, then anchored. Works that wait share one commit.
* ``read`` sees one snapshot and blocks nobody. If it looks at heads or cosignatures, it returns when all that
  it may have seen is anchored: a signature that another thread has committed a moment ago does not leave early.
* A log whose store is older than its anchor is in ``behind``; its pair is neither signed nor cosigned until the
  store again holds what the anchor says.
"""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from mithaq.domain.party import LogName, Origin
from mithaq.errors import StoreError
from mithaq.exchange.ports import Transaction
from mithaq.store.anchor import Anchor, Line, check
from mithaq.store.engine import FILE_NAME, as_store_error, make_file, open_reading, open_writing
from mithaq.store.migrate import migrate
from mithaq.store.transaction import SqlTransaction
from mithaq.store.writer import RefusedByDiskError, Work, Writer

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
    with as_store_error("to open", path):
        if create:
            make_file(path)
        elif not path.is_file():
            raise StoreError("there is no store", where=str(path))
        writing, reading = open_writing(path), open_reading(path)
        try:
            with writing.begin() as connection:
                migrate(connection, me)
            return SqliteStore(path, me, writing, reading, Anchor(anchor, create=create))
        except BaseException:
            writing.dispose()
            reading.dispose()
            raise


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
        self._erased = False
        self._closed = False
        self.behind: dict[LogName, Line] = {}
        """Logs that the store could not answer for when it was opened, and what the anchor says of them."""
        self._check_anchor()
        self._writer = Writer(self._commit, self._tidy)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """See ``ports.Store``. Must not be called by a work."""
        return self._writer.write(work)

    def read(self, work: Callable[[Transaction], T]) -> T:
        """See ``ports.Store``.

        Raises:
            StoreError: the database failed, the work tried to write, or what it saw could not be anchored.
        """
        if self._closed:
            raise StoreError("the store is closed")
        with as_store_error("to read", self._path), self._reading.connect() as connection:
            transaction = self._transaction(connection)
            result = work(transaction)
        if transaction.looked:
            with self._releasing:
                if self._unanchored:
                    raise StoreError("signatures are not anchored", todo="see why the anchor's disk refuses")
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
        with as_store_error("to write", self._path), _begin(self._writing) as connection:
            transaction = self._transaction(connection)
            results = [work(transaction) for work in works]
            transaction.close_batches()
            with self._releasing:
                self._release(connection, transaction)
        return results

    def _release(self, connection: Connection, transaction: SqlTransaction) -> None:
        try:
            with as_store_error("to commit", self._path):
                connection.commit()
            transaction.names.committed()
            self._unanchored |= transaction.signed
            self._erased |= transaction.dropped
            if self._unanchored:
                self._anchor.append(self._unanchored.values())
                self._unanchored = {}
        except StoreError as error:
            raise RefusedByDiskError(error.message, where=error.where, got=error.got, todo=error.todo) from error

    def _tidy(self) -> bool:
        ...
