"""Which objects are about persons, and what attests an account as attack infrastructure."""

import pytest

import stix_samples as make
from mithaq.formats import stix

MAIL = make.observable("email-addr", value="drop@c2.example")
USER = make.observable("user-account", user_id="1001", account_login="drop", display_name="n")
VICTIM = make.observable("email-addr", 2, value="victim@office.example")
MESSAGE = make.observable(
    "email-message", is_multipart=False, from_ref=MAIL["id"], to_refs=[VICTIM["id"]], subject="s"
)


def places(*objects):
    """By both ways of writing."""
    found = stix.examine(stix.bundle(objects))
    plain = stix.examine(make.plain_bundle(*objects))
    assert found.problems == plain.problems == ()
    assert found.persons_at == plain.persons_at
    assert found.persons == bool(found.persons_at)
    assert all((each.code, each.id) == ("persons", objects[each.index]["id"]) for each in found.persons_at)
    return [each.path for each in found.persons_at]


def relation(kind, source, target, nth=0, **members):
    ends = {"relationship_type": kind, "source_ref": source, "target_ref": target}
    return make.domain_object("relationship", nth, **ends, **members)


def observed(*refs, **members):
    seen = {"first_observed": make.TIME, "last_observed": make.TIME, "number_observed": 1}
    return make.domain_object("observed-data", **seen, object_refs=[*refs], **members)


def held(**members):
    item = observed(**members)
    del item["object_refs"]
    return item


@pytest.mark.parametrize(
    ("item", "path"),
    [
        (make.domain_object("identity", name="n", identity_class="individual"), "identity_class"),
        (make.domain_object("identity", name="n", identity_class="unknown"), "identity_class"),
        (make.domain_object("identity", name="n"), "identity_class"),
        (make.domain_object("identity", name="n", identity_class="group"), ""),
        (
            make.domain_object(
                "identity", name="n", identity_class="group", contact_information="info@a.example, +49 1"
            ),
            "contact_information",
        ),
        (
            make.domain_object(
                "identity", name="n", identity_class="group", contact_information="jane.doe@a.example"
            ),
            "contact_information",
        ),
        (
            make.domain_object(
                "identity",
                name="n",
                identity_class="organization",
                contact_information="CERT@a.example, https://a.example/contact",
            ),
            "",
        ),
        (
            make.domain_object(
                "identity",
                name="n",
                identity_class="organization",
                extensions={
                    "extension-definition--66e2492a-bbd3-4be6-88f5-cc91a017a498": {
                        "extension_type": "property-extension",
                        "first_name": "n",
                    }
                },
            ),
            "extensions",
        ),
        (make.domain_object("note", content="c", object_refs=[make.name("tool")], authors=["n"]), "authors"),
        (
            make.domain_object("opinion", opinion="agree", object_refs=[make.name("tool")], authors=["n"]),
            "authors",
        ),
        (make.domain_object("threat-actor", name="t", resource_level="individual"), "resource_level"),
        (make.domain_object("threat-actor", name="t", resource_level="team"), ""),
        (make.domain_object("location", street_address="1 Road", country="ma"), "street_address"),
        (make.domain_object("location", country="ma"), ""),
        (
            make.domain_object("attack-pattern", name="a", x_mitre_contributors=["A. B"]),
            "x_mitre_contributors",
        ),
        (
            make.observable(
                "email-message", is_multipart=False, additional_header_fields={"Delivered-To": "a@b"}
            ),
            "additional_header_fields",
        ),
        (
            held(objects={"0": make.observable("user-account", user_id="1", display_name="n")}),
            "objects.0",
        ),
        (held(objects={"0": make.observable("url", value="https://c2.example/")}), ""),
    ],
)
def test_by_members(item, path):
    assert places(item) == ([f"objects[0].{path}"] if path else [])


@pytest.mark.parametrize("item", [MAIL, USER, MESSAGE], ids=lambda item: item["type"])
def test_accounts_that_nobody_attests(item):
    assert places(make.indicator(), item) == ["objects[1]"]


def test_a_service_account_is_nobodys():
    assert places(USER | {"is_service_account": True}) == []
    assert places(USER | {"is_service_account": False}) == ["objects[0]"]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("item", "pattern"),
    [
        (MAIL, "[email-addr:value = 'drop@c2.example']"),
        (MAIL, "[url:value = 'x' OR email-message:from_ref.value='drop@c2.example']"),
        (USER, "[user-account:user_id = '1001']"),
        (USER, "[user-account:account_login = 'drop']"),
        (
            make.observable("email-addr", value="d'\\r@c2.example"),
            r"[email-addr:value = 'd\'\\r@c2.example']",
        ),
    ],
)
def test_an_indicator_attests_what_its_pattern_names(item, pattern, first):
    objects = [make.indicator(pattern=pattern), item]
    assert places(*(objects if first else objects[::-1])) == []


@pytest.mark.parametrize(
    "source", ["infrastructure", "malware", "tool", "indicator", "intrusion-set", "campaign", "threat-actor"]
)
@pytest.mark.parametrize("kind", ["communicates-with", "consists-of", "uses", "indicates", "based-on"])
def test_a_relationship_attests_its_target(source, kind):
    assert places(relation(kind, make.name(source), USER["id"]), USER) == []


def test_observed_data_attests_what_it_holds_but_no_recipient():
    objects = [observed(MESSAGE["id"], MAIL["id"], VICTIM["id"]), MESSAGE, MAIL, VICTIM]
    based = relation("based-on", make.name("indicator"), objects[0]["id"])
    assert places(*objects) == ["objects[1]", "objects[2]", "objects[3]"]
    assert places(*objects, based) == ["objects[3]"]


def test_a_message_and_its_sender_attest_each_other():
    uses = relation("uses", make.name("malware"), MESSAGE["id"])
    assert places(MESSAGE, MAIL, VICTIM, uses) == ["objects[2]"]
    named = make.indicator(pattern="[email-addr:value = 'drop@c2.example']")
    assert places(MESSAGE, MAIL, named) == []


def test_a_message_to_its_own_sender_attests_nobody():
    message = MESSAGE | {"from_ref": VICTIM["id"]}
    assert places(message, VICTIM, relation("uses", make.name("malware"), message["id"])) == ["objects[1]"]


def test_observed_data_of_the_older_form_attests_no_account_in_it():
    item = held(objects={"0": VICTIM})
    based = relation("based-on", make.name("indicator"), item["id"])
    assert places(item, based) == ["objects[0].objects.0"]


def test_the_value_attests_inside_of_older_observed_data():
    named = make.indicator(pattern="[email-addr:value = 'drop@c2.example']")
    assert places(held(objects={"0": MAIL, "1": VICTIM}), named) == ["objects[0].objects.1"]
