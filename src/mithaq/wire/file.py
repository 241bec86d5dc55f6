"""A pouch as a file: for a disk that somebody carries (protocol 7). Same bytes, same reader as over HTTP."""

import os
import stat
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from mithaq.crypto.private_files import sync_directory
from mithaq.errors import LimitError, StoreError, UsageError
from mithaq.wire.http import POUCH_MAX


def write_pouch(path: Path, parts: Iterable[bytes]) -> int:
    """Write a pouch, whole or not at all; the file is readable by its owner only. Gives its size in bytes.

    An older file of that name is replaced. After a crash the name holds the old file, the new one or nothing.

    Raises:
        StoreError: the disk refused.
        LimitError: the parts are longer than ``POUCH_MAX``; nothing is left behind.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise StoreError("cannot write a pouch", where=str(path), got=error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            size = _copy(parts, file.write)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
        sync_directory(path.parent)
    except OSError as error:
        raise StoreError("cannot write a pouch", where=str(path), got=error) from error
    finally:
        Path(name).unlink(missing_ok=True)
    return size


class PouchFile:
    """An open pouch file with ``read(n)``, to be used in ``with``; made by ``open_pouch``."""

    def __init__(self, handle: int, path: Path) -> None:
        self._file = os.fdopen(handle, "rb")
        self._path = path

    def read(self, n: int) -> bytes:
        """Exactly ``n`` bytes, or fewer at the end.

        Raises:
            StoreError: the disk failed.
        """
        try:
            return self._file.read(n)
        except OSError as error:
            raise StoreError("cannot read a pouch", where=str(self._path), got=error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def open_pouch(path: Path) -> PouchFile:
    """Open a pouch file for reading.

    Raises:
        UsageError: there is no such file, or it may not be read, or it is not a plain file.
        LimitError: it is larger than ``POUCH_MAX``.
    """
    try:
        # Without O_NONBLOCK a pipe laid under that name would hold the reader for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError("cannot open a pouch", where=str(path), got=error) from error
    try:
        _check(os.fstat(handle), path)
    except BaseException:
        os.close(handle)
        raise
    return PouchFile(handle, path)


def _check(status: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UsageError("not a file", where=str(path), expected="a plain file with one pouch")
    if status.st_size > POUCH_MAX:
        raise LimitError(
            "a pouch larger than any may be",
            where=str(path),
            expected=f"at most {POUCH_MAX} bytes",
            got=status.st_size,
        )


def _copy(parts: Iterable[bytes], write: Callable[[bytes], int]) -> int:
    size = 0
    for part in parts:
        size += len(part)
        if size > POUCH_MAX:
            raise LimitError("a pouch larger than any may be", expected=f"at most {POUCH_MAX} bytes")
        write(part)
    return size
