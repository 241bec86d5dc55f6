"""Sealed contents in SQL: the port ``Bodies``."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from mithaq.domain.party import LogName
from mithaq.exchange.ports import BodyKey, StoredBody
from mithaq.store import schema
from mithaq.store.names import Names

_B, _W = schema.bodies.c, schema.wanted.c

_put = insert(schema.bodies)
_PUT = _put.on_conflict_do_update(
    index_elements=[_B.log, _B.index, _B.ordinal],
    set_={name: _put.excluded[name] for name in ("commit", "part", "size", "day", "findings", "sealed")},
)
_GET = select(_B.commit, _B.size, _B.day, _B.sealed, _B.findings, _B.part).where(
    _B.log == bindparam("log"), _B.index == bindparam("index"), _B.ordinal == bindparam("ordinal")
)
_PRESENT = select(_B.index, _B.ordinal, _B.commit, _B.part, _B.size, _B.day, _B.findings).where(
    _B.log == bindparam("log"), _B.index >= bindparam("start"), _B.index < bindparam("end")
)
_WANT = insert(schema.wanted).on_conflict_do_nothing()
_WANTED = (
    select(_W.index, _W.ordinal)
    .where(_W.log == bindparam("log"))
    .order_by(_W.index, _W.ordinal)
    .limit(bindparam("limit"))
)
_CAME = delete(schema.wanted).where(
    _W.log == bindparam("log"), _W.index == bindparam("index"), _W.ordinal == bindparam("ordinal")
)
_DROP = delete(schema.bodies).where(_B.log == bindparam("log"), _B.index == bindparam("index"))
_UNWANT = delete(schema.wanted).where(_W.log == bindparam("log"), _W.index == bindparam("index"))


class SqlBodies:
    """The port ``Bodies`` in one transaction.

    Args:
        connection: of the transaction.
        names: numbers of logs.
    """

    def __init__(self, connection: Connection, names: Names) -> None:
        self._run = connection.execute
        self._names = names
        self.erased = False
        """Whether contents were destroyed: their bytes have to leave the journal too."""

    def put(self, key: BodyKey, body: StoredBody) -> None:
        """See ``ports.Bodies``."""
        place = {"log": self._names.number(key.log), "index": key.index, "ordinal": key.ordinal}
        values = {
            "commit": body.commit,
            "part": body.part,
            "size": body.size,
            "day": body.day,
            "findings": body.findings,
            "sealed": body.sealed,
        }
        self._run(_PUT, place | values)
        self._run(_CAME, place)

    def get(self, key: BodyKey) -> StoredBody | None:
        """See ``ports.Bodies``."""
        place = {"log": self._names.find(key.log), "index": key.index, "ordinal": key.ordinal}
        found = self._run(_GET, place).first()
        return StoredBody(*found) if found else None

    def present(self, log: LogName, start: int, end: int) -> dict[tuple[int, int], StoredBody]:
        """See ``ports.Bodies``."""
        found = self._run(_PRESENT, {"log": self._names.find(log), "start": start, "end": end})
        return {
            (index, ordinal): StoredBody(commit, size, day, b"", findings, part)
            for index, ordinal, commit, part, size, day, findings in found
        }

    def want(self, log: LogName, bodies: Sequence[tuple[int, int, bytes]]) -> None:
        """See ``ports.Bodies``."""
        if bodies:
            number = self._names.number(log)
            self._run(
                _WANT,
                [
                    {"log": number, "index": index, "ordinal": ordinal, "commit": commit}
                    for index, ordinal, commit in bodies
                ],
            )

    def wanted(self, log: LogName, limit: int) -> list[tuple[int, int]]:
        """See ``ports.Bodies``."""
        found = self._run(_WANTED, {"log": self._names.find(log), "limit": limit})
        return [(index, ordinal) for index, ordinal in found]

    def drop(self, log: LogName, index: int) -> None:
        """See ``ports.Bodies``."""
        place = {"log": self._names.find(log), "index": index}
        if self._run(_DROP, place).rowcount:
            self.erased = True
        self._run(_UNWANT, place)
