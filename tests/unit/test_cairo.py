"""The second sample: its own fields, terms and languages, under the same machinery."""

from mithaq.demo.cairo import CAIRO
from mithaq.demo.exercise import mark
from mithaq.demo.rabat import rabat
from mithaq.domain.agreement import Agreement
from mithaq.domain.profile import Common
from mithaq.domain.terms import DataClass
from signed_texts import NOW

FIELDS = {"security", "capacity-building", "tourism", "agriculture", "education", "economy-and-trade"}


def text():
    return CAIRO.agreement(NOW)


def test_it_is_a_text_in_its_one_form():
    assert Agreement.parse(text().text()) == text()
    assert text().relation == "sanabel-lokara"
    assert set(text().origins) == set(CAIRO.origins)


def test_its_fields():
    fields = text().fields
    assert set(fields) == FIELDS
    assert not [name for name, terms in fields.items() if terms.protects]
    assert not [name for name, terms in fields.items() if "alert" in terms.kinds]


def test_security_has_terms_of_its_own():
    fields = text().fields
    assert fields["security"].data is DataClass.TECHNICAL
    assert fields["security"].body_max < rabat(NOW).fields["security"].body_max
    others = [terms for name, terms in fields.items() if name != "security"]
    assert {(terms.data, terms.tlp, terms.pap) for terms in others} == {(DataClass.NONE, "green", "")}


def test_its_one_request_profile_counts_days_without_grounds():
    (profile,) = text().profiles.values()
    limits = [limit for urgency in profile.urgencies.values() for limit in (urgency.direct, urgency.indirect)]
    assert all(limit.endswith("days") for limit in limits)
    assert not profile.grounds
    assert len(profile.refusals) <= 5
    assert [code for code, row in profile.refusals.items() if row.common is Common.NEUTRAL] == ["none"]


def test_it_is_said_in_its_two_authentic_languages():
    assert set(text().title) == set(text().instrument.authentic) == {"ar", "fr"}
    assert all(set(terms.title) == {"ar", "fr"} for terms in text().fields.values())
    assert text().exercise == {language: mark(language) for language in ("ar", "fr")}


def test_the_articles_are_the_same_in_number():
    for tag, head in (("ar", "المادة "), ("fr", "Article ")):
        assert [n for n in range(1, 15) if f"{head}{n}. " in text().prose[tag]] == list(range(1, 12))
