"""What the fold says of an entry, and what it keeps of a log (protocol section 11).

An entry has one **outcome**, final at once. Its bytes go into the digest of its log and are compared by both
sides every day, so they are exact, in ASCII::

    malformed
    illegal <code>
    done[ <name>=<value>]*

Changes stand in the order in which the entry makes them: for each thing that it moves its key and the new
value of its author's register; ``cut=<size> time=<seconds>`` for a ``held``; ``card=<digest>``;
``keys=<leaf hash>``; ``rules=<leaf hash>``.
"""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Self

from mithaq.domain.entry import Entry
from mithaq.domain.things import Thing


class Result(StrEnum):
    """What can become of an entry."""

    MALFORMED = "malformed"
    ILLEGAL = "illegal"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one entry.

    Args:
        result: see ``Result``.
        code: why it is illegal; empty otherwise.
        changes: what it did: (name, value), in order; empty unless done.
    """

    result: Result
    code: str = ""
    changes: tuple[tuple[str, str], ...] = ()

    @property
    def legal(self) -> bool:
        """Whether it has effect."""
        return self.result is Result.DONE

    @property
    def data(self) -> bytes:
        """Its bytes, as the module says."""
        if self.result is Result.ILLEGAL:
            return f"illegal {self.code}".encode()
        return "".join([self.result, *(f" {name}={value}" for name, value in self.changes)]).encode()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read the bytes that ``data`` gave."""
        result, *rest = data.decode().split(" ")
        if result == Result.ILLEGAL:
            return cls(Result.ILLEGAL, rest[0])
        changes = (change.rpartition("=") for change in rest)
        return cls(Result(result), changes=tuple((name, value) for name, _, value in changes))


@dataclass(frozen=True, slots=True)
class EntryRef:
    """An entry that others can name.

    Args:
        side: whose log it stands in: 0 for the origin that sorts first, 1 for the other.
        index: its place there.
        leaf: its leaf hash, 32 bytes.
        kind: its kind.
        thing: key of the thing that it opened; empty if it opened none.
        legal: whether it has effect.
    """

    side: int
    index: int
    leaf: bytes
    kind: str
    thing: str
    legal: bool


@dataclass(frozen=True, slots=True)
class LogState:
    """What the fold keeps of a log besides things.

    Args:
        side: 0 for the log of the origin that sorts first, 1 for the other.
        size: entries fed.
        cut: how much of the other log its author had seen: the size in its newest legal ``held``.
        at: the newest ``at`` of its legal entries.
        held_time: the newest ``held.time`` (protocol 10: never falls).
        digest: d(size), 32 bytes.
        card: digest of its author's newest card; empty before the first.
        rules: serial and digest of its author's newest national rules; 0 and empty before the first.
        n: number of both logs; above 1 only after an unrecoverable loss (protocol 3).
    """

    side: int
    size: int = 0
    cut: int = 0
    at: int = 0
    held_time: int = 0
    digest: bytes = bytes(32)
    card: str = ""
    rules: tuple[int, str] = (0, "")
    n: int = 1

    @classmethod
    def start(cls, side: int, n: int = 1) -> Self:
        """A log before its first entry."""
        return cls(side, n=n)

    def next_digest(self, leaf: bytes, outcome: Outcome) -> bytes:
        """d(i+1) = SHA-256(d(i) ‖ leaf hash i ‖ outcome i)."""
        return sha256(self.digest + leaf + outcome.data).digest()


@dataclass(frozen=True, slots=True)
class Step:
    """What feeding one entry gives.

    Args:
        outcome: what became of it.
        state: the log after it.
        things: those that it opened or moved, whole.
        ref: under which others can name it; None for bytes that are malformed or stand in the log already.
        entry: the entry; None if malformed.
    """

    outcome: Outcome
    state: LogState
    things: tuple[Thing, ...] = ()
    ref: EntryRef | None = None
    entry: Entry | None = None
