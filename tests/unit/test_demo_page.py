"""What the demo shows at the end: short, marked, in each language, with the figures of the outcome."""

import hashlib
import json
import re
from datetime import date

import pytest
from rich.console import Console

from mithaq.demo import cairo_parts, rabat_parts
from mithaq.demo.cairo import CAIRO
from mithaq.demo.exercise import mark
from mithaq.demo.infrastructure import attack_infrastructure
from mithaq.demo.outcome import Log, Outcome, Shown, Told
from mithaq.demo.part import Part
from mithaq.demo.rabat import ORIGINS
from mithaq.demo.refusal import sentence
from mithaq.demo.screen import Screen, clock, number, size
from mithaq.demo.summary import LINES_MAX, Summary
from mithaq.words import LANGUAGES, Words
from signed_texts import NOW, agreement

RECORD = b"line\n" * 31
LEAF = "ab" * 32


def told(part):
    return Told(part, LEAF, 1_800_000_000, 1_800_000_001, "accepted", 2.0)


def outcome(language):
    objects = [
        {"type": "domain-name", "id": f"domain-name--{n}", "value": "c2.example"} for n in range(4_000)
    ]
    part = Part("Information", 0, rabat_parts.expertise().message, len(objects))
    parts = [
        rabat_parts.request(),
        rabat_parts.reply(LEAF),
        rabat_parts.expertise(),
        part,
        rabat_parts.warning(),
    ]
    refused = sentence(Words(language), agreement(), rabat_parts.forbidden(), ("kind",))
    return Outcome(
        scenario="rabat",
        origins=ORIGINS,
        agreement=agreement(),
        told=tuple(map(told, parts)),
        shown=(Shown("refused", refused, {"codes": ["kind"]}), Shown("proof", "It holds.", held=True)),
        logs=(Log(11, "01" * 32), Log(2, "02" * 32)),
        record=RECORD,
        seconds=21.4,
    )


def page(language):
    return list(Summary(Screen(Words(language)), outcome(language)).lines())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_short_marked_and_whole(language):
    lines = page(language)
    assert len(lines) <= LINES_MAX
    assert lines[0] == mark(language)
    assert not re.search(r"[{}]", "".join(lines))
    assert not re.search("[─-╿←-⇿]", "".join(lines))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_what_was_measured(language):
    text = "\n".join(page(language))
    for each in ("010101010101", "020202020202", hashlib.sha256(RECORD).hexdigest()[:12]):
        assert each in text
    for value, decimals in ((4_000, 0), (2_000, 0), (2.0, 2)):
        assert number(language, value, decimals) in text
    assert agreement().title[language] in text
    assert agreement().fields["migration"].title[language] in text


def test_the_page_speaks_each_language():
    assert len({tuple(page(language)) for language in LANGUAGES}) == 4
    assert "نتيجة التحقق" in "\n".join(page("ar"))
    assert "Prüfergebnis" in "\n".join(page("de"))
    assert "résultat du contrôle" in "\n".join(page("fr"))


@pytest.mark.parametrize(
    ("language", "expected"),
    [("ar", "25,388.5"), ("de", "25.388,5"), ("en", "25,388.5"), ("fr", "25\u202f388,5")],
)
def test_figures(language, expected):
    assert number(language, 25_388.5, 1) == expected


def test_sizes_and_moments():
    assert size(Words("en"), 80 * 2**20) == "80 MiB"
    assert size(Words("fr"), 20) == "1\u00a0Kio"
    assert clock(1_800_000_000) == "08:00:00"


def test_hashes_are_isolated_in_right_to_left_lines_only():
    assert Screen(Words("ar")).ltr("ab") == "\u2066ab\u2069"
    assert Screen(Words("fr")).ltr("ab") == "ab"


@pytest.mark.parametrize(("language", "first"), [("ar", "\u200f"), ("en", "[")])
def test_lines_are_plain_and_never_wrapped(language, first, capsys):
    screen = Screen(Words(language))
    screen.step("word " * 60)
    screen.line()
    out = capsys.readouterr().out
    assert out.startswith(first)
    assert out.count("\n") == 2
    assert "\x1b" not in out


def test_a_terminal_gets_colour(capsys):
    console = Console(force_terminal=True, highlight=False, markup=False, soft_wrap=True)
    screen = Screen(Words("en"), console)
    screen.step("hello [bold]")
    assert "\x1b[1m" in capsys.readouterr().out


def said():
    yield from (rabat_parts.warning(), rabat_parts.request(), rabat_parts.reply(LEAF))
    yield from (rabat_parts.expertise(), rabat_parts.forbidden())
    yield from (cairo_parts.courses_offered(), cairo_parts.courses_taken(LEAF))
    yield from (cairo_parts.school_offered(), cairo_parts.school_taken(LEAF))
    yield from (cairo_parts.forum(date(2026, 12, 1)), cairo_parts.expertise(), cairo_parts.relations())
    yield from (cairo_parts.technical(attack_infrastructure()), cairo_parts.forbidden())


def test_what_is_said_is_an_exercise_about_things():
    assert all(part.message.facts["status"] == "exercise" for part in said())
    assert rabat_parts.warning().message.field == "civil-protection"
    assert rabat_parts.reply(LEAF).message.re == (LEAF,)


def test_who_does_not_find_their_language_reads_another_of_the_text():
    text = CAIRO.agreement(NOW)
    for language, expected in (("ar", "ar"), ("de", "fr"), ("en", "fr"), ("fr", "fr")):
        refused = sentence(Words(language), text, cairo_parts.forbidden(), ("media-type", "data-class"))
        assert refused.count(text.fields["tourism"].title[expected]) == 2


def test_programs_read_the_outcome():
    value = json.loads(json.dumps(outcome("en").value()))
    assert value["exercise"]["en"] == mark("en")
    assert value["parties"] == list(ORIGINS)
    assert value["shown"] == {"refused": {"codes": ["kind"]}, "proof": {}}
    assert [row["kind"] for row in value["told"]][:2] == ["request", "reply"]
    assert value["told"][0]["from"] == ORIGINS[0]
    assert value["logs"][1] == {"author": ORIGINS[1], "size": 2, "root": "02" * 32}
    assert value["record"]["sha256"] == hashlib.sha256(RECORD).hexdigest()


def test_information_is_marked_as_its_strictest_object():
    objects = [
        {
            "type": "tool",
            "spec_version": "2.1",
            "id": "tool--6b616fc1-1505-48e3-8b2c-0d19337bff38",
            "created": "2025-01-01T00:00:00.000Z",
            "modified": "2025-01-01T00:00:00.000Z",
            "name": "x",
            "object_marking_refs": ["marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"],
        }
    ]
    part = rabat_parts.information(objects)
    assert (part.objects, part.message.handling.tlp) == (1, "amber")
