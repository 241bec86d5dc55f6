"""Plain text, Markdown and CSV: what a text may hold besides words.

Which of the three a text is cannot be seen in it, so its author says so and it must fit.

Problem codes: ``active`` (Markdown that is a page with scripts, CSV that is a formula), ``csv``.
"""

import csv
import io
import re

from mithaq.formats.seen import Seen

_NOT_TEXT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls, but for tab and line ends
    "\u202a-\u202e"  # embeddings and overrides make a line read otherwise than it is stored
    "\U000e0000-\U000e007f]"  # tag characters carry text that nobody sees
)
_HTML = re.compile(r"\s*<(?:!doctype\s+html|html|head|body|script|svg|iframe)\b", re.IGNORECASE)
_SCRIPT = re.compile(
    r"<(?:script|iframe|object|embed|svg|form|meta|link|base)\b|<[a-z][^<>]{0,500}\son[a-z]+\s*="
    r"|\]\(\s*(?:<\s*)?(?:javascript|vbscript|data):"
    r"|^[ \t]{0,3}\[[^\]\n]{1,200}\]:[ \t]*<?(?:javascript|vbscript|data):",
    re.IGNORECASE | re.MULTILINE,
)
CELLS_MAX = 1_000_000
"""Commas and line ends of a table: a row is a list, and its cells take up to fifty times their bytes."""

_FORMULA = ("=", "@")
"""How a cell begins that programs compute; signs are left out, since numbers begin with them."""


def decoded(content: bytes) -> str | None:
    """The text, if the bytes are UTF-8 without controls; None otherwise."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if _NOT_TEXT.search(text) else text


def is_html(text: str) -> bool:
    """Whether a text is a page for a browser."""
    return _HTML.match(text) is not None


def look_markdown(seen: Seen, text: str) -> None:
    """Markdown takes HTML as it is: none that runs or fetches may stand in it."""
    found = _SCRIPT.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        seen.problem("active", f"line {line}", "expected Markdown without scripts, frames and forms")


def look_csv(seen: Seen, text: str) -> None:
    """RFC 4180: rows of as many cells as the first, and no cell that a program would compute."""
    if text.count(",") + text.count("\n") > CELLS_MAX:
        seen.problem("csv", "", f"expected at most {CELLS_MAX} cells")
        return
    width, computes = 0, any(start in text for start in _FORMULA)
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), 1):
            width = width or len(row)
            if len(row) != width:
                seen.problem("csv", f"row {number}", f"expected {width} cells, got {len(row)}")
                return
            if computes and any(cell.lstrip().startswith(_FORMULA) for cell in row):
                seen.problem("active", f"row {number}", "expected cells that are no formulas")
                return
    except csv.Error as error:
        seen.problem("csv", "", str(error))
