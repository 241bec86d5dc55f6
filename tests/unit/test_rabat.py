import pytest

from mithaq.demo.rabat import SIGN_DAYS, rabat
from mithaq.domain.moment import DAY
from mithaq.domain.party import origin
from mithaq.domain.terms import DataClass
from mithaq.errors import UsageError
from signed_texts import NOW, A, B, agreement, members

LANGUAGES = {"ar", "de", "en", "fr"}


def languages(value):
    """The set of languages of each text in the sample."""
    if isinstance(value, dict):
        if value.keys() & LANGUAGES:
            yield set(value)
        else:
            for member in value.values():
                yield from languages(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from languages(member)


def test_everything_is_said_in_four_languages():
    found = list(languages(members(agreement())))
    assert len(found) > 40
    assert all(one == LANGUAGES for one in found)


def test_it_is_an_exercise_in_each_language():
    assert agreement().exercise["en"] == "EXERCISE · not a text of any government"
    assert set(agreement().exercise) == LANGUAGES


def test_its_fields():
    fields = agreement().fields
    assert set(fields) == {"security", "cross-border-crime", "migration", "civil-protection"}
    assert [name for name, terms in fields.items() if terms.protects] == ["civil-protection"]
    assert fields["migration"].data is DataClass.NONE
    assert "irregular migration" in fields["migration"].title["en"]
    assert "الهجرة غير النظامية" in fields["migration"].title["ar"]


def test_the_articles_are_the_same_in_number():
    heads = {"ar": "المادة ", "de": "Artikel ", "en": "Article ", "fr": "Article "}
    for tag, text in agreement().prose.items():
        assert [n for n in range(1, 15) if f"{heads[tag]}{n}. " in text] == list(range(1, 12))


def test_what_the_demo_fills_in():
    theirs = (origin("z.example"), origin("b.example"))
    text = rabat(
        NOW,
        origins=theirs,
        contacts=[{"en": "one"}, {"en": "two"}],
        scan="ab" * 32,
        serial=2,
        previous="cd" * 32,
    )
    assert text.origins == ("b.example", "z.example")
    assert text.party("z.example").name["en"] == "Ministry of the Interior of Atlas"
    assert text.party("b.example").contact == {"en": "two"}
    assert (text.serial, text.previous, text.instrument.scan) == (2, "cd" * 32, "ab" * 32)
    assert text.sign_by == NOW + SIGN_DAYS * DAY
    assert text.starts == NOW


def test_nothing_that_could_look_real():
    with pytest.raises(UsageError):
        rabat(NOW, origins=(A, origin("interior.example.org")))
    assert A.endswith(".example")
    assert B.endswith(".example")
