"""What tools do with collections: the one door for TAXII (docs/adr/0015).

Success means durable. An object that is refused fails alone; one that is there already succeeds and changes
nothing.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import msgspec

from mithaq.domain.findings import Problem
from mithaq.domain.moment import DAY
from mithaq.exchange import cursor, envelope, timeline
from mithaq.exchange.account import Account
from mithaq.exchange.collection import Collection, Filter, Place, Row
from mithaq.exchange.contents import day_name, day_of
from mithaq.exchange.envelope import Posted
from mithaq.exchange.identity import Identity
from mithaq.exchange.opener import Opener
from mithaq.exchange.ports import Store, Transaction
from mithaq.exchange.shelf import Shelf, key, present

SPEC_VERSION = "2.1"
"""Of every object that is kept: what is older is refused."""
STATUS_DAYS = 2
"""How long it is told what became of a post: twice the 24 hours that TAXII asks for (4.3)."""


class Outcome(msgspec.Struct, omit_defaults=True):
    """What became of one object (TAXII 4.3.1)."""

    id: str
    version: str
    message: str = ""


class Status(msgspec.Struct):
    """What became of a post (TAXII 4.3)."""

    id: str
    status: str
    request_timestamp: str
    total_count: int
    success_count: int
    successes: list[Outcome]
    failure_count: int
    failures: list[Outcome]
    pending_count: int = 0
    pendings: list[Outcome] = []


@dataclass(frozen=True, slots=True)
class Page:
    """Rows that were asked for.

    Args:
        rows: by time added.
        next: where to go on, or empty when these are all.
    """

    rows: list[Row]
    next: str = ""


class Library:
    """Collections of one node.

    Args:
        identity: this node.
        store: where it keeps things.
    """

    def __init__(self, identity: Identity, store: Store) -> None:
        self._identity = identity
        self._store = store

    # --- reading ------------------------------------------------------------------------------------------

    def page(self, collection: Collection, wanted: Filter, limit: int, next_: str = "") -> Page:
        """The next rows that are wanted.

        Args:
            collection: where.
            wanted: which.
            limit: at most so many.
            next_: where the page before said to go on, or empty.

        Raises:
            MalformedError: ``next_`` is none of ours, or was given with other filters.
        """
        return self._store.read(lambda tx: _page(tx, collection, wanted, limit, next_))

    def has(self, collection: Collection, id_: str) -> bool:
        """Whether any version of an object is there."""
        return self._store.read(lambda tx: tx.collections.has(collection.id, id_))

    def objects(
        self, collection: Collection, wanted: Filter, limit: int, next_: str = ""
    ) -> tuple[Page, list[bytes]]:
        """The same, with the bytes of the objects as they came; what has ended is left out.

        Raises:
            MalformedError: as ``page``.
            KeyStoreError, ForgedError: what is stored was changed, or its key is not here.
        """

        def work(tx: Transaction) -> tuple[Page, dict[tuple[int, int], tuple[bytes, int, bytes]]]:
            page = _page(tx, collection, wanted, limit, next_)
            places = dict.fromkeys((row.place.envelope, row.place.part) for row in page.rows)
            return page, tx.collections.parts(places)

        page, found = self._store.read(work)
        opener = Opener(self._identity, collection)
        clear = {place: opener.open(place, *sealed) for place, sealed in found.items()}
        return page, [
            part[row.place.offset : row.place.offset + row.place.length]
            for row in page.rows
            if (part := clear.get((row.place.envelope, row.place.part)))
        ]

    # --- adding -------------------------------------------------------------------------------------------

    def add(self, account: Account, collection: Collection, data: bytes) -> Status:
        """Keep the objects of an envelope; when this returns, they are durable.

        Raises:
            MalformedError, LimitError: it is no envelope.
            StoreError, KeyStoreError: the disk refuses; nothing was kept.
        """
        now = self._identity.now_microseconds()
        posted = envelope.read(data)
        problems = dict(sorted(envelope.refused(posted).items()))
        good = [each for at, each in enumerate(posted) if at not in problems]
        status = self._status(now, posted, problems)
        shelf = Shelf(self._identity, collection, self._fresh(collection, good))

        def work(tx: Transaction) -> None:
            shelf.add(tx, now)
            at, told = now // 1_000_000, msgspec.json.encode(_kept(status, problems.values()))
            tx.accounts.put_status(status.id, collection.id, account.name, at, told)

        self._store.write(work)
        return status

    def _fresh(self, collection: Collection, good: Sequence[Posted]) -> list[Posted]:
        """Those that are not there yet, each once."""
        keys = dict(zip((key(self._identity, each) for each in good), good, strict=True))
        seen = self._store.read(lambda tx: present(tx, collection, good))
        return [each for key_, each in keys.items() if key_ not in seen]

    def _status(self, now: int, posted: Sequence[Posted], problems: Mapping[int, Problem]) -> Status:
        outcomes = [Outcome(each.id or "unknown", each.modified or timeline.written(now)) for each in posted]
        failures = [
            msgspec.structs.replace(outcomes[at], message=f"{problem.path}: {problem.message}")
            for at, problem in problems.items()
        ]
        successes = [each for at, each in enumerate(outcomes) if at not in problems]
        return Status(
            id=str(uuid.UUID(bytes=self._identity.random(16), version=4)),
            status="complete",
            request_timestamp=timeline.written(now),
            total_count=len(posted),
            success_count=len(successes),
            successes=successes,
            failure_count=len(failures),
            failures=failures,
        )

    def status(self, account: Account, id_: str) -> bytes | None:
        """What became of a post of this account, as JSON; None where nothing is known of it."""
        return self._store.read(lambda tx: tx.accounts.status(id_, account.name))

    # --- removing -----------------------------------------------------------------------------------------

    def remove(self, collection: Collection, wanted: Filter) -> int:
        """Destroy what is wanted, its bytes too; how many versions."""
        rows = self._store.read(lambda tx: tx.collections.page(collection.id, wanted, -1))
        opener = Opener(self._identity, collection)

        def work(tx: Transaction) -> None:
            gone = defaultdict[tuple[int, int], list[Place]](list)
            for row in rows:
                gone[row.place.envelope, row.place.part].append(row.place)
            tx.collections.remove(collection.id, rows)
            for place, sealed in tx.collections.parts(gone).items():
                rest = opener.without(place, *sealed, gone[place])
                if rest:
                    tx.collections.put_part(*place, rest)

        self._store.write(work)
        return len(rows)

    def drop_lost(self) -> int:
        """Drop objects whose day key is gone before its day, for they open never again; of how many days.

        To be called before anything is sealed: a new key of the same name would hide that the old is gone.
        """
        files, today = set(self._identity.files.names("day")), day_of(self._identity.now())
        days = self._store.read(lambda tx: tx.collections.days())
        lost = [day for day in days if day >= today and day_name(day) not in files]
        for day in lost:
            self._store.write(partial(_drop_day, day=day))
        return len(lost)

    def end(self) -> None:
        """Destroy what has ended, and forget old statuses."""
        today = day_of(self._identity.now())
        while self._store.write(lambda tx: tx.collections.end(today)):
            pass
        before = self._identity.now() - STATUS_DAYS * DAY
        self._store.write(lambda tx: tx.accounts.drop_statuses(before))


def _kept(status: Status, problems: Iterable[Problem]) -> Status:
    """A status as it is kept, unsealed: where and by which code; a message may quote what was refused."""
    places = [f"{problem.path}: {problem.code}" for problem in problems]
    failures = [
        msgspec.structs.replace(each, message=place)
        for each, place in zip(status.failures, places, strict=True)
    ]
    return msgspec.structs.replace(status, failures=failures)


def _drop_day(tx: Transaction, day: int) -> None:
    tx.collections.drop_day(day)


def _page(tx: Transaction, collection: Collection, wanted: Filter, limit: int, next_: str) -> Page:
    start = replace(wanted, after=cursor.read(next_, wanted)) if next_ else wanted
    if wanted.spec_versions and SPEC_VERSION not in wanted.spec_versions:
        return Page([])
    rows = tx.collections.page(collection.id, start, limit + 1)
    more = len(rows) > limit
    return Page(rows[:limit], cursor.write(wanted, rows[limit - 1].added) if more else "")
