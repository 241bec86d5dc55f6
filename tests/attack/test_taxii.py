"""What a tool may not do, and what a stranger may not learn (TAXII 1.6.10; docs/adr/0015)."""

import json
import socket

import pytest

from backups import bytes_below
from mithaq.domain.moment import DAY
from mithaq.errors import UsageError
from mithaq.exchange.collection import CONTENT_MAX
from mithaq.exchange.envelope import REPEATS_MAX
from mithaq.taxii.negotiation import TAXII
from taxii_desk import MANIFEST, OBJECTS, desk, domain, indicator

COLLECTION = "/taxii2/agencies/collections/cert/"
EVERYTHING = [
    ("GET", "/taxii2/"),
    ("GET", "/taxii2/agencies/"),
    ("GET", "/taxii2/agencies/status/00000000-0000-4000-8000-000000000000/"),
    ("GET", "/taxii2/agencies/collections/"),
    ("GET", COLLECTION),
    ("GET", MANIFEST),
    ("GET", OBJECTS),
    ("POST", OBJECTS),
    ("GET", OBJECTS + "indicator--1/"),
    ("DELETE", OBJECTS + "indicator--1/"),
    ("GET", OBJECTS + "indicator--1/versions/"),
]


@pytest.fixture
def at(tmp_path):
    with desk(tmp_path) as made:
        yield made


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
@pytest.mark.parametrize(
    "authorization",
    [None, "", "Basic", "Basic !!", "Basic dG9vbA==", "Bearer", "Bearer mithaq_0", "Digest x", "Bearer \xff"],
)
def test_strangers_learn_nothing(at, method, path, authorization):
    """Before anything else is looked at: 401, also where nothing is, and whatever is accepted."""
    body = b"{}" if method == "POST" else None
    answer = at.tool.ask(method, path, body, Authorization=authorization, Accept="text/plain")
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert answer.json["http_status"] == "401"
    assert answer.headers["content-type"] == TAXII


def test_basic_needs_the_name_of_the_account(at):
    stranger = at.made(at.token, "somebody")
    assert stranger.get(OBJECTS).status == 401
    assert at.made(at.token).get(OBJECTS).status == 200


def test_the_scheme_in_any_case(at):
    headers = at.tool.headers()["Authorization"]
    assert at.tool.get(OBJECTS, Authorization=headers.replace("Basic", "basic")).status == 200


def test_a_token_is_kept_as_its_hash_alone(at):
    assert at.tool.get(OBJECTS).status == 200
    assert at.token.encode() not in bytes_below(at.node.directory)


def test_a_token_expires(at):
    tool = at.account("short", days=1)
    assert tool.get(OBJECTS).status == 200
    at.node.clock.offset = DAY
    assert tool.get(OBJECTS).status == 401


def test_a_new_token_ends_the_old_one_and_keeps_its_rights(at):
    before = at.account("rotated")
    after = at.made(at.node.service.librarian.add_account("rotated", "agencies"))
    assert before.get(OBJECTS).status == 401
    assert after.get(OBJECTS).status == 200


def test_an_account_that_is_dropped(at):
    tool = at.account("gone")
    assert tool.get(OBJECTS).status == 200
    at.node.service.librarian.drop_account("gone")
    assert tool.get(OBJECTS).status == 401


def test_an_account_is_of_one_root(at):
    """The attack: a token for the agencies opens what is shared with another state, or the reverse."""
    librarian = at.node.service.librarian
    librarian.add_root("others", "Others")
    librarian.add_collection("others", "Theirs", "theirs")
    for path in (
        "/taxii2/others/",
        "/taxii2/others/collections/",
        "/taxii2/others/collections/theirs/objects/",
    ):
        assert at.tool.get(path).status == 404
    with pytest.raises(UsageError):
        librarian.add_account("tool", "others")
    with pytest.raises(UsageError):
        librarian.grant("tool", "theirs", read=True, write=True)


@pytest.mark.parametrize(("read", "write"), [(False, False), (True, False), (False, True)])
def test_rights(at, read, write):
    at.tool.post(indicator("there"))
    tool, there = at.account("some", read=read, write=write), f"{OBJECTS}{indicator('there')['id']}/"
    assert tool.get(COLLECTION).status == 200
    for path in (OBJECTS, MANIFEST, there, f"{there}versions/", f"{OBJECTS}indicator--1/"):
        assert (tool.get(path).status == 403) is not read
    assert tool.post(indicator()).status == (202 if write else 403)
    assert tool.ask("DELETE", there).status == 403
    assert at.tool.get(there).status == 200


