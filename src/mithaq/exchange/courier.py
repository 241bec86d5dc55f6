"""When to try a partner again: a pure decision (protocol 7).

After an answer, at once if there is more to say; otherwise when woken, and now and then to ask a partner
that cannot reach us. After a failure, later and later, with chance in it so that two nodes do not keep step;
sooner if there is news.
"""

from dataclasses import dataclass

POLL = 60.0
"""Seconds between two questions to a partner that has nothing from us: it may not be able to call."""
FIRST = 1.0
"""Seconds after the first failure."""
LONGEST = 900.0
"""Seconds between two tries at most: a partner that comes back is found within a quarter of an hour."""
SPREAD = 0.5
"""Part of a wait that is left to chance."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do next.

    Args:
        failures: in a row.
        wait: seconds until the next try.
        rest: seconds of these that nothing cuts short; after them new work, or a pouch that came, does.
    """

    failures: int = 0
    wait: float = 0.0
    rest: float = 0.0


def answered(*, more: bool) -> Decision:
    """After an answer, or with nothing to say.

    Args:
        more: whether there is something left to say.
    """
    return Decision(0, 0.0 if more else POLL)


def failed(before: Decision, *, chance: float, retry_after: float = 0.0) -> Decision:
    """After a failure.

    Args:
        before: the decision that led to it.
        chance: a random number from 0 up to 1.
        retry_after: seconds that the partner asked for; obeyed up to ``LONGEST``.
    """
    failures = before.failures + 1
    wait = min(LONGEST, FIRST * 2.0 ** min(failures - 1, 32))
    wait *= 1 - SPREAD * chance
    asked = min(retry_after, LONGEST)
    return Decision(failures, max(wait, asked), max(FIRST * (1 - SPREAD), asked))
