"""What a command gives back: one value for programs, lines for people."""

import os
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.cells import cell_len

from mithaq.domain.moment import MOMENT_MAX
from mithaq.errors import PeerError, UsageError
from mithaq.words import N_

FILE_MAX = 2**20
"""Bytes of a card, agreement or receipt as a file: none is allowed more, and a wrong file is soon seen."""

STANDARD_INPUT = Path("-")
"""What is named instead of a file to read standard input."""
PRIVATE = 0o600
"""Mode of a file that holds contents: nobody else on the machine reads it."""

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
        exit_code: what the program ends with; not 0 where it has said something and it is not good.
    """

    value: Any
    lines: Sequence[str] = ()
    exit_code: int = 0


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines with aligned columns, two spaces apart; by the cells that a terminal shows."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def listing(values: Mapping[str, object]) -> list[str]:
    """Names and their values, one a line, those without a value left out."""
    return table([(name, str(value)) for name, value in values.items() if value not in ("", None)])


def moment(seconds: float) -> str:
    """POSIX seconds as people read them, in UTC; empty for 0.

    A partner can write any number as its time: one beyond every calendar is shown as it is.
    """
    if seconds > MOMENT_MAX:
        return str(int(seconds))
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if seconds else ""


@contextmanager
def typed() -> Generator[None]:
    """What does not parse in here came from the keyboard, not from a partner: UsageError for PeerError."""
    try:
        yield
    except PeerError as error:
        raise UsageError(
            error.message, where=error.where, expected=error.expected, got=error.got, todo=error.todo
        ) from None


def read_file(path: Path, limit: int = FILE_MAX) -> bytes:
    """A file that somebody named, or standard input.

    Raises:
        UsageError: it cannot be read, or is larger than ``limit`` bytes.
    """
    try:
        if path == STANDARD_INPUT:
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with path.open("rb") as file:
                data = file.read(limit + 1)
    except OSError as error:
        raise UsageError("the file cannot be read", where=str(path), got=error.strerror) from None
    if len(data) > limit:
        raise UsageError("the file is too large", where=str(path), expected=f"at most {limit} bytes")
    return data


def write_file(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Write a file that somebody named; one that is there already is left as it is.

    Args:
        path: its name.
        data: what goes into it.
        mode: of the file, less what the user's mask takes away.

    Raises:
        UsageError: there is one, or the disk refuses.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    except FileExistsError:
        raise UsageError("there is a file already", where=str(path), todo="name another") from None
    except OSError as error:
        raise UsageError("the file cannot be written", where=str(path), got=error.strerror) from None
