"""Wycheproof and HPKE vectors against our own functions: excerpts always, whole files where at hand."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives import hpke

from mithaq.crypto.keys import (
    ML_KEM_SIZE,
    SealingKey,
    check_sealing,
    load_sealing,
    verify_ed25519,
    verify_ml_dsa,
)
from mithaq.crypto.sealing import box, seal, unbox
from mithaq.errors import ForgedError, MalformedError, PeerError
from vectors.excerpts import HERE, SHARED

SOURCES = [
    pytest.param(HERE, id="excerpt"),
    pytest.param(
        SHARED, id="whole", marks=pytest.mark.skipif(not SHARED.is_dir(), reason="whole files not at hand")
    ),
]
every_source = pytest.mark.parametrize("source", SOURCES)
X25519_KEY = SealingKey(bytes(range(32))).public[ML_KEM_SIZE:]
ML_KEM_KEY = SealingKey(bytes(range(32))).public[:ML_KEM_SIZE]


def cases(source: Path, name: str) -> Iterator[tuple[dict, dict]]:
    whole = json.loads((source / "wycheproof" / f"{name}.json").read_bytes())
    return ((group, test) for group in whole["testGroups"] for test in group["tests"])


def verifies(verify, public, test) -> bool:
    try:
        verify(public, bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
    except PeerError:
        return False
    return True


@every_source
def test_ed25519(source):
    results = [
        (
            test["tcId"],
            verifies(verify_ed25519, bytes.fromhex(group["publicKey"]["pk"]), test),
            test["result"],
        )
        for group, test in cases(source, "ed25519_test")
    ]
    assert len(results) > 10
    assert [r for r in results if r[1] != (r[2] == "valid")] == []


@every_source
def test_ml_dsa_44(source):
    """Cases with a context do not apply: Mithaq signs with the empty one (protocol 3)."""
    results = [
        (test["tcId"], verifies(verify_ml_dsa, bytes.fromhex(group["publicKey"]), test), test["result"])
        for group, test in cases(source, "mldsa_44_verify_test")
        if not test.get("ctx")
    ]
    assert len(results) > 10
    assert [r for r in results if r[1] != (r[2] == "valid")] == []


@every_source
def test_aes_gcm(source):
    """Boxes have 256-bit keys, 96-bit nonces and no associated data; the other cases do not apply."""
    tried = 0
    for group, test in cases(source, "aes_gcm_test"):
        if (group["keySize"], group["ivSize"], test["aad"]) != (256, 96, ""):
            continue
        tried += 1
        key, index = bytes.fromhex(test["key"]), int(test["iv"], 16)
        sealed = bytes.fromhex(test["ct"] + test["tag"])
        if test["result"] == "valid":
            assert unbox(key, index, sealed) == bytes.fromhex(test["msg"])
            assert box(key, index, bytes.fromhex(test["msg"])) == sealed
        else:
            with pytest.raises(ForgedError):
                unbox(key, index, sealed)
    assert tried > 1


@every_source
def test_x25519_keys_that_give_zero_are_refused(source):
    refused = accepted = 0
    for _, test in cases(source, "x25519_test"):
        public = bytes.fromhex(test["public"])
        if int(test["shared"], 16) == 0:
            refused += 1
            with pytest.raises((ForgedError, MalformedError)):
                check_sealing(ML_KEM_KEY + public)
            with pytest.raises(ForgedError):
                seal(ML_KEM_KEY + public, b"", b"")
        elif test.get("flags") == ["Normal"]:
            accepted += 1
            check_sealing(ML_KEM_KEY + public)
        elif "NonCanonicalPublic" in test.get("flags", ()):
            refused += 1
            with pytest.raises(MalformedError):
                check_sealing(ML_KEM_KEY + public)
    assert refused > 2
    assert accepted


@every_source
def test_ml_kem_keys_with_unreduced_coefficients_are_refused(source):
    results = []
    for _, test in cases(source, "mlkem_768_encaps_test"):
        try:
            load_sealing(bytes.fromhex(test["ek"]) + X25519_KEY)
        except MalformedError:
            results.append((test["tcId"], "invalid", test["result"]))
        else:
            results.append((test["tcId"], "valid", test["result"]))
    assert {r[2] for r in results} == {"valid", "invalid"}
    assert [r for r in results if r[1] != r[2]] == []


@every_source
def test_x_wing_seed_and_hpke_with_the_hybrid_kem(source):
    """The seed gives the vector's public key, and the suite's KEM opens its ciphertext.

    The published vectors have ChaCha20-Poly1305 and associated data, which our suite has not: the KEM and the
    key schedule are the same, so the private call of the library with associated data is used here.
    """
    vectors = [
        v
        for v in json.loads((source / "hpke" / "hpke-pq.json").read_bytes())
        if v["kem_id"] == 0x647A and v["kdf_id"] == 1
    ]
    assert vectors
    for vector in vectors:
        key = SealingKey(bytes.fromhex(vector["skRm"]))
        assert key.public.hex() == vector["pkRm"]
        suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
        first = vector["encryptions"][0]
        opened = openssl.hpke._decrypt_with_aad(
            suite,
            bytes.fromhex(vector["enc"] + first["ct"]),
            hpke.MLKEM768X25519PrivateKey(*key.expand()),
            info=bytes.fromhex(vector["info"]),
            aad=bytes.fromhex(first["aad"]),
        )
        assert opened.hex() == first.get("pt", opened.hex())
