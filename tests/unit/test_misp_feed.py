"""The feed of MISP, read back by PyMISP as a MISP would."""

import csv
import io
import json
import os
from collections import Counter
from pathlib import Path

import pymisp
import pytest

import misp_samples as make
import stix_samples
from mithaq.errors import MalformedError
from mithaq.formats import misp_event, misp_feed, misp_pieces, misp_stix
from mithaq.formats.misp_pattern import Simple
from mithaq.formats.stix_markings import TLP_2

SHARED = Path(os.environ.get("MITHAQ_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "misp"
MAKER = misp_feed.Maker("Authority", make.name(-5))
AT = 1767225600


def feed(*objects, name="log/7/0", **members):
    given = {"at": AT, "tlp": "green", "maker": MAKER} | members
    raw = [json.dumps(each).encode() for each in objects]
    return misp_feed.event(misp_feed.Group(name=name, objects=raw, **given))


def loaded(event):
    made = pymisp.MISPEvent()
    made.load(json.loads(event.file))
    return made


def values(event):
    parts = [*event.attributes, *(part for item in event.objects for part in item.attributes)]
    return Counter((part.type, part.value, part.to_ids) for part in parts)


def there_and_back(content, **members):
    return feed(*misp_stix.convert(content).objects, **members)


def test_pymisp_reads_it_back():
    made = there_and_back(make.content(make.rich()))
    event = loaded(made)
    assert event.info == make.rich()["info"]
    assert (event.uuid, made.name) == (made.uuid, f"{made.uuid}.json")
    assert (event.distribution, event.analysis, event.threat_level_id) == (0, 2, 4)
    assert {"tlp:amber", "PAP:AMBER", "type:OSINT"} <= {tag.name for tag in event.tags}
    assert 'misp-galaxy:threat-actor="Invented Bear"' in {tag.name for tag in event.tags}
    found = values(event)
    for kind, value, detect in [
        ("ip-dst", "198.51.100.7", True),
        ("domain", "c2.example", False),
        ("ip-dst|port", "198.51.100.7|443", True),
        ("filename|sha256", f"a.exe|{make.SHA256}", True),
        ("email-src", "drop@c2.example", True),
        ("vulnerability", "CVE-2025-0001", False),
        ("yara", "rule a { condition: true }", True),
        ("link", "https://source.example/report", False),
        ("md5", make.MD5, True),
        ("filename", "a.exe", False),
        ("size-in-bytes", "1234", False),
        ("user-agent", "it's \\ agent", True),
    ]:
        assert found[kind, value, detect] == 1, (kind, value)
    (first,) = [each for each in event.attributes if each.type == "ip-dst"]
    assert {tag.name for tag in first.tags} == {
        "tlp:amber",
        "PAP:AMBER",
        "kind:test",
        'misp-galaxy:tool="Invented RAT"',
    }
    assert (first.comment, first.category) == ("c2", "Network activity")
    assert {report.name for report in event.event_reports} >= {"What happened", "note"}


def test_the_feed_is_as_pymisp_writes_one():
    made = there_and_back(make.content(make.rich()))
    event = loaded(made)
    (row,) = event.manifest.values()
    assert made.row.keys() == row.keys()
    same = ("Orgc", "date", "info", "timestamp")
    assert [made.row[name] for name in same] == [row[name] for name in same]
    assert [int(made.row[name]) for name in ("analysis", "threat_level_id")] == [2, 4]
    assert [tag["name"] for tag in made.row["Tag"]] == [tag["name"] for tag in row["Tag"]]
    assert sorted(made.digests) == sorted(set(event.attributes_hashes("md5")))


def test_manifest_hashes_and_losses():
    events = [
        feed(stix_samples.indicator(i), {"type": "x-own", "id": "x-own--1"}, name=f"log/{i}/0")
        for i in (1, 2)
    ]
    manifest = json.loads(b"".join(misp_feed.manifest((each.uuid, each.row) for each in events)))
    assert list(manifest) == [each.uuid for each in events]
    assert manifest[events[0].uuid]["timestamp"] == AT
    assert manifest[events[0].uuid]["Orgc"] == {"name": "Authority", "uuid": make.name(-5)}
    written = b"".join(misp_feed.hashes((each.uuid, each.digests) for each in events)).decode()
    rows = list(csv.reader(io.StringIO(written)))
    assert [row[1] for row in rows] == [each.uuid for each in events]
    lost = json.loads(b"".join(misp_feed.losses((each.uuid, each.losses) for each in events)))
    assert {"code": "no-place", "path": "x-own--1", "message": "MISP has no place for x-own"} in lost[
        events[0].uuid
    ]
    assert b"".join(misp_feed.manifest([])) == b"{}"


def test_the_same_body_gives_the_same_bytes():
    items = misp_stix.convert(make.content(make.rich())).objects
    assert feed(*items) == feed(*items)
    assert feed(*items).uuid != feed(*items, name="log/8/0").uuid


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[domain-name:value = 'a.example' OR domain-name:value = 'b.example']", ["domain", "domain"]),
        ("[network-traffic:src_ref.value = '192.0.2.1']", ["ip-src"]),
        ("[email-message:from_ref.value = 'drop@c2.example']", ["email-src"]),
        ("[autonomous-system:number = 64496]", ["AS"]),
        ("[ipv6-addr:value = '2001:db8::1']", ["ip-dst"]),
        (
            "[network-traffic:dst_ref.value = 'a.example' AND network-traffic:dst_port = 80]",
            ["hostname|port"],
        ),
        ("[process:command_line = 'a']", []),
        ("[domain-name:value = 'a' FOLLOWEDBY domain-name:value = 'b']", []),
        ("[ipv4-addr:value = 'no address']", []),
    ],
)
def test_patterns(pattern, expected):
    made = feed(stix_samples.indicator(1, pattern=pattern))
    event = loaded(made)
    assert [each.type for each in event.attributes] == expected
    assert all(each.to_ids for each in event.attributes)
    assert expected or "pattern" in next(iter(made.losses)).path


