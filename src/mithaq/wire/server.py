"""The server of ``POST /pouch``: a thread for each connection, h11 for HTTP, blocking reads for the handler.

Rules:

1. A refusal goes out as soon as it is known, while the pouch may still be arriving; then the connection ends.
2. Nothing is read that the handler has not asked for, except the first ``FIRST_MAX`` bytes: what a stranger
   sends too much stays in its own machine.
3. A place among the pouches under work is taken only when those first bytes are there.
4. Every wait has an end. When all connections are taken, the one that waits longest goes, strangers first.
5. Whatever the handler raises, the answer is one of ``http.REFUSALS``.

It does not know what a pouch is, and makes no difference between partners.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar, cast

import h11
import structlog

from mithaq.errors import BusyError, ConfigError, PeerError, ReachError
from mithaq.wire.http import (
    FIRST_MAX,
    IDLE_SECONDS,
    KEEP_SECONDS,
    MEDIA_TYPE,
    POUCH_MAX,
    POUCH_PATH,
    REFUSALS,
    TOTAL_SECONDS,
    PouchHandler,
    is_loopback,
)
from mithaq.wire.link import GarbledError, LateError, Link, PouchReader, blocks

T = TypeVar("T")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server grants; the defaults are meant for use, smaller ones for tests."""

    pouches: int = 8
    """Pouches under work at once: two for each of a few partners. Each may hold one part in memory."""
    connections: int = 64
    """Open connections, idle ones included: each is a thread and at most ``FIRST_MAX`` bytes."""
    head: float = 10.0
    """Seconds from the connection to the end of the first head, the TLS handshake included."""
    first: float = 20.0
    """Seconds for the first ``FIRST_MAX`` bytes of a pouch: 13 kB/s."""
    idle: float = IDLE_SECONDS
    """Seconds without a byte, within a pouch."""
    total: float = TOTAL_SECONDS
    """Seconds for the whole of a pouch and its answer."""
    keep: float = KEEP_SECONDS
    """Seconds until the next head on an open connection."""
    stop: float = 10.0
    """Seconds that pouches under work are given when the server stops."""


class _Refused(Exception):  # noqa: N818 - not an error of ours: what the other side is told
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class PouchServer:
    """Listens, gives each connection a thread, and hands each pouch to the handler.

    Args:
        limits: what it grants.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.port = 0
        self._places = threading.BoundedSemaphore(self.limits.pouches)
        self._lock = threading.Lock()
        self._visits: set[_Visit] = set()
        self._stopping = threading.Event()
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def start(
        self, host: str, port: int, handler: PouchHandler, context: ssl.SSLContext | None = None
    ) -> None:
        """Listen on ``host`` and ``port`` (0: any free one, then in ``self.port``) and return.

        Raises:
            ConfigError: no TLS on an address that others reach, the address is taken, or it runs already.
        """
        if context is None and not is_loopback(host):
            raise ConfigError(
                "plain HTTP is for this machine only",
                got=host,
                todo="give a certificate, or listen on 127.0.0.1",
            )
        if self._thread is not None:
            raise ConfigError("the server runs already", got=host)
        if not 0 <= port <= 65535:
            raise ConfigError("cannot listen", where=host, expected="a port from 0 to 65535", got=port)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._listener = socket.create_server((host, port), family=family, backlog=128)
        except OSError as error:
            raise ConfigError("cannot listen", where=f"{host}:{port}", got=error) from error
        self.port = cast("int", self._listener.getsockname()[1])
        self._stopping.clear()
        self._thread = threading.Thread(
            target=self._accept, args=(self._listener, handler, context), name="pouch-accept", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, let pouches under work finish (``Limits.stop``), end every thread."""
        self._stopping.set()
        if self._thread is None or self._listener is None:
            return
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self._thread.join()
        self._listener.close()
        self._thread = self._listener = None
        end = time.monotonic() + self.limits.stop
        visits = self._each_visit()
        for visit in visits:
            visit.leave()
        for visit in visits:
            visit.thread.join(max(0.0, end - time.monotonic()))
            visit.link.abort()
        for visit in visits:
            visit.thread.join()

    def _accept(self, listener: socket.socket, handler: PouchHandler, context: ssl.SSLContext | None) -> None:
        while not self._stopping.is_set():
            try:
                sock, _ = listener.accept()
            except OSError:  # stopped, or out of file descriptors: then it is better soon
                self._stopping.wait(0.1)
                continue
            try:
                if context is not None:
                    sock = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
                self._admit(sock, handler)
            except (OSError, RuntimeError) as error:  # gone again already; or no thread to be had
                _log.warning("pouch_not_admitted", error=str(error))
                sock.close()

    def _admit(self, sock: socket.socket, handler: PouchHandler) -> None:
        if len(self._visits) >= self.limits.connections and not self._evict():
            sock.close()
            return
        visit = _Visit(self, Link(sock, h11.SERVER), handler)
        with self._lock:
            self._visits.add(visit)
        try:
            visit.thread.start()
        except RuntimeError:
            self.left(visit)
            raise

    def _evict(self) -> bool:
        """End the connection that waits longest, those that never brought a pouch first."""
        waiting = [visit for visit in self._each_visit() if visit.waits]
        if not waiting:
            return False
        victim = min(waiting, key=lambda visit: (visit.served, visit.since))
        victim.leave()
        victim.thread.join(1.0)
        return not victim.thread.is_alive()

    def _each_visit(self) -> "list[_Visit]":
        with self._lock:
            return list(self._visits)

    def take_place(self) -> bool:
        """Take a place among the pouches under work; False if there is none."""
        return self._places.acquire(blocking=False)

    def give_place(self) -> None:
        """Give the place back."""
        self._places.release()

    def left(self, visit: "_Visit") -> None:
        """A connection has ended."""
        with self._lock:
            self._visits.discard(visit)

    @property
    def stopping(self) -> bool:
        """Whether ``stop`` has been called."""
        return self._stopping.is_set()


