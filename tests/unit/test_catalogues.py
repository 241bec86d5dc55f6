"""The catalogues: complete, in step with the sources, with the plurals of their language."""

import ast
import gettext
import importlib.util
import io
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from mithaq.words import LANGUAGES, Words

ROOT = Path(__file__).parents[2]
ARABIC = {
    0: "لا قيود",
    1: "قيد واحد",
    2: "قيدان",
    3: "3 قيود",
    10: "10 قيود",
    11: "11 قيدا",
    99: "99 قيدا",
    100: "100 قيد",
    103: "103 قيود",
}
NAMES = re.compile(r"\{(\w+)[^}]*\}")


def load_tool():
    spec = importlib.util.spec_from_file_location("catalogues", ROOT / "tools" / "catalogues.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = load_tool()


@pytest.fixture(scope="module")
def template():
    return tool.extract()


@pytest.fixture(params=LANGUAGES)
def language(request):
    return request.param


def catalogue(language):
    return read_po(io.BytesIO(tool.po_path(language).read_bytes()), locale=language)


def forms(message):
    return message.string if isinstance(message.string, tuple) else (message.string,)


def sentences(language):
    return [message for message in catalogue(language) if message.id]


def test_the_tool_knows_the_same_languages():
    assert tool.LANGUAGES == LANGUAGES


def test_nothing_is_untranslated_or_guessed(language):
    assert tool.missing(catalogue(language)) == []
    assert not [message.id for message in catalogue(language) if message.fuzzy]


def test_it_says_what_the_sources_say(language, template):
    """``make catalogues`` would change nothing."""
    path = tool.po_path(language)
    assert tool.po_bytes(tool.merged(language, path.read_bytes(), template)) == path.read_bytes()


def test_the_compiled_file_is_that_of_the_catalogue(language):
    with tool.po_path(language).with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    expected = gettext.GNUTranslations(io.BytesIO(tool.mo_bytes(catalogue(language))))
    assert {k: v for k, v in compiled._catalog.items() if k} == {
        k: v for k, v in expected._catalog.items() if k
    }
    assert compiled.info()["plural-forms"] == expected.info()["plural-forms"]


def test_placeholders_are_the_same(language):
    for message in sentences(language):
        source = message.id if isinstance(message.id, tuple) else (message.id,)
        names = set(NAMES.findall(source[-1]))
        for form in forms(message):
            # A form for one exact number may leave the number out; nothing may be added.
            found = set(NAMES.findall(form))
            assert found == names or (len(source) == 2 and found == names - {"n", "count"}), message.id


def test_a_translation_is_not_the_source(language):
    if language == "en":
        pytest.skip("English is the source")
    same = [message.id for message in sentences(language) if message.string == message.id]
    assert len(same) < len(sentences(language)) / 10


def test_who_has_reviewed_it_is_said(language):
    head = tool.po_path(language).read_text("utf-8").splitlines()[0]
    assert tool.REVIEWED[language] in head


@pytest.mark.parametrize(("n", "expected"), ARABIC.items())
def test_arabic_plurals(n, expected):
    assert Words("ar").plural("{n} entry", "{n} entries", n) == expected


@pytest.mark.parametrize(
    ("language", "zero", "one", "two"),
    [
        ("de", "0 Einträge", "1 Eintrag", "2 Einträge"),
        ("en", "0 entries", "1 entry", "2 entries"),
        ("fr", "0 inscription", "1 inscription", "2 inscriptions"),
    ],
)
def test_other_plurals(language, zero, one, two):
    assert [Words(language).plural("{n} entry", "{n} entries", n) for n in (0, 1, 2)] == [zero, one, two]


def test_only_european_digits_in_arabic():
    for message in sentences("ar"):
        assert not re.search("[٠-٩۰-۹]", "".join(forms(message)))


def test_french_punctuation_keeps_its_space():
    for message in sentences("fr"):
        assert not re.search(" [:;?!»]|« ", "".join(forms(message))), message.id


def test_a_new_sentence_is_missed():
    template = tool.extract()
    template.add("A sentence that nobody has translated.")
    path = tool.po_path("fr")
    merged = tool.merged("fr", path.read_bytes(), template)
    assert tool.missing(merged) == ["A sentence that nobody has translated."]


def test_a_sentence_that_became_a_plural_is_missed():
    template = tool.Catalog()
    template.add(("accepted", "{n} accepted"))
    merged = tool.merged("ar", tool.po_path("ar").read_bytes(), template)
    assert tool.missing(merged) == ["accepted"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('words("a {b}" " c", b=1)', "a {b} c"),
        ('self._words.plural("one", "many", n)', ("one", "many")),
        ('session.words(found["reading"])', None),
        ('words(sentence, "a")', None),
        ('print("a")', None),
        ("words()", None),
    ],
)
def test_what_is_marked(source, expected):
    assert tool._marked(ast.parse(source, mode="eval").body) == expected
