"""The shapes of values: functions that raise when a value does not fit (protocol sections 5, 7 and 13).

Whatever comes in as JSON or TOML is checked with them: an entry's members and facts, a manifest, the small
words of a signed text. There is no free text: a value is a number, a digest, a name, or a word of a closed
vocabulary.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from mithaq.domain.canonical import INTEGER_MAX
from mithaq.domain.party import LogName, origin
from mithaq.errors import MalformedError

_IDENTIFIER = re.compile(r"[a-z][a-z0-9-]{0,31}\Z")
_MEDIA_TYPE = re.compile(
    r"[a-z0-9][a-z0-9.+-]{0,63}/[a-z0-9][a-z0-9.+-]{0,63}(;[a-z0-9-]{1,32}=[A-Za-z0-9.+-]{1,32}){0,3}\Z"
)

Shape = Callable[[Any, str], None]
"""Checks one value; raises MalformedError with the path given."""


def _refuse(where: str, expected: str, got: object) -> MalformedError:
    return MalformedError("a value of another form", where=where, expected=expected, got=got)


def number(low: int = 0, high: int = INTEGER_MAX) -> Shape:
    """An integer from ``low`` to ``high``."""

    def check(value: Any, where: str) -> None:
        if type(value) is not int or not low <= value <= high:
            raise _refuse(where, f"an integer from {low} to {high}", value)

    return check


def hexadecimal(size: int) -> Shape:
    """Lower-case hex of ``size`` bytes."""
    pattern = re.compile(rf"[0-9a-f]{{{2 * size}}}\Z")

    def check(value: Any, where: str) -> None:
        if not isinstance(value, str) or not pattern.match(value):
            raise _refuse(where, f"{2 * size} lower-case hex digits", value)

    return check


def word(*words: str) -> Shape:
    """A word of a closed vocabulary."""

    def check(value: Any, where: str) -> None:
        if value not in words:
            raise _refuse(where, " | ".join(words), value)

    return check


def identifier(value: Any, where: str) -> None:
    """A name that machines use for a part of a signed text: a field, an urgency class, a code."""
    if not isinstance(value, str) or not _IDENTIFIER.match(value):
        raise _refuse(where, "an identifier: at most 32 of a-z, 0-9, -, a letter first", value)


def media_type(value: Any, where: str) -> None:
    """A media type: lower case, parameters without spaces, at most 255 bytes."""
    if not isinstance(value, str) or not _MEDIA_TYPE.match(value):
        raise _refuse(where, "type/subtype[;name=value]", value)


def log_name(value: Any, where: str) -> None:
    """The name of a log."""
    if not isinstance(value, str):
        raise _refuse(where, "the name of a log", value)
    LogName.parse(value)


def party(value: Any, where: str) -> None:
    """The origin of a party."""
    if not isinstance(value, str):
        raise _refuse(where, "an origin", value)
    origin(value)


def listing(shape: Shape, most: int) -> Shape:
    """A non-empty list of at most ``most`` values of one shape."""

    def check(value: Any, where: str) -> None:
        members = cast("list[Any]", value if type(value) is list else [])
        if not 1 <= len(members) <= most:
            raise _refuse(where, f"a list of 1 to {most}", len(members))
        for place, member in enumerate(members):
            shape(member, f"{where}.{place}")

    return check


@dataclass(frozen=True, slots=True)
class Members:
    """An object with these members: all of ``required``, any of ``optional``, nothing else."""

    required: dict[str, Shape] = field(default_factory=dict[str, Shape])
    optional: dict[str, Shape] = field(default_factory=dict[str, Shape])

    def __call__(self, value: Any, where: str) -> None:
        """Check ``value``; raises MalformedError."""
        if type(value) is not dict:
            raise _refuse(where, "an object", value)
        members = cast("dict[str, Any]", value)
        if not self.required.keys() <= members.keys() <= self.required.keys() | self.optional.keys():
            raise _refuse(where, f"members {' '.join(sorted(self.required))}", " ".join(sorted(members)))
        for name, member in members.items():
            (self.required.get(name) or self.optional[name])(member, f"{where}.{name}" if where else name)
