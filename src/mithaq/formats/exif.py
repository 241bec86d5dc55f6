"""Who and where in an EXIF block, the metadata of cameras in JPEG and PNG (CIPA DC-008)."""

import struct
from collections.abc import Iterator
from typing import Literal

from mithaq.formats.seen import Seen

PERSONAL = {
    0x013B: "Artist",
    0x8825: "GPSInfo",
    0x927C: "MakerNote",
    0x9C9D: "XPAuthor",
    0xA430: "CameraOwnerName",
    0xA431: "BodySerialNumber",
    0xA435: "LensSerialNumber",
}
"""Tags by which a picture leads to a person; a maker's note is unreadable and often holds them again."""

_DIRECTORIES = {0x8769: "Exif", 0xA005: "Interoperability"}
ENTRIES_MAX = 1_000
"""Entries of all directories together; real blocks have fewer than a hundred."""
TEXT_MAX = 1_000
"""Bytes of a text that is read, to see whether it says that nobody is named; a longer one names somebody."""

_ENTRY = 12
_ASCII = 2


def look(seen: Seen, where: str, block: bytes) -> None:
    """Look into a block that begins with its TIFF header.

    Args:
        seen: takes what is found; a block that cannot be read is the problem ``metadata``.
        where: the path of the block in its document.
        block: its bytes.
    """
    try:
        for tag, value in _entries(block):
            if tag not in PERSONAL:
                continue
            if value is None:
                seen.person(f"{where}.{PERSONAL[tag]}", "it leads to who made the picture, or where")
            else:
                seen.author(f"{where}.{PERSONAL[tag]}", value)
    except (struct.error, ValueError) as error:
        seen.problem("metadata", where, f"expected EXIF that can be read, got: {error}")


def _entries(block: bytes) -> Iterator[tuple[int, str | None]]:
    """Tags of all directories, with the text of those that are ASCII; ValueError past ``ENTRIES_MAX``."""
    orders: dict[bytes, Literal["<", ">"]] = {b"II*\x00": "<", b"MM\x00*": ">"}
    order = orders.get(block[:4])
    if order is None:
        raise ValueError("no TIFF header")
    waiting = [struct.unpack_from(f"{order}I", block, 4)[0]]
    left = ENTRIES_MAX
    while waiting:
        at = waiting.pop()
        if not at:
            continue
        (count,) = struct.unpack_from(f"{order}H", block, at)
        left -= count + 1
        if left < 0:
            raise ValueError(f"more than {ENTRIES_MAX} entries")
        for place in range(at + 2, at + 2 + count * _ENTRY, _ENTRY):
            tag, kind, length, offset = struct.unpack_from(f"{order}HHII", block, place)
            if tag in _DIRECTORIES:
                waiting.append(offset)
            readable = kind == _ASCII and length <= TEXT_MAX and tag in PERSONAL
            yield tag, _text(block, place + 8 if length <= 4 else offset, length) if readable else None
        waiting += struct.unpack_from(f"{order}I", block, at + 2 + count * _ENTRY)


def _text(block: bytes, at: int, length: int) -> str:
    if at + length > len(block):
        raise ValueError("a text outside of the block")
    return block[at : at + length].decode("latin-1")
