"""A collection against a list that a person would keep: any history, any page, any filter."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mithaq.errors import MalformedError
from mithaq.exchange import cursor, timeline
from mithaq.exchange.account import Account
from mithaq.exchange.collection import Filter
from nodes import A, make_node
from taxii_desk import domain, indicator

ACCOUNT = Account("tool", "agencies", 0, 0)
NAMES = "abc"
posts = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 3), st.booleans()), min_size=1, max_size=6)
wanted = st.builds(
    Filter,
    ids=st.just(()) | st.sampled_from(NAMES).map(lambda name: (indicator(name)["id"],)),
    types=st.sampled_from([(), ("indicator",), ("domain-name",), ("malware",)]),
    versions=st.sampled_from([("last",), ("first",), ("all",), ("first", "last")]),
)


def made(name, version, observable):
    if observable:
        return domain(name) | {"defanged": version % 2 == 0}
    return indicator(name, modified=f"2026-11-20T1{version}:00:00.000Z")


class Model:
    """Versions in order of arrival: (id, version, object)."""

    def __init__(self):
        self.kept = []

    def add(self, objects):
        for each in objects:
            version = each.get("modified")
            known = [(v, o) for i, v, o in self.kept if i == each["id"]]
            if any(v == version for v, _ in known) if version else any(o == each for _, o in known):
                continue
            self.kept.append((each["id"], version, each))

    def asked(self, filter_):
        found = []
        for place, (id_, version, each) in enumerate(self.kept):
            rank = version or f"{place:09}"
            ranks = [v or f"{p:09}" for p, (i, v, _) in enumerate(self.kept) if i == id_]
            words = filter_.versions
            ends = {"last": max(ranks), "first": min(ranks)}
            good = "all" in words or any(rank == ends[word] for word in words)
            named = not filter_.ids or id_ in filter_.ids
            if good and named and (not filter_.types or each["type"] in filter_.types):
                found.append(each)
        return found


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    made = make_node(tmp_path_factory.mktemp("collections"), "a", A)
    made.service.librarian.add_root("agencies", "Our agencies")
    yield made
    made.close()


@settings(max_examples=60, deadline=None)
@given(st.lists(posts, max_size=6), wanted, st.integers(1, 4), st.integers(-5_000, 5_000))
def test_every_page_of_every_history(node, history, filter_, limit, leap):
    model = Model()
    librarian, library = node.service.librarian, node.service.library
    collection = librarian.add_collection("agencies", "any")
    for n, post in enumerate(history):
        node.clock.offset = leap if n % 2 else 0
        objects = [made(*each) for each in post]
        status = library.add(ACCOUNT, collection, json.dumps({"objects": objects}).encode())
        assert status.failure_count == 0
        model.add(objects)
    found, next_ = [], ""
    while True:
        page, objects = library.objects(collection, filter_, limit, next_)
        assert page == library.page(collection, filter_, limit, next_)
        found += map(json.loads, objects)
        next_ = page.next
        if not next_:
            break
        assert len(page.rows) == limit
    assert found == model.asked(filter_)


@given(st.integers(0, 2**52), st.integers(0, 2**52), st.integers(1, 10_000))
def test_times_are_new_and_end_on_a_millisecond(newest, now, count):
    times = timeline.times(newest, now, count)
    assert len(times) == count
    assert times[0] > newest
    assert times[-1] % 1_000 == 0
    assert now <= times[-1] <= max(now, newest + count) + 999


@given(st.integers(0, 2**47))
def test_a_time_is_read_as_it_was_written(microseconds):
    assert timeline.parse("", timeline.written(microseconds)) == microseconds


@given(st.text())
def test_any_text_is_a_time_or_is_refused(text):
    with contextlib.suppress(MalformedError):
        timeline.parse("", text)


@given(st.text(alphabet=st.characters(max_codepoint=0x2FF)))
def test_any_text_is_a_cursor_or_is_refused(text):
    with contextlib.suppress(MalformedError):
        assert cursor.read(text, Filter()) >= 0


@given(st.integers(0, 2**60), wanted)
def test_a_cursor_holds_for_its_filter(last, filter_):
    assert cursor.read(cursor.write(filter_, last), filter_) == last
