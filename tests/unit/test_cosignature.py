"""Signing heads and cosigning them; what is refused on reading is in the vectors ``heads``."""

import hashlib

import pytest

from mithaq.crypto.keys import SigningPair
from mithaq.crypto.notes import LINES_MAX, NoteLine
from mithaq.domain.party import Role
from mithaq.errors import ForgedError, LimitError, MalformedError, UsageError
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.cosignature import TIME_MAX, cosign, verify_cosignature
from mithaq.tlog.head import HEAD_MAX, sign_head, verify_head
from mithaq.tlog.merkle import EMPTY_ROOT

LOG = SigningPair(Role.LOG, bytes([1]) * 32, bytes([2]) * 32)
MIRROR = SigningPair(Role.MIRROR, bytes([3]) * 32, bytes([4]) * 32)
NAME = "b.example/mirror"
HEAD = Checkpoint("a.example/to/b.example/1", 3, bytes(range(32)))


def test_line_is_the_one_of_tlog_cosignature():
    """The example of C2SP: name, the time 1679315147, 72 bytes; its key is not published."""
    example = Checkpoint.parse(
        b"example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )
    ed25519, ml_dsa = cosign(example, "witness.example.com/w1", MIRROR, 1679315147)
    assert [line.signature[:8].hex() for line in (ed25519, ml_dsa)] == ["0000000064185" + "0cb"] * 2
    assert [len(line.signature) for line in (ed25519, ml_dsa)] == [72, 2428]
    key = b"witness.example.com/w1\n\x04" + MIRROR.public.ed25519
    assert ed25519.key_id == hashlib.sha256(key).digest()[:4]
    message = b"cosignature/v1\ntime 1679315147\n" + example.text
    assert ed25519.signature[8:] == MIRROR.sign_ed25519(message)


@pytest.mark.parametrize("time", [1, TIME_MAX])
def test_cosignature_gives_back_its_time(time):
    lines = cosign(HEAD, NAME, MIRROR, time)
    assert verify_cosignature(HEAD, lines, NAME, MIRROR.public) == time


@pytest.mark.parametrize("time", [0, -1, TIME_MAX + 1])
def test_no_such_time_is_cosigned(time):
    with pytest.raises(UsageError):
        cosign(HEAD, NAME, MIRROR, time)


def test_size_zero_is_not_cosigned():
    with pytest.raises(UsageError):
        cosign(Checkpoint(HEAD.origin, 0, EMPTY_ROOT), NAME, MIRROR, 1)


def test_each_pair_signs_in_its_role_only():
    with pytest.raises(UsageError, match="mirror pair"):
        cosign(HEAD, NAME, LOG, 1)
    with pytest.raises(UsageError, match="log pair"):
        sign_head(HEAD, MIRROR, 1)
    with pytest.raises(UsageError):
        sign_head(HEAD, LOG, TIME_MAX + 1)


def test_names_are_checked():
    with pytest.raises(MalformedError):
        cosign(HEAD, "b.example mirror", MIRROR, 1)
    with pytest.raises(MalformedError):
        verify_cosignature(HEAD, cosign(HEAD, NAME, MIRROR, 1), "", MIRROR.public)


def test_lines_are_limited_before_anything_is_verified():
    with pytest.raises(LimitError):
        verify_cosignature(HEAD, [NoteLine(NAME, b"abcd", b"x")] * (LINES_MAX + 1), NAME, MIRROR.public)


def test_an_authority_key_is_no_mirror():
    """ML-DSA-87 has no signature type here, whatever its lines say."""
    authority = SigningPair(Role.AUTHORITY, bytes([3]) * 32, bytes([9]) * 32)
    key = hashlib.sha256(NAME.encode() + b"\n\x06" + authority.public.ml_dsa).digest()[:4]
    ed25519, _ = cosign(HEAD, NAME, MIRROR, 1)
    line = NoteLine(NAME, key, bytes(7) + b"\x01" + bytes(4627))
    with pytest.raises(ForgedError, match="timestamped"):
        verify_cosignature(HEAD, (ed25519, line), NAME, authority.public)


def test_a_full_head_fits_its_limit():
    head = sign_head(HEAD, LOG, 5)
    longest = NoteLine("a" * 255, b"abcd", bytes(2428))
    assert len(bytes(head)) + 14 * len(bytes(longest)) <= HEAD_MAX
    assert verify_head(head, HEAD.origin, LOG.public) == HEAD


def test_both_lines_of_a_head_bear_the_name_of_the_log():
    assert {line.name for line in sign_head(HEAD, LOG, 0).lines} == {HEAD.origin}
