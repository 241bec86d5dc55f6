"""``mithaq stix check``: it says what ``send`` would do, object by object, and needs no node."""

import json
from types import SimpleNamespace

import msgspec
import pytest

import stix_samples as make
from mithaq.cli import bundles, send
from mithaq.cli import stix as command
from mithaq.cli.main import app
from mithaq.errors import MalformedError, RefusedError, UsageError
from mithaq.formats import media, stix, stix_ids, stix_source, stix_versions
from mithaq.words import Words
from nodes import B, make_pair

PERSON = make.domain_object("identity", 5, name="n", identity_class="individual")
BROKEN = make.indicator(9, confidence=101)
LONE = make.domain_object("tool", name="t")
UNMARKED = make.indicator(3)
del UNMARKED["object_marking_refs"]


def old(item):
    return {name: value for name, value in item.items() if name != "spec_version"}


def observed(nth=0, **inner):
    seen = {"first_observed": make.TIME, "last_observed": make.LATER, "number_observed": 1}
    return old(make.domain_object("observed-data", nth, **seen, objects=inner))


@pytest.fixture
def session():
    return SimpleNamespace(words=Words("en"))


def file(tmp_path, value, name="b.json"):
    path = tmp_path / name
    path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return path


def bundled(*objects, **members):
    return {"type": "bundle", "id": make.name("bundle"), "objects": list(objects)} | members


def checked(session, tmp_path, value):
    answer = command.check(file(tmp_path, value), session=session)
    msgspec.json.encode(answer.value)
    return answer


def test_what_passes(session, tmp_path):
    answer = checked(session, tmp_path, bundled(*make.samples()[:3]))
    assert answer.exit_code == 0
    assert (answer.value["objects"], answer.value["passed"], answer.value["contents"]) == (3, 3, 1)
    assert answer.value["refused"] == answer.value["notices"] == answer.value["upgraded"] == []
    assert answer.lines == ["3 objects would pass."]


def test_what_is_refused_is_told_by_object(session, tmp_path):
    answer = checked(session, tmp_path, bundled(make.indicator(1), BROKEN, PERSON))
    assert answer.exit_code == RefusedError.exit_code
    assert [(each["index"], each["id"], each["code"], each["path"]) for each in answer.value["refused"]] == [
        (1, BROKEN["id"], "schema", "objects[1].confidence"),
        (2, PERSON["id"], "persons", "objects[2].identity_class"),
    ]
    assert (answer.value["objects"], answer.value["passed"]) == (3, 1)
    assert answer.lines[:2] == ["1 object would pass.", "Refused: 2"]
    assert BROKEN["id"] in answer.lines[2]
    assert "objects[1].confidence" in answer.lines[2]


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (bundled(LONE), "bundle"),
        ({"objects": [LONE]}, "envelope"),
        ({"more": True, "next": "5", "objects": [LONE]}, "envelope"),
        (LONE, "object"),
        (bundled(old(LONE), spec_version="2.0"), "bundle"),
        (old(LONE), "object"),
    ],
)
def test_shapes(session, tmp_path, value, form):
    answer = checked(session, tmp_path, value)
    assert (answer.value["form"], answer.value["passed"], answer.exit_code) == (form, 1, 0)
    (body,) = bundles.bodies(tmp_path / "b.json", json.dumps(value).encode(), None)
    assert json.loads(body)["objects"] == [LONE]
    assert media.real_type(body) == stix.MEDIA_TYPE


@pytest.mark.parametrize(
    "value",
    [
        {"a": 1},
        [LONE],
        {"objects": []},
        {"objects": [{"a": 1}]},
        {"objects": [LONE], "other": 1},
        {"type": "tool", "id": "x"},
        {"type": "note", "id": LONE["id"]},
        bundled(),
        bundled(3),
        b"text",
        b'{"type":"bundle","objects":[{"a":1,"a":2}]}',
    ],
)
def test_what_is_no_stix(session, tmp_path, value):
    with pytest.raises(UsageError) as caught:
        checked(session, tmp_path, value)
    assert caught.value.exit_code == 2
    assert str(tmp_path) in caught.value.where


def test_an_object_without_an_id_is_refused_alone(session, tmp_path):
    value = bundled(LONE, {"type": "tool", "name": "t"}, {"id": 3, "type": "tool"}, {"id": LONE["id"]})
    refused = checked(session, tmp_path, value).value["refused"]
    assert [each["path"] for each in refused] == ["objects[1].id", "objects[2].id", "objects[3].type"]


def test_unmarked_objects_are_a_notice(session, tmp_path):
    answer = checked(session, tmp_path, bundled(make.indicator(1), UNMARKED))
    assert answer.exit_code == 0
    (notice,) = answer.value["notices"]
    assert (notice["code"], notice["id"], notice["path"]) == ("unmarked", UNMARKED["id"], "objects[1]")
    assert answer.lines[1].startswith("Without a TLP mark")


def test_an_id_that_does_not_follow_is_a_notice(session, tmp_path):
    url = make.observable("url", value="a", object_marking_refs=make.indicator()["object_marking_refs"])
    answer = checked(session, tmp_path, bundled(url))
    (notice,) = answer.value["notices"]
    assert (notice["code"], notice["path"], answer.exit_code) == ("id", "objects[0].id", 0)
    assert stix_ids.deterministic(url) in notice["message"]
    right = url | {"id": stix_ids.deterministic(url)}
    assert checked(session, tmp_path, bundled(right)).value["notices"] == []


