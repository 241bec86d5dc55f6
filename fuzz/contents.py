"""Contents of every media type, and both checks of STIX side by side."""

import json
import zlib
from collections.abc import Iterator
from typing import Any

import documents
import stix_samples as make
from fuzz.target import target
from mithaq.domain.findings import Findings
from mithaq.exchange import contents
from mithaq.formats import (
    media,
    stix,
    stix_fast,
    stix_pattern,
    stix_precise,
    stix_source,
    stix_upgrade,
    strict_json,
    strict_xml,
)
from mithaq.formats.stix_markings import KNOWN

SAMPLES = make.samples()
BUNDLE = make.name("bundle").encode()
WORDS = (
    '{"type":"bundle","id":"',
    '"objects":[',
    "},{",
    '"type":"',
    '"id":"',
    "--",
    "T00:00:00.000Z",
    *sorted(KNOWN)[:3],
)
RARE: tuple[dict[str, Any], ...] = (
    make.domain_object(
        "observed-data",
        first_observed=make.TIME,
        last_observed=make.LATER,
        number_observed=1,
        object_refs=[make.name("url")],
    ),
    make.domain_object("location", country="ma"),
    make.domain_object("language-content", object_ref=make.name("tool"), contents={"de": {"name": "x"}}),
    {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": min(KNOWN),
        "created": make.TIME,
        "definition_type": "tlp",
        "definition": {"tlp": "red"},
    },
    make.observable("email-message", is_multipart=False, date=make.TIME),
    make.observable("x509-certificate", serial_number="1", validity_not_before=make.TIME),
    make.observable(
        "windows-registry-key", key="HKLM", values=[{"name": "a", "data": "b", "data_type": "REG_SZ"}]
    ),
    make.observable("process", pid=1, extensions={"windows-process-ext": {"aslr_enabled": True}}),
)
"""Objects that the fast proof leaves to the precise check."""


def _bundles() -> Iterator[bytes]:
    yield stix.bundle(SAMPLES)
    yield stix.bundle(SAMPLES[:2])
    yield make.plain_bundle(*SAMPLES[:3])
    yield make.plain_bundle(*RARE)
    for item in (*SAMPLES, *RARE):
        yield stix.bundle([item])


def _contents() -> Iterator[bytes]:
    yield from _bundles()
    for _, data in documents.samples():
        yield data
    yield documents.pdf(documents.deflated(b"/Type/ObjStm/N 1/First 4", b"1 0 <</Author(x)>>"))
    yield documents.png(documents.chunk(b"zTXt", b"Author\0\0" + zlib.compress(b"x")))
    yield from (b"flood", "سيل".encode(), b"", b"\x00", b"%PDF-1.7\n1 0 obj\nxref \nstartxref\n17\n%%EOF")


@target(
    "formats.media.examine",
    "formats.pdf._Reading.read",
    "formats.media.real_type",
    "exchange.contents.examine",
    seeds=_contents,
    words=WORDS,
)
def content(data: bytes) -> None:
    """Whatever its author declares: findings, or a peer's error."""
    media.real_type(data)
    for declared in sorted(media.MEDIA_TYPES):
        found = contents.examine(declared, data)
        assert found.objects >= 1
    media.examine("image/png", data)
    media.examine(media.real_type(data), data)


@target(
    "formats.stix.examine",
    "formats.stix_fast.prove",
    "formats.stix_precise.check",
    seeds=_bundles,
    words=WORDS,
)
def bundle(data: bytes) -> None:
    """What is proven fast is what the precise check accepts, with the very same findings."""
    _agree(data)


def _agree(data: bytes) -> Findings:
    proven = stix_fast.prove(data)
    if proven is not None:
        assert proven == stix_precise.check(data)
        assert proven.problems == ()
    found = stix.examine(data)
    for key in found.keys:
        item = json.loads(data[key.offset : key.offset + key.length])
        assert item["id"] == key.id
    return found


def _files() -> Iterator[bytes]:
    old = [{name: each for name, each in item.items() if name != "spec_version"} for item in SAMPLES]
    inner = {
        "0": {"type": "domain-name", "value": "c2.example", "resolves_to_refs": ["1"]},
        "1": {"type": "ipv4-addr", "value": "198.51.100.3"},
        "2": {"type": "process", "created": make.TIME, "binary_ref": "3"},
        "3": {"type": "file", "name": "f", "extensions": {"archive-ext": {"contains_refs": ["3"]}}},
    }
    observed = {name: each for name, each in RARE[0].items() if name not in ("spec_version", "object_refs")}
    labelled = old[8] | {"labels": ["worm", "mine"]}
    yield json.dumps({"type": "bundle", "spec_version": "2.0", "objects": [*old, labelled]}).encode()
    yield json.dumps({"more": False, "objects": old[:2]}).encode()
    for several in (inner, {"0": inner["1"], "1": inner["1"]}, {"3": inner["3"]}):
        yield json.dumps(observed | {"objects": several}).encode()
    yield from _objects()


