"""The one way in which a signed text is written: a strict subset of TOML 1.0 (protocol section 4).

Rules:

1. Bytes are valid only if ``dump`` of what they say gives the same bytes. One value has one text.
2. What is signed is what is seen: ``visible``.
3. Values are strings, integers 0 to 2^53-1, arrays of these, tables and arrays of tables. Nothing is empty:
   what is absent is left out. No dates, floats, booleans, dotted keys or inline tables.

A text looks like this; members come before tables, a string of several lines is written as such, an array
that does not fit into one line takes one line an item::

    type = "mithaq/card/1"
    versions = [1, 1]

    [names]
    en = "Example"

``read`` and ``write`` do the same for the frozen value objects of this layer. Meaning is not checked here.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, cast

import msgspec

from mithaq.domain.canonical import INTEGER_MAX
from mithaq.domain.visible import check_characters
from mithaq.errors import LimitError, MalformedError

DEPTH_MAX = 6
"""Parts of a table's path: an agreement needs five, people read no more."""

LINE_MAX = 110
"""Characters of an array in one line; a longer one takes a line for each item."""

_KEY = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
_STRING = r'"[^"\\]*+(?:\\["\\][^"\\]*+)*+"'
_ITEM = re.compile(rf"{_STRING}|0|[1-9][0-9]{{0,15}}")
_ARRAY = re.compile(rf"\[(?:{_ITEM.pattern})(?:, (?:{_ITEM.pattern}))*+\]")
_PAIR = re.compile(rf"({_KEY}) = (.+)")
_HEADER = re.compile(rf"\[({_KEY}(?:\.{_KEY}){{0,{DEPTH_MAX - 1}}})\]")

Value = str | int | list[Any] | dict[str, Any]
Table = dict[str, Any]
T = TypeVar("T", bound=msgspec.Struct)


# --- writing ---------------------------------------------------------------------------------------------


def dump(value: Mapping[str, Any]) -> bytes:
    """Write a table as the one text that says it.

    Raises:
        MalformedError: it holds something that rule 2 or 3 refuses.
    """
    lines = list(_write_table((), value))
    text = "\n".join(lines[1:] if lines and not lines[0] else lines) + "\n"
    check_characters(text)
    return text.encode()


def _is_table(value: object) -> bool:
    if isinstance(value, list | tuple):
        return any(isinstance(item, Mapping) for item in cast("list[object]", value))
    return isinstance(value, Mapping)