def test_a_file_of_several_digests_is_an_object():
    pattern = (
        f"[file:name = 'a' AND file:hashes.MD5 = '{make.MD5}' AND file:hashes.'SHA-256' = '{make.SHA256}']"
    )
    (item,) = loaded(feed(stix_samples.indicator(1, pattern=pattern))).objects
    assert item.name == "file"
    assert {(part.object_relation, part.to_ids) for part in item.attributes} == {
        ("filename", False),
        ("md5", True),
        ("sha256", True),
    }


def test_a_type_of_old_is_kept_where_it_fits():
    labels = {"labels": ['misp:type="ip-src"', 'misp:category="Payload delivery"']}
    (one,) = loaded(feed(stix_samples.indicator(1, **labels))).attributes
    assert (one.type, one.category) == ("ip-src", "Payload delivery")
    (one,) = loaded(
        feed(stix_samples.indicator(1, labels=['misp:type="md5"', 'misp:category="Person"']))
    ).attributes
    assert (one.type, one.category) == ("ip-dst", "Network activity")


def test_what_is_not_read_is_counted():
    made = feed(*stix_samples.samples(), {"type": "url", "id": "url--1", "value": "https://a.example/"})
    told = {(each.path, each.times) for each in made.losses}
    assert ("campaign--" + stix_samples.name("campaign").split("--")[1], 1) in told
    assert ("indicator.valid_until", 1) in told
    loaded(made)


def test_observed_data_without_its_objects():
    seen = {"first_observed": stix_samples.TIME, "last_observed": stix_samples.LATER, "number_observed": 1}
    gone = stix_samples.domain_object("observed-data", **seen, object_refs=[stix_samples.name("url", 9)])
    older = stix_samples.domain_object(
        "observed-data", 2, **seen, objects={"0": {"type": "url", "value": "x"}}
    )
    assert {each.code for each in feed(gone, older).losses} == {"reference", "no-place"}


def test_times_and_marks_of_what_tells_none():
    bare = {"type": "domain-name", "id": stix_samples.name("domain-name"), "value": "a.example"}
    made = feed(bare, pap="amber", info="Named")
    event = loaded(made)
    assert [tag.name for tag in event.tags] == ["tlp:green", "PAP:AMBER"]
    assert (event.info, made.row["timestamp"], made.row["date"]) == ("Named", AT, "2026-01-01")


def test_a_definition_in_the_body_counts():
    own = stix_samples.name("marking-definition")
    definition = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": own,
        "created": stix_samples.TIME,
        "definition_type": "statement",
        "definition": {"statement": "PAP:RED"},
    }
    item = stix_samples.indicator(1, object_marking_refs=[own, TLP_2["clear"]])
    assert [tag.name for tag in loaded(feed(item, definition)).tags] == ["tlp:green", "PAP:RED"]


def test_an_object_that_is_none():
    with pytest.raises(MalformedError):
        misp_feed.event(misp_feed.Group("a", [b"{"], AT, "green", MAKER))


def test_pairs_of_other_kinds_have_no_place():
    compared = (("pid", 1), ("cwd", "a"))
    assert misp_pieces.pieces(Simple("process", compared, either=False)) is None


@pytest.mark.skipif(not SHARED.is_dir(), reason="shared data not there")
def test_events_from_the_world_come_back():
    """Nine of ten attributes that were carried come back with their type, value and flag."""
    carried = same = 0
    for path in sorted((SHARED / "pymisp").glob("*.json")):
        content = path.read_bytes()
        if not misp_event.is_event(content):
            continue
        made = misp_stix.convert(content)
        carried += made.carried
        before = pymisp.MISPEvent()
        before.load(json.loads(content))
        same += sum((values(before) & values(loaded(feed(*made.objects)))).values())
    assert same > 0.9 * carried > 0
