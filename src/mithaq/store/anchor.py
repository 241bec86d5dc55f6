"""The anchor: which heads this node has signed, kept apart from the store (protocol section 6).

Heads signed and cosigned are **committed, then anchored, then released**. So a store that was put back from
an old backup is found out: it is behind its anchor, and would sign a second history if it went on.

A file of lines, the newest of each log counting::

    <log> <size> <root, 64 hex digits> <check, 8 hex digits>

``check`` begins the SHA-256 of what stands before it. It finds torn and damaged lines; it is no signature.
Several processes may append to one file.
"""

import contextlib
import fcntl
import os
import re
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Self

from mithaq.crypto.private_files import sync_directory
from mithaq.domain.party import LogName
from mithaq.errors import MalformedError, StoreError

COMPACT_ABOVE = 2**20
"""Bytes above which only the newest line of each log is kept: some 6,000 commits, read in 50 ms."""

_LINE = re.compile(rb"(\S{1,250}) (0|[1-9][0-9]{0,15}) ([0-9a-f]{64}) ([0-9a-f]{8})")


@dataclass(frozen=True, slots=True)
class Line:
    """A head that was signed or cosigned here: log, size and root."""

    log: LogName
    size: int
    root: bytes

    def encode(self) -> bytes:
        """The line, with its check and its end."""
        text = f"{self.log} {self.size} {self.root.hex()}".encode()
        return text + b" " + _check(text) + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> Self:
        """Read a line without its end.

        Raises:
            MalformedError: it is not one, or its check does not hold.
        """
        match = _LINE.fullmatch(line)
        if match is None or _check(line[:-9]) != match[4]:
            raise MalformedError("not a line of an anchor", got=line)
        log = LogName.parse(match[1].decode("ascii", "replace"))
        return cls(log, int(match[2]), bytes.fromhex(match[3].decode()))


def _check(text: bytes) -> bytes:
    return sha256(text).hexdigest()[:8].encode()


class Anchor:
    """The file of an anchor.

    Args:
        path: where it is.
        create: make an empty one, and its directory, mode 0700, if there is none.

    Raises:
        StoreError: there is none, or the disk refuses.
    """

    def __init__(self, path: Path, *, create: bool) -> None:
        self._path = path
        flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
        try:
            if create:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.close(os.open(path, flags | os.O_CREAT, 0o600))
                sync_directory(path.parent)
            self._file = os.open(path, flags)
        except FileNotFoundError:
            raise StoreError(
                "the anchor is missing",
                where=str(path),
                todo="put it back; only if this store is surely the newest, make an empty file in its place",
            ) from None
        except OSError as error:
            raise StoreError("the anchor cannot be opened", where=str(path), got=error) from None

    def read(self) -> dict[LogName, Line]:
        """The newest line of each log; a torn end is cut off, for what it said was never released.

        Raises:
            StoreError: a line before the end is damaged.
        """
        with self._locked():
            return self._read()

    def append(self, lines: Iterable[Line]) -> None:
        """Add lines and return when they are on the disk.

        Raises:
            StoreError: the disk refuses; what was there before still is.
        """
        with self._locked():
            end = self._end()
            data = b"".join(line.encode() for line in lines)
            try:
                if os.write(self._file, data) != len(data):
                    raise OSError("the disk is full")  # noqa: TRY301 - what the next write would say
                os.fsync(self._file)
            except OSError:
                os.ftruncate(self._file, end)
                raise
            if end + len(data) > COMPACT_ABOVE:
                # The lines are safe already; what the disk refuses now is tried again with the next.
                with contextlib.suppress(OSError):
                    self._compact()

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    @contextlib.contextmanager
    def _locked(self) -> Generator[None]:
        """Keep other processes out; follow the file if one of them has compacted it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            while not os.path.samestat(os.fstat(self._file), self._path.stat()):
                old, self._file = self._file, os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
                os.close(old)
                fcntl.flock(self._file, fcntl.LOCK_EX)
            yield
        except OSError as error:
            raise StoreError("the anchor cannot be used", where=str(self._path), got=error) from None
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _end(self) -> int:
        """Where the next line goes; what a disk that failed left of a line is cut off first."""
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            self._read()
            size = os.fstat(self._file).st_size
        return size

    def _read(self) -> dict[LogName, Line]:
        data = os.pread(self._file, os.fstat(self._file).st_size, 0)
        newest: dict[LogName, Line] = {}
        good = at = 0
        for text in data.splitlines(keepends=True):
            start, at = at, at + len(text)
            try:
                line = Line.parse(text[:-1] if text.endswith(b"\n") else b"")
            except MalformedError:
                continue
            if start != good:
                raise StoreError(
                    "the anchor is damaged",
                    where=f"{self._path} at byte {good}",
                    todo="put it back from the newest copy",
                )
            good = at
            keep_newest(newest, line)
        if good != len(data):
            os.ftruncate(self._file, good)
            os.fsync(self._file)
        return newest

    def _compact(self) -> None:
        newest = self._read()
        temporary = self._path.with_name(self._path.name + ".new")
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.writelines(line.encode() for line in newest.values())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
        sync_directory(self._path.parent)


def keep_newest(lines: dict[LogName, Line], line: Line) -> None:
    """Put a line into ``lines`` if it is the newest of its log.

    Of two roots at one size the earlier counts: the store must answer for what left first.
    """
    if line.log not in lines or lines[line.log].size < line.size:
        lines[line.log] = line


def check(
    anchored: Mapping[LogName, Line],
    signed: Mapping[LogName, Line],
    root_at: Callable[[LogName, int], bytes],
) -> tuple[list[Line], dict[LogName, Line]]:
    """Compare an anchor with the store.

    Args:
        anchored: the anchor's newest line of each log.
        signed: the newest head or cosignature of each log that the store holds.
        root_at: the root of a log in the store at a size; empty where it is shorter.

    Returns:
        Lines that the anchor lacks (a crash came between commit and anchor), and lines that the store cannot
        answer for: it is behind, or has another root there.
    """
    behind = {log: line for log, line in anchored.items() if root_at(log, line.size) != line.root}
    lacking = [
        line
        for log, line in signed.items()
        if log not in behind and (log not in anchored or anchored[log].size < line.size)
    ]
    return lacking, behind
