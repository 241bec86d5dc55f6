r"""The simple STIX patterns: what compares members of one observable for equality, joined by AND or by OR.

Both directions go through paths: an observable, its inner observables in place of references, is a list of
(path, value); a pattern is its type and such a list.

    >>> write({"type": "windows-registry-key", "key": "HKLM\\a", "values": [{"data": "b"}]})
    "[windows-registry-key:key = 'HKLM\\\\a' AND windows-registry-key:values[*].data = 'b']"

What a pattern can say besides (other operators, several observations, times) is not read: ``read`` is silent.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

PATTERN_MAX = 20_000
"""Characters of a pattern that is read: one of MISP's objects has a few hundred."""

_PLAIN = re.compile(r"[a-z0-9_]+\Z")
_PART = r"[A-Za-z0-9_]+(?:\[\*\])?|'[^'\\]{1,250}'"
_COMPARISON = re.compile(
    rf"\s*([a-z0-9-]{{3,250}}):((?:{_PART})(?:\.(?:{_PART})){{0,8}})\s*=\s*(?:'((?:[^'\\]|\\['\\])*)'|([0-9]{{1,15}}))\s*"
)
_JOIN = re.compile(r"(AND|OR)\b")


class Simple(NamedTuple):
    """A simple pattern.

    Attributes:
        kind: the type of the observable.
        compared: paths inside it and the values that they must have, in order.
        either: whether one of them is enough (OR); otherwise all must hold.
    """

    kind: str
    compared: tuple[tuple[str, str | int], ...]
    either: bool


def paths(thing: Mapping[str, Any]) -> Iterator[tuple[str, str | int]]:
    """The members of an observable as (path, value); inner observables stand in place of references.

    Protocols are left out: where a source does not say them they are a guess.
    """
    return _walk("", {name: each for name, each in thing.items() if name not in ("type", "id", "protocols")})


def _walk(prefix: str, value: object) -> Iterator[tuple[str, str | int]]:
    if isinstance(value, dict):
        for name, each in cast("dict[str, Any]", value).items():
            if prefix and name == "type":
                continue
            part = name if _PLAIN.match(name) or name in ("MD5", "SSDEEP", "TLSH") else f"'{name}'"
            yield from _walk(f"{prefix}.{part}" if prefix else part, each)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from _walk(f"{prefix}[*]", each)
    elif isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        yield prefix, value


def write(thing: Mapping[str, Any], *, either: bool = False) -> str:
    """The pattern that this observable fits."""
    join = " OR " if either else " AND "
    return "[" + join.join(f"{thing['type']}:{path} = {_literal(each)}" for path, each in paths(thing)) + "]"


def _literal(value: str | int) -> str:
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def read(pattern: str) -> Simple | None:
    """A simple pattern; None for any other. Never raises."""
    if len(pattern) > PATTERN_MAX or not (pattern.startswith("[") and pattern.endswith("]")):
        return None
    compared: list[tuple[str, str | int]] = []
    kinds: set[str] = set()
    joins: set[str] = set()
    at, end = 1, len(pattern) - 1
    while True:
        found = _COMPARISON.match(pattern, at, end)
        if not found:
            return None
        kind, path, text, number = found.groups()
        kinds.add(kind)
        compared.append((path, int(number) if text is None else re.sub(r"\\(.)", r"\1", text)))
        at = found.end()
        if at == end:
            break
        join = _JOIN.match(pattern, at, end)
        if not join:
            return None
        joins.add(join[1])
        at = join.end()
    if len(kinds) != 1 or len(joins) > 1:
        return None
    return Simple(kinds.pop(), tuple(compared), joins == {"OR"})
