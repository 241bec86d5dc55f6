"""An authority changes over two nodes: by the pair committed before, by no other, for good (protocol 3)."""

import dataclasses

import pytest

from liar import spoiled
from mithaq.crypto.notes import Note
from mithaq.demo.rabat import rabat
from mithaq.domain.card import Card
from mithaq.domain.moment import Moment
from mithaq.domain.party import Role, commit_next
from mithaq.errors import ForgedError, PeerError, StaleError
from mithaq.exchange.packing import Lane
from mithaq.exchange.pair import Draft, Pair
from mithaq.exchange.pouch import part_of
from mithaq.exchange.service import Service
from mithaq.exchange.signing import sign_agreement
from nodes import A, B, alert, carry, introduce, make_node, settle
from pouches import append, come_to_rest, deliver, forge, log_parts
from signed_texts import following, keys
from signed_texts import pair as signing_pair


@pytest.fixture
def strangers(tmp_path):
    nodes = make_node(tmp_path / "a", "a", A), make_node(tmp_path / "b", "b", B)
    yield nodes
    for node in nodes:
        node.close()


def renewed(owner, label, **changes):
    """Keys after a rotation: the committed authority pair in force, everything else new."""
    return owner.but(
        **{
            "authority": owner.coming,
            "coming": signing_pair(f"{label} coming", Role.AUTHORITY),
            "log": signing_pair(f"{label} log", Role.LOG),
            "mirror": signing_pair(f"{label} mirror", Role.MIRROR),
            **changes,
        }
    )


def next_card(node, owner, before=None):
    before = before or node.identity.card
    return owner.sign(following(before, owner, issued=Moment(int(node.clock())), url=before.url))


def publish(node, note, owner):
    """Enter a card under the old node keys, and go on under the new ones."""
    node.service.publish_card(bytes(note))
    card = Card.parse(note.text)
    node.identity = dataclasses.replace(
        node.identity, card=card, card_note=note, log=owner.log, mirror=owner.mirror
    )
    node.keys = owner


def in_force(node):
    node.service = Service(node.identity, node.store)
    node.service.take_up()


def enter(node, note):
    """What a thief with the node's keys enters; its own service would refuse."""
    digest = Card.parse(note.text).digest
    facts = {"act": "publish", "note": digest}

    def work(tx):
        tx.ledger.put_note(digest, bytes(note))
        Pair.of(tx, node.identity, own_log(node)).say(
            Draft(node.identity.random(16).hex(), "card", facts=facts)
        )

    node.store.write(work)


def own_log(node):
    (partner,) = node.service.partners()
    return partner.own


def test_the_committed_pair_takes_over(pair):
    a, b = pair
    owner = renewed(a.keys, "a2", log=a.keys.log, mirror=a.keys.mirror)
    note = next_card(a, owner)
    publish(a, note, owner)
    settle(a, b)
    in_force(a)
    assert b.service.partner(A).card == bytes(note)
    sent = a.service.send(B, alert("under the next authority"))
    come_to_rest(a, b)
    assert b.service.item(A, sent.leaf).verdict == "accepted"
    again = renewed(owner, "a3", log=owner.log, mirror=owner.mirror)
    publish(a, next_card(a, again), again)
    settle(a, b)
    in_force(a)
    assert (
        Card.parse(Note.parse(b.service.partner(A).card, limit=2**17).text).authority
        == again.authority.public
    )
    come_to_rest(a, b)


@pytest.mark.parametrize("channel", ["by-hand", "in-the-log"])
def test_a_thief_of_the_current_pair_rotates_to_its_own(pair, channel):
    a, b = pair
    before = b.service.partner(A).card
    for thief in (
        a.keys.but(authority=keys("eve").authority),  # another authority at once
        a.keys.but(coming=keys("eve").authority),  # or a commitment to it first
    ):
        note = next_card(a, thief)
        with pytest.raises(PeerError):
            a.service.publish_card(bytes(note))
        if channel == "by-hand":
            with pytest.raises(ForgedError):
                b.service.introduce(bytes(note), "")
    if channel == "in-the-log":
        enter(a, note)
        with pytest.raises(ForgedError):
            carry(a, b, a.service.pouch(B, Lane.PROMPT))
    assert b.service.partner(A).card == before


