import os

import pytest

from mithaq.crypto.keys import SealingKey
from mithaq.crypto.sealing import SEAL_OVERHEAD, box, open_sealed, padme, seal, unbox
from mithaq.errors import ForgedError, MalformedError

KEY = SealingKey(bytes(range(32)))
INFO = b"mithaq/1 pouch\n" + bytes(32)
K = bytes(range(32))


@pytest.mark.parametrize("size", [0, 1, 32, 4096])
def test_seal_and_open(size):
    plaintext = os.urandom(size)
    sealed = seal(KEY.public, INFO, plaintext)
    assert len(sealed) == size + SEAL_OVERHEAD
    assert open_sealed(KEY, INFO, sealed) == plaintext
    assert sealed != seal(KEY.public, INFO, plaintext)


def test_another_info_does_not_open():
    with pytest.raises(ForgedError):
        open_sealed(KEY, INFO + b"x", seal(KEY.public, INFO, b"secret"))


def test_another_key_does_not_open():
    with pytest.raises(ForgedError):
        open_sealed(SealingKey(bytes(32)), INFO, seal(KEY.public, INFO, b"secret"))


@pytest.mark.parametrize("at", [0, 1087, 1088, 1119, 1120, -1])
def test_a_changed_byte_does_not_open(at):
    sealed = bytearray(seal(KEY.public, INFO, b"secret"))
    sealed[at] ^= 1
    with pytest.raises(ForgedError):
        open_sealed(KEY, INFO, bytes(sealed))


@pytest.mark.parametrize("sealed", [b"", bytes(1119), bytes(1135), bytes(1136), b"\xff" * 2000])
def test_what_was_never_sealed_does_not_open(sealed):
    with pytest.raises(ForgedError):
        open_sealed(KEY, INFO, sealed)


def test_sealing_to_what_is_no_key():
    with pytest.raises(MalformedError):
        seal(KEY.public[1:], INFO, b"")


@pytest.mark.parametrize("index", [0, 1, 255, 2**96 - 1])
def test_boxes(index):
    sealed = box(K, index, b"part")
    assert len(sealed) == 4 + 16
    assert unbox(K, index, sealed) == b"part"


def test_a_box_opens_only_in_its_place():
    sealed = box(K, 1, b"part")
    for key, index, data in (
        (K, 2, sealed),
        (bytes(32), 1, sealed),
        (K, 1, sealed[:-1]),
        (K, 1, sealed + b"\0"),
        (K, 1, b""),
    ):
        with pytest.raises(ForgedError):
            unbox(key, index, data)


@pytest.mark.parametrize("index", [-1, 2**96])
def test_nonce_out_of_range(index):
    with pytest.raises(MalformedError):
        box(K, index, b"")


def test_padme_by_its_definition():
    """The algorithm as printed in the PURBs paper, with logarithms."""
    import math

    for size in (*range(2, 3000), 4096, 65_535, 65_536, 65_537, 10**6, 2**26 - 1, 64 * 2**20):
        e = math.floor(math.log2(size))
        s = math.floor(math.log2(e)) + 1 if e else 0
        mask = (1 << max(e - s, 0)) - 1
        assert padme(size) == (size + mask) & ~mask
    assert [padme(n) for n in (0, 1, 9, 1000, 1_000_000)] == [0, 1, 10, 1024, 1_015_808]


def test_padme_costs_little_and_is_a_fixed_point():
    for size in range(1, 100_000, 7):
        assert size <= padme(size) <= size * 1.12
        assert padme(padme(size)) == padme(size)
