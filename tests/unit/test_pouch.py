import dataclasses
import hashlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mithaq.crypto import sealing
from mithaq.crypto.notes import NoteLine
from mithaq.domain.kinds import BODIES_MAX
from mithaq.errors import ForgedError, KeyStoreError, LimitError, MalformedError, PeerError
from mithaq.exchange import pouch
from mithaq.exchange.manifest import BODY_MAX, PARTS_MAX, SALT_SIZE, WANT_MAX, Part, verify
from mithaq.exchange.pouch import (
    HEADER_SIZE,
    MANIFEST_MAX,
    MANIFEST_STEP,
    POUCH_ENTRIES_MAX,
    POUCH_MAX,
    Content,
    open_pouch,
    pack_entries,
    part_of,
    unpack_entries,
)
from vectors.pouches.make import (
    CONTENTS,
    KA,
    KB,
    LOADED,
    MANIFEST,
    PARTS,
    K,
    boxes,
    by_hand,
    good,
    sealed_head,
    signed,
    text,
)

DATA = good()
ROOM = int.from_bytes(DATA[HEADER_SIZE - 4 : HEADER_SIZE])
BOXES = HEADER_SIZE + ROOM


class Read:
    """The bytes of a pouch, and how many of them were asked for."""

    def __init__(self, data):
        self._file = io.BytesIO(data)
        self.asked = 0

    def __call__(self, size):
        self.asked += size
        return self._file.read(size)


def key(name):
    if name != KB.sealing.id:
        raise KeyStoreError("no such key", where=name)
    return KB.sealing


def opened(data):
    """Everything that a reader does with a pouch, in order."""
    found = open_pouch(data if isinstance(data, Read) else Read(data), key)
    verify(found.note, found.log, KA.log.public)
    return found, list(found.parts())


def written(contents=CONTENTS, manifest=MANIFEST, public=KB.sealing.public):
    return pouch.write(manifest, contents, KA.log, public, lambda size: K[:size])


def read(contents):
    return [data for _, data in opened(b"".join(written(contents).pieces))[1]]


def hollow(kind, size, **place):
    """A part that is never loaded."""
    return Content(Part(kind, size, "00" * 32, **place), lambda: pytest.fail("loaded"))


# --- round trips --------------------------------------------------------------------------------------------


def test_what_is_written_is_read():
    sealed = written()
    data = b"".join(sealed.pieces)
    found, parts = opened(data)
    assert len(data) == sealed.size
    assert found.manifest == sealed.manifest == dataclasses.replace(MANIFEST, parts=found.manifest.parts)
    assert parts == [(content.part, content.load()) for content in CONTENTS]
    assert found.manifest.parts[-1].kind == "zeros"
    assert found.to == KB.sealing.id


@settings(deadline=None, max_examples=25)
@given(st.lists(st.binary(max_size=5_000), max_size=5))
def test_any_contents_are_read_back(contents):
    assert read([part_of("note", data) for data in contents]) == contents


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 100_000))
def test_the_length_tells_little(size):
    sealed = written((part_of("note", bytes(size)),))
    head = len(next(sealed.pieces))
    assert (head - HEADER_SIZE) % MANIFEST_STEP == 0
    assert sealing.padme(sealed.size - head) == sealed.size - head


def test_a_part_is_loaded_when_its_turn_comes():
    loaded = []

    def load(name):
        loaded.append(name)
        return b"body"

    part = Part("body", 4, hashlib.sha256(b"body").hexdigest(), 0, 0)
    pieces = written([Content(part, lambda i=i: load(i)) for i in range(3)]).pieces
    next(pieces)
    assert loaded == []
    next(pieces)
    assert loaded == [0]
    next(pieces)
    assert loaded == [0, 1]


def test_two_pouches_have_nothing_in_common():
    """A fresh K, and a fresh seal: the same contents give other bytes, boxes included."""
    keys = iter([bytes([1]) * 32, bytes([2]) * 32])
    pouches = [
        b"".join(pouch.write(MANIFEST, CONTENTS, KA.log, KB.sealing.public, lambda _: next(keys)).pieces)
        for _ in range(2)
    ]
    assert pouches[0][:HEADER_SIZE] == pouches[1][:HEADER_SIZE]
    assert pouches[0][HEADER_SIZE : HEADER_SIZE + 64] != pouches[1][HEADER_SIZE : HEADER_SIZE + 64]
    assert pouches[0][BOXES : BOXES + 16] != pouches[1][BOXES : BOXES + 16]


# --- what the network may change ----------------------------------------------------------------------------


