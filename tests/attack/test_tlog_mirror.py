"""What an author may send to a reader, honest and lying: ``mirror.advance``."""

import pytest

from mithaq.crypto.keys import SigningPair
from mithaq.domain.party import Role
from mithaq.errors import ForgedError, ForkError, MalformedError, PeerError, StaleError
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.head import sign_head
from mithaq.tlog.merkle import Frontier, leaf_hash
from mithaq.tlog.mirror import (
    Advanced,
    Batch,
    LeafFork,
    LogForkError,
    Mirror,
    RootFork,
    SetAside,
    advance,
    verify_fork,
)
from trees import TileDict, entries, grown

NAME = "a.example/to/b.example/1"
LOG = SigningPair(Role.LOG, bytes([1]) * 32, bytes([2]) * 32)
OTHER = SigningPair(Role.LOG, bytes([3]) * 32, bytes([4]) * 32)
ENTRIES = entries(600)
HELD = 300


def head_of(said, size, pair=LOG, name=NAME):
    """The head that an author of the entries ``said`` signs at a size."""
    _, frontier = grown(leaf_hashes_of(said[:size]))
    return sign_head(Checkpoint(name, size, frontier.root()), pair, 0)


def leaf_hashes_of(said):
    return [leaf_hash(entry) for entry in said]


def batch(said, start, end, head=None):
    return Batch(head or head_of(said, end), start, said[start:end])


def rival(*changed):
    """Another history: the entries at these indexes are others."""
    return [entries(600, "x")[at] if at in changed else entry for at, entry in enumerate(ENTRIES)]


STORE, FRONTIER = grown(leaf_hashes_of(ENTRIES[:HELD]))
MIRROR = Mirror(NAME, FRONTIER, head_of(ENTRIES, HELD))


def judge(came, mirror=MIRROR, public=LOG.public):
    return advance(mirror, came, public, STORE)


def test_new_entries():
    outcome = judge(batch(ENTRIES, HELD, 600))
    assert isinstance(outcome, Advanced)
    assert outcome.leaf_hashes == tuple(leaf_hashes_of(ENTRIES[HELD:]))
    assert outcome.update.frontier.size == outcome.checkpoint.size == 600


def test_from_nothing():
    store, mirror = TileDict(), Mirror(NAME)
    for start, end in [(0, 200), (200, 200), (150, 310), (310, 600)]:
        came = batch(ENTRIES, start, end)
        outcome = advance(mirror, came, LOG.public, store)
        store.put(outcome.update)
        mirror = Mirror(NAME, outcome.update.frontier, came.head)
    assert mirror.frontier == grown(leaf_hashes_of(ENTRIES))[1]


@pytest.mark.parametrize("start", [0, 255, 256, 299])
def test_overlap_takes_only_what_is_new(start):
    outcome = judge(batch(ENTRIES, start, 310))
    assert outcome.leaf_hashes == tuple(leaf_hashes_of(ENTRIES[HELD:310]))


@pytest.mark.parametrize("start", [0, 299, 300])
def test_repetition_is_normal_and_changes_nothing(start):
    outcome = judge(batch(ENTRIES, start, HELD))
    assert (outcome.leaf_hashes, outcome.update.tiles, outcome.update.frontier) == ((), (), FRONTIER)


def test_entries_from_too_far_on_are_set_aside():
    assert judge(batch(ENTRIES, 301, 400)) == SetAside(HELD, 301)
    assert judge(batch(ENTRIES, 400, 400)) == SetAside(HELD, 400)


def test_older_head_of_the_same_log_is_stale():
    with pytest.raises(StaleError):
        judge(batch(ENTRIES, 100, 200))
    with pytest.raises(StaleError):
        judge(Batch(sign_head(Checkpoint(NAME, 0, Frontier().root()), LOG, 0), 0, []))


def test_older_head_of_another_history_is_forged_not_stale():
    with pytest.raises(ForgedError):
        judge(Batch(head_of(rival(100), 200), 200, []))


