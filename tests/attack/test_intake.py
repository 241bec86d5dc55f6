"""Pouches that no honest partner sends: each is refused as its fault, and leaves everything as it was.

The liar has a whole node; whoever only sits on the way has no keys at all.
"""

import dataclasses
import hashlib

import pytest

from mithaq.crypto.notes import Note, NoteLine
from mithaq.demo.rabat import rabat
from mithaq.domain.moment import Moment
from mithaq.domain.party import Origin
from mithaq.errors import ForgedError, ForkError, LimitError, MalformedError, PeerError
from mithaq.exchange.packing import PROMPT_BODY_MAX, Lane
from mithaq.exchange.pair import Draft
from mithaq.exchange.pouch import Content, part_of
from mithaq.exchange.signing import sign_agreement
from nodes import TEXT, A, B, alert, introduce, make_node, settle
from pouches import (
    batch,
    body_part,
    come_to_rest,
    cosignature,
    deliver,
    draft_of,
    entries,
    exchange,
    forge,
    head,
    lie,
    log_parts,
    own,
    pack,
    poll,
    root_of,
    rows,
    snapshot,
    take_answer,
)
from signed_texts import card, following, keys

C = Origin("spoc.interior-medan.example")
LARGE = bytes([65]) * (PROMPT_BODY_MAX + 1)


@pytest.fixture
def third(tmp_path, pair):
    """A third party whom b knows too."""
    _, b = pair
    node = make_node(tmp_path / "c", "c", C)
    introduce(node, b)
    settle(node, b)
    yield node
    node.close()


def refused(pair, data, error=PeerError, match=None):
    """b refuses the pouch; nothing has changed; the two go on."""
    a, b = pair
    before = snapshot(b, a)
    with pytest.raises(error, match=match):
        deliver(b, data)
    assert snapshot(b, a) == before
    sent = a.service.send(B, alert("honest again"))
    come_to_rest(a, b)
    assert a.service.item(B, sent.leaf).verdict == "accepted"


def signed_entry(liar, to, kind, **members):
    """Bytes of an entry of the liar's log that its store does not have."""
    return (
        Draft(liar.identity.random(16).hex(), kind, **members).entry(own(liar, to), liar.identity.now()).data
    )


# --- who speaks -------------------------------------------------------------------------------------------


def test_a_stranger_under_the_name_of_a_partner(pair, tmp_path):
    """Everything right but the keys."""
    a, _ = pair
    data = forge(a, pair[1], pair=keys("c").log)
    refused(pair, data, ForgedError)


def test_one_signature_of_two_is_none(pair):
    """The attack: whoever breaks Ed25519 one day has still no ML-DSA key, and the other way round."""
    from mithaq.exchange import intake
    from mithaq.exchange.pouch import open_pouch
    from nodes import reader

    a, b = pair
    opened = open_pouch(reader([forge(a, b)]), b.identity.sealing_key)
    for lines in (opened.note.lines[:1], opened.note.lines[1:]):
        opened.note = Note(opened.note.text, lines)
        with pytest.raises(ForgedError):
            intake.verify(b.store, opened)


def test_a_known_partner_in_the_log_of_another(pair, third):
    """c signs as c, in a manifest for the log of a."""
    a, b = pair
    data = forge(third, b, log=own(a, b), have=(0, root_of(())))
    refused(pair, data, ForgedError)


def test_a_pouch_of_one_pair_in_another(pair, third):
    """The manifest speaks of two logs that are no pair of ours."""
    a, b = pair
    data = forge(a, b, log=own(a, third), have=(0, root_of(())))
    refused(pair, data, ForgedError, "stranger")


# --- the log ----------------------------------------------------------------------------------------------


def test_a_head_rolled_back_changes_nothing(pair):
    """An older head of the same log takes no effect; one of another history is a forgery."""
    a, b = pair
    log = own(a, b)
    said = entries(a, log)
    before = snapshot(b, a)
    deliver(b, forge(a, b, head(log, said[:4], a.identity.log), batch(said[:4], 0)))
    assert snapshot(b, a)[0] == before[0]
    other = [*said[:3], b"{}"]
    refused(pair, forge(a, b, head(log, other, a.identity.log), batch(other, 4)), ForgedError)


def fork(a, b, log):
    """The liar's log with its last entry changed."""
    said = entries(a, log)
    other = [*said[:-1], b"{}"]
    return forge(a, b, head(log, other, a.identity.log), batch(other, 0))


