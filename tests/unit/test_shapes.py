"""Shapes: whatever does not fit is refused, and says where."""

import pytest

from mithaq.domain.shapes import Members, hexadecimal, identifier, listing, log_name, number, word
from mithaq.errors import MalformedError

GOOD = [
    (number(1, 3), 3),
    (hexadecimal(2), "00ff"),
    (word("a", "b"), "b"),
    (identifier, "cyber-crime-2"),
    (log_name, "a.example/to/b.example/1"),
    (listing(number(), 2), [1, 2]),
    (Members({"a": number()}, {"b": number()}), {"a": 1, "b": 2}),
]
BAD = [
    *[(number(1, 3), value) for value in (0, 4, "1", True, 1.0, None)],
    *[(hexadecimal(2), value) for value in ("00f", "00FF", "00ff\n", 255, "00fg")],
    *[(word("a", "b"), value) for value in ("c", "", None, ["a"], 1)],
    *[(identifier, value) for value in ("", "A", "1a", "a b", "a\n", "a" * 33, 1)],
    *[(log_name, value) for value in ("a.example", 1, "a.example/to/a.example/1")],
    *[(listing(number(), 2), value) for value in ([], [1, 2, 3], ["x"], {"a": 1}, "ab", None)],
    *[
        (Members({"a": number()}, {"b": number()}), value)
        for value in ({}, {"b": 1}, {"a": 1, "c": 1}, {"a": "x"}, [1], None)
    ],
]


@pytest.mark.parametrize(("shape", "value"), GOOD)
def test_fits(shape, value):
    shape(value, "facts")


@pytest.mark.parametrize(("shape", "value"), BAD)
def test_does_not_fit(shape, value):
    with pytest.raises(MalformedError) as caught:
        shape(value, "facts")
    assert (
        caught.value.where.startswith("facts")
        or "log" in caught.value.message
        or "part" in caught.value.message
    )
