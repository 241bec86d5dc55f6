"""A moment in a signed text: people read a date, the rules count POSIX seconds (protocol section 10)."""

import re
from datetime import UTC, datetime
from typing import Self

from mithaq.errors import MalformedError

DAY = 86_400
"""Seconds of a day; POSIX time has no leap seconds."""

MOMENT_MAX = 253_402_300_799
"""The last second of the year 9999, after which the written form would grow."""

_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


class Moment(int):
    """Whole POSIX seconds, written ``2026-11-25T09:00:00Z``: RFC 3339, in UTC, in this form only."""

    __slots__ = ()

    def __new__(cls, seconds: int) -> Self:
        """Check the range.

        Raises:
            MalformedError: before 1970 or after the year 9999.
        """
        if not 0 <= seconds <= MOMENT_MAX:
            raise MalformedError("a moment out of range", expected=f"0 to {MOMENT_MAX}", got=seconds)
        return super().__new__(cls, seconds)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the written form.

        Raises:
            MalformedError: it is of another form, or no such second exists.
        """
        try:
            if _FORM.fullmatch(text):
                return cls(int(datetime.fromisoformat(text).timestamp()))
        except ValueError:
            pass
        raise MalformedError("not a moment", expected="for example 2026-11-25T09:00:00Z", got=text)

    def __str__(self) -> str:
        return datetime.fromtimestamp(self, UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
