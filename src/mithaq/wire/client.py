"""The client of ``POST /pouch``: it listens while it sends, so that an early refusal ends the upload.

It keeps connections open and uses them again; it follows no redirects, knows no cookies, and takes no proxy
from the environment. A pouch says the same when it is sent twice (protocol 7), yet nothing is sent again
here: the caller's parts may be spent, and the caller knows when to try again.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import h11

from mithaq.errors import ConfigError, PeerError, ReachError
from mithaq.wire.address import Address
from mithaq.wire.http import IDLE_SECONDS, MEDIA_TYPE, TOTAL_SECONDS, StatusError
from mithaq.wire.link import LateError, Link, PouchReader, blocks

KEEP_MAX = 2
"""Connections kept for each partner: two pouches may be under way at once (protocol 7)."""

RETRY_AFTER_MAX = 3600
"""Seconds of Retry-After that are believed: more would let a partner's proxy silence us for days."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the client waits, in seconds."""

    connect: float = 10.0
    """For the connection and its TLS handshake."""
    idle: float = IDLE_SECONDS
    """Without a byte taken, while sending, or a byte given, while reading."""
    answer: float = 120.0
    """From the last byte sent to the answer's head: the partner works through 64 MiB meanwhile."""
    total: float = TOTAL_SECONDS
    """For sending one pouch; again for reading its answer."""
    keep: float = 60.0
    """An unused connection is dropped after this: earlier than the server does (``http.KEEP_SECONDS``)."""


class PouchClient:
    """Sends pouches; one for the whole node, usable from several threads.

    Args:
        context: checks the partners' TLS certificates; without it only this machine's plain HTTP is reached.
        patience: how long it waits.
    """

    def __init__(self, context: ssl.SSLContext | None = None, patience: Patience | None = None) -> None:
        self._context = context
        self._patience = patience or Patience()
        self._lock = threading.Lock()
        self._kept: dict[Address, list[tuple[float, Link]]] = {}
        self._closed = False

    def post(self, url: str, parts: Iterable[bytes], total: int) -> "PouchAnswer":
        """Send a pouch of ``total`` bytes and give its answer, to be read in ``with``.

        Whatever ``parts`` raises passes through, and the connection ends.

        Raises:
            StatusError: the partner gave another status than 200, perhaps before all was sent.
            ReachError: it could not be reached, or dawdled, or broke off.
            ConfigError: the URL is not that of a node, or TLS is asked for without a context.
            ValueError: the parts are not ``total`` bytes together.
        """
        address = Address.parse(url)
        link = self._take(address) or self._connect(address)
        try:
            _expect_pouch(self._send(link, address, parts, total), url)
        except BaseException:
            link.close()
            raise
        link.allow(self._patience.total, self._patience.idle)
        return PouchAnswer(self, address, link)

    def close(self) -> None:
        """Close the connections that are kept, and keep none from here on."""
        with self._lock:
            self._closed = True
            kept, self._kept = self._kept, {}
        for links in kept.values():
            for _, link in links:
                link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def keep(self, address: Address, link: Link) -> None:
        """Keep a connection whose answer has been read to its end, or close it."""
        http = link.http
        with self._lock:
            links = self._kept.setdefault(address, [])
            whole = http.our_state is h11.DONE and http.their_state is h11.DONE
            if whole and len(links) < KEEP_MAX and not self._closed:
                http.start_next_cycle()
                links.append((time.monotonic(), link))
                return
        link.close()

    def _take(self, address: Address) -> Link | None:
        while True:
            with self._lock:
                links = self._kept.get(address)
                if not links:
                    return None
                since, link = links.pop()
            # What comes in on an unused connection is its end, or nothing that could be trusted.
            if time.monotonic() - since < self._patience.keep and not link.hear():
                return link
            link.close()

    def _connect(self, address: Address) -> Link:
        if address.tls and self._context is None:
            raise ConfigError("no TLS context for a partner's address", got=address.authority)
        try:
            sock = socket.create_connection((address.host, address.port), self._patience.connect)
        except (OSError, UnicodeError) as error:
            raise ReachError("no connection", where=address.authority, got=error) from error
        try:
            if address.tls and self._context is not None:
                sock = self._context.wrap_socket(
                    sock, server_hostname=address.host, do_handshake_on_connect=False
                )
            link = Link(sock, h11.CLIENT)
            link.allow(self._patience.connect)
            link.handshake()
        except BaseException as error:
            sock.close()
            if isinstance(error, OSError | ValueError):
                raise ReachError("no connection", where=address.authority, got=error) from error
            raise
        return link

    def _send(self, link: Link, address: Address, parts: Iterable[bytes], total: int) -> h11.Response:
        link.allow(self._patience.total, self._patience.idle)
        headers = [("Host", address.authority), ("Content-Type", MEDIA_TYPE), ("Content-Length", str(total))]
        request = h11.Request(method="POST", target=address.path, headers=headers)
        out = link.http.send(request) or b""
        for block in blocks(parts):
            out += _framed(link, block)
            early = _push(link, out)
            if early is not None:
                return early
            out = b""
        _finish(link)
        early = _push(link, out)
        link.allow(self._patience.answer)
        return early or _response(link)


