"""A writer of calendars: one event of whole days (RFC 5545), without a member that could name a person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_LINE = 75
"""Octets of a content line without its end (section 3.1); a longer one is folded."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Args:
        uid: its name, the same in every calendar.
        made: the day on which it was written down.
        first: its first day.
        days: how many.
        summary, location, description: what people read, in as many languages as they are written in.
    """

    uid: str
    made: date
    first: date
    days: int
    summary: str
    location: str
    description: str


def write(event: Event) -> bytes:
    """A calendar that publishes this event."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Mithaq//EXERCISE//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{event.uid}",
        f"DTSTAMP:{event.made:%Y%m%d}T000000Z",
        f"DTSTART;VALUE=DATE:{event.first:%Y%m%d}",
        f"DTEND;VALUE=DATE:{event.first + timedelta(event.days):%Y%m%d}",
        f"SUMMARY:{_escaped(event.summary)}",
        f"LOCATION:{_escaped(event.location)}",
        f"DESCRIPTION:{_escaped(event.description)}",
        "STATUS:CONFIRMED",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(part + b"\r\n" for line in lines for part in _folded(line))


def _escaped(text: str) -> str:
    """A value of the type TEXT (section 3.3.11)."""
    for raw, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(raw, written)
    return text


def _folded(line: str) -> Iterator[bytes]:
    """A content line in pieces of at most ``_LINE`` octets, none of which ends within a letter."""
    piece = b""
    for letter in line:
        octets = letter.encode()
        if len(piece) + len(octets) > _LINE:
            yield piece
            piece = b" "
        piece += octets
    yield piece
