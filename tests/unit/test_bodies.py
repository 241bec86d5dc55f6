import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mithaq.crypto import bodies
from mithaq.crypto.bodies import SealedBody, seal_body
from mithaq.errors import ForgedError, LimitError, MalformedError, PeerError

DAY, OTHER_DAY = bytes(32), bytes([1] * 32)
CONTEXT = b"a.example/to/b.example/1 0197a1b2c3d47e5f8a9b0c1d2e3f4a5b 0"
SALT = bytes(range(32))
CHUNKS = [b"first", b"second", b"", b"fourth"]


def sealed(chunks=CHUNKS, day=DAY, context=CONTEXT) -> bytes:
    return b"".join(seal_body(day, os.urandom, context, SALT, chunks))


def records(stored: bytes) -> tuple[bytes, list[bytes]]:
    head, at, found = stored[:46], 46, []
    while at < len(stored):
        end = at + 4 + int.from_bytes(stored[at : at + 4])
        found.append(stored[at:end])
        at = end
    return head, found


def read(stored: bytes, day=DAY, context=CONTEXT) -> list[bytes]:
    return list(SealedBody(day, context, stored).chunks())


@pytest.mark.parametrize("chunks", [[], [b""], [b"one"], CHUNKS, [bytes(2**20)] * 3])
def test_round_trip(chunks):
    body = SealedBody(DAY, CONTEXT, sealed(chunks))
    assert body.salt == SALT
    assert len(body) == len(chunks)
    assert list(body.chunks()) == chunks


def test_any_one_chunk():
    body = SealedBody(DAY, CONTEXT, sealed())
    assert [body.chunk(i) for i in (3, 0, 2, 1)] == [CHUNKS[i] for i in (3, 0, 2, 1)]
    for i in (-1, 4):
        with pytest.raises(IndexError):
            body.chunk(i)


def test_every_body_has_a_key_of_its_own():
    one, two = sealed(), sealed()
    assert one[14:46] != two[14:46]
    assert one[46:] != two[46:]


def test_neither_contents_nor_salt_nor_context_show():
    stored = sealed([b"clear text of a chunk"])
    assert b"clear text" not in stored
    assert SALT not in stored
    assert b"a.example" not in stored


def test_another_day_or_place_does_not_open():
    with pytest.raises(ForgedError):
        read(sealed(), day=OTHER_DAY)
    with pytest.raises(ForgedError):
        read(sealed(), context=CONTEXT[:-1] + b"1")


@pytest.mark.parametrize("cut", [1, 2, 3, 4])
def test_chunks_cut_off_at_the_end(cut):
    head, found = records(sealed())
    with pytest.raises(ForgedError):
        read(head + b"".join(found[:-cut]))


@pytest.mark.parametrize(
    "order",
    [[0, 2, 1, 3, 4], [1, 0, 2, 3, 4], [0, 1, 2, 4, 3], [0, 1, 1, 2, 3, 4], [0, 2, 3, 4], [0, 1, 2, 3, 4, 4]],
)
def test_chunks_moved_repeated_or_left_out(order):
    head, found = records(sealed())
    with pytest.raises(ForgedError):
        read(head + b"".join(found[i] for i in order))


def test_a_chunk_of_another_body():
    (head, found), (_, other) = records(sealed()), records(sealed())
    with pytest.raises(ForgedError):
        read(head + b"".join([*found[:2], other[2], *found[3:]]))


def test_a_body_joined_to_another():
    _, other = records(sealed())
    with pytest.raises(ForgedError):
        read(sealed() + b"".join(other))


@pytest.mark.parametrize(
    "stored",
    [b"", b"mithaq-body/2\n" + bytes(60), sealed()[:40], sealed()[:46], sealed()[:-1]],
    ids=["empty", "another version", "no nonce", "no record", "a byte short"],
)
def test_what_is_no_body(stored):
    with pytest.raises(MalformedError):
        SealedBody(DAY, CONTEXT, stored)


def test_lengths_that_lie():
    stored = sealed()
    for length in (0, 15, 2**32 - 1):
        with pytest.raises((MalformedError, ForgedError)):
            SealedBody(DAY, CONTEXT, stored[:46] + length.to_bytes(4) + stored[50:])


@given(st.integers(0, len(sealed()) - 1), st.integers(1, 255))
def test_a_changed_byte_is_found(at, difference):
    stored = bytearray(sealed())
    stored[at] ^= difference
    with pytest.raises(PeerError):
        read(bytes(stored))


def test_salt_and_chunk_lengths(monkeypatch):
    with pytest.raises(MalformedError):
        list(seal_body(DAY, os.urandom, CONTEXT, SALT[1:], []))
    monkeypatch.setattr(bodies, "CHUNK_MAX", 40)
    assert read(sealed([bytes(40)])) == [bytes(40)]
    with pytest.raises(LimitError):
        sealed([bytes(41)])


def test_sealing_takes_chunks_one_by_one():
    taken = []

    def chunks():
        for i in range(4):
            taken.append(i)
            yield bytes(10)

    pieces = seal_body(DAY, os.urandom, CONTEXT, SALT, chunks())
    next(pieces), next(pieces)
    assert taken == [0]
