"""States from which two honest nodes must come back, whatever a third party or a long absence has done."""

import dataclasses

import pytest

from liar import spoiled
from mithaq.crypto.notes import Note
from mithaq.demo.rabat import rabat
from mithaq.domain.card import Card
from mithaq.domain.entry import Entry
from mithaq.domain.moment import DAY, MOMENT_MAX, Moment
from mithaq.domain.party import LogName, Origin
from mithaq.errors import BehindError, ForgedError, LimitError, MalformedError
from mithaq.exchange.delivery import Unpacking
from mithaq.exchange.packing import Lane
from mithaq.exchange.pair import Draft, Pair
from mithaq.exchange.rates import Rates
from mithaq.exchange.signing import sign_agreement
from nodes import A, B, alert, carry, introduce, make_node, reader, settle
from pouches import come_to_rest, deliver, forge
from signed_texts import following, keys


def accepted(a, b, sent):
    settle(a, b)
    assert b.service.item(a.origin, sent.leaf).verdict == "accepted"
    assert a.service.record_lines(b.origin) == b.service.record_lines(a.origin)


def test_contents_that_ended_while_the_partner_was_away(pair):
    """Their day's key is gone: they stay behind, everything else goes."""
    a, b = pair
    gone = [a.service.send(B, alert(text, keep_days=1)) for text in ("small", "x" * 3_000_000)]
    for node in pair:
        node.clock.offset += 3 * DAY
        node.service.housekeep()
    accepted(a, b, a.service.send(B, alert("three days later")))
    accepted(a, b, a.service.send(B, alert("y" * 3_000_000)))
    assert {b.service.item(A, each.leaf).codes for each in gone} == {("expired",)}


def test_a_sealing_key_that_somebody_else_took_first(pair, tmp_path):
    a, b = pair
    other = make_node(tmp_path / "c", "c", Origin("third.example"))
    introduce(b, other)
    settle(b, other)
    fresh = keys("a renewed")
    taken = Draft(other.identity.random(16).hex(), "keys", facts={"sealing": fresh.sealing.public.hex()})
    other.store.write(lambda tx: Pair.of(tx, other.identity, LogName(other.origin, B)).say(taken))
    b.service.receive(reader(other.service.pouch(B, Lane.PROMPT).pieces))
    assert b.service.partner(other.origin).sealing == fresh.sealing.public
    owner = a.keys.but(sealing=fresh.sealing)
    a.service.publish_card(bytes(owner.sign(_next(a, owner))))
    accepted(a, b, a.service.send(B, alert("behind the new card")))
    other.close()


def _next(node, owner, **changes):
    before = node.identity.card
    return following(before, owner, issued=Moment(int(node.clock())), url=before.url, **changes)


def test_a_card_that_ended_before_it_was_read(pair):
    a, b = pair
    owner = a.keys
    short = _next(a, owner, valid_until=Moment(int(a.clock()) + DAY))
    a.service.publish_card(bytes(owner.sign(short)))
    b.clock.offset += 2 * DAY
    carry(a, b, a.service.pouch(B, Lane.PROMPT))
    assert b.service.status(A).mirror_size == a.service.status(B).own_size


def test_a_day_beyond_every_calendar_is_no_entry(pair):
    a, _ = pair
    sent = a.service.send(B, alert())
    entry = a.service.item(B, sent.leaf).entry
    with pytest.raises(MalformedError):
        dataclasses.replace(entry, keep_until=MOMENT_MAX + 1)
    assert Entry.parse(dataclasses.replace(entry, keep_until=MOMENT_MAX).data)


def test_no_day_key_for_contents_that_the_text_will_not_keep(pair):
    """The attack: one content a day for centuries, each leaving a key file behind."""
    a, b = pair
    entry = a.service.item(B, a.service.send(B, alert("kept too long")).leaf).entry
    unpacking = Unpacking(b.identity, b.store, b.service.partner(A), Rates(b.clock))
    assert unpacking._terms(entry)
    assert not unpacking._terms(dataclasses.replace(entry, keep_until=entry.at + 3_000 * DAY))
    assert not unpacking._terms(dataclasses.replace(entry, agreement="ab" * 32))


