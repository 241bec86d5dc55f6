"""What stands where in a node's directory, and its configuration.

::

    node.toml            origin, where it listens, where its keys are
    card.note            our card in force, signed
    keys/                log and mirror pairs under a passphrase (the authority's are never here)
    keyfiles/            day keys and sealing keys, each a file that can be destroyed
    store/mithaq.db      everything else
    anchor/heads         what we have signed, apart from the store (protocol 6)
    backups              directories with backups of keys, in which day keys end as they do here
    control              socket of the running node, for the command line
    lock                 held by the one process that writes the store
"""

import fcntl
import json
import os
import re
import tomllib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from mithaq.domain.party import Origin, origin
from mithaq.errors import ConfigError, PeerError

_LISTEN = re.compile(r"(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})")


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


@dataclass(frozen=True, slots=True)
class Config:
    """``node.toml``.

    Args:
        origin: the party.
        listen: ``host:port`` of ``POST /pouch``; plain HTTP on this machine only.
        keystore: URI of the key store (``crypto.keystore``).
        certificate, private_key: PEM files for TLS; empty for plain HTTP.
        authorities: PEM file of the certificate authorities that partners' certificates are checked against;
            empty for those of the system.
        taxii: ``host:port`` of the TAXII server; empty for none. Plain HTTP on this machine only.
    """

    origin: Origin
    listen: str
    keystore: str
    certificate: str = ""
    private_key: str = ""
    authorities: str = ""
    taxii: str = ""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not getattr(self, name).isprintable():
                raise ConfigError(
                    "a character that does not show", where=name, got=ascii(getattr(self, name))
                )
        for name in ("listen", "taxii"):
            address = getattr(self, name)
            match = _LISTEN.fullmatch(address)
            if (address or name == "listen") and (match is None or int(match[2]) > 65_535):
                raise ConfigError(
                    "not an address to listen on", where=name, expected="host:port", got=address
                )
        if bool(self.certificate) != bool(self.private_key):
            raise ConfigError(
                "TLS needs both files", where="certificate", expected="certificate and private_key"
            )

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of ``listen``."""
        return _split(self.listen)

    @property
    def taxii_address(self) -> tuple[str, int]:
        """Host and port of ``taxii``."""
        return _split(self.taxii)

    def text(self) -> str:
        """The file's contents."""
        members = {name: getattr(self, name) for name in self.__slots__}
        # A JSON string without control characters is a basic string of TOML.
        return "".join(
            f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in members.items() if value
        )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the file's contents.

        Raises:
            ConfigError: an unknown or missing member, or a value that does not fit.
        """
        try:
            value: dict[str, Any] = tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # besides its own: long integers, many brackets
            raise ConfigError("not TOML", where="node.toml", got=error) from None
        for name, member in value.items():
            if name not in cls.__slots__:
                raise ConfigError("an unknown member", where=name, expected=" ".join(cls.__slots__))
            if not isinstance(member, str):
                raise ConfigError("a member of another type", where=name, expected="a text", got=member)
        for name in ("origin", "listen", "keystore"):
            if name not in value:
                raise ConfigError("a member lacks", where=name)
        try:
            return cls(**value | {"origin": origin(value["origin"])})
        except PeerError as error:
            raise ConfigError("not an origin", where="origin", got=error.got) from None


@dataclass(frozen=True, slots=True)
class Directory:
    """A node's directory."""

    path: Path

    @property
    def config_file(self) -> Path:
        """``node.toml``."""
        return self.path / "node.toml"

    @property
    def card(self) -> Path:
        """Our card in force, with its signatures."""
        return self.path / "card.note"

    @property
    def keys(self) -> Path:
        """The default key store."""
        return self.path / "keys"

    @property
    def keyfiles(self) -> Path:
        """Keys that can be destroyed."""
        return self.path / "keyfiles"

    @property
    def store(self) -> Path:
        """The database's directory."""
        return self.path / "store"

    @property
    def anchor(self) -> Path:
        """The anchor's file."""
        return self.path / "anchor" / "heads"

    @property
    def backups(self) -> Path:
        """Where backups of keys have been made: day keys end there too."""
        return self.path / "backups"

    @property
    def control(self) -> Path:
        """The socket of the running node."""
        return self.path / "control"

    def config(self) -> Config:
        """Read ``node.toml``; raises ConfigError."""
        try:
            return Config.parse(self.config_file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                "no node here", where=str(self.path), got=error, todo="make one: mithaq node init"
            ) from None

    @contextmanager
    def locked(self) -> Generator[None]:
        """Be the one process that writes the store.

        Raises:
            ConfigError: another process is.
        """
        file = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ConfigError(
                    "another process uses this node", where=str(self.path), todo="stop it, or ask it"
                ) from None
            yield
        finally:
            os.close(file)
