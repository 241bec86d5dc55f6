"""The key store ``file:``: a directory of signing pairs, each wrapped, under one passphrase.

::

    store.json      how the passphrase is stretched, and the store's secret wrapped under the result
    <name>.key      one signing pair, wrapped under a key derived from that secret

One Argon2id derivation thus unlocks all pairs. Formats, byte exact::

    store.json = canonical JSON: iterations lanes memory salt type wrapped           (salt, wrapped in hex)
    wrapped    = nonce (12) | AES-256-GCM(Argon2id(passphrase), nonce, secret (32), aad)
                 aad: the same JSON with "wrapped":""
    <name>.key = "mithaq-signing-pair/1" 0A | nonce (12) | AES-256-GCM(wrapping, nonce, part, aad)
                 part: role 0A Ed25519 seed (32) ML-DSA seed (32)        aad: "mithaq-signing-pair/1" 0A name
    wrapping   = HKDF-SHA256(secret, info "mithaq/1 keystore" 0A "signing pairs"); other purposes alike
"""

import re
from pathlib import Path
from typing import Self

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mithaq.crypto.keys import SEED_SIZE, Random, SigningPair
from mithaq.crypto.passphrase import Passphrase
from mithaq.crypto.private_files import create_private, make_directory, read_private
from mithaq.crypto.sealing import NONCE_SIZE
from mithaq.domain.party import Role
from mithaq.errors import KeyStoreError

MEMORY_KIB = 65_536
"""Argon2id memory in KiB, for new stores and the least that is opened: RFC 9106, section 4, second choice."""

ITERATIONS = 3
"""Argon2id passes, for new stores and the least that is opened (RFC 9106, section 4, second choice)."""

LANES = 4
"""Argon2id lanes of new stores (RFC 9106, section 4, second choice)."""

MEMORY_KIB_MAX = 2**20
"""At most 1 GiB: a file that was put there must not exhaust the machine's memory."""

ITERATIONS_MAX = 64
"""At most 64 passes: a file that was put there must not stop the node for minutes."""

LANES_MAX = 16

SALT_SIZE = 16
"""Bytes of salt (RFC 9106, section 3.1)."""

FILE_MAX = 4096
"""Bytes of any file of the store; each is a few hundred."""

_TYPE = "mithaq/keystore/1"
_MAGIC = b"mithaq-signing-pair/1\n"
_HEADER = "store.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    iterations: int
    lanes: int
    memory: int
    salt: str
    type: str
    wrapped: str = ""

    def encode(self) -> bytes:
        return msgspec.json.encode(self, order="sorted")

    def key(self, passphrase: bytes) -> bytes:
        """Stretch the passphrase; call ``check`` before, or a hostile file fixes the cost."""
        salt = bytes.fromhex(self.salt)
        kdf = Argon2id(
            salt=salt, length=32, iterations=self.iterations, lanes=self.lanes, memory_cost=self.memory
        )
        return kdf.derive(passphrase)

    def check(self, where: str) -> None:
        """Refuse parameters that protect too little or cost too much."""
        bounds = {
            "memory": (MEMORY_KIB, self.memory, MEMORY_KIB_MAX),
            "iterations": (ITERATIONS, self.iterations, ITERATIONS_MAX),
            "lanes": (1, self.lanes, LANES_MAX),
            "salt": (SALT_SIZE * 2, len(self.salt), SALT_SIZE * 2),
        }
        for name, (low, value, high) in bounds.items():
            if not low <= value <= high:
                raise KeyStoreError(
                    f"Argon2id {name} is out of bounds", where=where, expected=f"{low} to {high}", got=value
                )
        if self.type != _TYPE:
            raise KeyStoreError("not a key store", where=where, expected=_TYPE, got=self.type)


