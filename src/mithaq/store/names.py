"""The numbers by which logs go inside the store."""

from sqlalchemy import Connection, bindparam, insert, select

from mithaq.domain.party import LogName
from mithaq.store.schema import logs

_FIND = select(logs.c.id).where(logs.c.name == bindparam("name"))
_ADD = insert(logs).values(size=0, edge=b"", state=b"").returning(logs.c.id)


class Names:
    """The numbers of logs, in one transaction.

    Args:
        connection: of the transaction.
        known: those that are committed; shared by all transactions, since a number never changes.
    """

    def __init__(self, connection: Connection, known: dict[LogName, int]) -> None:
        self._connection = connection
        self._known = known
        self._new: dict[LogName, int] = {}

    def find(self, log: LogName) -> int:
        """The log's number; 0, which no log has, where nothing is kept about it."""
        number = self._known.get(log) or self._new.get(log)
        if number is None:
            found = self._connection.execute(_FIND, {"name": str(log)}).scalar()
            if found is None:
                return 0
            number = self._known[log] = found
        return number

    def number(self, log: LogName) -> int:
        """The log's number, given now if it has none."""
        number = self.find(log)
        if not number:
            number = self._connection.execute(_ADD, {"name": str(log)}).scalar_one()
            self._new[log] = number
        return number

    def committed(self) -> None:
        """Let other transactions know the numbers that this one gave."""
        self._known.update(self._new)
