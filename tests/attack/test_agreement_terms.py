"""Attacks on the terms: a law that is not in the text, a term that favours one side, persons let in."""

import pytest

from mithaq.domain import strict_toml
from mithaq.domain.agreement import Agreement
from mithaq.domain.moment import Moment
from mithaq.errors import MalformedError
from signed_texts import A, B, agreement, lines, members

TEXT = agreement().text()


def refuse(text, match):
    with pytest.raises(MalformedError, match=match):
        Agreement.parse(text)


def convert(table):
    return strict_toml.convert(Agreement, table)


@pytest.mark.parametrize("field", ["security", "migration"])
def test_content_about_persons_cannot_be_opened_by_text(field):
    table = members(agreement())
    table["fields"][field]["data"] = "persons"
    refuse(strict_toml.dump(table), "persons")


def test_no_member_switches_persons_on():
    for switch in ("persons = 1\n", 'allow = ["persons"]\n', "safeguards = 1\n"):
        refuse(lines(TEXT, ("notice_days", switch + "notice_days")), "unknown field")


def test_hidden_law_requests_without_a_profile():
    table = members(agreement())
    del table["fields"]["security"]["profile"]
    with pytest.raises(MalformedError, match="hidden law"):
        convert(table)


def test_hidden_law_a_profile_that_stands_elsewhere():
    table = members(agreement())
    table["fields"]["security"]["profile"] = "annex-b"
    with pytest.raises(MalformedError, match="hidden law"):
        convert(table)


def test_hidden_law_a_profile_that_no_field_uses():
    table = members(agreement())
    table["profiles"]["shadow"] = table["profiles"]["police"]
    with pytest.raises(MalformedError, match="hidden law"):
        convert(table)


@pytest.mark.parametrize(
    "path",
    [
        ("fields", "security", "title", "en"),
        ("profiles", "police", "title", "en"),
        ("profiles", "police", "refusals", "f", "title", "ar"),
        ("prose", "de"),
        ("title", "fr"),
        ("exercise", "en"),
        ("instrument", "place", "en"),
    ],
)
@pytest.mark.parametrize("party", [A, B, B.upper()])
def test_a_party_outside_its_table(path, party):
    table = members(agreement())
    here = table
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] += f" ({party})"
    with pytest.raises(MalformedError, match="outside its table"):
        convert(table)


def test_a_party_in_the_other_s_table():
    table = members(agreement())
    table["parties"][0]["legal_basis"]["en"] += f"; {B} obeys"
    with pytest.raises(MalformedError, match="outside its table"):
        convert(table)


def test_a_party_by_name_in_the_terms():
    table = members(agreement())
    table["fields"]["security"]["title"]["en"] = "Security of the ministry of the interior of Atlas"
    with pytest.raises(MalformedError, match="in the terms"):
        convert(table)


def test_an_origin_within_the_other_origin_is_no_mention():
    table = members(agreement())
    table["parties"][0]["origin"] = "lindmark.example"
    table["parties"][1]["origin"] = "spoc.lindmark.example"
    table["parties"][1]["contact"] = {"en": "duty@spoc.lindmark.example"}
    table["parties"][0]["contact"] = {"en": "duty@lindmark.example"}
    assert convert(table).origins == ("lindmark.example", "spoc.lindmark.example")
    table["parties"][1]["contact"] = {"en": "duty@lindmark.example"}
    with pytest.raises(MalformedError, match="outside its table"):
        convert(table)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_exactly_two_parties(count):
    table = members(agreement())
    first, second = table["parties"]
    table["parties"] = [first, second, {**second, "origin": "z.example"}][:count]
    with pytest.raises(MalformedError):
        convert(table)


def test_one_party_twice_or_out_of_order():
    table = members(agreement())
    first, second = table["parties"]
    for parties in ([second, first], [first, first]):
        with pytest.raises(MalformedError, match="sorted"):
            convert(table | {"parties": parties})


def test_a_first_text_that_claims_one_before_it():
    with pytest.raises(MalformedError, match="first"):
        convert(members(agreement()) | {"previous": "ab" * 32})


def test_the_same_terms_in_another_order_are_no_second_text():
    table = members(agreement())
    table["fields"] = dict(reversed(table["fields"].items()))
    refuse(strict_toml.dump(table), "order")


def test_signature_lines_in_the_prose():
    fake = f"— {A} 62WS/sAAAA=="
    refuse(lines(TEXT, ("المادة 2.", f"{fake}\nالمادة 2.")), "signature")


def test_duplicate_members():
    refuse(lines(TEXT, ("notice_days = 90", "notice_days = 90\nnotice_days = 1")), "second member")


def test_direction_controls_in_a_title():
    refuse(lines(TEXT, ('"Security"', '"Sec\u202eurity"')), "does not show")


def test_made_values_are_checked_like_read_ones():
    """A text made by our own software passes the same checks as one that came."""
    with pytest.raises(MalformedError):
        type(agreement())(
            **{**{f: getattr(agreement(), f) for f in agreement().__struct_fields__}, "ends": Moment(0)}
        )