def test_one_size_with_two_roots_stops_the_pair_and_no_other(pair, third):
    a, b = pair
    with pytest.raises(ForkError):
        deliver(b, fork(a, b, own(a, b)))
    problem = b.service.status(A).problem
    assert problem.startswith("fork ")
    evidence = b.service.note(problem.removeprefix("fork "))
    assert hashlib.sha256(evidence).hexdigest() == problem.removeprefix("fork ")
    assert evidence.count(str(own(a, b)).encode() + b"\n") == 2
    # what was honest before is refused too, and nothing more is said to this partner
    a.service.send(B, alert())
    with pytest.raises(ForgedError, match="stopped"):
        deliver(b, pack(a, b).data)
    assert b.service.pouch(A, Lane.PROMPT) is None
    # the other partner notices nothing
    third.service.publish_card()
    settle(third, b)
    assert b.service.status(C).problem == ""
    assert deliver(b, poll(third, b).data)


def test_a_head_alone_is_evidence_too(pair):
    a, b = pair
    log = own(a, b)
    deliver(b, poll(a, b).data)  # so that the pouch says nothing else that is new
    other = [*entries(a, log)[:-1], b"{}"]
    with pytest.raises(ForkError):
        deliver(b, forge(a, b, head(log, other, a.identity.log)))
    assert b.service.status(A).problem.startswith("fork ")


def test_one_index_with_two_leaves_is_evidence_at_any_size(pair):
    a, b = pair
    log = own(a, b)
    other = [*entries(a, log)[:-1], b"{}", b"{}"]
    with pytest.raises(ForkError):
        deliver(b, forge(a, b, head(log, other, a.identity.log), batch(other, 0)))
    assert b.service.status(A).problem.startswith("fork ")


def test_a_head_of_somebody_else_over_honest_entries(pair, third):
    a, b = pair
    log = own(a, b)
    a.service.send(B, alert())
    said = entries(a, log)
    refused(pair, forge(a, b, head(log, said, third.identity.log), batch(said, 0)), ForgedError)


def test_a_fork_stays_known_after_a_restart(pair):
    a, b = pair
    with pytest.raises(ForkError):
        deliver(b, fork(a, b, own(a, b)))
    b.store.close()
    again = make_node(b.directory, "b", B)
    assert again.service.status(A).problem.startswith("fork ")
    again.close()


def test_a_fork_that_its_author_did_not_sign_stops_nobody(pair, third):
    """The attack: another partner wants this pair stopped."""
    a, b = pair
    log = own(a, b)
    other = [*entries(a, log)[:-1], b"{}"]
    data = forge(a, b, head(log, other, third.identity.log), batch(other, 0))
    refused(pair, data, ForgedError)


def test_a_changed_entry(pair):
    a, b = pair
    log = own(a, b)
    a.service.send(B, alert())
    said = entries(a, log)
    honest = head(log, said, a.identity.log)
    refused(
        pair,
        forge(a, b, honest, batch([*said[:-1], said[-1].replace(b"immediate", b"expected ")], len(said) - 1)),
    )


def test_entries_without_their_head(pair):
    """The attack: a content is checked against an entry that stands in no log, and kept for one that does."""
    a, b = pair
    log = own(a, b)
    said = a.service.send(B, alert(contents=((TEXT, LARGE),)))
    exchange(a, b)
    assert b.service.item(A, said.leaf).present == (False,)
    true = entries(a, log)[said.index]
    from mithaq.domain.entry import Entry
    from mithaq.exchange.contents import Place

    entry = Entry.parse(true)
    salt, other = b"s" * 32, b"another content"
    body = dataclasses.replace(
        entry.bodies[0], size=len(other), commit=Place(log, entry.id, 0).commit(TEXT, salt, other)
    )
    rival = dataclasses.replace(entry, bodies=(body,)).data
    parts = (
        part_of("entries", len(rival).to_bytes(2) + rival, said.index),
        body_part(said.index, 0, salt, other),
    )
    refused(pair, forge(a, b, *parts), MalformedError, "without their head")
    assert b.service.content(A, said.leaf, 0) == LARGE


# --- notes and cards --------------------------------------------------------------------------------------


def with_note(a, b, kind, act, *notes, name=""):
    """A pouch with an entry about a note, and these notes."""
    name = name or hashlib.sha256(notes[0].text).hexdigest()
    entry = signed_entry(a, b, kind, facts={"act": act, "note": name})
    return forge(a, b, *log_parts(a, b, entry), *(part_of("note", bytes(note)) for note in notes))


def next_text(a):
    (before,) = a.service.agreements(B)
    return rabat(int(a.clock()), serial=2, previous=before.key).text()


