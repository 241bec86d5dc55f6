"""New node keys: published under the old ones, taken up by both, with a backlog in between (protocol 3)."""

import dataclasses

import pytest

from mithaq.crypto.notes import Note
from mithaq.domain.card import Card
from mithaq.domain.moment import Moment
from mithaq.errors import ForgedError
from mithaq.exchange.packing import Lane
from mithaq.exchange.service import Service
from nodes import A, B, alert, carry, make_pair, reader, settle
from signed_texts import following, keys


@pytest.fixture
def pair_of_nodes(tmp_path):
    a, b = make_pair(tmp_path)
    yield a, b
    a.close()
    b.close()


def renewed(node):
    """The node's next card with other log, mirror and sealing keys, and the identity that goes with it."""
    fresh = keys("a renewed")
    owner = node.keys.but(log=fresh.log, mirror=fresh.mirror, sealing=fresh.sealing)
    before = node.identity.card
    card = following(
        before, owner, issued=Moment(int(node.clock())), valid_until=before.valid_until, url=before.url
    )
    note = owner.sign(card)
    node.identity.files.create(f"sealing/{fresh.sealing.id}", fresh.sealing.seed)
    return note, dataclasses.replace(
        node.identity, card=Card.parse(note.text), card_note=note, log=fresh.log, mirror=fresh.mirror
    )


def restart(node, identity):
    node.identity = identity
    node.service = Service(identity, node.store)
    node.service.take_up()


def test_both_cards_count_until_the_first_pouch_under_the_new_one(pair_of_nodes):
    a, b = pair_of_nodes
    note, identity = renewed(a)
    a.service.publish_card(bytes(note))
    assert a.service.unaware() == [B]
    settle(a, b)
    assert a.service.unaware() == []
    a.service.send(B, alert("still under the old keys"))
    settle(a, b)
    old = a.service.poll(B)
    restart(a, identity)
    sent = a.service.send(B, alert("under the new keys"))
    settle(a, b)
    assert b.service.item(A, sent.leaf).verdict == "accepted"
    with pytest.raises(ForgedError):
        b.service.receive(reader(old.pieces))


def test_a_backlog_under_the_old_keys_arrives_under_the_new(pair_of_nodes):
    a, b = pair_of_nodes
    note, identity = renewed(a)
    a.service.publish_card(bytes(note))
    carry(a, b, a.service.pouch(B, Lane.PROMPT))
    sent = [a.service.send(B, alert(f"{n} " * 400_000)) for n in range(6)]
    restart(a, identity)
    settle(a, b)
    assert {b.service.item(A, each.leaf).verdict for each in sent} == {"accepted"}


def test_a_card_by_another_channel_is_enough(pair_of_nodes):
    a, b = pair_of_nodes
    note, identity = renewed(a)
    a.service.send(B, alert("not yet carried"))
    b.service.introduce(bytes(note), "")
    restart(a, identity)
    settle(a, b)
    assert a.service.record_lines(B) == b.service.record_lines(A)
    assert [item.verdict for item in b.service.inbox(A)] == ["accepted"]


def test_a_card_without_a_signature_is_not_published(pair_of_nodes):
    a, _ = pair_of_nodes
    note, _ = renewed(a)
    with pytest.raises(ForgedError):
        a.service.publish_card(bytes(Note(note.text, note.lines[2:])))
