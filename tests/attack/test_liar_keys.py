"""A lying partner that downgrades signatures, uses old or stolen cards, mixes roles, claims other origins."""

import dataclasses
import hashlib

import pytest

from liar import C, Liar, in_role, spoiled
from mithaq.crypto.keys import SigningPair
from mithaq.crypto.notes import Note, sign
from mithaq.demo.rabat import rabat
from mithaq.domain.card import Card
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.party import LogName, Origin, Role, commit_next
from mithaq.errors import ForgedError, PeerError
from mithaq.exchange.packing import Lane
from mithaq.exchange.pouch import part_of
from mithaq.exchange.service import Service
from mithaq.exchange.signing import sign_agreement
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.cosignature import cosign
from mithaq.tlog.head import HEAD_MAX
from nodes import A, B, alert, make_node, settle
from pouches import batch, deliver, entries, manifest, own, pack, root_of
from signed_texts import card, following, keys

# --- downgrades signatures ----------------------------------------------------------------------------------


def halves(note):
    """The note with only the one line of its pair, with only the other, and with either spoiled."""
    first, second = note.lines
    return [
        Note(note.text, lines)
        for lines in (
            (first,),
            (second,),
            (first, *spoiled([second])),
            (*spoiled([first]), second),
            (first, second, second),
        )
    ]


def test_a_manifest_with_half_of_its_signature(scene):
    """The attack: whoever breaks one scheme one day has still no key of the other."""
    said = manifest(scene.a, scene.victim)
    signed = dataclasses.replace(said, parts=()).sign(scene.liar.pair)
    scene.all_refused((scene.liar.under(each) for each in halves(signed)), ForgedError)


def test_a_head_with_half_of_its_signature(scene):
    liar = scene.liar
    said = [*liar.said, liar.alert()[0]]
    signed = Note.parse(liar.head(said).load(), limit=HEAD_MAX)
    heads = (part_of("head", bytes(each)) for each in halves(signed))
    scene.all_refused((liar.pouch(each, batch(said, len(said) - 1)) for each in heads), ForgedError)


def test_a_cosignature_with_half_of_its_signature(scene):
    size, root = news(scene)
    checkpoint = Checkpoint(str(scene.liar.log.other), size, root)
    signed = Note(checkpoint.text, cosign(checkpoint, f"{A}/mirror", scene.a.identity.mirror, 7))
    parts = (part_of("cosignature", bytes(each)) for each in halves(signed))
    scene.all_refused((scene.liar.pouch(each) for each in parts), ForgedError)


def news(scene):
    """Something of the victim's that the liar holds, and that the victim has no cosignature of."""
    scene.victim.service.send(A, alert("to be cosigned"))
    deliver(scene.a, pack(scene.victim, scene.a).data)
    heard = scene.liar.heard
    return len(heard), root_of(heard)


def test_a_cosignature_of_two_times(scene):
    """Two true statements of different times: which of them would a court take?"""
    size, root = news(scene)
    checkpoint = Checkpoint(str(scene.liar.log.other), size, root)
    one, other = (cosign(checkpoint, f"{A}/mirror", scene.a.identity.mirror, time) for time in (7, 8))
    note = Note(checkpoint.text, (one[0], other[1]))
    scene.refused(scene.liar.pouch(part_of("cosignature", bytes(note))), ForgedError)


def test_a_text_with_half_of_a_signature(scene):
    """An activation needs both lines of both authorities."""
    text = next_text(scene)
    mine, yours = (
        sign_agreement(text, party, node.keys.authority) for party, node in ((A, scene.a), (B, scene.victim))
    )
    lacking = [
        Note(text, tuple(line for line in (*mine.lines, *yours.lines) if line is not left))
        for left in (*mine.lines, *yours.lines)
    ]
    lacking.append(Note(text, (*mine.lines, *spoiled(yours.lines))))
    lacking.append(Note(text, (*spoiled(mine.lines), *yours.lines)))
    pouches = (noted(scene, "agreement", "activate", note) for note in lacking)
    scene.all_refused(pouches, ForgedError)


def next_text(scene):
    before = scene.a.service.agreements(B)[0].key
    return rabat(int(scene.a.clock()), serial=2, previous=before).text()


def noted(scene, kind, act, note, name=""):
    """A pouch with an entry about a note, and the note."""
    name = name or hashlib.sha256(note.text).hexdigest()
    entry = scene.liar.entry(kind, facts={"act": act, "note": name})
    return scene.liar.pouch(*scene.liar.tells(entry), scene.liar.note(note))


