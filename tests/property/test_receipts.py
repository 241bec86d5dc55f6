"""Every byte of a receipt, of a card and of a fingerprint counts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mithaq.audit.agreement import verify_agreement
from mithaq.audit.receipt import RECEIPT_MAX, Receipt
from mithaq.audit.verify import verify_receipt
from mithaq.errors import LimitError, PeerError
from vectors.receipts.make import CARD_A, CARD_B, REPLY, SIGNED_A, SIGNED_B, good, receipt, told

COSIGNED = [REPLY.cosigned(2, 1_900_000_000) for _ in range(2)]
DATA = receipt(told(), REPLY.proof(0, 2, *COSIGNED[0]), REPLY.proof(1, 2, *COSIGNED[1]))["receipt"]
CARDS = [SIGNED_A, SIGNED_B]
HEARD = [CARD_A.fingerprint, CARD_B.fingerprint]
STARTS = [at + offset for at in range(len(DATA)) if DATA[at] == 10 for offset in range(-3, 8)]
"""Places around the ends of lines, where words, sizes and names stand: there are few among the signatures."""

places = st.one_of(st.integers(0, len(DATA) - 1), st.sampled_from([at for at in STARTS if at < len(DATA)]))


@settings(max_examples=300, deadline=None)
@given(at=places, change=st.integers(1, 255))
def test_any_changed_byte_of_a_receipt_is_caught(at, change):
    data = DATA[:at] + bytes([DATA[at] ^ change]) + DATA[at + 1 :]
    with pytest.raises(PeerError):
        verify_receipt(data, CARDS, HEARD)


@settings(max_examples=100, deadline=None)
@given(start=st.integers(0, len(DATA)), size=st.integers(1, 9_000))
def test_any_lacking_bytes_of_a_receipt_are_caught(start, size):
    data = DATA[:start] + DATA[start + size :]
    if data == DATA:
        return
    with pytest.raises(PeerError):
        verify_receipt(data, CARDS, HEARD)


@settings(max_examples=100, deadline=None)
@given(which=st.integers(0, 1), at=st.integers(0, len(SIGNED_A) - 1), change=st.integers(1, 255))
def test_any_changed_byte_of_a_card_is_caught(which, at, change):
    cards = list(CARDS)
    at %= len(cards[which])
    cards[which] = cards[which][:at] + bytes([cards[which][at] ^ change]) + cards[which][at + 1 :]
    with pytest.raises(PeerError):
        verify_receipt(DATA, cards, HEARD)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=80))
def test_no_other_words_are_a_fingerprint(typed):
    with pytest.raises(PeerError):
        verify_receipt(DATA, CARDS, [HEARD[0], typed])


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda data: DATA[:8000] + data)))
def test_any_bytes_parse_or_raise_a_peer_error(data):
    for check in (Receipt.parse, lambda each: verify_agreement(each, CARDS, HEARD)):
        with pytest.raises(PeerError):
            check(data)
    with pytest.raises(PeerError):
        verify_receipt(DATA, [data], HEARD)


def test_what_holds_is_read_back():
    assert bytes(Receipt.parse(DATA)) == DATA
    assert bytes(Receipt.parse(good()["receipt"])) != DATA


def test_a_receipt_has_a_limit():
    with pytest.raises(LimitError):
        Receipt.parse(DATA + bytes(RECEIPT_MAX))
