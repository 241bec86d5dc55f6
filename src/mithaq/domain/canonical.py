r"""Canonical JSON: one value, one sequence of bytes (protocol sections 5 and 13).

Printable ASCII, members sorted, no spaces, integers from 0 to 2^53−1, only ``\"`` and ``\\`` as escapes;
values are strings, integers, non-empty lists and non-empty objects. Bytes are valid only if encoding what
they say gives the same bytes again, so duplicate members, other escapes, floats and spaces cannot pass.

>>> encode({"b": [1, "x"], "a": 2})
b'{"a":2,"b":[1,"x"]}'
"""

import re
from typing import Any, cast

import msgspec

from mithaq.errors import LimitError, MalformedError

INTEGER_MAX = 2**53 - 1
"""The largest integer that every JSON reader keeps exact (protocol 3)."""
DEPTH_MAX = 6
"""Objects and lists within each other: more than any entry needs; bounds the stack (protocol 13)."""

_TEXT = re.compile(rb'(?:[ -\[\]-~]++|\\["\\])*+\Z')
"""Printable ASCII in which a backslash stands before a quotation mark or another backslash only."""

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder().decode


def _refuse(expected: str, got: object, where: str = "") -> MalformedError:
    return MalformedError("not canonical JSON", where=where, expected=expected, got=got)


def _check_members(value: dict[object, object] | list[object], depth: int, where: str) -> None:
    """Check what an object or a list holds, but for the characters of strings: the encoding shows them."""
    if depth > DEPTH_MAX:
        raise LimitError("JSON is nested too deep", where=where, expected=f"depth {DEPTH_MAX} at most")
    if type(value) is dict and set(map(type, value)) != {str}:
        raise _refuse("names of members", " ".join(map(str, value)), where)
    for name, member in value.items() if type(value) is dict else enumerate(value):
        if type(member) is str or (type(member) is int and 0 <= member <= INTEGER_MAX):
            continue
        path = f"{where}.{name}" if where else str(name)
        if type(member) not in (dict, list) or not member:
            raise _refuse(f"a string, 0 to {INTEGER_MAX}, a non-empty list or object", member, path)
        _check_members(cast("dict[object, object]", member), depth + 1, path)


def encode(value: dict[str, Any]) -> bytes:
    """The one encoding of an object.

    Raises:
        MalformedError: a value that canonical JSON cannot hold.
        LimitError: nested deeper than ``DEPTH_MAX``.
    """
    if not value:
        raise _refuse("a non-empty object", value)
    _check_members(cast("dict[object, object]", value), 1, "")
    try:
        data = _encode(value)
    except UnicodeEncodeError as error:
        raise _refuse("strings of printable ASCII", error) from None
    if not _TEXT.match(data):
        raise _refuse("strings of printable ASCII", data)
    return data


def decode(data: bytes, limit: int) -> dict[str, Any]:
    """Read one object.

    Args:
        data: the bytes, at most ``limit`` of them.
        limit: bytes that the caller allows.

    Raises:
        LimitError: longer than ``limit``, or nested too deep.
        MalformedError: not the canonical encoding of one object.
    """
    if not 1 <= len(data) <= limit:
        raise LimitError("JSON of a wrong length", expected=f"1 to {limit} bytes", got=len(data))
    try:
        value = _decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise MalformedError("not JSON", expected="canonical JSON in ASCII", got=error) from None
    if not isinstance(value, dict):
        raise _refuse("one object", type(value).__name__)
    members = cast("dict[str, Any]", value)
    if encode(members) != data:
        raise _refuse("the canonical encoding (sorted, no spaces, no other escapes)", data)
    return members
