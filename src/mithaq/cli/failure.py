"""Saying why a command failed: for people in their language, for programs as one JSON value."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from mithaq.cli.answer import KINDS
from mithaq.domain import narrowing, refusal
from mithaq.domain.effect import CODES
from mithaq.domain.rules import RULES
from mithaq.errors import MithaqError, RefusedError
from mithaq.exchange.marking import SENTENCES
from mithaq.words import Words

_SENTENCES = CODES | {rule.code: rule.sentence for rule in RULES} | SENTENCES | refusal.SENTENCES


def sentences(words: Words, codes: Sequence[str], *, field: str, kind: str, by: str = "text") -> list[str]:
    """What the rules of these codes say: those of the signed text, or the national ones of a side."""
    texts = _SENTENCES if by == refusal.TEXT else narrowing.SENTENCES
    names = {
        "field": words("“{text}”", text=field),
        "kind": words("“{text}”", text=words(KINDS.get(kind, kind))),
    }
    return [words(texts.get(code, code), **names) for code in codes]


def lines(error: MithaqError, words: Words) -> list[str]:
    """An error for people: what went wrong, then its parts, one a line."""
    parts = error.fields()
    name, message = parts.pop("error"), parts.pop("message")
    if isinstance(error, RefusedError):
        parts.pop("got", None)
        kind = message.rpartition(" ")[2]
        texts = sentences(words, error.codes, field=error.where, kind=kind, by=error.by)
        coded = [f"  {code}: {text}" for code, text in zip(error.codes, texts, strict=True)]
        coded += [f"    {reason(each)}" for each in error.reasons]
    else:
        coded = []
    said = [f"{name}: {message}", *coded, *(f"  {part}: {value}" for part, value in parts.items())]
    return [visible(line) for line in said]


def reason(parts: Mapping[str, str | int]) -> str:
    """One refused object or content in one line: what it is, the code, where, and why."""
    said = f"{parts['code']}: {parts['message']}"
    return "  ".join(str(parts[name]) for name in ("file", "id", "path") if parts.get(name)) + f"  {said}"


def visible(text: str) -> str:
    """A line with everything that does not show written out: parts of it may come from an attacker.

    So a card cannot move the cursor, rename the window or turn the direction of what is read.
    """
    return "".join(each if _shows(each) else ascii(each)[1:-1] for each in text)


def _shows(character: str) -> bool:
    # French sentences have spaces of other widths, which Python does not call printable.
    return character.isprintable() or unicodedata.category(character) == "Zs"


def value(error: MithaqError) -> dict[str, Any]:
    """An error for programs."""
    parts: dict[str, Any] = dict(error.fields())
    if isinstance(error, RefusedError):
        parts |= {"codes": list(error.codes), "by": error.by}
        parts |= {"reasons": list(error.reasons)} if error.reasons else {}
    return {"error": parts | {"exit_code": error.exit_code}}
