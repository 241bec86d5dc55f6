"""Any bytes are examined or refused; what is proven fast is what the precise check accepts."""

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stix_samples as make
from mithaq.domain.findings import Findings
from mithaq.errors import PeerError
from mithaq.formats import media, stix, stix_fast, stix_precise

SHARED = Path(os.environ.get("MITHAQ_SHARED", Path(__file__).parents[3] / "shared")) / "data"
SAMPLES = make.samples()
BODY = stix.bundle(SAMPLES)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**54), 2**54),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        [
            make.TIME,
            make.LATER,
            "2024-02-29T00:00:00Z",
            "2023-02-29T00:00:00.000Z",
            "2023-04-31T00:00:00Z",
            "2026-01-01T00:00:00.0Z",
            "2026-01-01T24:00:00.000Z",
            "2026-01-01T00:00:60.000Z",
            "2026-01-01t00:00:00.000z",
            "2026-01-01T00:00:00.000+00:00",
            make.name("tool"),
            make.name("identity").upper(),
            make.name("relationship"),
            make.name("bundle"),
            "tool--11111111-2222-6333-8444-555555555555",
            "tool--11111111-2222-4333-c444-555555555555",
            "198.51.100.1/33",
            "198.51.100.01",
            "cve",
            "CVE-2026-1",
        ]
    ),
)
OPTIONAL = ["revoked", "labels", "lang", "aliases", "first_seen", "valid_until", "name", "defanged", "size"]
JSON = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
)


def agree(content: bytes) -> None:
    """If it is proven, the precise check gives the very same findings."""
    proven = stix_fast.prove(content)
    if proven is not None:
        assert proven == stix_precise.check(content)
        assert proven.problems == ()


@given(st.binary(max_size=300), st.sampled_from([*sorted(media.MEDIA_TYPES), "image/png"]))
def test_any_bytes_are_examined_or_refused(content, declared):
    with suppress(PeerError):
        assert isinstance(media.examine(declared, content), Findings)


@settings(max_examples=300)
@given(st.integers(0, len(BODY) - 1), st.integers(0, 20), st.binary(max_size=4))
def test_a_damaged_body_is_examined_or_refused(at, cut, put):
    content = BODY[:at] + put + BODY[at + cut :]
    agree(content)
    try:
        found = stix.examine(content)
    except PeerError:
        return
    for key in found.keys:
        assert content[key.offset : key.offset + 1] == b"{"
        assert content[key.offset + key.length - 1 : key.offset + key.length] == b"}"


@settings(max_examples=400)
@given(st.data())
def test_a_changed_member_is_never_proven_wrongly(data):
    item = dict(data.draw(st.sampled_from(SAMPLES)))
    optional = [
        "revoked",
        "labels",
        "lang",
        "aliases",
        "first_seen",
        "valid_until",
        "name",
        "defanged",
        "size",
    ]
    member = data.draw(st.sampled_from([*item, *optional]))
    item[member] = data.draw(JSON)
    try:
        content = stix.bundle([item])
    except PeerError:
        return
    agree(content)
    with suppress(PeerError):
        assert isinstance(stix.examine(content), Findings)


@given(st.lists(st.sampled_from(SAMPLES), min_size=1, max_size=6, unique_by=lambda item: item["id"]))
def test_what_we_write_we_prove(items):
    found = stix_fast.prove(stix.bundle(items))
    assert found is not None
    assert found.objects == len(items)


@pytest.mark.skipif(not SHARED.is_dir(), reason="shared data not there")
@pytest.mark.parametrize("folder", ["hostile", "stix", "misp"])
def test_files_from_the_world(folder):
    """Hostile and real files: findings or a PeerError, alone and as the object of a bundle."""
    for path in sorted((SHARED / folder).rglob("*.json")):
        content = path.read_bytes()
        for body in (content, b'{"type":"bundle","id":"%b","objects":[%b]}' % (BODY[23:67], content)):
            agree(body)
            try:
                found = stix.examine(body)
            except PeerError:
                continue
            assert found.problems or len(found.keys) == found.objects
