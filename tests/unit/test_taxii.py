"""Every endpoint of TAXII 2.1, over real HTTP, and the edges that others get wrong."""

import json

import pytest

from mithaq.exchange import timeline
from mithaq.exchange.collection import CONTENT_MAX
from mithaq.taxii.negotiation import TAXII
from taxii_desk import MANIFEST, OBJECTS, desk, domain, indicator, reopened

COLLECTION = "/taxii2/agencies/collections/cert/"


@pytest.fixture
def at(tmp_path):
    with desk(tmp_path) as made:
        yield made


@pytest.fixture
def tool(at):
    return at.tool


# --- the server, its roots, its collections ---------------------------------------------------------------


def test_discovery_names_the_one_root_of_an_account(tool):
    answer = tool.get("/taxii2/")
    root = "/taxii2/agencies/"
    assert answer.json == {"title": "A", "default": root, "api_roots": [root]}
    assert answer.headers["content-type"] == TAXII


def test_an_api_root(tool):
    found = tool.get("/taxii2/agencies/").json
    assert found == {"title": "Our agencies", "versions": [TAXII], "max_content_length": CONTENT_MAX}


def test_collections_with_what_one_may_do(at):
    reader = at.account("reader", write=False)
    (one,) = reader.get("/taxii2/agencies/collections/").json["collections"]
    assert (one["alias"], one["can_read"], one["can_write"]) == ("cert", True, False)
    assert reader.get(f"/taxii2/agencies/collections/{one['id']}/").json == one
    assert reader.get(COLLECTION).json == one


def test_no_collection_is_an_empty_object(at):
    hidden = at.account("hidden")
    at.node.service.librarian.grant("hidden", "cert", read=False, write=False, see=False)
    assert hidden.get("/taxii2/agencies/collections/").json == {}


@pytest.mark.parametrize(
    "path", ["/taxii2", OBJECTS.rstrip("/"), COLLECTION + "?x=1", OBJECTS.rstrip("/") + "?limit=1"]
)
def test_with_and_without_the_final_slash(tool, path):
    assert tool.get(path).status == 200


# --- adding -----------------------------------------------------------------------------------------------


def test_what_is_posted_comes_back_byte_for_byte(tool):
    raw = json.dumps(indicator("one"), indent=1).encode()
    answer = tool.ask("POST", OBJECTS, b'{"objects": [' + raw + b"]}")
    assert answer.status == 202
    assert raw in tool.get(OBJECTS).data
    status = answer.json
    assert (status["status"], status["total_count"], status["success_count"]) == ("complete", 1, 1)
    assert status["successes"] == [{"id": indicator("one")["id"], "version": "2026-11-20T10:00:00.000Z"}]
    assert tool.get(f"/taxii2/agencies/status/{status['id']}/").json == status


def test_a_status_is_of_the_account_that_posted(at, tool):
    status = tool.post(indicator()).json
    assert at.account("other").get(f"/taxii2/agencies/status/{status['id']}/").status == 404


def test_one_bad_object_fails_alone(tool):
    bad = indicator("bad") | {"modified": "never"}
    status = tool.post(indicator("good"), bad, {"type": "x"}, 7, domain("d")).json
    assert (status["success_count"], status["failure_count"]) == (2, 3)
    assert status["failures"][0]["id"] == bad["id"]
    assert "modified" in status["failures"][0]["message"]
    assert tool.get(OBJECTS).ids == [indicator("good")["id"], domain("d")["id"]]


def test_a_member_that_stands_twice_fails_alone(tool):
    twice = json.dumps(indicator("twice")).replace('"type"', '"pattern": "[a:b = 1]", "type"', 1)
    body = f'{{"objects": [{twice}, {json.dumps(indicator("good"))}]}}'
    status = tool.ask("POST", OBJECTS, body.encode()).json
    assert (status["success_count"], status["failure_count"]) == (1, 1)


def test_the_same_version_again_succeeds_and_adds_nothing(tool):
    for _ in range(2):
        assert tool.post(indicator("one"), domain("d")).json["success_count"] == 2
    reordered = dict(reversed(domain("d").items()))
    assert tool.post(reordered, domain("d"), domain("d")).json["success_count"] == 3
    assert len(tool.get(OBJECTS).ids) == 2


def test_what_an_observable_says_anew_takes_its_place(tool):
    tool.post(domain("d"))
    tool.post(domain("d") | {"defanged": True})
    (found,) = tool.get(OBJECTS).json["objects"]
    assert found["defanged"] is True
    assert len(tool.get(f"{OBJECTS}{found['id']}/versions/").json["versions"]) == 2


def test_two_versions_in_one_envelope(tool):
    newer = indicator("one", modified="2026-11-21T10:00:00.000Z")
    assert tool.post(newer, indicator("one")).json["success_count"] == 2
    assert tool.get(OBJECTS).json["objects"] == [newer]
    found = tool.get(f"{OBJECTS}{newer['id']}/versions/").json
    assert found == {
        "more": False,
        "versions": ["2026-11-21T10:00:00.000000Z", "2026-11-20T10:00:00.000000Z"],
    }


