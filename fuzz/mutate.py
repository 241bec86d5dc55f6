"""Changes to an input that keep its form, so that a parser is not left at the first byte.

JSON is changed node by node and written canonically again, everything else line by line or byte by byte. A
mutation is a function of the bytes and a source of chance, so atheris and hypothesis use the same.
"""

import json
from collections.abc import Sequence
from random import Random
from typing import Any

ODD = (
    0,
    1,
    2,
    63,
    255,
    65_535,
    2**31,
    2**53 - 1,
    2**53,
    2**64,
    10**30,
    -1,
    1.5,
    True,
    None,
    "",
    "a",
    "ab" * 32,
    "\\",
    '"',
    "é",
    "—",
    "\u202e",
    "\x00",
    "\ud800",
    "a.example/to/b.example/1",
    [],
    {},
    [0],
    [[]],
    {"a": 1},
)
"""Values that parsers meet seldom."""

BYTES = (
    b"\0",
    b"\n",
    b"\n\n",
    b"\xff",
    b"\xe2\x80\x94 ",
    b"\xed\xa0\x80",
    b'"',
    b"\\",
    b"[",
    b"{",
    b" ",
    b"9" * 20,
)


def mutate(data: bytes, chance: Random, words: Sequence[bytes] = (), longest: int = 65_536) -> bytes:
    """One to four changes of ``data``; at most ``longest`` bytes of it are left."""
    for _ in range(chance.randint(1, 4)):
        data = _once(data, chance, words)
    return data[:longest]


def _once(data: bytes, chance: Random, words: Sequence[bytes]) -> bytes:
    if data[:1] == b"{" and chance.random() < 0.7:
        changed = _json(data, chance)
        if changed is not None:
            return changed
    if b"\n" in data and chance.random() < 0.5:
        return _lines(data, chance, words)
    return _bytes(data, chance, words)


def _json(data: bytes, chance: Random) -> bytes | None:
    """One node of a JSON object changed; None if it is no JSON, or cannot be written again."""
    tail = b"\n" if data.endswith(b"\n") else b""
    try:
        value = json.loads(data)
        value = _node(value, chance)
        if chance.random() < 0.9:
            text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        else:
            text = json.dumps(value, ensure_ascii=chance.random() < 0.5)
        return text.encode() + tail
    except (ValueError, RecursionError):
        return None


def _node(value: Any, chance: Random) -> Any:
    """The value with one node replaced, left out, doubled or put elsewhere."""
    if isinstance(value, dict) and value and chance.random() < 0.85:
        name = chance.choice(list(value))
        match chance.randrange(6):
            case 0:
                return {key: member for key, member in value.items() if key != name}
            case 1:
                return value | {chance.choice(list(value)): value[name]}
            case 2:
                return value | {chance.choice(["a", "zz", name + "x", name[:-1]]): value[name]}
            case _:
                return value | {name: _node(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < 0.85:
        at = chance.randrange(len(value))
        match chance.randrange(5):
            case 0:
                return value[:at] + value[at + 1 :]
            case 1:
                return value[: at + 1] + value[at:]
            case 2:
                return value * chance.choice([2, 3, 17, 65])
            case _:
                return [*value[:at], _node(value[at], chance), *value[at + 1 :]]
    return _other(value, chance)


def _other(value: Any, chance: Random) -> Any:
    if isinstance(value, int) and chance.random() < 0.5:
        return value + chance.choice([-1, 1, 2**32, -value])
    if isinstance(value, str) and value and chance.random() < 0.5:
        at = chance.randrange(len(value))
        return value[:at] + chance.choice(["", "0", "z", "-", "é", value]) + value[at + 1 :]
    if chance.random() < 0.1:
        return {"a": value} if chance.random() < 0.5 else [value]
    return chance.choice(ODD)


def _lines(data: bytes, chance: Random, words: Sequence[bytes]) -> bytes:
    lines = data.split(b"\n")
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(6):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[other])
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            lines[at : at + 3] = []
        case 4:
            lines.insert(at, b"")
        case _:
            lines[at] = _bytes(lines[at], chance, words)
    return b"\n".join(lines)


def _bytes(data: bytes, chance: Random, words: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    size = chance.choice([1, 1, 1, 2, 4, 16, 64])
    match chance.randrange(6):
        case 0:
            return data[:at] + data[at + size :]
        case 1:
            return data[:at] + data[at : at + size] * chance.choice([2, 3, 100]) + data[at + size :]
        case 2:
            return (
                data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
                if at < len(data)
                else data
            )
        case 3:
            return data[:at] + chance.randbytes(size) + data[at + chance.choice([0, size]) :]
        case _:
            piece = chance.choice([*BYTES, *words])
            return data[:at] + piece + data[at + chance.choice([0, len(piece)]) :]
