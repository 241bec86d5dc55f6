"""Sending the rest: what is refused is told by object, and left out byte for byte."""

import json

import pytest

import stix_samples as make
from mithaq.errors import MalformedError
from mithaq.formats import stix, stix_fast, stix_parts, stix_select
from mithaq.formats.stix_precise import PROBLEMS_MAX

OTHER = make.name("marking-definition")
PERSON = make.domain_object("identity", 5, name="n", identity_class="individual")
UNKNOWN = make.indicator(7, object_marking_refs=[OTHER])
MAIL = make.observable("email-addr", value="drop@c2.example")
NAMES_IT = make.indicator(8, pattern="[email-addr:value = 'drop@c2.example']")


def kept(selection):
    return json.loads(selection.content)["objects"] if selection.content else []


@pytest.mark.parametrize(
    "write", [stix.bundle, lambda items: make.plain_bundle(*items)], ids=["own", "plain"]
)
def test_each_refused_object_is_left_out_with_its_reason(write):
    broken = make.indicator(9, confidence=101, lang=3)
    items = [make.indicator(1), UNKNOWN, make.indicator(2), PERSON, broken]
    content = write(items)
    selection = stix_select.without_refused(content)
    assert kept(selection) == [items[0], items[2]]
    assert [(each.index, each.id, each.code) for each in selection.left_out] == [
        (1, UNKNOWN["id"], "marking"),
        (3, PERSON["id"], "persons"),
        (4, broken["id"], "schema"),
    ]
    assert selection.left_out[0].path == "objects[1].object_marking_refs[0]"
    found = stix.examine(selection.content)
    assert (found.problems, found.persons, found.objects) == ((), False, 2)


def test_what_is_left_of_a_canonical_bundle_is_canonical():
    selection = stix_select.without_refused(stix.bundle([PERSON, *make.samples()]))
    assert stix_fast.prove(selection.content) is not None


def test_nothing_refused_changes_nothing():
    content = make.plain_bundle(make.indicator())
    assert stix_select.without_refused(content) == (content, ())


def test_nothing_remains():
    selection = stix_select.without_refused(stix.bundle([PERSON]))
    assert selection.content is None
    assert len(selection.left_out) == 1


def test_more_than_findings_tell():
    people = [make.domain_object("identity", i, name="n") for i in range(PROBLEMS_MAX + 5)]
    broken = [make.indicator(i, confidence=-1) for i in range(PROBLEMS_MAX + 5)]
    selection = stix_select.without_refused(stix.bundle([*people, *broken, make.indicator(100)]))
    assert len(selection.left_out) == 2 * (PROBLEMS_MAX + 5)
    assert kept(selection) == [make.indicator(100)]


def test_what_leans_on_a_refused_object_goes_with_it():
    """The indicator that attests the address has an unknown marking."""
    selection = stix_select.without_refused(
        stix.bundle([make.indicator(1), MAIL, NAMES_IT | {"object_marking_refs": [OTHER]}])
    )
    assert kept(selection) == [make.indicator(1)]
    assert [(each.index, each.code) for each in selection.left_out] == [(1, "persons"), (2, "marking")]


def test_bytes_that_are_no_bundle():
    with pytest.raises(MalformedError):
        stix_select.without_refused(b"{}")


# --- parts ------------------------------------------------------------------------------------------------


def test_parts_repeat_what_they_lean_on():
    definition = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": OTHER,
        "created": make.TIME,
        "definition_type": "statement",
        "definition": {"statement": "PAP:AMBER"},
    }
    mail, sender = make.observable("email-message", is_multipart=False, from_ref=MAIL["id"]), MAIL
    items = [
        UNKNOWN,
        make.indicator(1),
        make.indicator(2),
        mail,
        sender,
        make.indicator(3),
        NAMES_IT,
        definition,
    ]
    for per_part in range(1, len(items) + 1):
        parts = list(stix_parts.parts(items, per_part))
        assert [each for part in parts for each in part[-per_part:]][:per_part] == items[:per_part]
        for part in parts:
            found = stix.examine(stix.bundle(part))
            assert (found.problems, found.persons_at) == ((), ())


def test_parts_follow_observed_data_and_relationships():
    seen = {"first_observed": make.TIME, "last_observed": make.TIME, "number_observed": 1}
    observed = make.domain_object("observed-data", **seen, object_refs=[MAIL["id"]])
    ends = {"source_ref": make.name("indicator"), "target_ref": observed["id"]}
    based = make.domain_object("relationship", relationship_type="based-on", **ends)
    for part in stix_parts.parts([MAIL, observed, based], 1):
        assert not stix.examine(stix.bundle(part)).persons


def test_parts_of_strange_objects():
    strange = [
        {"type": "marking-definition", "id": 3},
        {"type": "relationship", "target_ref": None},
        {"type": "email-addr", "value": [], "granular_markings": [1, {"marking_ref": 2}]},
        {"object_marking_refs": 3},
        {},
    ]
    assert [item for part in stix_parts.parts(strange, 2) for item in part] == strange
