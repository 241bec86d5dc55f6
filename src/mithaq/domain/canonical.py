r"""Canonical JSON: one value, one sequence of bytes (protocol sections 5 and 13).

Printable ASCII, members sorted, no spaces, integers from 0 to 2^53−1, only ``\"`` and ``\\`` as escapes;
values are strings, integers, non-empty lists and non-empty objects. Bytes are valid only if encoding what
they say gives the same bytes again, so duplicate members, other escapes, floats and spaces cannot pass.

>>> encode({"b": [1, "x"], "a": 2})
b'{"a":2,"b":[1,"x"]}'
"""

from typing import Any, cast

import msgspec

from mithaq.errors import LimitError, MalformedError, PeerError

INTEGER_MAX = 2**53 - 1
"""The largest integer that every JSON reader keeps exact (protocol 3)."""
DEPTH_MAX = 6
"""Objects and lists within each other: more than any entry or manifest needs; bounds the stack (protocol 13)."""

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder().decode


def _refuse(expected: str, got: object) -> MalformedError:
    return MalformedError("not canonical JSON", expected=expected, got=got)


def _check(value: object, depth: int) -> None:
    """Check a value; whoever called it for a member puts the member's name before the path of the error."""
    if type(value) is str:
        if not (value.isascii() and value.isprintable()):
            raise _refuse("printable ASCII", value)
    elif type(value) is int:
        if not 0 <= value <= INTEGER_MAX:
            raise _refuse(f"an integer from 0 to {INTEGER_MAX}", value)
    elif type(value) in (dict, list) and value:
        if depth == DEPTH_MAX:
            raise LimitError("JSON is nested too deep", expected=f"depth {DEPTH_MAX} at most")
        _check_members(value, depth + 1)
    else:
        raise _refuse("a string, an integer, a non-empty list or object", type(value).__name__)


def _check_members(value: Any, depth: int) -> None:
    name: object = ""
    try:
        if type(value) is list:
            for name, member in enumerate(cast("list[object]", value)):
                _check(member, depth)
            return
        for name, member in cast("dict[object, object]", value).items():
            if type(name) is not str or not (name.isascii() and name.isprintable()):
                raise _refuse("names of members in printable ASCII", name)
            _check(member, depth)
    except PeerError as error:
        error.where = f"{name}.{error.where}" if error.where else str(name)
        raise


def encode(value: object) -> bytes:
    """The one encoding of ``value``.

    Raises:
        MalformedError: a value that canonical JSON cannot hold.
        LimitError: nested deeper than ``DEPTH_MAX``.
    """
    _check(value, 0)
    return _encode(value)


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
    if encode(cast("dict[str, Any]", value)) != data:
        raise _refuse("the canonical encoding (sorted, no spaces, no other escapes)", data[:80])
    return cast("dict[str, Any]", value)
