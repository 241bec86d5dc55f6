"""iCalendar: its structure, and whom it names (RFC 5545)."""

import re
from collections.abc import Iterator

from mithaq.formats.contacts import is_role
from mithaq.formats.seen import Seen

START = b"BEGIN:VCALENDAR"
"""How a calendar begins."""

DEPTH_MAX = 8
"""Components in each other: a calendar, an event, an alarm."""
LINES_MAX = 200_000
"""Lines of a calendar, folded as they come; each takes sixty bytes more than it has."""

_LINE = re.compile(
    r'([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)*):(.*)\Z', re.DOTALL
)
_NAME_PARAMETER = re.compile(r";(?:CN|SENT-BY|EMAIL)=", re.IGNORECASE)
_PEOPLE = frozenset({"ATTENDEE", "CONTACT", "ORGANIZER"})
_ONCE = ("PRODID", "VERSION")


def look(seen: Seen, text: str) -> None:
    """Look into a calendar; what is not one, or several, is the problem ``calendar``."""
    try:
        _read(seen, text)
    except ValueError as error:
        seen.problem("calendar", "", str(error))


def _read(seen: Seen, text: str) -> None:
    stack: list[str] = []
    missing: set[str] = set()
    for number, name, parameters, value in _lines(text):
        if name == "BEGIN":
            if (not stack) != (value.upper() == "VCALENDAR") or len(stack) == DEPTH_MAX:
                raise ValueError(f"line {number}: expected components inside of VCALENDAR, {DEPTH_MAX} deep")
            missing = missing or (set(_ONCE) if not stack else set())
            stack.append(value.upper())
        elif name == "END":
            if not stack or stack.pop() != value.upper() or (not stack and missing):
                raise ValueError(f"line {number}: expected the end of what is open, and {' '.join(_ONCE)}")
        elif not stack:
            raise ValueError(f"line {number}: expected BEGIN:VCALENDAR")
        else:
            missing.discard(name)
            _property(seen, f"line {number} {name}", name, parameters, value)
    if stack:
        raise ValueError(f"expected END:{stack[-1]}")


def _property(seen: Seen, path: str, name: str, parameters: str, value: str) -> None:
    if name == "VERSION" and value != "2.0":
        seen.problem("calendar", path, "expected version 2.0")
    elif name in _PEOPLE and (_NAME_PARAMETER.search(parameters) or not is_role(value)):
        seen.person(path, "it names who comes, invites or answers; only role mailboxes may stand here")
    elif name == "ATTACH" and "VALUE=BINARY" in parameters.upper():
        seen.problem("embedded", path, "expected no files inside; send each as a content of its own")
    elif name == "ACTION" and value.upper() == "PROCEDURE":
        seen.problem("active", path, "expected a calendar that starts no program")


def _lines(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Content lines, unfolded (section 3.1), with the number of their first line; ValueError past a limit."""
    if text.count("\n") > LINES_MAX:
        raise ValueError(f"expected at most {LINES_MAX} lines")
    unfolded: list[tuple[int, list[str]]] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if line[:1] in (" ", "\t") and unfolded:
            unfolded[-1][1].append(line[1:])
        elif line:
            unfolded.append((number, [line]))
    for number, pieces in unfolded:
        found = _LINE.match("".join(pieces))
        if not found:
            raise ValueError(f"line {number}: expected a name, parameters and a value")
        yield number, found[1].upper(), found[2], found[3]
