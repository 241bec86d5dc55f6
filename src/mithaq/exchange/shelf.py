"""Objects on their way into a collection: sealed before the transaction, given their times in it."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from mithaq.domain.moment import DAY
from mithaq.exchange import timeline
from mithaq.exchange.collection import Collection, Envelope, Place, Row
from mithaq.exchange.contents import day_of
from mithaq.exchange.envelope import Posted
from mithaq.exchange.identity import Identity
from mithaq.exchange.opener import Opener
from mithaq.exchange.ports import Transaction

PART = 2**16
"""Clear bytes of a part: what one object costs to open; larger parts compress little better."""

Key = tuple[str, int | bytes]


def key(identity: Identity, posted: Posted) -> Key:
    """By what the same version of an object is known: its time, or what it says where it has no versions."""
    if posted.modified:
        return posted.id, timeline.parse("modified", posted.modified)
    return posted.id, _mark(identity, posted)


def _keys(row: Row) -> Iterator[Key]:
    yield row.id, row.version
    if row.mark:
        yield row.id, row.mark


def present(tx: Transaction, collection: Collection, objects: Iterable[Posted]) -> set[Key]:
    """By what the versions of these objects are known that are there."""
    known = tx.collections.versions(collection.id, {each.id for each in objects})
    return {key_ for rows in known.values() for row in rows for key_ in _keys(row)}


def _mark(identity: Identity, posted: Posted) -> bytes:
    """Keyed fingerprint of what an object without versions says, however it is written; else empty."""
    if posted.modified:
        return b""
    return identity.files.mark(msgspec.json.encode(msgspec.json.decode(posted.raw), order="sorted"))


class Shelf:
    """Objects that go into a collection together.

    Args:
        identity: this node.
        collection: where they go.
        objects: what is not there yet.
    """

    def __init__(self, identity: Identity, collection: Collection, objects: Sequence[Posted]) -> None:
        self._identity, self._collection, self._objects = identity, collection, objects
        self._keys = [key(identity, each) for each in objects]
        self._marks = [_mark(identity, each) for each in objects]
        self._places, parts = _lay_out(objects)
        day = day_of(identity.now() + collection.keep_days * DAY)
        opener, name = Opener(identity, collection), identity.random(16)
        sealed = tuple(opener.seal(name, day, i, part) for i, part in enumerate(parts))
        self.envelope = Envelope(name, day, sealed) if objects else None

    def add(self, tx: Transaction, now: int) -> None:
        """Give them times and keep them, but for what somebody else has brought meanwhile."""
        seen = present(tx, self._collection, self._objects)
        each = zip(self._objects, self._keys, self._marks, self._places, strict=True)
        fresh = [(posted, mark, place) for posted, key_, mark, place in each if key_ not in seen]
        if not self.envelope or not fresh:
            return
        times = timeline.times(tx.collections.newest(self._collection.id), now, len(fresh))
        rows = (
            Row(added, posted.id, posted.type, _version(posted, added), mark, place)
            for added, (posted, mark, place) in zip(times, fresh, strict=True)
        )
        tx.collections.add(self._collection.id, self.envelope, rows)


def _version(posted: Posted, added: int) -> int:
    return timeline.parse("modified", posted.modified) if posted.modified else added


def _lay_out(objects: Iterable[Posted]) -> tuple[list[Place], list[bytes]]:
    """Where each goes, and the clear bytes of the parts, which are cut between objects."""
    places, parts, part = list[Place](), list[bytes](), bytearray()
    for each in objects:
        if part and len(part) + len(each.raw) > PART:
            parts.append(bytes(part))
            part.clear()
        places.append(Place(0, len(parts), len(part), len(each.raw)))
        part += each.raw
    return places, [*parts, bytes(part)] if part else parts
