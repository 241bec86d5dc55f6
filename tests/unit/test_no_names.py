"""The machinery serves any two states in any field: nothing in ``src/`` outside the demo names one.

Looked through is what a program does or shows: every name in the code, every string but docstrings, every
sentence of the catalogues. Docstrings and comments may give examples. Looked for are the fields of both
sample texts and what these call them, the states and offices that they invent, countries and those who
belong to them, and kinds of ministry, in four languages.

A second text (``test_cairo``) with other fields, languages and offices runs under the same code; this keeps
it so for a third.
"""

import ast
import io
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.pofile import read_po

from mithaq.demo.cairo import CAIRO
from mithaq.demo.rabat import RABAT
from mithaq.words import LANGUAGES

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "mithaq"
ELSEWHERE = (SOURCES / "demo", SOURCES / "formats" / "schemas")
"""The samples; and the schemas of OASIS, which are theirs."""

SAMPLES = (RABAT, CAIRO)
NO_STATES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
"""Territories of CLDR that are no country: unions, regions, codes for tests."""

BELONGING = """
    moroccan german cameroonian egyptian french british tunisian algerian libyan italian spanish american
    marocain marocaine allemand allemande camerounais camerounaise égyptien égyptienne tunisien tunisienne
    algérien algérienne libyen libyenne italien italienne espagnol espagnole
    marokkanisch deutsch kamerunisch ägyptisch tunesisch algerisch libysch italienisch spanisch
    مغربي ألماني كاميروني مصري تونسي جزائري ليبي إيطالي إسباني فرنسي بريطاني
"""
"""Who belongs to the countries of the published reports, and to some around them."""

MINISTRIES = """
    interior, home office, foreign affairs, tourism, agriculture, education, justice, police, customs, finance
    ministry, intérieur, affaires étrangères, tourisme, éducation, douane, ministère, innern, innenministerium
    auswärtiges amt, landwirtschaft, bildung, justiz, polizei, zoll, finanzen, ministerium
    الداخلية, الخارجية, السياحة, الزراعة, العدل, الشرطة, الجمارك, وزارة
"""
"""Kinds of ministry and of service, and the word itself."""


STANDARDS = {"formats": {"security"}}
"""By package, words of standards that are also a field's: a category of CAP 1.2, a mailbox of RFC 2142."""


def plain(text: str) -> str:
    """Words apart, in small letters: ``civilProtection`` and ``civil_protection`` alike."""
    apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", text)
    return " ".join(re.findall(r"[^\W_]+", apart)).casefold()


@cache
def named() -> dict[str, str]:
    """What may not be named, by its plain form."""
    found = {plain(each): "a people" for each in BELONGING.split()}
    found |= {plain(each): "a kind of ministry" for each in re.split("[,\n]", MINISTRIES) if each.strip()}
    for language in LANGUAGES:
        countries = Locale(language).territories
        found |= {
            plain(name): "a country"
            for code, name in countries.items()
            if code.isalpha() and code not in NO_STATES
        }
    for sample in SAMPLES:
        text = sample.agreement(1_800_000_000)
        found |= {plain(state): "a state of a sample" for state in sample.states}
        found |= {plain(field): "a field" for field in text.fields}
        for terms in text.fields.values():
            found |= {plain(title): "a field" for title in terms.title.values()}
        for party in text.parties:
            found |= {plain(name): "an office" for name in party.name.values()}
    return found


@cache
def pattern() -> re.Pattern[str]:
    """Any of them as whole words; Arabic ones also behind a conjunction, a preposition or the article."""
    names = sorted(named(), key=len, reverse=True)
    return re.compile(rf"\b(?:[وفبلك]?(?:ال)?)?({'|'.join(map(re.escape, names))})\b")


def broken(text: str) -> Iterator[str]:
    """What a text names."""
    for match in pattern().finditer(plain(text)):
        yield f"{named()[match[1]]}: {match[1]}"


def said(path: Path) -> Iterator[tuple[int, str]]:
    """Every name and string of a module, docstrings left out, with its line."""
    tree = ast.parse(path.read_bytes())
    documents = {id(node) for parent in ast.walk(tree) for node in docstrings(parent)}
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant) and id(node) not in documents:
            if isinstance(node.value, str | bytes):
                yield line, node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            continue
        for member in ("name", "id", "attr", "arg", "module", "asname"):
            if isinstance(name := getattr(node, member, None), str):
                yield line, name


def docstrings(parent: ast.AST) -> Iterator[ast.AST]:
    """Strings that stand alone as a statement: of a module, a class, a function, or below a constant."""
    for statement in getattr(parent, "body", ()) if not isinstance(parent, ast.Lambda | ast.IfExp) else ():
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            yield statement.value


def files(suffix: str) -> list[Path]:
    """Files in ``src/`` with this suffix, but for ``ELSEWHERE``."""
    found = sorted(SOURCES.rglob(f"*{suffix}"))
    return [path for path in found if not any(each in path.parents for each in ELSEWHERE)]


@pytest.mark.parametrize("path", files(".py"), ids=lambda path: path.relative_to(SOURCES).as_posix())
def test_code_names_no_field_country_or_ministry(path):
    theirs = STANDARDS.get(path.relative_to(SOURCES).parts[0], set())
    found = [f"{line}: {what}" for line, text in said(path) for what in broken(text)]
    assert not [what for what in found if what.rpartition(": ")[2] not in theirs]


@pytest.mark.parametrize("path", files(".po"), ids=lambda path: path.relative_to(SOURCES).parts[1])
def test_catalogues_name_none(path):
    messages = read_po(io.BytesIO(path.read_bytes()))
    forms = [
        form
        for message in messages
        if message.id
        for each in (message.id, message.string)
        for form in ((each,) if isinstance(each, str) else each)
    ]
    assert not [(form, what) for form in forms for what in broken(form)]


def test_nothing_else_lies_there():
    """Another kind of file would have to be looked through as well."""
    others = {path.suffix for path in files("") if path.is_file() and "__pycache__" not in path.parts}
    assert others == {".py", ".po", ".mo"}


@pytest.mark.parametrize(
    "text",
    [
        "civil-protection",
        "CIVIL_PROTECTION",
        "isCivilProtection",
        "for the Ministry of Health",
        "Deutschland",
        "in Tunisia",
        "والمغرب",
        "بناء القدرات",
        "spoc.interior-atlas.example",
        "Éducation",
    ],
)
def test_what_is_found(text):
    assert list(broken(text))


@pytest.mark.parametrize("text", ["migrations", "deterministic", "administer", "field", "capacity", "ميثاق"])
def test_what_is_not(text):
    assert not list(broken(text))


def test_where_it_is_looked_for(tmp_path):
    path = tmp_path / "a.py"
    path.write_text(
        '"""tourism"""\nX = 1\n"""tourism"""\ndef f(tourism):\n    """tourism"""\n    return "tourism"\n'
    )
    assert [line for line, text in said(path) if list(broken(text))] == [4, 6]
