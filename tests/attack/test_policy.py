"""Every rule of the catalogue: a sample that only this rule refuses. Without the rule it would pass."""

from dataclasses import replace

import pytest

from mithaq.domain.findings import Findings, Problem
from mithaq.domain.handling import Handling
from mithaq.domain.kinds import CODES_MAX
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.moves import Sort
from mithaq.domain.policy import RULES, Arrival, Standing, Verdict, judge
from mithaq.domain.rules import SKEW
from mithaq.domain.things import Thing
from pair import NOW, Talk, make_text

TEXT = make_text()
ENDING = make_text(ends=Moment(NOW + 50 * DAY))
STANDING = Standing(text=TEXT, activated=True, card_until=NOW + 300 * DAY)
FOUND = Findings(media_type="text/plain", objects=1)
REQUEST = Thing("cd" * 32, Sort.EXCHANGE, 1, TEXT.digest, "security", 2)


def entry(kind="information", **changes):
    return Talk().share(0, TEXT.digest, kind, **changes)


def reply(**changes):
    return Talk().reply(0, TEXT.digest, bytes(32), 1, **changes)


def body(**changes):
    return entry(bodies=(Talk().body(**changes),))


def at(time, **changes):
    return entry(at=time, keep_until=time + DAY, **changes)


ABOUT = replace(STANDING, about=(REQUEST,))
ARRIVED = replace(STANDING, arrival=Arrival(NOW, NOW))
CULTURE = {"field": "culture"}

SAMPLES = [
    ("no-text", entry(), replace(STANDING, text=None), FOUND),
    ("no-text", entry(), replace(STANDING, activated=False), FOUND),
    ("other-text", reply(), replace(ABOUT, about=(None,)), FOUND),
    ("other-text", reply(), replace(ABOUT, about=(replace(REQUEST, agreement="ef" * 32),)), FOUND),
    ("other-text", reply(), replace(ABOUT, about=(REQUEST, replace(REQUEST, field="life"))), FOUND),
    ("not-started", at(NOW - 1), STANDING, FOUND),
    ("ended", at(NOW + 50 * DAY + 1), replace(STANDING, text=ENDING), FOUND),
    ("ended", at(NOW + 50 * DAY), replace(STANDING, notice=NOW + 50 * DAY - 1), FOUND),
    ("suspended", entry(), replace(STANDING, suspended=True), FOUND),
    ("superseded", entry(), replace(STANDING, superseded=True), FOUND),
    ("card-expired", at(NOW + 300 * DAY + 1), STANDING, FOUND),
    ("card-expired", entry(), replace(STANDING, card_until=0), FOUND),
    ("field", entry(field="sport"), STANDING, FOUND),
    ("kind", entry("alert", **CULTURE), STANDING, FOUND),
    ("media-type", body(type="text/html"), STANDING, replace(FOUND, media_type="text/html")),
    ("size", body(size=1_001), STANDING, FOUND),
    ("tlp", entry(handling=Handling("amber+strict")), STANDING, FOUND),
    ("pap", entry(handling=Handling("green", "amber"), **CULTURE), STANDING, FOUND),
    ("pap", entry(handling=Handling("green", "clear")), STANDING, FOUND),
    ("expiry", entry(keep_until=NOW - 1), STANDING, FOUND),
    ("expiry", entry(keep_until=NOW + 30 * DAY + 1), STANDING, FOUND),
    (
        "urgency",
        entry("request", facts={"status": "actual", "urgency": "now", "items": 1}),
        STANDING,
        FOUND,
    ),
    ("content", entry(), STANDING, replace(FOUND, problems=(Problem("x", "", "x"),))),
    ("media-type-content", entry(), STANDING, replace(FOUND, media_type="text/html")),
    ("objects", entry(), STANDING, replace(FOUND, objects=2)),
    ("persons", entry(), STANDING, replace(FOUND, persons=True)),
    ("data-class", entry(**CULTURE), STANDING, replace(FOUND, technical=True)),
    ("tlp-content", entry(), STANDING, replace(FOUND, tlp="amber")),
    ("pap-content", entry(), STANDING, replace(FOUND, pap="green")),
    ("clock", at(NOW + SKEW + 1), ARRIVED, FOUND),
    ("expired", entry(), replace(STANDING, arrival=Arrival(NOW + 400 * DAY, NOW)), FOUND),
    ("onward", entry(), replace(STANDING, owners=("third.example",)), FOUND),
    ("clock", at(NOW - SKEW - 1), replace(ARRIVED, text=make_text(starts=Moment(NOW - DAY))), FOUND),
]

