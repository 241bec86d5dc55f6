import hashlib

import pytest

from mithaq.crypto.keys import SigningPair, verify_ed25519
from mithaq.crypto.notes import Note, NoteLine, Signer, digest, ml_dsa_message, require, sign, verify
from mithaq.crypto.vkeys import VerifierKey, check_name, key_id
from mithaq.domain.party import Role
from mithaq.errors import ForgedError, LimitError, MalformedError

SEED = bytes(range(32))
NAME = "spoc.interior.example.ma"
TEXT = b"This is an example message.\n"
LOG = SigningPair(Role.LOG, SEED, SEED)
AUTHORITY = SigningPair(Role.AUTHORITY, SEED, SEED)
SIGNER = Signer(NAME, LOG.public)
LINES = sign(TEXT, NAME, LOG)

C2SP_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()


def test_vectors_of_the_protocol():
    """Protocol 13: key ids, and the message of the ML-DSA line."""
    assert SIGNER.ed25519.key_id.hex() == "eb6592fe"
    assert SIGNER.ml_dsa.key_id.hex() == "82e7bae4"
    assert Signer(NAME, AUTHORITY.public).ml_dsa.key_id.hex() == "c74866e2"
    message = ml_dsa_message(NAME, LOG.public.ed25519, TEXT)
    assert len(message) == 105
    assert hashlib.sha256(message).hexdigest() == (
        "83a9e72c5a27b4c83e6ddb3d93ed3e2003ca233cfc1cb8a7b7e281a4691724e9"
    )


def test_example_of_c2sp():
    key = VerifierKey.parse(C2SP_KEY)
    note = Note.parse(C2SP_NOTE, limit=1000)
    line = note.line(key.name, key.key_id)
    assert line is not None
    verify_ed25519(key.type_and_key[1:], line.signature, note.text)
    assert bytes(note) == C2SP_NOTE
    assert str(key) == C2SP_KEY


def test_sign_parse_verify():
    note = Note(TEXT, LINES)
    read = Note.parse(bytes(note), limit=len(bytes(note)))
    assert read == note
    assert verify(read, [SIGNER, Signer("other.example", AUTHORITY.public)]) == {SIGNER}
    require(read, SIGNER)
    assert digest(read) == hashlib.sha256(TEXT).hexdigest()


def test_requiring_nobody_refuses():
    with pytest.raises(ForgedError, match="nobody"):
        require(Note(TEXT, LINES))


def test_the_message_names_the_missing_signer():
    with pytest.raises(ForgedError, match=r"other\.example"):
        require(Note(TEXT, LINES), SIGNER, Signer("other.example", AUTHORITY.public))


def test_limit_of_bytes_is_exact():
    data = bytes(Note(TEXT, LINES))
    Note.parse(data, limit=len(data))
    with pytest.raises(LimitError):
        Note.parse(data, limit=len(data) - 1)


def test_sixteen_lines_and_no_more():
    lines = tuple(NoteLine(f"k{i}.example", bytes(4), b"s") for i in range(17))
    data = bytes(Note(TEXT, lines[:16]))
    assert len(Note.parse(data, limit=10_000).lines) == 16
    with pytest.raises(LimitError):
        Note.parse(data + bytes(lines[16]), limit=10_000)
    with pytest.raises(LimitError):
        Note(TEXT, lines)
    with pytest.raises(LimitError):  # counted before any line is looked at
        Note.parse(data + b"no line\n", limit=10_000)


def test_a_text_of_one_empty_line():
    assert Note.parse(b"\n" + C2SP_NOTE[len(TEXT) :], limit=1000).text == b"\n"


@pytest.mark.parametrize("text", [b"", b"no newline", b"tab\t\n", b"\xff\n", b"nul\0\n"])
def test_note_checks_its_text(text):
    with pytest.raises(MalformedError):
        Note(text, LINES)


def test_note_needs_a_line():
    with pytest.raises(MalformedError):
        Note(TEXT, ())


@pytest.mark.parametrize("signatures", [b"\xe2\x80\n", b"\xe2\x80\x94 \xff AAAA\n", "— n ÄÖ==\n".encode()])
def test_signature_lines_that_do_not_parse(signatures):
    with pytest.raises(MalformedError):
        Note.parse(TEXT + b"\n" + signatures, limit=1000)


@pytest.mark.parametrize("line", [(bytes(3), b"s"), (bytes(5), b"s"), (bytes(4), b"")])
def test_line_checks_itself(line):
    with pytest.raises(MalformedError):
        NoteLine(NAME, *line)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2028b", "a\tb", "\udc80", "ä" * 128])
def test_names_of_keys(name):
    with pytest.raises(MalformedError):
        check_name(name)
    with pytest.raises(MalformedError):
        Signer(name, LOG.public)


def test_longest_name():
    check_name("n" * 255)
    assert ml_dsa_message("n" * 255, bytes(32), TEXT)[16] == 255


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/foo",
        "example.com/foo+530d903a",
        C2SP_KEY.replace("530d903a", "530D903A"),
        C2SP_KEY.replace("530d903a", "530d903b"),
        C2SP_KEY.replace("/foo", "/fop"),
        C2SP_KEY + "=",
        C2SP_KEY[:-4],
        "n+" + key_id("n", b"\x01").hex() + "+AQ==",
    ],
)
def test_verifier_keys_that_do_not_parse(text):
    with pytest.raises(MalformedError):
        VerifierKey.parse(text)


def test_verifier_keys_of_a_signer_round_trip():
    for key in (SIGNER.ed25519, SIGNER.ml_dsa, Signer(NAME, AUTHORITY.public).ml_dsa):
        assert VerifierKey.parse(str(key)) == key
