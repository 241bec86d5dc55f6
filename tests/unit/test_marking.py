"""The handling of contents whose sender names none: marks of their own, or a person's default."""

import pytest

from mithaq.domain.handling import Handling
from mithaq.errors import MalformedError, RefusedError, UsageError
from mithaq.exchange.authoring import Message
from mithaq.exchange.marking import UNMARKED
from mithaq.formats.stix import MEDIA_TYPE
from mithaq.formats.stix_markings import PAP, TLP_2
from nodes import TEXT, B, make_pair, settle
from pouches import snapshot
from stix_samples import indicator, plain_bundle


def bundle(*objects):
    return (MEDIA_TYPE, plain_bundle(*objects))


def security(*contents, handling):
    return Message("information", "security", contents, handling, {"status": "exercise"})


@pytest.fixture
def nodes(tmp_path):
    a, b = make_pair(tmp_path)
    yield a, b
    a.close()
    b.close()


def unmarked(nth=0):
    item = indicator(nth)
    del item["object_marking_refs"]
    return item


def sent(a, *contents):
    leaf = a.service.send(B, security(*contents, handling=None)).leaf
    return a.service.item(B, leaf).entry.handling


@pytest.mark.parametrize(
    "content",
    [bundle(unmarked()), bundle(indicator(1), unmarked()), (TEXT, b"what is said")],
    ids=["object", "one of two", "document"],
)
def test_what_nobody_decided_about_is_refused(nodes, content):
    a, b = nodes
    a.service.set_default_handling(B, "another", Handling("green"))
    before = snapshot(a, b)
    with pytest.raises(RefusedError) as caught:
        sent(a, content)
    assert caught.value.codes == (UNMARKED,)
    assert "mithaq handling set" in caught.value.todo
    assert snapshot(a, b) == before


def test_a_default_covers_what_is_unmarked(nodes):
    a, b = nodes
    set_ = a.service.set_default_handling(B, "security", Handling("green", "green"))
    assert (set_.field, set_.tlp, set_.pap, set_.at) == ("security", "green", "green", int(a.clock()))
    assert sent(a, bundle(unmarked())) == Handling("green", "green")
    assert sent(a, (TEXT, b"what is said")) == Handling("green", "green")
    settle(a, b)
    assert {item.verdict for item in a.service.sent(B) if item.entry.kind == "information"} == {"accepted"}


def test_a_stricter_mark_wins_over_the_default(nodes):
    a, _ = nodes
    a.service.set_default_handling(B, "security", Handling("clear", "clear"))
    assert sent(
        a, bundle(unmarked(), indicator(1, object_marking_refs=[TLP_2["green"], PAP["green"]]))
    ) == Handling("green", "green")


def test_what_is_marked_decides_for_itself(nodes):
    a, _ = nodes
    a.service.set_default_handling(B, "security", Handling("green"))
    clear, green = (
        indicator(i, object_marking_refs=[TLP_2[level]]) for i, level in enumerate(("clear", "green"))
    )
    assert sent(a, bundle(clear)) == Handling("clear")
    assert sent(a, bundle(clear), bundle(green)) == Handling("green")


def test_a_decision_for_one_sending_needs_no_default(nodes):
    a, _ = nodes
    leaf = a.service.send(B, security(bundle(unmarked()), handling=Handling("green"))).leaf
    assert a.service.item(B, leaf).entry.handling == Handling("green")


def test_defaults_are_listed_replaced_and_withdrawn(nodes):
    a, _ = nodes
    for field, level in (("security", "red"), ("migration", "amber"), ("security", "green")):
        a.service.set_default_handling(B, field, Handling(level))
    assert [(each.field, each.tlp) for each in a.service.default_handling(B)] == [
        ("migration", "amber"),
        ("security", "green"),
    ]
    a.service.drop_default_handling(B, "security")
    assert [each.field for each in a.service.default_handling(B)] == ["migration"]
    with pytest.raises(RefusedError, match="not marked"):
        sent(a, bundle(unmarked()))


def test_defaults_of_strangers_and_of_no_field(nodes):
    a, _ = nodes
    with pytest.raises(UsageError, match="no such partner"):
        a.service.set_default_handling("x.example", "security", Handling("green"))
    with pytest.raises(MalformedError):
        a.service.set_default_handling(B, "No Field", Handling("green"))


def test_a_refusal_tells_the_objects(nodes):
    a, _ = nodes
    with pytest.raises(RefusedError) as caught:
        a.service.send(
            B, security(bundle(indicator(1), indicator(2, confidence=101)), handling=Handling("green"))
        )
    (reason,) = caught.value.reasons
    assert (reason["content"], reason["index"], reason["id"], reason["code"], reason["path"]) == (
        0,
        1,
        indicator(2)["id"],
        "schema",
        "objects[1].confidence",
    )
