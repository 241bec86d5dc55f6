"""Attacks on a card: to pass as a stranger's, to take a party over, to bring back what was replaced."""

import pytest

from mithaq.crypto.keys import SealingKey
from mithaq.crypto.notes import Note, sign
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.party import PublicPair, commit_next
from mithaq.errors import ForgedError, PeerError, StaleError
from mithaq.exchange.cards import accept_card
from signed_texts import NOW, A, B, card, following, keys

K, EVE = keys("a"), keys("eve")
FIRST = card(K)
LATER = NOW + 30 * DAY


def refuse(note, previous=FIRST, known=(), error=ForgedError, match=None, **others):
    with pytest.raises(error, match=match):
        accept_card(note, now=LATER, previous=previous, known=known, **others)


@pytest.mark.parametrize(
    "typed", ["", "0", card(EVE).fingerprint, FIRST.fingerprint[:-1], FIRST.fingerprint + "1", "é"]
)
def test_a_stranger_without_the_right_fingerprint(typed):
    refuse(K.sign(FIRST), previous=None, typed=typed, match="fingerprint")


def test_the_message_does_not_tell_the_fingerprint():
    with pytest.raises(ForgedError) as caught:
        accept_card(K.sign(FIRST), now=NOW, previous=None, known=(), typed="1")
    assert FIRST.fingerprint[:5] not in str(caught.value)


def test_a_key_without_proof_of_possession():
    """Somebody else's log key in one's own card would make that party's heads count as one's own."""
    note = K.sign(FIRST)
    for gone in range(0, 6, 2):
        for lines in (
            note.lines[:gone] + note.lines[gone + 1 :],
            note.lines[: gone + 1] + note.lines[gone + 2 :],
        ):
            refuse(Note(note.text, lines), previous=None, typed=FIRST.fingerprint, match="lacks")


def test_lines_under_another_role_s_name():
    """A log pair that signed something under a log's name has not signed this card."""
    text = FIRST.text()
    good = K.sign(FIRST).lines
    for name in (f"{A}/mirror", A, f"{A}/to/{B}/1"):
        refuse(Note(text, (*good[:2], *sign(text, name, K.log), *good[4:])), None, typed=FIRST.fingerprint)


def test_signatures_of_another_card():
    refuse(
        Note(card(K, url="https://evil.example").text(), K.sign(FIRST).lines), None, typed=FIRST.fingerprint
    )


def test_a_stolen_current_key_cannot_rotate():
    thief = K.but(authority=EVE.authority)
    refuse(thief.sign(following(FIRST, thief)), match="committed")


def test_a_stolen_current_key_cannot_choose_the_next():
    """Else it commits to its own pair now and rotates to it afterwards."""
    thief = K.but(coming=EVE.authority)
    refuse(thief.sign(following(FIRST, thief)), match="new next")


def test_half_of_the_committed_pair_is_not_enough():
    half = PublicPair(K.coming.public.ed25519, EVE.authority.public.ml_dsa)
    thief = K.but(authority=K.coming)
    text = following(FIRST, thief, authority=half, next=commit_next(A, EVE.coming.public))
    refuse(Note(text.text(), thief.sign(following(FIRST, thief, next="ab" * 64)).lines), match="committed")


def test_an_outsider_cannot_follow():
    refuse(EVE.sign(following(FIRST, EVE)), match="committed")


def test_replay_of_an_old_card():
    second = following(FIRST, K)
    for old in (FIRST, second):
        refuse(K.sign(old), previous=second, error=StaleError)


def test_a_card_that_follows_a_rival():
    rival = card(K, url="https://other.example")
    refuse(K.sign(following(rival, K)), match="follows another")


def test_a_card_older_than_the_one_it_follows():
    refuse(K.sign(following(FIRST, K, issued=Moment(NOW - 1))), match="issued before")


def test_a_card_of_another_party():
    other = card(K, B, serial=2, previous=FIRST.digest)
    refuse(K.sign(other), match="another party")


@pytest.mark.parametrize("role", ["authority", "log", "mirror"])
def test_a_key_that_is_known_already(role):
    known = card(keys("b"), B).pairs.values()
    stolen = K.but(**{role: getattr(keys("b"), role)})
    refuse(stolen.sign(card(stolen)), None, known=list(known), typed=card(stolen).fingerprint, match="in use")


def test_a_pair_changes_its_role():
    """What the mirror once signed must not become the log's."""
    swapped = K.but(log=K.mirror, mirror=K.log)
    refuse(swapped.sign(following(FIRST, swapped)), match="in use")


def test_half_a_pair_is_kept():
    half = PublicPair(K.log.public.ed25519, EVE.log.public.ml_dsa)
    text = following(FIRST, K, log=half).text()
    refuse(Note(text, K.sign(following(FIRST, K)).lines), match="in use")


def test_an_ed25519_key_of_small_order():
    """It would verify one signature for every text."""
    weak = PublicPair(bytes([1]) + bytes(31), K.log.public.ml_dsa)
    text = following(FIRST, K, log=weak).text()
    refuse(Note(text, K.sign(following(FIRST, K)).lines), error=PeerError)


def test_a_sealing_key_that_opens_for_everybody():
    weak = SealingKey(bytes(32)).public[:-32] + bytes(32)
    refuse(K.sign(following(FIRST, K, sealing=weak)), match="small order")


def test_somebody_else_s_sealing_key():
    other = keys("b").sealing.public
    refuse(K.sign(following(FIRST, K, sealing=other)), known_sealing=[other], match="in use")


def test_an_expired_card():
    short = card(K, valid_until=Moment(LATER - 1))
    refuse(K.sign(short), previous=None, typed=short.fingerprint, error=StaleError)
