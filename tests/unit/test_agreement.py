import pytest

from mithaq.domain import strict_toml
from mithaq.domain.agreement import AGREEMENT_MAX, Agreement
from mithaq.errors import LimitError, MalformedError
from signed_texts import A, B, agreement, lines, members

TEXT = agreement().text()


def changed(path, value):
    """The sample with one member set, or removed if ``value`` is None."""
    table = members(agreement())
    *parents, last = path.split("/")
    here = table
    for part in parents:
        here = here[int(part) if part.isdigit() else part]
    if value is None:
        del here[last]
    else:
        here[last] = value
    return strict_toml.convert(Agreement, table)


def test_round_trip_and_digest():
    assert Agreement.parse(TEXT) == agreement()
    assert len(agreement().digest) == 64
    assert agreement().origins == (A, B)
    assert agreement().party(B).origin == B
    with pytest.raises(MalformedError):
        agreement().party("spoc.c.example")


def test_profiles_by_field():
    assert agreement().profile_of("security") is agreement().profiles["police"]
    assert agreement().profile_of("tourism") is None


def test_a_field_without_requests_needs_no_profile():
    field = {**members(agreement())["fields"]["migration"], "kinds": ["expertise"], "data": "none"}
    del field["profile"]
    text = changed("fields/exchange", field)
    assert text.profile_of("exchange") is None
    assert Agreement.parse(text.text()) == text


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("previous", "ab" * 32),
        ("serial", 0),
        ("serial", 2**53),
        ("relation", "Atlas"),
        ("relation", "a" * 33),
        ("sign_by", "soon"),
        ("sign_by", 1),
        ("ends", "2020-01-01T00:00:00Z"),
        ("notice_days", 731),
        ("utc_offset", "Europe/Berlin"),
        ("title/it", "Accordo"),
        ("exercise/ar", None),
        ("prose/ar", None),
        ("prose/ar", "x" * 20_001),
        ("fields", {}),
        ("instrument/kind", "Treaty"),
        ("instrument/date", "2026-02-30"),
        ("instrument/date", "20260201"),
        ("instrument/scan", "ab"),
        ("instrument/prevailing", "es"),
        ("instrument/authentic", ["fr", "ar"]),
        ("instrument/authentic", ["ar", "ar"]),
        ("instrument/authentic", ["arabic"]),
        ("parties/0/languages", ["fr", "ar"]),
        ("parties/0/languages", ["French"]),
        ("parties/0/supervisor", None),
        ("parties/0/supervisor", {}),
        ("parties/0/quota", 10),
        ("fields/Security", {}),
        ("fields/security/kinds", ["request"]),
        ("fields/security/kinds", ["alert", "gossip"]),
        ("fields/security/kinds", ["held"]),
        ("fields/security/kinds", ["information", "alert"]),
        ("fields/security/data", "everything"),
        ("fields/security/tlp", "white"),
        ("fields/security/pap", "amber+strict"),
        ("fields/security/media_types", ["Text/Plain"]),
        ("fields/security/media_types", ["text/plain; charset=utf-8"]),
        ("fields/security/body_max", 32 * 1024 * 1024 + 1),
        ("fields/security/body_max", 0),
        ("fields/security/retention_days", 0),
        ("fields/security/retention_days", 3_651),
        ("fields/security/onward", "free"),
        ("fields/security/protects", ["property"]),
        ("fields/security/title", {}),
        ("fields/security/persons", "some"),
        ("profiles/Police", {}),
    ],
)
def test_what_no_agreement_can_be(path, value):
    with pytest.raises(MalformedError):
        changed(path, value)


def test_more_fields_than_anyone_reads():
    field = members(agreement())["fields"]["security"]
    table = members(agreement())
    table["fields"] |= {f"f{n}": field for n in range(61)}
    with pytest.raises(MalformedError, match="fields"):
        strict_toml.convert(Agreement, table)


def test_later_texts():
    assert changed("serial", 2).previous == ""
    table = members(agreement()) | {"serial": 2, "previous": "ab" * 32, "ends": "2030-01-01T00:00:00Z"}
    later = strict_toml.convert(Agreement, table)
    assert Agreement.parse(later.text()) == later
    assert later.digest != agreement().digest


def test_limit():
    with pytest.raises(LimitError):
        Agreement.parse(TEXT + b"#" * AGREEMENT_MAX)


def test_an_error_names_the_place():
    with pytest.raises(MalformedError) as caught:
        Agreement.parse(lines(TEXT, ("notice_days = 90", 'notice_days = "90"')))
    assert caught.value.where == "notice_days"
