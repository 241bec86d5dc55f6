"""Events of MISP as STIX: what each piece becomes, and that nothing goes in silence."""

import json
import os
from pathlib import Path

import pytest

import misp_samples as make
from mithaq.errors import LimitError, MalformedError
from mithaq.formats import misp_event, misp_pattern, misp_stix, misp_values, stix
from mithaq.formats.losses import INTERNAL
from mithaq.formats.stix_markings import PAP, TLP_2

SHARED = Path(os.environ.get("MITHAQ_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "misp"


def converted(*attributes, **members):
    return misp_stix.convert(make.content(make.event(*attributes, **members)))


def of(made, kind):
    return [item for item in made.objects if item["type"] == kind]


def weighty(made):
    return [(each.code, each.path) for each in made.losses if each.code != INTERNAL]


@pytest.mark.parametrize(
    ("kind", "value", "pattern"),
    [
        ("ip-dst", "198.51.100.7", "[ipv4-addr:value = '198.51.100.7']"),
        ("ip-src", "2001:DB8::1", "[ipv6-addr:value = '2001:db8::1']"),
        ("ip-dst", "198.51.100.0/24", "[ipv4-addr:value = '198.51.100.0/24']"),
        ("hostname", "c2.example", "[domain-name:value = 'c2.example']"),
        ("url", "https://c2.example/'", "[url:value = 'https://c2.example/\\'']"),
        ("md5", make.MD5.upper(), f"[file:hashes.MD5 = '{make.MD5}']"),
        ("sha1", make.SHA1, f"[file:hashes.'SHA-1' = '{make.SHA1}']"),
        ("filename", "a\\b", "[file:name = 'a\\\\b']"),
        ("filename|md5", f"a|{make.MD5}", f"[file:hashes.MD5 = '{make.MD5}' AND file:name = 'a']"),
        ("AS", "AS64496", "[autonomous-system:number = 64496]"),
        ("mac-address", "00-00-5E-00-53-01", "[mac-addr:value = '00:00:5e:00:53:01']"),
        (
            "hostname|port",
            "c2.example|8080",
            "[network-traffic:dst_ref.value = 'c2.example' AND network-traffic:dst_port = 8080]",
        ),
        ("mutex", "m", "[mutex:name = 'm']"),
        ("regkey", "HKLM\\a", "[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\\\a']"),
        ("email-src", "drop@c2.example", "[email-addr:value = 'drop@c2.example']"),
        (
            "user-agent",
            "a",
            "[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'a']",
        ),
        (
            "domain|ip",
            "c2.example|192.0.2.1",
            "[domain-name:value = 'c2.example' AND domain-name:resolves_to_refs[*].value = '192.0.2.1']",
        ),
        ("x509-fingerprint-sha1", make.SHA1, f"[x509-certificate:hashes.'SHA-1' = '{make.SHA1}']"),
        ("tlsh", "T1" + "A" * 70, f"[file:hashes.TLSH = '{'A' * 70}']"),
        ("ssdeep", "3:ab:cd", "[file:hashes.SSDEEP = '3:ab:cd']"),
    ],
)
def test_for_detection_it_is_an_indicator(kind, value, pattern):
    made = converted(make.attribute(1, kind, value, comment="why"))
    (indicator,) = of(made, "indicator")
    assert indicator["pattern"] == pattern
    assert indicator["id"] == f"indicator--{make.name(1)}"
    assert (indicator["description"], indicator["valid_from"]) == ("why", "2026-01-01T00:00:00.000Z")
    assert f'misp:type="{kind}"' in indicator["labels"]
    assert weighty(made) == []
    assert stix.examine(stix.bundle(made.objects)).problems == ()


def test_else_it_is_observed():
    seen = {"first_seen": "2025-12-01T01:00:00+01:00", "last_seen": "2025-12-02T00:00:00+00:00"}
    made = converted(
        make.attribute(1, "domain|ip", "c2.example|192.0.2.1", to_ids=False, comment="c", **seen)
    )
    (observed,) = of(made, "observed-data")
    (domain,), (address,) = of(made, "domain-name"), of(made, "ipv4-addr")
    assert observed["object_refs"] == [domain["id"], address["id"]]
    assert domain["resolves_to_refs"] == [address["id"]]
    assert (observed["first_observed"], observed["last_observed"]) == (
        "2025-12-01T00:00:00.000Z",
        "2025-12-02T00:00:00.000Z",
    )
    assert [(note["content"], note["object_refs"]) for note in of(made, "note")] == [("c", [observed["id"]])]


def test_an_observable_has_the_id_that_the_standard_gives_it():
    """STIX 2.1, 2.9; the value is that of the library of OASIS."""
    (address,) = of(converted(make.attribute(1, value="198.51.100.3", to_ids=False)), "ipv4-addr")
    assert address["id"] == "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"


def test_everything_of_a_rich_event():
    made = misp_stix.convert(make.content(make.rich()))
    found = stix.examine(stix.bundle(made.objects))
    assert (found.problems, found.persons, found.unmarked) == ((), False, 0)
    assert (found.tlp, found.pap) == ("amber", "amber")
    assert (made.attributes, made.carried) == (22, 21)
    assert weighty(made) == [
        ("no-place", "Event.Object[0].Attribute[4]"),
        ("no-place", "Event.Sighting.source"),
    ]
    (report,) = of(made, "report")
    assert report["name"] == make.rich()["info"]
    assert report["external_references"] == [
        {"source_name": "misp", "description": "source", "url": "https://source.example/report"}
    ]
    assert report["labels"] == ["type:OSINT", 'misp:threat-level="3"', 'misp:analysis="2"']
    assert {item["relationship_type"] for item in of(made, "relationship")} == {
        "based-on",
        "connects-to",
        "indicates",
    }
    (actor,) = of(made, "threat-actor")
    assert (actor["name"], actor["aliases"]) == ("Invented Bear", ["IB"])
    assert len(of(made, "sighting")) == 2
    (identity,) = of(made, "identity")
    assert all(item.get("created_by_ref", identity["id"]) == identity["id"] for item in made.objects)


def test_the_same_event_gives_the_same_bytes():
    content = make.content(make.rich())
    assert misp_stix.convert(content) == misp_stix.convert(content)
    again = misp_stix.convert(make.content(make.rich() | {"id": "77", "locked": True}))
    assert again.objects == misp_stix.convert(content).objects


def test_an_object_for_detection_is_found_by_any_of_its_digests():
    made = misp_stix.convert(make.content(make.rich()))
    patterns = [item["pattern"] for item in of(made, "indicator")]
    assert f"[file:hashes.MD5 = '{make.MD5}' OR file:hashes.'SHA-256' = '{make.SHA256}']" in patterns


def test_two_pieces_of_one_observable_are_one_with_the_stricter_mark():
    one = make.attribute(1, "domain", "a.example", to_ids=False)
    two = make.attribute(2, "domain", "a.example", to_ids=False, Tag=make.tags("tlp:red"))
    (domain,) = of(converted(one, two), "domain-name")
    assert domain["object_marking_refs"] == [TLP_2["red"]]


def test_marks():
    made = converted(make.attribute(), Tag=make.tags("tlp:white", "PAP:RED", "TLP:AMBER+STRICT"))
    assert all(item["object_marking_refs"] == [TLP_2["amber+strict"], PAP["red"]] for item in made.objects)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("ip-dst", "not an address"),
        ("md5", "abc"),
        ("ip-dst|port", "192.0.2.1|99999"),
        ("ip-dst|port", "192.0.2.1"),
        ("AS", "4294967296"),
        ("url", "mailto:somebody@office.example"),
        ("domain", "a b"),
        ("tlsh", "x"),
        ("mac-address", "1"),
        ("domain|ip", "a"),
        ("regkey|value", "a"),
        ("filename|md5", "a"),
        ("link", "javascript:alert(1)"),
        ("ip-dst", {"a": 1}),
        ("md5", ""),
    ],
)
def test_what_is_no_value_of_its_type_is_told(kind, value):
    made = converted(make.attribute(1), make.attribute(2, kind, value))
    assert weighty(made) == [("value", "Event.Attribute[1].value")]
    assert made.carried == 1


