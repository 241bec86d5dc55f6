"""Trees and parsers of the log against a naive tree and against any bytes."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mithaq.crypto.notes import Note, NoteLine
from mithaq.errors import ForgedError, PeerError
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.merkle import SIZE_MAX, verify_consistency, verify_inclusion
from mithaq.tlog.proof import TlogProof
from mithaq.tlog.tiles import consistency_proof, frontier_at, inclusion_proof, root_at
from trees import grown, leaf_hashes, mth, path, proof

LEAVES = leaf_hashes(600)
STORE, _ = grown(LEAVES, 7, 250, 3)

sizes = st.integers(1, len(LEAVES))
hashes = st.binary(min_size=32, max_size=32)


@given(st.lists(st.integers(0, 300), max_size=6), st.integers(0, 600))
def test_growing_in_any_batches_gives_the_naive_root(batches, size):
    store, frontier = grown(LEAVES[:size], *batches)
    assert frontier.root() == root_at(size, store) == mth(LEAVES[:size])
    assert frontier == frontier_at(size, store)


@given(st.data(), sizes)
def test_inclusion_at_any_size_is_the_naive_path(data, size):
    index = data.draw(st.integers(0, size - 1))
    made = inclusion_proof(index, size, STORE)
    assert list(made) == path(index, LEAVES[:size])
    verify_inclusion(LEAVES[index], index, size, made, mth(LEAVES[:size]))


@given(sizes, sizes)
@example(256, 512)
@example(511, 600)
def test_consistency_of_any_sizes_is_the_naive_proof(one, other):
    size1, size2 = sorted((one, other))
    made = consistency_proof(size1, size2, STORE)
    assert list(made) == proof(size1, LEAVES[:size2])
    verify_consistency(size1, size2, mth(LEAVES[:size1]), mth(LEAVES[:size2]), made)


@given(st.data(), sizes)
def test_a_proof_serves_no_other_index(data, size):
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1))
    if other != index:
        with pytest.raises(ForgedError):
            verify_inclusion(
                LEAVES[index], other, size, inclusion_proof(index, size, STORE), mth(LEAVES[:size])
            )


@given(st.integers(), st.integers(), st.lists(st.binary(max_size=33), max_size=60), hashes, hashes)
def test_any_proof_is_forged_or_holds(first, second, made, root1, root2):
    with suppress(ForgedError):
        verify_inclusion(root1, first, second, made, root2)
    with suppress(ForgedError):
        verify_consistency(first, second, root1, root2, made)


names = st.from_regex(r"[a-z][a-z0-9./-]{0,40}", fullmatch=True)


@given(names, st.integers(1, SIZE_MAX), hashes)
def test_a_checkpoint_reads_back(origin, size, root):
    checkpoint = Checkpoint(origin, size, root)
    assert Checkpoint.parse(checkpoint.text) == checkpoint


checkpoint_like = st.one_of(
    st.binary(max_size=200),
    st.from_regex(r"[a-z.]{1,5}\n[0-9]{1,18}\n[A-Za-z0-9+/]{43}=\n(x\n)?", fullmatch=True).map(str.encode),
)


@given(checkpoint_like)
def test_any_bytes_are_a_checkpoint_or_refused(data):
    try:
        checkpoint = Checkpoint.parse(data)
    except PeerError:
        return
    assert checkpoint.text == data


HEAD = Note(Checkpoint("a.example/log", 9, bytes(32)).text, (NoteLine("a.example/log", b"abcd", b"s"),))


@given(st.integers(0, SIZE_MAX - 1), st.lists(hashes, max_size=54), st.binary(max_size=100))
def test_a_proof_file_reads_back(index, made, extra):
    whole = TlogProof(index, tuple(made), HEAD, extra)
    assert TlogProof.parse(bytes(whole)) == whole


PROOF = bytes(TlogProof(3, (bytes(32),) * 3, HEAD, b"extra"))


@given(
    st.one_of(st.binary(max_size=300), st.binary(max_size=100).map(lambda b: b"c2sp.org/tlog-proof@v1\n" + b))
)
def test_any_bytes_are_a_proof_file_or_refused(data):
    _parses_to_itself_or_refuses(data)


@given(st.integers(0, len(PROOF)), st.integers(0, 20), st.binary(max_size=20))
def test_any_change_of_a_proof_file_is_read_exactly_or_refused(at, cut, put):
    _parses_to_itself_or_refuses(PROOF[:at] + put + PROOF[at + cut :])


def _parses_to_itself_or_refuses(data):
    try:
        whole = TlogProof.parse(data)
    except PeerError:
        return
    assert bytes(whole) == data
