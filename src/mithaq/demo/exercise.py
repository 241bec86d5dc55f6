"""The words of an exercise: its mark in its own language, and the texts that stand in TOML files beside this.

Everything the demo makes carries the mark (domain section 4, "No forgeries").
"""

import tomllib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from mithaq.domain.texts import Texts

LANGUAGES = ("ar", "de", "en", "fr")
"""The languages that the mark is written in, and the page."""

_INSTEAD = ("en", "fr")
"""What somebody reads who does not find their own language in a text, the first that is there."""


def table(name: str) -> dict[str, Any]:
    """A TOML file that stands beside this module."""
    return tomllib.loads((files("mithaq.demo") / f"{name}.toml").read_text("utf-8"))


def mark(language: str) -> str:
    """The mark of an exercise in one of ``LANGUAGES``."""
    return table("rabat")["exercise"][language]


def paragraphs(sample: str, name: str, language: str) -> list[str]:
    """The paragraphs of one text of a sample, its title first.

    Args:
        sample: whose contents: ``rabat``.
        name: of the text in ``<sample>_contents.toml``.
        language: one of those in which it is there.
    """
    return table(f"{sample}_contents")[name][language].strip().split("\n\n")


def plain(sample: str, name: str, languages: Sequence[str]) -> bytes:
    """A body of ``text/plain;charset=utf-8``: one text in each of these languages, each with its mark.

    Args:
        sample, name: as for ``paragraphs``.
        languages: in the order in which they stand in it.
    """
    parts = ["\n\n".join([mark(each), *paragraphs(sample, name, each)]) for each in languages]
    return ("\n\n\n".join(parts) + "\n").encode()


def read_in(texts: Texts, language: str) -> str:
    """What a text says in a language, or else in one that more people read: signed texts choose their own."""
    tags = (language, *_INSTEAD, *sorted(texts))
    return texts[next(tag for tag in tags if tag in texts)]