def _write_table(path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    if not table:
        raise MalformedError("an empty table", where=".".join(path), todo="leave it out")
    if len(path) > DEPTH_MAX:
        raise MalformedError("tables too deep", where=".".join(path), expected=f"at most {DEPTH_MAX}")
    for key, value in table.items():
        if not re.fullmatch(_KEY, key):
            raise MalformedError("not a key", where=".".join(path), expected=_KEY, got=key)
        if not _is_table(value):
            yield f"{key} = {_write_value(value, '.'.join((*path, key)))}"
    for key, value in table.items():
        if _is_table(value):
            yield from _write_tables((*path, key), value)


def _write_tables(path: tuple[str, ...], value: Mapping[str, Any] | list[Mapping[str, Any]]) -> Iterator[str]:
    name = ".".join(path)
    if isinstance(value, Mapping):
        if not all(map(_is_table, value.values())):
            yield from ("", f"[{name}]")
        yield from _write_table(path, value)
        return
    for item in value:
        if not isinstance(item, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] - callers' values
            raise MalformedError("an array of tables and other things", where=name)
        yield from ("", f"[[{name}]]")
        yield from _write_table(path, item)


def _write_value(value: object, where: str) -> str:
    if isinstance(value, str) and "\n" in value:
        return f'"""\n{_escape(value)}"""'
    if not isinstance(value, list | tuple):
        return _write_item(value, where)
    items = [_write_item(item, where) for item in cast("list[object]", value)]
    if not items:
        raise MalformedError("an empty array", where=where, todo="leave it out")
    line = f"[{', '.join(items)}]"
    return line if len(line) <= LINE_MAX else "[\n" + "".join(f"  {item},\n" for item in items) + "]"


def _write_item(value: object, where: str) -> str:
    if isinstance(value, str) and "\n" not in value:
        return f'"{_escape(value)}"'
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= INTEGER_MAX:
        return str(value)
    raise MalformedError(
        "not a value of a signed text",
        where=where,
        expected="a string or an integer from 0 to 2^53-1",
        got=f"{type(value).__name__} {value!r:.60}",
    )


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


# --- reading ---------------------------------------------------------------------------------------------


def load(data: bytes, limit: int) -> Table:
    """Read the text that ``dump`` wrote.

    Args:
        data: the bytes of the text, without signatures.
        limit: the largest size that this kind of text may have, in bytes.

    Raises:
        LimitError: it is larger than ``limit``.
        MalformedError: it is not what ``dump`` writes.
    """
    if len(data) > limit:
        raise LimitError("the text is too large", expected=f"at most {limit} bytes", got=len(data))
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise MalformedError("the text is not UTF-8", where=f"byte {error.start}") from None
    check_characters(text)
    table = _Reader(text).read()
    if dump(table) != data:
        raise MalformedError("the text is not in the one form that this value has", todo="write it with dump")
    return table


class _Reader:
    """Reads line by line, each line once; what it is lenient about falls when the value is written again."""

    def __init__(self, text: str) -> None:
        self.lines = iter(enumerate(text.split("\n"), 1))
        self.root: Table = {}
        self.here = self.root
        self.number = 0

    def fault(self, message: str, got: str = "") -> MalformedError:
        return MalformedError(message, where=f"line {self.number}", got=got)

    def line(self) -> str | None:
        self.number, line = next(self.lines, (self.number, None))
        return line

    def read(self) -> Table:
        while (line := self.line()) is not None:
            if pair := _PAIR.fullmatch(line):
                self.put(pair[1], self.value(pair[2]))
            elif line.startswith("["):
                self.header(line)
            elif line:
                raise self.fault("neither a member nor the head of a table", line)
        return self.root

    def put(self, key: str, value: Value) -> None:
        if key in self.here:
            raise self.fault("a second member of one name", key)
        self.here[key] = value

    def header(self, line: str) -> None:
        many = line.startswith("[[") and line.endswith("]]")
        match = _HEADER.fullmatch(line[1:-1] if many else line)
        if match is None:
            raise self.fault("not the head of a table", line)
        *path, last = match[1].split(".")
        self.here = self.root
        for part in path:
            self.here = self.table(self.here.setdefault(part, {}), part)
        new: Table = {}
        siblings = self.here.get(last)
        if many and isinstance(siblings, list):
            cast("list[Table]", siblings).append(new)
        else:
            self.put(last, [new] if many else new)
        self.here = new

    def table(self, found: object, part: str) -> Table:
        if isinstance(found, list):
            found = cast("list[object]", found)[-1]
        if not isinstance(found, dict):
            raise self.fault("a table inside something else", part)
        return cast("Table", found)

    def value(self, raw: str) -> Value:
        if raw == '"""':
            return self.string('"' + "\n".join(self.until('"""'))[:-2])
        if raw == "[":
            return [self.item(line[2:-1]) for line in self.until("]")[:-1]]
        if _ARRAY.fullmatch(raw):
            return [self.item(item) for item in _ITEM.findall(raw, 1)]
        return self.item(raw)

    def until(self, end: str) -> list[str]:
        """The lines up to the one that ends a value of several lines (no item ends in a bracket)."""
        found: list[str] = []
        while (line := self.line()) is not None:
            found.append(line)
            if line.endswith(end):
                return found
        raise self.fault("a value without an end", end)

    def item(self, raw: str) -> str | int:
        if raw.startswith('"'):
            return self.string(raw)
        if not _ITEM.fullmatch(raw):
            raise self.fault("not a value of a signed text", raw)
        return int(raw)

    def string(self, raw: str) -> str:
        if not re.fullmatch(_STRING, raw):
            raise self.fault("not a string", raw)
        return re.sub(r'\\(["\\])', r"\1", raw[1:-1])


# --- value objects ---------------------------------------------------------------------------------------


def write(value: msgspec.Struct) -> bytes:
    """The text of a value object: members in their order, names of a table sorted, absent ones left out."""
    return dump(cast("Table", msgspec.to_builtins(value, enc_hook=str, order="deterministic")))


def read(kind: type[T], data: bytes, limit: int) -> T:
    """Read a value object from the text that ``write`` gives.

    A member whose type is a checked ``str`` or ``int`` of this layer is read by the ``parse`` of its class.

    Raises:
        LimitError: the text is larger than ``limit`` bytes.
        MalformedError: it is not the text of such a value; unknown members are refused.
    """
    value = convert(kind, load(data, limit))
    if write(value) != data:
        raise MalformedError("members out of order or written out though absent", todo="write it with write")
    return value


def convert(kind: type[T], table: Mapping[str, Any]) -> T:
    """Make a value object of a table whose members are those of a text, in any order.

    Raises:
        MalformedError: members are missing, unknown, of a wrong type or cannot be so.
    """
    try:
        return msgspec.convert(table, kind, dec_hook=_parse_member)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        raise MalformedError(f"not a text of this kind: {message}", where=path.strip(".`")) from None


def _parse_member(kind: type[Any], value: object) -> object:
    if not isinstance(value, str):
        raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
    return kind.parse(value)