# --- old and stolen cards -----------------------------------------------------------------------------------


def next_card(scene, owner, **changes):
    before = scene.a.identity.card
    return following(before, owner, **{"issued": before.issued, "url": before.url} | changes)


def test_a_card_before_the_one_in_force(scene):
    """Entered again, it stands in the log and takes no effect."""
    a = scene.a
    first = a.identity.card_note
    a.service.publish_card(bytes(a.keys.sign(next_card(scene, a.keys))))
    settle(a, scene.victim)
    facts = {"act": "publish", "note": a.identity.card.digest}
    index = scene.liar.enter(scene.liar.entry("card", facts=facts))
    scene.flows()
    assert scene.outcome(index) == b"illegal serial"
    assert Card.parse(Note.parse(scene.victim.service.partner(A).card, limit=65_536).text).serial == 2
    assert first.text == a.identity.card_note.text


def test_a_stolen_authority_key_cannot_change_the_party(scene):
    """A thief can neither bring a pair that nobody committed to, nor commit to another."""
    owner = scene.a.keys
    thief = keys("c but stolen")
    rivals = (
        (owner.but(authority=thief.authority), {}),
        (owner, {"next": card(thief).next}),
    )
    pouches = (
        noted(scene, "card", "publish", who.sign(next_card(scene, who, **changes))) for who, changes in rivals
    )
    scene.all_refused(pouches, ForgedError, "commit")


CARDS = {
    "follows another": (lambda before: {"previous": "ab" * 32}, "follows another"),
    "issued before": (lambda before: {"issued": Moment(before.issued - 1)}, "issued before"),
    "cards missing": (lambda before: {"serial": 3}, "missing in between"),
    "from the future": (lambda before: {"issued": Moment(before.issued + 10 * DAY)}, "future"),
    "no version in common": (lambda before: {"versions": (2, 3)}, "no version"),
}


@pytest.mark.parametrize(("changes", "match"), CARDS.values(), ids=CARDS)
def test_a_card_that_does_not_follow(scene, changes, match):
    note = scene.a.keys.sign(next_card(scene, scene.a.keys, **changes(scene.a.identity.card)))
    scene.refused(noted(scene, "card", "publish", note), PeerError, match)


def test_a_card_of_another_party(scene):
    known = noted(scene, "card", "publish", scene.third.identity.card_note)
    scene.refused(known, ForgedError, "in use already")
    stranger = keys("d")
    unknown = stranger.sign(card(stranger, Origin("spoc.other.example"), issued=scene.a.identity.card.issued))
    scene.refused(noted(scene, "card", "publish", unknown), ForgedError, "another party")


@pytest.mark.parametrize("role", ["log", "mirror"])
@pytest.mark.parametrize("whose", ["victim", "third"])
def test_a_card_with_copied_keys(scene, role, whose):
    """The attack: one signature would count for two parties."""
    owner = scene.a.keys.but(**{role: getattr(getattr(scene, whose).keys, role)})
    note = owner.sign(next_card(scene, owner))
    scene.refused(noted(scene, "card", "publish", note), ForgedError, "in use already")


def test_a_card_with_our_sealing_keys(scene):
    b = scene.victim
    announced = b.store.read(lambda tx: tx.ledger.sealing_keys(own(b, scene.a)))[0].public
    for public in (b.identity.card.sealing, announced):
        note = scene.a.keys.sign(next_card(scene, scene.a.keys, sealing=public))
        scene.all_refused([noted(scene, "card", "publish", note)], ForgedError)


def test_a_card_without_proof_of_possession(scene):
    """A key in a card signs that card, with both lines of its pair."""
    owner = scene.a.keys
    note = owner.sign(next_card(scene, owner))
    lacking = [
        Note(note.text, tuple(other for other in note.lines if other is not line)) for line in note.lines
    ]
    scene.all_refused((noted(scene, "card", "publish", each) for each in lacking), ForgedError)


def test_a_sealing_key_that_cannot_be_sealed_to(scene):
    """The attack: every answer would fail. The entry stands in the log; the key before stays in use."""
    before = scene.victim.service.partner(A).sealing
    index = scene.liar.enter(scene.liar.entry("keys", facts={"sealing": (b"\xff" * 1_216).hex()}))
    scene.flows()
    assert scene.victim.service.partner(A).sealing == before
    assert scene.outcome(index).startswith(b"done")


