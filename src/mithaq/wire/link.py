"""One connection of either end: a socket, plain or TLS, with h11 over it, where every wait has an end.

The socket never blocks. So a client that sends can hear an early answer (``hear``), and a server reads only
what is asked for: what a partner sends too early waits in the kernel, and then at the partner.
"""

import select
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TypeVar

import h11

from mithaq.errors import LimitError, ReachError
from mithaq.wire.http import BLOCK, HEAD_MAX, IDLE_SECONDS, POUCH_MAX

T = TypeVar("T")

LINGER_BYTES = 256 * 1024
"""Bytes discarded after a refusal: closing upon unread bytes makes the kernel send a reset, which can destroy
the refusal on its way; reading on for ever would be the upload that was refused."""

LINGER_SECONDS = 1.0
"""How long a refusal waits for the other side to close."""

Event = h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]


class LateError(ReachError):
    """The other side stood still, or took longer than it may."""


class GarbledError(ReachError):
    """What came is not HTTP/1.1, or ends early.

    Args:
        hint: the status that says so, 400 or 431.
    """

    def __init__(self, message: str, *, hint: int) -> None:
        super().__init__(message)
        self.hint = 431 if hint == 431 else 400


class Link:
    """A socket and the h11 state of one side; used by one thread, except ``abort``.

    Args:
        sock: connected; TLS without its handshake. The link owns it from here on.
        role: ``h11.SERVER`` or ``h11.CLIENT``.
    """

    def __init__(self, sock: socket.socket, role: type[h11.CLIENT | h11.SERVER]) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self.http = h11.Connection(role, max_incomplete_event_size=HEAD_MAX)
        self.allow(IDLE_SECONDS)

    def allow(self, total: float, idle: float | None = None) -> None:
        """Give what follows ``total`` seconds from now, and each wait in it ``idle``."""
        self._end = time.monotonic() + total
        self._idle = total if idle is None else idle

    def handshake(self) -> None:
        """Shake hands, if the socket is TLS.

        Raises:
            ReachError: the certificate does not hold, or the other side speaks something else.
        """
        if isinstance(self._sock, ssl.SSLSocket):
            self._persist(self._sock.do_handshake, select.POLLIN)

    def receive(self) -> bytes:
        """Some bytes, at least one; none at the end.

        Raises:
            LateError: nothing came in time.
            ReachError: the connection broke.
        """
        return self._persist(lambda: self._sock.recv(BLOCK), select.POLLIN)

    def send(self, data: bytes) -> None:
        """Send all of ``data``; raises as ``receive`` does."""
        view = memoryview(data)
        while view:
            piece = view[:BLOCK]
            view = view[self._persist(lambda piece=piece: self._sock.send(piece), select.POLLOUT) :]

    def send_some(self, data: memoryview) -> int:
        """Send what fits now. If nothing does, wait until it would or something comes in, and return 0."""
        try:
            return self._sock.send(data[:BLOCK])
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            self._wait(select.POLLIN | select.POLLOUT)
            return 0
        except OSError as error:
            raise ReachError("the connection broke while sending", got=error) from error

    def hear(self) -> bool:
        """Give h11 what has come in, without waiting; whether anything had, the end included."""
        try:
            data = self._sock.recv(BLOCK)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except OSError:
            return True
        self.http.receive_data(data)
        return True

    def event(self) -> Event:
        """The next event of h11, waiting for bytes as it needs them.

        Raises:
            GarbledError: what came is not HTTP.
            ReachError: as ``receive``.
        """
        while (event := self.event_so_far()) is h11.NEED_DATA:
            self.http.receive_data(self.receive())
        return event

    def event_so_far(self) -> Event:
        """The next event in what has come already, or ``h11.NEED_DATA``; raises ``GarbledError``."""
        try:
            return self.http.next_event()
        except h11.RemoteProtocolError as error:
            raise GarbledError(f"not HTTP/1.1: {error}", hint=error.error_status_hint) from error

    def linger(self) -> None:
        """Say that nothing follows, and let what was sent arrive before ``close``: see ``LINGER_BYTES``."""
        self.allow(LINGER_SECONDS)
        raw = socket.socket  # below TLS: whatever still comes is not looked at
        with suppress(OSError, ReachError):
            raw.shutdown(self._sock, socket.SHUT_WR)
            left = LINGER_BYTES
            while left > 0:
                more = self._persist(lambda: len(raw.recv(self._sock, BLOCK)), select.POLLIN)
                left = left - more if more else 0

    def abort(self) -> None:
        """End the connection from another thread: waits return at once."""
        with suppress(OSError):
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back."""
        self._sock.close()

    def _persist(self, act: Callable[[], T], usual: int) -> T:
        while True:
            try:
                return act()
            except BlockingIOError:
                events = usual
            except ssl.SSLWantReadError:
                events = select.POLLIN
            except ssl.SSLWantWriteError:
                events = select.POLLOUT
            except OSError as error:
                raise ReachError("the connection broke", got=error) from error
            self._wait(events)

    def _wait(self, events: int) -> None:
        seconds = min(self._idle, self._end - time.monotonic())
        poll = select.poll()
        poll.register(self._sock, events)
        if seconds <= 0 or not poll.poll(seconds * 1000):
            raise LateError("the other side took too long", todo="it is tried again")


class PouchReader:
    """The body of a request or a response as ``read(n)``.

    Args:
        more: gives some bytes, none at the end.
        most: bytes that it may give in all.
    """

    def __init__(self, more: Callable[[], bytes], most: int = POUCH_MAX) -> None:
        self._more = more
        self._most = most
        self._held = bytearray()
        self._ended = False

    def fill(self, n: int) -> None:
        """Wait until ``n`` bytes are held, or all there are.

        Raises:
            LimitError: there are more than ``most``.
            ReachError: they ended early.
        """
        while len(self._held) < n and not self._ended:
            self._pull()

    def read(self, n: int) -> bytes:
        """Exactly ``n`` bytes, or fewer at the end; raises as ``fill``, and ``ValueError`` if ``n`` < 0."""
        if n < 0:
            raise ValueError("a negative number of bytes")
        self.fill(n)
        with memoryview(self._held) as view:
            out = bytes(view[:n])
        del self._held[:n]
        return out

    def discard(self) -> None:
        """Read to the end, keeping nothing; raises as ``fill``."""
        while not self._ended:
            self._held.clear()
            self._pull()

    def _pull(self) -> None:
        piece = self._more()
        self._ended = not piece
        self._most -= len(piece)
        if self._most < 0:
            raise LimitError("a pouch larger than any may be", expected=f"at most {POUCH_MAX} bytes")
        self._held += piece


def blocks(parts: Iterable[bytes]) -> Iterator[bytes]:
    """``parts`` joined and cut anew into blocks of one to two ``BLOCK``, the last one shorter."""
    held = bytearray()
    for part in parts:
        with memoryview(part) as view:
            for start in range(0, len(part), BLOCK):
                held += view[start : start + BLOCK]
                if len(held) >= BLOCK:
                    yield bytes(held)
                    held.clear()
    if held:
        yield bytes(held)
