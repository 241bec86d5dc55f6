"""What a reader takes from an author: entries that the signed head proves, and evidence where the log forks.

``advance`` decides it and changes nothing. Its answer is ``Advanced``, with all that is to be stored in one
transaction, or ``SetAside`` for entries that start beyond what is held: they wait for those before them.
Everything else raises; only ``LogForkError`` is evidence against the author, the rest is retried and shown
(protocol 6). The evidence it bears has been verified, by ``verify_fork``, as anybody else can.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mithaq.crypto.notes import Note
from mithaq.domain.party import PublicPair
from mithaq.errors import ForgedError, ForkError, MalformedError, StaleError
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.head import verify_head
from mithaq.tlog.merkle import Frontier, leaf_hash
from mithaq.tlog.proof import TlogProof
from mithaq.tlog.tiles import (
    TileReader,
    TileUpdate,
    append,
    frontier_at,
    inclusion_proof,
    leaf_hashes_at,
    root_at,
)


@dataclass(frozen=True, slots=True)
class Mirror:
    """What a reader holds of a log.

    Attributes:
        name: of the log.
        frontier: of the entries held.
        head: the newest head held, of the frontier's size and root; None at size 0.

    Raises:
        MalformedError: head and frontier differ.
    """

    name: str
    frontier: Frontier = field(default_factory=Frontier)
    head: Note | None = None

    def __post_init__(self) -> None:
        held = Checkpoint(self.name, self.frontier.size, self.frontier.root())
        fits = held.size == 0 if self.head is None else held.text == self.head.text
        if not fits:
            raise MalformedError("mirror without the head of its size", where=self.name, got=held.size)


@dataclass(frozen=True, slots=True)
class Batch:
    """A head and the entries that came with it, as they came.

    Attributes:
        head: not verified.
        start: index of the first entry.
        entries: their bytes.
    """

    head: Note
    start: int
    entries: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Advanced:
    """Entries that the head proves.

    Attributes:
        checkpoint: of the head, to be cosigned.
        leaf_hashes: of the new entries, those from the size held on; none if all were held before.
        update: tiles to store and the new frontier.
    """

    checkpoint: Checkpoint
    leaf_hashes: tuple[bytes, ...]
    update: TileUpdate


@dataclass(frozen=True, slots=True)
class SetAside:
    """Entries that start beyond what is held: no fault of anybody's, the ones between are still under way.

    Attributes:
        have: the size held.
        start: the index of the first entry that came.
    """

    have: int
    start: int


@dataclass(frozen=True, slots=True)
class RootFork:
    """Evidence: one size with two roots. Two heads."""

    first: Note
    second: Note


@dataclass(frozen=True, slots=True)
class LeafFork:
    """Evidence: one index with two leaves. Two proofs, the ``extra`` of each being its leaf hash."""

    first: TlogProof
    second: TlogProof


Fork = RootFork | LeafFork


class LogForkError(ForkError):
    """A log forks, and here is the evidence.

    Args:
        evidence: two statements of its author that cannot both be of one log, verified.
    """

    def __init__(self, evidence: Fork, *, where: str) -> None:
        super().__init__(
            "the log shows two histories",
            where=where,
            got=type(evidence).__name__,
            todo="keep the evidence, stop this log, call the partner",
        )
        self.evidence = evidence


def verify_fork(evidence: Fork, name: str, public: PublicPair) -> None:
    """Prove that the author of a log forked it, under one key pair (protocol 6).

    Raises:
        MalformedError: a head of a ``RootFork`` is not a checkpoint.
        ForgedError: it proves nothing.
    """
    if isinstance(evidence, RootFork):
        first = verify_head(evidence.first, name, public)
        second = verify_head(evidence.second, name, public)
        proved = first.size == second.size and first.root != second.root
    else:
        evidence.first.verify(evidence.first.extra, name, public)
        evidence.second.verify(evidence.second.extra, name, public)
        same_index = evidence.first.index == evidence.second.index
        proved = same_index and evidence.first.extra != evidence.second.extra
    if not proved:
        raise ForgedError(
            "no evidence of a fork",
            where=name,
            expected="one size with two roots, or one index with two leaves",
        )


def advance(mirror: Mirror, batch: Batch, public: PublicPair, reader: TileReader) -> Advanced | SetAside:
    """Judge a head and the entries that came with it.

    1. The head is signed by the log pair.
    2. At the size held it has the root held; else the log forks.
    3. The entries end where the head does.
    4. They start at or before the size held; else they are set aside.
    5. Those held already are the same; else the log forks if the head covers them, or they are forged.
    6. The head is not older than the one held.
    7. The frontier held and the new entries give the head's root.

    Args:
        mirror: what is held.
        batch: what came.
        public: the log pair that is valid for this head.
        reader: the tiles of what is held.

    Raises:
        MalformedError: 3, or the head is not a checkpoint.
        ForgedError: 1, 5 or 7, or an older head with a root that is not that of its size.
        LogForkError: 2 or 5, with verified evidence.
        StaleError: 6: everything is held already.
        StoreError: the tiles do not reach as far as the frontier.
    """
    have = mirror.frontier.size
    checkpoint = verify_head(batch.head, mirror.name, public)  # 1
    if mirror.head and checkpoint.size == have and checkpoint.root != mirror.frontier.root():  # 2
        raise _fork(RootFork(mirror.head, batch.head), mirror.name, public)
    if batch.start < 0 or batch.start + len(batch.entries) != checkpoint.size:  # 3
        raise MalformedError(
            "entries do not end where their head does",
            where=mirror.name,
            expected=str(checkpoint.size),
            got=f"{len(batch.entries)} from {batch.start}",
        )
    if batch.start > have:  # 4
        return SetAside(have, batch.start)
    leaves = [leaf_hash(entry) for entry in batch.entries]
    _check_overlap(mirror, batch, leaves, public, reader)  # 5
    if checkpoint.size < have:  # 6
        _check_root(root_at(checkpoint.size, reader), checkpoint)
        raise StaleError("head is older than the one held", where=mirror.name, got=checkpoint.size)
    new = tuple(leaves[have - batch.start :])
    update = append(mirror.frontier, new, reader)
    _check_root(update.root, checkpoint)  # 7
    return Advanced(checkpoint, new, update)


def _check_root(got: bytes, checkpoint: Checkpoint) -> None:
    if got != checkpoint.root:
        raise ForgedError(
            "entries do not give the root of their head",
            where=f"{checkpoint.origin} at {checkpoint.size}",
            expected=checkpoint.root.hex(),
            got=got.hex(),
            todo="ask for the entries again, from an earlier index",
        )


def _fork(evidence: Fork, name: str, public: PublicPair) -> LogForkError:
    """The error to raise, once the evidence is known to convince a third party.

    Raises:
        ForgedError: it would not: the head held is under an earlier log pair.
    """
    verify_fork(evidence, name, public)
    return LogForkError(evidence, where=name)


def _check_overlap(
    mirror: Mirror, batch: Batch, leaves: Sequence[bytes], public: PublicPair, reader: TileReader
) -> None:
    """Compare what came with what is held, leaf hash by leaf hash.

    Raises:
        LogForkError: another leaf at an index, under a head that covers it.
        ForgedError: another leaf, and the author did not sign it: the entries do not give the head's root.
    """
    end = min(mirror.frontier.size, batch.start + len(leaves))
    held = leaf_hashes_at(batch.start, end, reader)
    at = next((at for at, (old, new) in enumerate(zip(held, leaves, strict=False)) if old != new), None)
    if at is None or mirror.head is None:
        return
    checkpoint = Checkpoint.parse(batch.head.text)
    theirs = append(frontier_at(batch.start, reader), leaves, reader)
    _check_root(theirs.root, checkpoint)
    index = batch.start + at
    first = _prove(index, mirror.head, mirror.frontier.size, reader)
    second = _prove(index, batch.head, checkpoint.size, _Overlay(theirs, reader))
    raise _fork(LeafFork(first, second), mirror.name, public)


def _prove(at: int, head: Note, size: int, reader: TileReader) -> TlogProof:
    (leaf,) = leaf_hashes_at(at, at + 1, reader)
    return TlogProof(at, inclusion_proof(at, size, reader), head, leaf)


class _Overlay:
    """The tiles held, with those of a rival history laid over them."""

    def __init__(self, update: TileUpdate, below: TileReader) -> None:
        self._tiles = {(tile.level, tile.index): tile.hashes for tile in update.tiles}
        self._below = below

    def tile(self, level: int, index: int) -> bytes:
        return self._tiles.get((level, index)) or self._below.tile(level, index)
