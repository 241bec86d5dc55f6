"""Canonical JSON: one value, one sequence of bytes (protocol sections 5 and 13).

Printable ASCII, members sorted, no spaces, integers from 0 to 2^53−1, only ``\\"`` and ``\\\\`` as escapes; values
are strings, integers, non-empty lists and non-empty objects. Bytes are valid only if encoding what they say
gives the same bytes again, so duplicate members, other escapes, floats and spaces cannot pass.

>>> encode({"b": [1, "x"], "a": 2})
b'{"a":2,"b":[1,"x"]}'
"""

import json
from typing import Any

from mithaq.errors import LimitError, MalformedError

INTEGER_MAX = 2**53 - 1
"""The largest integer that every JSON reader keeps exact (protocol 3)."""
DEPTH_MAX = 6
"""Deeper than any entry or manifest needs; bounds the stack (protocol 13)."""


def _refuse(where: str, expected: str, got: object) -> MalformedError:
    return MalformedError("not canonical JSON", where=where, expected=expected, got=got)


def _check_text(text: str, where: str) -> None:
    if not text.isascii() or not text.isprintable():
        raise _refuse(where, "printable ASCII", text)


def _check(value: object, where: str, depth: int) -> None:
    if depth > DEPTH_MAX:
        raise LimitError("JSON is nested too deep", where=where, expected=f"depth {DEPTH_MAX} at most")
    if isinstance(value, str):
        _check_text(value, where)
    elif type(value) is int:
        if not 0 <= value <= INTEGER_MAX:
            raise _refuse(where, f"an integer from 0 to {INTEGER_MAX}", value)
    elif isinstance(value, list | dict) and value:
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for name, member in members:
            if isinstance(value, dict):
                _check_text(name, where)
            _check(member, f"{where}.{name}" if where else str(name), depth + 1)
    else:
        raise _refuse(where, "a string, an integer, a non-empty list or object", type(value).__name__)


def encode(value: object) -> bytes:
    """The one encoding of ``value``.

    Raises:
        MalformedError: a value that canonical JSON cannot hold.
        LimitError: nested deeper than ``DEPTH_MAX``.
    """
    _check(value, "", 0)
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


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
        value = json.loads(data.decode("ascii"))
    except (ValueError, RecursionError) as error:
        raise MalformedError("not JSON", expected="canonical JSON in ASCII", got=error) from None
    if not isinstance(value, dict):
        raise _refuse("", "one object", type(value).__name__)
    again = encode(value)
    if again != data:
        raise _refuse("", "the canonical encoding (sorted, no spaces, no other escapes)", data[:80])
    return value
