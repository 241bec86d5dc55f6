"""The mark that everything the demo makes carries, in its own language (domain section 4, "No forgeries")."""

import tomllib
from importlib.resources import files
from typing import Any

LANGUAGES = ("ar", "de", "en", "fr")
"""The languages of the sample agreement; all are equally authentic."""


def mark(language: str) -> str:
    """The mark of an exercise in one of ``LANGUAGES``, as the sample agreement has it."""
    return _table("rabat.toml")["exercise"][language]


def texts(name: str, language: str) -> list[str]:
    """The paragraphs of one text of the exercise, its title first.

    Args:
        name: ``alert``, ``request``, ``reply`` or ``expertise``.
        language: one of ``LANGUAGES``; ``expertise`` has no Arabic one.
    """
    return _table("exercise.toml")[name][language].strip().split("\n\n")


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((files("mithaq.demo") / name).read_text("utf-8"))
