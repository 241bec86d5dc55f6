"""What a log's head says: origin, size and root, three lines (C2SP tlog-checkpoint v1.0).

::

    spoc.interior.example.ma/to/spoc.interior.example.de/1
    2
    +sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU=

Stricter than C2SP in two points: extension lines are refused (ML-DSA lines would not sign them), and sizes
stay below 2^53 (protocol 2 and 3). Who signs it is ``head`` and ``cosignature``.
"""

import base64
import re
from dataclasses import dataclass
from typing import Self

from mithaq.crypto.vkeys import check_name, unbase64
from mithaq.errors import MalformedError
from mithaq.tlog.merkle import EMPTY_ROOT, HASH_SIZE, SIZE_MAX

_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")


def parse_number(text: str, where: str) -> int:
    """A size or an index: at most 16 ASCII digits without leading zeros; the caller checks its range.

    Raises:
        MalformedError: it is not.
    """
    if _NUMBER.fullmatch(text) is None:
        raise MalformedError("not a size", where=where, expected="digits without leading zeros", got=text)
    return int(text)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log at a size.

    Attributes:
        origin: the log's name, at most 255 bytes, without spaces and plus signs.
        size: entries in it.
        root: 32 bytes; of size 0 SHA-256 of nothing (protocol 13).

    Raises:
        MalformedError: a member is not of this form.
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        check_name(self.origin)
        if not 0 <= self.size <= SIZE_MAX:
            raise MalformedError("size of a log is out of range", expected=f"0 to {SIZE_MAX}", got=self.size)
        if len(self.root) != HASH_SIZE:
            raise MalformedError(
                "root of a wrong length", expected=f"{HASH_SIZE} bytes", got=f"{len(self.root)} bytes"
            )
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise MalformedError("not the root of size 0", expected=EMPTY_ROOT.hex(), got=self.root.hex())

    @property
    def text(self) -> bytes:
        """The text of its note, with the final newline."""
        return b"%s\n%d\n%s\n" % (self.origin.encode(), self.size, base64.b64encode(self.root))

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read the text of a note.

        Raises:
            MalformedError: it is not of the one form that ``text`` gives back.
        """
        try:
            lines = text.decode().split("\n")
        except UnicodeDecodeError:
            raise MalformedError("checkpoint is not UTF-8", got=text) from None
        if len(lines) != 4 or lines[3]:
            raise MalformedError(
                "not a checkpoint", expected="origin, size and root, no extension lines", got=text
            )
        return cls(lines[0], parse_number(lines[1], "size"), unbase64(lines[2], "root"))
