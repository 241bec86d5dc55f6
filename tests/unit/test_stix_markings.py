"""What markings mean: by id, by type, by extension, with and without the definition."""

import pytest

import stix_samples as make
from mithaq.formats import stix
from mithaq.formats.stix_markings import (
    KNOWN,
    MITRE,
    OPENCTI,
    OPENCTI_EXTENSION,
    PAP,
    PAP_EXTENSION,
    PAP_WHITE,
    TLP_1,
    TLP_2,
    TLP_EXTENSION,
    meaning,
)

OTHER = make.name("marking-definition")
ACS = "extension-definition--3a65884d-005a-4290-8335-cb2d778a83ce"
COPYRIGHT = "Copyright 2015-2025, The MITRE Corporation. ATT&CK is a registered trademark."


def definition(name=OTHER, **members):
    common = {"type": "marking-definition", "spec_version": "2.1", "created": "2022-10-01T00:00:00.000Z"}
    return common | {"id": name} | members


def said(kind, value):
    return {"definition_type": kind, "definition": value}


def extended(name, **members):
    return {"extensions": {name: {"extension_type": "property-extension", **members}}}


def opencti(scale, level, statement="custom"):
    hints = {"x_opencti_definition_type": scale, "x_opencti_definition": level}
    return said("statement", {"statement": statement}) | hints


@pytest.mark.parametrize(
    ("members", "means"),
    [
        (said("tlp", {"tlp": "amber"}), "tlp:amber"),
        (said("tlp", {"tlp": "white"}), "tlp:clear"),
        (said("TLP", {"TLP": "TLP:AMBER+STRICT"}), "tlp:amber+strict"),
        (said("pap", {"pap": "pap:green"}), "pap:green"),
        (said("PAP", {"pap": "Amber"}), "pap:amber"),
        (said("statement", {"statement": "PAP:AMBER"}), "pap:amber"),
        (said("statement", {"statement": "tlp:red"}), "tlp:red"),
        (said("statement", {"statement": COPYRIGHT}), "copyright"),
        (said("statement", {"statement": "© Ministry 2026"}), "copyright"),
        (said("statement", {"statement": "Classification: PROTECTED"}), None),
        (said("statement", {"statement": "Copyright 2026. VS-NfD"}), None),
        (said("statement", {"statement": "Copyright 2026. For official use only."}), None),
        (said("statement", {"statement": "Copyright 2026. TLP:RED applies."}), None),
        (said("statement", {"statement": "Copyright " + "x" * 3_000}), None),
        (said("statement", {"statement": "Please ask us first"}), None),
        (said("statement", {}), None),
        (said("statement", {"statement": 3}), None),
        (said("statement", None), None),
        (said("iep", {"iep": "x"}), None),
        (said("tlp", {"tlp": "purple"}), None),
        (said("pap", {"pap": "amber+strict"}), None),
        (said("tlp", {"tlp": "red", "x": "y"}), None),
        (said(3, {"tlp": "red"}), None),
        ({}, None),
        (extended(TLP_EXTENSION, tlp_2_0="amber+strict"), "tlp:amber+strict"),
        (extended(PAP_EXTENSION, pap="white"), "pap:clear"),
        (extended(PAP_EXTENSION, pap=["red"]), None),
        (extended(ACS, xyz="y"), None),
        (extended(OPENCTI_EXTENSION, xyz="y") | said("TLP", {"tlp": "green"}), "tlp:green"),
        (extended(ACS, xyz="y") | said("statement", {"statement": COPYRIGHT}), None),
        (extended(TLP_EXTENSION, tlp_2_0="clear") | said("tlp", {"tlp": "red"}), None),
        ({"extensions": 3}, None),
        (opencti("TLP", "TLP:AMBER+STRICT"), "tlp:amber+strict"),
        (opencti("PAP", "PAP:RED"), "pap:red"),
        (opencti("TLP", "TLP:CLEAR", "TLP:CLEAR"), "tlp:clear"),
        (opencti("TLP", "TLP:CLEAR", "TLP:RED"), None),
        (opencti("Statement", "custom"), None),
    ],
)
def test_what_a_definition_means(members, means):
    assert meaning(members) == means


@pytest.mark.parametrize(("name", "means"), [*KNOWN.items()])
def test_fixed_ids_need_no_definition(name, means):
    found = stix.examine(stix.bundle([make.indicator(object_marking_refs=[name])]))
    assert found.problems == ()
    marks = [f"{scale}:{level}" for scale, level in (("tlp", found.tlp), ("pap", found.pap)) if level]
    assert marks == ([] if means == "copyright" else [means])
    assert found.unmarked == (not means.startswith("tlp:"))


def test_the_fixed_ids_are_those_of_the_standards():
    assert len(KNOWN) == len(TLP_1) + len(TLP_2) + len(PAP) + 1 + len(OPENCTI) + len(MITRE)
    assert set(TLP_1.values()) == {"clear", "green", "amber", "red"}
    assert KNOWN[PAP_WHITE] == "pap:clear"


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("granular", [True, False])
@pytest.mark.parametrize(
    ("members", "level"),
    [
        (extended(PAP_EXTENSION, pap="amber"), (None, "amber")),
        (said("TLP", {"TLP": "TLP:AMBER+STRICT"}), ("amber+strict", None)),
        (opencti("TLP", "TLP:RED"), ("red", None)),
        (said("statement", {"statement": COPYRIGHT}), (None, None)),
    ],
)
def test_another_id_means_what_its_definition_says(members, level, granular, first):
    """In either order, on the object as a whole or on a part of it."""
    marks = (
        {
            "granular_markings": [{"selectors": ["name"], "marking_ref": OTHER}],
            "object_marking_refs": [PAP["clear"]],
        }
        if granular
        else {"object_marking_refs": [OTHER]}
    )
    objects = [definition(**members), make.indicator(**marks)]
    found = stix.examine(stix.bundle(objects if first else objects[::-1]))
    assert found.problems == ()
    assert (found.tlp, found.pap) == (level[0], level[1] or ("clear" if granular else None))
    assert found.unmarked == (level[0] is None)


def test_labels_that_are_markings_count():
    found = stix.examine(
        stix.bundle([make.indicator(labels=["x", "TLP:Red"]), make.indicator(2, labels=["pap:white"])])
    )
    assert (found.tlp, found.pap, found.problems) == ("red", "clear", ())


def test_a_label_that_is_a_marking_nobody_knows():
    (problem,) = stix.examine(stix.bundle([make.indicator(labels=["x", "tlp:ex:chr"])])).problems
    assert (problem.code, problem.path) == ("marking", "objects[0].labels[1]")


@pytest.mark.parametrize(
    ("members", "path"),
    [
        (said("statement", {"statement": "Classification: PROTECTED"}), "definition"),
        (extended(ACS, xyz="y"), "definition"),
    ],
)
def test_a_definition_that_is_not_understood_is_refused_with_what_it_marks(members, path):
    items = [make.indicator(1), definition(**members), make.indicator(2, object_marking_refs=[OTHER])]
    found = stix.examine(stix.bundle(items))
    assert [(each.code, each.path, each.index, each.id) for each in found.problems] == [
        ("marking", f"objects[1].{path}", 1, OTHER),
        ("marking", "objects[2].object_marking_refs[0]", 2, items[2]["id"]),
    ]
