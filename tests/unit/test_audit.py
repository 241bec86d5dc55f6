"""What the audit layer says beside receipts: contents, cards, agreements."""

import pytest

from mithaq.audit.agreement import NOTE_MAX, verify_agreement
from mithaq.audit.cards import Trusted
from mithaq.audit.verify import verify_content
from mithaq.crypto.notes import Note, NoteLine
from mithaq.domain.moment import DAY, Moment
from mithaq.errors import ForgedError, LimitError, MalformedError
from mithaq.exchange.signing import merge, sign_agreement
from signed_texts import A, B, agreement, card, following, keys, lines
from vectors.receipts.make import ALERT, CONTENT, NEXT, SALT

KA, KB, EVE = keys("a"), keys("b"), keys("eve")
CA, CB = card(KA, A), card(KB, B)
CARDS = [bytes(KA.sign(CA)), bytes(KB.sign(CB))]
HEARD = [CA.fingerprint, CB.fingerprint]
TEXT = agreement().text()
BY_A, BY_B = sign_agreement(TEXT, A, KA.authority), sign_agreement(TEXT, B, KB.authority)
BOTH = merge(BY_A, BY_B)


# --- contents -----------------------------------------------------------------------------------------------


def test_the_content_of_an_entry():
    verify_content(ALERT, 0, SALT, CONTENT)


@pytest.mark.parametrize(
    ("entry", "ordinal", "salt", "content"),
    [
        (ALERT, 0, SALT, b"Flood"),
        (ALERT, 0, SALT, CONTENT + b" "),
        (ALERT, 0, bytes(32), CONTENT),
        (ALERT, 0, SALT[:31], SALT[31:] + CONTENT),
        (ALERT, 1, SALT, CONTENT),
        (ALERT, -1, SALT, CONTENT),
        (NEXT, 0, SALT + b"x", CONTENT),
    ],
)
def test_another_content(entry, ordinal, salt, content):
    with pytest.raises(ForgedError):
        verify_content(entry, ordinal, salt, content)


def test_a_content_belongs_to_one_entry():
    """Its commitment moved to another entry of the same log binds the other ``id``."""
    moved = type(ALERT)(**{**vars_of(ALERT), "id": NEXT.id})
    with pytest.raises(ForgedError, match="not the content"):
        verify_content(moved, 0, SALT, CONTENT)


def vars_of(entry):
    return {name: getattr(entry, name) for name in entry.__dataclass_fields__}


# --- cards --------------------------------------------------------------------------------------------------


def test_the_newest_card_first():
    second = following(CA, KA)
    trusted = Trusted([CARDS[0], bytes(KA.sign(second))], HEARD)
    assert [each.serial for each in trusted.of(A)] == [2, 1]
    with pytest.raises(ForgedError, match="no card"):
        trusted.of(B)


def test_a_new_authority_has_a_fingerprint_of_its_own():
    owner = KA.but(authority=KA.coming, coming=keys("a, third").authority)
    second = following(CA, owner)
    cards = [CARDS[0], bytes(owner.sign(second))]
    with pytest.raises(ForgedError, match="no fingerprint"):
        Trusted(cards, HEARD)
    assert len(Trusted(cards, [*HEARD, second.fingerprint]).of(A)) == 2


def test_an_expired_card_still_proves():
    old = card(KA, A, valid_until=Moment(CA.issued + DAY))
    assert Trusted([bytes(KA.sign(old))], HEARD).of(A) == [old]


@pytest.mark.parametrize("role", ["log", "mirror", "authority"])
def test_one_pair_in_the_cards_of_two_parties(role):
    owner = KB.but(**{role: getattr(KA, role)})
    copied = card(owner, B)
    with pytest.raises(ForgedError, match="in use already"):
        Trusted([CARDS[0], bytes(owner.sign(copied))], [*HEARD, copied.fingerprint])


def test_one_pair_in_two_roles_of_two_cards():
    owner = KA.but(log=KA.mirror, mirror=keys("a renewed").mirror)
    second = following(CA, owner, log=KA.mirror.public)
    with pytest.raises(ForgedError, match="in use already"):
        Trusted([CARDS[0], bytes(owner.sign(second))], HEARD)


# --- agreements ---------------------------------------------------------------------------------------------


def test_an_agreement_that_both_have_signed():
    assert verify_agreement(bytes(BOTH), CARDS, HEARD) == agreement()
    assert verify_agreement(bytes(BOTH), CARDS[::-1], HEARD[::-1]) == agreement()


def test_an_authority_that_has_been_replaced_since():
    owner = KA.but(authority=KA.coming, coming=keys("a, third").authority)
    second = following(CA, owner)
    cards, heard = [*CARDS, bytes(owner.sign(second))], [*HEARD, second.fingerprint]
    assert verify_agreement(bytes(BOTH), cards, heard) == agreement()
    by_new = merge(sign_agreement(TEXT, A, owner.authority), BY_B)
    assert verify_agreement(bytes(by_new), cards, heard) == agreement()


def test_halves_of_two_authorities_are_no_signature():
    owner = KA.but(authority=KA.coming, coming=keys("a, third").authority)
    second = following(CA, owner)
    by_new = sign_agreement(TEXT, A, owner.authority)
    halves = Note(TEXT, (BY_A.lines[0], by_new.lines[1], *BY_B.lines))
    with pytest.raises(ForgedError, match="has not signed"):
        verify_agreement(bytes(halves), [*CARDS, bytes(owner.sign(second))], [*HEARD, second.fingerprint])


@pytest.mark.parametrize("note", [BY_A, BY_B, merge(BY_A, sign_agreement(TEXT, B, EVE.authority))])
def test_one_side_is_not_enough(note):
    with pytest.raises(ForgedError, match="has not signed"):
        verify_agreement(bytes(note), CARDS, HEARD)


def test_a_party_without_a_card():
    with pytest.raises(ForgedError, match="no card"):
        verify_agreement(bytes(BOTH), CARDS[:1], HEARD)


def test_signatures_under_another_text():
    changed = Note(lines(TEXT, ("notice_days = 90", "notice_days = 1")), BOTH.lines)
    with pytest.raises(ForgedError):
        verify_agreement(bytes(changed), CARDS, HEARD)


def test_a_known_key_that_fails_refuses_the_note():
    line = BOTH.lines[0]
    bad = NoteLine(line.name, line.key_id, bytes(64))
    with pytest.raises(ForgedError):
        verify_agreement(bytes(Note(TEXT, (bad, *BOTH.lines[1:]))), CARDS, HEARD)


def test_lines_of_strangers_are_ignored():
    stray = NoteLine("spoc.c.example", b"none", bytes(64))
    assert verify_agreement(bytes(Note(TEXT, (*BOTH.lines, stray))), CARDS, HEARD) == agreement()


def test_what_is_no_agreement():
    with pytest.raises(MalformedError):
        verify_agreement(CARDS[0], CARDS, HEARD)
    with pytest.raises(LimitError):
        verify_agreement(bytes(NOTE_MAX + 1), CARDS, HEARD)
