"""Attacks by the bytes of a STIX body. Each test fails when the check it names is taken out."""

import json

import pytest

import stix_samples as make
from mithaq.errors import LimitError, MalformedError, PeerError
from mithaq.formats import stix, stix_fast, stix_precise, strict_json

TOOL = make.domain_object("tool", name="t")


def body(text: str) -> bytes:
    return b'{"type":"bundle","id":"%b","objects":[%b]}' % (make.name("bundle").encode(), text.encode())


def written(item=TOOL) -> str:
    return json.dumps(item, separators=(",", ":"))


def test_a_hidden_member_behind_an_open_one():
    """What is judged (the last) would not be what a partner's reader sees (the first)."""
    text = written().replace('"name":"t"', '"name":"person","name":"t"')
    assert stix_fast.prove(body(text)) is None
    with pytest.raises(MalformedError, match="twice"):
        stix.examine(body(text))


def test_a_hidden_member_spelt_with_an_escape():
    text = written().replace('"name":"t"', r'"n\u0061me":"person","name":"t"')
    with pytest.raises(MalformedError, match="twice"):
        stix.examine(body(text))


@pytest.mark.parametrize("member", ["type", "id"])
def test_a_hidden_type_or_id(member):
    text = written().replace(f'"{member}":', f'"{member}":"identity","{member}":', 1)
    with pytest.raises(MalformedError, match="twice"):
        stix.examine(body(text))


def test_a_hidden_hash():
    item = make.observable("file", hashes={"MD5": "0" * 32})
    text = written(item).replace('{"MD5"', '{"MD5":"' + "1" * 32 + '","MD5"')
    assert stix_fast.prove(body(text)) is None
    with pytest.raises(MalformedError, match="twice"):
        stix.examine(body(text))


@pytest.mark.parametrize("hidden", ["[]", written(), "1", '[{"type":"x","id":"x"}]'])
@pytest.mark.parametrize("first", [True, False])
def test_a_second_list_of_objects(hidden, first):
    one, two = (f'"objects":{hidden}', f'"objects":[{written()}]')
    members = f"{one},{two}" if first else f"{two},{one}"
    content = f'{{"type":"bundle","id":"{make.name("bundle")}",{members}}}'.encode()
    with pytest.raises(MalformedError):
        stix.examine(content)


def test_the_same_list_of_objects_twice():
    text = f'"objects":[{written()}]'
    content = f'{{"type":"bundle","id":"{make.name("bundle")}",{text},{text}}}'.encode()
    with pytest.raises(MalformedError, match="twice"):
        stix.examine(content)


def test_another_member_of_the_bundle():
    with pytest.raises(MalformedError):
        stix.examine(body(written())[:-1] + b',"x_persons":[]}')


def test_bytes_after_the_bundle():
    with pytest.raises(MalformedError):
        stix.examine(body(written()) + b'{"name":"n"}')


@pytest.mark.parametrize(
    "value",
    [
        '"\\ud800"',
        "NaN",
        "-Infinity",
        "1e999",
        str(2**53),
        "-" + str(2**53),
        "9" * 5_000,
        '"\x00"',
        "tru",
        "'a'",
        "[1,]",
        "01",
        '"\udcff"',
    ],
)
def test_values_that_readers_read_differently(value):
    text = written()[:-1] + ',"x_value":' + value + "}"
    with pytest.raises(MalformedError):
        stix.examine(body("").replace(b"[]", b"[" + text.encode(errors="surrogateescape") + b"]"))


def test_bytes_that_are_not_utf_8():
    with pytest.raises(MalformedError):
        stix.examine(body(written()).replace(b'"t"', b'"\xff"'))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xef\xbb\xbf{}",
        b"null",
        b"[]",
        b"{}",
        b'{"type":"bundle"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        body(""),
        body("1"),
        body("{}"),
        body('{"type":1,"id":2}'),
        body(written()).replace(b'"bundle"', b'"report"'),
        body(written()).replace(b"bundle--", b"bundle-"),
    ],
)
def test_what_is_no_bundle(content):
    with pytest.raises(PeerError):
        stix.examine(content)


def test_nesting_inside_an_object():
    deep = '{"a":' * strict_json.DEPTH_MAX + "1" + "}" * strict_json.DEPTH_MAX
    with pytest.raises(LimitError, match="deeply"):
        stix.examine(body(written()[:-1] + f',"x_deep":{deep}}}'))


def test_nesting_that_would_exhaust_the_stack():
    deep = "[" * 50_000 + "]" * 50_000
    with pytest.raises(PeerError):
        stix.examine(body(written()[:-1] + f',"x_deep":{deep}}}'))


