import os

import pytest

from mithaq.crypto.keys import (
    SealingKey,
    SigningPair,
    check_pair,
    check_sealing,
    load_sealing,
    verify_ed25519,
    verify_ml_dsa,
)
from mithaq.domain.party import Role, fingerprint, origin
from mithaq.errors import ForgedError, MalformedError

SEED = bytes(range(32))


@pytest.mark.parametrize(("role", "size"), [(Role.AUTHORITY, 4627), (Role.LOG, 2420), (Role.MIRROR, 2420)])
def test_a_pair_signs_with_both_keys(role, size):
    pair = SigningPair.generate(role, os.urandom)
    check_pair(pair.public, role, ())
    verify_ed25519(pair.public.ed25519, pair.sign_ed25519(b"m"), b"m")
    signature = pair.sign_ml_dsa(b"m")
    assert len(signature) == size
    verify_ml_dsa(pair.public.ml_dsa, signature, b"m")


def test_seeds_make_the_pair_and_are_never_shown():
    pair = SigningPair(Role.LOG, SEED, SEED)
    assert pair == SigningPair(Role.LOG, SEED, SEED)
    assert pair.public == SigningPair(Role.LOG, SEED, SEED).public
    key = SealingKey(SEED)
    for text in (repr(pair), str(pair), repr(key)):
        assert SEED.hex() not in text
        assert repr(SEED)[2:20] not in text
    assert "log" in repr(pair)


def test_generate_draws_two_seeds():
    drawn = []

    def random(size):
        drawn.append(size)
        return bytes([len(drawn)]) * size

    pair = SigningPair.generate(Role.LOG, random)
    assert drawn == [32, 32]
    assert pair.ed25519_seed != pair.ml_dsa_seed


@pytest.mark.parametrize("seeds", [(SEED[1:], SEED), (SEED, SEED + b"\0"), (b"", b"")])
def test_seed_of_a_wrong_length(seeds):
    with pytest.raises(MalformedError, match="32 bytes"):
        SigningPair(Role.LOG, *seeds)
    with pytest.raises(MalformedError, match="32 bytes"):
        SealingKey(SEED[1:])


@pytest.mark.parametrize("signature", [b"", bytes(64), bytes(2420), bytes(5000)])
def test_what_is_no_signature_is_forged(signature):
    public = SigningPair(Role.LOG, SEED, SEED).public
    with pytest.raises(ForgedError):
        verify_ed25519(public.ed25519, signature, b"")
    with pytest.raises(ForgedError):
        verify_ml_dsa(public.ml_dsa, signature, b"")


def test_verifying_with_what_is_no_key():
    with pytest.raises(MalformedError):
        verify_ed25519(bytes(31), bytes(64), b"")
    with pytest.raises(MalformedError):
        verify_ml_dsa(bytes(1311), bytes(2420), b"")


def test_fingerprint_vector():
    """Protocol 13."""
    public = SigningPair(Role.AUTHORITY, SEED, SEED).public
    assert fingerprint(origin("spoc.interior.example.ma"), public) == (
        "07958 69009 94149 25744 30040 92256 94510 39818 47242 54864 25511 45522"
    )


def test_sealing_key():
    key = SealingKey.generate(os.urandom)
    assert len(key.public) == 1216
    assert len(key.id) == 64
    check_sealing(key.public)


@pytest.mark.parametrize("public", [b"", bytes(1215), bytes(1217)])
def test_sealing_key_of_a_wrong_length(public):
    with pytest.raises(MalformedError, match="1216 bytes"):
        load_sealing(public)


def test_sealing_key_with_unreduced_coefficients():
    with pytest.raises(MalformedError, match="3329"):
        check_sealing(b"\xff" * 1216)
