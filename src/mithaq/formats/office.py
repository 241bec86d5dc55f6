"""Archives that are office documents (OOXML, ODF): who their metadata names. They have no media type of their
own here; whoever may send any bytes at all still sends no names with them.

Problem codes: ``damaged`` (an archive that cannot be read within its bounds), ``active`` (macros),
``encrypted``.
"""

import io
import lzma
import re
import struct
import zipfile
import zlib
from itertools import chain

from mithaq.formats.seen import Seen

START = b"PK\x03\x04"
"""How an archive begins."""

MEMBERS_MAX = 5_000
"""Files of an archive; a large presentation has several hundred."""
OPENED_MAX = 64 * 2**20
"""Bytes of XML that are opened, all files together; more is a bomb."""

NAMES_MAX = 10_000
"""Places in one file where an author is named; a text with as many comments is a draft."""

_FAILURES = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ArithmeticError,
    NotImplementedError,
    RuntimeError,
    OSError,
    EOFError,
    ValueError,
)
"""What zipfile raises for hostile archives: it is not one family."""

_ENTRY = b"PK\x01\x02"
"""How each entry of an archive's directory begins."""

_ELEMENT = re.compile(
    rb"<(?:[A-Za-z0-9_-]+:)?(creator|initial-creator|lastModifiedBy|Manager|author|printed-by|sender-name)"
    rb"(?:\s[^<>]*)?>([^<]*)<"
)
_ATTRIBUTE = re.compile(rb"\b(author)\s*=\s*[\"']([^\"']*)[\"']")
_PEOPLE = re.compile(r"(?:^|/)(?:people|persons/person\w*|commentAuthors)\.xml\Z")
"""Files of OOXML that list who commented."""


def is_archive(content: bytes) -> bool:
    """Whether programs open it as an archive, wherever in it the archive begins."""
    return zipfile.is_zipfile(io.BytesIO(content))


def look(seen: Seen, content: bytes) -> None:
    """Look into an archive."""
    if content.count(_ENTRY) > MEMBERS_MAX:  # before a directory of a million files is made of it
        seen.problem("damaged", "", f"expected at most {MEMBERS_MAX} files")
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _members(seen, archive)
    # What zipfile raises for hostile archives is not one family.
    except _FAILURES as error:
        seen.problem("damaged", "", f"expected an archive that can be read, got: {error}")


def _members(seen: Seen, archive: zipfile.ZipFile) -> None:
    left = OPENED_MAX
    for member in archive.infolist():
        if member.flag_bits & 1:
            seen.problem("encrypted", member.filename, "expected an archive that can be read")
        elif _PEOPLE.search(member.filename):
            seen.person(member.filename, "it lists who commented")
        elif member.filename.lower().endswith(("vbaproject.bin", ".js", ".vbs", ".exe")):
            seen.problem("active", member.filename, "expected no programs inside")
        elif member.filename.endswith((".xml", ".rels")):
            with archive.open(member) as file:
                data = file.read(left + 1)
            left -= len(data)
            if left < 0:
                raise ValueError(f"more than {OPENED_MAX} bytes of XML")
            _names(seen, member.filename, data)


def _names(seen: Seen, where: str, data: bytes) -> None:
    for number, found in enumerate(chain(_ELEMENT.finditer(data), _ATTRIBUTE.finditer(data))):
        if number == NAMES_MAX:
            raise ValueError(f"more than {NAMES_MAX} authors")
        seen.author(f"{where} {found[1].decode()}", found[2].decode("utf-8", "replace"))
