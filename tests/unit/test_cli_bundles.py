"""``mithaq send`` with a STIX file: what is refused is told by object, and the rest can go."""

import contextlib
import json
from types import SimpleNamespace

import pytest

import stix_samples as make
from mithaq.cli import bundles, failure, handling, send
from mithaq.domain.handling import Handling
from mithaq.errors import RefusedError, UsageError
from mithaq.formats import stix
from mithaq.formats.stix_markings import TLP_2
from mithaq.words import Words
from nodes import B, make_pair

OTHER = make.name("marking-definition")
PERSON = make.domain_object("identity", 5, name="n", identity_class="individual")
UNKNOWN = make.indicator(7, object_marking_refs=[OTHER])


@pytest.fixture
def session(tmp_path):
    a, b = make_pair(tmp_path)
    yield SimpleNamespace(words=Words("en"), service=lambda: contextlib.nullcontext(a.service), node=a)
    a.close()
    b.close()


def file(tmp_path, *objects):
    path = tmp_path / "b.json"
    path.write_bytes(stix.bundle(objects))
    return path


def said(session, path, **options):
    return send.send("information", B, path, field="security", keep_days=5, session=session, **options)


def test_the_whole_is_refused_and_says_which_objects(session, tmp_path):
    path = file(tmp_path, make.indicator(1), UNKNOWN, PERSON)
    with pytest.raises(RefusedError) as caught:
        said(session, path, tlp="green")
    error = caught.value
    assert error.codes == ("content", "persons")
    assert [(each["index"], each["id"], each["code"]) for each in error.reasons] == [
        (1, UNKNOWN["id"], "marking"),
        (2, PERSON["id"], "persons"),
    ]
    lines = failure.lines(error, Words("en"))
    assert any(UNKNOWN["id"] in line and "object_marking_refs[0]" in line for line in lines)
    assert "--leave-out-refused" in lines[-1]
    assert failure.value(error)["error"]["reasons"] == list(error.reasons)
    assert session.node.service.sent(B) == []


def test_the_rest_goes_when_asked(session, tmp_path):
    path = file(tmp_path, make.indicator(1), UNKNOWN, PERSON)
    answer = said(session, path, tlp="green", leave_out_refused=True)
    assert [(each["file"], each["index"], each["code"]) for each in answer.value["left_out"]] == [
        (str(path), 1, "marking"),
        (str(path), 2, "persons"),
    ]
    assert sum(line.startswith("Left out: ") and OTHER not in line for line in answer.lines) == 2
    content = session.node.service.content(B, answer.value["leaf"], 0)
    assert json.loads(content)["objects"] == [make.indicator(1)]


def test_nothing_would_remain(session, tmp_path):
    with pytest.raises(RefusedError) as caught:
        said(session, file(tmp_path, PERSON), tlp="green", leave_out_refused=True)
    assert caught.value.codes == ("persons",)
    assert caught.value.todo == "nothing would remain"


def test_places_count_in_the_file_across_its_parts(tmp_path):
    """Definitions are repeated in every part; what is refused is told once."""
    statement = {"definition_type": "statement", "definition": {"statement": "PAP:AMBER"}}
    definition = {"type": "marking-definition", "spec_version": "2.1", "id": OTHER, "created": make.TIME}
    broken = make.indicator(5_000, confidence=101)
    marked = [make.indicator(i, object_marking_refs=[OTHER, TLP_2["green"]]) for i in range(1_500)]
    items = [*marked, PERSON, broken, definition | statement]
    path = tmp_path / "b.json"
    left_out = []
    bodies = bundles.bodies(path, make.plain_bundle(*items), left_out)
    assert [each["index"] for each in left_out] == [1_500, 1_501]
    sent = [json.loads(body)["objects"] for body in bodies]
    assert [len(each) for each in sent] == [1_001, 501]
    assert all(stix.examine(body).pap == "amber" for body in bodies)
    without = [*marked, definition | statement | {"definition": {"statement": "s"}}]
    with pytest.raises(RefusedError) as caught:
        bundles.bodies(path, make.plain_bundle(*without), None)
    assert [each["index"] for each in caught.value.reasons] == list(range(1_501))


def test_marks_go_together(session, tmp_path):
    with pytest.raises(UsageError, match="go together"):
        said(session, file(tmp_path, make.indicator()), pap="green")


def test_the_handling_that_was_used_is_told(session, tmp_path):
    assert said(session, file(tmp_path, make.indicator())).value["tlp"] == "green"


def test_defaults_are_set_shown_and_dropped(session):
    made = handling.set(B, "security", tlp="amber", pap="green", session=session)
    assert (made.value["field"], made.value["tlp"], made.value["pap"]) == ("security", "amber", "green")
    shown = handling.show(B, session=session)
    assert shown.value == [made.value]
    assert shown.lines[0].startswith("security  tlp=amber  pap=green  ")
    handling.drop(B, "security", session=session)
    assert handling.show(B, session=session).value == handling.show(B, session=session).lines == []
    with pytest.raises(UsageError):
        handling.set(B, "No Field", tlp="green", session=session)


def test_a_default_that_is_set_is_used(session, tmp_path):
    item = make.indicator()
    del item["object_marking_refs"]
    with pytest.raises(RefusedError, match="not marked") as caught:
        said(session, file(tmp_path, item))
    assert any("TLP mark" in line for line in failure.lines(caught.value, Words("en")))
    session.node.service.set_default_handling(B, "security", Handling("green"))
    assert said(session, file(tmp_path, item)).value["tlp"] == "green"
