"""The log's tree: a million leaves in batches of 1,000, proofs at that size, signed heads. No disk.

python benchmarks/tlog.py
"""

import random
from hashlib import sha256
from time import perf_counter

from mithaq.crypto.keys import SigningPair
from mithaq.domain.party import Role
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.cosignature import cosign, verify_cosignature
from mithaq.tlog.head import sign_head, verify_head
from mithaq.tlog.merkle import Frontier, verify_inclusion
from mithaq.tlog.tiles import append, consistency_proof, inclusion_proof, root_at

LEAVES = 1_000_000
BATCH = 1_000
PROOFS = 1_000
HEADS = 300


class TileDict:
    """Tiles in memory."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}

    def tile(self, level: int, index: int) -> bytes:
        return self.tiles.get((level, index), b"")


def grow(store: TileDict) -> tuple[Frontier, float]:
    """The log of ``LEAVES``, and the seconds that appending took, without making the leaf hashes."""
    frontier, seconds = Frontier(), 0.0
    for start in range(0, LEAVES, BATCH):
        leaves = [sha256(b"\0%d" % at).digest() for at in range(start, start + BATCH)]
        began = perf_counter()
        update = append(frontier, leaves, store)
        for tile in update.tiles:
            store.tiles[tile.level, tile.index] = tile.hashes
        frontier = update.frontier
        frontier.root()
        seconds += perf_counter() - began
    return frontier, seconds


def rate(n: int, work) -> float:
    """How often ``work(i)`` runs in a second."""
    began = perf_counter()
    for at in range(n):
        work(at)
    return round(n / (perf_counter() - began))


def signing(frontier: Frontier) -> dict[str, float | str]:
    """Heads and cosignatures a second, both keys each."""
    log = SigningPair(Role.LOG, bytes([1]) * 32, bytes([2]) * 32)
    mirror = SigningPair(Role.MIRROR, bytes([3]) * 32, bytes([4]) * 32)
    name = "spoc.interior.example.ma/to/spoc.interior.example.de/1"
    reader = "spoc.interior.example.de/mirror"
    checkpoint = Checkpoint(name, frontier.size, frontier.root())
    head = sign_head(checkpoint, log, 1)
    lines = cosign(checkpoint, reader, mirror, 1)
    return {
        "heads signed/s": rate(HEADS, lambda _: sign_head(checkpoint, log, 1)),
        "heads verified/s": rate(HEADS, lambda _: verify_head(head, name, log.public)),
        "heads cosigned/s": rate(HEADS, lambda _: cosign(checkpoint, reader, mirror, 1)),
        "cosignatures verified/s": rate(
            HEADS, lambda _: verify_cosignature(checkpoint, lines, reader, mirror.public)
        ),
    }


def run() -> dict[str, float | str]:
    """Everything above, as figures with their names."""
    store = TileDict()
    frontier, seconds = grow(store)
    root = frontier.root()
    draw = random.Random(9162)
    indexes = [draw.randrange(LEAVES) for _ in range(PROOFS)]
    sizes = [draw.randrange(1, LEAVES) for _ in range(PROOFS)]
    proofs = [inclusion_proof(index, LEAVES, store) for index in indexes]
    leaves = [sha256(b"\0%d" % index).digest() for index in indexes]
    return {
        "leaves": LEAVES,
        "batch": BATCH,
        "leaves/s": round(LEAVES / seconds),
        "tile bytes/leaf": round(sum(map(len, store.tiles.values())) / LEAVES, 2),
        "inclusion proofs/s": rate(PROOFS, lambda at: inclusion_proof(indexes[at], LEAVES, store)),
        "inclusion proofs at any size/s": rate(
            PROOFS, lambda at: inclusion_proof(indexes[at] % sizes[at], sizes[at], store)
        ),
        "inclusion verified/s": rate(
            PROOFS, lambda at: verify_inclusion(leaves[at], indexes[at], LEAVES, proofs[at], root)
        ),
        "consistency proofs/s": rate(PROOFS, lambda at: consistency_proof(sizes[at], LEAVES, store)),
        "roots at any size/s": rate(PROOFS, lambda at: root_at(sizes[at], store)),
        **signing(frontier),
    }


if __name__ == "__main__":
    for figure, value in run().items():
        print(f"{figure:32} {value:>12,}")
