"""What is signed is what is seen: the characters and lines that a signed text may have (protocol section 4).

UTF-8 in NFC, visible characters, spaces and newlines only. Refused are direction controls, invisible and tag
characters, variation selectors, private and unassigned ones, and every line that could be taken for a
signature line. Which characters exist is read from Unicode 3.2, which every Python carries, and a short list
of additions: two nodes with different versions of Python must not differ about a signed text.
"""

import unicodedata

from mithaq.errors import MalformedError

_ALLOWED = " \n\u1e9e\u2d6f" + "".join(map(chr, range(0x2D30, 0x2D68)))
"""Space, newline; letters younger than Unicode 3.2 that official texts need: capital sharp s, Tifinagh."""

_BLANK = "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0" + "".join(
    map(chr, [*range(0x180B, 0x180E), *range(0xFE00, 0xFE10)])
)
"""What shows nothing: soft hyphen, fillers, joiners, variation selectors. The rest falls by category."""

_REFUSED = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"}
_DASHES = "\u2212\u2500\u2501\u30fc\u3161\u4e00\uff70"
"""Characters that look like the em dash of a signature line and are not punctuation dashes themselves."""


def check_characters(text: str) -> None:
    """Check a whole text.

    Raises:
        MalformedError: a character that does not show, or a line like a signature line.
    """
    if not unicodedata.is_normalized("NFC", text):
        raise MalformedError("the text is not in normal form C", todo="normalise it before it is signed")
    for character in sorted(set(text)):
        if character not in _ALLOWED and (
            character in _BLANK or unicodedata.ucd_3_2_0.category(character) in _REFUSED
        ):
            raise MalformedError("a character that does not show", got=f"U+{ord(character):04X}")
    for number, line in enumerate(text.split("\n"), 1):
        _check_line(line, number)


def _check_line(line: str, number: int) -> None:
    first = line.lstrip(" ")[:1]
    if first and first != "-" and (unicodedata.ucd_3_2_0.category(first) == "Pd" or first in _DASHES):
        raise MalformedError("a line that looks like a signature line", where=f"line {number}", got=line)
    if line.endswith(" "):
        raise MalformedError("a line that ends in a space", where=f"line {number}", got=line[-40:])
