"""The end of contents before or after their day: ``mithaq erase``, ``withdraw`` and ``hold``."""

from datetime import datetime
from typing import Annotated, Literal

from cyclopts import Parameter

from mithaq.cli.about import Leaf, say
from mithaq.cli.answer import Answer
from mithaq.cli.session import Here
from mithaq.errors import UsageError


def erase(
    partner: str,
    leaf: list[str],
    /,
    *,
    reason: Literal["order", "purpose-ended", "off-boarding", "withdrawn", "ended"],
    session: Here,
) -> Answer:
    """Erase our copy of contents before their day, and say so to the partner. It cannot be taken back.

    Args:
        partner: its origin.
        leaf: eight or more of the first digits of each leaf hash, of either side's entries.
        reason: why.
    """
    return say(session, partner, "erasure", leaf, {"reason": reason})


def withdraw(
    partner: str,
    leaf: list[str],
    /,
    *,
    reason: Literal["inaccurate", "mistaken", "order", "purpose-ended", "unlawful"],
    session: Here,
) -> Answer:
    """Withdraw what we said: our copy is erased at once, the partner's node erases its own and states it.

    Args:
        partner: its origin.
        leaf: eight or more of the first digits of each leaf hash.
        reason: why.
    """
    return say(session, partner, "withdrawal", leaf, {"reason": reason})


def hold(
    partner: str,
    leaf: Leaf,
    /,
    *,
    until: Annotated[str, Parameter(help="When it ends, with its zone: 2026-12-31T18:00:00+01:00.")],
    reason: Literal["audit", "court", "supervision"],
    session: Here,
) -> Answer:
    """Hold our copy of contents over, for a year at most: it ends with the day of that time, in UTC.

    Args:
        partner: its origin.
        leaf: what it is.
        until: when the hold ends.
        reason: who asked for it.
    """
    return say(session, partner, "hold", [leaf], {"reason": reason, "until": _seconds(until)})


def _seconds(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UsageError(
            "not a time with its zone", where="--until", expected="as 2026-12-31T18:00:00+01:00", got=text
        )
    return int(moment.timestamp())