def test_too_many_objects():
    text = ",".join(['{"type":"x","id":"x"}'] * (stix_precise.OBJECTS_MAX + 1))
    with pytest.raises(LimitError, match="too many"):
        stix.examine(body(text))


def test_too_many_valid_objects():
    count = stix_precise.OBJECTS_MAX + 1
    items = [make.observable("domain-name", i, value="c2.example") for i in range(count)]
    with pytest.raises(LimitError, match="too many"):
        stix.examine(stix.bundle(items))


@pytest.mark.parametrize("member", ["description", "x_note"])
def test_an_object_that_is_too_large(member):
    with pytest.raises(LimitError, match="too large"):
        stix.examine(stix.bundle([TOOL | {member: "x" * stix_precise.OBJECT_MAX}]))


def test_a_body_that_is_too_large(monkeypatch):
    monkeypatch.setattr(stix, "CONTENT_MAX", 500)
    with pytest.raises(LimitError, match="too large"):
        stix.examine(body(written()) + b" " * 500)


def test_white_space_without_end():
    with pytest.raises(LimitError, match="besides"):
        stix.examine(b" " * stix_precise.HEAD_MAX + body(written()))


def test_more_problems_than_are_told():
    items = [make.indicator(i, confidence=-1, lang=1, name=2) for i in range(100)]
    found = stix.examine(stix.bundle(items))
    assert len(found.problems) == stix_precise.PROBLEMS_MAX


def test_a_lenient_definition_under_a_strict_id_changes_nothing():
    """The level comes from the id alone."""
    red = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"
    definition = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": red,
        "created": "2017-01-20T00:00:00.000Z",
        "name": "TLP:WHITE",
        "definition_type": "tlp",
        "definition": {"tlp": "white"},
    }
    found = stix.examine(stix.bundle([definition, make.indicator(object_marking_refs=[red])]))
    assert found.tlp == "red"
    assert found.problems


def test_a_person_among_a_thousand_objects():
    person = make.domain_object("identity", name="n", identity_class="individual")
    assert stix.examine(stix.bundle([*map(make.indicator, range(999)), person])).persons


def test_a_person_in_a_body_that_has_problems_too():
    person = make.domain_object("identity", name="n", identity_class="individual", confidence=101)
    found = stix.examine(stix.bundle([make.indicator(confidence=101), person]))
    assert found.problems
    assert found.persons


@pytest.mark.parametrize("value", [["individual"], {"a": 1}, 3, None])
def test_an_identity_class_of_a_wrong_type_is_a_person(value):
    found = stix.examine(stix.bundle([make.domain_object("identity", name="n", identity_class=value)]))
    assert found.problems
    assert found.persons


@pytest.mark.parametrize("refs", [3, [3], [None], {"a": 1}, "x"])
@pytest.mark.parametrize("member", ["object_marking_refs", "granular_markings", "external_references"])
def test_lists_that_are_none(member, refs):
    assert stix.examine(stix.bundle([make.indicator(**{member: refs})])).problems


# --- markings ---------------------------------------------------------------------------------------------

OTHER = make.name("marking-definition")


def definition(name=OTHER, statement="PAP:AMBER", **members):
    common = {"type": "marking-definition", "spec_version": "2.1", "created": make.TIME, "id": name}
    return common | {"definition_type": "statement", "definition": {"statement": statement}} | members


def marked(*marks, **members):
    return make.indicator(object_marking_refs=[*marks], **members)


def codes(*items):
    return [(each.code, each.index) for each in stix.examine(stix.bundle(items)).problems]


def test_two_definitions_of_one_id():
    """A reader that takes the first sees CLEAR, one that takes the last sees RED."""
    one, two = definition(statement="TLP:CLEAR"), definition(statement="TLP:RED", x_modified="now")
    for items in ([one, two, marked(OTHER)], [two, marked(OTHER), one]):
        found = stix.examine(stix.bundle(items))
        assert ("marking", f"objects[{items.index(marked(OTHER))}].object_marking_refs[0]") in [
            (each.code, each.path) for each in found.problems
        ]


def test_a_definition_that_its_schema_refuses_defines_nothing():
    assert ("marking", 1) in codes(definition(created="yesterday"), marked(OTHER))


