"""Sealed contents in SQL: the port ``Bodies``."""

import io
from collections.abc import Sequence

from sqlalchemy import Connection, Delete, bindparam, delete, func, insert, select
from sqlalchemy.dialects import sqlite

from mithaq.domain.party import LogName
from mithaq.exchange.ports import BodyKey, StoredBody
from mithaq.store import schema
from mithaq.store.names import Names

CHUNK = 2**20
"""Bytes of a chunk: SQLite and its driver hold each value that they touch two or three times over."""

END_ROWS = 256
"""Contents that one transaction destroys because their day has ended: who sends waits some milliseconds."""

END_BYTES = 16 * 2**20
"""Bytes of contents that it destroys: the journal holds as many zeros, and larger ones make waits long."""

_B, _S, _M, _W = schema.bodies.c, schema.sealed.c, schema.marks.c, schema.wanted.c

_place = _B.log == bindparam("log"), _B.index == bindparam("index"), _B.ordinal == bindparam("ordinal")
_REMOVE = delete(schema.bodies).where(*_place)
_PUT = insert(schema.bodies)
_PUT_CHUNK = insert(schema.sealed)
_GET = select(_B.commit, _B.part, _B.size, _B.day, _B.findings).where(*_place)
_CHUNKS = (
    select(_S.data)
    .where(_S.log == bindparam("log"), _S.index == bindparam("index"), _S.ordinal == bindparam("ordinal"))
    .order_by(_S.chunk)
)
_PRESENT = select(_B.index, _B.ordinal, _B.commit, _B.part, _B.size, _B.day, _B.findings).where(
    _B.log == bindparam("log"), _B.index >= bindparam("start"), _B.index < bindparam("end")
)
_PUT_MARK = insert(schema.marks)
_MARKED = (
    select(schema.logs.c.name, _M.index, _M.ordinal)
    .join(schema.logs, schema.logs.c.id == _M.log)
    .where(_M.mark == bindparam("mark"))
)
_MARK = select(_M.mark).where(
    _M.log == bindparam("log"), _M.index == bindparam("index"), _M.ordinal == bindparam("ordinal")
)
_WANT = sqlite.insert(schema.wanted).on_conflict_do_nothing()
_WANTED = (
    select(_W.index, _W.ordinal)
    .where(_W.log == bindparam("log"))
    .order_by(_W.index, _W.ordinal)
    .limit(bindparam("limit"))
    .offset(bindparam("skip"))
)
_COUNT_WANTED = select(func.count()).select_from(schema.wanted).where(_W.log == bindparam("log"))
_IS_WANTED = select(_W.index).where(
    _W.log == bindparam("log"), _W.index == bindparam("index"), _W.ordinal == bindparam("ordinal")
)
_DAYS = select(_B.day).where(_B.log == bindparam("log")).distinct().order_by(_B.day)
_OF_DAY = (
    select(_B.index)
    .where(_B.log == bindparam("log"), _B.day == bindparam("day"))
    .distinct()
    .order_by(_B.index)
)
_CAME = delete(schema.wanted).where(
    _W.log == bindparam("log"), _W.index == bindparam("index"), _W.ordinal == bindparam("ordinal")
)
_ENDED = (
    select(schema.logs.c.name, _B.log, _B.index, _B.ordinal, _B.size)
    .join(schema.logs, schema.logs.c.id == _B.log)
    .where(_B.day < bindparam("today"))
    .order_by(_B.day)
    .limit(END_ROWS)
)
_OVERDUE = (
    select(_W.index)
    .where(_W.log == bindparam("log"), _W.day < bindparam("today"))
    .distinct()
    .order_by(_W.index)
    .limit(bindparam("limit"))
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
        self._remove(_REMOVE, place)
        values = {
            "commit": body.commit,
            "part": body.part,
            "size": body.size,
            "day": body.day,
            "findings": body.findings,
        }
        self._run(_PUT, place | values)
        for chunk, at in enumerate(range(0, len(body.sealed), CHUNK)):
            self._run(_PUT_CHUNK, place | {"chunk": chunk, "data": body.sealed[at : at + CHUNK]})
        if body.mark:
            self._run(_PUT_MARK, place | {"mark": body.mark})
        self._run(_CAME, place)

    def get(self, key: BodyKey) -> StoredBody | None:
        """See ``ports.Bodies``."""
        place = {"log": self._names.find(key.log), "index": key.index, "ordinal": key.ordinal}
        found = self._run(_GET, place).first()
        if found is None:
            return None
        sealed = io.BytesIO()  # not join, which would hold all chunks beside the whole
        for data in self._run(_CHUNKS, place).scalars():
            sealed.write(data)
        commit, part, size, day, findings = found
        return StoredBody(
            commit=commit,
            part=part,
            size=size,
            day=day,
            findings=findings,
            mark=self._run(_MARK, place).scalar() or b"",
            sealed=sealed.getvalue(),
        )

    def present(self, log: LogName, start: int, end: int) -> dict[tuple[int, int], StoredBody]:
        """See ``ports.Bodies``."""
        found = self._run(_PRESENT, {"log": self._names.find(log), "start": start, "end": end})
        return {
            (index, ordinal): StoredBody(
                commit=commit, part=part, size=size, day=day, findings=findings, sealed=b""
            )
            for index, ordinal, commit, part, size, day, findings in found
        }

    def marked(self, mark: bytes) -> list[BodyKey]:
        """See ``ports.Bodies``."""
        found = self._run(_MARKED, {"mark": mark})
        return [BodyKey(LogName.parse(name), index, ordinal) for name, index, ordinal in found]

    def want(self, log: LogName, bodies: Sequence[tuple[int, int, bytes]], day: int) -> None:
        """See ``ports.Bodies``."""
        if bodies:
            number = self._names.number(log)
            self._run(
                _WANT,
                [
                    {"log": number, "index": index, "ordinal": ordinal, "commit": commit, "day": day}
                    for index, ordinal, commit in bodies
                ],
            )

    def wanted(self, log: LogName, limit: int, skip: int = 0) -> list[tuple[int, int]]:
        """See ``ports.Bodies``."""
        found = self._run(_WANTED, {"log": self._names.find(log), "limit": limit, "skip": skip})
        return [(index, ordinal) for index, ordinal in found]

    def count_wanted(self, log: LogName) -> int:
        """See ``ports.Bodies``."""
        return self._run(_COUNT_WANTED, {"log": self._names.find(log)}).scalar_one()

    def is_wanted(self, key: BodyKey) -> bool:
        """See ``ports.Bodies``."""
        place = {"log": self._names.find(key.log), "index": key.index, "ordinal": key.ordinal}
        return self._run(_IS_WANTED, place).first() is not None

    def unwant(self, log: LogName, index: int) -> None:
        """See ``ports.Bodies``."""
        self._run(_UNWANT, {"log": self._names.find(log), "index": index})

    def days(self, log: LogName) -> list[int]:
        """See ``ports.Bodies``."""
        return list(self._run(_DAYS, {"log": self._names.find(log)}).scalars())

    def of_day(self, log: LogName, day: int) -> list[int]:
        """See ``ports.Bodies``."""
        return list(self._run(_OF_DAY, {"log": self._names.find(log), "day": day}).scalars())

    def drop(self, log: LogName, index: int) -> None:
        """See ``ports.Bodies``."""
        self._remove(_DROP, {"log": self._names.find(log), "index": index})
        self.unwant(log, index)

    def end(self, today: int) -> list[BodyKey]:
        """See ``ports.Bodies``."""
        room, ended = END_BYTES, list[BodyKey]()
        for name, log, index, ordinal, size in self._run(_ENDED, {"today": today}).all():
            room -= size
            if room < 0 and ended:
                break
            self._remove(_REMOVE, {"log": log, "index": index, "ordinal": ordinal})
            ended.append(BodyKey(LogName.parse(name), index, ordinal))
        return ended

    def overdue(self, log: LogName, today: int, limit: int) -> list[int]:
        """See ``ports.Bodies``."""
        key = {"log": self._names.find(log), "today": today, "limit": limit}
        return list(self._run(_OVERDUE, key).scalars())

    def _remove(self, statement: Delete, place: dict[str, int]) -> None:
        """Destroy contents; their chunks go with them."""
        if self._run(statement, place).rowcount:
            self.erased = True
