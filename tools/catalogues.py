"""Reads every marked sentence out of ``src/`` and keeps the catalogues in ``mithaq/locale`` in step.

Marks are ``N_("…")``, ``words("…")`` and ``words.plural("one", "many", n)`` (also as ``self._words``).
English is the source and translates itself. A sentence that has gone is dropped; a new one is left empty, is
named, and makes this program fail until somebody has translated it. Nothing is guessed: there are no fuzzy
entries.
"""

import ast
import io
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "src" / "mithaq"
LOCALE = SOURCES / "locale"
LANGUAGES = ("ar", "de", "en", "fr")
MARKS = ("N_", "words", "_words")
PLURAL = "plural"
"""Names of the functions that mark: of one sentence, and of its two forms."""

PLURALS = {
    "ar": (
        6,
        "(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4 : 5)",
    ),
    "de": (2, "(n != 1)"),
    "en": (2, "(n != 1)"),
    "fr": (2, "(n > 1)"),
}
"""Number of forms and the rule for them (GNU gettext manual), written out: no library's default counts."""

REVIEWED = {
    "ar": "Not reviewed by a native official yet.",
    "de": "Not reviewed by a native official yet.",
    "en": "The source; made from the sources by tools/catalogues.py.",
    "fr": "Not reviewed by a native official yet.",
}
"""Who has reviewed a catalogue, and when: name the office and the day here."""

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock in the files: the same sources give the same bytes."""


def po_path(language: str) -> Path:
    """Where the catalogue of a language is kept."""
    return LOCALE / language / "LC_MESSAGES" / "mithaq.po"


def extract() -> Catalog:
    """Every marked sentence, with the files in which it stands."""
    template = Catalog(charset="utf-8")
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and (sentence := _marked(node)):
                template.add(sentence, locations=[(path.relative_to(ROOT).as_posix(), 0)])
    return template


def _marked(call: ast.Call) -> str | tuple[str, str] | None:
    """The sentence that a call marks; two for a plural, None if it marks none."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    texts = [
        each.value for each in call.args[:2] if isinstance(each, ast.Constant) and type(each.value) is str
    ]
    if name == PLURAL and len(texts) == 2:
        return texts[0], texts[1]
    first = call.args[0] if call.args else None
    return first.value if name in MARKS and isinstance(first, ast.Constant) else None


def _header(language: str) -> str:
    return f"# Mithaq, {language}. {REVIEWED[language]}\n#"


def merged(language: str, known: bytes, template: Catalog) -> Catalog:
    """The catalogue of a language over the sentences of ``template``.

    Args:
        language: one of ``LANGUAGES``.
        known: the catalogue as it was, in PO form; empty for none.
        template: what the sources say.
    """
    old = read_po(io.BytesIO(known), locale=language)
    count, rule = PLURALS[language]
    new = Catalog(
        locale=language,
        project="mithaq",
        version="1",
        header_comment=_header(language),
        creation_date=_EPOCH,
        revision_date=_EPOCH,
        last_translator="Mithaq",
        language_team=language,
        fuzzy=False,
    )
    new._num_plurals, new._plural_expr = count, rule  # noqa: SLF001 - Babel has no other door
    for message in sorted((each for each in template if each.id), key=_key):
        before = old.get(message.id[0] if isinstance(message.id, tuple) else message.id)
        text = message.id if language == "en" else _kept(message, before, count)
        new.add(
            message.id,
            text,
            locations=sorted(set(message.locations)),
        )
    return new


def _key(message: Message) -> str:
    return message.id[0] if isinstance(message.id, tuple) else message.id


def _kept(message: Message, before: Message | None, count: int) -> str | tuple[str, ...]:
    """The translation that is known, empty where its form does not fit any more."""
    empty = ("",) * count if isinstance(message.id, tuple) else ""
    if before is None or before.fuzzy or before.id != message.id:
        return empty
    return before.string


def po_bytes(catalog: Catalog) -> bytes:
    """A catalogue in PO form."""
    out = io.BytesIO()
    write_po(out, catalog, width=110, include_lineno=False, ignore_obsolete=True)
    return out.getvalue()


def mo_bytes(catalog: Catalog) -> bytes:
    """A catalogue in the compiled form that gettext reads."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def missing(catalog: Catalog) -> list[str]:
    """The sentences without a translation, or with one that lacks a form."""
    return [_key(message) for message in catalog if message.id and not all(_forms(message.string))]


def _forms(text: str | Iterable[str]) -> Iterable[str]:
    return (text,) if isinstance(text, str) else text


def main() -> int:
    """Write all catalogues; 1 if a sentence lacks its translation."""
    template, lacking = extract(), 0
    for language in LANGUAGES:
        path = po_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        catalog = merged(language, path.read_bytes() if path.exists() else b"", template)
        path.write_bytes(po_bytes(catalog))
        path.with_suffix(".mo").write_bytes(mo_bytes(catalog))
        for sentence in missing(catalog):
            lacking += 1
            print(f"{language}: not translated: {sentence}")
        print(f"{language}: {len(catalog)} sentences")
    return min(lacking, 1)


if __name__ == "__main__":
    sys.exit(main())
