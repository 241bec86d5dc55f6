"""Whatever stands in an event of MISP, it becomes what is accepted, or raises our own error."""

import copy
import json
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import misp_samples as make
import stix_samples
from mithaq.errors import PeerError
from mithaq.formats import misp_event, misp_feed, misp_pattern, misp_stix, misp_values, stix

WORDS = st.sampled_from(
    [
        "",
        "0",
        "1",
        "4",
        "9" * 30,
        "tlp:red",
        "a|b",
        "http://a.example/",
        "CVE-2025-0001",
        "x" * 300,
        "file",
        "\u202e",
        "'",
        "\\",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | WORDS | st.text(max_size=20)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
MAKER = misp_feed.Maker("Authority", make.name(-5))


def places(value, path=()):
    """Every place in a JSON value."""
    yield path
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, each in members:
        yield from places(each, (*path, name))


EVENT_PLACES = [path for path in places(make.rich()) if path]
BODY = [*stix_samples.samples(), *misp_stix.convert(make.content(make.rich())).objects]
BODY_PLACES = [path for path in places(BODY) if len(path) > 1]


def put(whole, path, value):
    """Put a value into a place, if the place is still there."""
    at = whole
    with suppress(KeyError, IndexError, TypeError):
        for name in path[:-1]:
            at = at[name]
        at[path[-1]] = value


def changed(data, whole, where, value):
    made = copy.deepcopy(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        put(made, data.draw(st.sampled_from(where)), data.draw(value))
    return made


KINDS = [*misp_values.HASHES, "ip-dst", "domain", "url", "filename", "regkey|value", "domain|ip", "mutex"]
QUIET = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


@QUIET
@given(st.data())
def test_any_member_of_any_kind(data):
    content = make.content(changed(data, make.rich(), EVENT_PLACES, JSON))
    try:
        made = misp_stix.convert(content)
    except PeerError:
        return
    assert made == misp_stix.convert(content)
    whole = any(each.path == "Event.distribution" for each in made.losses)  # then nothing of it is looked at
    assert whole or made.attributes - made.carried <= sum(each.times for each in made.losses)
    if made.objects:
        found = stix.examine(stix.bundle(made.objects))
        assert (found.problems, found.persons) == ((), False)


@QUIET
@given(st.data())
def test_any_object_in_a_feed(data):
    raw = [
        json.dumps(each).encode() for each in changed(data, BODY, BODY_PLACES, JSON) if isinstance(each, dict)
    ]
    try:
        made = misp_feed.event(misp_feed.Group("log/1/0", raw, 1767225600, "green", MAKER))
    except PeerError:
        return
    whole = json.loads(made.file)["Event"]
    parts = [*whole["Attribute"], *(part for item in whole["Object"] for part in item["Attribute"])]
    assert all(isinstance(part["value"], str) and part["value"] for part in parts)
    assert len({part["uuid"] for part in parts}) == len(parts)


@QUIET
@given(st.binary(max_size=300))
def test_any_bytes(data):
    assert isinstance(misp_event.is_event(data), bool)
    try:
        misp_stix.convert(data)
    except PeerError:
        return


@QUIET
@given(
    st.sampled_from(
        [*misp_values.HASHES, "ip-dst", "domain", "url", "filename", "regkey|value", "domain|ip", "mutex"]
    ),
    st.text(),
)
def test_what_is_a_value_is_a_pattern_that_is_read_again(kind, value):
    try:
        thing = misp_values.observable(kind, value)
    except ValueError:
        return
    simple = misp_pattern.read(misp_pattern.write(thing))
    assert simple is not None
    assert simple.compared == tuple(misp_pattern.paths(thing))