def test_nothing_in_an_envelope(tool):
    assert tool.post().json["total_count"] == 0
    assert tool.ask("POST", OBJECTS, b"{}").json["total_count"] == 0


# --- filters ----------------------------------------------------------------------------------------------


@pytest.fixture
def filled(tool):
    first, second = indicator("a"), indicator("a", modified="2026-11-22T10:00:00.000Z")
    tool.post(first, indicator("b"))
    tool.post(second, domain("d"))
    return tool


A_ID, B_ID, D_ID = (each["id"] for each in (indicator("a"), indicator("b"), domain("d")))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [B_ID, A_ID, D_ID]),
        ("match[version]=last", [B_ID, A_ID, D_ID]),
        ("match[version]=first", [A_ID, B_ID, D_ID]),
        ("match[version]=all", [A_ID, B_ID, A_ID, D_ID]),
        ("match[version]=first,last", [A_ID, B_ID, A_ID, D_ID]),
        ("match[version]=2026-11-22T10:00:00Z", [A_ID]),
        ("match[version]=2026-11-22T10:00:00.000000000Z,first", [A_ID, B_ID, A_ID, D_ID]),
        ("match[id]=" + A_ID, [A_ID]),
        (f"match[id]={A_ID},{D_ID}", [A_ID, D_ID]),
        (f"match[id]={A_ID}&match[id]={D_ID}", [A_ID, D_ID]),
        ("match[type]=domain-name", [D_ID]),
        ("match[type]=domain-name,indicator&match[id]=" + B_ID, [B_ID]),
        ("match[type]=malware", []),
        ("match[spec_version]=2.1", [B_ID, A_ID, D_ID]),
        ("match[spec_version]=2.0,2.1", [B_ID, A_ID, D_ID]),
        ("match[spec_version]=2.0", []),
        ("added_after=2100-01-01T00:00:00Z", []),
        ("added_after=2000-01-01T00:00:00.123456789Z", [B_ID, A_ID, D_ID]),
        ("nobody=knows&match[colour]=red", [B_ID, A_ID, D_ID]),
    ],
)
def test_filters(filled, query, expected):
    answer = filled.get(f"{OBJECTS}?{query}")
    assert answer.status == 200
    assert answer.ids == expected
    assert filled.get(f"{MANIFEST}?{query}").ids == expected
    if not expected:
        assert answer.data == b"{}"
        assert "x-taxii-date-added-first" not in answer.headers


@pytest.mark.parametrize(
    "query",
    [
        "added_after=yesterday",
        "added_after=2026-13-01T00:00:00Z",
        "added_after=2026-11-22T10:00:00",
        "match[version]=newest",
        "limit=0",
        "limit=-1",
        "limit=1.5",
        "limit=many",
        "limit=%D9%A1",
        "next=!!",
        "next=AAAA",
    ],
)
def test_parameters_that_are_none(filled, query):
    answer = filled.get(f"{OBJECTS}?{query}")
    assert answer.status == 400
    assert answer.json["http_status"] == "400"


def test_one_object_and_one_that_is_not_there(filled):
    assert filled.get(f"{OBJECTS}{A_ID}/").json["objects"][0]["modified"].startswith("2026-11-22")
    assert len(filled.get(f"{OBJECTS}{A_ID}/?match[version]=all").ids) == 2
    assert filled.get(f"{OBJECTS}{A_ID}/?match[version]=2000-01-01T00:00:00Z").data == b"{}"
    for path in (f"{OBJECTS}indicator--nobody/", f"{OBJECTS}indicator--nobody/versions/"):
        assert filled.get(path).status == 404


def test_the_manifest_says_when_and_which(filled):
    records = filled.get(MANIFEST).json["objects"]
    assert [each["version"] for each in records[:2]] == [
        "2026-11-20T10:00:00.000000Z",
        "2026-11-22T10:00:00.000000Z",
    ]
    assert records[2]["version"] == records[2]["date_added"]
    answer = filled.get(MANIFEST)
    assert answer.headers["x-taxii-date-added-first"] == records[0]["date_added"]
    assert answer.headers["x-taxii-date-added-last"] == records[-1]["date_added"]
    assert timeline.parse("", records[-1]["date_added"]) % 1_000 == 0


# --- pages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [OBJECTS, MANIFEST])
def test_pages_are_complete_and_end(tool, path):
    sent = [indicator() for _ in range(25)]
    tool.post(*sent)
    found, query = [], "limit=10"
    for expected in (True, True, False):
        answer = tool.get(f"{path}?{query}")
        found += answer.ids
        assert answer.json["more"] is expected
        assert ("next" in answer.json) is expected
        query = f"limit=10&next={answer.json.get('next')}"
    assert found == [each["id"] for each in sent]