def test_a_recorded_question_is_answered_once(pair):
    a, b = pair
    sent = b.service.send(A, alert("x" * 3_000_000))
    carry(b, a, b.service.pouch(A, Lane.PROMPT))
    question = b"".join(a.service.poll(B).pieces)
    sizes = [len(b"".join(b.service.receive(reader([question])))) for _ in range(3)]
    assert sizes[0] > 3_000_000
    assert max(sizes[1:]) < 64_000
    settle(a, b)
    assert a.service.item(B, sent.leaf).verdict == "accepted"


def test_contents_under_the_key_of_a_card_before(pair):
    """Only keys announced in the log open contents; no card's key does, of this card or an older one."""
    a, b = pair
    fresh = keys("b renewed")
    owner = b.keys.but(sealing=fresh.sealing)
    note = owner.sign(_next(b, owner))
    old = b.identity.card.sealing
    b.identity.files.create(f"sealing/{fresh.sealing.id}", fresh.sealing.seed)
    b.service.publish_card(bytes(note))
    settle(a, b)
    b.identity = dataclasses.replace(b.identity, card=Card.parse(note.text), card_note=note)
    sent = a.service.send(B, alert("never under a card's key"))
    load = a.service.pouch(B, Lane.PROMPT).load
    deliver(b, forge(a, b, *load.contents, public=old))
    assert b.service.item(A, sent.leaf).present == (False,)


@pytest.mark.parametrize("whose", [0, 1], ids=["the partner's", "ours"])
def test_a_spoiled_line_that_came_by_hand_is_not_kept(pair, whose):
    """The attack: a text by mail, its signature spoiled; the true one behind it is refused with its pouch."""
    a, b = pair
    (force,) = a.service.agreements(B)
    text = rabat(int(a.clock()), serial=2, previous=force.key).text()
    by_b = sign_agreement(text, B, b.keys.authority)
    name = b.service.propose(A, bytes(by_b))
    settle(a, b)
    by_a = sign_agreement(text, A, a.keys.authority)
    signed = (by_a, by_b)[whose]
    bad = Note(text, tuple(spoiled(signed.lines)))
    with pytest.raises(ForgedError):
        b.service.cosign(bytes(bad))
    nobody = [keys(f"nobody {n}").authority for n in range(6)]
    crowd = [line for pair in nobody for line in sign_agreement(text, B, pair).lines]
    with pytest.raises(LimitError):
        b.service.cosign(bytes(Note(text, (*by_b.lines, *crowd))))
    a.service.cosign(bytes(by_a))
    a.service.activate(B, name)
    come_to_rest(a, b)
    b.service.activate(A, name)
    come_to_rest(a, b)


def test_a_proposal_with_a_spoiled_line_of_the_partner_is_not_entered(pair):
    a, b = pair
    (force,) = a.service.agreements(B)
    text = rabat(int(a.clock()), serial=2, previous=force.key).text()
    mine, theirs = (sign_agreement(text, node.origin, node.keys.authority) for node in (a, b))
    with pytest.raises(ForgedError):
        a.service.propose(B, bytes(Note(text, (*mine.lines, *spoiled(theirs.lines)))))


def test_one_pair_that_fails_does_not_keep_house_for_none(pair, tmp_path):
    _, b = pair
    other = make_node(tmp_path / "c", "c", Origin("zz.example"))
    introduce(b, other)
    settle(b, other)

    def failing(partner, keep=b.service._keep_house):
        if partner.origin == A:
            raise BehindError("this pair is behind")
        keep(partner)

    b.service._keep_house = failing
    with pytest.raises(BehindError):
        b.service.housekeep()
    entered = b.store.read(lambda tx: tx.logs.newest(LogName(B, other.origin), "record"))
    assert entered
    other.close()