@settings(deadline=None, max_examples=200)
@given(
    at=st.one_of(st.integers(0, len(DATA) - 1), st.integers(0, HEADER_SIZE - 1)), change=st.integers(1, 255)
)
def test_any_changed_byte_is_caught(at, change):
    with pytest.raises((PeerError, KeyStoreError)):
        opened(DATA[:at] + bytes([DATA[at] ^ change]) + DATA[at + 1 :])


@pytest.mark.parametrize(
    ("at", "error"),
    [
        (0, MalformedError),
        (len(pouch.MAGIC) - 1, MalformedError),
        (len(pouch.MAGIC), KeyStoreError),
        (HEADER_SIZE - 4, LimitError),
        (HEADER_SIZE - 1, LimitError),
        (HEADER_SIZE, ForgedError),
        (HEADER_SIZE + sealing.ENC_SIZE, ForgedError),
        (BOXES - 1, ForgedError),
        (BOXES, ForgedError),
        (len(DATA) - 1, ForgedError),
    ],
)
def test_a_changed_byte_in_every_region(at, error):
    with pytest.raises(error):
        opened(DATA[:at] + bytes([DATA[at] ^ 0x80]) + DATA[at + 1 :])


@settings(deadline=None, max_examples=100)
@given(st.integers(0, len(DATA) - 1))
def test_any_truncation_is_caught(size):
    with pytest.raises(MalformedError, match="ends too early"):
        opened(DATA[:size])


@given(st.binary(min_size=1, max_size=20))
def test_bytes_after_the_end(tail):
    with pytest.raises(MalformedError, match="after the last part"):
        opened(DATA + tail)


@given(st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(lambda data: pouch.MAGIC + data)))
def test_any_bytes_are_refused_with_an_error_of_ours(data):
    with pytest.raises((PeerError, KeyStoreError)):
        opened(data)


@pytest.mark.parametrize("order", [(1, 0, 2, 3, 4), (0, 1, 2, 4, 3), (4, 3, 2, 1, 0)])
def test_boxes_keep_their_places(order):
    lengths = [len(data) + sealing.TAG_SIZE for data in (*LOADED, bytes(20))]
    starts = [BOXES + sum(lengths[:i]) for i in range(5)]
    pieces = [DATA[start : start + length] for start, length in zip(starts, lengths, strict=True)]
    with pytest.raises(PeerError):
        opened(DATA[:BOXES] + b"".join(pieces[i] for i in order))


def test_boxes_of_another_pouch():
    with pytest.raises(ForgedError, match="box 0"):
        opened(DATA[:BOXES] + boxes_under(bytes(32)))


def boxes_under(k):
    return b"".join(sealing.box(k, i, data) for i, data in enumerate((*LOADED, bytes(20))))


def test_a_pouch_for_somebody_else():
    with pytest.raises(KeyStoreError):
        opened(b"".join(written(public=KA.sealing.public).pieces))


# --- what a partner may lie about ---------------------------------------------------------------------------


def test_a_part_that_is_not_what_the_manifest_says():
    for place in range(len(LOADED)):
        parts = [*LOADED, bytes(20)]
        parts[place] = bytes(len(parts[place]))
        with pytest.raises(ForgedError, match=f"part {place}"):
            opened(by_hand(PARTS, parts))


def test_a_part_of_another_size():
    with pytest.raises(PeerError):
        opened(by_hand(PARTS, (LOADED[0] + b"x", *LOADED[1:], bytes(20))))


@pytest.mark.parametrize(
    "room", [0, 1, MANIFEST_STEP - 1, MANIFEST_MAX + MANIFEST_STEP, 2**32 - MANIFEST_STEP]
)
def test_the_announced_manifest_is_not_read(room):
    """What a stranger announces costs nothing but the header."""
    source = Read(DATA[: HEADER_SIZE - 4] + room.to_bytes(4) + DATA[HEADER_SIZE:])
    with pytest.raises(LimitError):
        opened(source)
    assert source.asked == HEADER_SIZE


def test_65_mib_are_refused_before_they_are_read():
    size = BODY_MAX + SALT_SIZE
    claims = [Part("body", size, "00" * 32, 0, ordinal) for ordinal in range(2)]
    source = Read(by_hand((*claims, Part("zeros", 2**20)), ()))
    with pytest.raises(LimitError, match="too large"):
        opened(source)
    assert source.asked < HEADER_SIZE + MANIFEST_MAX


def test_64_mib_and_not_a_byte_more():
    """The last pouch that is read on, and the first that is not."""
    first = Part("body", BODY_MAX, "00" * 32, 0, 0)
    head = len(by_hand((first, first, plain("zeros")), ()))
    room = POUCH_MAX - head - 3 * sealing.TAG_SIZE - BODY_MAX
    second = dataclasses.replace(first, size=room)
    with pytest.raises(MalformedError, match="ends too early"):
        opened(by_hand((first, second, plain("zeros")), ()))
    with pytest.raises(LimitError, match="too large"):
        opened(by_hand((first, second, Part("zeros", 1)), ()))


