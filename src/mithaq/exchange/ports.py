"""What the use cases need from outside, and nothing of how it is done.

Three ports of a few verbs each stand behind one ``Store``; a use case is one function of a ``Transaction``:

* ``Logs``: entries, tiles and signed heads of own logs and mirrors;
* ``Bodies``: sealed contents, apart from entries because they end earlier;
* ``Ledger``: what the fold of a pair has come to, notes, and the partner.

``Store.write`` returns when the work is **committed, then anchored** (protocol 6): only then may a signature
leave. The store may put several works into one commit, and runs them again one by one if one of them fails;
so a work has no effect but through its transaction, and can be repeated.

Rows are values. Everything about a pair is named by its **own log**, ``LogName(me, partner, n)``.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from mithaq.domain.party import LogName, Origin
from mithaq.domain.record import EntryRef, LogState, Thing
from mithaq.exchange.account import Accounts
from mithaq.exchange.collection import Collections
from mithaq.tlog.merkle import Frontier

T = TypeVar("T")

Clock = Callable[[], float]
"""POSIX time in seconds with a fraction."""
Random = Callable[[int], bytes]
"""So many random bytes from the operating system."""


@dataclass(frozen=True, slots=True)
class LogRow:
    """Where a log stands.

    Args:
        name: the log.
        frontier: size and right edge of its tree (the root follows from it).
        state: what the fold keeps of it.
    """

    name: LogName
    frontier: Frontier
    state: LogState

    @property
    def size(self) -> int:
        """Entries in the log."""
        return self.frontier.size


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry at its place, with what the fold made of it."""

    index: int
    data: bytes
    leaf: bytes
    kind: str
    outcome: bytes
    digest: bytes
    """d(index + 1) of protocol 11: the running digest after this entry."""


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head: the size that it covers, its root, and the bytes of the note."""

    size: int
    root: bytes
    note: bytes


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A mirror's two signature lines over a head of this size and root (bytes as they travel)."""

    size: int
    root: bytes
    time: int
    lines: bytes


@dataclass(frozen=True, slots=True)
class BodyKey:
    """A place for one content: the entry's index in its log, and the ordinal among its bodies."""

    log: LogName
    index: int
    ordinal: int


@dataclass(frozen=True, slots=True)
class StoredBody:
    """One content at rest.

    Args:
        commit: the commitment that it matches, 32 bytes.
        size: bytes of the clear content.
        day: days since 1970-01-01 UTC of ``keep_until``: which day key seals it.
        sealed: salt and content, sealed (``crypto.sealing``).
        findings: what ``formats`` saw in it, encoded; judged again without opening it.
        part: SHA-256 of salt and content, as our pouches' manifests name it; empty for the partner's.
        mark: keyed fingerprint of the content, by which the same content is found again (``Bodies.marked``);
            empty where many are read at once (``Bodies.present``).
    """

    commit: bytes
    size: int
    day: int
    sealed: bytes
    findings: bytes
    part: bytes = b""
    mark: bytes = b""


@dataclass(frozen=True, slots=True)
class Partner:
    """What a node keeps of one partner.

    Args:
        own: the own log for this partner.
        url: where its node answers, or empty: it asks us, or files are carried.
        card: the note of its card in force, as bytes.
        sealing: the newest sealing key in its log that we store, or empty before its first ``keys``.
        newest: the highest ``n`` of a pouch seen from it.
        sent: the highest ``n`` that we have used.
        have: how much of our log it stores, as it said in its newest pouch: more than we have after a loss.
        problem: why this pair has stopped (fork evidence), or empty.
        previous: its card before, while pouches under that card's node keys may still be under way.
    """

    own: LogName
    url: str
    card: bytes
    sealing: bytes = b""
    newest: int = 0
    sent: int = 0
    have: int = 0
    problem: str = ""
    previous: bytes = b""

    @property
    def origin(self) -> Origin:
        """The partner."""
        return self.own.reader

    @property
    def mirror(self) -> LogName:
        """The partner's log, which we mirror."""
        return self.own.other


@dataclass(frozen=True, slots=True)
class Clocks:
    """What a pair knows of its two clocks, POSIX seconds (docs/adr/0014).

    Args:
        theirs: the partner's clock, as its newest pouch said; 0 before the first.
        floor: the newest ``held.time`` in the partner's log that our clock could confirm.
    """

    theirs: int = 0
    floor: int = 0


@dataclass(frozen=True, slots=True)
class SealingRow:
    """One of our own sealing keys for a pair.

    Args:
        public: 1,216 bytes.
        index: of the ``keys`` entry that announced it.
        entered: when, POSIX seconds.
        acknowledged: when the partner was seen to have that entry; 0 while it was not.
    """

    public: bytes
    index: int
    entered: int
    acknowledged: int = 0


