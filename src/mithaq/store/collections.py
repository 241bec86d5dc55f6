"""Roots, collections and their objects in SQL: the port ``Collections``.

A page is found by (collection, time added), the key of ``objects``: the last one costs what the first does.
Whether a version is the last or first of its object is asked of the index by id, for each row of the page.
"""

from collections import defaultdict
from collections.abc import Collection as Many
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, insert, or_, select, update
from sqlalchemy.dialects import sqlite

from mithaq.exchange.collection import Collection, Envelope, Filter, Place, Root, Row
from mithaq.store import schema

T = TypeVar("T")

END_ENVELOPES = 64
"""Envelopes that one transaction destroys because their day has ended."""
NAMES = 500
"""Values that one statement names."""

_C, _E, _P, _O = schema.collections.c, schema.envelopes.c, schema.parts.c, schema.objects.c
_OTHER = schema.objects.alias("other")
_ROW = (_O.added, _O.id, _O.type, _O.version, _O.mark, _O.envelope, _O.part, _O.offset, _O.length)
_COLLECTION = (_C.id, _C.root, _C.alias, _C.title, _C.keep_days)

_NUMBER = select(_C.number).where(_C.id == bindparam("id"))
_NEWEST = select(_C.newest).where(_C.id == bindparam("id"))
_BY_ID = select(*_ROW).where(
    _O.collection == bindparam("collection"), _O.id.in_(bindparam("ids", expanding=True))
)
_HAS = select(_O.added).where(_O.collection == bindparam("collection"), _O.id == bindparam("id")).limit(1)
_ENVELOPE = insert(schema.envelopes).returning(_E.number)
_ADD = insert(schema.objects)
_PART = (
    select(_E.name, _E.day, _P.sealed)
    .join(schema.parts, _P.envelope == _E.number)
    .where(_P.envelope == bindparam("envelope"), _P.part == bindparam("part"))
)
_LEFT = select(_O.added).where(_O.envelope == bindparam("envelope")).limit(1)
_ENDED = select(_E.number).where(_E.day < bindparam("today")).limit(END_ENVELOPES)


