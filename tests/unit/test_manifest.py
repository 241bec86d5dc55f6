import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mithaq.crypto.notes import Note, NoteLine, sign
from mithaq.domain import canonical
from mithaq.domain.canonical import INTEGER_MAX
from mithaq.domain.party import LogName
from mithaq.errors import ForgedError, LimitError, MalformedError, PeerError
from mithaq.exchange.manifest import (
    LIMITS,
    NOTE_MAX,
    PARTS_MAX,
    TYPE,
    WANT_MAX,
    Manifest,
    Part,
    claimed_log,
    verify,
)
from mithaq.tlog.merkle import EMPTY_ROOT
from signed_texts import NOW, A, B, keys

KA, EVE = keys("a"), keys("eve")
LOG = LogName(A, B)
BARE = Manifest(log=LOG, id="ab" * 32, n=1, time=NOW, mine=0)
HASH = "cd" * 32
FULL = dataclasses.replace(
    BARE,
    have=(3, b"r" * 32),
    answers="ef" * 32,
    want=((0, 0), (7, 3)),
    parts=(
        Part("head", 1, HASH),
        Part("entries", 2, HASH, 0),
        Part("body", 3, HASH, 0, 0),
        Part("cosignature", 4, HASH),
        Part("note", 5, HASH),
        Part("zeros", 0),
    ),
)


def text(**changes):
    """A manifest's text with members set, or taken out where they are None."""
    value = canonical.decode(FULL.text()[:-1], NOTE_MAX) | changes
    return canonical.encode({name: member for name, member in value.items() if member is not None}) + b"\n"


def part(**changes):
    """The text of a manifest with one part, its members set or taken out."""
    row = {"kind": "body", "size": 1, "sha256": HASH, "index": 0, "ordinal": 0} | changes
    return text(parts=[{name: member for name, member in row.items() if member is not None}])


# --- round trips --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("manifest", [BARE, FULL])
def test_what_is_written_is_read(manifest):
    assert Manifest.parse(manifest.text()) == manifest
    assert manifest.text().count(b"\n") == 1


def test_what_has_no_value_is_left_out():
    assert b"answers" not in BARE.text()
    assert b"want" not in BARE.text()
    assert b"parts" not in BARE.text()
    assert BARE.have == (0, EMPTY_ROOT)


numbers = st.integers(0, INTEGER_MAX)
digests = st.binary(min_size=32, max_size=32)
hashes = digests.map(bytes.hex)


def rows(kind):
    sizes = st.integers(0, LIMITS[kind])
    index = numbers if kind in ("entries", "body", "yours") else st.none()
    ordinal = numbers if kind == "body" else st.none()
    return st.builds(Part, st.just(kind), sizes, st.just("") if kind == "zeros" else hashes, index, ordinal)


manifests = st.builds(
    Manifest,
    log=st.sampled_from([LOG, LOG.other, LogName(A, B, 999_999)]),
    id=hashes,
    n=numbers,
    time=numbers,
    mine=numbers,
    have=st.tuples(numbers, digests),
    answers=st.one_of(st.just(""), hashes),
    want=st.lists(st.tuples(numbers, numbers), max_size=5).map(tuple),
    parts=st.lists(st.sampled_from(list(LIMITS)).flatmap(rows), max_size=5).map(tuple),
)


@given(manifests)
def test_any_manifest_is_read_back(manifest):
    assert Manifest.parse(manifest.text()) == manifest


# --- bytes from outside -------------------------------------------------------------------------------------


def refused(data):
    with pytest.raises(PeerError):
        Manifest.parse(data)


@given(st.binary(max_size=200))
def test_any_bytes_raise_a_peer_error(data):
    refused(data)


@settings(max_examples=300)
@given(at=st.integers(0, len(FULL.text()) - 1), change=st.integers(1, 255))
def test_any_changed_byte_parses_or_raises_a_peer_error(at, change):
    whole = FULL.text()
    data = whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :]
    try:
        assert Manifest.parse(data).text() == data
    except PeerError:
        return


values = st.recursive(
    st.one_of(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8), numbers),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3),
        st.dictionaries(st.sampled_from(["kind", "size", "index", "root", "x"]), inner, min_size=1),
    ),
    max_leaves=6,
)


@settings(max_examples=300)
@given(st.sampled_from(["type", "log", "of", "id", "n", "have", "answers", "want", "parts", "x"]), values)
def test_any_value_of_a_member_parses_or_raises_a_peer_error(name, value):
    try:
        data = text(**{name: value})
        assert Manifest.parse(data).text() == data
    except PeerError:
        return


@settings(max_examples=300)
@given(st.sampled_from(["kind", "size", "sha256", "index", "ordinal", "x"]), values)
def test_any_value_in_a_part_parses_or_raises_a_peer_error(name, value):
    try:
        data = part(**{name: value})
        assert Manifest.parse(data).text() == data
    except PeerError:
        return


@pytest.mark.parametrize("kind", [["head"], {"head": 1}, 1, "", "Head", "file", "zeros "])
def test_a_part_of_an_unknown_kind(kind):
    with pytest.raises(MalformedError, match="unknown part"):
        Manifest.parse(part(kind=kind))


