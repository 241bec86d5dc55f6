"""Attacks with keys: each of these keys would let one side deny, forge or confuse (protocol 3)."""

import hashlib
import os

import pytest

from mithaq.crypto.edwards import L, P, check_prime_order, decode, is_identity, multiply
from mithaq.crypto.keys import ML_KEM_SIZE, SealingKey, SigningPair, check_pair, check_sealing, verify_ed25519
from mithaq.crypto.notes import Note, Signer, require, sign, verify
from mithaq.crypto.sealing import seal
from mithaq.domain.party import PublicPair, Role
from mithaq.errors import ForgedError, MalformedError

PAIR = SigningPair.generate(Role.LOG, os.urandom).public

# The eight points of small order in their canonical encodings, the identity first.
SMALL = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]


def encode(point) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, -1, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def add(a, b):
    """The sum, by the affine law: not the code under test."""
    d = -121665 * pow(121666, -1, P)
    (x1, y1, *_), (x2, y2, *_) = a, b
    k = d * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + k, -1, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P
    return x, y, 1, x * y % P


def with_ed25519(key: bytes) -> PublicPair:
    return PublicPair(key, PAIR.ml_dsa)


@pytest.mark.parametrize("key", SMALL)
def test_small_order_is_refused(key):
    with pytest.raises(ForgedError, match="small order"):
        check_pair(with_ed25519(bytes.fromhex(key)), Role.LOG, ())


def test_why_small_order_matters():
    """Under the identity as key one signature fits every text, and the library lets it pass."""
    signature = bytes.fromhex(SMALL[0]) + bytes(32)
    verify_ed25519(bytes.fromhex(SMALL[0]), signature, b"I agree")
    verify_ed25519(bytes.fromhex(SMALL[0]), signature, b"I do not agree")


@pytest.mark.parametrize("torsion", SMALL[1:])
def test_mixed_order_is_refused(torsion):
    mixed = encode(add(decode(PAIR.ed25519), decode(bytes.fromhex(torsion))))
    with pytest.raises(ForgedError, match="mixed order"):
        check_pair(with_ed25519(mixed), Role.LOG, ())


@pytest.mark.parametrize("y", range(19))
@pytest.mark.parametrize("sign", [0, 1])
def test_y_not_below_the_prime_is_refused(y, sign):
    key = (P + y | sign << 255).to_bytes(32, "little")
    with pytest.raises(MalformedError, match="not canonical"):
        check_pair(with_ed25519(key), Role.LOG, ())


@pytest.mark.parametrize("y", [1, P - 1])
def test_sign_on_zero_x_is_refused(y):
    with pytest.raises(MalformedError, match="no sign"):
        check_pair(with_ed25519((y | 1 << 255).to_bytes(32, "little")), Role.LOG, ())


def test_point_off_the_curve_is_refused():
    with pytest.raises(MalformedError, match="not a point"):
        check_pair(with_ed25519((2).to_bytes(32, "little")), Role.LOG, ())


def test_good_keys_pass_and_decode_to_themselves():
    for _ in range(20):
        key = SigningPair.generate(Role.LOG, os.urandom).public.ed25519
        check_prime_order(key)
        assert encode(decode(key)) == key


def test_arithmetic_on_the_base_point():
    """The published base point has order L, and its multiples are the library's public keys."""
    base = decode(bytes.fromhex("58" + "66" * 31))
    assert is_identity(multiply(L, base))
    assert not is_identity(multiply(L - 1, base))
    assert is_identity(multiply(0, base))
    # RFC 8032, 7.1, test 1: the clamped scalar of the seed gives the public key.
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    scalar = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little")
    scalar = scalar & ((1 << 254) - 8) | 1 << 254
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert encode(multiply(scalar, base)).hex() == public


@pytest.mark.parametrize(("made_for", "used_as"), [(Role.LOG, Role.AUTHORITY), (Role.AUTHORITY, Role.MIRROR)])
def test_role_swap_by_parameter_set_is_refused(made_for, used_as):
    swapped = SigningPair.generate(made_for, os.urandom).public
    check_pair(swapped, made_for, ())
    with pytest.raises(MalformedError, match="parameter set"):
        check_pair(swapped, used_as, ())


def test_one_pair_for_log_and_mirror_is_refused():
    check_pair(PAIR, Role.LOG, ())
    with pytest.raises(ForgedError, match="in use"):
        check_pair(PAIR, Role.MIRROR, [PAIR])


def test_copied_halves_are_refused():
    other = SigningPair.generate(Role.LOG, os.urandom).public
    check_pair(other, Role.LOG, [PAIR])
    with pytest.raises(ForgedError, match="Ed25519 key is in use"):
        check_pair(PublicPair(PAIR.ed25519, other.ml_dsa), Role.LOG, [PAIR])
    with pytest.raises(ForgedError, match="ML-DSA key is in use"):
        check_pair(PublicPair(other.ed25519, PAIR.ml_dsa), Role.LOG, [PAIR])


def test_halves_of_two_pairs_do_not_make_a_signer():
    """Two honest pairs of one party sign; the pair made of their halves has not signed."""
    text, name = b"text\n", "a.example"
    one, two = (SigningPair.generate(Role.LOG, os.urandom) for _ in range(2))
    note = Note(text, (sign(text, name, one)[0], sign(text, name, two)[1]))
    crossed = Signer(name, PublicPair(one.public.ed25519, two.public.ml_dsa))
    assert verify(note, [Signer(name, one.public), Signer(name, two.public)]) == frozenset()
    with pytest.raises(ForgedError):
        require(note, crossed)


X25519_SMALL = [
    "00" * 32,
    "01" + "00" * 31,
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    (P - 1).to_bytes(32, "little").hex(),
]


@pytest.mark.parametrize("x25519", X25519_SMALL)
def test_sealing_key_of_small_order_is_refused(x25519):
    """Its X25519 secret would be known to everybody."""
    public = SealingKey(bytes(32)).public[:ML_KEM_SIZE] + bytes.fromhex(x25519)
    with pytest.raises(ForgedError, match="small order"):
        check_sealing(public)
    with pytest.raises(ForgedError, match="cannot be sealed to"):
        seal(public, b"", b"")


@pytest.mark.parametrize("u", [P + 9, 2**255 + 9])
def test_sealing_key_that_is_not_canonical_is_refused(u):
    public = SealingKey(bytes(32)).public[:ML_KEM_SIZE] + u.to_bytes(32, "little")
    with pytest.raises(MalformedError, match="not canonical"):
        check_sealing(public)


def test_copied_sealing_key_is_refused():
    one, two = SealingKey(bytes(32)).public, SealingKey(bytes([1] * 32)).public
    check_sealing(one, [two])
    for copied in (one, one[:ML_KEM_SIZE] + two[ML_KEM_SIZE:], two[:ML_KEM_SIZE] + one[ML_KEM_SIZE:]):
        with pytest.raises(ForgedError, match="in use"):
            check_sealing(copied, [one])
