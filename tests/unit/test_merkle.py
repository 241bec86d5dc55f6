"""Frontier and verification: what must not pass."""

from collections.abc import Sequence

import pytest

from mithaq.domain import entry
from mithaq.errors import ForgedError, MalformedError
from mithaq.tlog.merkle import (
    EMPTY_ROOT,
    SIZE_MAX,
    Frontier,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)
from trees import leaf_hashes, mth, path, proof

LEAVES = leaf_hashes(7)
ROOT = mth(LEAVES)


class Unread(Sequence):
    """A proof of a thousand million hashes, none of which may be read."""

    def __len__(self):
        return 10**9

    def __getitem__(self, at):
        pytest.fail("the proof was read before its length was checked")


def test_prefixes_part_leaves_from_nodes():
    left, right = LEAVES[:2]
    assert leaf_hash(left + right) != node_hash(left, right)
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_an_entry_has_one_leaf_hash_in_all_layers():
    assert leaf_hash(b"{}") == entry.leaf_hash(b"{}")


def test_frontier_of_nothing():
    assert Frontier().root() == EMPTY_ROOT
    assert Frontier().append_many([]) == (Frontier(), ())


def test_frontier_says_what_it_completed():
    frontier, levels = Frontier().append_many(LEAVES[:5])
    assert frontier.edge == (mth(LEAVES[:4]), LEAVES[4])
    after, levels = frontier.append_many(LEAVES[5:])
    assert levels == (LEAVES[5] + LEAVES[6], mth(LEAVES[4:6]))
    assert after.root() == ROOT


@pytest.mark.parametrize(
    ("size", "edge"),
    [(3, (bytes(32),)), (1, (bytes(31),)), (-1, ()), (SIZE_MAX + 1, (bytes(32),)), (0, (bytes(32),))],
)
def test_frontier_that_does_not_fit_its_size(size, edge):
    with pytest.raises(MalformedError):
        Frontier(size, edge)


def test_frontier_takes_hashes_only():
    with pytest.raises(MalformedError, match="32 bytes"):
        Frontier().append_many([bytes(33), bytes(31)])


def test_frontier_stops_at_the_largest_size():
    full = Frontier(SIZE_MAX, (bytes(32),) * 53)
    with pytest.raises(MalformedError, match="out of range"):
        full.append_many([bytes(32)])


@pytest.mark.parametrize(("index", "size"), [(7, 7), (-1, 7), (0, 0), (0, SIZE_MAX + 1)])
def test_inclusion_outside_of_the_tree(index, size):
    with pytest.raises(ForgedError, match="outside"):
        verify_inclusion(LEAVES[0], index, size, path(0, LEAVES), ROOT)


def test_inclusion_checks_the_length_first():
    endless = Unread()
    with pytest.raises(ForgedError, match="wrong length"):
        verify_inclusion(LEAVES[0], 0, 7, endless, ROOT)
    with pytest.raises(ForgedError, match="wrong length"):
        verify_consistency(3, 7, mth(LEAVES[:3]), ROOT, endless)


def test_inclusion_with_bytes_moved_between_hashes():
    """The attack: a leaf one byte too long and a sibling one too short hash to the same node."""
    leaf, sibling = LEAVES[:2]
    long, short = leaf + sibling[:1], sibling[1:]
    assert node_hash(long, short) == mth(LEAVES[:2])
    with pytest.raises(ForgedError, match="no hash"):
        verify_inclusion(long, 0, 2, [short], mth(LEAVES[:2]))


def test_consistency_with_bytes_moved_between_hashes():
    root2 = mth(LEAVES[:4])
    long = mth(LEAVES[:2]) + mth(LEAVES[2:4])[:1]
    with pytest.raises(ForgedError, match="no hash"):
        verify_consistency(2, 4, long, root2, [mth(LEAVES[2:4])[1:]])


def test_inclusion_of_another_leaf_index_or_root():
    for leaf, index, root in [(LEAVES[1], 0, ROOT), (LEAVES[0], 1, ROOT), (LEAVES[0], 0, mth(LEAVES[:6]))]:
        with pytest.raises(ForgedError, match="does not lead to the root"):
            verify_inclusion(leaf, index, 7, path(0, LEAVES), root)


def test_consistency_easy_cases():
    verify_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])
    verify_consistency(7, 7, ROOT, ROOT, [])
    with pytest.raises(ForgedError, match="do not rise"):
        verify_consistency(4, 3, mth(LEAVES[:4]), mth(LEAVES[:3]), [])
    with pytest.raises(ForgedError, match="nothing to prove"):
        verify_consistency(0, 7, EMPTY_ROOT, ROOT, [])
    with pytest.raises(ForgedError, match="root of nothing"):
        verify_consistency(0, 0, ROOT, ROOT, [])
    with pytest.raises(ForgedError, match="same size"):
        verify_consistency(7, 7, ROOT, mth(LEAVES[:6]), [])
    with pytest.raises(ForgedError, match="wrong length"):
        verify_consistency(7, 7, ROOT, ROOT, [ROOT])


def test_consistency_needs_both_roots():
    """The attack: a proof that leads to one of the two roots only."""
    for size in range(1, 7):
        good = proof(size, LEAVES)
        verify_consistency(size, 7, mth(LEAVES[:size]), ROOT, good)
        with pytest.raises(ForgedError):
            verify_consistency(size, 7, mth(leaf_hashes(size, "x")), ROOT, good)
        with pytest.raises(ForgedError):
            verify_consistency(size, 7, mth(LEAVES[:size]), mth(leaf_hashes(7, "x")), good)
