"""A writer of small PDF 1.4 files: pages of text in a standard font, and one grey picture (ISO 32000-1).

It writes what the demo needs and nothing else. The standard fonts hold Western European letters only.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

PAGE = (595, 842)
"""A4 in points."""

_MARGIN = 64
_FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
_WIDTH = 84
"""Characters of a line at 11 points; Helvetica's letters are about half as wide as high."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: a line that repeats on top, a title, and paragraphs."""

    top: str
    title: str
    paragraphs: Sequence[str]


def write(pages: Sequence[Page], picture: bytes = b"", width: int = 0) -> bytes:
    """A PDF of these pages and, on a last page, a picture.

    Args:
        pages: what stands on each page; the caller sees to it that it fits.
        picture: rows of 8-bit grey samples, top row first; none without it.
        width: samples of a row; divides ``len(picture)``.
    """
    contents = [_page_content(page) for page in pages]
    objects: list[list[bytes]] = [
        [],
        [],
        [b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"],
    ]
    if picture:
        height = len(picture) // width
        shape = b"/Type/XObject/Subtype/Image/ColorSpace/DeviceGray/BitsPerComponent 8/Width %d/Height %d"
        contents.append(b"q 467 0 0 660 64 91 cm /P Do Q")
        objects.append(_stream(picture, shape % (width, height)))
    resources = b"<</Font<</F 3 0 R>>" + (b"/XObject<</P 4 0 R>>" if picture else b"") + b">>"
    kids: list[int] = []
    for content in contents:
        objects.append(_stream(content))
        kids.append(len(objects) + 1)
        objects.append(
            [b"<</Type/Page/Parent 2 0 R/Resources ", resources, b"/Contents %d 0 R>>" % len(objects)]
        )
    objects[0] = [b"<</Type/Catalog/Pages 2 0 R>>"]
    objects[1] = [
        b"<</Type/Pages/MediaBox[0 0 %d %d]/Count %d/Kids[" % (*PAGE, len(kids)),
        b" ".join(b"%d 0 R" % kid for kid in kids),
        b"]>>",
    ]
    return _file(objects)


def _file(objects: Sequence[Sequence[bytes]]) -> bytes:
    """Header, objects, cross-reference table, trailer; joined once, since a picture may be large."""
    parts = [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"]
    offsets: list[int] = []
    position = len(parts[0])
    for number, pieces in enumerate(objects, 1):
        written = [b"%d 0 obj\n" % number, *pieces, b"\nendobj\n"]
        offsets.append(position)
        position += sum(map(len, written))
        parts += written
    size = len(objects) + 1
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n" % size)
    parts += [b"%010d 00000 n \n" % offset for offset in offsets]
    parts.append(b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, position))
    return b"".join(parts)


def _stream(data: bytes, members: bytes = b"") -> list[bytes]:
    return [b"<<%b/Length %d>>\nstream\n" % (members, len(data)), data, b"\nendstream"]


def _page_content(page: Page) -> bytes:
    top = PAGE[1] - _MARGIN
    lines = [b"BT /F 9 Tf %d %d Td (%b) Tj" % (_MARGIN, top, _escaped(page.top))]
    lines.append(b"/F 15 Tf 0 -36 Td (%b) Tj /F 11 Tf 0 -14 Td 15 TL" % _escaped(page.title))
    for paragraph in page.paragraphs:
        lines.append(b"T*")
        lines += [b"(%b) '" % _escaped(line) for line in textwrap.wrap(paragraph, _WIDTH)]
    return b"\n".join([*lines, b"ET"])


def _escaped(text: str) -> bytes:
    """A literal string in WinAnsi, as PDF calls it; letters outside of it become question marks."""
    raw = text.replace("\u202f", "\xa0").encode("cp1252", "replace")
    return raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
