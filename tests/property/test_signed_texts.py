"""Any bytes parse or raise PeerError; what is written is read back; swapping the parties changes no term."""

import string
import tomllib

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from mithaq.domain import strict_toml
from mithaq.domain.agreement import Agreement
from mithaq.domain.card import Card
from mithaq.domain.strict_toml import dump, load
from mithaq.errors import PeerError
from signed_texts import A, B, agreement, card, keys, members

LIMIT = 1 << 20
KEYS = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=8).filter(
    lambda k: k[0] not in "_-"
)
WORDS = st.text("abc \"\\'[]=#.,éßمي", max_size=12).map(str.strip)
TEXTS = WORDS | st.lists(WORDS, min_size=2, max_size=4).map("\n".join)
ITEMS = WORDS | st.integers(0, 2**53 - 1)
SIMPLE = TEXTS | ITEMS | st.lists(ITEMS, min_size=1, max_size=30)


def tables(depth):
    values = SIMPLE
    if depth:
        inner = tables(depth - 1)
        values = SIMPLE | inner | st.lists(inner, min_size=1, max_size=3)
    return st.dictionaries(KEYS, values, min_size=1, max_size=4)


@settings(max_examples=100, deadline=None)
@given(tables(3))
def test_round_trip(value):
    text = dump(value)
    assert load(text, LIMIT) == value
    assert tomllib.loads(text.decode()) == value


SCRAPS = st.sampled_from(
    ["a", "b = 1", '"x"', "[", "]", "[[", "]]", '"""', "\n", " = ", ", ", "  ", "\\", ".", "— ", "٣"]
)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.lists(SCRAPS, max_size=40).map("".join).map(str.encode))
def test_any_bytes_parse_or_raise_a_peer_error(data):
    try:
        value = load(data, LIMIT)
    except PeerError:
        return
    assert dump(value) == data


GOOD = [(Agreement, agreement().text()), (Card, card(keys("a")).text())]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(GOOD), st.data())
def test_a_damaged_text_parses_or_raises_a_peer_error(good, data):
    kind, text = good
    lines = text.split(b"\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = data.draw(
        st.sampled_from([b"", lines[0], lines[at - 1]]) | st.binary(max_size=30).map(lines[at].__add__)
    )
    damaged = b"\n".join(lines)
    try:
        value = kind.parse(damaged)
    except PeerError:
        return
    assert value.text() == damaged


def swap(text):
    """What the text is if each party were the other: the tables change their origins, all else stays."""
    first, second = text.parties
    parties = [msgspec.structs.replace(first, origin=B), msgspec.structs.replace(second, origin=A)]
    there, back = f"@{A}", f"@{B}"
    parties = [
        msgspec.structs.replace(
            party,
            contact={
                tag: (value.replace(there, back) if party.origin == B else value.replace(back, there))
                for tag, value in party.contact.items()
            },
        )
        for party in parties
    ]
    return msgspec.structs.replace(text, parties=tuple(sorted(parties, key=lambda party: party.origin)))


TERMS = (
    "fields",
    "profiles",
    "instrument",
    "title",
    "prose",
    "utc_offset",
    "notice_days",
    "starts",
    "sign_by",
)


@settings(max_examples=25, deadline=None)
@given(
    st.sets(st.sampled_from(["security", "migration", "civil-protection", "cross-border-crime"]), min_size=1)
)
def test_swapping_the_parties_changes_no_term(chosen):
    table = members(agreement())
    table["fields"] = {name: table["fields"][name] for name in chosen}
    used = {terms["profile"] for terms in table["fields"].values()}
    table["profiles"] = {name: table["profiles"][name] for name in used}
    text = strict_toml.convert(Agreement, table)
    mirrored = swap(text)
    assert [getattr(mirrored, name) for name in TERMS] == [getattr(text, name) for name in TERMS]
    assert mirrored.party(B).name == text.party(A).name
    assert mirrored != text
    assert swap(mirrored) == text
    assert Agreement.parse(mirrored.text()) == mirrored
    assert len(mirrored.text()) == len(text.text())