@dataclass(frozen=True, slots=True)
class DefaultHandling:
    """What a person decided for contents without marks of their own that go to one partner in one field.

    Args:
        field: of the signed text.
        tlp: a level of TLP 2.0.
        pap: a level of PAP, or empty.
        at: when it was set, POSIX seconds.
    """

    field: str
    tlp: str
    pap: str = ""
    at: int = 0


class Logs(Protocol):
    """Entries, tiles and heads, by log."""

    def row(self, log: LogName) -> LogRow:
        """Where the log stands; an empty log where there is none yet."""
        ...

    def append(
        self, row: LogRow, expected: int, entries: Sequence[EntryRow], tiles: Iterable[tuple[int, int, bytes]]
    ) -> None:
        """Add entries and set the row, if the log's size is still ``expected``.

        Raises:
            BusyError: somebody else appended first.
        """
        ...

    def entries(self, log: LogName, start: int, end: int) -> list[EntryRow]:
        """Entries from ``start`` up to and without ``end``, in order."""
        ...

    def tile(self, log: LogName, level: int, index: int) -> bytes:
        """One tile's hashes as far as they stand, 32 bytes each; empty where there is none."""
        ...

    def put_head(self, log: LogName, head: Head) -> None:
        """Keep a signed head and anchor it when the transaction commits."""
        ...

    def heads(self, log: LogName, above: int, limit: int) -> list[Head]:
        """Kept heads with more than ``above`` entries, smallest first, ``limit`` at most."""
        ...

    def put_cosignature(self, log: LogName, cosignature: Cosignature) -> None:
        """Keep the mirror's cosignature of a head of this log (ours of theirs is anchored too)."""
        ...

    def cosignatures(self, log: LogName, above: int, limit: int) -> list[Cosignature]:
        """Kept cosignatures over more than ``above`` entries, smallest first, ``limit`` at most."""
        ...

    def of_kind(self, log: LogName, kind: str) -> Iterator[EntryRow]:
        """Every entry of a kind, in order."""
        ...

    def latest(self, log: LogName, kinds: Sequence[str], limit: int) -> list[EntryRow]:
        """The last entries of these kinds, newest first."""
        ...

    def beginning(self, log: LogName, leaf: str) -> list[EntryRow]:
        """Entries whose leaf hash begins with these hex digits; a few at most."""
        ...

    def newest(self, log: LogName, kind: str) -> EntryRow | None:
        """The last entry of a kind."""
        ...

    def rules(self, log: LogName, before: int | None = None) -> EntryRow | None:
        """The last legal entry of kind ``rules``; only below the index ``before``, if one is given."""
        ...

    def newest_cosignature(self, log: LogName) -> Cosignature | None:
        """The kept cosignature over the most entries."""
        ...

    def lacks(self, log: LogName) -> tuple[int, bytes] | None:
        """Size and root that the anchor has of a log which the store cannot answer for; None for others."""
        ...

    def check_whole(self, log: LogName) -> None:
        """Refuse to go on with a pair that the store cannot answer for (protocol 6).

        Raises:
            BehindError: it lacks entries of this log, or of the other one.
        """
        ...

    def restore_head(self, log: LogName, head: Head) -> None:
        """Keep a head of our own that came back from the partner: it was anchored when it was signed."""
        ...

    def recovered(self, own: LogName) -> None:
        """Let the pair of an own log sign again, from here on in this transaction.

        Raises:
            BehindError: one of its two logs still is not what the anchor says.
        """
        ...


class Bodies(Protocol):
    """Sealed contents."""

    def put(self, key: BodyKey, body: StoredBody) -> None:
        """Keep a content; the same place again is a repetition and replaces it."""
        ...

    def get(self, key: BodyKey) -> StoredBody | None:
        """The content with its sealed bytes, or nothing."""
        ...

    def present(self, log: LogName, start: int, end: int) -> dict[tuple[int, int], StoredBody]:
        """What stands for entries from ``start`` to ``end`` by (index, ordinal); ``sealed`` is empty."""
        ...

    def marked(self, mark: bytes) -> list[BodyKey]:
        """Every place of a content with this mark, in whichever log."""
        ...

    def want(self, log: LogName, bodies: Sequence[tuple[int, int, bytes]], day: int) -> None:
        """Remember contents (index, ordinal, commit) that an entry promises until ``day`` and that lack."""
        ...

    def wanted(self, log: LogName, limit: int, skip: int = 0) -> list[tuple[int, int]]:
        """Contents that are still lacking, by index, after so many of them; ``put`` takes them off."""
        ...

    def count_wanted(self, log: LogName) -> int:
        """How many contents are still lacking."""
        ...

    def is_wanted(self, key: BodyKey) -> bool:
        """Whether a content is still lacking."""
        ...

    def unwant(self, log: LogName, index: int) -> None:
        """Stop wanting contents of an entry; what is here of it stays."""
        ...

    def days(self, log: LogName) -> list[int]:
        """The days whose keys seal contents of this log."""
        ...

    def of_day(self, log: LogName, day: int) -> list[int]:
        """Indexes of the entries whose contents the key of a day seals."""
        ...

    def drop(self, log: LogName, index: int) -> None:
        """Destroy every content of an entry and stop wanting the rest."""
        ...

    def end(self, today: int) -> list[BodyKey]:
        """Destroy some contents whose day is before ``today``; which, none once none is left."""
        ...

    def overdue(self, log: LogName, today: int, limit: int) -> list[int]:
        """Entries that still lack contents whose day is before ``today``, by index."""
        ...