def test_the_thief_is_shut_out_by_the_committed_pair(pair):
    """After the rotation nothing that the old pair signs counts: no card, no lift, no agreement."""
    a, b = pair
    stolen = a.keys
    owner = renewed(a.keys, "a2", log=a.keys.log, mirror=a.keys.mirror)
    note = next_card(a, owner)
    b.service.introduce(bytes(note), "")
    late = next_card(a, stolen, before=Card.parse(note.text))
    with pytest.raises(ForgedError):
        b.service.introduce(bytes(late), "")
    with pytest.raises((StaleError, ForgedError)):
        b.service.introduce(bytes(next_card(a, stolen)), "")


def test_rotated_twice_before_the_first_meeting(strangers):
    """The log begins with a card whose authority is two steps back; the newest was typed in."""
    a, b = strangers
    a.service.introduce(bytes(b.identity.card_note), b.fingerprint)
    for label in ("a2", "a3", "a4"):
        owner = renewed(a.keys, label)
        note = next_card(a, owner)
        publish(a, note, owner)
        in_force(a)
    b.service.introduce(bytes(note), a.fingerprint)
    come_to_rest(a, b)
    assert b.service.partner(A).card == bytes(note)
    assert b.service.status(A).mirror_size == a.service.status(B).own_size


def test_rotated_twice_and_the_cards_come_in_many_pouches(strangers, monkeypatch):
    monkeypatch.setattr("mithaq.exchange.packing.ENTRIES_MAX", 1)
    test_rotated_twice_before_the_first_meeting(strangers)


def test_an_older_card_that_does_not_lead_to_the_known_one(strangers):
    """A stranger's first card in the log of somebody else's name: no chain leads from it."""
    a, b = strangers
    eve = keys("eve")
    a.service.introduce(bytes(b.identity.card_note), b.fingerprint)
    for label in ("a2", "a3", "a4"):
        owner = renewed(a.keys, label)
        note = next_card(a, owner)
        publish(a, note, owner)
        in_force(a)
    b.service.introduce(bytes(note), a.fingerprint)
    rival = eve.sign(following(Card.parse(Note.parse(bytes(note), limit=2**17).text), eve, serial=2))
    enter_older(a, rival)
    with pytest.raises(ForgedError, match="led to"):
        carry(a, b, a.service.pouch(B, Lane.PROMPT))


def enter_older(node, note):
    """Entered as illegal by its serial: a log may hold it all the same, and names its note."""

    digest = Card.parse(note.text).digest

    def work(tx):
        tx.ledger.put_note(digest, bytes(note))
        pair = Pair.of(tx, node.identity, own_log(node))
        facts = {"act": "publish", "note": digest}
        entry = Draft(node.identity.random(16).hex(), "card", facts=facts).entry(
            pair.own, node.identity.now()
        )
        append(pair, entry.data)

    node.store.write(work)


@pytest.mark.parametrize("role", [Role.AUTHORITY, Role.LOG, Role.MIRROR])
@pytest.mark.parametrize("back", [1, 2])
def test_a_retired_pair_never_comes_back(pair, role, back):
    """Whoever finds a key that was replaced long ago must not become the party with it."""
    a, b = pair
    history = [a.keys]
    for label in ("a2", "a3", "a4")[: back + 1]:
        owner = renewed(a.keys, label)
        note = next_card(a, owner)
        publish(a, note, owner)
        settle(a, b)
        in_force(a)
        settle(a, b)
        history.append(owner)
    old = getattr(history[-1 - back], role)
    if role is Role.AUTHORITY:
        # The honest authority itself commits to a retired pair: refused when it is to take over.
        owner = renewed(a.keys, "a5", authority=a.keys.coming)
        owner = owner.but(coming=old)
        note = next_card(a, owner)
        publish(a, note, owner)
        settle(a, b)
        in_force(a)
        settle(a, b)
        assert Card.parse(note.text).next == commit_next(A, old.public)
        bad = renewed(owner, "a6", log=owner.log, mirror=owner.mirror)
    else:
        bad = renewed(a.keys, "a5", **{str(role): old})
    note = next_card(a, bad)
    with pytest.raises(ForgedError, match="in use"):
        a.service.publish_card(bytes(note))
    before = b.service.partner(A).card
    with pytest.raises(ForgedError, match="in use"):
        b.service.introduce(bytes(note), "")
    assert b.service.partner(A).card == before


