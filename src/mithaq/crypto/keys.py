"""Key pairs that sign and keys that are sealed to (protocol 3, 7 and 13).

A **signing pair** is one Ed25519 and one ML-DSA key that are always used together; both are kept as 32-byte
seeds. A **sealing key** is kept as the 32-byte X-Wing seed and has a public half of 1,216 bytes. Public
halves that come from outside are checked once, when the card or the ``keys`` entry that brings them is
accepted: ``check_pair`` and ``check_sealing``. Where keys are kept is ``keystore`` and ``keyfiles``.
"""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA44PrivateKey,
    MLDSA44PublicKey,
    MLDSA87PrivateKey,
    MLDSA87PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from mithaq.crypto.edwards import check_prime_order
from mithaq.domain.party import ML_DSA_SIZES, ROLE_PARAMETERS, SEALING_SIZE, PublicPair, Role
from mithaq.errors import ForgedError, MalformedError

Random = Callable[[int], bytes]
"""A source of that many unpredictable bytes; ``os.urandom`` outside of tests."""

SEED_SIZE = 32
"""Bytes of every seed: Ed25519 (RFC 8032), ML-DSA (FIPS 204) and X-Wing have the same."""

ML_KEM_SIZE = 1184
"""Bytes of an ML-KEM-768 public key (FIPS 203)."""

_X25519_PRIME = 2**255 - 19


def _check_seed(seed: bytes) -> None:
    if len(seed) != SEED_SIZE:
        raise MalformedError("seed of a wrong length", expected=f"{SEED_SIZE} bytes", got=len(seed))


def _ml_dsa(role: Role, seed: bytes) -> MLDSA44PrivateKey | MLDSA87PrivateKey:
    if ROLE_PARAMETERS[role] == "ml-dsa-87":
        return MLDSA87PrivateKey.from_seed_bytes(seed)
    return MLDSA44PrivateKey.from_seed_bytes(seed)


@dataclass(frozen=True, slots=True)
class SigningPair:
    """One Ed25519 and one ML-DSA private key that sign together, for one role.

    Attributes:
        role: fixes the parameter set, ML-DSA-87 for ``authority`` and ML-DSA-44 for ``log`` and ``mirror``.
        ed25519_seed: 32 bytes, never shown by ``repr``.
        ml_dsa_seed: 32 bytes, never shown by ``repr``.
        public: the public halves.

    Raises:
        MalformedError: a seed is not 32 bytes long.
    """

    role: Role
    ed25519_seed: bytes = field(repr=False)
    ml_dsa_seed: bytes = field(repr=False)
    public: PublicPair = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check_seed(self.ed25519_seed)
        _check_seed(self.ml_dsa_seed)
        ed25519 = Ed25519PrivateKey.from_private_bytes(self.ed25519_seed).public_key()
        ml_dsa = _ml_dsa(self.role, self.ml_dsa_seed).public_key()
        public = PublicPair(ed25519.public_bytes_raw(), ml_dsa.public_bytes_raw())
        object.__setattr__(self, "public", public)

    @classmethod
    def generate(cls, role: Role, random: Random) -> Self:
        """A fresh pair for ``role``, its seeds drawn from ``random``."""
        return cls(role, random(SEED_SIZE), random(SEED_SIZE))

    def sign_ed25519(self, message: bytes) -> bytes:
        """The Ed25519 signature of ``message``, 64 bytes, always the same."""
        return Ed25519PrivateKey.from_private_bytes(self.ed25519_seed).sign(message)

    def sign_ml_dsa(self, message: bytes) -> bytes:
        """A pure ML-DSA signature of ``message`` with the empty context, 2,420 or 4,627 bytes.

        It is randomised: what is sent again must be stored, never signed again (protocol 3).
        """
        return _ml_dsa(self.role, self.ml_dsa_seed).sign(message)


