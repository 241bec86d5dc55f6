"""One thread that writes, and commits together what waits (group commit).

A commit costs a sync of the disk whatever is in it. So while one is under way, works queue up, and all that
wait go into the next. A group that fails is run again one by one, so that only the guilty work fails.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from mithaq.errors import StoreError
from mithaq.exchange.ports import Transaction

T = TypeVar("T")
Work = Callable[[Transaction], Any]

GROUP_MAX = 64
"""Works in one commit: enough that the sync costs each little, few enough that nobody waits long."""

TIDY_SECONDS = 1.0
"""How soon what could not be tidied away is tried again."""


class RefusedByDiskError(StoreError):
    """The disk refused a whole group: its works are not run one by one."""


@contextlib.contextmanager
def refused_by_disk() -> Generator[None]:
    """Make a ``StoreError`` one that concerns the whole group."""
    try:
        yield
    except StoreError as error:
        raise RefusedByDiskError(error.message, where=error.where, got=error.got, todo=error.todo) from error


class Writer:
    """The thread and its queue.

    Args:
        commit: runs works in one transaction and returns their results when it is committed and anchored.
        tidy: called after each commit; says whether something is left to tidy away later.
    """

    def __init__(self, commit: Callable[[Sequence[Work]], Sequence[Any]], tidy: Callable[[], bool]) -> None:
        self._commit = commit
        self._tidy = tidy
        self._queue = queue.SimpleQueue[tuple[Work, Future[Any]] | None]()
        self._gate = threading.Lock()
        self._closed = False
        self._untidy = True
        self._thread = threading.Thread(target=self._run, name="mithaq-writer", daemon=True)
        self._thread.start()

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run a work in the next group.

        Raises:
            StoreError: the store is closed, or this is a work itself: it would wait for its own end.
        """
        if threading.current_thread() is self._thread:
            raise StoreError("a work must not write by another work", todo="use its transaction")
        future: Future[T] = Future()
        with self._gate:
            if self._closed:
                raise StoreError("the store is closed")
            self._queue.put((work, future))
        try:
            return future.result()
        except BaseException:
            future.cancel()  # an interrupt: a work that has not begun is not begun
            raise

    def close(self) -> None:
        """Finish what waits, and end the thread."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        going = True
        while going:
            group, going = self._take(TIDY_SECONDS if self._untidy else None)
            if group:
                self._settle(group)
            else:
                self._untidy = self._tidy()

    def _take(self, wait: float | None) -> tuple[list[tuple[Work, Future[Any]]], bool]:
        """The works that wait, and whether more can come; none after ``wait`` seconds."""
        group: list[tuple[Work, Future[Any]]] = []
        try:
            job = self._queue.get(timeout=wait)
            while job:
                if job[1].set_running_or_notify_cancel():
                    group.append(job)
                if len(group) == GROUP_MAX:
                    return group, True
                job = self._queue.get_nowait()
        except queue.Empty:
            return group, True
        return group, False

    def _settle(self, group: Sequence[tuple[Work, Future[Any]]]) -> None:
        try:
            results = self._commit([work for work, _ in group])
            self._untidy = self._tidy()
        except RefusedByDiskError as error:
            for _, future in group:
                future.set_exception(_copy(error))
        except BaseException as error:  # noqa: BLE001 - a work's error is its caller's, not this thread's
            if len(group) == 1:
                group[0][1].set_exception(error)
                return
            for job in group:
                self._settle([job])
        else:
            for (_, future), result in zip(group, results, strict=True):
                future.set_result(result)


def _copy(error: StoreError) -> StoreError:
    """An error of its own for each caller: raising one in several threads would mix their tracebacks."""
    fresh = StoreError(error.message, where=error.where, got=error.got, todo=error.todo)
    fresh.__cause__ = error
    return fresh