@pytest.mark.parametrize("row", ["head", 1, ["head"]])
def test_a_part_that_is_no_object(row):
    with pytest.raises(MalformedError, match="not a part"):
        Manifest.parse(text(parts=[row]))


@pytest.mark.parametrize(
    "data",
    [
        part(ordinal=None),
        part(index=None),
        part(sha256=None),
        part(sha256="CD" * 32),
        part(sha256="cd" * 31),
        part(size=None),
        part(size="1"),
        part(name="x"),
        part(kind="entries"),
        part(kind="head", ordinal=None),
        part(kind="zeros", index=None, ordinal=None),
    ],
)
def test_a_part_of_another_form(data):
    with pytest.raises(MalformedError):
        Manifest.parse(data)


@pytest.mark.parametrize("kind", LIMITS)
def test_every_kind_of_part_has_its_limit(kind):
    row = {
        "kind": kind,
        "sha256": None if kind == "zeros" else HASH,
        "index": 0 if kind in ("entries", "body", "yours") else None,
        "ordinal": 0 if kind == "body" else None,
    }
    assert Manifest.parse(part(**row, size=LIMITS[kind])).parts[0].size == LIMITS[kind]
    with pytest.raises(MalformedError, match=r"parts\.0\.size"):
        Manifest.parse(part(**row, size=LIMITS[kind] + 1))


@pytest.mark.parametrize(
    "data",
    [
        FULL.text()[:-1],
        FULL.text() + b"\n",
        b"{}\n",
        b" " + FULL.text(),
        text(type="mithaq/pouch/2"),
        text(type=None),
        text(log=str(LOG.other)),
        text(of=str(LogName(B, A, 2))),
        text(of=str(LOG)),
        text(log=1),
        text(log=f"{A}/to/{A}/1"),
        text(id="ab" * 31),
        text(answers=""),
        text(answers="ab"),
        text(n=None),
        text(have={"size": 1}),
        text(have={"size": 1, "root": "00"}),
        text(want=[[1]]),
        text(want=[[1, 2, 3]]),
        text(want=[[1, "2"]]),
        text(want=[{"index": 1}]),
        text(secret=1),
    ],
)
def test_a_manifest_of_another_form(data):
    with pytest.raises(MalformedError):
        Manifest.parse(data)


def test_limits():
    want = [[index, 0] for index in range(WANT_MAX + 1)]
    assert len(Manifest.parse(text(want=want[:-1])).want) == WANT_MAX
    with pytest.raises(MalformedError, match="want"):
        Manifest.parse(text(want=want))
    zeros = [{"kind": "zeros", "size": 0}] * (PARTS_MAX + 1)
    assert len(Manifest.parse(text(parts=zeros[:-1])).parts) == PARTS_MAX
    with pytest.raises(MalformedError, match="parts"):
        Manifest.parse(text(parts=zeros))
    with pytest.raises(LimitError):
        Manifest.parse(b"x" * (NOTE_MAX + 2) + b"\n")


# --- whose it is --------------------------------------------------------------------------------------------


def test_the_author_signs():
    note = FULL.sign(KA.log)
    assert {line.name for line in note.lines} == {str(LOG)}
    verify(note, FULL.log, KA.log.public)


@pytest.mark.parametrize("pair", [EVE.log, KA.mirror])
def test_nobody_else_signs(pair):
    with pytest.raises(ForgedError, match="lacks"):
        verify(FULL.sign(pair), FULL.log, KA.log.public)


@pytest.mark.parametrize("name", [A, f"{A}/log", str(LOG.other), str(LogName(A, B, 2))])
def test_the_lines_bear_the_log_s_name(name):
    note = Note(FULL.text(), sign(FULL.text(), name, KA.log))
    with pytest.raises(ForgedError, match="lacks"):
        verify(note, FULL.log, KA.log.public)


@pytest.mark.parametrize("keep", [0, 1])
def test_both_lines_of_the_pair(keep):
    note = FULL.sign(KA.log)
    with pytest.raises(ForgedError):
        verify(Note(note.text, (note.lines[keep],)), FULL.log, KA.log.public)


def test_a_changed_signature():
    note = FULL.sign(KA.log)
    for place, line in enumerate(note.lines):
        lines = list(note.lines)
        lines[place] = NoteLine(line.name, line.key_id, line.signature[:-1] + bytes([line.signature[-1] ^ 1]))
        with pytest.raises(ForgedError):
            verify(Note(note.text, tuple(lines)), FULL.log, KA.log.public)


@pytest.mark.parametrize("manifest", [FULL, BARE], ids=["full", "bare"])
def test_the_log_that_is_claimed_is_the_one_that_is_parsed(manifest):
    assert claimed_log(manifest.text()) == Manifest.parse(manifest.text()).log


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}\n",
        b"x" * 300_000,
        FULL.text()[1:],
        b" " + FULL.text(),
        FULL.text().replace(b'"log"', b'"x"'),
    ],
    ids=["nothing", "empty", "long", "cut", "space", "no log"],
)
def test_what_does_not_begin_as_a_manifest_claims_nothing(text):
    with pytest.raises(MalformedError):
        claimed_log(text)


def test_the_type_is_in_the_text():
    assert TYPE.encode() in BARE.text()