def verify_ed25519(public: bytes, signature: bytes, message: bytes) -> None:
    """Verify an Ed25519 ``signature`` of ``message`` under the 32-byte key ``public``.

    Raises:
        ForgedError: it does not verify, or is no signature at all.
        MalformedError: ``public`` is not 32 bytes long.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        raise ForgedError("Ed25519 signature does not verify") from None
    except ValueError:
        raise MalformedError("not an Ed25519 key", expected="32 bytes", got=len(public)) from None


def _load_ml_dsa(public: bytes) -> MLDSA44PublicKey | MLDSA87PublicKey:
    if len(public) == ML_DSA_SIZES["ml-dsa-44"]:
        return MLDSA44PublicKey.from_public_bytes(public)
    if len(public) == ML_DSA_SIZES["ml-dsa-87"]:
        return MLDSA87PublicKey.from_public_bytes(public)
    raise MalformedError("not an ML-DSA key", expected="1312 or 2592 bytes", got=len(public))


def verify_ml_dsa(public: bytes, signature: bytes, message: bytes) -> None:
    """Verify a pure ML-DSA ``signature`` with the empty context; the key's length fixes the parameter set.

    Raises:
        ForgedError: it does not verify, or is no signature at all.
        MalformedError: ``public`` is neither an ML-DSA-44 nor an ML-DSA-87 key.
    """
    try:
        _load_ml_dsa(public).verify(signature, message)
    except InvalidSignature:
        raise ForgedError("ML-DSA signature does not verify") from None


def check_pair(pair: PublicPair, role: Role, known: Collection[PublicPair]) -> None:
    """Check the public halves of a pair that a card brings, before anything is verified with them.

    1. The parameter set is that of ``role``.
    2. The Ed25519 key is a canonical point of prime order: neither small nor mixed.
    3. Neither half equals that half of a pair already ``known``, whoever's: one pair, one party, one role.

    Any 1,312 or 2,592 bytes are an ML-DSA key; ``PublicPair`` has checked the length.

    Raises:
        MalformedError: 1, or an encoding that is not canonical.
        ForgedError: the order in 2, or 3.
    """
    expected = ROLE_PARAMETERS[role]
    if pair.parameters != expected:
        raise MalformedError("wrong parameter set", where=role, expected=expected, got=pair.parameters)
    check_prime_order(pair.ed25519)
    for other in known:
        if other.ed25519 == pair.ed25519:
            raise ForgedError("Ed25519 key is in use already", where=role, got=pair.ed25519.hex())
        if other.ml_dsa == pair.ml_dsa:
            raise ForgedError("ML-DSA key is in use already", where=role, got=pair.ml_dsa.hex())


@dataclass(frozen=True, slots=True)
class SealingKey:
    """The private key that a partner's pouches are sealed to: a 32-byte X-Wing seed (protocol 13).

    SHAKE-256(seed, 96 bytes) = ML-KEM-768 seed (64) ‖ X25519 key (32). Only the seed is ever stored.

    Attributes:
        seed: 32 bytes, never shown by ``repr``.
        public: ML-KEM-768 key (1,184 bytes) ‖ X25519 key (32 bytes).

    Raises:
        MalformedError: the seed is not 32 bytes long.
    """

    seed: bytes = field(repr=False)
    public: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check_seed(self.seed)
        ml_kem, x25519 = self.expand()
        public = ml_kem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        object.__setattr__(self, "public", public)

    @classmethod
    def generate(cls, random: Random) -> Self:
        """A fresh key, its seed drawn from ``random``."""
        return cls(random(SEED_SIZE))

    @property
    def id(self) -> str:
        """SHA-256 of the public half in hex: what a pouch and a key file name it by."""
        return hashlib.sha256(self.public).hexdigest()

    def expand(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        """The two private keys that the seed stands for; for ``crypto.sealing`` only."""
        expanded = hashlib.shake_256(self.seed).digest(96)
        return (
            MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
            X25519PrivateKey.from_private_bytes(expanded[64:]),
        )


def load_sealing(public: bytes) -> tuple[MLKEM768PublicKey, X25519PublicKey]:
    """The two public keys in the 1,216 bytes ``public``; for ``crypto.sealing`` only.

    Raises:
        MalformedError: a wrong length, or a coefficient of the ML-KEM key is not reduced.
    """
    if len(public) != SEALING_SIZE:
        raise MalformedError("not a sealing key", expected=f"{SEALING_SIZE} bytes", got=len(public))
    try:
        ml_kem = MLKEM768PublicKey.from_public_bytes(public[:ML_KEM_SIZE])
    except ValueError:
        raise MalformedError("not an ML-KEM-768 key", expected="coefficients below 3329") from None
    return ml_kem, X25519PublicKey.from_public_bytes(public[ML_KEM_SIZE:])


def check_sealing(public: bytes, known: Collection[bytes] = ()) -> None:
    """Check a public sealing key that a card or a ``keys`` entry brings.

    Raises:
        MalformedError: a wrong length, an unreduced ML-KEM coefficient or a non-canonical X25519 key.
        ForgedError: an X25519 key of small order, or a half equal to that of a ``known`` sealing key.
    """
    _, x25519 = load_sealing(public)
    if int.from_bytes(public[ML_KEM_SIZE:], "little") >= _X25519_PRIME:
        raise MalformedError("X25519 key is not canonical", expected="u below 2^255 - 19")
    try:
        # A clamped scalar is a multiple of 8, so just the points of small order give zero, which is refused.
        X25519PrivateKey.from_private_bytes(bytes(SEED_SIZE)).exchange(x25519)
    except ValueError:
        raise ForgedError("X25519 key of small order", got=public[ML_KEM_SIZE:].hex()) from None
    for other in known:
        if other[:ML_KEM_SIZE] == public[:ML_KEM_SIZE] or other[ML_KEM_SIZE:] == public[ML_KEM_SIZE:]:
            raise ForgedError("sealing key is in use already", got=hashlib.sha256(public).hexdigest())