def test_what_may_not_be_seen_is_not_there(at):
    at.node.service.librarian.add_collection("agencies", "Another", "another")
    hidden = COLLECTION.replace("cert", "another")
    nowhere = COLLECTION.replace("cert", "nowhere")
    assert at.tool.get(hidden).data == at.tool.get(nowhere).data
    assert at.tool.get(hidden).status == 404
    assert at.tool.post(indicator(), path=f"{hidden}objects/").status == 404


def test_who_asks_too_fast_waits_alone(at):
    fast, slow = at.account("fast", rate=3), at.account("slow")
    answers = [fast.get(OBJECTS) for _ in range(8)]
    refused = [each for each in answers if each.status == 429]
    assert refused
    assert all(int(each.headers["retry-after"]) >= 1 for each in refused)
    assert slow.get(OBJECTS).status == 200
    at.node.clock.offset += 5
    assert fast.get(OBJECTS).status == 200


def test_persons_are_not_taken_in(at):
    person = {
        "type": "identity",
        "spec_version": "2.1",
        "id": "identity--00000000-0000-4000-8000-000000000001",
        "created": "2026-11-20T10:00:00.000Z",
        "modified": "2026-11-20T10:00:00.000Z",
        "name": "Somebody",
        "identity_class": "individual",
    }
    status = at.tool.post(person, domain("d")).json
    assert (status["success_count"], status["failure_count"]) == (1, 1)
    assert b"Somebody" not in at.tool.get(OBJECTS).data


def test_what_was_refused_is_not_kept_in_what_is_told_of_it(at):
    """The attack: a message quotes the object, and stands unsealed on the disk for days."""
    told = at.tool.post(indicator("bad", pattern="a-name-of-somebody")).json
    assert "a-name-of-somebody" in told["failures"][0]["message"]
    kept = at.tool.get(f"/taxii2/agencies/status/{told['id']}/").json
    assert kept["failures"][0]["message"] == "objects[0].pattern: pattern"
    assert b"a-name-of-somebody" not in bytes_below(at.node.directory)


def test_a_thousand_times_the_same_object_costs_little(at):
    status = at.tool.post(*(domain("d") for _ in range(1_000))).json
    assert (status["total_count"], status["success_count"]) == (1_000, REPEATS_MAX)


def test_two_tools_that_post_the_same_at_once(at, monkeypatch):
    """Both have looked, and nothing was there; then both write."""
    monkeypatch.setattr("mithaq.exchange.library.present", lambda *_: set())
    for _ in range(2):
        assert at.tool.post(indicator("once"), domain("once")).json["success_count"] == 2
    assert len(at.tool.get(f"{OBJECTS}?match[version]=all").ids) == 2


def test_objects_are_sealed_and_end_on_their_day(at):
    """Ten minutes after its last day nothing opens, and what a disk keeps of it is noise."""
    at.tool.post(indicator("secret-name"), domain("secret-domain"))
    assert b"secret-name.example" not in bytes_below(at.node.directory)
    assert len(at.tool.get(OBJECTS).ids) == 2
    at.node.clock.offset = 31 * DAY
    assert at.tool.get(OBJECTS).data in (b"{}", b'{"more":false,"objects":[]}')
    at.node.service.library.end()
    assert at.tool.get(MANIFEST).data == b"{}"
    assert at.tool.get(f"{OBJECTS}{indicator('secret-name')['id']}/").status == 404
    assert indicator("secret-name")["id"].encode() not in bytes_below(at.node.directory)


def test_a_page_of_what_has_ended_is_not_the_last(at):
    """Until they are destroyed their rows are there: a client must not think that nothing comes after."""
    at.tool.post(indicator("old one"), indicator("old two"))
    at.node.clock.offset = 31 * DAY
    at.tool.post(indicator("new"))
    first = at.tool.get(f"{OBJECTS}?limit=2").json
    assert (first["objects"], first["more"]) == ([], True)
    rest = at.tool.get(f"{OBJECTS}?limit=2&next={first['next']}").json
    assert rest["objects"] == [indicator("new")]


