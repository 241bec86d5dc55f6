"""An event of MISP, or a partner's objects, that would carry what may not pass."""

import json

import pytest

import misp_samples as make
import stix_samples
from mithaq.errors import LimitError
from mithaq.formats import misp_event, misp_feed, misp_stix, stix
from mithaq.formats.plain_json import MISP_PERSONAL
from mithaq.formats.stix_markings import TLP_2

SECRET = "somebody@office.example"


def converted(*attributes, **members):
    return misp_stix.convert(make.content(make.event(make.attribute(900), *attributes, **members)))


def codes(made):
    return [each.code for each in made.losses if each.code != "internal"]


@pytest.mark.parametrize(
    "kind", sorted(MISP_PERSONAL | {"target-org", "threat-actor", "whois-registrant-org"})
)
@pytest.mark.parametrize("detect", [True, False])
def test_attributes_about_persons(kind, detect):
    made = converted(make.attribute(1, kind, SECRET, to_ids=detect, category="External analysis"))
    assert codes(made) == ["persons"]
    assert SECRET not in json.dumps(made.objects)


@pytest.mark.parametrize("category", ["Person", "Targeting data", "Social network", " person", ["Person"]])
def test_categories_about_persons(category):
    made = converted(make.attribute(1, "text", SECRET, category=category, comment=SECRET))
    assert codes(made) == ["persons"]
    assert SECRET not in json.dumps(made.objects)


@pytest.mark.parametrize("kind", [" target-user", "target-user\n"])
def test_a_type_with_blanks_is_the_same_type(kind):
    assert codes(converted(make.attribute(1, kind, SECRET))) == ["persons"]


def test_persons_inside_objects():
    parts = (
        make.part(1, "to", "email-dst", SECRET, category="Payload delivery"),
        make.part(2, "from", "email-src", "drop@c2.example", category="Payload delivery"),
    )
    hidden = make.part(4, "filename", "filename", "a", category="Person", comment=SECRET)
    file = make.thing("file", make.part(3, "md5", "md5", make.MD5), hidden, number=501)
    made = converted(objects=(make.thing("email", *parts), file))
    assert codes(made).count("persons") == 2
    assert SECRET not in json.dumps(made.objects)
    found = stix.examine(stix.bundle(made.objects))
    assert (found.persons, found.problems) == (False, ())


def test_who_wrote_it():
    made = converted(event_creator_email=SECRET, Orgc={"name": SECRET, "uuid": make.name(3)})
    assert SECRET not in json.dumps(made.objects)


@pytest.mark.parametrize("circle", ["0", "4", 0, 4])
def test_what_is_kept_for_a_circle(circle):
    assert codes(converted(make.attribute(1, distribution=circle))) == ["restriction"]
    assert converted(distribution=circle).objects == ()
    parts = make.thing("file", make.part(1, "md5", "md5", make.MD5), distribution=circle)
    assert codes(converted(objects=(parts,))) == ["restriction"]


@pytest.mark.parametrize(
    "tag",
    [
        "tlp:ex:chr",
        "tlp:unclear",
        "TLP-AMBER",
        "pap:purple",
        'invented-classif:classified="SECRET"',
        'data-classification:regulated-data="x"',
        "iep2-policy:id",
        "Top Secret",
        "office:restricted",
        "NOFORN",
    ],
)
def test_marks_that_cannot_be_kept(tag):
    assert codes(converted(make.attribute(1, Tag=make.tags(tag)))) == ["restriction"]
    assert converted(Tag=make.tags("tlp:clear", tag)).objects == ()


def test_a_page_is_not_taken_out_of_its_mark():
    """A reference stands in the report, which has the event's marks only."""
    link = make.attribute(1, "link", "https://source.example/red", Tag=make.tags("tlp:red"))
    made = converted(link)
    assert codes(made) == ["restriction"]
    assert "source.example" not in json.dumps(made.objects)


def test_the_stricter_of_two_marks_stays():
    pieces = [make.attribute(i, "domain", "a.example", to_ids=False) for i in (1, 2)]
    pieces[1]["Tag"] = make.tags("tlp:red")
    for order in (pieces, pieces[::-1]):
        made = converted(*order)
        (domain,) = [item for item in made.objects if item["type"] == "domain-name"]
        assert domain["object_marking_refs"] == [TLP_2["red"]]


def test_what_would_be_refused_is_not_made():
    made = converted(make.attribute(1, "regkey", "HKEY_USERS\\aHKUb", to_ids=False))
    assert codes(made) == ["value"]
    assert stix.examine(stix.bundle(made.objects)).problems == ()


def test_sizes():
    with pytest.raises(LimitError, match="too large"):
        misp_event.parse(b" " * (misp_event.SIZE_MAX + 1))
    with pytest.raises(LimitError, match="holds too much"):
        misp_event.parse(b"[" * (misp_event.NODES_MAX + 1))
    with pytest.raises(LimitError, match="too many"):
        misp_event.parse(make.content(*[make.event()] * (misp_event.EVENTS_MAX + 1)))


def test_an_object_of_many_pairs_is_bounded():
    ends = [make.part(i, "ip", "ip-dst", f"192.0.2.{i}", to_ids=False) for i in range(1, 51)]
    ports = [make.part(100 + i, "dst-port", "port", str(i), to_ids=False) for i in range(200)]
    made = converted(objects=(make.thing("ip-port", *ends, *ports),))
    assert sum(item["type"] == "network-traffic" for item in made.objects) == 100
    assert codes(made).count("no-place") == 198


# --- the feed ---------------------------------------------------------------------------------------------


def feed(*objects, **members):
    maker = misp_feed.Maker("Authority", make.name(-5))
    given = {"name": "log/7/0", "at": 1767225600, "tlp": "green", "maker": maker} | members
    return misp_feed.event(misp_feed.Group(objects=[json.dumps(each).encode() for each in objects], **given))


def test_a_partner_chooses_no_uuid_of_a_feed():
    """MISP takes an event or attribute with a uuid that it has already as an edit of its own."""
    chosen = make.name(1)
    items = [
        stix_samples.indicator() | {"id": f"indicator--{chosen}"},
        stix_samples.domain_object(
            "report", name="r", published=stix_samples.TIME, object_refs=[f"indicator--{chosen}"]
        )
        | {"id": f"report--{chosen}", "description": "d"},
    ]
    assert chosen.encode() not in feed(*items).file


def test_an_event_bears_the_strictest_mark_of_all_that_is_in_it():
    red = stix_samples.indicator(1, object_marking_refs=[TLP_2["red"]])
    bare = {"type": "domain-name", "id": stix_samples.name("domain-name"), "value": "a.example"}
    assert json.loads(feed(red, bare).file)["Event"]["Tag"] == [{"name": "tlp:red"}]
    assert json.loads(feed(bare).file)["Event"]["Tag"] == [{"name": "tlp:green"}]


def test_a_label_does_not_loosen_a_mark():
    red = stix_samples.indicator(1, object_marking_refs=[TLP_2["red"]], labels=["tlp:clear", "x"])
    (attribute,) = json.loads(feed(red).file)["Event"]["Attribute"]
    assert [each["name"] for each in attribute["Tag"]] == ["tlp:red", "x"]


def test_what_is_revoked_or_benign_detects_nothing():
    assert json.loads(feed(stix_samples.indicator(1, revoked=True)).file)["Event"]["Attribute"] == []
    benign = stix_samples.indicator(1, indicator_types=["benign"])
    assert json.loads(feed(benign).file)["Event"]["Attribute"][0]["to_ids"] is False