class Ledger(Protocol):
    """The fold's values for a pair, its notes, and the partner."""

    def thing(self, own: LogName, key: str) -> Thing | None:
        """A thing of the record."""
        ...

    def things(self, own: LogName, keys: Collection[str]) -> list[Thing]:
        """Those of these things that there are."""
        ...

    def agreements(self, own: LogName) -> list[Thing]:
        """Things of the sorts ``moves.LIFE``: texts, suspensions, notices of termination."""
        ...

    def put_things(self, own: LogName, things: Sequence[Thing]) -> None:
        """Set things as the fold returned them."""
        ...

    def find(self, own: LogName, leaf: bytes) -> EntryRef | None:
        """The entry of either log of the pair with this leaf hash."""
        ...

    def find_all(self, own: LogName, leaves: Collection[bytes]) -> dict[bytes, EntryRef]:
        """Likewise for many at once; those that are not there are left out."""
        ...

    def note(self, digest: str) -> bytes | None:
        """A signed note by the digest of its text."""
        ...

    def put_note(self, digest: str, note: bytes) -> None:
        """Keep a note; signatures are for the caller to merge."""
        ...

    def partners(self) -> list[Partner]:
        """Every partner, by origin."""
        ...

    def put_partner(self, partner: Partner) -> None:
        """Add or change a partner."""
        ...

    def default_handling(self, own: LogName) -> list[DefaultHandling]:
        """The defaults that persons set for this partner, by field."""
        ...

    def put_default_handling(self, own: LogName, default: DefaultHandling) -> None:
        """Set the default of a field."""
        ...

    def drop_default_handling(self, own: LogName, field: str) -> None:
        """Forget the default of a field."""
        ...

    def drop_partner(self, own: LogName) -> None:
        """Take a partner off the list under this log; what stands in the log stays."""
        ...

    def clocks(self, own: LogName) -> Clocks:
        """What is known of the clocks of a pair."""
        ...

    def put_clocks(self, own: LogName, clocks: Clocks) -> None:
        """Set it."""
        ...

    def sealing_keys(self, own: LogName) -> list[SealingRow]:
        """Own sealing keys entered in this log and not yet destroyed, oldest first."""
        ...

    def put_sealing_key(self, own: LogName, key: SealingRow) -> None:
        """Note a sealing key that a ``keys`` entry announced."""
        ...

    def drop_sealing_key(self, own: LogName, public: bytes) -> None:
        """Forget a sealing key whose file has been destroyed."""
        ...

    def asked(self, own: LogName) -> str:
        """The id under which a pair asks for what the store lost; empty where it lost nothing."""
        ...

    def put_asked(self, own: LogName, asked: str) -> None:
        """Set it; empty takes it off."""
        ...


class OpenBatch(Protocol):
    """Entries that wait for the end of the transaction to get one head together."""

    def close(self) -> None:
        """Write tiles and row, sign and keep the head."""
        ...


class Transaction(Protocol):
    """One unit of work: all of it becomes durable, or none."""

    logs: Logs
    bodies: Bodies
    ledger: Ledger
    collections: Collections
    accounts: Accounts
    batches: dict[LogName, OpenBatch]
    """Batches opened in this commit; the store closes each before it commits."""


class Store(Protocol):
    """Where a node keeps everything but keys."""

    @property
    def behind(self) -> Collection[LogName]:
        """Logs for which it is older than its anchor: their pairs sign nothing and serve no contents."""
        ...

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run a work; return when it is committed and anchored.

        Raises:
            StoreError: the disk or database refused; nothing was acknowledged.
            BehindError: the store is older than its anchor and nothing may be signed.
        """
        ...

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Run a work that only reads, on one snapshot."""
        ...

    def close(self) -> None:
        """Finish what is under way and close."""
        ...