@pytest.mark.parametrize("kinds", [(), ("head",), ("zeros", "zeros"), ("zeros", "head")])
def test_zeros_once_and_last(kinds):
    with pytest.raises(MalformedError, match="out of order"):
        opened(by_hand([plain(kind) for kind in kinds], ()))


@pytest.mark.parametrize("kind", ["head", "entries"])
def test_one_head_and_one_entries(kind):
    with pytest.raises(MalformedError, match="out of order"):
        opened(by_hand([plain(kind), plain(kind), plain("zeros")], ()))


def plain(kind):
    return Part(kind, 0, "" if kind == "zeros" else "00" * 32, 0 if kind == "entries" else None)


@pytest.mark.parametrize("note", [b"", b"x", b"no signature\n", b"\xff\n\n\n", MANIFEST.text()])
def test_what_is_sealed_is_a_note(note):
    with pytest.raises(MalformedError):
        opened(sealed_head(note) + boxes())


def filled():
    """A signed manifest that fills its seal to the last byte, by a line of an unknown key."""
    note = signed(text())
    room = 2 * MANIFEST_STEP - sealing.SEAL_OVERHEAD - 36 - len(note)
    blocks, name = divmod(room - len("— x \n".encode()), 4)
    line = NoteLine("x" * (name + 1), b"none", bytes(3 * blocks - 4))
    return note + bytes(line)


def test_a_manifest_that_fills_its_seal():
    note = filled()
    assert opened(sealed_head(note) + boxes())
    with pytest.raises(MalformedError, match="zeros only"):
        opened(sealed_head(note, length=len(note) + 1) + boxes())


def test_nothing_is_opened_before_it_is_asked_for():
    """``open_pouch`` leaves the boxes unread, so that the caller can verify who speaks first."""
    source = Read(DATA)
    open_pouch(source, key)
    assert source.asked == BOXES


def test_one_part_at_a_time():
    source = Read(DATA)
    parts = open_pouch(source, key).parts()
    next(parts)
    assert source.asked == BOXES + len(LOADED[0]) + sealing.TAG_SIZE


# --- what is not written ------------------------------------------------------------------------------------


def test_a_pouch_has_a_limit():
    size = BODY_MAX + SALT_SIZE
    with pytest.raises(LimitError, match="the pouch is too large"):
        written([hollow("body", size, index=0, ordinal=ordinal) for ordinal in range(2)])


def test_a_pouch_has_no_more_parts_than_are_read():
    """Else a partner would refuse it for ever, and everything behind it."""
    most = [part_of("note", b"") for _ in range(PARTS_MAX - 1)]
    assert len(read(most)) == PARTS_MAX - 1
    with pytest.raises(LimitError, match="too many parts"):
        written([*most, part_of("note", b"")])


def test_a_manifest_has_a_limit():
    want = tuple((2**53 - 1, ordinal) for ordinal in range(12_000))
    with pytest.raises(LimitError, match="manifest is too long"):
        written((), dataclasses.replace(MANIFEST, want=want))


def test_the_largest_manifest_fits():
    """As many parts and wishes as there may be, each as long as it can be."""
    index, ordinal = 2**53 - 1, BODIES_MAX - 1
    rows = [Part("body", BODY_MAX + SALT_SIZE, "00" * 32, index, ordinal) for _ in range(PARTS_MAX - 1)]
    want = tuple((index, ordinal) for _ in range(WANT_MAX))
    most = dataclasses.replace(MANIFEST, want=want, parts=(*rows, Part("zeros", 2**24)))
    assert len(bytes(most.sign(KA.log))) + 36 + sealing.SEAL_OVERHEAD <= MANIFEST_MAX


# --- entries ------------------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_entries_are_read_back(entries):
    assert unpack_entries(pack_entries(entries)) == entries


@given(st.binary(max_size=300))
def test_any_bytes_are_entries_or_raise_a_peer_error(data):
    try:
        assert pack_entries(unpack_entries(data)) == data
    except PeerError:
        return


@pytest.mark.parametrize("data", [b"\0", b"\0\1", b"\0\2x", b"\0\1x\0", b"\xff\xff" + bytes(65_534)])
def test_entries_cut_short(data):
    with pytest.raises(MalformedError, match="cut short"):
        unpack_entries(data)


def test_entries_have_a_limit():
    most = pack_entries([b""] * POUCH_ENTRIES_MAX)
    assert len(unpack_entries(most)) == POUCH_ENTRIES_MAX
    with pytest.raises(LimitError):
        unpack_entries(most + b"\0\0")