def test_pages_of_versions(tool):
    tool.post(*(indicator("one", modified=f"2026-11-20T{hour}:00:00.000Z") for hour in range(10, 24)))
    tool.post(indicator("one", modified="2026-11-21T10:00:00.000Z"))
    path = f"{OBJECTS}{indicator('one')['id']}/versions/"
    first = tool.get(f"{path}?limit=10").json
    rest = tool.get(f"{path}?limit=10&next={first['next']}").json
    assert len(first["versions"] + rest["versions"]) == 15
    assert rest["more"] is False


def test_next_with_other_filters_is_refused(tool):
    tool.post(*(indicator() for _ in range(5)))
    asked = "limit=2&added_after=2020-01-01T00:00:00Z&match[type]=indicator"
    next_ = tool.get(f"{OBJECTS}?{asked}").json["next"]
    assert next_.replace("-", "").replace("_", "").isalnum()
    for good in (asked, "match[type]=indicator", asked.replace("limit=2", "limit=3")):
        assert tool.get(f"{OBJECTS}?{good}&next={next_}").status == 200
    for bad in ("", asked + ",malware", asked.replace("2020", "2021"), asked + "&match[version]=all"):
        assert tool.get(f"{OBJECTS}?{bad}&next={next_}").status == 400


def test_next_survives_a_restart(tmp_path):
    with desk(tmp_path) as before:
        before.tool.post(*(indicator(str(n)) for n in range(5)))
        first = before.tool.get(f"{OBJECTS}?limit=3")
    with reopened(tmp_path, before.token) as after:
        rest = after.tool.get(f"{OBJECTS}?limit=3&next={first.json['next']}")
    assert first.ids + rest.ids == [indicator(str(n))["id"] for n in range(5)]


def test_a_limit_above_the_cap_gives_the_cap(tool):
    tool.post(*(indicator() for _ in range(600)))
    tool.post(*(indicator() for _ in range(600)))
    for query in ("", "?limit=1000000"):
        answer = tool.get(OBJECTS + query)
        assert len(answer.ids) == 1_000
        assert answer.json["more"] is True


# --- removing ---------------------------------------------------------------------------------------------


def test_an_object_is_deleted_in_every_version(filled):
    assert filled.ask("DELETE", f"{OBJECTS}{A_ID}/").status == 200
    assert filled.get(f"{OBJECTS}{A_ID}/").status == 404
    assert filled.get(f"{OBJECTS}?match[version]=all").ids == [B_ID, D_ID]
    assert filled.ask("DELETE", f"{OBJECTS}{A_ID}/").status == 404


def test_one_version_is_deleted(filled):
    answer = filled.ask("DELETE", f"{OBJECTS}{A_ID}/?match[version]=2026-11-22T10:00:00Z")
    assert answer.status == 200
    assert filled.get(f"{OBJECTS}{A_ID}/").json["objects"] == [indicator("a")]


# --- what is said of it -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "accept",
    [
        "application/taxii+json",
        "application/taxii+json; version=2.1",
        "application/taxii+json ;version = 2.1",
        "*/*",
        "application/*",
        "text/html, application/taxii+json;version=2.1;q=0.5",
        None,
        'application/taxii+json;version="2.1"',
    ],
)
def test_what_a_client_may_take(tool, accept):
    assert tool.get(OBJECTS, Accept=accept).status == 200


@pytest.mark.parametrize(
    "accept",
    [
        "application/json",
        "application/taxii+json;version=2.0",
        "application/vnd.oasis.taxii+json",
        "text/*",
        "*/*;q=0",
    ],
)
def test_what_a_client_may_not_ask_for(tool, accept):
    answer = tool.get(OBJECTS, Accept=accept)
    assert (answer.status, answer.headers["content-type"]) == (406, TAXII)


@pytest.mark.parametrize("kind", ["application/json", "application/taxii+json;version=2.0", None, ""])
def test_what_a_client_may_not_send(tool, kind):
    assert tool.ask("POST", OBJECTS, b"{}", Content_Type=kind).status == 415


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"objects": 1}', b"\xff", b"[" * 100_000])
def test_what_is_no_envelope(tool, body):
    assert tool.ask("POST", OBJECTS, body).status == 422


def test_an_envelope_that_is_too_large(tool):
    answer = tool.ask("POST", OBJECTS, b" " * (CONTENT_MAX + 1))
    assert answer.status == 413


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/taxii", 404),
        ("GET", "/taxii2/nobody/", 404),
        ("GET", "/taxii2/agencies/collections/nobody/", 404),
        ("GET", "/taxii2/agencies/collections/cert/nothing/", 404),
        ("GET", "/taxii2/agencies/status/00000000-0000-4000-8000-000000000000/", 404),
        ("PUT", OBJECTS, 405),
        ("POST", MANIFEST, 405),
        ("DELETE", OBJECTS, 405),
    ],
)
def test_errors_are_taxii_error_messages(tool, method, path, status):
    answer = tool.ask(method, path)
    assert answer.status == status
    assert answer.headers["content-type"] == TAXII
    assert answer.json["http_status"] == str(status)
    assert answer.json["title"]