class SqlCollections:
    """The port ``Collections`` in one transaction.

    Args:
        connection: of the transaction.
    """

    def __init__(self, connection: Connection) -> None:
        self._run = connection.execute
        self.erased = False
        """Whether objects were destroyed: their bytes have to leave the journal too."""

    def roots(self) -> list[Root]:
        """See ``collection.Collections``."""
        found = self._run(select(schema.roots).order_by(schema.roots.c.name))
        return [Root(name, title) for name, title in found]

    def put_root(self, root: Root) -> None:
        """See ``collection.Collections``."""
        row = sqlite.insert(schema.roots).values(name=root.name, title=root.title)
        self._run(row.on_conflict_do_update(index_elements=["name"], set_={"title": root.title}))

    def collections(self, root: str) -> list[Collection]:
        """See ``collection.Collections``."""
        found = self._run(select(*_COLLECTION).where(_C.root == root).order_by(_C.number))
        return [Collection(*row) for row in found]

    def put_collection(self, collection: Collection) -> None:
        """See ``collection.Collections``."""
        values = {name: getattr(collection, name) for name in ("root", "alias", "title", "keep_days")}
        row = sqlite.insert(schema.collections).values(id=collection.id, newest=0, **values)
        self._run(row.on_conflict_do_update(index_elements=["id"], set_=values))

    def drop_collection(self, collection: str) -> None:
        """See ``collection.Collections``."""
        self._run(delete(schema.collections).where(_C.id == collection))
        self.erased = True

    def newest(self, collection: str) -> int:
        """See ``collection.Collections``."""
        return self._run(_NEWEST, {"id": collection}).scalar_one()

    def versions(self, collection: str, ids: Many[str]) -> dict[str, list[Row]]:
        """See ``collection.Collections``."""
        number, found = self._number(collection), defaultdict[str, list[Row]](list)
        for some in _some(list(ids)):
            for row in _rows(self._run(_BY_ID, {"collection": number, "ids": some})):
                found[row.id].append(row)
        return found

    def add(self, collection: str, envelope: Envelope, rows: Iterable[Row]) -> None:
        """See ``collection.Collections``."""
        number = self._number(collection)
        values = {"collection": number, "name": envelope.name, "day": envelope.day}
        at = cast("int", self._run(_ENVELOPE, values).scalar_one())
        parts = [{"envelope": at, "part": i, "sealed": each} for i, each in enumerate(envelope.parts)]
        self._run(insert(schema.parts), parts)
        written = [_values(number, at, row) for row in rows]
        self._run(_ADD, written)
        newest = max(each["added"] for each in written)
        self._run(update(schema.collections).where(_C.number == number).values(newest=newest))

    def page(self, collection: str, wanted: Filter, limit: int) -> list[Row]:
        """See ``collection.Collections``."""
        number = self._number(collection)
        query = select(*_ROW).where(_O.collection == number, _O.added > wanted.after)
        for column, values in ((_O.id, wanted.ids), (_O.type, wanted.types)):
            if values:
                query = query.where(column.in_(values))
        if "all" not in wanted.versions:
            query = query.where(or_(*map(_version, wanted.versions)))
        return _rows(self._run(query.order_by(_O.added).limit(limit)))

    def has(self, collection: str, id_: str) -> bool:
        """See ``collection.Collections``."""
        found = self._run(_HAS, {"collection": self._number(collection), "id": id_})
        return found.first() is not None

    def parts(self, places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], tuple[bytes, int, bytes]]:
        """See ``collection.Collections``."""
        found: dict[tuple[int, int], tuple[bytes, int, bytes]] = {}
        for envelope, part in places:
            row = self._run(_PART, {"envelope": envelope, "part": part}).first()
            if row is not None:
                found[envelope, part] = row[0], row[1], row[2]
        return found

    def put_part(self, envelope: int, part: int, sealed: bytes) -> None:
        """See ``collection.Collections``."""
        self._run(update(schema.parts).where(_P.envelope == envelope, _P.part == part).values(sealed=sealed))
        self.erased = True

    def remove(self, collection: str, rows: Sequence[Row]) -> None:
        """See ``collection.Collections``."""
        number = self._number(collection)
        for some in _some([row.added for row in rows]):
            self._run(delete(schema.objects).where(_O.collection == number, _O.added.in_(some)))
        for envelope in {row.place.envelope for row in rows}:
            if self._run(_LEFT, {"envelope": envelope}).first() is None:
                self._run(delete(schema.envelopes).where(_E.number == envelope))
        self.erased = True

    def days(self) -> list[int]:
        """See ``collection.Collections``."""
        return list(self._run(select(_E.day).distinct().order_by(_E.day)).scalars())

    def drop_day(self, day: int) -> None:
        """See ``collection.Collections``."""
        self._run(delete(schema.envelopes).where(_E.day == day))
        self.erased = True

    def end(self, today: int) -> int:
        """See ``collection.Collections``."""
        ended = list(self._run(_ENDED, {"today": today}).scalars())
        self._run(delete(schema.envelopes).where(_E.number.in_(ended)))
        self.erased |= bool(ended)
        return len(ended)

    def _number(self, collection: str) -> int:
        """Its number inside; -1 for one that is not there, which holds nothing."""
        number = self._run(_NUMBER, {"id": collection}).scalar()
        return -1 if number is None else number


def _version(wanted: str | int) -> ColumnElement[bool]:
    """Whether a row is the first or last version of its object, or this one."""
    if isinstance(wanted, int):
        return _O.version == wanted
    other = _OTHER.c
    beyond = other.version < _O.version if wanted == "first" else other.version > _O.version
    return ~exists().where(other.collection == _O.collection, other.id == _O.id, beyond)


def _values(collection: int, envelope: int, row: Row) -> dict[str, Any]:
    added, id_, type_, version, mark, place = row
    return {
        "collection": collection,
        "added": added,
        "id": id_,
        "type": type_,
        "version": version,
        "mark": mark,
        "envelope": envelope,
        "part": place.part,
        "offset": place.offset,
        "length": place.length,
    }


def _rows(found: Iterable[Any]) -> list[Row]:
    return [
        Row(added, id_, type_, version, mark, Place(*place))
        for added, id_, type_, version, mark, *place in found
    ]


def _some(names: Sequence[T]) -> Iterator[Sequence[T]]:
    return (names[at : at + NAMES] for at in range(0, len(names), NAMES))