@pytest.mark.parametrize(
    ("member", "piece"),
    [
        ("Attribute", make.attribute(2, "pdb", "a")),
        ("Attribute", make.attribute(2, "user-agent", "a", to_ids=False)),
        ("Object", make.thing("pe-section", make.part(2, "md5", "md5", make.MD5))),
        ("Object", make.thing("file", make.part(2, "entropy", "float", "1"))),
    ],
)
def test_what_has_no_place_is_told(member, piece):
    made = misp_stix.convert(make.content(make.event(make.attribute(1)) | {member: [piece]}))
    assert weighty(made)[0][0] == "no-place"
    assert made.carried <= 1


def test_proposals_deletions_and_books_are_told():
    shadow = {"ShadowAttribute": [{"value": "x"}], "event_id": "3"}
    made = converted(make.attribute(1, **shadow), make.attribute(2, deleted=True))
    assert weighty(made) == [
        ("state", "Event.Attribute[0].ShadowAttribute[0]"),
        ("state", "Event.Attribute[1]"),
    ]
    assert (INTERNAL, "Event.Attribute[].event_id", 1) in [(e.code, e.path, e.times) for e in made.losses]


def test_members_that_nobody_knows_are_told():
    made = converted(make.attribute(1, new_member="x"), new_list=[1])
    assert set(weighty(made)) == {
        ("no-place", "Event.Attribute[].new_member"),
        ("no-place", "Event.new_list"),
    }


def test_several_events():
    other = make.event(make.attribute(5, "domain", "b.example")) | {"uuid": make.name(77)}
    made = misp_stix.convert(make.content(make.event(make.attribute(1)), other))
    assert len(of(made, "report")) == 2
    assert len(of(made, "identity")) == 1
    assert stix.examine(stix.bundle(made.objects)).problems == ()


def test_an_event_of_nothing():
    made = converted()
    assert made.objects == ()
    assert weighty(made) == [("no-place", "Event")]


