"""Deterministic ids of cyber-observables, against ids that OASIS and other programs have made."""

import pytest

import stix_samples as make
from mithaq.formats import stix_ids

MADE = [
    ({"type": "ipv4-addr", "value": "198.51.100.3"}, "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"),
    (
        {
            "type": "email-message",
            "is_multipart": False,
            "from_ref": "email-addr--e4ee5301-b52d-59cd-a8fa-8036738c7194",
            "subject": "Grüße \u2028 \U0001f600",
            "body": 'a "b" \\ \n\t\x7f\x01',
        },
        "email-message--ff4e6a5e-466b-566e-b0e7-adb16c7fb7a1",
    ),
    (
        {
            "type": "file",
            "hashes": {"SHA-256": "0" * 64},
            "name": "a.exe",
            "extensions": {
                "windows-pebinary-ext": {
                    "pe_type": "exe",
                    "sections": [{"name": ".text", "entropy": 7.980693}],
                }
            },
        },
        "file--3972e4d5-c338-5232-8808-d7bb5c454dff",
    ),
    (
        {
            "type": "network-traffic",
            "protocols": ["tcp"],
            "src_ref": "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4",
            "start": "2026-01-01T00:00:00Z",
            "src_port": 3,
        },
        "network-traffic--cad4e892-0f1b-593c-ba63-f9781daed790",
    ),
    (
        {
            "type": "windows-registry-key",
            "key": "HKLM\\x",
            "values": [{"name": "a", "data": "ü", "data_type": "REG_SZ"}],
        },
        "windows-registry-key--3aaaacaf-adfc-51ed-8675-50626188a935",
    ),
]
"""Observables and their ids as the library of OASIS makes them."""


@pytest.mark.parametrize(("item", "name"), MADE, ids=[item["type"] for item, _ in MADE])
def test_ids_that_others_make(item, name):
    assert stix_ids.deterministic(item) == name


def test_what_does_not_contribute_changes_nothing():
    item = {"type": "file", "name": "a.exe"}
    assert stix_ids.deterministic(item | {"size": 3}) == stix_ids.deterministic(item)
    assert stix_ids.deterministic(item | {"name": "b.exe"}) != stix_ids.deterministic(item)


def test_one_hash_contributes_in_the_order_of_the_specification():
    hashes = {"SHA-256": "1", "SHA-1": "2", "SSDEEP": "3"}
    first = stix_ids.deterministic({"type": "file", "hashes": {"SHA-1": "2"}})
    assert stix_ids.deterministic({"type": "file", "hashes": hashes}) == first
    other = {"type": "file", "hashes": {"TLSH": "4", "SSDEEP": "3"}}
    assert stix_ids.deterministic(other) == stix_ids.deterministic(
        {"type": "file", "hashes": {"SSDEEP": "3"}}
    )


def test_where_nothing_contributes_there_is_none():
    assert stix_ids.deterministic({"type": "process", "pid": 3}) is None
    assert stix_ids.deterministic({"type": "file", "size": 3}) is None
    assert stix_ids.deterministic(make.indicator()) is None


def test_only_a_uuid_5_can_differ():
    item = {"type": "url", "value": "https://c2.example/"}
    right = stix_ids.deterministic(item)
    wrong = make.name("url")
    assert stix_ids.differs(item | {"id": right}) is None
    assert stix_ids.differs(item | {"id": wrong}) == right
    assert stix_ids.differs(item | {"id": "url--11111111-2222-4333-8444-555555555555"}) is None
    assert stix_ids.differs(make.indicator(id=make.name("indicator"))) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-2.5, "-2.5"),
        (0.002, "0.002"),
        (1e-06, "0.000001"),
        (1e-07, "1e-7"),
        (1.5e-10, "1.5e-10"),
        (123456789012345680000.0, "123456789012345680000"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (333333333.33333329, "333333333.3333333"),
    ],
)
def test_numbers_as_rfc_8785_writes_them(value, text):
    assert stix_ids.canonical(value) == text


def test_members_are_sorted_by_utf_16():
    """The sample of RFC 8785, 3.2.3."""
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    said = stix_ids.canonical(dict.fromkeys(names, "x"))
    sorted_names = ["\\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert said == "{" + ",".join(f'"{name}":"x"' for name in sorted_names) + "}"
    assert stix_ids.canonical([1, None, {"b": [], "a": {}}]) == '[1,null,{"a":{},"b":[]}]'