def test_an_expired_card(scene):
    """Exchange is refused with its code; what protects life goes on (protocol 3)."""
    a, b = scene.a, scene.victim
    short = next_card(scene, a.keys, valid_until=Moment(int(a.clock()) + DAY))
    a.service.publish_card(bytes(a.keys.sign(short)))
    settle(a, b)
    for node in (a, b, scene.third):
        node.clock.offset += 3 * DAY
    data, body = scene.liar.alert(field="security", at=a.identity.now())
    index = scene.says(data, body)
    settle(a, b)
    assert scene.outcome(index) == b"illegal card-expired"
    scene.flows()


def test_the_key_of_a_card_before_ends_with_the_first_pouch_under_the_new_one(scene):
    """A stolen node key is worth nothing once the new card is in use."""
    a, b = scene.a, scene.victim
    fresh = keys("a fresh")
    owner = a.keys.but(log=fresh.log, mirror=fresh.mirror)
    note = owner.sign(next_card(scene, owner))
    a.service.publish_card(bytes(note))
    settle(a, b)
    old = a.identity.log
    deliver(b, scene.liar.pouch())  # still good: the partner may not know that its new card is here
    a.identity = dataclasses.replace(
        a.identity, card=Card.parse(note.text), card_note=note, log=fresh.log, mirror=fresh.mirror
    )
    a.service = Service(a.identity, a.store)
    a.service.take_up()
    settle(a, b)
    deliver(b, pack_question(a, b))
    scene.refused(scene.liar.pouch(pair=old), ForgedError, "lacks")


def pack_question(a, b):
    return b"".join(a.service.poll(b.origin).pieces)


def test_an_older_card_of_another_party(scene):
    """It commits to the liar's pair, as a card before would; but it is somebody else's."""
    a = scene.a
    a.service.publish_card(bytes(a.keys.sign(next_card(scene, a.keys))))
    settle(a, scene.victim)
    stranger, origin = keys("d"), Origin("spoc.other.example")
    towards_it = commit_next(origin, a.keys.authority.public)
    older = card(stranger, origin, issued=a.identity.card.issued, next=towards_it)
    scene.refused(noted(scene, "card", "publish", stranger.sign(older)), ForgedError, "another party")


def test_a_forged_pouch_while_an_older_card_still_counts(scene):
    """Between two cards either pair signs, and no third."""
    a, b = scene.a, scene.victim
    fresh = keys("a fresh")
    a.service.publish_card(bytes(a.keys.but(log=fresh.log).sign(next_card(scene, a.keys.but(log=fresh.log)))))
    settle(a, b)
    assert b.service.partner(A).previous
    scene.refused(scene.liar.pouch(pair=scene.third.identity.log), ForgedError, "lacks")


# --- mixed roles --------------------------------------------------------------------------------------------


def test_a_manifest_under_a_key_of_another_role(scene):
    who = scene.a
    fresh = SigningPair.generate(Role.LOG, who.identity.random)
    for pair in (who.identity.mirror, who.keys.authority, fresh):
        scene.all_refused([scene.liar.pouch(pair=pair)], ForgedError, "lacks")


def test_a_head_under_a_key_of_another_role(scene):
    liar = scene.liar
    said = [*liar.said, liar.alert()[0]]
    mirror = in_role(scene.a.identity.mirror, Role.LOG)
    data = liar.pouch(liar.head(said, pair=mirror), batch(said, len(said) - 1))
    scene.refused(data, ForgedError, "lacks")


def test_a_cosignature_under_a_key_of_another_role(scene):
    size, root = news(scene)
    log_pair = in_role(scene.liar.pair, Role.MIRROR)
    others = (
        scene.liar.cosignature(size, root, pair=log_pair),
        scene.liar.cosignature(size, root, pair=scene.third.identity.mirror),
        scene.liar.cosignature(size, root, name=f"{C}/mirror", pair=scene.third.identity.mirror),
        scene.liar.cosignature(size, root, name=str(scene.liar.log)),
    )
    scene.all_refused((scene.liar.pouch(each) for each in others), ForgedError)


def test_a_text_under_a_key_of_another_role(scene):
    """The node's pairs sign no agreement: what the authority has not signed is nobody's will."""
    text = next_text(scene)
    for pair in (scene.liar.pair, scene.a.identity.mirror):
        note = Note(text, sign(text, A, pair))
        scene.all_refused([noted(scene, "agreement", "propose", note)], ForgedError)