def test_people_are_shown_the_first_notices(session, tmp_path):
    items = [UNMARKED | {"id": make.name("indicator", i)} for i in range(command.NOTICES_SHOWN + 5)]
    answer = checked(session, tmp_path, bundled(*items))
    assert len(answer.value["notices"]) == len(items)
    assert len(answer.lines) == command.NOTICES_SHOWN + 3
    assert answer.lines[-1] == "  and 5 more"


def test_what_was_upgraded_is_told(session, tmp_path):
    url = {"type": "url", "value": "https://c2.example/"}
    answer = checked(session, tmp_path, bundled(old(LONE), observed(u=url), spec_version="2.0"))
    assert [(each["index"], "spec_version" in each["added"]) for each in answer.value["upgraded"]] == [
        (0, True),
        (1, True),
    ]
    assert (answer.value["objects"], answer.value["passed"]) == (2, 2)
    assert answer.lines[1] == "Upgraded from STIX 2.0: 2"


def test_observed_data_is_refused_with_what_it_holds(session, tmp_path):
    """What 2.0 says in one object is not sent in halves; what others hold too is not lost with it."""
    shared, mail = {"type": "url", "value": "a"}, {"type": "email-addr", "value": "jane@office.example"}
    value = bundled(observed(1, m=mail, u=shared), observed(2, u=shared), old(LONE))
    answer = checked(session, tmp_path, value)
    (refused,) = answer.value["refused"]
    assert (refused["index"], refused["id"]) == (0, value["objects"][0]["id"])
    assert refused["path"] == "objects[0].objects.m"
    left_out, upgraded = [], []
    (body,) = bundles.bodies(tmp_path / "b.json", json.dumps(value).encode(), left_out, upgraded)
    sent = json.loads(body)["objects"]
    assert [each["type"] for each in sent] == ["url", "observed-data", "tool"]
    assert sent[1]["object_refs"] == [sent[0]["id"]]
    assert (len(left_out), upgraded) == (1, [value["objects"][1]["id"], LONE["id"]])


def test_what_cannot_be_upgraded_is_refused_alone(session, tmp_path):
    lossy = observed(p={"type": "process", "name": "a"})
    answer = checked(session, tmp_path, bundled(old(LONE), lossy))
    (refused,) = answer.value["refused"]
    assert (refused["code"], refused["path"]) == ("version", "objects[1].objects.p.name")
    assert answer.value["passed"] == 1


def test_versions_that_contradict_each_other_across_contents(session, tmp_path):
    many = [make.indicator(i) for i in range(stix.OBJECTS_PER_BODY + 1)]
    again = [many[0], many[1] | {"name": "other"}, many[2] | {"modified": make.LATER, "created": make.LATER}]
    answer = checked(session, tmp_path, bundled(*many, *again))
    assert [(each["code"], each["index"]) for each in answer.value["refused"]] == [
        ("twice", len(many) + 1),
        ("version", len(many) + 2),
    ]
    assert stix_versions.conflicts([{}, {"id": 3}, {"id": 3}, {"id": "a", "modified": 3}]) == {}


@pytest.mark.parametrize(
    "value",
    [
        bundled(*make.samples()),
        bundled(make.indicator(1), BROKEN),
        bundled(PERSON),
        {"objects": [LONE, BROKEN]},
        LONE,
        old(LONE),
        bundled(old(LONE), observed(p={"type": "process", "name": "a"}), spec_version="2.0"),
    ],
)
def test_send_agrees(session, tmp_path, value):
    answer = checked(session, tmp_path, value)
    left_out = []
    try:
        sent = [body for _, body in send._contents(tmp_path / "b.json", [], left_out)]
    except RefusedError:
        sent = []
    without_path = [{name: each for name, each in one.items() if name != "file"} for one in left_out]
    assert len(sent) == answer.value["contents"]
    assert not sent or without_path == answer.value["refused"]


def test_send_tells_what_it_upgraded(tmp_path):
    a, b = make_pair(tmp_path)
    try:
        import contextlib

        session = SimpleNamespace(words=Words("en"), service=lambda: contextlib.nullcontext(a.service))
        path = file(tmp_path, old(make.indicator(1) | {}))
        item = json.loads(path.read_bytes())
        del item["pattern_type"], item["indicator_types"]
        path.write_bytes(json.dumps(item).encode())
        said = send.send("information", B, path, field="security", keep_days=5, tlp="green", session=session)
        assert said.value["upgraded"] == [item["id"]]
        assert said.lines[-1] == "Upgraded from STIX 2.0: 1"
        (kept,) = json.loads(a.service.content(B, said.value["leaf"], 0))["objects"]
        assert (kept["spec_version"], kept["pattern_version"]) == ("2.1", "2.0")
    finally:
        a.close()
        b.close()


def test_the_program_ends_with_what_it_found(tmp_path, capsys):
    good, bad = file(tmp_path, LONE), file(tmp_path, BROKEN, "bad.json")
    assert app.meta(["stix", "check", str(good), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["passed"] == 1
    assert app.meta(["stix", "check", str(bad), "--json"]) == RefusedError.exit_code
    assert json.loads(capsys.readouterr().out)["refused"][0]["id"] == BROKEN["id"]


@pytest.mark.parametrize("lang", ["ar", "de", "en", "fr"])
def test_in_every_language(tmp_path, capsys, lang):
    path = file(tmp_path, bundled(BROKEN, UNMARKED))
    assert app.meta(["--lang", lang, "stix", "check", str(path)]) == RefusedError.exit_code
    said = capsys.readouterr().out
    assert BROKEN["id"] in said
    assert Words(lang)("Refused: {n}", n=1) in said


def test_a_source_says_where_it_was():
    with pytest.raises(MalformedError) as caught:
        stix_source.read("here", b"{}")
    assert caught.value.where == "here"
