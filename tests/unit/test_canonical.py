"""Canonical JSON: one value, one sequence of bytes."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mithaq.domain.canonical import DEPTH_MAX, INTEGER_MAX, decode, encode
from mithaq.errors import LimitError, MalformedError, PeerError

SHARED = Path(os.environ.get("MITHAQ_SHARED", Path(__file__).parents[3] / "shared"))
HOSTILE = SHARED / "data" / "hostile"
needs_hostile = pytest.mark.skipif(not HOSTILE.is_dir(), reason="hostile samples not at hand")

TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126))
SCALARS = TEXT | st.integers(0, INTEGER_MAX)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(TEXT, inner, min_size=1, max_size=3)
    ),
    max_leaves=10,
)
OBJECTS = st.dictionaries(TEXT, VALUES, min_size=1, max_size=4)


def depth(value) -> int:
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(depth, value.values() if isinstance(value, dict) else value))


@given(OBJECTS)
def test_what_is_encoded_decodes_to_the_same(value):
    if depth(value) > DEPTH_MAX:
        with pytest.raises(LimitError):
            encode(value)
        return
    data = encode(value)
    assert decode(data, len(data)) == value
    assert data == json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_raise(data):
    try:
        value = decode(data, 200)
    except PeerError:
        return
    assert encode(value) == data


@given(OBJECTS, st.data())
def test_no_other_bytes_say_the_same(value, data):
    if depth(value) > DEPTH_MAX:
        return
    encoded = encode(value)
    at = data.draw(st.integers(0, len(encoded)))
    other = (
        encoded[:at] + data.draw(st.sampled_from([b" ", b"\n", b"0", b"\\", b"\\u0041", b'"'])) + encoded[at:]
    )
    try:
        decoded = decode(other, len(other))
    except PeerError:
        return
    assert decoded != value


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"a": [1, {"b": True}]}, "a.1.b"),
        ({"a": None}, "a"),
        ({"a": 1.0}, "a"),
        ({"a": -1}, "a"),
        ({"a": 2**53}, "a"),
        ({"a": []}, "a"),
        ({"a": {}}, "a"),
        ({"a": (1,)}, "a"),
        ({"a": {1: "x"}}, "a"),
        ({"a": "ä"}, ""),
        ({"a": "\x00"}, ""),
        ({"a": "\x7f"}, ""),
        ({"a": "\ud800"}, ""),
        ({"ä": 1}, ""),
        ({}, ""),
    ],
)
def test_what_cannot_be_encoded(value, where):
    with pytest.raises(MalformedError) as caught:
        encode(value)
    assert caught.value.where == where


def test_depth_is_bounded():
    value = 1
    for _ in range(DEPTH_MAX):
        value = {"a": value}
    assert decode(encode(value), 100) == value
    with pytest.raises(LimitError):
        encode({"a": value})
    with pytest.raises(PeerError):
        decode(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 300_000)


def test_length_is_bounded_before_anything_is_read():
    for data in (b"", b'{"a":1}'):
        with pytest.raises(LimitError):
            decode(data, 6)


@needs_hostile
def test_hostile_json_decodes_canonically_or_raises():
    paths = [path for path in HOSTILE.rglob("*.json") if path.stat().st_size < 2**20]
    for path in paths:
        data = path.read_bytes()
        for sample in (data, b'{"a":' + data + b"}"):
            try:
                value = decode(sample, 2**20)
            except PeerError:
                continue
            assert encode(value) == sample
    assert len(paths) > 100


@needs_hostile
def test_naughty_strings_pass_only_as_printable_ascii():
    for text in json.loads((HOSTILE / "strings" / "blns.json").read_text()):
        try:
            assert decode(encode({"a": text}), 2**20) == {"a": text}
        except MalformedError:
            assert not (text.isascii() and text.isprintable())
