from datetime import UTC, datetime

import pytest

from mithaq.domain.profile import Common, Ground, Limit, Refusal, RequestProfile, Urgency
from mithaq.domain.texts import UtcOffset
from mithaq.errors import MalformedError
from signed_texts import agreement

EN = {"en": "words"}
OPEN = Urgency(direct=Limit("7 days"), indirect=Limit("7 days"), title=EN)
URGENT = Urgency(direct=Limit("8 hours"), indirect=Limit("3 days"), grounds=("life",), title=EN)
NEUTRAL = Refusal(Common.NEUTRAL, EN)
GROUNDS = {"life": Ground(EN)}


def profile(**changes):
    whole = {
        "title": EN,
        "urgencies": {"open": OPEN, "urgent": URGENT},
        "grounds": GROUNDS,
        "refusals": {"n": NEUTRAL},
    }
    return RequestProfile(**(whole | changes))


def test_the_police_template_says_what_the_directive_says():
    police = agreement().profiles["police"]
    assert (police.urgencies["urgent"].direct, police.urgencies["urgent"].indirect) == ("8 hours", "3 days")
    assert police.urgencies["other"].direct == police.urgencies["other"].indirect == "7 days"
    assert len(police.grounds) == 4
    assert "".join(sorted(police.refusals)) == "abcdefghnpr"
    assert {row.common for row in police.refusals.values()} == set(Common)


@pytest.mark.parametrize(
    ("limit", "offset", "due"),
    [
        ("8 hours", "+01:00", "2026-11-25T17:00:00Z"),
        ("3 days", "+00:00", "2026-11-28T23:59:59Z"),
        ("3 days", "+01:00", "2026-11-28T22:59:59Z"),
        ("3 days", "-03:30", "2026-11-29T03:29:59Z"),
        ("1 days", "+14:00", "2026-11-26T09:59:59Z"),
        ("1 days", "+15:00", "2026-11-27T08:59:59Z"),
    ],
)
def test_due(limit, offset, due):
    start = int(datetime(2026, 11, 25, 9, tzinfo=UTC).timestamp())
    assert datetime.fromtimestamp(Limit(limit).due(start, UtcOffset(offset)), UTC).strftime("%FT%TZ") == due


@pytest.mark.parametrize(
    "text", ["8", "8 hour", "0 days", "1000 days", "8  hours", "+8 hours", "1 weeks", "8 hours\n"]
)
def test_limits_are_of_one_form(text):
    with pytest.raises(MalformedError):
        Limit.parse(text)


@pytest.mark.parametrize(
    "changes",
    [
        {"urgencies": {}},
        {"urgencies": {f"u{n}": OPEN for n in range(9)}, "grounds": {}},
        {"urgencies": {"urgent": URGENT}},
        {"urgencies": {"Open": OPEN}, "grounds": {}},
        {"grounds": {}},
        {"grounds": {**GROUNDS, "other": Ground(EN)}},
        {"refusals": {}},
        {"refusals": {"a": Refusal(Common.OUTSIDE, EN)}},
        {"refusals": {"n": NEUTRAL, "m": NEUTRAL}},
        {"refusals": {"n": NEUTRAL} | {f"c{n}": Refusal(Common.OUTSIDE, EN) for n in range(32)}},
        {"refusals": {"n": Refusal(Common.NEUTRAL, {})}},
        {"title": {}},
    ],
)
def test_what_no_profile_can_be(changes):
    with pytest.raises(MalformedError):
        profile(**changes)


def test_a_sound_one():
    assert profile().urgencies["open"] is OPEN
