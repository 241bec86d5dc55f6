"""When an object was added to a collection: the one order in which clients read it (docs/adr/0015).

Times are microseconds, unique in a collection and rising with its commits. The last of each commit is a
whole millisecond: a client that cuts what it has seen to milliseconds neither repeats nor misses anything.
"""

import re
from datetime import UTC, datetime, timedelta

from mithaq.errors import MalformedError

MILLISECOND = 1_000
"""Microseconds."""
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,30}))?Z", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def times(newest: int, now: int, count: int) -> range:
    """The times of so many objects that are added together, each one microsecond after the other.

    Args:
        newest: the newest time in the collection.
        now: the clock; the times lie around it, or after ``newest`` where the clock has gone back.
        count: how many.
    """
    end = -(-max(now, newest + count) // MILLISECOND) * MILLISECOND
    return range(end - count + 1, end + 1)


def written(microseconds: int) -> str:
    """A time as TAXII writes it (3.2)."""
    return f"{(_EPOCH + timedelta(microseconds=microseconds)).isoformat('T', 'microseconds')[:-6]}Z"


def parse(where: str, text: str) -> int:
    """Microseconds of a time with no fraction or any number of digits; what is finer is cut.

    Raises:
        MalformedError: it is no time in UTC.
    """
    match = _TIME.fullmatch(text)
    moment = _moment(f"{match[1]}T{match[2]}+00:00") if match else None
    if match is None or moment is None:
        raise MalformedError("not a time", where=where, expected="YYYY-MM-DDTHH:MM:SS.sssZ", got=text)
    fraction = int((match[3] or "0")[:6].ljust(6, "0"))
    return (moment - _EPOCH) // timedelta(microseconds=1) + fraction


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
