"""A log's tree, kept two ways for tests: naively, as RFC 9162 section 2.1 writes it, and in tiles."""

from hashlib import sha256

from mithaq.tlog.merkle import Frontier, leaf_hash
from mithaq.tlog.tiles import append


def _k(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(leaves):
    """MTH over leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = _k(len(leaves))
    return sha256(b"\1" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m, leaves):
    """PATH(m, D_n)."""
    if len(leaves) == 1:
        return []
    k = _k(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def proof(m, leaves):
    """PROOF(m, D_n)."""
    return subproof(m, leaves, b=True)


def subproof(m, leaves, *, b):
    """SUBPROOF(m, D_n, b)."""
    if m == len(leaves):
        return [] if b else [mth(leaves)]
    k = _k(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], b=b), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], b=False), mth(leaves[:k])]


def entries(n, salt=""):
    return [f"entry {salt}{i}".encode() for i in range(n)]


def leaf_hashes(n, salt=""):
    return [leaf_hash(entry) for entry in entries(n, salt)]


class TileDict:
    """Tiles in memory; also remembers how many were read."""

    def __init__(self):
        self.tiles = {}
        self.reads = 0

    def tile(self, level, index):
        self.reads += 1
        return self.tiles.get((level, index), b"")

    def put(self, update):
        for tile in update.tiles:
            self.tiles[tile.level, tile.index] = tile.hashes


def grown(leaves, *sizes):
    """Tiles and frontier of a log that grew in batches of these sizes, the rest at once."""
    store, frontier, at = TileDict(), Frontier(), 0
    for size in (*sizes, len(leaves)):
        update = append(frontier, leaves[at : at + size], store)
        store.put(update)
        frontier = update.frontier
        at += size
    return store, frontier
