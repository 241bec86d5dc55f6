"""Events of MISP on their way in, and bodies on their way into a feed."""

import json
from collections.abc import Iterator

import misp_samples as make
import stix_samples
from fuzz.target import target
from mithaq.formats import misp_event, misp_feed, misp_pattern, misp_stix, stix

MAKER = misp_feed.Maker("Authority", make.name(-5))
WORDS = (
    '{"Event":{"uuid":"',
    '"Attribute":[',
    '"Object":[',
    '"Galaxy":[{"GalaxyCluster":[',
    '"type":"',
    '"to_ids":true',
    '"Tag":[{"name":"tlp:',
    "misp-galaxy:tool=",
    "|",
)


def _events() -> Iterator[bytes]:
    yield make.content(make.rich())
    yield make.content(make.event(make.attribute()))
    yield make.content(make.event(make.attribute()), make.rich())
    for item in make.rich()["Attribute"]:
        yield make.content(make.event(item))
    yield b'{"Event":[]}'


@target("formats.misp_event.parse", "formats.misp_stix.convert", seeds=_events, words=WORDS)
def misp(data: bytes) -> None:
    """What an event becomes passes the same examination at both sides, and twice the same comes out."""
    misp_event.is_event(data)
    made = misp_stix.convert(data)
    assert made.carried <= made.attributes
    assert made == misp_stix.convert(data)
    if made.objects:
        found = stix.examine(stix.bundle(made.objects))
        assert found.problems == ()
        assert not found.persons
        _written(made.objects)
    else:
        assert list(made.losses)


def _written(objects: tuple[dict[str, object], ...]) -> None:
    raw = [json.dumps(each).encode() for each in objects]
    event = misp_feed.event(misp_feed.Group("log/1/0", raw, 1767225600, "green", MAKER))
    assert json.loads(event.file)["Event"]["uuid"] == event.uuid


def _bodies() -> Iterator[bytes]:
    yield json.dumps(stix_samples.samples()).encode()
    yield json.dumps(misp_stix.convert(make.content(make.rich())).objects).encode()
    for item in stix_samples.samples():
        yield json.dumps([item]).encode()


@target(
    "formats.misp_feed.event",
    seeds=_bodies,
    words=("[file:hashes.MD5 = '", " AND ", " OR ", '"object_refs":['),
)
def misp_body(data: bytes) -> None:
    """Objects of any shape become an event whose files are JSON; what they lack is told."""
    try:
        items = json.loads(data)
    except (ValueError, RecursionError):
        return
    raw = (
        [json.dumps(each).encode() for each in items if isinstance(each, dict)]
        if isinstance(items, list)
        else []
    )
    event = misp_feed.event(misp_feed.Group("log/1/0", raw, 1767225600, "green", MAKER))
    json.loads(event.file)
    b"".join(misp_feed.losses([(event.uuid, event.losses)])).decode()


def _patterns() -> Iterator[bytes]:
    yield b"[ipv4-addr:value = '198.51.100.7']"
    yield b"[file:hashes.'SHA-256' = 'a' OR file:name = 'b\\\\']"


@target(
    "formats.misp_pattern.read",
    seeds=_patterns,
    words=("[", "]", " AND ", " OR ", " = ", "'", "\\", "[*]", ":"),
)
def simple_pattern(data: bytes) -> None:
    """A pattern is read or not; what was read compares something."""
    found = misp_pattern.read(data.decode("utf-8", "replace"))
    assert found is None or found.compared
