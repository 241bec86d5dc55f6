"""What the demo shows: coloured on a terminal, plain elsewhere, in an order that right-to-left script keeps.

No boxes and no arrows, which right-to-left terminals tear apart. Digits are European in every language, so
that figures can be compared and typed back. What reads from left to right (hashes, addresses) is isolated in
Arabic lines (Unicode UAX 9).
"""

import time

from rich.console import Console
from rich.text import Text

from mithaq.words import Words

_RIGHT_TO_LEFT_MARK = "\u200f"
_ISOLATE, _POP = "\u2066", "\u2069"
_POINTS = {"ar": (",", "."), "de": (".", ","), "en": (",", "."), "fr": ("\u202f", ",")}
"""Between thousands, and before decimals."""


class Screen:
    """Lines for people, in one language.

    Args:
        words: of the language.
        console: where they go; standard output when none is given.
        quiet: whether they go nowhere.
    """

    def __init__(self, words: Words, console: Console | None = None, *, quiet: bool = False) -> None:
        self.words = words
        self._console = console or Console(
            highlight=False, markup=False, emoji=False, soft_wrap=True, quiet=quiet
        )
        self._began = time.monotonic()

    def elapsed(self) -> float:
        """Seconds since it was made."""
        return time.monotonic() - self._began

    def line(self, text: str = "", style: str = "") -> None:
        """One line."""
        mark = _RIGHT_TO_LEFT_MARK if self.words.right_to_left and text else ""
        self._console.print(Text(mark + text, style=style))

    def step(self, text: str) -> None:
        """A step that begins, with the seconds since the start."""
        seconds = number(self.words.language, self.elapsed(), 1)
        self.line(f"[{seconds:>5}] {text}", "bold")

    def detail(self, text: str) -> None:
        """Something that belongs to the step."""
        self.line(f"        {text}")

    def ltr(self, text: str) -> str:
        """A hash or an address inside a sentence."""
        return f"{_ISOLATE}{text}{_POP}" if self.words.right_to_left else text


def number(language: str, value: float, decimals: int = 0) -> str:
    """A figure as a language writes it, in European digits."""
    thousands, point = _POINTS[language]
    text = f"{value:,.{decimals}f}"
    return text.replace(",", "\0").replace(".", point).replace("\0", thousands)


def size(words: Words, octets: int) -> str:
    """A size in MiB or KiB, never as 0."""
    if octets >= 2**20:
        return words("{value} MiB", value=number(words.language, octets / 2**20))
    return words("{value} KiB", value=number(words.language, max(octets / 2**10, 1)))


def clock(seconds: int) -> str:
    """A moment as hours, minutes and seconds in UTC."""
    return time.strftime("%H:%M:%S", time.gmtime(seconds))