class FileStore:
    """An unlocked directory of signing pairs; made by ``create`` or ``open``.

    Args:
        directory: where it is.
        secret: the 32 bytes that ``store.json`` wraps.
        random: the source of nonces.
    """

    def __init__(self, directory: Path, secret: bytes, random: Random) -> None:
        self._directory = directory
        self._secret = secret
        self._random = random
        self._aead = AESGCM(self.secret("signing pairs"))

    @classmethod
    def create(cls, location: str, passphrase: Passphrase, random: Random) -> Self:
        """Make a new, empty store in the directory ``location``.

        Raises:
            KeyStoreError: there is one already, or the directory cannot be made or is not private.
        """
        directory = Path(location)
        make_directory(directory)
        header = _Header(ITERATIONS, LANES, MEMORY_KIB, random(SALT_SIZE).hex(), _TYPE)
        secret, nonce = random(SEED_SIZE), random(NONCE_SIZE)
        sealed = AESGCM(header.key(passphrase())).encrypt(nonce, secret, header.encode())
        whole = msgspec.structs.replace(header, wrapped=(nonce + sealed).hex())
        try:
            create_private(directory / _HEADER, whole.encode())
        except FileExistsError:
            raise KeyStoreError("there is a key store already", where=location) from None
        return cls(directory, secret, random)

    @classmethod
    def open(cls, location: str, passphrase: Passphrase, random: Random) -> Self:
        """Unlock the store in the directory ``location``.

        Raises:
            KeyStoreError: there is none; its header is malformed, or protects less or costs more than is
                allowed; it is not private; the passphrase is wrong.
        """
        directory = Path(location)
        header = _read_header(directory / _HEADER)
        bare = msgspec.structs.replace(header, wrapped="")
        wrapped = bytes.fromhex(header.wrapped)
        aead = AESGCM(header.key(passphrase()))
        try:
            secret = aead.decrypt(wrapped[:NONCE_SIZE], wrapped[NONCE_SIZE:], bare.encode())
        except (InvalidTag, ValueError):
            raise KeyStoreError(
                "key store does not open", where=location, todo="check the passphrase"
            ) from None
        return cls(directory, secret, random)

    def secret(self, purpose: str) -> bytes:
        """32 bytes for ``purpose``, always the same, that nobody without the passphrase can know."""
        info = b"mithaq/1 keystore\n" + purpose.encode()
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(self._secret)

    def names(self) -> list[str]:
        """The names of all pairs, sorted."""
        return sorted(path.stem for path in self._directory.glob("*.key") if _NAME.fullmatch(path.stem))

    def load(self, name: str) -> SigningPair:
        """The pair called ``name``.

        Raises:
            KeyStoreError: there is none, its file is not private, or it does not open.
        """
        try:
            stored = read_private(self._path(name), FILE_MAX)
        except FileNotFoundError:
            raise KeyStoreError(
                "there is no such pair", where=name, expected=" ".join(self.names())
            ) from None
        at, start = len(_MAGIC), len(_MAGIC) + NONCE_SIZE
        try:
            part = self._aead.decrypt(stored[at:start], stored[start:], stored[:at] + name.encode())
        except (InvalidTag, ValueError):
            raise KeyStoreError(
                "signing pair does not open", where=name, todo="restore its file from a backup"
            ) from None
        role, seeds = part[: -2 * SEED_SIZE - 1], part[-2 * SEED_SIZE :]
        return SigningPair(Role(role.decode()), seeds[:SEED_SIZE], seeds[SEED_SIZE:])

    def store(self, name: str, pair: SigningPair) -> None:
        """Keep ``pair`` under ``name``; when this returns it lasts.

        Raises:
            KeyStoreError: there is one of this name (none is ever overwritten), or the disk refuses.
        """
        part = pair.role.encode() + b"\n" + pair.ed25519_seed + pair.ml_dsa_seed
        nonce = self._random(NONCE_SIZE)
        sealed = self._aead.encrypt(nonce, part, _MAGIC + name.encode())
        try:
            create_private(self._path(name), _MAGIC + nonce + sealed)
        except FileExistsError:
            raise KeyStoreError("there is a pair of this name already", where=name) from None

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise KeyStoreError("not the name of a pair", expected="lower-case letters, digits, -", got=name)
        return self._directory / f"{name}.key"


def _read_header(path: Path) -> _Header:
    try:
        header = msgspec.json.decode(read_private(path, FILE_MAX), type=_Header)
        header.check(str(path))
        if [bytes.fromhex(text).hex() for text in (header.salt, header.wrapped)] != [
            header.salt,
            header.wrapped,
        ]:
            raise ValueError("hex in another spelling")  # noqa: TRY301 - spaces in a salt make it shorter
    except FileNotFoundError:
        raise KeyStoreError("there is no key store", where=str(path), todo="make one first") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError):
        raise KeyStoreError("header of the key store is malformed", where=str(path)) from None
    return header