@pytest.mark.parametrize("members", [{"uuid": "x"}, {"date": "", "timestamp": ""}])
def test_an_event_without_a_name_or_time(members):
    with pytest.raises(MalformedError):
        converted(make.attribute(), **members)


def test_strange_uuids_and_times_are_replaced_and_told():
    made = converted(make.attribute(1, uuid="x", timestamp="y", first_seen="z"))
    assert {path for _, path in weighty(made)} == {
        "Event.Attribute[0].uuid",
        "Event.Attribute[0].timestamp",
        "Event.Attribute[0].first_seen",
    }
    assert made == converted(make.attribute(1, uuid="x", timestamp="y", first_seen="z"))


def test_templates():
    x509 = make.thing(
        "x509",
        make.part(1, "x509-fingerprint-sha1", "x509-fingerprint-sha1", make.SHA1),
        make.part(2, "serial-number", "text", "01", to_ids=False),
    )
    ports = make.thing(
        "ip-port",
        make.part(3, "ip", "ip-dst", "192.0.2.1", to_ids=False),
        make.part(4, "dst-port", "port", "443", to_ids=False),
        make.part(5, "dst-port", "port", "80", to_ids=False),
        number=501,
    )
    names = make.thing(
        "domain-ip",
        make.part(6, "domain", "domain", "a.example"),
        make.part(7, "ip", "ip-dst", "192.0.2.2", to_ids=False),
        number=502,
    )
    made = misp_stix.convert(make.content(make.event(objects=(x509, ports, names))))
    assert [item["serial_number"] for item in of(made, "x509-certificate")] == ["01"]
    assert sorted(item["dst_port"] for item in of(made, "network-traffic")) == [80, 443]
    assert "[domain-name:value = 'a.example']" in [item["pattern"] for item in of(made, "indicator")]
    assert (made.attributes, made.carried, weighty(made)) == (7, 7, [])
    assert stix.examine(stix.bundle(made.objects)).problems == ()


def test_structure_and_not_the_name():
    assert misp_event.is_event(make.content(make.event()))
    assert misp_event.is_event(make.content(make.event(), make.event()))
    for other in (
        b"",
        b"{}",
        b"[]",
        b'{"Event":{}}',
        b'{"Event":{"uuid":1,"info":""}}',
        b'{"response":[]}',
        b"\xff",
    ):
        assert not misp_event.is_event(other)


@pytest.mark.parametrize(
    "content", [b"[]", b"{}", b'{"Event":[]}', b'{"response":[{"Event":1}]}', b'{"a":1,"a":2}']
)
def test_no_event(content):
    with pytest.raises(MalformedError):
        misp_event.parse(content)


def test_limits():
    with pytest.raises(LimitError):
        misp_event.parse(b" " * (misp_event.SIZE_MAX + 1))
    with pytest.raises(LimitError):
        misp_event.parse(b"[" * (misp_event.NODES_MAX + 1))
    with pytest.raises(LimitError):
        misp_event.parse(make.content(*[make.event()] * (misp_event.EVENTS_MAX + 1)))
    with pytest.raises(LimitError):
        misp_event.parse(b'{"Event":' + b'{"a":' * 40 + b"1" + b"}" * 41)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "[]",
        "[a:b = 'c'",
        "[ipv4-addr:value LIKE 'a']",
        "[a-b:c = 'd'] AND [a-b:c = 'e']",
        "[a-b:c = 'd' AND a-b:e = 'f' OR a-b:g = 'h']",
    ],
)
def test_other_patterns_are_not_read(pattern):
    assert misp_pattern.read(pattern) is None


@pytest.mark.parametrize("value", ["a", "it's", "a\\", "\\'", "a' AND b-c:d = 'e"])
def test_patterns_are_read_as_they_were_written(value):
    written = misp_pattern.write({"type": "file", "name": value, "size": 3})
    assert misp_pattern.read(written) == ("file", (("name", value), ("size", 3)), False)


def test_every_digest_has_its_length():
    for kind, (name, size) in misp_values.HASHES.items():
        thing = misp_values.observable(kind, "A" * size)
        assert thing == {"type": "file", "hashes": {name: "a" * size}}
        with pytest.raises(ValueError, match="hexadecimal"):
            misp_values.observable(kind, "A" * (size - 1))


@pytest.mark.skipif(not SHARED.is_dir(), reason="shared data not there")
def test_events_from_the_world():
    """Each gives what its partner would accept; most attributes have a place, and every other one is told."""
    total = carried = 0
    for path in sorted((SHARED / "pymisp").glob("*.json")):
        content = path.read_bytes()
        if not misp_event.is_event(content):
            continue
        made = misp_stix.convert(content)
        total, carried = total + made.attributes, carried + made.carried
        assert made.attributes - made.carried <= len(made.losses)
        if made.objects:
            found = stix.examine(stix.bundle(made.objects))
            assert (found.problems, found.persons) == ((), False)
            json.dumps(made.objects)
    assert carried > 0.85 * total > 0
