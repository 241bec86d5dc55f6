"""One connection to the server: its requests one after the other, each answered by the handler or refused.

The rules are those of ``server``. Everything that is said to the other side is decided here.
"""

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import h11
import structlog

from mithaq.errors import BusyError, PeerError, ReachError
from mithaq.wire.http import (
    BODY_RATE,
    BODY_SECONDS,
    FIRST_MAX,
    IDLE_SECONDS,
    KEEP_SECONDS,
    MEDIA_TYPE,
    POUCH_MAX,
    POUCH_PATH,
    REFUSALS,
    TOTAL_SECONDS,
    Body,
    PouchHandler,
)
from mithaq.wire.link import GarbledError, LateError, Link, PouchReader, blocks
from mithaq.wire.places import Place, Places

T = TypeVar("T")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server grants; the defaults are meant for use, smaller ones for tests."""

    pouches: int = 8
    """Pouches under work at once whose sender is not yet known. Those that are known have places of their own
    (``places``), and each may hold one part in memory."""
    turn: float = 2.0
    """Seconds that a pouch waits for one of those places: strangers hold them for a millisecond each."""
    connections: int = 64
    """Open connections, idle ones included: each is a thread and at most ``FIRST_MAX`` bytes."""
    head: float = 10.0
    """Seconds from the connection to the end of the first head, the TLS handshake included."""
    first: float = 20.0
    """Seconds for the first ``FIRST_MAX`` bytes of a pouch: 13 kB/s."""
    idle: float = IDLE_SECONDS
    """Seconds without a byte, within a pouch."""
    total: float = TOTAL_SECONDS
    """Seconds for the whole of a pouch, and likewise for its answer."""
    body: float = BODY_SECONDS
    """Seconds for a pouch whose sender is known, beside its length at ``BODY_RATE``."""
    keep: float = KEEP_SECONDS
    """Seconds until the next head on an open connection."""
    stop: float = 10.0
    """Seconds that pouches under work are given when the server stops."""


class _Refused(Exception):  # noqa: N818 - not an error of ours: what the other side is told
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Visit:
    """One connection and its thread, not yet started.

    Args:
        link: the connection; its handshake is done here.
        handler: what answers its pouches.
        limits: what it is granted.
        places: those of the pouches under work, the same for all visits.
        stopping: set when the server stops: no further pouch is taken then.
        left: called when the visit is over.
    """

    def __init__(
        self,
        link: Link,
        handler: PouchHandler,
        limits: Limits,
        *,
        places: Places,
        stopping: threading.Event,
        left: "Callable[[Visit], None]",
    ) -> None:
        self.link = link
        self.since = time.monotonic()
        """When it began to wait, or to work."""
        self.served = False
        """Whether it has brought a pouch that was answered."""
        self.waits = True
        """Whether no pouch of it is under work."""
        self.thread = threading.Thread(target=self._run, name="pouch-visit", daemon=True)
        self._lock = threading.Lock()
        self._handler = handler
        self._limits = limits
        self._places = places
        self._stopping = stopping
        self._left = left

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
            self._left(self)

    def _exchange(self) -> bool:
        """One request; whether another may follow on this connection."""
        length = self._head()
        if length is None:
            return False
        body = PouchReader(self._more)
        self.link.allow(self._limits.first)
        try:
            body.fill(min(length, FIRST_MAX))
            self._work(body, length)
        except LateError:
            raise _Refused(408) from None
        self.served = True
        http = self.link.http
        return http.our_state is h11.DONE and http.their_state is h11.DONE and not self._stopping.is_set()

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

    def _work(self, body: PouchReader, length: int) -> None:
        place = self._places.enter(self._limits.turn)
        if place is None:
            raise _Refused(429)
        self._set_waits(False)
        try:
            self.link.allow(self._limits.total, self._limits.idle)
            self._answer(body, _Body(self, body, place, length))
        finally:
            place.leave()
            self._set_waits(True)

    def allow_body(self, length: int) -> None:
        """Give what is left of a pouch of this length its time: the sender is known."""
        seconds = min(self._limits.total, self._limits.body + length / BODY_RATE)
        self.link.allow(seconds, self._limits.idle)

    def _answer(self, body: PouchReader, handed: Body) -> None:
        answer = self._guarded(lambda: self._handler(handed))
        try:
            stream = blocks(answer)
            first = self._guarded(lambda: next(stream, b""))
            body.discard()
            self.link.allow(self._limits.total, self._limits.idle)
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


class _Body:
    """What the handler gets: see ``http.Body``."""

    def __init__(self, visit: Visit, body: PouchReader, place: Place, length: int) -> None:
        self._visit = visit
        self._body = body
        self._place = place
        self._length = length

    def __call__(self, n: int, /) -> bytes:
        return self._body.read(n)

    def known(self, partner: str, *, fresh: bool) -> None:
        self._place.known(partner, fresh=fresh)
        self._visit.allow_body(self._length)


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