class _Visit:
    """One connection and its thread."""

    def __init__(self, server: PouchServer, link: Link, handler: PouchHandler) -> None:
        self.link = link
        self.since = time.monotonic()
        self.served = False
        self.waits = True
        self.thread = threading.Thread(target=self._run, name="pouch-visit", daemon=True)
        self._lock = threading.Lock()
        self._server = server
        self._limits = server.limits
        self._handler = handler

    def leave(self) -> None:
        """End the connection now if it waits, else when its pouch is answered."""
        with self._lock:
            if self.waits:
                self.link.abort()

    def _run(self) -> None:
        try:
            self.link.allow(self._limits.head)
            self.link.handshake()
            while self._exchange():
                self.link.http.start_next_cycle()
                self.link.allow(self._limits.keep)
        except _Refused as refusal:
            self._refuse(refusal.status)
        except ReachError as error:
            _log.debug("pouch_connection_ended", error=str(error))
        finally:
            self.link.close()
            self._server.left(self)

    def _exchange(self) -> bool:
        """One request; whether another may follow on this connection."""
        length = self._head()
        if length is None:
            return False
        body = PouchReader(self._more)
        self.link.allow(self._limits.first)
        try:
            body.fill(min(length, FIRST_MAX))
            self._work(body)
        except LateError:
            raise _Refused(408) from None
        self.served = True
        http = self.link.http
        return http.our_state is h11.DONE and http.their_state is h11.DONE and not self._server.stopping

    def _head(self) -> int | None:
        """The length that the next request announces; None if there is no next request."""
        try:
            event = self.link.event()
        except GarbledError as error:
            raise _Refused(error.hint) from error
        if not isinstance(event, h11.Request):
            return None
        return _check(event)

    def _more(self) -> bytes:
        if self.link.http.they_are_waiting_for_100_continue:
            self.link.send(self._bytes(h11.InformationalResponse(status_code=100, headers=[])))
        event = self.link.event()
        return event.data if isinstance(event, h11.Data) else b""

    def _work(self, body: PouchReader) -> None:
        if not self._server.take_place():
            raise _Refused(429)
        self._set_waits(False)
        try:
            self.link.allow(self._limits.total, self._limits.idle)
            self._answer(body)
        finally:
            self._server.give_place()
            self._set_waits(True)

    def _answer(self, body: PouchReader) -> None:
        answer = self._guarded(lambda: self._handler(body.read))
        try:
            stream = blocks(answer)
            first = self._guarded(lambda: next(stream, b""))
            body.discard()
            self._send(first, stream)
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()

    def _guarded(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except PeerError as error:
            _log.info("pouch_refused", error=str(error))
            raise _Refused(404) from error
        except BusyError as error:
            raise _Refused(429) from error
        except ReachError:
            raise
        except Exception as error:
            _log.exception("pouch_failed")
            raise _Refused(503) from error

    def _send(self, first: bytes, rest: Iterable[bytes]) -> None:
        headers = [("Content-Type", MEDIA_TYPE), ("Cache-Control", "no-store")]
        out = self._bytes(h11.Response(status_code=200, headers=headers)) + self._bytes(h11.Data(data=first))
        try:
            for block in rest:
                self.link.send(out)
                out = self._bytes(h11.Data(data=block))
            self.link.send(out + self._bytes(h11.EndOfMessage()))
        except Exception as error:  # 200 has been said: an answer cut short is all that is left to say
            _log.warning("pouch_answer_cut_short", error=repr(error))
            raise ReachError("the answer failed midway", got=error) from error

    def _bytes(self, event: h11.InformationalResponse | h11.Response | h11.Data | h11.EndOfMessage) -> bytes:
        return self.link.http.send(event) or b""

    def _set_waits(self, waits: bool) -> None:
        with self._lock:
            self.waits = waits
            self.since = time.monotonic()

    def _refuse(self, status: int) -> None:
        with suppress(ReachError):
            self.link.allow(self._limits.idle)
            self.link.send(REFUSALS[status])
            self.link.linger()


def _check(request: h11.Request) -> int:
    """The announced length of a request that may bring a pouch."""
    headers = dict(request.headers)
    if request.method != b"POST" or request.target != POUCH_PATH.encode():
        raise _Refused(404)
    if request.http_version != b"1.1":
        raise _Refused(400)
    # Two ways to say where a body ends are how requests are smuggled past a proxy: there is one.
    if b"transfer-encoding" in headers or b"content-length" not in headers:
        raise _Refused(411)
    length = int(headers[b"content-length"])
    if length > POUCH_MAX:
        raise _Refused(413)
    return length