def test_a_retired_pair_of_somebody_else(pair, tmp_path):
    a, b = pair
    old = a.keys
    owner = renewed(a.keys, "a2")
    publish(a, next_card(a, owner), owner)
    settle(a, b)
    in_force(a)
    settle(a, b)
    thief = keys("eve").but(log=old.log)
    eve = make_node(tmp_path / "eve", "eve", "zz.example")
    card = following(eve.identity.card, thief, issued=Moment(int(eve.clock())), serial=1, previous="")
    with pytest.raises(ForgedError, match="in use"):
        b.service.introduce(bytes(thief.sign(card)), card.fingerprint)
    introduce(eve, b)
    eve.close()


def change_authority(node):
    """The committed authority pair comes into force; node keys stay."""
    owner = renewed(node.keys, f"{node.label}2", log=node.keys.log, mirror=node.keys.mirror)
    publish(node, next_card(node, owner), owner)


@pytest.mark.parametrize("who", [0, 1])
@pytest.mark.parametrize("changed", [0, 1])
def test_a_text_of_an_earlier_authority_is_suspended_like_any_other(pair, changed, who):
    """No line of it is of a card in force any more: the entry that names it must not stop the log."""
    node, speaker, hearer = pair[changed], pair[who], pair[1 - who]
    change_authority(node)
    settle(*pair)
    in_force(node)
    come_to_rest(*pair)
    (text,) = speaker.service.agreements(hearer.origin)
    speaker.service.suspend(hearer.origin, text.key, "security")
    come_to_rest(*pair)
    assert [halt.field for halt in hearer.service.halts(speaker.origin)] == ["security"]


@pytest.mark.parametrize("late", [0, 1], ids=["its reader", "its author"])
def test_an_authority_changes_while_an_activation_is_under_way(pair, late):
    a, b = pair
    (before,) = a.service.agreements(B)
    text = rabat(int(a.clock()), serial=2, previous=before.key).text()
    name = a.service.propose(B, bytes(sign_agreement(text, A, a.keys.authority)))
    settle(a, b)
    b.service.cosign(bytes(sign_agreement(text, B, b.keys.authority)))
    b.service.activate(A, name)
    settle(a, b)
    a.service.activate(B, name)
    changed = (b, a)[late]
    change_authority(changed)
    if late:  # its card came by hand before the log that brings the activation
        b.service.introduce(bytes(a.identity.card_note), "")
    in_force(changed)
    come_to_rest(a, b)
    assert {each.key: each.reading for each in b.service.agreements(A)}[name] == "agreed"


@pytest.mark.parametrize("again", ["the card in force", "one before it"])
def test_a_card_again_with_spoiled_lines(pair, again):
    """The attack: our copy of the card by which one's receipts are proved is replaced by a worthless one."""
    a, b = pair
    first = a.identity.card_note
    if again == "one before it":
        change_authority(a)
        settle(a, b)
        in_force(a)
        come_to_rest(a, b)
    name = Card.parse(first.text).digest
    kept = b.store.read(lambda tx: tx.ledger.note(name))
    entry = Draft("ab" * 16, "card", facts={"act": "publish", "note": name}).entry(
        own_log(a), a.identity.now()
    )
    bad = Note(first.text, tuple(spoiled(first.lines)))
    deliver(b, forge(a, b, *log_parts(a, b, entry.data), part_of("note", bytes(bad))))
    assert b.store.read(lambda tx: tx.ledger.note(name)) == kept
