"""JPEG pictures: one picture from the first byte to the last, and who its metadata names (ISO 10918-1)."""

import re

from mithaq.formats import exif, xmp
from mithaq.formats.seen import Seen

START = b"\xff\xd8\xff"
"""How a JPEG begins."""

PIXELS_MAX = 2**27
"""Pixels of a picture: about twice what the largest sensors make; a viewer needs four bytes for each."""

SEGMENTS_MAX = 10_000
"""Segments of a picture, with fill bytes; real ones have some dozens, and some hundreds where progressive."""

_SOS, _EOI = 0xDA, 0xD9
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_IPTC = b"8BIM\x04\x04"
_IPTC_NAMES = re.compile(rb"\x1c\x02[\x50\x55\x6e\x76\x7a](?!\x00\x00)")
"""Data sets of IPTC-IIM that name a by-line, its title, a credit, a contact, a writer."""


def look(seen: Seen, where: str, content: bytes) -> None:
    """Look into a JPEG; what is not one picture and nothing else is the problem ``damaged``."""
    at = 2
    for _ in range(SEGMENTS_MAX):
        if at + 4 > len(content) or content[at] != 0xFF:
            seen.problem("damaged", where, f"expected a marker at byte {at}")
            return
        marker = content[at + 1]
        if marker == 0xFF or marker in _ALONE:  # a fill byte, or a marker without a segment
            at += 1 if marker == 0xFF else 2
            continue
        size = int.from_bytes(content[at + 2 : at + 4])
        _segment(seen, where, marker, content[at + 4 : at + 2 + size])
        at += 2 + size
        if marker == _SOS:
            found = _AFTER_SCAN.search(content, at)
            at = found.start() if found else len(content)
            if content[at : at + 2] == bytes((0xFF, _EOI)):
                if at + 2 != len(content):
                    seen.problem("damaged", where, "expected nothing behind the end of the picture")
                return
    seen.problem("damaged", where, f"expected at most {SEGMENTS_MAX} segments")


def _segment(seen: Seen, where: str, marker: int, data: bytes) -> None:
    if marker in _FRAMES:
        height, width = int.from_bytes(data[1:3]), int.from_bytes(data[3:5])
        if height * width > PIXELS_MAX:
            seen.problem("damaged", where, f"expected at most {PIXELS_MAX} pixels")
    elif marker == 0xE1 and data.startswith(b"Exif\x00\x00"):
        exif.look(seen, f"{where}exif", data[6:])
    elif marker == 0xE1 and data.startswith(b"http://ns.adobe.com/xap/1.0/\x00"):
        xmp.look(seen, f"{where}xmp", data.partition(b"\x00")[2])
    elif marker == 0xE1 and data.startswith(b"http://ns.adobe.com/xmp/extension/\x00"):
        seen.problem("metadata", f"{where}xmp", "expected one packet of XMP, got a part of a longer one")
    elif marker == 0xED and _IPTC in data and _IPTC_NAMES.search(data):
        seen.person(f"{where}iptc", "it names who made the picture")