def test_a_note_of_another_digest(pair):
    a, b = pair
    note = sign_agreement(next_text(a), A, a.keys.authority)
    refused(
        pair, with_note(a, b, "agreement", "propose", note, name="ab" * 32), MalformedError, "did not come"
    )


def test_a_proposal_that_the_authority_has_not_signed(pair, third):
    a, b = pair
    for name, signer in ((B, third.keys.authority), (A, third.keys.authority)):
        note = sign_agreement(next_text(a), name, signer)
        with pytest.raises(ForgedError):
            deliver(b, with_note(a, b, "agreement", "propose", note))
    refused(pair, with_note(a, b, "agreement", "propose", note), ForgedError)


def test_an_activation_with_a_false_signature_of_ours(pair, third):
    """The lines bear our name; the keys are the liar's."""
    a, b = pair
    text = next_text(a)
    mine, false = sign_agreement(text, A, a.keys.authority), sign_agreement(text, B, third.keys.authority)
    note = Note(text, (*mine.lines, *false.lines))
    refused(pair, with_note(a, b, "agreement", "activate", note), ForgedError)


def test_a_proposal_with_a_spoiled_line_of_ours_is_not_kept(pair):
    """The attack: it would stand where our own line belongs, and the text could never be signed."""
    a, b = pair
    text = next_text(a)
    mine, ours = sign_agreement(text, A, a.keys.authority), sign_agreement(text, B, b.keys.authority)
    spoiled = [NoteLine(line.name, line.key_id, bytes(len(line.signature))) for line in ours.lines]
    note = Note(text, (*mine.lines, *spoiled))
    refused(pair, with_note(a, b, "agreement", "propose", note), ForgedError)


def test_a_card_of_a_third_party(pair, third):
    a, b = pair
    with pytest.raises(ForgedError, match="in use already"):
        deliver(b, with_note(a, b, "card", "publish", third.identity.card_note))
    unknown = keys("d").sign(
        card(keys("d"), Origin("spoc.interior-norland.example"), issued=Moment(a.identity.now()))
    )
    refused(pair, with_note(a, b, "card", "publish", unknown), ForgedError, "another party")


def test_a_card_that_follows_no_card_of_ours(pair):
    a, b = pair
    rival = following(a.identity.card, a.keys, previous="ab" * 32, issued=a.identity.card.issued)
    note = a.keys.sign(rival)
    refused(pair, with_note(a, b, "card", "publish", note), ForgedError, "follows another card")


def test_a_card_by_a_stolen_node(pair):
    """The attack: with the node's pairs, but not the authority's, the thief wants to become the party."""
    a, b = pair
    thief = a.keys.but(authority=keys("c").authority)
    stolen = following(a.identity.card, thief, issued=a.identity.card.issued)
    refused(pair, with_note(a, b, "card", "publish", thief.sign(stolen)), ForgedError, "committed to")


@pytest.mark.parametrize("role", ["log", "mirror"])
@pytest.mark.parametrize("whose", ["ours", "another's"])
def test_a_card_with_copied_keys(pair, third, role, whose):
    """The attack: one signature would count for two parties."""
    a, b = pair
    copied = getattr((b if whose == "ours" else third).keys, role)
    owner = a.keys.but(**{role: copied})
    stolen = following(a.identity.card, owner, issued=a.identity.card.issued)
    refused(pair, with_note(a, b, "card", "publish", owner.sign(stolen)), ForgedError, "in use already")


def test_a_card_with_our_sealing_key(pair):
    a, b = pair
    owner = a.keys.but(sealing=b.keys.sealing)
    card_note = owner.sign(following(a.identity.card, owner, issued=a.identity.card.issued))
    refused(pair, with_note(a, b, "card", "publish", card_note), ForgedError)


def test_a_sealing_key_that_cannot_be_sealed_to_is_not_used(pair):
    """The attack: every answer would fail; the key before is used instead."""
    a, b = pair
    before = b.service.partner(A).sealing
    lie(a, b, Draft(a.identity.random(16).hex(), "keys", facts={"sealing": (b"\xff" * 1_216).hex()}))
    sent = a.service.send(B, alert())
    come_to_rest(a, b)
    assert b.service.partner(A).sealing == before
    assert a.service.item(B, sent.leaf).verdict == "accepted"


# --- receipts ---------------------------------------------------------------------------------------------


def news(a, b):
    """Something of b's that a holds and b has no cosignature of; size, root and name of a's mirror."""
    b.service.send(A, alert("to be cosigned"))
    deliver(a, pack(b, a).data)
    said = entries(b, own(b, a))
    return len(said), root_of(said), f"{A}/mirror"


