"""The manifest of a backup: what belongs to it, with sizes and hashes (protocol 8).

Canonical JSON, without a signature: it finds what was damaged or mixed up. The heads in a database are signed
by their authors, and those are checked as well.
"""

import re
from typing import Self

import msgspec

from mithaq.domain import canonical
from mithaq.errors import MalformedError

MANIFEST_MAX = 16 * 2**20
"""Bytes of a manifest: 150 for each file and log, and a node has some thousands at most."""

_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,2}", re.ASCII)


class FileRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a backup: its path below it, its bytes, and their SHA-256 in hex."""

    path: str
    size: int
    sha256: str


class LogRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One log in a backup."""

    name: str
    size: int
    root: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a backup holds.

    Args:
        type: ``mithaq/backup/data/1`` or ``mithaq/backup/keys/1``.
        time: when it was taken, POSIX seconds.
        origin: whose node it is of.
        files: but for the manifest.
        revision: of the database's tables; empty for keys.
        logs: of the database.
    """

    type: str
    time: int
    origin: str
    files: list[FileRow]
    revision: str = ""
    logs: list[LogRow] = []

    def encode(self) -> bytes:
        """Its bytes."""
        return canonical.encode(msgspec.to_builtins(self))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read them.

        Raises:
            MalformedError, LimitError: they are not canonical JSON, or a path leads out of the backup.
        """
        value = canonical.decode(data, MANIFEST_MAX)
        try:
            manifest = msgspec.convert(value, cls)
        except msgspec.ValidationError as error:
            raise MalformedError("not a manifest of a backup", got=error) from None
        for file in manifest.files:
            if not _PATH.fullmatch(file.path):
                raise MalformedError("a path that no file of a backup has", got=file.path)
        return manifest
