"""``mithaq send`` with a file of MISP: it becomes STIX, and what has no place is told before it goes."""

import json

import pytest

import misp_samples as make
from mithaq.cli import failure
from mithaq.errors import RefusedError, UsageError
from mithaq.formats import stix
from mithaq.words import Words
from nodes import B
from unit.test_cli_bundles import said, session

__all__ = ["session"]

PDB = make.attribute(2, "pdb", "a")
PERSON = make.attribute(3, "target-user", "somebody")


def file(tmp_path, *events, name="event.json"):
    path = tmp_path / name
    path.write_bytes(make.content(*events))
    return path


def test_an_event_goes_as_stix(session, tmp_path):
    path = file(tmp_path, make.event(make.attribute(1, event_id="7")))
    answer = said(session, path, tlp="green")
    content = session.node.service.content(B, answer.value["leaf"], 0)
    assert stix.examine(content).objects == 3
    assert {"internal"} == {each["code"] for each in answer.value["lost"]}
    assert "Event.Attribute[].event_id" in [each["path"] for each in answer.value["lost"]]
    assert any(line.startswith("Has no place: ") for line in answer.lines)
    assert "left_out" not in answer.value


def test_what_has_no_place_is_told_and_nothing_goes(session, tmp_path):
    path = file(tmp_path, make.event(make.attribute(1), PDB, PERSON))
    with pytest.raises(RefusedError) as caught:
        said(session, path, tlp="green")
    assert caught.value.codes == ("content", "persons")
    assert [(each["code"], each["path"]) for each in caught.value.reasons] == [
        ("no-place", "Event.Attribute[1]"),
        ("persons", "Event.Attribute[2]"),
    ]
    lines = failure.lines(caught.value, Words("en"))
    assert any("Event.Attribute[1]" in line for line in lines)
    assert "--leave-out-refused" in lines[-1]
    assert session.node.service.sent(B) == []


def test_the_rest_goes_when_asked(session, tmp_path):
    path = file(tmp_path, make.event(make.attribute(1), PDB, PERSON))
    answer = said(session, path, tlp="green", leave_out_refused=True)
    assert [each["path"] for each in answer.value["lost"] if each["code"] != "internal"] == [
        "Event.Attribute[1]",
        "Event.Attribute[2]",
    ]
    assert answer.value["left_out"] == []
    assert b"somebody" not in session.node.service.content(B, answer.value["leaf"], 0)
    json.dumps(answer.value)


def test_nothing_would_remain(session, tmp_path):
    path = file(tmp_path, make.event(PERSON))
    with pytest.raises(RefusedError) as caught:
        said(session, path, tlp="green", leave_out_refused=True)
    assert caught.value.todo == "nothing would remain"


def test_an_event_that_cannot_be_read(session, tmp_path):
    path = file(tmp_path, make.event(make.attribute(1)) | {"uuid": "x"})
    with pytest.raises(UsageError, match="cannot be sent"):
        said(session, path, tlp="green")


def test_the_marks_of_the_event_are_the_handling(session, tmp_path):
    path = file(tmp_path, make.event(make.attribute(1)))
    assert said(session, path).value["tlp"] == "green"
