"""Origins, names of logs, public pairs, fingerprints."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mithaq.domain.party import LogName, PublicPair, commit_next, fingerprint, origin
from mithaq.errors import MalformedError

PAIR_87 = PublicPair(bytes(32), bytes(2592))


@pytest.mark.parametrize("text", ["a.b", "spoc.interior.example", "1-2.3", "a." * 49 + "bb"])
def test_origin(text):
    assert origin(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost",
        "A.example",
        "a..b",
        "a.b.",
        "-a.b",
        "a-.b",
        "a_b.c",
        "a.b\n",
        "é.b",
        "a/b.c",
        "a." * 50 + "b",
    ],
)
def test_not_an_origin(text):
    with pytest.raises(MalformedError):
        origin(text)


@given(st.integers(1, 999_999))
def test_log_name_round_trip(n):
    name = LogName(origin("a.example"), origin("b.example"), n)
    assert LogName.parse(str(name)) == name
    assert name.other.other == name
    assert str(name.other) == f"b.example/to/a.example/{n}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.example/to/b.example",
        "a.example/to/b.example/0",
        "a.example/to/b.example/01",
        "a.example/to/b.example/1000000",
        "a.example/to/b.example/1\n",
        "a.example/to/b.example/\u0661",
        "a.example/from/b.example/1",
        "a.example/to/a.example/1",
        "A.example/to/b.example/1",
    ],
)
def test_not_the_name_of_a_log(text):
    with pytest.raises(MalformedError):
        LogName.parse(text)


def test_log_name_checks_itself():
    for arguments in (("a.example", "b"), ("a.example", "b.example", 0), ("a.example", "b.example", 10**6)):
        with pytest.raises(MalformedError):
            LogName(*arguments)


def test_pair():
    assert PAIR_87.parameters == "ml-dsa-87"
    assert PublicPair(bytes(32), bytes(1312)).parameters == "ml-dsa-44"
    for sizes in ((31, 2592), (32, 1952)):
        with pytest.raises(MalformedError):
            PublicPair(*map(bytes, sizes))


def test_fingerprint_depends_on_everything_that_it_names():
    party, other = origin("a.example"), origin("b.example")
    groups = fingerprint(party, PAIR_87).split(" ")
    assert [len(group) for group in groups] == [5] * 12
    prints = {
        fingerprint(party, PAIR_87),
        fingerprint(other, PAIR_87),
        fingerprint(party, PublicPair(b"\1" * 32, bytes(2592))),
        fingerprint(party, PublicPair(bytes(32), b"\1" * 2592)),
    }
    assert len(prints) == 4
    h = bytes.fromhex(commit_next(party, PAIR_87))
    assert [int.from_bytes(h[5 * g : 5 * g + 5]) % 100_000 for g in range(12)] == [
        int(group) for group in groups
    ]
