"""A directory of backups of one sort, each a directory of its own with a manifest (protocol 8).

::

    20261125T081500Z/manifest.json      what belongs to it, with sizes and hashes; the rest are its files
    .new-…                              one that was not finished: no backup, removed by the next

A backup is filled under a name that nobody looks at, synced, and renamed: it is there whole, or not at all.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from mithaq.crypto.private_files import TEMPORARY, sync_directory
from mithaq.errors import PeerError, StoreError, UsageError
from mithaq.node.inventory import FileRow, Manifest

MANIFEST = "manifest.json"
PIECE = 2**20
"""Bytes that are copied and hashed at once."""

_FORM = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"\d{8}T\d{6}Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Backups of one sort.

    Args:
        path: the directory.
        sort: ``data`` or ``keys``.
    """

    path: Path
    sort: str

    @property
    def type(self) -> str:
        """Of its manifests."""
        return f"mithaq/backup/{self.sort}/1"

    def names(self) -> list[str]:
        """Finished backups, oldest first."""
        with as_store_error("cannot be listed", self.path):
            found = self.path.iterdir() if self.path.is_dir() else ()
            return sorted(each.name for each in found if _NAME.fullmatch(each.name) and each.is_dir())

    def find(self, name: str = "") -> Path:
        """One backup, or the newest.

        Raises:
            UsageError: there is none.
        """
        names = self.names()
        if not names or (name and name not in names):
            raise UsageError(
                f"no such backup of {self.sort}",
                where=str(self.path),
                expected=name,
                got=" ".join(names[-5:]),
            )
        return self.path / (name or names[-1])

    @contextlib.contextmanager
    def making(self, time: int) -> Generator["Making"]:
        """Fill a new backup; it gets its name when ``Making.finish`` was called.

        Raises:
            StoreError: a disk refuses; nothing that looks like a backup is left.
            UsageError: another process makes one here, or there is one of this second.
        """
        name = datetime.fromtimestamp(time, UTC).strftime(_FORM)
        with as_store_error("cannot be written", self.path), self._locked():
            for left in self.path.glob(f"{TEMPORARY}*"):
                shutil.rmtree(left)
            if (self.path / name).exists():
                raise UsageError("there is a backup of this second", where=str(self.path / name))
            place = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=self.path))
            try:
                yield Making(place, self.path / name)
            finally:
                shutil.rmtree(place, ignore_errors=True)

    @contextlib.contextmanager
    def _locked(self) -> Generator[None]:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise UsageError("another process makes a backup here", where=str(self.path)) from None
        try:
            yield
        finally:
            os.close(handle)

    def read(self, path: Path) -> Manifest:
        """The manifest of a backup; nothing of the files is looked at.

        Raises:
            StoreError: it is damaged, or of another sort.
        """
        with as_store_error("cannot be read", path):
            data = (path / MANIFEST).read_bytes()
        try:
            manifest = Manifest.parse(data)
        except PeerError as error:
            raise StoreError("the manifest is damaged", where=str(path), got=error) from None
        if manifest.type != self.type:
            raise StoreError(
                "a backup of another sort", where=str(path), expected=self.type, got=manifest.type
            )
        return manifest

    def verify(self, path: Path, may_lack: str = "") -> Manifest:
        """Compare a backup's files with its manifest: each is there, as it was, and no other.

        Args:
            path: of the backup.
            may_lack: files below this folder may have been destroyed.

        Raises:
            StoreError: they differ.
        """
        manifest = self.read(path)
        with as_store_error("cannot be read", path):
            found = set(_files(path)) - {MANIFEST}
            named = {file.path: file for file in manifest.files}
            if strange := sorted(found - named.keys()):
                raise StoreError("a file that is not of this backup", where=str(path), got=strange[0])
            for name, file in named.items():
                if name not in found and may_lack and name.startswith(f"{may_lack}/"):
                    continue
                if name not in found:
                    raise StoreError("a file of the backup lacks", where=str(path), got=name)
                if measure(path, name) != file:
                    raise StoreError("a file of the backup was changed", where=str(path / name))
        return manifest


@dataclass
class Making:
    """A backup that is being made.

    Args:
        place: where its files go.
        final: where it will be.
    """

    place: Path
    final: Path

    def copy(self, source: Path, name: str) -> None:
        """Copy a file into it, under this path."""
        copy(source, self.place / name)

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, make everything last, and give the backup its name."""
        write(self.place / MANIFEST, manifest.encode())
        sync_below(self.place)
        self.place.rename(self.final)
        sync_directory(self.final.parent)

    def rows(self) -> list[FileRow]:
        """Its files so far."""
        return [measure(self.place, name) for name in sorted(_files(self.place))]


def time_of(name: str) -> int:
    """When the backup of this name was taken, POSIX seconds; 0 for a name that is no time."""
    try:
        return int(datetime.strptime(name, _FORM).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return 0


def measure(directory: Path, name: str) -> FileRow:
    """Size and hash of a file below a directory."""
    digest, size = hashlib.sha256(), 0
    # Neither a link nor a pipe that was put in its place.
    handle = os.open(directory / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            size += len(piece)
    return FileRow(name, size, digest.hexdigest())


def copy(source: Path, to: Path) -> None:
    """Copy a file, mode 0600, durably; its directory is made, mode 0700."""
    to.parent.mkdir(mode=0o700, exist_ok=True)
    with source.open("rb") as file, _created(to) as made:
        shutil.copyfileobj(file, made, PIECE)
        made.flush()
        os.fsync(made.fileno())


def sync_below(directory: Path) -> None:
    """Make what was created in a directory and below it last."""
    for each in (directory, *directory.rglob("*")):
        if each.is_dir():
            sync_directory(each)


def write(to: Path, data: bytes) -> None:
    """Write a new file, mode 0600, durably."""
    with _created(to) as made:
        made.write(data)
        made.flush()
        os.fsync(made.fileno())


def _created(path: Path) -> IO[bytes]:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    return os.fdopen(handle, "wb")


def _files(directory: Path) -> Iterator[str]:
    """Everything below a directory that is no directory, links among them."""
    for each in directory.rglob("*"):
        if each.is_symlink() or not each.is_dir():
            yield str(each.relative_to(directory))


@contextlib.contextmanager
def as_store_error(what: str, path: Path) -> Generator[None]:
    """Turn what a disk refuses into ``StoreError``.

    Args:
        what: the backup cannot do: "cannot be read".
        path: where.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(f"the backup {what}", where=str(path), got=error) from None