def test_a_card_whose_keys_change_roles(scene):
    owner = scene.a.keys
    crossed = owner.but(log=in_role(owner.mirror, Role.LOG), mirror=in_role(owner.log, Role.MIRROR))
    note = crossed.sign(next_card(scene, crossed))
    scene.refused(noted(scene, "card", "publish", note), ForgedError)


# --- other origins ------------------------------------------------------------------------------------------


def test_a_manifest_in_the_log_of_another(scene):
    """The third party, a true partner, speaks in the name of the liar: its keys are not those of that log."""
    rogue = Liar(scene.third, scene.victim)
    scene.refused(rogue.pouch(log=scene.liar.log, have=(0, root_of(()))), ForgedError, "lacks")


def test_a_pouch_of_another_pair(scene):
    between = LogName(A, C)
    scene.refused(scene.liar.pouch(log=between, have=(0, root_of(()))), ForgedError, "stranger")


def test_a_log_of_another_number(scene):
    second = LogName(A, B, 2)
    scene.refused(scene.liar.pouch(log=second, have=(0, root_of(()))), ForgedError, "stranger")


def test_a_stranger(scene, tmp_path):
    node = make_node(tmp_path / "d", "d", Origin("spoc.other.example"))
    node.service.introduce(bytes(scene.victim.identity.card_note), scene.victim.fingerprint)
    data = b"".join(node.service.pouch(B, Lane.PROMPT).pieces)
    node.close()
    scene.refused(data, ForgedError, "stranger")


@pytest.mark.parametrize("whose", ["victim", "third"])
def test_a_stranger_with_keys_that_are_known(scene, whose):
    """Typed in with its true fingerprint: one pair would speak for two parties."""
    owner = keys("d").but(log=getattr(scene, whose).keys.log)
    note = owner.sign(card(owner, Origin("spoc.other.example"), issued=scene.a.identity.card.issued))
    with pytest.raises(ForgedError, match="in use already"):
        scene.victim.service.introduce(bytes(note), Card.parse(note.text).fingerprint)
    assert len(scene.victim.service.partners()) == 2
    scene.flows()


def test_a_stranger_under_the_name_of_a_partner(scene):
    scene.refused(scene.liar.pouch(pair=keys("c but another").log), ForgedError, "lacks")


def test_a_head_of_another_log(scene):
    """A true head of the third party's log, and of the victim's own."""
    c, b = scene.third, scene.victim
    for node, other in ((c, b), (b, scene.a)):
        log = own(node, other)
        newest = node.store.read(lambda tx, log=log: tx.logs.heads(log, 0, 100))[-1]
        parts = (part_of("head", newest.note), batch(entries(node, log), 0))
        scene.all_refused([scene.liar.pouch(*parts)], ForgedError, "another log")


def test_an_entry_of_another_log(scene):
    """The third party's own words in the liar's log: kept as bytes, without effect."""
    c, b = scene.third, scene.victim
    sent = c.service.send(B, alert())
    settle(c, b)
    index = scene.liar.enter(entries(c, own(c, b))[sent.index])
    scene.flows()
    assert scene.outcome(index) == b"malformed"


def test_a_held_of_another_log_is_void(scene):
    index = scene.liar.enter(scene.liar.held(of=str(own(scene.victim, scene.third))))
    scene.flows()
    assert scene.outcome(index) == b"illegal void-held"


def test_a_text_of_other_parties(scene):
    """What the liar and the third party have agreed is no text between the liar and the victim."""
    text = rabat(int(scene.a.clock()), origins=(A, C)).text()
    note = sign_agreement(text, A, scene.a.keys.authority)
    name = hashlib.sha256(text).hexdigest()
    scene.taken(noted(scene, "agreement", "propose", note))
    scene.a.store.write(lambda tx: tx.ledger.put_note(name, bytes(note)))
    index = scene.liar.enter(entries(scene.victim, scene.liar.log)[-1])
    scene.flows()
    assert scene.outcome(index) == b"illegal note"
    assert name not in {thing.key for thing in scene.victim.service.agreements(A)}


def test_a_field_of_nobody_and_a_text_of_nobody(scene):
    text = scene.a.service.agreements(B)[0].key
    outcomes = {}
    for name, members in {"field": {"field": "espionage"}, "text": {"agreement": "ab" * 32}}.items():
        data, body = scene.liar.alert(**members)
        outcomes[name] = scene.outcome(scene.says(data, body))
    settle(scene.a, scene.victim)
    assert outcomes == {"field": b"illegal field", "text": b"illegal no-text"}
    scene.flows()
    assert scene.a.service.agreements(B)[0].key == text
