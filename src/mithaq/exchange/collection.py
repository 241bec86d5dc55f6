"""Collections of STIX objects that tools read and write over TAXII 2.1, and where they are kept.

A **domestic** root holds collections that an operator makes by hand for the authority's own agencies; nothing
in them leaves the node. Objects lie in envelopes as they came, sealed in parts under the key of the day on
which they end; a row for each object says in which part, and where, its bytes are.
"""

import re
from collections.abc import Collection as Many
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from mithaq.errors import UsageError

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
"""Names of roots and accounts, and aliases of collections: they stand in URLs as they are."""
TITLE_MAX = 200
KEEP_MAX = 3_660
"""Days that a collection keeps an object: ten years; nothing is kept for ever."""
CONTENT_MAX = 10 * 2**20
"""Bytes of one envelope that is posted (TAXII ``max_content_length``)."""


def check_slug(where: str, value: str) -> None:
    """Raises UsageError if ``value`` cannot stand in a URL as a name."""
    if not SLUG.fullmatch(value):
        raise UsageError(
            "not a name", where=where, expected="1 to 64 of a-z, 0-9 and hyphens between", got=value
        )


def _check_title(where: str, value: str) -> None:
    if not (0 < len(value) <= TITLE_MAX and value.isprintable()):
        raise UsageError("not a title", where=where, expected=f"1 to {TITLE_MAX} characters", got=value)


@dataclass(frozen=True, slots=True)
class Root:
    """An API root (TAXII 4.2).

    Args:
        name: its name in URLs.
        title: for people.
    """

    name: str
    title: str

    def __post_init__(self) -> None:
        check_slug("root", self.name)
        _check_title("title", self.title)


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection (TAXII 5.2).

    Args:
        id: a UUID in lower case.
        root: the name of its API root.
        alias: another name in URLs, or empty.
        title: for people.
        keep_days: how long it keeps an object.
    """

    id: str
    root: str
    alias: str
    title: str
    keep_days: int

    def __post_init__(self) -> None:
        if self.alias:
            check_slug("alias", self.alias)
        _check_title("title", self.title)
        if not 1 <= self.keep_days <= KEEP_MAX:
            raise UsageError(
                "not a time to keep", where="keep_days", expected=f"1 to {KEEP_MAX}", got=self.keep_days
            )


class Place(NamedTuple):
    """Where an object's bytes are: the envelope, which of its parts, from which byte, how many."""

    envelope: int
    part: int
    offset: int
    length: int


class Row(NamedTuple):
    """One version of an object in a collection.

    Attributes:
        added: when it was added, microseconds since 1970; unique in its collection, and rising.
        id: as written.
        type: as written.
        version: ``modified`` in microseconds, or ``added`` where an object has no versions.
        mark: keyed fingerprint of its bytes.
        place: where they are.
    """

    added: int
    id: str
    type: str
    version: int
    mark: bytes
    place: Place


@dataclass(frozen=True, slots=True)
class Envelope:
    """Objects that came together, at rest.

    Args:
        name: 16 random bytes that its parts are bound to.
        day: days since 1970-01-01 UTC of its end: which day key seals it.
        parts: sealed bytes of each part.
    """

    name: bytes
    day: int
    parts: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which versions of which objects are asked for (TAXII 3.4).

    Args:
        after: only what was added later, in microseconds.
        ids: only these; empty for all.
        types: only these; empty for all.
        versions: of each object, ``first``, ``last`` or ``all``, and times in microseconds.
        spec_versions: only these; empty for all.
    """

    after: int = 0
    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    versions: tuple[str | int, ...] = ("last",)
    spec_versions: tuple[str, ...] = ()


class Collections(Protocol):
    """Where roots, collections and their objects are kept; a part of a transaction."""

    def roots(self) -> list[Root]:
        """Every root, by name."""
        ...

    def put_root(self, root: Root) -> None:
        """Add or change a root."""
        ...

    def collections(self, root: str) -> list[Collection]:
        """The collections of a root, oldest first."""
        ...

    def put_collection(self, collection: Collection) -> None:
        """Add or change a collection."""
        ...

    def drop_collection(self, collection: str) -> None:
        """Destroy a collection with all that is in it."""
        ...

    def newest(self, collection: str) -> int:
        """When something was last added, in microseconds; also if it has gone since."""
        ...

    def versions(self, collection: str, ids: Many[str]) -> dict[str, list[Row]]:
        """What is there of these objects."""
        ...

    def add(self, collection: str, envelope: Envelope, rows: Iterable[Row]) -> None:
        """Keep an envelope and its rows, whose places name envelope 0; the times rise from ``newest``."""
        ...

    def page(self, collection: str, wanted: Filter, limit: int) -> list[Row]:
        """The first rows that are wanted, by time added."""
        ...

    def has(self, collection: str, id_: str) -> bool:
        """Whether any version of an object is there."""
        ...

    def parts(self, places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], tuple[bytes, int, bytes]]:
        """Name and day of the envelope, and sealed bytes, of parts by envelope and number."""
        ...

    def put_part(self, envelope: int, part: int, sealed: bytes) -> None:
        """Put other bytes in the place of a part."""
        ...

    def remove(self, collection: str, rows: Sequence[Row]) -> None:
        """Take rows out; an envelope goes with its last row."""
        ...

    def days(self) -> list[int]:
        """The days on which envelopes end."""
        ...

    def drop_day(self, day: int) -> None:
        """Destroy every envelope of a day."""
        ...

    def end(self, today: int) -> int:
        """Destroy some envelopes whose day is before ``today``; how many."""
        ...