@target(
    "formats.stix_source.read",
    "formats.stix_source.form",
    "formats.stix_upgrade.upgrade",
    seeds=_files,
    words=(*WORDS, '"objects":{"', '_ref":"0"', '"labels":["', '"spec_version":"2.0"'),
)
def stix_file(data: bytes) -> None:
    """Each object stays, is upgraded or is refused; nothing that is of 2.1 changes."""
    objects = stix_source.read("here", data).objects
    before = json.dumps(objects)
    done = stix_upgrade.upgrade(objects)
    assert json.dumps(objects) == before
    whole = [origin.place for origin in done.origins if not origin.inside]
    assert sorted([*whole, *done.refused]) == list(range(len(objects)))
    for item, origin in zip(done.objects, done.origins, strict=True):
        if not origin.inside:
            source = objects[origin.place]
            assert all(item.get(name) == source.get(name) for name in ("id", "created", "modified"))


def _objects() -> Iterator[bytes]:
    for item in (*SAMPLES, *RARE):
        yield json.dumps(item, separators=(",", ":")).encode()


@target("formats.stix_rules.rules", "formats.stix_schemas.check", seeds=_objects, words=WORDS)
def stix_object(data: bytes) -> None:
    """One object in a bundle whose rest is as it must be."""
    _agree(b'{"type":"bundle","id":"%b","objects":[%b]}' % (BUNDLE, data))


def _patterns() -> Iterator[bytes]:
    yield from (
        b"[ipv4-addr:value = '198.51.100.1']",
        b"[file:hashes.'SHA-256' = 'aa' OR file:size > 1.5] FOLLOWEDBY [url:value LIKE '%\\\\%']",
        b"([a:b[*].c IN ('x', 'it\\'s')] AND [EXISTS a:b]) REPEATS 5 TIMES WITHIN 1800 SECONDS",
        b"[a:b = h'ff' AND a:c != b'ABI='] START t'2016-06-01T00:00:00Z' STOP t'2016-07-01T00:00:00Z'",
        b"/* ' */ [(a:b = true OR c:d NOT = -1) AND (a:b = 0 OR e:f = 1)] // '",
    )


@target(
    "formats.stix_pattern.check",
    "formats.stix_pattern._Reading.read",
    seeds=_patterns,
    words=("[", "]", "(", ")", "'", "\\'", "/*", "*/", "//", " AND ", " OR ", " NOT ", "t'", "h'", " IN ("),
)
def pattern(data: bytes) -> None:
    """One among others holds if it holds alone, and what is a pattern of 2.1 is one of 2.0."""
    text = data.decode(errors="replace")
    others = [seed.decode() for seed in _patterns()]
    assert stix_pattern.all_hold([text, *others, text]) == stix_pattern.holds(text)
    stix_pattern.check(text)
    stix_pattern.check(text, "2.0")


def _json() -> Iterator[bytes]:
    yield from _objects()
    yield from (
        b'{"a":1,"a":2}',
        b"[NaN]",
        b"1e999",
        b'"\\ud800"',
        b"[" * 100 + b"]" * 100,
        b"9007199254740993",
    )


@target("formats.strict_json.load", "formats.strict_json.check_depth", seeds=_json)
def strict(data: bytes) -> None:
    value = strict_json.load("here", data)
    assert json.loads(data) == value
    if isinstance(value, dict):
        strict_json.check_depth("here", value)
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


def _xml() -> Iterator[bytes]:
    yield documents.ALERT.encode()
    yield documents.xmp("<dc:creator>x</dc:creator>")
    yield b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'


@target(
    "formats.strict_xml.parse",
    seeds=_xml,
    words=("<!DOCTYPE", "<!ENTITY", "<![CDATA[", "]]>", "xmlns:", "&#x", "<?"),
)
def xml(data: bytes) -> None:
    """Elements, attributes and text; the tree is no deeper and no larger than it may be."""
    assert sum(1 for _ in strict_xml.parse(data).walk()) <= strict_xml.ELEMENTS_MAX
