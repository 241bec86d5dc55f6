"""National rules as a text: one form, what they may say, what they close, and towards whom."""

from typing import Any

import msgspec
import pytest

from mithaq.domain import canonical
from mithaq.domain.entry import ENTRY_MAX
from mithaq.domain.handling import Handling
from mithaq.domain.kinds import CLOSED_MAX
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.narrowing import SENTENCES, Narrowing, idle, judge, narrow
from mithaq.domain.national import RULES_MAX, NationalRules, read
from mithaq.domain.party import origin
from mithaq.domain.refusal import borne_out_by_rules, borne_out_by_text
from mithaq.domain.rules import RULES, Sees
from mithaq.errors import LimitError, MalformedError
from pair import NOW, PAIR, TITLE, Talk, make_terms, make_text
from signed_texts import lines

ME, PARTNER = PAIR
THIRD = origin("spoc.third.example")


def rules(*narrows: Narrowing, **changes: Any) -> NationalRules:
    members = {"origin": ME, "serial": 1, "issued": Moment(NOW), "title": TITLE, "narrows": narrows}
    return NationalRules(**members | changes)


EXAMPLE = b"""\
type = "mithaq/rules/1"
origin = "spoc.interior-atlas.example"
serial = 1
issued = "2027-01-15T08:00:00Z"

[title]
en = "Exercise"

[grounds]
en = "Article 5"

[[narrows]]
partner = "spoc.interior-lindmark.example"
relation = "atlas-lindmark"
field = "security"
kinds = ["information"]
media_types = ["application/pdf"]
tlp = "green"
pap = "clear"
retention_days = 10
body_max = 100

[[narrows]]
field = "culture"
closed = "field"
"""


def test_the_example_is_its_own_one_form():
    parsed = NationalRules.parse(EXAMPLE)
    assert parsed.text() == EXAMPLE
    assert [each.field for each in parsed.narrows] == ["security", "culture"]