def test_a_day_key_that_is_lost_takes_its_objects_along(at):
    """The attack: a new key of the same name hides the loss, and no page that holds one of them is served."""
    at.tool.post(indicator("lost"))
    for name in at.node.identity.files.names("day"):
        at.node.identity.files.destroy(name)
    at.node.service.clear()
    at.tool.post(indicator("found"))
    assert at.tool.get(OBJECTS).json["objects"] == [indicator("found")]


def test_a_clock_that_has_leapt_destroys_nothing(at):
    at.tool.post(indicator("kept"))
    at.node.clock.offset = 40 * DAY
    at.node.service.housekeep()
    at.node.clock.offset = 0
    at.node.service.housekeep()
    assert at.tool.get(OBJECTS).json["objects"] == [indicator("kept")]


def test_what_is_deleted_is_gone_from_its_part(at):
    kept, gone = indicator("kept"), indicator("gone")
    at.tool.post(kept, gone)
    before = _parts(at)
    at.tool.ask("DELETE", f"{OBJECTS}{gone['id']}/")
    assert at.tool.get(OBJECTS).json["objects"] == [kept]
    assert not set(before) & set(_parts(at))
    assert not any(part in bytes_below(at.node.directory) for part in before)
    at.tool.ask("DELETE", f"{OBJECTS}{kept['id']}/")
    assert _parts(at) == []


def _parts(at):
    with at.node.store._reading.connect() as connection:
        return list(connection.exec_driver_sql("SELECT sealed FROM parts").scalars())


def test_a_collection_that_is_dropped_leaves_nothing(at):
    at.tool.post(indicator("left"))
    at.node.service.librarian.drop_collection("agencies", "cert")
    assert at.tool.get(OBJECTS).status == 404
    assert indicator("left")["id"].encode() not in bytes_below(at.node.directory)


def test_a_part_in_the_place_of_another_does_not_open(at):
    """Whoever can write the database cannot make one collection serve what is in another."""
    at.tool.post(indicator("one"))
    at.tool.post(indicator("two"))
    with at.node.store._writing.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE parts SET sealed = (SELECT sealed FROM parts WHERE envelope = 1) WHERE envelope = 2"
        )
    assert at.tool.get(f"{OBJECTS}{indicator('one')['id']}/").status == 200
    assert at.tool.get(f"{OBJECTS}{indicator('two')['id']}/").status == 500


def test_a_body_that_never_ends_is_cut_off(at):
    with socket.create_connection(("127.0.0.1", at.server.port), 10) as connection:
        head = (
            f"POST {OBJECTS} HTTP/1.1\r\nHost: x\r\nAuthorization: {at.tool.headers()['Authorization']}\r\n"
        )
        head += f"Content-Type: {TAXII}\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode())
        piece = b"100000\r\n" + b" " * 2**20 + b"\r\n"
        try:
            for _ in range(12):
                connection.sendall(piece)
        except OSError:
            return  # hung up already
        assert connection.recv(1_000).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(("right", "status"), [("wrong token", 401), ("reader", 403)])
def test_who_may_not_add_makes_nobody_wait_for_a_body(at, right, status):
    """The attack: ten million bytes each in memory, for nothing but a connection."""
    tool = at.account("reader", write=False) if right == "reader" else at.made("mithaq_0")
    with socket.create_connection(("127.0.0.1", at.server.port), 10) as connection:
        head = f"POST {OBJECTS} HTTP/1.1\r\nHost: x\r\nAuthorization: {tool.headers()['Authorization']}\r\n"
        head += f"Content-Type: {TAXII}\r\nContent-Length: {CONTENT_MAX}\r\n\r\n"
        connection.sendall(head.encode() + b" ")
        connection.settimeout(10)
        assert connection.recv(1_000).startswith(f"HTTP/1.1 {status}".encode())


@pytest.mark.parametrize("depth", [100, 100_000])
def test_nesting(at, depth):
    deep = json.dumps(indicator("deep"))[:-1] + ', "x_deep": ' + "[" * depth + "]" * depth + "}"
    answer = at.tool.ask(
        "POST", OBJECTS, f'{{"objects": [{deep}, {json.dumps(indicator("good"))}]}}'.encode()
    )
    assert answer.status in (202, 422)
    if answer.status == 202:
        assert answer.json["failure_count"] == 1