ALLOWED = [
    (entry(), STANDING, FOUND),
    (entry("alert"), STANDING, FOUND),
    (entry("request"), STANDING, FOUND),
    (reply(), ABOUT, FOUND),
    (reply(), replace(ABOUT, activated=False), FOUND),
    (reply(at=NOW + 60 * DAY, keep_until=NOW + 61 * DAY), replace(ABOUT, text=ENDING), FOUND),
    (reply(), replace(ABOUT, superseded=True), FOUND),
    (reply(), replace(ABOUT, suspended=True, notice=1), FOUND),
    (at(NOW + 50 * DAY), replace(STANDING, notice=NOW + 50 * DAY), FOUND),
    (at(NOW + 50 * DAY), replace(STANDING, text=ENDING), FOUND),
    (at(NOW + 300 * DAY), STANDING, FOUND),
    (at(NOW + 301 * DAY, field="life"), STANDING, FOUND),
    (body(size=1_000), STANDING, FOUND),
    (entry(handling=Handling("amber")), STANDING, replace(FOUND, tlp="amber", technical=True)),
    (entry(handling=Handling("green", "green"), **CULTURE), STANDING, replace(FOUND, pap="green")),
    (entry(keep_until=NOW), STANDING, FOUND),
    (entry(keep_until=NOW + 30 * DAY), STANDING, FOUND),
    (entry(), replace(STANDING, owners=()), FOUND),
    (at(NOW + SKEW), ARRIVED, FOUND),
    (at(NOW), replace(ARRIVED, arrival=Arrival(NOW, NOW + SKEW)), FOUND),
]


@pytest.mark.parametrize(("code", "sample", "standing", "found"), SAMPLES)
def test_only_this_rule_refuses_the_sample(code, sample, standing, found):
    assert judge(sample, [found], standing) == Verdict((code,))
    without = tuple(rule for rule in RULES if rule.code != code)
    assert judge(sample, [found], standing, without).accepted


@pytest.mark.parametrize(("sample", "standing", "found"), ALLOWED)
def test_what_lies_just_within_the_terms_is_accepted(sample, standing, found):
    assert judge(sample, [found], standing).accepted


def test_every_rule_has_a_sample_a_clause_and_a_sentence():
    assert {code for code, *_ in SAMPLES} == {rule.code for rule in RULES}
    assert len({rule.code for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.clause.startswith("protocol ")
        assert rule.sentence.endswith(".")
        assert rule.sentence.format(field="security", kind="alert")


def test_content_is_not_judged_where_only_the_header_is():
    bad = replace(FOUND, persons=True, objects=7)
    assert not judge(entry(), [bad], STANDING).accepted
    assert judge(entry(), None, STANDING).accepted


def test_nothing_is_accepted_by_a_judgment_of_nothing():
    with pytest.raises(ValueError, match="needs rules"):
        judge(entry(), [FOUND], STANDING, ())
    for found in ([], [FOUND, FOUND]):
        with pytest.raises(ValueError, match="a finding for each body"):
            judge(entry(), found, STANDING)


def test_one_bad_content_among_good_ones_is_enough():
    talk = Talk()
    sample = entry(bodies=(talk.body(), talk.body()))
    assert judge(sample, [FOUND, FOUND], STANDING).accepted
    assert judge(sample, [FOUND, replace(FOUND, persons=True)], STANDING).codes == ("persons",)


def test_the_codes_fit_a_verdict_and_stand_in_the_order_of_the_catalogue():
    worst = entry(
        "alert",
        field="culture",
        at=NOW + 400 * DAY,
        keep_until=1,
        handling=Handling("red", "red"),
        bodies=(Talk().body(type="text/html", size=9_999),),
    )
    found = Findings(
        "text/plain", 2, "red", "red", persons=True, technical=True, problems=(Problem("x", "", "x"),)
    )
    standing = replace(
        STANDING, text=ENDING, activated=False, superseded=True, about=(None,), arrival=Arrival(NOW)
    )
    codes = judge(worst, [found], standing).codes
    assert len(codes) == CODES_MAX
    order = [rule.code for rule in RULES]
    assert list(codes) == sorted(codes, key=order.index)
    assert codes[0] == "no-text"
