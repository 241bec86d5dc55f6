"""Tiles as tlog-tiles lays them out, and stores that fail."""

import pytest

from mithaq.errors import MalformedError, StoreError, UsageError
from mithaq.tlog.merkle import EMPTY_ROOT, Frontier
from mithaq.tlog.tiles import (
    append,
    consistency_proof,
    frontier_at,
    inclusion_proof,
    leaf_hashes_at,
    root_at,
)
from trees import TileDict, grown, leaf_hashes, mth

LEAVES = leaf_hashes(700)
STORE, FRONTIER = grown(LEAVES, 100, 156, 1, 255)


def test_layout_is_that_of_tlog_tiles():
    assert {key: len(tile) // 32 for key, tile in STORE.tiles.items()} == {
        (0, 0): 256,
        (0, 1): 256,
        (0, 2): 188,
        (1, 0): 2,
    }
    assert STORE.tiles[1, 0] == mth(LEAVES[:256]) + mth(LEAVES[256:512])


def test_size_256_is_a_full_tile_and_one_hash_above():
    store, _ = grown(LEAVES[:256])
    assert {key: len(tile) // 32 for key, tile in store.tiles.items()} == {(0, 0): 256, (1, 0): 1}


def test_example_of_tlog_tiles():
    """A tree of 70,000: 273 full and one of 112; one full and one of 17; one of 1."""
    store, frontier = grown([bytes(32)] * 70_000, 999)
    widths = [
        [len(t) // 32 for (level, _), t in sorted(store.tiles.items()) if level == at] for at in (0, 1, 2)
    ]
    assert widths == [[256] * 273 + [112], [256, 17], [1]]
    assert root_at(70_000, store) == frontier.root()


def test_append_reads_one_tile_a_level():
    store, frontier = grown([bytes(32)] * 70_000)
    store.reads = 0
    append(frontier, [bytes(32)] * 1000, store)
    assert store.reads == 2  # levels 0 and 1: the third tile gets nothing new


def test_append_of_nothing_changes_nothing():
    update = append(FRONTIER, [], STORE)
    assert (update.tiles, update.frontier, update.root) == ((), FRONTIER, FRONTIER.root())


def test_append_replaces_what_a_lost_transaction_left_behind():
    store, frontier = grown(LEAVES[:300])
    store.put(append(frontier, leaf_hashes(50, "lost"), store))
    store.put(append(frontier, LEAVES[300:], store))
    assert root_at(700, store) == mth(LEAVES)


def test_every_earlier_size_is_served():
    for size in (0, 1, 2, 255, 256, 257, 511, 512, 699, 700):
        assert root_at(size, STORE) == mth(LEAVES[:size])
        assert frontier_at(size, STORE).size == size
    assert root_at(0, TileDict()) == EMPTY_ROOT


def test_leaf_hashes_are_given_back():
    for start, end in [(0, 0), (5, 5), (0, 700), (255, 257), (256, 512), (300, 301), (699, 700)]:
        assert leaf_hashes_at(start, end, STORE) == LEAVES[start:end]


def test_a_store_that_lacks_a_tile_says_so():
    for missing in STORE.tiles:
        store = TileDict()
        store.tiles = {key: tile for key, tile in STORE.tiles.items() if key != missing}
        with pytest.raises(StoreError, match="missing or too short"):
            [inclusion_proof(index, 700, store) for index in (0, 300, 699)]
    with pytest.raises(StoreError):
        root_at(701, STORE)
    with pytest.raises(StoreError):
        leaf_hashes_at(690, 701, STORE)
    with pytest.raises(StoreError):
        append(FRONTIER, LEAVES[:1], TileDict())


def test_a_frontier_takes_hashes_only():
    with pytest.raises(MalformedError):
        append(Frontier(), [b"short"], TileDict())


@pytest.mark.parametrize(("index", "size"), [(700, 700), (-1, 700), (0, 0)])
def test_no_inclusion_outside_of_the_tree(index, size):
    with pytest.raises(UsageError):
        inclusion_proof(index, size, STORE)


@pytest.mark.parametrize(("size1", "size2"), [(0, 700), (5, 4), (-1, 4)])
def test_no_consistency_of_sizes_that_do_not_rise(size1, size2):
    with pytest.raises(UsageError):
        consistency_proof(size1, size2, STORE)
