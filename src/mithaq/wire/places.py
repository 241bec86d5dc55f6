"""Places where pouches are worked on: a few that strangers share, and some of their own for each partner.

A pouch takes one of the shared places until its manifest says, and proves, whose it is; that is a matter of a
millisecond and needs nothing more from the network. Then it moves to a place of that partner. So nobody can
hold the places of another, however slowly it sends: neither a partner, nor whoever replays its pouches.
"""

import threading
from collections import Counter

from mithaq.errors import BusyError

PARTNER_PLACES = 2
"""Pouches of one partner under work at once: the two that may be under way (protocol 7)."""
STALE_PLACES = 1
"""Likewise of pouches that were seen before: whoever replays them has this place, and no other."""


class Places:
    """The places of one server.

    Args:
        shared: pouches under work whose sender is not yet known.
    """

    def __init__(self, shared: int) -> None:
        self._shared = threading.BoundedSemaphore(shared)
        self._lock = threading.Lock()
        self._taken: Counter[tuple[str, bool]] = Counter()

    def enter(self, seconds: float) -> "Place | None":
        """A shared place, if one is free within so many seconds."""
        return Place(self) if self._shared.acquire(timeout=seconds) else None

    def move(self, partner: str, *, fresh: bool) -> None:
        """Give a shared place back for one of a partner's own.

        Raises:
            BusyError: all of them are taken; the shared one is still held.
        """
        with self._lock:
            if self._taken[partner, fresh] >= (PARTNER_PLACES if fresh else STALE_PLACES):
                raise BusyError("as many pouches of this partner are under work as may be", where=partner)
            self._taken[partner, fresh] += 1
        self._shared.release()

    def leave(self, owner: tuple[str, bool] | None) -> None:
        """Give a place back: a shared one, or that of a partner."""
        if owner is None:
            self._shared.release()
        else:
            with self._lock:
                self._taken[owner] -= 1
                self._taken += Counter()  # drops what is zero


class Place:
    """The place of one pouch, given back once by ``leave``."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._owner: tuple[str, bool] | None = None

    def known(self, partner: str, *, fresh: bool) -> None:
        """The sender is known: from here on the place is one of its own; raises as ``Places.move``."""
        if self._owner is None:
            self._places.move(partner, fresh=fresh)
            self._owner = (partner, fresh)

    def leave(self) -> None:
        """Give it back."""
        self._places.leave(self._owner)
