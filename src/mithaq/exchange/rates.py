"""How much one partner may make this node do in a time; past it, it is told to wait (protocol 7, last line).

A bucket for each partner and each thing that is counted: it fills at a steady rate up to a burst, and what
is asked for is taken out of it. Pouches and log bytes that find it empty meet 429. Contents that do are not
kept, and ``held`` says ``throttled``; they are asked for again when there is room. Contents of fields that
protect life have a bucket of their own: no flood of others holds them up. Nothing of this is stored: after a
restart every bucket is full.
"""

import threading
from dataclasses import dataclass

from mithaq.domain.party import Origin
from mithaq.errors import BusyError
from mithaq.exchange.ports import Clock


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a partner may ask for: at once, and for each second after that."""

    burst: float
    rate: float


POUCHES = Allowance(3_000, 50)
"""Pouches: each may cost a commit of some six milliseconds; so one partner gets a third of the syncs."""
LOG_BYTES = Allowance(256 * 2**20, 10_000)
"""Bytes of entries and notes, which are kept for ever: a first backlog of a million entries, then under a
gigabyte a day, a hundred times what four authorities would write."""
CONTENT_BYTES = Allowance(8 * 2**30, 100_000)
"""Bytes of contents, which are kept for weeks: an archive at the beginning, then eight gigabytes a day."""


class Rates:
    """The buckets of all partners.

    Args:
        clock: POSIX seconds; one that goes back fills nothing.
        pouches, log_bytes, content_bytes: what each partner may ask for.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        pouches: Allowance = POUCHES,
        log_bytes: Allowance = LOG_BYTES,
        content_bytes: Allowance = CONTENT_BYTES,
    ) -> None:
        self._clock = clock
        self._allowed = {
            "pouches": pouches,
            "log": log_bytes,
            "content": content_bytes,
            "life": content_bytes,
        }
        self._lock = threading.Lock()
        self._left: dict[tuple[Origin, str], tuple[float, float]] = {}

    def pouch(self, partner: Origin, log_bytes: int) -> None:
        """Count a pouch that brings so many bytes of entries and notes.

        Raises:
            BusyError: there have been too many, or too much.
        """
        if not (self._has("pouches", partner) and self._has("log", partner)):
            raise BusyError("a partner sends more than it may", where=partner, todo="it is told to wait")
        self._take("pouches", partner, 1)
        self._take("log", partner, log_bytes)

    def content(self, partner: Origin, size: int, *, life: bool) -> bool:
        """Count a content, and say whether it may be kept: one may overdraw what is left, the next may not.

        Args:
            partner: whose it is.
            size: its bytes.
            life: whether its field protects life.
        """
        what = "life" if life else "content"
        if not self._has(what, partner):
            return False
        self._take(what, partner, size)
        return True

    def room(self, partner: Origin) -> bool:
        """Whether contents may be asked for."""
        return self._has("content", partner) and self._has("life", partner)

    def _has(self, what: str, partner: Origin) -> bool:
        with self._lock:
            return self._now(what, partner) > 0

    def _take(self, what: str, partner: Origin, amount: float) -> None:
        with self._lock:
            self._left[partner, what] = (self._now(what, partner) - amount, self._clock())

    def _now(self, what: str, partner: Origin) -> float:
        allowed = self._allowed[what]
        left, since = self._left.get((partner, what), (allowed.burst, self._clock()))
        return min(allowed.burst, left + max(0.0, self._clock() - since) * allowed.rate)
