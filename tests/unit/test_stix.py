"""Reading and writing STIX bodies."""

import json

import pytest

import stix_samples as make
from mithaq.domain.findings import Findings
from mithaq.errors import LimitError, MalformedError
from mithaq.formats import stix, stix_fast, stix_precise
from mithaq.formats.stix_markings import PAP, PAP_WHITE, TLP_1, TLP_2

STATEMENT = make.name("marking-definition")


def examined(*objects) -> Findings:
    """Findings by both ways of writing; they must agree."""
    canonical, plain = stix.examine(stix.bundle(objects)), stix.examine(make.plain_bundle(*objects))
    assert [key[:2] for key in canonical.keys] == [key[:2] for key in plain.keys]
    assert canonical.problems == plain.problems
    return canonical


def problems(*objects) -> list[tuple[str, str]]:
    return [(problem.code, problem.path) for problem in examined(*objects).problems]


@pytest.mark.parametrize("item", make.samples(), ids=lambda item: item["type"])
def test_each_common_type_is_proven_and_checked_alike(item):
    content = stix.bundle([item])
    proven = stix_fast.prove(content)
    assert proven is not None
    assert proven == stix_precise.check(content)
    assert proven.problems == ()


def test_keys_give_the_bytes_of_each_object():
    items = [*make.samples(), make.indicator(7, name='Umlaut ü, عربي, " \\ \n')]
    for content in (stix.bundle(items), make.plain_bundle(*items)):
        findings = stix.examine(content)
        assert findings.objects == len(items)
        for key, item in zip(findings.keys, items, strict=True):
            assert json.loads(content[key.offset : key.offset + key.length]) == item
            assert (key.id, key.version) == (item["id"], item.get("modified", ""))


def test_canonical_form_keeps_every_member_and_is_stable():
    shuffled = [dict(reversed(item.items())) for item in make.samples()]
    content = stix.bundle(shuffled)
    assert json.loads(content)["objects"] == make.samples()
    assert content == stix.bundle(json.loads(content)["objects"])
    assert stix_fast.prove(content) is not None


def test_a_custom_property_is_left_to_the_precise_check():
    item = make.domain_object("tool", name="t", x_source_grade="B2")
    assert stix_fast.prove(stix.bundle([item])) is None
    assert problems(item) == []


def test_split_keeps_order_and_size():
    assert list(stix.split(range(5), per_body=2)) == [[0, 1], [2, 3], [4]]
    assert list(stix.split([])) == []


@pytest.mark.parametrize(
    ("markings", "tlp", "pap"),
    [
        ([], None, None),
        (["clear"], "clear", None),
        (["clear", "amber+strict", "green"], "amber+strict", None),
        (["amber", "red"], "red", None),
    ],
)
def test_the_strictest_tlp_wins(markings, tlp, pap):
    found = examined(
        make.indicator(99, object_marking_refs=[TLP_2["clear"]]),
        *(make.indicator(i, object_marking_refs=[TLP_2[level]]) for i, level in enumerate(markings)),
    )
    assert (found.tlp, found.pap) == (tlp or "clear", pap)


@pytest.mark.parametrize(("marking", "level"), TLP_1.items())
def test_tlp_1_is_known(marking, level):
    assert examined(make.indicator(object_marking_refs=[marking])).tlp == level


@pytest.mark.parametrize(
    ("marking", "level"), [*((marking, level) for level, marking in PAP.items()), (PAP_WHITE, "clear")]
)
def test_pap_is_known(marking, level):
    found = examined(make.indicator(object_marking_refs=[TLP_2["green"], marking]))
    assert (found.tlp, found.pap) == ("green", level)


def test_unmarked_objects_have_no_level_and_are_counted():
    item, other = make.indicator(), make.indicator(2, object_marking_refs=[PAP["red"]])
    del item["object_marking_refs"]
    found = examined(item, other, make.indicator(3))
    assert (found.tlp, found.unmarked) == ("green", 2)
    assert examined(item).tlp is None


def test_granular_markings_count():
    granular = [{"selectors": ["description"], "marking_ref": TLP_2["red"]}]
    assert examined(make.indicator(granular_markings=granular)).tlp == "red"


def test_technical():
    assert examined(make.observable("mac-addr", value="00:00:5e:00:53:01")).technical
    assert examined(make.indicator()).technical
    assert not examined(make.domain_object("tool", name="t")).technical


