"""A disk that fails within this process: for files by the calls of ``os``, for the database by its settings.

What SQLite does with a failing disk itself is tried in processes of their own (``doomed``).
"""

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from nodes import Node

NUMBERS = {"full": errno.ENOSPC, "read-only": errno.EROFS, "fsync": errno.EIO}
PAGES_MAX = 2**32 - 2
"""What SQLite allows unless told otherwise."""


class Disk:
    """Lets some calls below a directory pass, then fails so many; counts those that it failed."""

    def __init__(self, below: Path, fault: str, after: int = 0, times: int = 1_000_000) -> None:
        self.below, self.fault, self.after, self.times = f"{below.resolve()}/", fault, after, times
        self.failed = 0

    def _strike(self, path: str) -> None:
        if not path.startswith(self.below):
            return
        self.after -= 1
        if self.after < 0 and self.failed < self.times:
            self.failed += 1
            raise OSError(NUMBERS[self.fault], os.strerror(NUMBERS[self.fault]), path)

    def _by_handle(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(handle: int, *rest: Any) -> Any:
            self._strike(os.readlink(f"/proc/self/fd/{handle}"))
            return real(handle, *rest)

        return call

    def _making(self, handle_flags: int) -> bool:
        return bool(handle_flags & os.O_CREAT) and self.fault != "fsync"

    def _open(self, real: Callable[..., int]) -> Callable[..., int]:
        def call(path: Any, flags: int, *rest: Any, **more: Any) -> int:
            if self._making(flags):
                self._strike(os.path.abspath(os.fspath(path)))
            return real(path, flags, *rest, **more)

        return call

    def _by_path(self, real: Callable[..., Any], which: int) -> Callable[..., Any]:
        def call(*paths: Any, **more: Any) -> Any:
            self._strike(os.path.abspath(os.fspath(paths[which])))
            return real(*paths, **more)

        return call

    @contextlib.contextmanager
    def failing(self) -> Iterator["Disk"]:
        """While this lasts, files fail."""
        with contextlib.ExitStack() as patches:
            put = lambda name, value: patches.enter_context(mock.patch.object(os, name, value))  # noqa: E731
            if self.fault == "fsync":
                put("fsync", self._by_handle(os.fsync))
            else:
                put("write", self._by_handle(os.write))
                put("open", self._open(os.open))
                put("link", self._by_path(os.link, 1))
                put("mkdir", self._by_path(os.mkdir, 0))
            if self.fault == "read-only":
                put("unlink", self._by_path(os.unlink, 0))
                put("ftruncate", self._by_handle(os.ftruncate))
            yield self


@contextlib.contextmanager
def failing_database(node: Node, fault: str) -> Iterator[None]:
    """While this lasts, the database takes nothing new: it is full, or cannot be written."""
    on, off = {
        "full": ("max_page_count = 1", f"max_page_count = {PAGES_MAX}"),
        "read-only": ("query_only = ON", "query_only = OFF"),
    }[fault]
    _set(node, on)
    try:
        yield
    finally:
        _set(node, off)


def _set(node: Node, pragma: str) -> None:
    connection = node.store._writing.raw_connection()
    try:
        connection.cursor().execute(f"PRAGMA {pragma}").fetchall()
    finally:
        connection.close()
