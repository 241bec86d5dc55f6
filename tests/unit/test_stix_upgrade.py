"""STIX 2.0 into 2.1: nothing is lost, or it is refused by the member's name."""

import copy
import json
import os
from pathlib import Path

import pytest

import stix_samples as make
from mithaq.errors import LimitError
from mithaq.formats import stix, stix_ids, stix_schemas, stix_select, stix_upgrade
from mithaq.formats.stix_markings import PAP, TLP_1, TLP_2

SHARED = Path(os.environ.get("MITHAQ_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "stix"


def old(kind, nth=0, **members):
    """A domain or relationship object of 2.0."""
    item = make.domain_object(kind, nth, **members)
    del item["spec_version"]
    return item


def observed(nth=0, /, objects=None, **members):
    seen = {"first_observed": make.TIME, "last_observed": make.LATER, "number_observed": 1}
    return old("observed-data", nth, **seen, objects=objects, **members)


def upgraded(*items):
    """What they become; it is valid by the schemas and by the examination."""
    before = copy.deepcopy(items)
    done = stix_upgrade.upgrade(items)
    assert items == before
    assert done.refused == {}
    for item in done.objects:
        assert stix_schemas.check(item) is None, item
    assert stix.examine(stix.bundle(done.objects)).problems == ()
    return done.objects


def refused(item):
    """The path of what refuses an object, and its message."""
    done = stix_upgrade.upgrade([item])
    assert done.objects == []
    problem = done.refused[0]
    assert (problem.code, problem.index, problem.id) == ("version", 0, item["id"])
    return problem.path.removeprefix("objects[0]."), problem.message


def inner(objects, **members):
    """The observables that observed data becomes, and the observed data."""
    *held, last = upgraded(observed(objects=objects, **members))
    assert last["type"] == "observed-data"
    assert "objects" not in last
    return held, last


SAME = [
    old("attack-pattern", name="a", kill_chain_phases=[{"kill_chain_name": "k", "phase_name": "p"}]),
    old("campaign", name="c", first_seen=make.TIME, objective="o"),
    old("course-of-action", name="c"),
    old("identity", name="Ministry", identity_class="organization", labels=["a"]),
    old("intrusion-set", name="i", aliases=["b"], resource_level="government"),
    old("vulnerability", name="v"),
    old("relationship", relationship_type="uses", source_ref=make.name("tool"), target_ref=make.name("tool")),
    old("sighting", sighting_of_ref=make.name("malware"), count=3, first_seen=make.TIME),
    old("tool", name="t", x_custom="kept"),
]


@pytest.mark.parametrize("item", SAME, ids=lambda item: item["type"])
def test_most_types_only_say_their_version(item):
    assert upgraded(item) == [item | {"spec_version": "2.1"}]
    assert upgraded(item | {"spec_version": "2.0"}) == [item | {"spec_version": "2.1"}]


@pytest.mark.parametrize(
    ("item", "types"),
    [
        (old("malware", name="m", labels=["ransomware", "mine", "Worm"]), "malware_types"),
        (old("threat-actor", name="t", labels=["crime-syndicate", "mine"]), "threat_actor_types"),
        (old("tool", name="t", labels=["mine", "remote-access"]), "tool_types"),
        (
            old(
                "report", name="r", labels=["campaign"], published=make.TIME, object_refs=[make.name("tool")]
            ),
            "report_types",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_labels_of_the_vocabulary_are_types_and_others_stay(item, types):
    (new,) = upgraded(item)
    assert sorted(new[types] + new.get("labels", [])) == sorted(item["labels"])
    assert new[types] == [label for label in item["labels"] if label not in ("mine", "Worm")]
    assert new.get("labels") != []


def test_no_label_of_the_vocabulary_makes_no_types():
    (new,) = upgraded(old("malware", name="m", labels=["malware"]))
    assert new["labels"] == ["malware"]
    assert "malware_types" not in new


def test_malware_is_a_family():
    assert upgraded(old("malware", name="m"))[0]["is_family"] is True


def test_a_pattern_keeps_its_bytes_and_says_its_version():
    item = old("indicator", pattern="[process:name = 'a']", valid_from=make.TIME, labels=["benign"])
    (new,) = upgraded(item)
    assert new["pattern"] == item["pattern"]
    assert (new["pattern_type"], new["pattern_version"]) == ("stix", "2.0")
    assert new["indicator_types"] == ["benign"]


@pytest.mark.parametrize(("marking", "level"), TLP_1.items())
def test_fixed_definitions_get_the_name_that_2_1_demands(marking, level):
    item = {
        "type": "marking-definition",
        "id": marking,
        "created": "2017-01-20T00:00:00.000Z",
        "definition_type": "tlp",
        "definition": {"tlp": "white" if level == "clear" else level},
    }
    assert upgraded(item)[0]["name"] == f"TLP:{item['definition']['tlp'].upper()}"


def test_ids_and_times_never_change():
    for new, item in zip(upgraded(*SAME), SAME, strict=True):
        assert [new[name] for name in ("id", "created", "modified")] == [
            item[name] for name in ("id", "created", "modified")
        ]


def test_what_is_of_2_1_stays_the_same_object():
    items = [make.indicator(), make.observable("url", value="https://c2.example/"), {"type": "x-own"}, {}]
    done = stix_upgrade.upgrade(items)
    assert [id(each) for each in done.objects] == [id(each) for each in items]
    assert done.changed == {}


def test_what_was_added_is_told():
    done = stix_upgrade.upgrade([make.indicator(), old("malware", name="m", labels=["worm"])])
    assert set(done.changed) == {1}
    assert set(done.changed[1]) == {"spec_version", "is_family", "malware_types"}


# --- observed data ----------------------------------------------------------------------------------------


def test_observables_become_objects_of_their_own():
    held, last = inner(
        {
            "0": {"type": "domain-name", "value": "c2.example", "resolves_to_refs": ["1"]},
            "1": {"type": "ipv4-addr", "value": "198.51.100.3"},
        }
    )
    domain, address = held
    assert address["id"] == "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"
    assert domain["resolves_to_refs"] == [address["id"]]
    assert last["object_refs"] == [domain["id"], address["id"]]
    assert all(stix_ids.differs(each) is None for each in held)


def test_markings_of_observed_data_are_markings_of_what_it_holds():
    held, _ = inner({"0": {"type": "url", "value": "a"}}, labels=["PAP:RED", "TLP:AMBER", "other"])
    assert held[0]["object_marking_refs"] == [TLP_2["green"], PAP["red"], TLP_2["amber"]]


def test_members_get_their_new_names_and_dictionaries_their_lists():
    held, _ = inner(
        {
            "0": {
                "type": "file",
                "name": "f",
                "created": make.TIME,
                "modified": make.TIME,
                "accessed": make.TIME,
            },
            "1": {"type": "directory", "path": "/d", "created": make.TIME},
            "2": {"type": "process", "created": make.TIME, "binary_ref": "0", "pid": 7},
            "3": {"type": "windows-registry-key", "key": "HKEY_LOCAL_MACHINE", "modified": make.TIME},
            "4": {
                "type": "email-message",
                "is_multipart": True,
                "additional_header_fields": {"X-Mailer": "a", "Received": ["b", "c"]},
                "body_multipart": [{"content_type": "image/png", "body_raw_ref": "0"}],
            },
            "5": {
                "type": "network-traffic",
                "protocols": ["tcp"],
                "src_ref": "6",
                "extensions": {
                    "http-request-ext": {
                        "request_method": "get",
                        "request_value": "/",
                        "request_header": {"Accept": "a", "x_ref": "b"},
                    }
                },
            },
            "6": {"type": "ipv4-addr", "value": "198.51.100.3"},
        }
    )
    file, folder, process, key, message, traffic, address = held
    assert (file["ctime"], file["mtime"], file["atime"]) == (make.TIME,) * 3
    assert "created" not in file
    assert folder["ctime"] == process["created_time"] == key["modified_time"] == make.TIME
    assert process["image_ref"] == file["id"]
    assert message["additional_header_fields"] == {"X-Mailer": "a", "Received": ["b", "c"]}
    assert message["body_multipart"][0]["body_raw_ref"] == file["id"]
    header = traffic["extensions"]["http-request-ext"]["request_header"]
    assert header == {"Accept": ["a"], "x_ref": ["b"]}
    assert traffic["src_ref"] == address["id"]
    assert all(stix_ids.differs(each) is None for each in held)


def test_an_account_that_a_pattern_attests_passes():
    user = {"type": "user-account", "user_id": "drop", "password_last_changed": make.TIME}
    named = old("indicator", pattern="[user-account:user_id = 'drop']", valid_from=make.TIME)
    held = upgraded(observed(objects={"0": user}), named)
    assert held[0]["credential_last_changed"] == make.TIME
    assert not stix.examine(stix.bundle(held)).persons


def test_the_same_fact_is_one_object():
    url = {"0": {"type": "url", "value": "a"}, "1": {"type": "url", "value": "a"}}
    own = make.observable("url", value="a", object_marking_refs=[TLP_2["green"]])
    own["id"] = stix_ids.deterministic(own)
    for before in ([], [own], [own | {"spec_version": "2.1"}]):
        found = upgraded(*before, observed(0, objects=url), observed(1, objects=url))
        assert [each["type"] for each in found].count("url") == 1
        assert all(each["object_refs"] == [own["id"]] for each in found if each["type"] == "observed-data")


def test_what_differs_is_not_merged():
    plain = {"0": {"type": "domain-name", "value": "c2.example"}}
    resolved = {
        "0": {"type": "domain-name", "value": "c2.example", "resolves_to_refs": ["1"]},
        "1": {"type": "ipv4-addr", "value": "198.51.100.3"},
        "2": {"type": "domain-name", "value": "c2.example", "x_seen": "twice"},
    }
    items = [observed(0, objects=plain), observed(1, objects=resolved)]
    found = upgraded(*items)
    domains = [each for each in found if each["type"] == "domain-name"]
    assert len({each["id"] for each in domains}) == len(domains) == 3
    assert stix_ids.differs(domains[0]) is None
    assert found == upgraded(*items)


def test_a_process_has_the_id_of_its_place():
    objects = {"0": {"type": "process", "pid": 1}, "1": {"type": "process", "pid": 1}}
    first = upgraded(observed(0, objects=objects))
    assert first == upgraded(observed(0, objects=objects))
    second = upgraded(observed(0, objects=objects, modified=make.LATER))
    assert len({each["id"] for each in (*first, *second)}) == 5


def test_files_and_folders_that_name_each_other():
    held, _ = inner(
        {
            "0": {"type": "file", "name": "f", "parent_directory_ref": "1"},
            "1": {"type": "directory", "path": "/d", "contains_refs": ["0"]},
        }
    )
    assert held[0]["parent_directory_ref"] == held[1]["id"]
    assert held[1]["contains_refs"] == [held[0]["id"]]


def test_one_that_stands_twice_with_other_observables_is_refused():
    done = stix_upgrade.upgrade([observed(objects={"0": {"type": "process", "pid": pid}}) for pid in (1, 2)])
    assert done.refused[1].path == "objects[1].id"


LOST = {
    "spec_version": make.domain_object("note", content="n", object_refs=[make.name("tool")]),
    "confidence": old("tool", name="t", confidence=3),
    "is_family": old("malware", name="m", is_family=True),
    "extensions": old("tool", name="t", extensions={}),
    "object_refs": observed(objects={"0": {"type": "url", "value": "a"}}, object_refs=[make.name("url")]),
    "granular_markings[0].selectors[1]": observed(
        objects={"0": {"type": "url", "value": "a"}},
        granular_markings=[{"marking_ref": TLP_2["red"], "selectors": ["created", "objects.0.value"]}],
    ),
    "granular_markings[0].selectors[0]": old(
        "tool",
        name="t",
        labels=["remote-access"],
        granular_markings=[{"marking_ref": TLP_2["red"], "selectors": ["labels.[0]"]}],
    ),
}
del LOST["spec_version"]["spec_version"]
HELD = {
    "type": {"type": "x-own", "value": "a"},
    "is_encrypted": {"type": "file", "name": "f", "is_encrypted": False},
    "extensions.archive-ext.version": {
        "type": "file",
        "name": "f",
        "extensions": {"archive-ext": {"contains_refs": ["0"], "version": "5"}},
    },
    "extensions.socket-ext.protocol_family": {
        "type": "network-traffic",
        "protocols": ["tcp"],
        "extensions": {"socket-ext": {"address_family": "AF_INET", "protocol_family": "PF_INET"}},
    },
    "name": {"type": "process", "name": "a"},
    "arguments": {"type": "process", "arguments": ["a"]},
    "ctime": {"type": "file", "name": "f", "ctime": make.TIME},
    "id": {"type": "url", "value": "a", "id": make.name("url")},
    "swid": {"type": "software", "name": "s", "swid": "x"},
    "resolves_to_refs": {"type": "domain-name", "value": "a", "resolves_to_refs": ["7"]},
    "src_ref": {"type": "network-traffic", "protocols": ["tcp"], "src_ref": {}},
}


@pytest.mark.parametrize("path", LOST)
def test_what_would_be_lost_is_refused_by_its_name(path):
    found, message = refused(LOST[path])
    assert found == path
    assert message.startswith("not of STIX 2.1 without loss: ")


@pytest.mark.parametrize("path", HELD)
def test_what_would_be_lost_inside_is_refused_by_its_name(path):
    assert refused(observed(objects={"0": HELD[path]}))[0] == f"objects.0.{path}"


def test_observables_whose_ids_hang_on_each_other():
    def holds(key):
        return {"type": "file", "name": "f", "extensions": {"archive-ext": {"contains_refs": [key]}}}

    assert refused(observed(objects={"a": holds("b"), "b": holds("a")}))[0] == "objects.a"
    chain = {str(i): holds(str(i + 1)) for i in range(2_000)}
    assert "does not hang on itself" in refused(observed(objects=chain))[1]


def test_nesting_is_bounded():
    deep = json.loads("[" * 900 + "]" * 900)
    with pytest.raises(LimitError):
        stix_upgrade.upgrade([old("tool", name="t", x_deep=deep)])


@pytest.mark.parametrize(
    "item",
    [
        {"type": ["tool"], "id": 3},
        {"type": "tool"},
        {"type": "observed-data", "id": [], "objects": 3, "granular_markings": 3},
        {"type": "observed-data", "objects": {"": None}, "object_marking_refs": 3, "labels": [3]},
        {"type": "malware", "labels": 3},
    ],
)
def test_strange_members_are_for_the_examination(item):
    done = stix_upgrade.upgrade([item])
    assert len(done.objects) + len(done.refused) == 1


# --- real files -------------------------------------------------------------------------------------------


def real():
    folders = ("attack-stix-2.0", "misp-stix-pairs")
    paths = [path for folder in folders for path in sorted((SHARED / folder).glob("*.json"))]
    for path in paths:
        value = json.loads(path.read_bytes())
        if isinstance(value, dict) and value.get("spec_version") == "2.0":
            yield pytest.param(value["objects"], id=path.name)


@pytest.mark.parametrize("items", [*real()] or [pytest.param(None, marks=pytest.mark.skip("not there"))])
def test_real_files_of_2_0(items):
    """They all upgrade; what the examination says against them is about persons and about types."""
    done = stix_upgrade.upgrade(items)
    assert done.refused == {}
    for item, origin in zip(done.objects, done.origins, strict=True):
        if stix_schemas.known(item["type"]):
            assert stix_schemas.check(item) is None
        if not origin.inside:
            assert {name: item.get(name) for name in ("id", "created", "modified")} == {
                name: items[origin.place].get(name) for name in ("id", "created", "modified")
            }
    left_out = stix_select.without_refused(stix.bundle(done.objects)).left_out
    assert {problem.code for problem in left_out} <= {"persons", "type"}
