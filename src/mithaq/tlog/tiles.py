"""A Merkle tree kept in tiles, and the proofs made from them (C2SP tlog-tiles).

A tile of level L holds up to 256 hashes of complete subtrees of height 8·L, one after the other; tile N holds
those from 256·N on. The other nodes are hashed again when a proof needs them. A tile only ever grows at its
end, so the tiles of today serve the tree of every earlier size.

Where tiles are kept is the caller's business: reading is a port, writing a list of tiles to put in place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from mithaq.errors import StoreError, UsageError
from mithaq.tlog.merkle import HASH_SIZE, Frontier, hash_pairs, node_hash

TILE_HEIGHT = 8
"""Levels of the tree in a tile (C2SP tlog-tiles)."""

TILE_WIDTH = 1 << TILE_HEIGHT
"""Hashes in a full tile."""

TILE_SIZE = TILE_WIDTH * HASH_SIZE
"""Bytes of a full tile."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile as it is to be stored, in place of any of the same level and index."""

    level: int
    index: int
    hashes: bytes


class TileReader(Protocol):
    """Where tiles are read from."""

    def tile(self, level: int, index: int) -> bytes:
        """The newest stored bytes of a tile; empty where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class TileUpdate:
    """What appending changed.

    Args:
        tiles: to store, in one transaction with whatever names the new size.
        frontier: of the tree after it.
    """

    tiles: tuple[Tile, ...]
    frontier: Frontier

    @property
    def root(self) -> bytes:
        """The root of the tree after it."""
        return self.frontier.root()


def append(frontier: Frontier, leaf_hashes: Sequence[bytes], reader: TileReader) -> TileUpdate:
    """Append leaves to a tree.

    Args:
        frontier: of the tree as stored.
        leaf_hashes: of the new leaves, in order.
        reader: gives the partial tiles that grow, at most one a level.

    Raises:
        MalformedError: a leaf hash is not 32 bytes, or the log would be too large.
        StoreError: a stored tile is shorter than the frontier says.
    """
    after, levels = frontier.append_many(leaf_hashes)
    tiles = [
        tile
        for level, hashes in enumerate(levels[::TILE_HEIGHT])
        for tile in _grow(level, frontier.size >> TILE_HEIGHT * level, hashes, reader)
    ]
    return TileUpdate(tuple(tiles), after)


def _grow(level: int, first: int, hashes: bytes, reader: TileReader) -> Iterator[Tile]:
    """The tiles of a level that hold new hashes, the first of which has the index ``first`` in its level."""
    index, offset = divmod(first, TILE_WIDTH)
    row = _hashes(reader, level, index, 0, offset) + hashes
    for at in range(0, len(row), TILE_SIZE):
        yield Tile(level, index + at // TILE_SIZE, row[at : at + TILE_SIZE])


def frontier_at(size: int, reader: TileReader) -> Frontier:
    """The frontier of the tree as it was at a size.

    Raises:
        MalformedError: the size is out of range.
        StoreError: the tiles do not reach so far.
    """
    nodes = _Nodes(reader)
    return Frontier(size, tuple(nodes.subtree(height, index) for height, index in _subtrees(0, size)))


def root_at(size: int, reader: TileReader) -> bytes:
    """The root of the tree as it was at a size.

    Raises:
        MalformedError: the size is out of range.
        StoreError: the tiles do not reach so far.
    """
    return frontier_at(size, reader).root()


def leaf_hashes_at(start: int, end: int, reader: TileReader) -> list[bytes]:
    """The leaf hashes from one index to before another.

    Raises:
        StoreError: the tiles do not reach so far.
    """
    rows: list[bytes] = []
    for index in range(start // TILE_WIDTH, -(-end // TILE_WIDTH)):
        first = index * TILE_WIDTH
        rows.append(_hashes(reader, 0, index, max(start - first, 0), min(end - first, TILE_WIDTH)))
    row = b"".join(rows)
    return [row[at : at + HASH_SIZE] for at in range(0, len(row), HASH_SIZE)]


def inclusion_proof(index: int, size: int, reader: TileReader) -> tuple[bytes, ...]:
    """Prove that the leaf at an index is in the tree of a size: PATH of RFC 9162 section 2.1.3.1.

    Returns:
        Hashes from the leaf's sibling up, as ``merkle.verify_inclusion`` takes them.

    Raises:
        UsageError: no tree of this size has this index.
        StoreError: the tiles do not reach so far.
    """
    if not 0 <= index < size:
        raise UsageError("no such entry at this size", expected=f"an index from 0 to {size - 1}", got=index)
    nodes = _Nodes(reader)
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = _middle(start, end)
        if index < middle:
            proof.append(nodes.tree(middle, end))
            end = middle
        else:
            proof.append(nodes.tree(start, middle))
            start = middle
    return tuple(reversed(proof))


def consistency_proof(size1: int, size2: int, reader: TileReader) -> tuple[bytes, ...]:
    """Prove that the tree of one size begins the tree of another: PROOF of RFC 9162 section 2.1.4.1.

    Returns:
        Hashes as ``merkle.verify_consistency`` takes them; none where the sizes are equal.

    Raises:
        UsageError: the sizes do not rise from 1 or more.
        StoreError: the tiles do not reach so far.
    """
    if not 1 <= size1 <= size2:
        raise UsageError("no tree of this size begins the other", expected=f"1 to {size2}", got=size1)
    nodes = _Nodes(reader)
    proof: list[bytes] = []
    start, end = 0, size2
    while end != size1:
        middle = _middle(start, end)
        if size1 <= middle:
            proof.append(nodes.tree(middle, end))
            end = middle
        else:
            proof.append(nodes.tree(start, middle))
            start = middle
    if start:  # else what is left is the whole smaller tree, whose root the verifier has
        proof.append(nodes.tree(start, end))
    return tuple(reversed(proof))


class _Nodes:
    """The nodes of a tree, read from tiles that are kept for one proof only."""

    def __init__(self, reader: TileReader) -> None:
        self._reader = reader
        self._tiles: dict[tuple[int, int], bytes] = {}

    def tile(self, level: int, index: int) -> bytes:
        key = (level, index)
        if key not in self._tiles:
            self._tiles[key] = self._reader.tile(level, index)
        return self._tiles[key]

    def tree(self, start: int, end: int) -> bytes:
        """The root over leaves from ``start`` to before ``end``, where ``start`` is where RFC 9162 splits."""
        subtrees = [self.subtree(height, index) for height, index in _subtrees(start, end)]
        root = subtrees.pop()
        while subtrees:
            root = node_hash(subtrees.pop(), root)
        return root

    def subtree(self, height: int, index: int) -> bytes:
        """The root of a complete subtree, the index-th of its height: hashed from the tile that spans it."""
        level, steps = divmod(height, TILE_HEIGHT)
        tile, offset = divmod(index << steps, TILE_WIDTH)
        row = _hashes(self, level, tile, offset, offset + (1 << steps))
        for _ in range(steps):
            row = hash_pairs(row)
        return row


def _hashes(reader: TileReader, level: int, index: int, start: int, end: int) -> bytes:
    """The hashes from ``start`` to before ``end`` of a tile.

    Raises:
        StoreError: it does not hold so many.
    """
    if start == end:
        return b""
    row = reader.tile(level, index)
    if len(row) < end * HASH_SIZE:
        raise StoreError(
            "tile is missing or too short",
            where=f"tile {level}/{index}",
            expected=f"{end} hashes",
            got=len(row) // HASH_SIZE,
            todo="restore the store, or recover this log from the partner's mirror",
        )
    return row[start * HASH_SIZE : end * HASH_SIZE]


def _subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The complete subtrees that leaves from ``start`` to before ``end`` fall into, as (height, index)."""
    while start < end:
        height = (end - start).bit_length() - 1
        yield height, start >> height
        start += 1 << height


def _middle(start: int, end: int) -> int:
    """Where a tree of two leaves or more splits: after the largest power of two smaller than itself."""
    return start + (1 << (end - start - 1).bit_length() - 1)
