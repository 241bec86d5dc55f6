"""PNG pictures: the chunks of the standard and nothing else, and who its metadata names (ISO 15948)."""

import zlib
from collections.abc import Iterator

from mithaq.formats import exif, xmp
from mithaq.formats.jpeg import PIXELS_MAX
from mithaq.formats.seen import Seen

START = b"\x89PNG\r\n\x1a\n"
"""How a PNG begins."""

TEXT_MAX = 2**20
"""Bytes of a compressed text when it is open."""

CHUNKS_MAX = 20_000
"""Chunks of a picture: writers put at least 4 KiB of it into each."""

TEXTS_MAX = 64
"""Texts of a picture: each may open to a megabyte."""

_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_CHUNKS = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI tEXt zTXt iTXt bKGD hIST pHYs sPLT"
    b" eXIf tIME acTL fcTL fdAT oFFs sCAL pCAL".split()
)
_NAMES = frozenset({"author", "artist", "copyright", "creator", "contact", "owner"})
_XMP = "XML:com.adobe.xmp"


def look(seen: Seen, where: str, content: bytes) -> None:
    """Look into a PNG; what is not one picture of known chunks is the problem ``damaged``."""
    try:
        for kind, data in _chunks(content):
            if kind == b"IHDR" and int.from_bytes(data[:4]) * int.from_bytes(data[4:8]) > PIXELS_MAX:
                seen.problem("damaged", where, f"expected at most {PIXELS_MAX} pixels")
            elif kind in _TEXTS:
                _text(seen, where, kind, data)
            elif kind == b"eXIf":
                exif.look(seen, f"{where}exif", data)
    except (ValueError, zlib.error) as error:
        seen.problem("damaged", where, str(error))


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, number, texts, kind = len(START), 0, 0, b""
    while kind != b"IEND":
        size, kind = _number(content, at), content[at + 4 : at + 8]
        end = at + 8 + size
        texts += kind in _TEXTS
        if (number == 0) != (kind == b"IHDR") or kind not in _CHUNKS:
            raise ValueError(f"expected a chunk of the standard at byte {at}, got {kind!r}")
        if end + 4 > len(content) or _number(content, end) != zlib.crc32(content[at + 4 : end]):
            raise ValueError(f"expected a whole chunk with its checksum at byte {at}")
        if texts > TEXTS_MAX or number == CHUNKS_MAX:
            raise ValueError(f"expected at most {TEXTS_MAX} texts, {CHUNKS_MAX} chunks")
        yield kind, content[at + 8 : end]
        at, number = end + 4, number + 1
    if at != len(content):
        raise ValueError("expected nothing behind the end of the picture")


def _number(content: bytes, at: int) -> int:
    return int.from_bytes(content[at : at + 4])


def _text(seen: Seen, where: str, kind: bytes, data: bytes) -> None:
    keyword, _, rest = data.partition(b"\x00")
    name = keyword.decode("latin-1")
    compressed = kind == b"zTXt"
    if kind == b"iTXt":
        compressed = rest[:1] == b"\x01"
        rest = rest[2:].split(b"\x00", 2)[-1]
    elif compressed:
        rest = rest[1:]
    if compressed:
        opened = zlib.decompressobj()
        rest = opened.decompress(rest, TEXT_MAX)
        if not opened.eof:
            raise ValueError(f"expected a text that opens to at most {TEXT_MAX} bytes")
    if name == _XMP:
        xmp.look(seen, f"{where}xmp", rest)
    elif name.startswith("Raw profile"):
        seen.problem("metadata", f"{where}{name}", "expected metadata in a form of the standard")
    elif name.lower() in _NAMES:
        seen.author(f"{where}{name}", rest.decode("utf-8", "replace"))