@pytest.mark.parametrize(("start", "entries"), [(300, 99), (300, 101), (-1, 401)])
def test_entries_end_where_their_head_does(start, entries):
    with pytest.raises(MalformedError):
        judge(Batch(head_of(ENTRIES, 400), start, [b""] * entries))


@pytest.mark.parametrize(
    "head", [head_of(ENTRIES, 400, OTHER), head_of(ENTRIES, 400, name="a.example/to/c.example/1")]
)
def test_head_by_another_is_forged(head):
    with pytest.raises(ForgedError):
        judge(batch(ENTRIES, HELD, 400, head))


def test_changed_new_entry_is_forged_and_no_evidence():
    """The attack: somebody on the way changes an entry, to have an honest log stopped."""
    for start in (HELD, 290):
        with pytest.raises(ForgedError):
            judge(batch(rival(350), start, 400, head_of(ENTRIES, 400)))


@pytest.mark.parametrize("size", [200, HELD, 400])
def test_changed_held_entry_under_an_honest_head_is_forged_and_no_evidence(size):
    """The attack: the same, with an entry that the reader holds already."""
    with pytest.raises(ForgedError, match="entries do not give the root"):
        judge(batch(rival(150), 100, size, head_of(ENTRIES, size)))


def test_hidden_change_before_the_overlap_is_forged():
    """The author forks before what it sends: retried from an earlier index, where it becomes evidence."""
    with pytest.raises(ForgedError):
        judge(batch(rival(100), HELD, 400))
    with pytest.raises(LogForkError):
        judge(batch(rival(100), 100, 400))


def test_one_size_with_two_roots():
    for came in (batch(rival(7), HELD, HELD), batch(rival(7), 0, HELD)):
        with pytest.raises(ForkError) as caught:
            judge(came)
        assert caught.value.evidence == RootFork(MIRROR.head, came.head)
        verify_fork(caught.value.evidence, NAME, LOG.public)


@pytest.mark.parametrize(
    ("size", "start", "changed"), [(200, 0, 7), (299, 256, 298), (301, 0, 0), (600, 10, 299), (513, 200, 255)]
)
def test_one_index_with_two_leaves(size, start, changed):
    with pytest.raises(LogForkError) as caught:
        judge(batch(rival(changed), start, size))
    evidence = caught.value.evidence
    assert isinstance(evidence, LeafFork)
    assert evidence.first.index == evidence.second.index == changed
    verify_fork(evidence, NAME, LOG.public)
    with pytest.raises(ForgedError):
        verify_fork(evidence, NAME, OTHER.public)
    with pytest.raises(ForgedError):
        verify_fork(evidence, "a.example/to/b.example/2", LOG.public)


def test_a_fork_over_two_pairs_is_no_evidence():
    """Fork evidence is under one key (protocol 6): the head held is by the pair before the change of keys."""
    old = Mirror(NAME, FRONTIER, head_of(ENTRIES, HELD, OTHER))
    for came in (batch(rival(7), 0, HELD), batch(rival(7), 0, 400)):
        with pytest.raises(ForgedError):
            judge(came, old)


def test_the_new_pair_goes_on_where_the_old_one_ended():
    old = Mirror(NAME, FRONTIER, head_of(ENTRIES, HELD, OTHER))
    assert isinstance(judge(batch(ENTRIES, HELD, 400), old), Advanced)


def test_a_mirror_has_the_head_of_its_size():
    for head in (None, head_of(ENTRIES, 299), head_of(rival(7), HELD)):
        with pytest.raises(MalformedError):
            Mirror(NAME, FRONTIER, head)
    with pytest.raises(MalformedError):
        Mirror("a.example/to/b.example/2", FRONTIER, MIRROR.head)


def test_fork_error_says_what_to_do_and_is_the_peers_fault():
    with pytest.raises(PeerError, match="keep the evidence, stop this log"):
        judge(batch(rival(7), 0, HELD))
