"""Keys that must be destroyed one day: day keys and sealing seeds, one small file each (protocol 7 and 8).

They lie in a directory apart from the database, since a database keeps old pages and goes into backups that
live longer than a key may. A file is destroyed and the key is gone; nothing keeps a copy in memory. Format::

    file = "mithaq-keyfile/1" 0A | nonce (12 random bytes) | AES-256-GCM(secret, nonce, key (32), aad)
    aad  = "mithaq-keyfile/1" 0A | name

``name`` is ``day/2026-11-25`` or ``sealing/<SHA-256 of the public key in hex>`` and is the path below the
directory; in ``aad`` it keeps one key from being put in another's place. ``secret`` is the node's, from its
key store, so a copy of the directory alone opens nothing.
"""

import contextlib
import hmac
import re
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mithaq.crypto.keys import SEED_SIZE, Random
from mithaq.crypto.private_files import create_private, destroy_private, make_directory, read_private, sweep
from mithaq.crypto.sealing import NONCE_SIZE, TAG_SIZE
from mithaq.errors import KeyStoreError

_MAGIC = b"mithaq-keyfile/1\n"
_MARK = b"mithaq/1 mark of contents\n"
_FILE_SIZE = len(_MAGIC) + NONCE_SIZE + SEED_SIZE + TAG_SIZE
_NAME = re.compile(r"day/[0-9]{4}-[0-9]{2}-[0-9]{2}|sealing/[0-9a-f]{64}")
_FOLDERS = ("day", "sealing")


class KeyFiles:
    """A directory of 32-byte keys that can be destroyed one by one.

    Args:
        directory: made, mode 0700, if it is not there.
        secret: the node's 32-byte secret that every file is wrapped under.
        random: the source of new keys and of nonces.

    Raises:
        KeyStoreError: the directory cannot be made, or group or others may enter it.
    """

    def __init__(self, directory: Path, secret: bytes, random: Random) -> None:
        self._directory = directory
        self._aead = AESGCM(secret)
        self._marking = hmac.digest(secret, _MARK, "sha256")
        self._random = random
        for folder in ("", *_FOLDERS):
            make_directory(directory / folder)
            sweep(directory / folder)

    def create(self, name: str, key: bytes) -> None:
        """Keep ``key``, 32 bytes, under ``name``; when this returns it lasts.

        Raises:
            KeyStoreError: there is one of this name, the name or the key is malformed, or the disk refuses.
        """
        try:
            create_private(self._path(name), self._wrap(name, key))
        except FileExistsError:
            raise KeyStoreError("there is a key of this name already", where=name) from None

    def get(self, name: str) -> bytes:
        """The 32-byte key called ``name``.

        Raises:
            KeyStoreError: it was destroyed or never made, or its file does not open.
        """
        try:
            stored = read_private(self._path(name), _FILE_SIZE)
        except FileNotFoundError:
            raise KeyStoreError("no such key: destroyed, or never made", where=name) from None
        return self._unwrap(name, stored)

    def get_or_create(self, name: str) -> bytes:
        """The key called ``name``, drawn now if there is none; two processes that ask get the same.

        Raises:
            KeyStoreError: its file does not open, or the disk refuses.
        """
        path = self._path(name)
        with contextlib.suppress(FileNotFoundError):
            if not any(read_private(path, _FILE_SIZE)):
                destroy_private(path)  # who died between overwriting and removing left it; its key is gone
        if not path.exists():
            try:
                create_private(path, self._wrap(name, self._random(SEED_SIZE)))
            except FileExistsError:
                return self.get(name)  # another process was quicker, and its key is the one
        return self.get(name)

    def destroy(self, name: str) -> None:
        """Destroy the key called ``name`` for good; nothing if it is gone already.

        Raises:
            KeyStoreError: the disk refuses; the key may still be there.
        """
        destroy_private(self._path(name))

    def mark(self, content: bytes) -> bytes:
        """A keyed fingerprint of a content, 32 bytes: equal for equal contents, and telling others nothing.

        It stands beside the sealed content and goes with it (protocol 8).
        """
        return hmac.digest(self._marking, content, "sha256")

    def names(self, folder: str) -> list[str]:
        """The names of all keys in ``folder``, ``day`` or ``sealing``, sorted (days by date)."""
        found = (f"{folder}/{path.name}" for path in (self._directory / folder).iterdir())
        return sorted(name for name in found if _NAME.fullmatch(name))

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise KeyStoreError("not the name of a key", expected="day/<date> or sealing/<digest>", got=name)
        return self._directory / name

    def _wrap(self, name: str, key: bytes) -> bytes:
        if len(key) != SEED_SIZE:
            raise KeyStoreError("key of a wrong length", where=name, expected="32 bytes", got=len(key))
        nonce = self._random(NONCE_SIZE)
        return _MAGIC + nonce + self._aead.encrypt(nonce, key, _MAGIC + name.encode())

    def _unwrap(self, name: str, stored: bytes) -> bytes:
        at, start = len(_MAGIC), len(_MAGIC) + NONCE_SIZE
        try:
            return self._aead.decrypt(stored[at:start], stored[start:], stored[:at] + name.encode())
        except (InvalidTag, ValueError):
            raise KeyStoreError(
                "key file does not open", where=name, todo="it was changed, or the node's secret is another"
            ) from None
