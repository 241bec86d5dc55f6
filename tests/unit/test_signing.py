import pytest

from mithaq.crypto.notes import Note
from mithaq.errors import ForgedError, KeyStoreError, MalformedError
from mithaq.exchange.signing import NOTE_MAX, merge, sign_agreement, verify_agreement, verify_partly
from signed_texts import A, B, agreement, card, keys, lines

KA, KB, EVE = keys("a"), keys("b"), keys("eve")
CA, CB = card(KA, A), card(KB, B)
TEXT = agreement().text()
BY_A, BY_B = sign_agreement(TEXT, A, KA.authority), sign_agreement(TEXT, B, KB.authority)
BOTH = merge(BY_A, BY_B)


def test_both_sign_and_merge_to_the_same_bytes():
    assert merge(BY_B, BY_A) == BOTH == merge(BOTH, BY_A)
    assert verify_agreement(BOTH, CA, CB) == verify_agreement(BOTH, CB, CA) == agreement()
    assert Note.parse(bytes(BOTH), limit=NOTE_MAX) == BOTH


def test_one_side_first():
    assert verify_partly(BY_A, CA) == agreement()
    with pytest.raises(ForgedError, match="lacks"):
        verify_partly(BY_A, CB)
    with pytest.raises(ForgedError, match="lacks"):
        verify_agreement(BY_A, CA, CB)


def test_signing_again_does_not_make_two_lines_of_one_key():
    again = sign_agreement(TEXT, A, KA.authority)
    assert merge(BOTH, again) == BOTH


def test_two_texts_do_not_merge():
    other = sign_agreement(lines(TEXT, ("notice_days = 90", "notice_days = 30")), B, KB.authority)
    with pytest.raises(MalformedError, match="different texts"):
        merge(BY_A, other)


def test_nothing_is_signed_that_is_no_agreement_of_ours():
    with pytest.raises(MalformedError):
        sign_agreement(b"I owe you.\n", A, KA.authority)
    with pytest.raises(MalformedError, match="party"):
        sign_agreement(TEXT, "spoc.c.example", KA.authority)
    with pytest.raises(KeyStoreError):
        sign_agreement(TEXT, A, KA.log)


@pytest.mark.parametrize("cards", [(), (CA,), (CA, CA), (CA, card(EVE, "spoc.c.example")), (CA, CB, CB)])
def test_the_cards_are_those_of_the_two_parties(cards):
    with pytest.raises(ForgedError, match="two parties"):
        verify_agreement(BOTH, *cards)


def test_one_side_cannot_sign_for_both():
    """Its own pair under the partner's name is an unknown key."""
    forged = merge(BY_A, sign_agreement(TEXT, B, KA.authority))
    with pytest.raises(ForgedError, match="lacks"):
        verify_agreement(forged, CA, CB)


def test_a_log_pair_cannot_bind_a_party():
    stolen = card(KB, B)
    with pytest.raises(ForgedError):
        verify_agreement(merge(BY_A, sign_agreement(TEXT, B, keys("other").authority)), CA, stolen)


def test_signatures_do_not_move_to_another_text():
    changed = Note(lines(TEXT, ("notice_days = 90", "notice_days = 1")), BOTH.lines)
    with pytest.raises(ForgedError):
        verify_agreement(changed, CA, CB)


def test_verify_partly_of_a_stranger():
    with pytest.raises(MalformedError, match="party"):
        verify_partly(BOTH, card(EVE, "spoc.c.example"))
