import pytest

from mithaq.audit.cards import CARD_NOTE_MAX, signers
from mithaq.crypto.notes import Note
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.party import Role
from mithaq.errors import KeyStoreError, MalformedError, StaleError
from mithaq.exchange.cards import CLOCK_SKEW, accept_card, sign_card
from signed_texts import NOW, A, B, card, following, keys

K = keys("a")
FIRST = card(K)
NOTE = K.sign(FIRST)


def test_a_stranger_s_card_with_its_fingerprint():
    assert accept_card(NOTE, now=NOW, previous=None, known=(), typed=FIRST.fingerprint) == FIRST
    assert len(bytes(NOTE)) < CARD_NOTE_MAX


def test_the_fingerprint_is_typed_in_any_digits_and_spaces():
    eastern = FIRST.fingerprint.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    for typed in (eastern, FIRST.fingerprint.replace(" ", ""), f" {FIRST.fingerprint}\n"):
        accept_card(NOTE, now=NOW, previous=None, known=(), typed=typed)


def test_every_key_signs_under_its_name():
    assert [line.name for line in NOTE.lines] == [A, A, f"{A}/log", f"{A}/log", f"{A}/mirror", f"{A}/mirror"]
    assert signers(FIRST)[Role.AUTHORITY].name == A


def test_a_note_is_read_back():
    note = Note.parse(bytes(NOTE), limit=CARD_NOTE_MAX)
    assert accept_card(note, now=NOW, previous=None, known=(), typed=FIRST.fingerprint) == FIRST


def test_the_next_card_brings_new_log_and_mirror_pairs():
    other = keys("a, second year")
    new = K.but(log=other.log, mirror=other.mirror, sealing=other.sealing)
    second = following(FIRST, new)
    assert accept_card(new.sign(second), now=NOW + DAY, previous=FIRST, known=()) == second


def test_the_committed_pair_takes_over():
    new = K.but(authority=K.coming, coming=keys("a, third").authority)
    second = following(FIRST, new)
    assert accept_card(new.sign(second), now=NOW + DAY, previous=FIRST, known=()) == second


def test_keys_of_others_are_no_hindrance():
    known = list(card(keys("b"), B).pairs.values())
    accept_card(NOTE, now=NOW, previous=None, known=known, typed=FIRST.fingerprint)


def test_time():
    accept_card(NOTE, now=FIRST.valid_until, previous=None, known=(), typed=FIRST.fingerprint)
    accept_card(NOTE, now=NOW - CLOCK_SKEW, previous=None, known=(), typed=FIRST.fingerprint)
    with pytest.raises(StaleError):
        accept_card(NOTE, now=FIRST.valid_until + 1, previous=None, known=(), typed=FIRST.fingerprint)
    with pytest.raises(MalformedError, match="future"):
        accept_card(NOTE, now=NOW - CLOCK_SKEW - 1, previous=None, known=(), typed=FIRST.fingerprint)


def test_no_version_in_common():
    later = card(K, versions=(2, 3))
    with pytest.raises(MalformedError, match="version"):
        accept_card(K.sign(later), now=NOW, previous=None, known=(), typed=later.fingerprint)


def test_a_gap_asks_for_the_cards_between():
    third = card(K, serial=3, previous="ab" * 32, issued=Moment(NOW))
    with pytest.raises(MalformedError, match="in between"):
        accept_card(K.sign(third), now=NOW, previous=FIRST, known=())


def test_one_signs_with_the_pairs_in_the_card():
    with pytest.raises(KeyStoreError):
        sign_card(FIRST, K.authority, K.mirror, K.log)
