"""One unit of work in SQL: the port ``Transaction``."""

from collections.abc import Mapping

from sqlalchemy import Connection

from mithaq.domain.party import LogName, Origin
from mithaq.exchange.account import Accounts
from mithaq.exchange.collection import Collections
from mithaq.exchange.ports import Bodies, Ledger, Logs, OpenBatch
from mithaq.store.accounts import SqlAccounts
from mithaq.store.anchor import Line
from mithaq.store.bodies import SqlBodies
from mithaq.store.collections import SqlCollections
from mithaq.store.ledger import SqlLedger
from mithaq.store.logs import SqlLogs
from mithaq.store.names import Names


class SqlTransaction:
    """The port ``Transaction``.

    Args:
        connection: in a transaction of its own.
        me: whose store it is.
        known: numbers of logs, shared by all transactions.
        behind: logs that the store could not answer for when it was opened.
    """

    def __init__(
        self,
        connection: Connection,
        me: Origin,
        known: dict[LogName, int],
        behind: Mapping[LogName, Line],
    ) -> None:
        self.names = Names(connection, known)
        self._logs = SqlLogs(connection, self.names, me, behind)
        self._bodies = SqlBodies(connection, self.names)
        self.logs: Logs = self._logs
        self.bodies: Bodies = self._bodies
        self.ledger: Ledger = SqlLedger(connection, self.names)
        self._collections = SqlCollections(connection)
        self.collections: Collections = self._collections
        self._accounts = SqlAccounts(connection)
        self.accounts: Accounts = self._accounts
        self.batches: dict[LogName, OpenBatch] = {}

    @property
    def signed(self) -> dict[LogName, Line]:
        """What has to be anchored before it leaves."""
        return self._logs.signed

    @property
    def released(self) -> set[LogName]:
        """Logs of pairs that have recovered."""
        return self._logs.released

    @property
    def looked(self) -> bool:
        """Whether heads or cosignatures were read."""
        return self._logs.looked

    @property
    def erased(self) -> bool:
        """Whether contents were destroyed."""
        return self._bodies.erased or self._collections.erased or self._accounts.erased

    def finish(self) -> None:
        """Close the batches, in the order in which they were opened, and check what they signed.

        Raises:
            StoreError: what is signed is not what is stored.
        """
        while self.batches:
            self.batches.pop(next(iter(self.batches))).close()
        self._logs.check_signed()