BROKEN = {
    "no such type": (make.domain_object("x-person", name="n"), ("type", "objects[0].type")),
    "member missing": (make.domain_object("malware", name="m"), ("schema", "objects[0]")),
    "wrong type of member": (make.domain_object("tool", name=3), ("schema", "objects[0].name")),
    "null": (make.domain_object("tool", name="t", lang=None), ("schema", "objects[0].lang")),
    "id of another type": (
        make.domain_object("tool", name="t", id=make.name("malware")),
        ("schema", "objects[0].id"),
    ),
    "id without a UUID": (make.domain_object("tool", name="t", id="tool--1"), ("schema", "objects[0].id")),
    "id with a UUID of version 6": (
        make.domain_object("tool", name="t", id="tool--11111111-2222-6333-8444-555555555555"),
        ("schema", "objects[0].id"),
    ),
    "id with a UUID of another variant": (
        make.domain_object("tool", name="t", id="tool--11111111-2222-4333-c444-555555555555"),
        ("schema", "objects[0].id"),
    ),
    "created to the second only": (
        make.domain_object("tool", name="t", created="2026-01-01T00:00:00Z"),
        ("schema", "objects[0].created"),
    ),
    "created in another zone": (
        make.domain_object("tool", name="t", created="2026-01-01T00:00:00.000+00:00"),
        ("schema", "objects[0].created"),
    ),
    "cve of another form": (
        make.domain_object(
            "tool", name="t", external_references=[{"source_name": "cve", "external_id": "1"}]
        ),
        ("schema", "objects[0].external_references[0]"),
    ),
    "empty list": (make.domain_object("tool", name="t", labels=[]), ("schema", "objects[0].labels")),
    "external reference of nothing": (
        make.domain_object("tool", name="t", external_references=[{"source_name": "s"}]),
        ("schema", "objects[0].external_references[0]"),
    ),
    "CVE of a wrong form": (
        make.domain_object(
            "tool", name="t", external_references=[{"source_name": "cve", "external_id": "CVE-1"}]
        ),
        ("schema", "objects[0].external_references[0]"),
    ),
    "version 2.0": (
        make.domain_object("tool", name="t", spec_version="2.0"),
        ("version", "objects[0].spec_version"),
    ),
    "created by a tool": (
        make.domain_object("tool", name="t", created_by_ref=make.name("tool")),
        ("reference", "objects[0].created_by_ref"),
    ),
    "reference to nothing": (
        make.domain_object("tool", name="t", x_other_ref="c"),
        ("reference", "objects[0].x_other_ref"),
    ),
    "references that are none": (
        make.domain_object("tool", name="t", x_other_refs=["1"]),
        ("reference", "objects[0].x_other_refs[0]"),
    ),
    "references without a list": (
        make.domain_object("tool", name="t", x_other_refs="c"),
        ("reference", "objects[0].x_other_refs"),
    ),
    "a domain that resolves to a file": (
        make.observable("domain-name", value="c2.example", resolves_to_refs=[make.name("file")]),
        ("reference", "objects[0].resolves_to_refs[0]"),
    ),
    "a folder that is an address": (
        make.observable("file", name="f", parent_directory_ref=make.name("ipv4-addr")),
        ("reference", "objects[0].parent_directory_ref"),
    ),
    "an archive that holds an address": (
        make.observable(
            "file", name="f", extensions={"archive-ext": {"contains_refs": [make.name("ipv4-addr")]}}
        ),
        ("reference", "objects[0].extensions.archive-ext.contains_refs[0]"),
    ),
    "a part of a message that is an address": (
        make.observable(
            "email-message",
            is_multipart=True,
            body_multipart=[{"content_type": "image/png", "body_raw_ref": make.name("url")}],
        ),
        ("reference", "objects[0].body_multipart[0].body_raw_ref"),
    ),
    "malware whose sample is an address": (
        make.domain_object("malware", name="m", is_family=False, sample_refs=[make.name("url")]),
        ("reference", "objects[0].sample_refs[0]"),
    ),
    "modified before created": (
        make.domain_object("tool", name="t", modified="2025-12-31T00:00:00.000Z"),
        ("time", "objects[0].modified"),
    ),
    "a day that does not exist": (
        make.domain_object("tool", name="t", created="2026-02-29T00:00:00.000Z"),
        ("time", "objects[0].created"),
    ),
    "a day that does not exist, elsewhere": (
        make.indicator(valid_from="2026-02-30T00:00:00Z"),
        ("time", "objects[0].valid_from"),
    ),
    "valid until it is valid": (
        make.indicator(valid_until=make.TIME),
        ("time", "objects[0].valid_until"),
    ),
    "seen last before first": (
        make.domain_object("campaign", name="c", first_seen=make.LATER, last_seen=make.TIME),
        ("time", "objects[0].last_seen"),
    ),
    "digest of a wrong length": (
        make.observable("file", hashes={"MD5": "00"}),
        ("schema", "objects[0].hashes.MD5"),
    ),
    "address that is none": (
        make.observable("ipv4-addr", value="198.51.100.256"),
        ("schema", "objects[0].value"),
    ),
    "unknown marking": (
        make.indicator(object_marking_refs=[STATEMENT]),
        ("marking", "objects[0].object_marking_refs[0]"),
    ),
    "unknown granular marking": (
        make.indicator(granular_markings=[{"selectors": ["name"], "marking_ref": STATEMENT}]),
        ("marking", "objects[0].granular_markings[0].marking_ref"),
    ),
}