def test_a_copyright_that_hides_a_restriction():
    """The fixed id of MITRE does not make a classification harmless, nor does the word copyright."""
    mitre = "marking-definition--fa42a846-8d90-4e51-bc29-71d5b4802168"
    assert codes(definition(mitre, "Copyright 2026"), marked(mitre)) == []
    assert codes(definition(mitre, "Classification: SECRET"), marked(mitre)) == [("marking", 0)]
    assert codes(definition(mitre, "TLP:RED"), marked(mitre)) == [("marking", 0)]
    assert codes(definition(statement="Copyright. Classification: SECRET"), marked(OTHER)) == [
        ("marking", 0),
        ("marking", 1),
    ]


def test_a_definition_in_another_body_is_no_definition_here():
    assert codes(marked(OTHER)) == [("marking", 0)]


def test_a_strict_label_beside_a_lenient_marking():
    assert stix.examine(stix.bundle([make.indicator(labels=["TLP:RED"])])).tlp == "red"


def test_a_strict_marking_on_a_part_only():
    """A mark on one member counts for the whole object."""
    granular = [{"selectors": ["name"], "marking_ref": OTHER}]
    items = [definition(statement="TLP:RED"), make.indicator(granular_markings=granular)]
    assert stix.examine(stix.bundle(items)).tlp == "red"


def test_marking_definitions_without_end():
    """Each is parsed twice; past the limit they define nothing, and what they mark is refused."""
    many = [definition(make.name("marking-definition", i)) for i in range(stix_precise.DEFINITIONS_MAX + 1)]
    assert codes(*many, marked(many[-2]["id"])) == []
    assert codes(*many, marked(many[-1]["id"])) == [("marking", len(many))]


# --- persons ----------------------------------------------------------------------------------------------

MAIL = make.observable("email-addr", value="jane@office.example")


def relation(kind="uses", source="malware", **members):
    ends = {"relationship_type": kind, "source_ref": make.name(source), "target_ref": MAIL["id"]}
    return make.domain_object("relationship", **ends, **members)


def named(pattern="[email-addr:value = 'jane@office.example']", **members):
    return make.indicator(pattern=pattern, **members)


def persons(*items):
    return [each.index for each in stix.examine(stix.bundle(items)).persons_at]


@pytest.mark.parametrize(
    "item",
    [
        named(indicator_types=["benign"]),
        named(indicator_types=["malicious-activity", "compromised"]),
        named(revoked=True),
        named(pattern_type="sigma"),
        named("[email-addr:value != 'jane@office.example']"),
        named("[email-addr:value LIKE 'jane@office.example']"),
        named("[email-message:to_refs[*].value = 'jane@office.example']"),
        named("[email-addr:value = 'xjane@office.example']"),
        named("[url:value = 'jane@office.example']"),
        named("[email-addr:display_name = 'jane@office.example']"),
        named("[url:value = 'x']", description="email-addr:value = 'jane@office.example'"),
        named(confidence=101),
        relation("targets"),
        relation("related-to"),
        relation("impersonates"),
        relation("compromises"),
        relation(source="identity"),
        relation(source="user-account"),
        relation(revoked=True),
        relation(confidence=101),
        relation(created="yesterday"),
    ],
)
def test_what_does_not_attest_an_account(item):
    """A victim's account is named in many ways that do not make it attack infrastructure."""
    assert 1 in persons(item, MAIL)


def test_a_sighting_attests_nothing():
    seen = {"first_observed": make.TIME, "last_observed": make.TIME, "number_observed": 1}
    data = make.domain_object("observed-data", **seen, object_refs=[MAIL["id"]])
    sighting = make.domain_object(
        "sighting", sighting_of_ref=make.name("malware"), observed_data_refs=[data["id"]]
    )
    assert persons(data, MAIL, sighting) == [1]


def test_a_service_account_by_a_word_only():
    account = make.observable("user-account", user_id="jane", is_service_account="yes")
    assert persons(account) == [0]


@pytest.mark.parametrize("value", [["jane@office.example"], {"a": 1}, 3, None])
@pytest.mark.parametrize(
    ("item", "member"),
    [
        (named(), "pattern"),
        (named(), "pattern_type"),
        (relation(), "relationship_type"),
        (relation(), "source_ref"),
        (relation(), "target_ref"),
        (make.observable("email-message", is_multipart=False), "from_ref"),
        (make.observable("email-message", is_multipart=False), "to_refs"),
        (make.domain_object("observed-data"), "object_refs"),
    ],
)
def test_attesting_members_of_wrong_types(item, member, value):
    assert 1 in persons(item | {member: value}, MAIL)


def test_a_pattern_that_would_cost_much():
    """The search for names in a pattern is linear."""
    pattern = "[email-addr:value = '" + "\\" * 200_000
    assert persons(named(pattern), MAIL) == [1]
