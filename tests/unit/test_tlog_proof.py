"""The proof file: form and limits. Proofs that lie are in the vectors ``heads``."""

import pytest

from mithaq.crypto.keys import SigningPair
from mithaq.crypto.notes import Note, NoteLine
from mithaq.domain.party import Role
from mithaq.errors import LimitError, MalformedError
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.head import HEAD_MAX, sign_head
from mithaq.tlog.merkle import PROOF_MAX, SIZE_MAX
from mithaq.tlog.proof import EXTRA_MAX, TLOG_PROOF_MAX, TlogProof
from mithaq.tlog.tiles import inclusion_proof
from trees import entries, grown, leaf_hashes

LOG = SigningPair(Role.LOG, bytes([1]) * 32, bytes([2]) * 32)
NAME = "a.example/to/b.example/1"
LEAVES = leaf_hashes(300)
STORE, FRONTIER = grown(LEAVES)
HEAD = sign_head(Checkpoint(NAME, 300, FRONTIER.root()), LOG, 0)
WHOLE = TlogProof(257, inclusion_proof(257, 300, STORE), HEAD, entries(300)[257])
FILE = bytes(WHOLE)


def test_holds_after_reading_back():
    proof = TlogProof.parse(FILE)
    assert proof == WHOLE
    assert proof.verify(LEAVES[257], NAME, LOG.public) == Checkpoint.parse(HEAD.text)


def test_a_log_of_one_entry_needs_no_path():
    head = sign_head(Checkpoint(NAME, 1, LEAVES[0]), LOG, 0)
    TlogProof.parse(bytes(TlogProof(0, (), head))).verify(LEAVES[0], NAME, LOG.public)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"@v1", b"@v2"),
        (b"c2sp", b"C2SP"),
        (b"index 257\n", b""),
        (b"index 257\n", b"index 257\nindex 257\n"),
        (b"index 257", b"index  257"),
        (b"index 257", b"index 0257"),
        (b"index 257", b"index \xd9\xa2"),
        (b"index 257", b"index %d" % SIZE_MAX),
        (b"index 257", b"Index 257"),
        (b"extra ", b"extra"),
        (b"extra ", b"extra A"),
        (b"extra ", b"extra AAAA\nextra "),
        (b"\n\n", b"\n"),
        (b"\n\n", b"\n\n\n"),
        (b"\n\n", b" \n\n"),
        (b"\n", b"\r\n"),
    ],
)
def test_another_form_is_refused(old, new):
    with pytest.raises(MalformedError):
        TlogProof.parse(FILE.replace(old, new, 1))


def test_limits():
    with pytest.raises(LimitError, match="too large"):
        TlogProof.parse(bytes(TLOG_PROOF_MAX + 1))
    with pytest.raises(LimitError, match="proof is too long"):
        TlogProof(0, (bytes(32),) * (PROOF_MAX + 1), HEAD)
    with pytest.raises(LimitError, match="proof is too long"):
        TlogProof.parse(FILE.replace(b"\n\n", b"\nAAAA" * PROOF_MAX + b"\n\n", 1))
    with pytest.raises(LimitError, match="extra"):
        TlogProof(0, (), HEAD, bytes(EXTRA_MAX + 1))
    with pytest.raises(MalformedError, match="no hash"):
        TlogProof(0, (bytes(31),), HEAD)
    with pytest.raises(MalformedError, match="out of range"):
        TlogProof(-1, (), HEAD)
    with pytest.raises(LimitError, match="note is too large"):
        TlogProof.parse(FILE.replace(b"\n\n", b"\n\n" + b"a" * HEAD_MAX, 1))


def test_the_largest_proof_fits():
    lines = (NoteLine("a" * 255, b"abcd", bytes(2428)),) * 16
    note = Note(HEAD.text, lines)
    largest = TlogProof(SIZE_MAX - 1, (bytes(32),) * PROOF_MAX, note, bytes(EXTRA_MAX))
    assert TlogProof.parse(bytes(largest)) == largest
