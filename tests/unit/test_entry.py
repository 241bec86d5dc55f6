"""Entries: parse and write are inverse; what no log may count as an entry is refused."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mithaq.domain.entry import BODY_MAX, Body, Entry, commit, leaf_hash
from mithaq.domain.handling import H_CODES, PAP, TLP, Handling
from mithaq.domain.kinds import EXCHANGE_KINDS, Family
from mithaq.domain.moment import MOMENT_MAX
from mithaq.domain.party import LogName, origin
from mithaq.domain.shapes import media_type
from mithaq.errors import LimitError, MalformedError, PeerError
from pair import NOW, PAIR, Talk

DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
TEXT = "ab" * 32
BODIES = st.builds(
    Body,
    st.sampled_from(["text/plain", "application/stix+json;version=2.1"]),
    st.integers(0, BODY_MAX),
    st.integers(1, 10**6),
    DIGESTS,
)
HANDLINGS = st.builds(
    Handling, st.sampled_from(TLP), st.sampled_from(("", *PAP)), st.frozensets(st.sampled_from(H_CODES))
)


@st.composite
def entries(draw):
    talk = Talk()
    kind = draw(st.sampled_from(["alert", "request", "information", "expertise"]))
    by = st.tuples(
        st.sampled_from(["analyst", "operator"]), st.from_regex(r"[A-Z0-9-]{1,16}", fullmatch=True)
    )
    return talk.share(
        draw(st.integers(0, 1)),
        draw(DIGESTS),
        kind,
        at=draw(st.integers(1, 2**53 - 1)),
        by=draw(st.none() | by),
        handling=draw(HANDLINGS),
        keep_until=draw(st.integers(1, MOMENT_MAX)),
        bodies=tuple(draw(st.lists(BODIES, min_size=1, max_size=3))),
    )


@given(entries())
def test_parse_and_write_are_inverse(entry):
    again = Entry.parse(entry.data)
    assert again == entry
    assert again.data == entry.data
    assert again.leaf == leaf_hash(entry.data)


@given(entries(), st.data())
def test_a_changed_byte_parses_or_raises_and_never_hides(entry, data):
    at = data.draw(st.integers(0, len(entry.data) - 1))
    changed = bytearray(entry.data)
    changed[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(PeerError):
        assert Entry.parse(bytes(changed)).data == changed


@given(st.binary(max_size=300))
def test_any_bytes_parse_or_raise(data):
    with pytest.raises(PeerError):
        Entry.parse(data)


def make(**changes):
    members = {"kind": "information", "text": TEXT} | changes
    return Talk().share(0, members.pop("text"), members.pop("kind"), **members)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"kind": "order"}, "kind"),
        ({"at": 0}, "at"),
        ({"at": 2**53}, "at"),
        ({"text": "AB" * 32}, "agreement"),
        ({"text": ""}, "agreement"),
        ({"field": ""}, "agreement"),
        ({"field": "Security"}, "field"),
        ({"by": ("minister", "A")}, "by.role"),
        ({"by": ("analyst", "Ada Lovelace")}, "by.number"),
        ({"re": ("cd" * 32,)}, "re"),
        ({"re": ("cd", "cd")}, "re.0"),
        ({"handling": None}, "bodies"),
        ({"keep_until": 0}, "bodies"),
        ({"keep_until": -1}, "keep_until"),
        ({"bodies": ()}, "bodies"),
        ({"facts": {}}, "facts"),
        ({"facts": {"status": "test"}}, "facts.status"),
        ({"kind": "alert", "facts": {"status": "actual", "urgency": "soon"}}, "facts.urgency"),
        (
            {"kind": "request", "facts": {"status": "actual", "urgency": "normal", "items": 101}},
            "facts.items",
        ),
        ({"kind": "reply", "re": ("cd" * 32,), "facts": {"status": "actual", "items": []}}, "facts.items"),
    ],
)
def test_an_author_cannot_make_it(changes, where):
    with pytest.raises(MalformedError) as caught:
        make(**changes)
    assert caught.value.where == where


def test_an_author_cannot_make_it_too_long():
    talk = Talk()
    ranges = [{"from": 2**52, "to": 2**52, "reason": "throttled"}] * 1_000
    with pytest.raises(LimitError):
        talk.entry(0, "held", facts=talk.held_facts(0, 1, missing=ranges))


def test_ids_are_of_128_bits():
    with pytest.raises(MalformedError):
        Entry(LogName(*PAIR), "00", "keys", NOW, facts={"sealing": "00" * 1216})


def test_housekeeping_has_no_agreement():
    with pytest.raises(MalformedError):
        Talk().entry(0, "keys", agreement=TEXT, field="security", facts={"sealing": "00" * 1216})


def test_commit_is_the_vector_of_the_protocol():
    log = LogName(origin("spoc.interior.example.ma"), origin("spoc.interior.example.de"))
    entry_id = "0197a1b2c3d47e5f8a9b0c1d2e3f4a5b"
    media, salt, content = "application/stix+json;version=2.1", bytes(range(0x20, 0x40)), b'{"type":"bundle"}'
    expected = "dcfda74f0276ce93695d42af960b7053d7a49d529247d987e76d90bf1c0242c9"
    assert commit(log, entry_id, 0, media, salt, content) == expected
    others = [
        commit(log.other, entry_id, 0, media, salt, content),
        commit(log, entry_id[::-1], 0, media, salt, content),
        commit(log, entry_id, 1, media, salt, content),
        commit(log, entry_id, 0, "text/plain", salt, content),
        commit(log, entry_id, 0, media, salt[::-1], content),
        commit(log, entry_id, 0, media, salt, content + b" "),
    ]
    assert len({expected, *others}) == 7


@pytest.mark.parametrize(
    "media", ["text", "Text/plain", "text/plain; charset=utf-8", "text/plain\n", 7, "a/b;c=" + "d" * 33]
)
def test_not_a_media_type(media):
    with pytest.raises(MalformedError):
        media_type(media, "type")


def test_families():
    assert make().family is Family.EXCHANGE
    assert set(EXCHANGE_KINDS) == {"alert", "request", "reply", "information", "expertise"}
