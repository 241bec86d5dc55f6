"""Blocks of a page that a tool writes: between two comments, and nothing else of the page is theirs.

::

    <!-- begin limits: tools/limits.py writes this -->
    …
    <!-- end limits -->
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def filled(page: Path, name: str, lines: list[str]) -> str:
    """The text of a page with the block of this name replaced.

    Raises:
        ValueError: the page has no such block.
    """
    pattern = re.compile(rf"(<!-- begin {name}: [^>]*-->\n).*?(<!-- end {name} -->)", re.DOTALL)
    block = "".join(f"{line}\n" for line in lines)
    text, found = pattern.subn(lambda match: match[1] + block + match[2], page.read_text("utf-8"))
    if found != 1:
        raise ValueError(f"{page.name} has {found} blocks called {name}")
    return text
