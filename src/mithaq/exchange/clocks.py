"""Wrong clocks stop nothing: what a node says, takes and destroys when a clock has jumped (protocol 10).

A clock jumps by a mistake of a person, a dead battery, a bad time server; whoever reads it cannot tell at
once. Three decisions, explained in docs/adr/0014:

* what we say: its ``at`` and ``held.time`` are our clock, but do not go back behind a ``held.time`` of ours
  that the partner has had reason to believe;
* what we take: a ``held.time`` of its author counts against it only if our clock could confirm it;
* what we destroy for good: only by a clock that somebody else's, or a while of running, has confirmed.
"""

from collections.abc import Iterable

from mithaq.domain.moment import DAY
from mithaq.domain.rules import SKEW

LEAP = DAY + 3_600
"""Seconds that a clock may advance between two looks, or differ from a partner's, and still be believed when
it comes to destroying: contents end by days, and a node that looks once a day is not one that leaps."""

PATIENCE = 1_800
"""Seconds for which a clock that has leapt must run on before it is believed: two looks of housekeeping,
long enough for a time server to put right what it got wrong at the start."""


def credible(times: Iterable[int], clock: int) -> int:
    """The newest of some ``held.time`` of one log that a clock of its reader can confirm; 0 if there is none.

    The reader asks it of what it has believed so far and of what comes; so what it once confirmed by a clock
    that was wrong, it forgets when that has been put right. The author asks it of what it said, as far as it
    knows the reader's clock.
    """
    return max((time for time in times if time <= clock + SKEW), default=0)


def held(now: int, ours: int) -> int:
    """The ``time`` of our next ``held``: our clock, which may be behind now.

    Args:
        now: our clock.
        ours: our newest ``held.time`` that the partner can believe.
    """
    return max(now, ours)


def at(now: int, ours: int) -> int:
    """The ``at`` of our next entry: it may be S below our newest ``held.time``, and no more (protocol 10)."""
    return max(now, ours - SKEW)


class Watch:
    """Whether this process believes its clock when it destroys something for good."""

    def __init__(self) -> None:
        self._believed = 0
        self._leapt = 0
        self._last = 0

    def believes(self, now: int, theirs: Iterable[int]) -> bool:
        """Look at the clock; to be asked at every housekeeping.

        Args:
            now: our clock.
            theirs: each partner's clock when we last heard of it.
        """
        confirmed = any(abs(now - other) <= LEAP for other in theirs)
        if confirmed or now <= self._believed + LEAP or self._ran_on(now):
            self._believed, self._leapt = now, 0
            return True
        return False

    def _ran_on(self, now: int) -> bool:
        """Whether the clock has run on for a while since it leapt, without leaping again."""
        if not self._leapt or not self._last <= now <= self._last + LEAP:
            self._leapt = now
        self._last = now
        return now - self._leapt >= PATIENCE