class PouchAnswer:
    """The answering pouch: ``read(n)``, in ``with``. Read to its end, its connection is used again."""

    def __init__(self, client: PouchClient, address: Address, link: Link) -> None:
        self._client = client
        self._address = address
        self._link = link
        self._reader = PouchReader(self._more)

    def read(self, n: int) -> bytes:
        """Exactly ``n`` bytes, or fewer at the end.

        Raises:
            LimitError: the answer is longer than a pouch may be.
            ReachError: the partner broke off or dawdled.
        """
        return self._reader.read(n)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            with suppress(ReachError, PeerError):  # the last chunk says only that the answer is over
                self._link.allow(1.0)
                self._reader.fill(1)
        self._client.keep(self._address, self._link)

    def _more(self) -> bytes:
        event = self._link.event()
        return event.data if isinstance(event, h11.Data) else b""


def _framed(link: Link, block: bytes) -> bytes:
    try:
        return link.http.send(h11.Data(data=block)) or b""
    except h11.LocalProtocolError as error:
        raise ValueError(f"the parts of a pouch are longer than its total: {error}") from error


def _finish(link: Link) -> None:
    try:
        link.http.send(h11.EndOfMessage())
    except h11.LocalProtocolError as error:
        raise ValueError(f"the parts of a pouch are shorter than its total: {error}") from error


def _push(link: Link, data: bytes) -> h11.Response | None:
    """Send ``data``; a response that comes before all is sent ends the sending and is given back.

    Where the other side has closed without being heard, the kernel may still hold what it said.
    """
    view = memoryview(data)
    while view:
        early = _early(link)
        if early is not None:
            return early
        try:
            view = view[link.send_some(view) :]
        except LateError:
            raise
        except ReachError:
            return _response(link)
    return None


def _early(link: Link) -> h11.Response | None:
    while link.hear():
        while isinstance(event := link.event_so_far(), h11.InformationalResponse):
            continue
        if isinstance(event, h11.Response):
            if event.status_code == 200:
                raise ReachError("the partner answered before it had the pouch")
            return event
        if event is not h11.NEED_DATA:
            raise ReachError("the partner closed the connection")
    return None


def _response(link: Link) -> h11.Response:
    while isinstance(event := link.event(), h11.InformationalResponse):
        continue
    if not isinstance(event, h11.Response):
        raise ReachError("the partner closed the connection without an answer")
    return event


def _expect_pouch(response: h11.Response, url: str) -> None:
    if response.status_code != 200:
        raise StatusError(response.status_code, retry_after=_retry_after(response), where=url)


def _retry_after(response: h11.Response) -> int:
    value = dict(response.headers).get(b"retry-after", b"")
    return min(int(value), RETRY_AFTER_MAX) if value.isdigit() and len(value) < 10 else 0
