"""What tools send over TAXII: envelopes, parameters of URLs, places to go on from, times."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qsl

import stix_samples
from fuzz.target import target
from mithaq.exchange import cursor, envelope, timeline
from mithaq.exchange.collection import Filter
from mithaq.taxii import negotiation, parameters
from mithaq.taxii.problem import ProblemError


def _envelopes() -> Iterator[bytes]:
    samples = stix_samples.samples()
    yield json.dumps({"objects": samples}).encode()
    yield json.dumps({"more": False, "objects": [samples[0], samples[0], {"type": "x"}, 7]}).encode()
    yield b'{"objects":[{"type":"a","type":"b"}]}'


@target("exchange.envelope.read", seeds=_envelopes, words=('{"objects":[', "},{", '"modified":"', '"id":"'))
def taxii_envelope(data: bytes) -> None:
    """Each object is refused or kept, and its bytes are among those that came."""
    posted = envelope.read(data)
    assert set(envelope.refused(posted)) <= set(range(len(posted)))
    for each in posted:
        assert each.raw in data


def _queries() -> Iterator[bytes]:
    yield b"added_after=2026-11-25T10:00:00.123Z&limit=10&match[version]=all,2026-11-25T10:00:00Z"
    yield b"match[id]=indicator--1,tool--2&match[type]=indicator&match[spec_version]=2.1&next=abc"


@target(
    "taxii.parameters.read",
    seeds=_queries,
    words=("added_after=", "limit=", "next=", "match[", "]=", ",", "first", "last", "all"),
)
def taxii_query(data: bytes) -> None:
    """A query gives a filter, whose cursor leads back to where it was made."""
    text = data.decode("utf-8", "replace")
    asked = parameters.read(dict(parse_qsl(text, keep_blank_values=True)))
    assert 1 <= asked.limit <= parameters.LIMIT_MAX
    assert cursor.read(cursor.write(asked.filter, 7), asked.filter) == 7


def _cursors() -> Iterator[bytes]:
    yield cursor.write(Filter(), 1).encode()
    yield cursor.write(Filter(after=5), 2**60).encode()
    yield cursor.write(Filter(types=("tool",)), 1).encode()


@target("exchange.cursor.read", seeds=_cursors, words=("A", "_", "-", "="))
def taxii_cursor(data: bytes) -> None:
    """What is taken names a place, whatever it is."""
    assert cursor.read(data.decode("utf-8", "replace"), Filter()) >= 0


def _times() -> Iterator[bytes]:
    yield b"2026-11-25T10:00:00Z"
    yield b"2026-11-25T10:00:00.123456789Z"
    yield b"application/taxii+json; version=2.1"
    yield b"text/html;q=0.5, */*;q=0"


@target("exchange.timeline.parse", seeds=_times, words=("T", "Z", ":", ".", "9999-12-31", ";q=", "version="))
def taxii_time(data: bytes) -> None:
    """A time is one that can be written again; a header is taken or refused."""
    text = data.decode("utf-8", "replace")
    for check in (negotiation.check_accept, negotiation.check_content_type):
        try:
            check(text)
        except ProblemError as error:
            assert json.loads(error.body())["http_status"] in ("406", "415")  # noqa: PT017
    moment = timeline.parse("time", text)
    assert timeline.parse("time", timeline.written(moment)) == moment
