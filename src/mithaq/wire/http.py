"""What both ends of ``POST /pouch`` agree on (protocol section 7): path, limits, statuses, types.

The channel is trusted for nothing, so HTTP carries as little as it can: one method, one path, lengths known
before the first byte, answers that say nothing to a stranger. Server and client are in ``server`` and
``client``; the reasons and figures are in ``docs/adr/0003-http.md``.

=======  ==================================================================  ================================
status   when the server says it                                             what the client raises
=======  ==================================================================  ================================
200      the handler answered; the body is the answering pouch               nothing
404      another method or path, or the handler raised ``PeerError``         ``StatusError``: section 7, keys
408      the pouch came too slowly                                           ``StatusError``; try again
411      no Content-Length, or any Transfer-Encoding (request smuggling)     ``StatusError``; a fault of ours
413      Content-Length above ``POUCH_MAX``                                  ``StatusError``; a fault of ours
429      all places (``places``) are taken; the handler raised               ``StatusError`` with retry_after
         ``BusyError``
400 431  not HTTP/1.1 as RFC 9112 has it; a head above ``HEAD_MAX``          ``StatusError``; a fault of ours
503      this node failed: a full disk, a fault                              ``StatusError`` with retry_after
(none)   the sender went away, or dawdled over its head: closed              ``ReachError``
=======  ==================================================================  ================================

All but 200 are fixed bytes without a body, a date or a banner, and end the connection. They are sent as soon
as they are known, while the pouch may still be arriving.
"""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from ipaddress import ip_address
from typing import Protocol

from mithaq.errors import ReachError

POUCH_PATH = "/pouch"
"""The only path there is."""

POUCH_MAX = 65 * 1024 * 1024
"""Bytes of a pouch on any carrier: the 64 MiB of protocol 7, and 1 MiB for the envelope and box tags."""

FIRST_MAX = 260 * 1024
"""Bytes that arrive before the handler is asked: the longest sealed manifest (256 KiB) and its envelope. So a
stranger who dawdles over them takes none of the few places where pouches are worked on."""

HEAD_MAX = 16 * 1024
"""Bytes after which an unfinished head of a request or response is given up: ours take some 200. One that is
whole within its first ``BLOCK`` is still looked at."""

BLOCK = 64 * 1024
"""Bytes read from or written to a socket at once."""

IDLE_SECONDS = 30.0
"""How long either side may stand still inside one pouch."""

TOTAL_SECONDS = 900.0
"""How long one pouch, or one answer, may take: 64 MiB at 75 kB/s."""

BODY_SECONDS = 60.0
"""What a pouch gets beside the time of its length at ``BODY_RATE``: two waits of ``IDLE_SECONDS``."""

BODY_RATE = 16_000
"""Bytes in a second that a partner must send on average: a bad satellite line. Slower ones hold a place of
that partner for no more than the time of their length at this rate."""

KEEP_SECONDS = 75.0
"""How long the server keeps an unused connection open. The client drops it earlier (``client``), so that the
two do not meet."""

RETRY_SECONDS = 5
"""Retry-After of 429 and 503: longer than a pouch usually takes, short beside a deadline."""

MEDIA_TYPE = "application/octet-stream"

Read = Callable[[int], bytes]
"""``read(n)``: exactly ``n`` bytes, or fewer at the end of the pouch.

It raises ``ReachError`` when the sender stops before the length that it announced, or dawdles."""


class Body(Protocol):
    """A pouch as its handler gets it."""

    def __call__(self, n: int, /) -> bytes:
        """``Read``."""
        ...

    def known(self, partner: str, *, fresh: bool) -> None:
        """To be called as soon as the sender has proved who it is, before more of the pouch is read.

        Args:
            partner: by this name its pouches are counted.
            fresh: this pouch is newer than every one seen; what is replayed has a place apart.

        Raises:
            BusyError: as many of its pouches are under work as may be.
        """
        ...


PouchHandler = Callable[[Body], Iterable[bytes]]
"""What answers a pouch: takes its reader, gives the answering pouch in parts.

It is called in several threads at once. It reads before its first part; what it leaves unread is then
discarded. It raises ``PeerError`` (404, always the same) or ``BusyError`` (429); both may also come from the
iterable, before its first part."""


class StatusError(ReachError):
    """The partner's node answered with something other than a pouch.

    Args:
        status: the HTTP status.
        retry_after: seconds that it asks to wait, or 0.
    """

    def __init__(self, status: int, *, retry_after: int = 0, where: str = "") -> None:
        super().__init__("the partner gave no pouch", where=where, expected="status 200", got=status)
        self.status = status
        self.retry_after = retry_after


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine by its name or its address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _refusal(status: int) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "Content-Length: 0", "Connection: close"]
    if status in (429, 503):
        lines.append(f"Retry-After: {RETRY_SECONDS}")
    return "\r\n".join([*lines, "", ""]).encode()


REFUSALS = {status: _refusal(status) for status in (400, 404, 408, 411, 413, 429, 431, 503)}
"""The whole response to each status: a stranger learns no more than the status. There is no Date (RFC 9110
asks for one from a server whose clock is trusted: here nothing in the channel is)."""
