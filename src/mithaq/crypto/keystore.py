"""Where a node's or an authority's signing pairs are kept: the port, and its backends by URI.

::

    file:/var/lib/mithaq/keys        signing pairs in files under a passphrase (``filestore``)

Day keys and sealing seeds are not here, since they must be destroyed one by one: ``keyfiles``.
"""

import re
from typing import Protocol

from mithaq.crypto.filestore import FileStore
from mithaq.crypto.keys import Random, SigningPair
from mithaq.crypto.passphrase import Passphrase
from mithaq.errors import KeyStoreError


class KeyStore(Protocol):
    """An unlocked store of signing pairs."""

    def names(self) -> list[str]:
        """The names of all pairs, sorted."""
        ...

    def load(self, name: str) -> SigningPair:
        """The pair called ``name``.

        Raises:
            KeyStoreError: there is none, or it does not open.
        """
        ...

    def store(self, name: str, pair: SigningPair) -> None:
        """Keep ``pair`` under ``name``; when this returns it lasts.

        Raises:
            KeyStoreError: there is one of this name (none is ever overwritten), or the store refuses.
        """
        ...

    def secret(self, purpose: str) -> bytes:
        """32 bytes for ``purpose``, always the same, that nobody without the passphrase can know."""
        ...


class Backend(Protocol):
    """One kind of key store: how to make and how to unlock it."""

    def create(self, location: str, passphrase: Passphrase, random: Random) -> KeyStore:
        """Make a new store at ``location``, and unlock it."""
        ...

    def open(self, location: str, passphrase: Passphrase, random: Random) -> KeyStore:
        """Unlock the store at ``location``."""
        ...


BACKENDS: dict[str, Backend] = {"file": FileStore}
"""The backends by the scheme of their URI; a PKCS#11 module would be one line more."""


def _backend(uri: str) -> tuple[Backend, str]:
    match = re.fullmatch(r"([a-z0-9+]+):(?://)?(/?[^/].*)", uri)
    if match is None or match[1] not in BACKENDS:
        schemes = ", ".join(f"{scheme}:" for scheme in BACKENDS)
        raise KeyStoreError(
            "no such kind of key store", expected=f"a URI that begins with {schemes}", got=uri
        )
    return BACKENDS[match[1]], match[2]


def location(uri: str) -> str:
    """Where the key store at ``uri`` is: for ``file:`` its directory.

    Raises:
        KeyStoreError: no such kind of key store.
    """
    return _backend(uri)[1]


def open_keystore(uri: str, passphrase: Passphrase, random: Random) -> KeyStore:
    """Unlock the key store at ``uri``; for files this takes about a fifth of a second, once for all pairs.

    Args:
        uri: scheme and location, ``file:/var/lib/mithaq/keys``.
        passphrase: asked once.
        random: the source of nonces, should a pair be stored.

    Raises:
        KeyStoreError: no such store, wrong passphrase, or the store is damaged or weaker than it may be.
    """
    backend, location = _backend(uri)
    return backend.open(location, passphrase, random)


def create_keystore(uri: str, passphrase: Passphrase, random: Random) -> KeyStore:
    """Make a new, empty key store at ``uri`` and unlock it.

    Raises:
        KeyStoreError: there is one already, or it cannot be made.
    """
    backend, location = _backend(uri)
    return backend.create(location, passphrase, random)