def test_a_cosignature_of_a_head_that_is_not_ours(pair):
    a, b = pair
    size, root, name = news(a, b)
    for log, at, value in (
        (own(b, a), size, b"\1" * 32),
        (own(b, a), size + 1, root),
        (own(a, b), size, root),
        (own(b, a), 2**53 - 1, root),
    ):
        with pytest.raises(ForgedError):
            deliver(b, forge(a, b, cosignature(log, at, value, name, a.identity.mirror)))
    refused(pair, forge(a, b, cosignature(own(b, a), size, b"\1" * 32, name, a.identity.mirror)), ForgedError)


def test_a_forged_cosignature(pair, third):
    a, b = pair
    size, root, name = news(a, b)
    for who, pair_ in ((name, third.keys.mirror), (f"{C}/mirror", third.keys.mirror)):
        with pytest.raises(ForgedError):
            deliver(b, forge(a, b, cosignature(own(b, a), size, root, who, pair_)))
    refused(pair, forge(a, b, cosignature(own(b, a), size, root, name, third.keys.mirror)), ForgedError)


def test_a_held_with_a_wrong_root_is_void_and_kept_as_evidence(pair):
    a, b = pair
    size = len(entries(b, own(b, a)))
    cut = rows(b, own(a, b))[-1]
    facts = {"of": str(own(b, a)), "size": size, "root": "01" * 32, "time": a.identity.now()}
    said = lie(a, b, Draft(a.identity.random(16).hex(), "held", facts=facts))
    come_to_rest(a, b)
    row = rows(b, own(a, b))[said.index]
    assert row.outcome == b"illegal void-held"
    assert row.index > cut.index
    assert a.service.record_lines(B) == b.service.record_lines(A)


# --- answers and repetition -------------------------------------------------------------------------------


def test_an_answer_by_somebody_else(pair, third):
    a, b = pair
    sent = poll(a, b)
    answer = forge(b, a, pair=third.identity.log, answers=sent.outgoing.id)
    with pytest.raises(ForgedError):
        take_answer(a, sent, answer)


# --- contents ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("index", "ordinal"), [(1_000, 0), (None, 1), (0, 0), (2**53 - 1, 2**53 - 1)])
def test_a_body_for_an_entry_that_promises_none_is_thrown_away(pair, index, ordinal):
    a, b = pair
    sent = a.service.send(B, alert(contents=((TEXT, LARGE),)))
    exchange(a, b)
    before, size = snapshot(b, a), b.service.status(A).own_size
    place = (sent.index if index is None else index, ordinal)
    deliver(b, forge(a, b, body_part(*place, bytes(32), b"who asked for this?")))
    assert snapshot(b, a)[4:] == before[4:]
    assert b.service.status(A).own_size == size
    come_to_rest(a, b)


def test_bodies_swapped_between_two_entries(pair):
    """The same bytes in another place: the commitment binds them to one (protocol 5)."""
    from mithaq.exchange.packing import load_body

    a, b = pair
    sent = [a.service.send(B, alert(contents=((TEXT, LARGE),))) for _ in range(2)]
    exchange(a, b)
    loaded = [load_body(a.identity, a.store, own(a, b), (each.index, 0)) for each in sent]
    parts = [
        body_part(each.index, 0, data[:32], data[32:])
        for each, data in zip(sent, reversed(loaded), strict=True)
    ]
    deliver(b, forge(a, b, *parts))
    assert [b.service.item(A, each.leaf).present for each in sent] == [(False,), (False,)]
    come_to_rest(a, b)
    assert all(a.service.item(B, each.leaf).verdict == "accepted" for each in sent)


# --- bytes ------------------------------------------------------------------------------------------------


def test_a_part_that_is_not_what_the_manifest_says(pair):
    a, b = pair
    part = part_of("cosignature", b"one thing")
    lying = Content(part.part, lambda: b"the other")
    refused(pair, forge(a, b, lying), ForgedError, "not what the manifest says")


def test_more_gaps_than_a_held_may_have(pair):
    """Every second entry lacks its content: refused as a whole, before anything is kept."""
    a, b = pair
    said = []
    for n in range(2_100):
        if n % 2:
            said.append(signed_entry(a, b, "keys", facts={"sealing": a.identity.card.sealing.hex()}))
        else:
            draft, _ = draft_of(a, b, handling=alert().handling)
            from mithaq.domain.entry import Body

            draft = dataclasses.replace(draft, bodies=(Body(TEXT, 5, 1, "ab" * 32),))
            said.append(draft.entry(own(a, b), a.identity.now()).data)
    refused(pair, forge(a, b, *log_parts(a, b, *said)), LimitError, "too many gaps")
