"""Small files that nobody else may read: made whole or not at all, never overwritten (protocol 8).

A write is: a temporary file beside the place, its bytes fsynced, linked to its name (which fails if there is
one), the directory fsynced. So a crash leaves the old state or the new one, and no key is ever written over.
"""

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from mithaq.errors import KeyStoreError

FILE_MODE = 0o600
DIRECTORY_MODE = 0o700
TEMPORARY = ".new-"
"""How names of files begin that were not finished; whoever lists a directory leaves them out."""


def sync_directory(directory: Path) -> None:
    """Make what was created or removed in ``directory`` last."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_directory(directory: Path) -> None:
    """Make ``directory``, mode 0700, with those above it, unless it is there.

    Raises:
        KeyStoreError: it cannot be made, or group or others may enter it.
    """
    try:
        if not directory.is_dir():
            directory.parent.mkdir(parents=True, exist_ok=True)
            directory.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
            sync_directory(directory.parent)
        _check_mode(directory.stat(), directory)
    except OSError as error:
        raise KeyStoreError("directory of keys cannot be made", where=str(directory), got=error) from None


def create_private(path: Path, data: bytes) -> None:
    """Write ``data`` to the new file ``path``, mode 0600, durably.

    Raises:
        FileExistsError: there is one; it is left as it is.
        KeyStoreError: the disk refuses.
    """
    try:
        handle, temporary = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            # link, not rename: rename would replace a key that another process has just made.
            os.link(temporary, path)
        finally:
            os.unlink(temporary)  # noqa: PTH108 - beside os.link
        sync_directory(path.parent)
    except FileExistsError:
        raise
    except OSError as error:
        raise KeyStoreError("key file cannot be written", where=str(path), got=error) from None


def sweep(directory: Path) -> None:
    """Remove what a crash left unfinished; for the one process that writes here, before it does.

    Such a file may hold a key that was destroyed since. A disk that refuses leaves it for the next time.
    """
    with contextlib.suppress(OSError, KeyStoreError):
        for path in directory.glob(f"{TEMPORARY}*"):
            destroy_private(path)


def read_private(path: Path, limit: int) -> bytes:
    """The bytes of ``path``, of which there may be ``limit`` at most.

    Raises:
        FileNotFoundError: there is no such file.
        KeyStoreError: it is no regular file, group or others may use it, or it is too large.
    """
    try:
        # O_NONBLOCK: a named pipe put in its place must not make the node wait.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise KeyStoreError("key file is not a regular file", where=str(path))
            _check_mode(status, path)
            data = file.read(limit + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise KeyStoreError("key file cannot be read", where=str(path), got=error) from None
    if len(data) > limit:
        raise KeyStoreError("key file is too large", where=str(path), expected=f"at most {limit} bytes")
    return data


def destroy_private(path: Path) -> None:
    """Overwrite ``path`` as well as the disk allows, remove it, and make that last.

    Copying file systems, flash and backups may keep old blocks: what the file held must therefore be wrapped
    under a secret that is kept elsewhere.

    Raises:
        KeyStoreError: the disk refuses; the file may still be there.
    """
    try:
        with contextlib.suppress(FileNotFoundError):
            with path.open("r+b") as file:
                file.write(bytes(os.fstat(file.fileno()).st_size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        # Also when it was gone already: a crash may have come between unlink and this.
        sync_directory(path.parent)
    except OSError as error:
        raise KeyStoreError(
            "key file cannot be destroyed", where=str(path), got=error, todo="remove it by hand"
        ) from None


def _check_mode(status: os.stat_result, path: Path) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise KeyStoreError(
            "others may use this file of keys",
            where=str(path),
            expected="nothing for group and others",
            got=f"{mode:04o}",
            todo=f"chmod go= {path}, and think about who may have read it",
        )
