"""What a command gives back: one value for programs, lines for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from mithaq.errors import UsageError
from mithaq.words import N_

FILE_MAX = 2**20
"""Bytes of a card, agreement or receipt as a file: none is allowed more, and a wrong file is soon seen."""

KINDS = {
    "alert": N_("Alert"),
    "request": N_("Request"),
    "reply": N_("Reply"),
    "information": N_("Information"),
    "expertise": N_("Expertise"),
}
"""Kinds as people read them."""

Output = Annotated[Path, Parameter(name=["--output", "-o"], help="The file to write; it must not be there.")]
OutputOrNone = Annotated[Path | None, Parameter(name=["--output", "-o"], help="Write it into a new file.")]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command says.

    Args:
        value: for ``--json``; anything that JSON can hold.
        lines: for people, in their language.
    """

    value: Any
    lines: Sequence[str] = ()


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines with aligned columns, two spaces apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def listing(values: Mapping[str, object]) -> list[str]:
    """Names and their values, one a line, those without a value left out."""
    return table([(name, str(value)) for name, value in values.items() if value not in ("", None)])


def moment(seconds: float) -> str:
    """POSIX seconds as people read them, in UTC; empty for 0."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if seconds else ""


def read_file(path: Path, limit: int = FILE_MAX) -> bytes:
    """A file that somebody named.

    Raises:
        UsageError: it cannot be read, or is larger than ``limit`` bytes.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise UsageError("the file cannot be read", where=str(path), got=error.strerror) from None
    if len(data) > limit:
        raise UsageError("the file is too large", where=str(path), expected=f"at most {limit} bytes")
    return data


def write_file(path: Path, data: bytes) -> None:
    """Write a file that somebody named; one that is there already is left as it is.

    Raises:
        UsageError: there is one, or the disk refuses.
    """
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise UsageError("there is a file already", where=str(path), todo="name another") from None
    except OSError as error:
        raise UsageError("the file cannot be written", where=str(path), got=error.strerror) from None