REFUSED = {
    "unknown member": ('closed = "field"', 'open = "field"'),
    "a true": ('closed = "field"', "closed = true"),
    "closed by halves": ('closed = "field"', 'closed = "half"'),
    "closed and more": ('closed = "field"', 'closed = "field"\ntlp = "green"'),
    "nothing": ('closed = "field"\n', ""),
    "closed nowhere": ('field = "culture"\n', ""),
    "no origin": ('origin = "spoc.interior-atlas.example"', 'origin = "atlas"'),
    "serial 0": ("serial = 1", "serial = 0"),
    "an unknown kind": ('["information"]', '["gossip"]'),
    "housekeeping": ('["information"]', '["held"]'),
    "requests without replies": ('["information"]', '["request"]'),
    "replies without requests": ('["information"]', '["reply"]'),
    "kinds twice": ('["information"]', '["information", "information"]'),
    "kinds unsorted": ('["information"]', '["information", "alert"]'),
    "no media type": ('["application/pdf"]', '["pdf"]'),
    "an unknown TLP": ('tlp = "green"', 'tlp = "grey"'),
    "an unknown PAP": ('pap = "clear"', 'pap = "grey"'),
    "kept for ever": ("retention_days = 10", "retention_days = 99999"),
    "not kept": ("retention_days = 10", "retention_days = 0"),
    "too large": ("body_max = 100", "body_max = 99999999999"),
    "no field's name": ('field = "culture"', 'field = "Culture"'),
    "towards oneself": ('partner = "spoc.interior-lindmark', 'partner = "spoc.interior-atlas'),
    "no party": ('partner = "spoc.interior-lindmark.example"', 'partner = "lindmark"'),
    "a relation of nobody": ('partner = "spoc.interior-lindmark.example"\n', ""),
    "an empty title": ('en = "Exercise"', 'en = ""'),
    "no title": ('[title]\nen = "Exercise"\n\n', ""),
    "another type": ("mithaq/rules/1", "mithaq/rules/2"),
    "an agreement": ("mithaq/rules/1", "mithaq/agreement/1"),
    "a last space": ("body_max = 100", "body_max = 100 "),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_texts_are_refused(name):
    with pytest.raises(MalformedError):
        NationalRules.parse(lines(EXAMPLE, REFUSED[name]))


def test_grounds_are_text_in_a_language():
    with pytest.raises(MalformedError, match="language"):
        msgspec.structs.replace(NationalRules.parse(EXAMPLE), grounds={"Plain English": "why"})


def test_approvals_are_known_and_refused_until_there_are_persons():
    """Fail closed: rules that ask for what nobody can give are not rules in force."""
    with pytest.raises(MalformedError, match="knows no persons") as caught:
        NationalRules.parse(lines(EXAMPLE, ('closed = "field"', "approvals = 2")))
    assert caught.value.where == "approvals"


@pytest.mark.parametrize("number", [CLOSED_MAX, CLOSED_MAX + 1])
def test_as_many_narrowings_as_a_page_holds(number):
    each = Narrowing(field="culture", closed="field")
    if number > CLOSED_MAX:
        with pytest.raises(MalformedError, match="too many"):
            rules(*[each] * number)
        with pytest.raises(MalformedError, match="too many"):
            Narrowing(media_types=tuple(f"text/t{n:03}" for n in range(number)))
    else:
        assert len(rules(*[each] * number).narrows) == number


def test_the_largest_text_fits_into_one_entry():
    media = tuple(sorted(f"text/{'x' * 60}{n:03}" for n in range(CLOSED_MAX)))
    full = rules(*(Narrowing(field=f"field-{n}", media_types=media) for n in range(9)))
    assert len(full.text()) > RULES_MAX * 0.85
    talk = Talk()
    entry = talk.entry(0, "rules", facts=full.facts(PARTNER))
    assert len(entry.data) < len(full.text()) + 500 < ENTRY_MAX
    with pytest.raises(LimitError):
        NationalRules.parse(rules(*full.narrows, *full.narrows).text())


# --- what they close ---------------------------------------------------------------------------------------


def test_terms_never_get_wider_than_the_text():
    terms = make_terms(tlp="amber", pap="", retention_days=30, body_max=1_000)
    loose = Narrowing(tlp="red", pap="red", retention_days=3_000, body_max=2_000_000)
    assert narrow(terms, [loose]) == terms


def test_the_lower_of_each_ceiling_counts():
    terms = make_terms(pap="amber")
    two = (Narrowing(tlp="green", retention_days=20), Narrowing(tlp="clear", pap="green", body_max=9))
    narrowed = narrow(terms, two)
    assert narrowed == narrow(terms, two[::-1])
    assert (narrowed.tlp, narrowed.pap, narrowed.retention_days, narrowed.body_max) == (
        "clear",
        "green",
        20,
        9,
    )


def test_without_requests_there_is_no_profile():
    narrowed = narrow(make_terms(), [Narrowing(kinds=("reply", "request"))])
    assert (narrowed.kinds, narrowed.profile) == (("alert", "information"), "")


@pytest.mark.parametrize(
    "closing",
    [
        Narrowing(field="security", closed="field"),
        Narrowing(kinds=("alert", "information", "reply", "request")),
        Narrowing(media_types=("text/plain",)),
    ],
    ids=["by name", "every kind", "every media type"],
)
def test_where_nothing_is_left_the_field_is_closed(closing):
    assert narrow(make_terms(), [closing]) is None


CASES = {
    "field": ({"field": "security", "closed": "field"}, {}),
    "kind": ({"kinds": ("information",)}, {}),
    "media-type": ({"media_types": ("text/plain",)}, {"field": "two"}),
    "size": ({"body_max": 4}, {}),
    "tlp": ({"tlp": "clear"}, {}),
    "pap": ({"pap": "clear"}, {"field": "culture", "handling": Handling("green", pap="green")}),
    "expiry": ({"retention_days": 1}, {"keep_until": NOW + DAY + 1}),
}


@pytest.mark.parametrize("code", CASES)
def test_every_code_is_said_and_by_nothing_else(code):
    members, changes = CASES[code]
    talk = Talk()
    two = make_terms(media_types=("application/pdf", "text/plain"))
    text = make_text(fields=make_text().fields | {"two": two})
    entry = talk.share(0, text.digest, **changes)
    assert judge(entry, text, [Narrowing(**members)]) == (code,)
    assert judge(entry, text, []) == ()


def test_the_codes_are_those_of_the_catalogue_that_look_at_terms_in_the_header():
    assert set(CASES) == set(SENTENCES)
    assert set(SENTENCES) < {rule.code for rule in RULES}


def test_other_fields_and_relations_are_not_concerned():
    talk, text = Talk(), make_text()
    entry = talk.share(0, text.digest)
    for place in ({"field": "culture"}, {"relation": "other"}, {"relation": "other", "field": "security"}):
        assert judge(entry, text, [Narrowing(tlp="clear", **place)]) == ()
    for place in ({}, {"field": "security"}, {"relation": text.relation}):
        assert judge(entry, text, [Narrowing(tlp="clear", **place)]) == ("tlp",)


def test_a_field_that_the_text_lacks_is_the_texts_matter():
    talk, text = Talk(), make_text()
    assert judge(talk.share(0, text.digest, field="unknown"), text, [Narrowing(tlp="clear")]) == ()


def test_a_refusal_is_borne_out_by_what_was_told():
    talk, text = Talk(), make_text()
    entry, told = talk.share(0, text.digest), [Narrowing(tlp="clear", body_max=1)]
    assert borne_out_by_rules(("tlp",), entry, text, told)
    assert borne_out_by_rules(("size", "tlp"), entry, text, told)
    for codes, closes in ((("kind",), told), (("kind", "tlp"), told), (("content",), told), (("tlp",), [])):
        assert not borne_out_by_rules(codes, entry, text, closes)


@pytest.mark.parametrize("rule", RULES, ids=[rule.code for rule in RULES])
def test_a_refusal_by_the_text_is_borne_out_by_the_record(rule):
    """Of a legal entry the reader's own findings or acts can be to blame; of a void one just its code."""
    seen_by_reader = rule.sees & (Sees.BODIES | Sees.ARRIVAL) and not rule.sees & Sees.HEADER
    assert borne_out_by_text((rule.code,), "") == bool(seen_by_reader)
    assert borne_out_by_text((rule.code,), "", {rule.code})
    assert borne_out_by_text((rule.code,), rule.code)
    assert not borne_out_by_text((rule.code,), "unseen")
    assert not borne_out_by_text(("content", "nonsense"), "")


def test_what_meets_no_field_is_idle():
    text = make_text()
    assert idle(Narrowing(field="secrity", closed="field"), [text])
    assert idle(Narrowing(tlp="clear"), [])
    assert not idle(Narrowing(tlp="clear"), [text])
    assert not idle(Narrowing(field="security", closed="field"), [text])


# --- what is told ------------------------------------------------------------------------------------------


def test_a_partner_is_told_what_concerns_it_and_nothing_of_others():
    all_of_them = rules(
        Narrowing(partner=THIRD, relation="atlas-third", field="secret", closed="field"),
        Narrowing(partner=PARTNER, field="security", kinds=("alert",)),
        Narrowing(tlp="green"),
    )
    facts = all_of_them.facts(PARTNER)
    assert facts["closes"] == [{"field": "security", "kinds": ["alert"]}, {"tlp": "green"}]
    told = canonical.encode(facts)
    for private in (b"third", b"secret", b"Exercise", b"lindmark"):
        assert private not in told
    only_others = rules(all_of_them.narrows[0])
    assert only_others.facts(PARTNER) == {"digest": only_others.digest, "serial": 1}


def test_what_is_told_reads_back_as_what_is_enforced():
    parsed = NationalRules.parse(EXAMPLE)
    entry = Talk().entry(0, "rules", facts=parsed.facts(PARTNER))
    assert read(type(entry).parse(entry.data)) == parsed.towards(PARTNER)
    assert read(Talk().entry(0, "rules", facts=rules().facts(PARTNER))) == ()
