"""Sealing to a partner: HPKE, the boxes of a pouch, and padding (protocol 7).

``seal`` wraps a short secret part to a public sealing key: HPKE of RFC 9180, base mode, KEM MLKEM768-X25519
(0x647a), HKDF-SHA256, AES-256-GCM. The result is ``enc`` (1,120 bytes) ‖ ciphertext ‖ tag (16). HPKE here has
no associated data, so what the sealed bytes must be bound to goes into ``info``. ``box`` seals the parts that
follow under the fresh key K that was sealed, so each pair (K, index) must be used once only.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from mithaq.crypto.keys import SealingKey, load_sealing
from mithaq.errors import ForgedError, MalformedError

TAG_SIZE = 16
"""Bytes that AES-256-GCM adds to what it seals."""

NONCE_SIZE = 12
"""Bytes of a nonce of AES-256-GCM."""

ENC_SIZE = 1120
"""Bytes of the encapsulated key before the ciphertext: ML-KEM-768 (1,088), then X25519 (32)."""

SEAL_OVERHEAD = ENC_SIZE + TAG_SIZE
"""Bytes that ``seal`` adds to its plaintext."""

_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def seal(public: bytes, info: bytes, plaintext: bytes) -> bytes:
    """Seal ``plaintext`` to the 1,216-byte key ``public``, bound to ``info``; ``SEAL_OVERHEAD`` bytes longer.

    It is randomised by the library: what is sent again is stored, never sealed again (protocol 3).

    Raises:
        MalformedError: ``public`` is not a sealing key.
        ForgedError: its X25519 half is of small order (``check_sealing`` would have told).
    """
    ml_kem, x25519 = load_sealing(public)
    try:
        return _SUITE.encrypt(plaintext, MLKEM768X25519PublicKey(ml_kem, x25519), info=info)
    except ValueError:
        raise ForgedError("sealing key cannot be sealed to", expected="a key of full order") from None


def open_sealed(key: SealingKey, info: bytes, sealed: bytes) -> bytes:
    """Open what ``seal`` gave for ``key.public`` and ``info``.

    Raises:
        ForgedError: sealed to another key, bound to another ``info``, or changed on the way.
    """
    try:
        return _SUITE.decrypt(sealed, MLKEM768X25519PrivateKey(*key.expand()), info=info)
    except (InvalidTag, ValueError):
        raise ForgedError("sealed bytes do not open with this key") from None


def _nonce(index: int) -> bytes:
    try:
        return index.to_bytes(NONCE_SIZE)
    except OverflowError:
        raise MalformedError("nonce out of range", expected="0 to 2^96 - 1", got=index) from None


def box(key: bytes, index: int, part: bytes) -> bytes:
    """AES-256-GCM of ``part`` under the 32-byte ``key``, nonce ``index`` as 96 bits (protocol 7).

    Each ``index`` may be used once with a key: AES-GCM loses everything when a nonce comes twice.

    Raises:
        MalformedError: ``index`` is negative or above 2^96 - 1.
    """
    return AESGCM(key).encrypt(_nonce(index), part, None)


def unbox(key: bytes, index: int, sealed: bytes) -> bytes:
    """Open what ``box`` gave for ``key`` and ``index``.

    Raises:
        ForgedError: another key, another place in the pouch, or changed on the way.
        MalformedError: ``index`` is negative or above 2^96 - 1.
    """
    try:
        return AESGCM(key).decrypt(_nonce(index), sealed, None)
    except InvalidTag:
        raise ForgedError("box does not open", where=f"box {index}") from None


def padme(size: int) -> int:
    """The Padmé length of ``size`` bytes: at most 12 % more, showing O(log log size) bits (protocol 7).

    Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", 2019. The
    result is a fixed point: ``padme(padme(n)) == padme(n)``.
    """
    if size < 2:
        return size
    exponent = size.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (size + mask) & ~mask