@pytest.mark.parametrize(("item", "problem"), BROKEN.values(), ids=BROKEN)
def test_faults_are_told_with_their_path(item, problem):
    assert problem in problems(item)


@pytest.mark.parametrize("item", [item for item, _ in BROKEN.values()], ids=BROKEN)
def test_what_is_broken_is_never_proven(item):
    assert stix_fast.prove(stix.bundle([item])) is None


def test_problems_point_into_the_body_and_leave_no_keys():
    found = examined(make.indicator(1), make.indicator(2, confidence=101))
    assert [problem.path for problem in found.problems] == ["objects[1].confidence"]
    assert found.keys == ()


def test_the_same_object_twice_is_a_problem_and_two_versions_are_none():
    assert problems(make.indicator(), make.indicator(name="other")) == [("twice", "objects[1].id")]
    assert problems(make.indicator(), make.indicator(modified=make.LATER)) == []


def test_versions_of_one_object_were_created_at_one_time():
    later = make.indicator(modified=make.LATER, created="2026-01-02T00:00:00.000Z")
    assert problems(make.indicator(), later) == [("version", "objects[1].created")]
    assert stix_fast.prove(stix.bundle([make.indicator(), later])) is None
    same = make.indicator(modified=make.LATER, created="2026-01-01T00:00:00.0000Z")
    assert problems(make.indicator(), same) == []


def test_a_version_that_is_refused_says_nothing_of_the_others():
    wrong = make.indicator(confidence=101, created="2025-01-01T00:00:00.000Z")
    assert problems(wrong, make.indicator(modified=make.LATER)) == [("schema", "objects[0].confidence")]


def test_references_of_observables_may_name_what_they_say():
    items = [
        make.observable("domain-name", value="c2.example", resolves_to_refs=[make.name("ipv4-addr")]),
        make.observable("file", name="f", parent_directory_ref=make.name("directory")),
        make.observable(
            "network-traffic",
            protocols=["tcp"],
            src_ref=make.name("ipv4-addr"),
            dst_ref=make.name("mac-addr"),
        ),
    ]
    assert problems(*items) == []


def test_equal_times_in_another_spelling_are_in_order():
    item = make.domain_object(
        "tool", name="t", created="2026-01-01T00:00:00.5000Z", modified="2026-01-01T00:00:00.500Z"
    )
    assert problems(item) == []


def test_long_messages_are_cut():
    (problem,) = examined(make.indicator(lang=["x" * 5_000])).problems[:1]
    assert len(problem.message) < 250


def test_a_definition_must_say_what_its_id_says():
    def definition(level: str, claim: str):
        extension = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
        return {
            "type": "marking-definition",
            "spec_version": "2.1",
            "id": TLP_2[level],
            "created": "2022-10-01T00:00:00.000Z",
            "name": f"TLP:{claim.upper()}",
            "extensions": {extension: {"extension_type": "property-extension", "tlp_2_0": claim}},
        }

    assert problems(definition("red", "red")) == []
    assert problems(definition("red", "clear")) == [("marking", "objects[0].id")]


def test_what_cannot_be_written():
    with pytest.raises(MalformedError):
        stix.bundle([{"type": "tool", "name": object()}])


def test_a_body_that_would_be_too_large_is_not_written(monkeypatch):
    monkeypatch.setattr(stix, "CONTENT_MAX", 500)
    with pytest.raises(LimitError):
        stix.bundle([make.indicator()])
