"""Any bytes are a note or a peer's error; a note has one encoding."""

from hypothesis import given
from hypothesis import strategies as st

from mithaq.crypto.keys import SigningPair
from mithaq.crypto.notes import Note, NoteLine, Signer, sign, verify
from mithaq.crypto.vkeys import VerifierKey
from mithaq.domain.party import Role
from mithaq.errors import ForgedError, PeerError

PAIR = SigningPair(Role.LOG, bytes(32), bytes(32))
SIGNER = Signer("a.example", PAIR.public)
GOOD = bytes(Note(b"text\n", sign(b"text\n", "a.example", PAIR)))

names = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="+"), min_size=1, max_size=60
)
lines = st.builds(NoteLine, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n")).map(
    lambda text: f"{text}\n".encode()
)
notes = st.builds(Note, texts, st.lists(lines, min_size=1, max_size=16).map(tuple))


def one_encoding(data: bytes) -> None:
    try:
        note = Note.parse(data, limit=10_000)
    except PeerError:
        return
    assert bytes(note) == data


@given(st.binary())
def test_any_bytes(data):
    one_encoding(data)


@given(st.binary(max_size=60))
def test_any_signature_block(data):
    one_encoding("text\n\n— a.example ".encode() + data)


@given(notes)
def test_round_trip(note):
    assert Note.parse(bytes(note), limit=1_000_000) == note


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_a_changed_byte_never_leaves_a_signer(at, difference):
    data = GOOD[:at] + bytes([GOOD[at] ^ difference]) + GOOD[at + 1 :]
    try:
        assert verify(Note.parse(data, limit=10_000), [SIGNER]) == frozenset()
    except PeerError:
        return


@given(st.text())
def test_any_verifier_key(text):
    try:
        key = VerifierKey.parse(text)
    except PeerError:
        return
    assert str(key) == text


@given(texts, st.binary(min_size=1, max_size=100))
def test_any_signature_of_a_known_key_is_refused(text, signature):
    note = Note(text, (NoteLine("a.example", SIGNER.ml_dsa.key_id, signature),))
    try:
        verify(note, [SIGNER])
    except ForgedError:
        return
    raise AssertionError
