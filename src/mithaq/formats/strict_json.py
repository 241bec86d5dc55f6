"""JSON from outside, read so that what is judged is what is kept.

Python's reader takes the last of duplicate members, lone surrogates, NaN and infinities without a word; two
readers of the same bytes then see different values. Here each of these is malformed.
"""

import json
from itertools import chain
from typing import Any, cast

import msgspec

from mithaq.errors import LimitError, MalformedError

DEPTH_MAX = 32
"""Nesting of one object. STIX itself needs 8; deeper JSON is only of use to exhaust a stack."""

INTEGER_MAX = 2**53 - 1
"""The largest integer that STIX 2.1 allows (3.8), and that every JSON reader keeps."""


class _TwiceError(ValueError):
    """A member stands twice in one object."""


def load(where: str, raw: bytes) -> Any:
    """Parse JSON strictly: UTF-8, no lone surrogates, no NaN, no infinities, no member twice.

    Args:
        where: the path to name in an error.
        raw: the bytes of one JSON value.

    Raises:
        MalformedError: it is none.
    """
    try:
        # msgspec refuses what json lets pass (surrogates, numbers out of range), json shows every member.
        msgspec.json.decode(raw)
        return json.loads(raw.decode(), object_pairs_hook=_unique, parse_int=_integer)
    except _TwiceError as error:
        raise MalformedError("a member stands twice", where=where, got=error) from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise MalformedError("not well-formed", where=where, expected="JSON", got=error) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        raise _TwiceError(next(name for name, _ in pairs if name in seen or seen.add(name)))
    return members


def _integer(text: str) -> int:
    value = int(text) if len(text) <= len(str(-INTEGER_MAX)) else INTEGER_MAX + 1
    if abs(value) > INTEGER_MAX:
        raise ValueError(f"an integer outside of -(2^53-1) to 2^53-1: {text[:40]}")
    return value


def check_depth(where: str, item: dict[str, Any]) -> None:
    """Go down level by level, without recursion.

    Raises:
        LimitError: ``DEPTH_MAX`` is passed.
    """
    level: list[Any] = [item]
    for _ in range(DEPTH_MAX):
        below = chain.from_iterable(
            cast("dict[str, Any]", node).values() if isinstance(node, dict) else node for node in level
        )
        level = [each for each in below if isinstance(each, dict | list)]
        if not level:
            return
    raise LimitError("an object is nested too deeply", where=where, expected=f"{DEPTH_MAX} levels")


def texts(value: object) -> list[str]:
    """The strings of a list, whatever else it is."""
    found = cast("list[object]", value) if isinstance(value, list) else []
    return [each for each in found if isinstance(each, str)]


def members(value: object) -> dict[str, Any]:
    """The members of an object; none of anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def all_dicts(value: object) -> bool:
    """Whether it is a list of objects and of nothing else."""
    return isinstance(value, list) and all(isinstance(each, dict) for each in cast("list[object]", value))


def dicts(value: object) -> list[dict[str, Any]]:
    """The objects of a list, whatever else it is."""
    found = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", each) for each in found if isinstance(each, dict)]
