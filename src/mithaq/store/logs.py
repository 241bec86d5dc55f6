"""Heads, cosignatures and what has to be anchored, in SQL: the port ``Logs``."""

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from mithaq.domain.party import LogName, Origin
from mithaq.errors import BehindError, StoreError
from mithaq.exchange.ports import Cosignature, Head
from mithaq.store import schema
from mithaq.store.anchor import Line, keep_newest
from mithaq.store.entries import SqlEntries
from mithaq.store.names import Names

_L, _H, _C = schema.logs.c, schema.heads.c, schema.cosignatures.c

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


class SqlLogs(SqlEntries):
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
        super().__init__(connection, names)
        self._me = me
        self._behind = behind
        self.signed: dict[LogName, Line] = {}
        """The newest head or cosignature of our own keys for each log that this transaction has kept."""
        self.released: set[LogName] = set()
        """Logs of pairs that have recovered in this transaction."""
        self.looked = False
        """Whether heads or cosignatures were read, which must not leave before they are anchored."""

    def put_head(self, log: LogName, head: Head) -> None:
        """See ``ports.Logs``. Anchored if the log is our own.

        Raises:
            StoreError: another root is kept for this size.
            BehindError: the log is our own, and the store is older than its anchor.
        """
        if log.author == self._me:
            self._sign(Line(log, head.size, head.root))
        self.restore_head(log, head)

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

    def newest_cosignature(self, log: LogName) -> Cosignature | None:
        """See ``ports.Logs``."""
        self.looked = True
        found = self._run(_NEWEST_COSIGNATURE, {"log": self._names.find(log)}).first()
        return Cosignature(*found) if found else None

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

    def lacks(self, log: LogName) -> tuple[int, bytes] | None:
        """See ``ports.Logs``."""
        line = None if log in self.released else self._behind.get(log)
        return (line.size, line.root) if line else None

    def restore_head(self, log: LogName, head: Head) -> None:
        """See ``ports.Logs``.

        Raises:
            StoreError: another root is kept for this size.
        """
        values = {"log": self._names.number(log), "size": head.size, "root": head.root, "note": head.note}
        self._only_root(self._run(_PUT_HEAD, values).rowcount, log, head.size)

    def check_whole(self, log: LogName) -> None:
        """See ``ports.Logs``."""
        for each in (log, log.other):
            if anchored := self.lacks(each):
                raise BehindError(
                    "the store is older than its anchor",
                    where=str(each),
                    expected=f"size {anchored[0]} or more and the anchored root there",
                    got=f"size {self.row(each).size}",
                    todo="let the partner give back what lacks; mithaq node status says how far it is",
                )

    def recovered(self, own: LogName) -> None:
        """See ``ports.Logs``."""
        for log in (own, own.other):
            anchored = self.lacks(log)
            if anchored and self.root_at(log, anchored[0]) == anchored[1]:
                self.released.add(log)
        self.check_whole(own)

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
        self.check_whole(line.log)
        keep_newest(self.signed, line)

    @staticmethod
    def _only_root(rows: int, log: LogName, size: int) -> None:
        if rows != 1:
            raise StoreError("another root is kept for this size", where=f"{log} at size {size}")
