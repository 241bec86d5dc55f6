"""Clients that we did not write, and the ways of others, replayed: each object is seen once."""

import itertools
import threading
import warnings

import pytest

from mithaq.exchange import timeline
from taxii_desk import MANIFEST, OBJECTS, desk, domain, indicator

BURSTS, SIZE = 20, 250


@pytest.fixture
def at(tmp_path):
    with desk(tmp_path) as made:
        yield made


@pytest.fixture
def pouring(at):
    """Objects that come in bursts while somebody reads; gives their ids when all have come."""
    writer, sent, done = at.account("writer", rate=10_000), list[str](), threading.Event()

    def pour():
        for _ in range(BURSTS):
            objects = [indicator() for _ in range(SIZE)]
            sent.extend(each["id"] for each in objects)
            assert writer.post(*objects).status == 202
        done.set()

    thread = threading.Thread(target=pour)
    thread.start()
    yield sent, done
    thread.join()


def milliseconds(text):
    return text[:-4] + "Z"


def same(seen, sent):
    assert len(seen) == len(set(seen)), "an object was repeated"
    assert sorted(seen) == sorted(sent)


def test_opencti_reads_while_others_write(at, pouring):
    """``next`` with the same ``added_after``; then from our Date-Added-Last, cut to milliseconds."""
    (sent, done), seen, after = pouring, [], "2000-01-01T00:00:00.000Z"
    while True:
        finished = done.is_set()
        query, last = f"limit=170&added_after={after}", ""
        while True:
            answer = at.tool.get(f"{OBJECTS}?{query}")
            seen += answer.ids
            last = answer.headers.get("x-taxii-date-added-last", last)
            if not answer.json.get("more"):
                break
            query = f"limit=170&added_after={after}&next={answer.json['next']}"
        after = milliseconds(last) if last else after
        if finished and not answer.ids:
            break
    same(seen, sent)


@pytest.mark.parametrize("path", [OBJECTS, MANIFEST])
def test_a_client_that_pages_by_the_time_added_alone(at, pouring, path):
    (sent, done), seen, after = pouring, [], "2000-01-01T00:00:00.000Z"
    while True:
        finished = done.is_set()
        answer = at.tool.get(f"{path}?limit=170&added_after={after}")
        seen += answer.ids
        after = answer.headers.get("x-taxii-date-added-last", after)
        if finished and not answer.ids:
            break
    same(seen, sent)


def test_taxii2_client_with_all_its_calls(at):
    from taxii2client.v21 import ApiRoot, Collection, Server, Status, as_pages

    warnings.simplefilter("ignore", ResourceWarning)
    base = f"http://127.0.0.1:{at.server.port}/taxii2/"
    with Server(base, user="tool", password=at.token) as server:
        assert server.title == "A"
        (root,) = server.api_roots
        assert isinstance(root, ApiRoot)
        assert server.default.url == root.url
        assert root.max_content_length
        (collection,) = root.collections
        assert isinstance(collection, Collection)
        assert (collection.title, collection.alias, collection.can_write) == ("The CERT", "cert", True)
        objects = [indicator(str(n)) for n in range(7)]
        status = collection.add_objects({"objects": objects})
        assert isinstance(status, Status)
        assert (status.status, status.success_count) == ("complete", 7)
        assert root.get_status(status.id).success_count == 7
        assert collection.get_objects()["objects"] == objects
        assert collection.get_objects(type="malware") == {}
        pages = list(as_pages(collection.get_objects, per_request=3))
        assert list(itertools.chain.from_iterable(page["objects"] for page in pages)) == objects
        manifests = list(as_pages(collection.get_manifest, per_request=3))
        assert sum(len(page["objects"]) for page in manifests) == 7
        one = objects[3]["id"]
        assert collection.get_object(one)["objects"] == [objects[3]]
        assert collection.object_versions(one)["versions"] == ["2026-11-20T10:00:00.000000Z"]
        collection.delete_object(one)
        assert len(collection.get_objects(version="all")["objects"]) == 6


def test_misp_pushes_and_looks(at):
    """Basic in lower case, one object a post, the answer not looked at; then it browses with limit=50."""
    headers = at.tool.headers()["Authorization"].replace("Basic", "basic")
    for n in range(60):
        at.tool.post(indicator(str(n)), domain(str(n)))
    seen, query = [], "limit=50"
    while query:
        answer = at.tool.get(f"{OBJECTS}?{query}", Authorization=headers)
        seen += answer.ids
        query = f"limit=50&next={answer.json['next']}" if answer.json["more"] else ""
    assert len(set(seen)) == len(seen) == 120


def test_times_added_are_unique_and_rise(at):
    for size in (1, 999, 3, 1_000):
        at.tool.post(*(indicator() for _ in range(size)))
    records, query = [], "limit=1000"
    while query:
        page = at.tool.get(f"{MANIFEST}?{query}").json
        records += page["objects"]
        query = f"limit=1000&next={page['next']}" if page["more"] else ""
    times = [timeline.parse("", each["date_added"]) for each in records]
    assert len(times) == 2_003
    assert all(a < b for a, b in itertools.pairwise(times))
    for last in (0, 999, 1_002, 2_002):
        assert times[last] % 1_000 == 0
