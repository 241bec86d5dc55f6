r"""The Merkle tree of RFC 9162 section 2.1: its hashes, its right edge, and how its two proofs are verified.

A tree of 7 leaves is three complete subtrees, its **frontier**, which are all that appending needs::

              root
             /    \
            /      o           size 7 = 0b111: the frontier is a, b, c
           a      / \          of heights                      2, 1, 0
          / \    b   c
         o   o  / \  |
        /|   |\ |  | |
        0 1 2 3 4  5 6

Verification checks the length of a proof before it hashes anything. Making proofs is ``tiles``' work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from mithaq.errors import ForgedError, MalformedError

HASH_SIZE = 32
"""Bytes of a SHA-256 hash."""

SIZE_MAX = 2**53 - 1
"""The largest size of a log: what every JSON reader keeps exactly (protocol 3)."""

PROOF_MAX = 54
"""The most hashes in a proof: one for each level of a tree of ``SIZE_MAX``, one where consistency starts."""

EMPTY_ROOT = sha256(b"").digest()
"""The root of a log of size 0 (protocol 13)."""

_LEAF = b"\x00"
_NODE = b"\x01"


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry as a leaf: SHA-256(00 ‖ entry)."""
    return sha256(_LEAF + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees under one node: SHA-256(01 ‖ left ‖ right)."""
    return sha256(_NODE + left + right).digest()


def hash_pairs(hashes: bytes) -> bytes:
    """The level above a level of the tree: each two neighbours hashed, one left over at the end dropped.

    Args:
        hashes: hashes of one level, concatenated, the first at an even index.
    """
    pairs = range(0, len(hashes) - HASH_SIZE, 2 * HASH_SIZE)
    return b"".join([sha256(_NODE + hashes[at : at + 2 * HASH_SIZE]).digest() for at in pairs])


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: the roots of its complete subtrees, the largest first.

    Args:
        size: leaves in the tree.
        edge: one hash for each bit set in ``size``, from the highest bit down.

    Raises:
        MalformedError: the hashes do not fit the size.
    """

    size: int = 0
    edge: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= SIZE_MAX:
            raise MalformedError("size of a log is out of range", expected=f"0 to {SIZE_MAX}", got=self.size)
        if len(self.edge) != self.size.bit_count() or not set(map(len, self.edge)) <= {HASH_SIZE}:
            raise MalformedError(
                "frontier does not fit its size",
                expected=f"{self.size.bit_count()} hashes of {HASH_SIZE} bytes",
                got=[len(each) for each in self.edge],
            )

    def root(self) -> bytes:
        """The root of the tree; ``EMPTY_ROOT`` at size 0."""
        if not self.edge:
            return EMPTY_ROOT
        root = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            root = node_hash(left, root)
        return root

    def append_many(self, leaf_hashes: Sequence[bytes]) -> tuple[Self, tuple[bytes, ...]]:
        """The frontier after more leaves, and the subtrees that these completed.

        Returns:
            The new frontier, and for each height from 0 the concatenated hashes of the complete subtrees that
            are new there; the first of height h has the index ``self.size >> h`` among its level.

        Raises:
            MalformedError: a leaf hash is not 32 bytes, or the log would pass ``SIZE_MAX``.
        """
        if not set(map(len, leaf_hashes)) <= {HASH_SIZE}:
            raise MalformedError("leaf hash of a wrong length", expected=f"{HASH_SIZE} bytes")
        edge = dict(zip(_heights(self.size), self.edge, strict=True))
        levels: list[bytes] = []
        new = b"".join(leaf_hashes)
        while new:
            height = len(levels)
            levels.append(new)
            row = edge.pop(height, b"") + new
            new = hash_pairs(row)
            if len(row) // HASH_SIZE % 2:
                edge[height] = row[-HASH_SIZE:]
        size = self.size + len(leaf_hashes)
        return type(self)(size, tuple(edge[height] for height in _heights(size))), tuple(levels)


def _heights(size: int) -> list[int]:
    """The heights of the complete subtrees of a tree, the largest first: the bits set in its size."""
    return [bit for bit in range(size.bit_length() - 1, -1, -1) if size >> bit & 1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Prove that a leaf stands at an index of a tree (RFC 9162 section 2.1.3.2).

    Args:
        leaf: its leaf hash.
        index: from 0.
        size: of the tree.
        proof: from the leaf's sibling up.
        root: of the tree.

    Raises:
        ForgedError: it does not.
    """
    if not 0 <= index < size <= SIZE_MAX:
        raise ForgedError("index outside of the tree", expected=f"0 to {size - 1}", got=index)
    inner, border = _shape(index, size)
    _check_length(proof, inner + border)
    _check_hashes((leaf, root, *proof))
    _check_root(_climb(leaf, index, proof, inner), root, "the root")


def verify_consistency(size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> None:
    """Prove that a tree is the beginning of another (RFC 9162 section 2.1.4.2).

    Raises:
        ForgedError: it is not.
    """
    if not 0 <= size1 <= size2 <= SIZE_MAX:
        raise ForgedError("sizes do not rise", expected=f"at most {size2}", got=size1)
    if size1 == size2:
        _check_length(proof, 0)
        _check_root(root1, root2, "the root at the same size")
        if size1 == 0:
            _check_root(root1, EMPTY_ROOT, "the root of nothing")
        return
    if size1 == 0:
        raise ForgedError("a log of size 0 begins every log: there is nothing to prove")
    # What is left is the tail of an inclusion proof for the last leaf of the smaller tree. It starts at the
    # root of the last complete subtree of that tree: the first hash, or root1 where that subtree is all.
    shift = (size1 & -size1).bit_length() - 1
    inner, border = _shape(size1 - 1, size2)
    inner -= shift
    alone = size1 == 1 << shift
    _check_length(proof, inner + border + (not alone))
    _check_hashes((root1, root2, *proof))
    seed, path = (root1, proof) if alone else (proof[0], proof[1:])
    at = (size1 - 1) >> shift
    old = [each for height, each in enumerate(path) if height >= inner or at >> height & 1]
    _check_root(_climb(seed, -1, old, 0), root1, f"the root at size {size1}")
    _check_root(_climb(seed, at, path, inner), root2, f"the root at size {size2}")


def _shape(index: int, size: int) -> tuple[int, int]:
    """Hashes of an inclusion proof below where the paths to this and the last leaf part, and above."""
    inner = (index ^ (size - 1)).bit_length()
    return inner, (index >> inner).bit_count()


def _climb(seed: bytes, index: int, proof: Sequence[bytes], inner: int) -> bytes:
    """The root that a proof leads to: ``inner`` hashes on the side the index says, then all on the left."""
    for height, sibling in enumerate(proof):
        on_the_left = height >= inner or index >> height & 1
        seed = node_hash(sibling, seed) if on_the_left else node_hash(seed, sibling)
    return seed


def _check_length(proof: Sequence[bytes], length: int) -> None:
    if len(proof) != length:
        raise ForgedError("proof of a wrong length", expected=f"{length} hashes", got=len(proof))


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if not set(map(len, hashes)) <= {HASH_SIZE}:
        raise ForgedError("proof holds something that is no hash", expected=f"{HASH_SIZE} bytes each")


def _check_root(got: bytes, root: bytes, what: str) -> None:
    if got != root:
        raise ForgedError(f"proof does not lead to {what}", expected=root.hex(), got=got.hex())
