"""Suspending and ending over two nodes: at once, by either side alone, lifted by its authority only."""

import hashlib

import pytest

from mithaq.audit.verify import verify_receipt
from mithaq.crypto.notes import Note
from mithaq.domain.declaration import Declaration, Declared
from mithaq.domain.handling import Handling
from mithaq.domain.moment import DAY, Moment
from mithaq.errors import (
    ForgedError,
    KeyStoreError,
    MalformedError,
    PeerError,
    RefusedError,
    StaleError,
    UsageError,
)
from mithaq.exchange.about import About
from mithaq.exchange.packing import Lane
from mithaq.exchange.pair import Draft
from mithaq.exchange.pouch import part_of
from mithaq.exchange.signing import sign_declaration
from nodes import TEXT, A, B, alert, carry, settle
from pouches import come_to_rest, deliver, draft_of, exchange, forge, lie, log_parts
from signed_texts import keys

SECURITY = {"field": "security", "keep_days": 10}


def name(node, partner):
    (text,) = node.service.agreements(partner.origin)
    return text.key


def declared(node, partner, act, lifts="", **changes):
    (text,) = node.service.agreements(partner.origin)
    members = {
        "act": Declared(act),
        "origin": node.origin,
        "relation": text.relation,
        "agreement": text.key,
        "lifts": lifts,
        "issued": Moment(int(node.clock())),
    }
    return Declaration(**members | changes)


def signed(node, partner, act, lifts="", **changes):
    return bytes(sign_declaration(declared(node, partner, act, lifts, **changes), node.keys.authority))


def verdict(node, partner, sent):
    item = node.service.item(partner.origin, sent.leaf)
    return item.verdict, item.codes


def test_one_field_stops_for_both_and_the_rest_flows(pair):
    a, b = pair
    a.service.suspend(B, name(a, b), "security")
    settle(a, b)
    for node, partner in ((a, b), (b, a)):
        with pytest.raises(RefusedError, match="suspended"):
            node.service.send(partner.origin, alert(**SECURITY))
        sent = node.service.send(partner.origin, alert())
        settle(a, b)
        assert verdict(node, partner, sent) == ("accepted", ())
    (halt,) = b.service.halts(A)
    assert (halt.reading, halt.field) == ("suspended", "security")
    come_to_rest(a, b)


def test_everything_stops_but_what_protects_life(pair):
    a, b = pair
    b.service.suspend(A, name(b, a))
    settle(a, b)
    for node, partner in ((a, b), (b, a)):
        with pytest.raises(RefusedError, match="suspended"):
            node.service.send(partner.origin, alert(**SECURITY))
        node.service.send(partner.origin, alert("the dam breaks"))
    settle(a, b)
    with pytest.raises(RefusedError, match="protects-life"):
        a.service.suspend(B, name(a, b), "civil-protection")
    come_to_rest(a, b)


def test_what_crosses_a_suspension_is_legal_and_not_taken(pair):
    a, b = pair
    sent = b.service.send(A, alert(**SECURITY))
    a.service.suspend(B, name(a, b), "security")
    exchange(b, a)
    settle(a, b)
    assert verdict(b, a, sent) == ("refused", ("suspended",))
    assert b.service.item(A, sent.leaf).reading == "refused"  # and not void
    with pytest.raises(StaleError):
        a.service.content(B, sent.leaf, 0)
    come_to_rest(a, b)


def test_its_authority_resumes_what_a_side_has_suspended(pair):
    a, b = pair
    leaf = a.service.suspend(B, name(a, b), "security")
    settle(a, b)
    resumption = signed(a, b, "resume", leaf)
    a.service.declare(B, resumption)
    settle(a, b)
    b.service.send(A, alert(**SECURITY))
    settle(a, b)
    a.service.suspend(B, name(a, b), "security")
    with pytest.raises(RefusedError, match="lifts"):
        a.service.declare(B, resumption)
    come_to_rest(a, b)


def test_what_is_said_in_the_pouch_that_brings_the_resumption_is_taken(pair):
    a, b = pair
    leaf = a.service.suspend(B, name(a, b), "security")
    settle(a, b)
    a.service.declare(B, signed(a, b, "resume", leaf))
    sent = a.service.send(B, alert(**SECURITY))
    settle(a, b)
    assert verdict(a, b, sent) == ("accepted", ())
    come_to_rest(a, b)


def test_the_other_side_cannot_resume_it(pair):
    a, b = pair
    leaf = a.service.suspend(B, name(a, b))
    settle(a, b)
    with pytest.raises(RefusedError, match="lifts"):
        b.service.declare(A, signed(b, a, "resume", leaf))
    with pytest.raises(ForgedError, match="another party"):
        b.service.declare(A, signed(a, b, "resume", leaf))


@pytest.mark.parametrize("act", ["resume", "terminate"])
def test_a_nodes_own_keys_declare_nothing(pair, act):
    """Who takes over a node may stop the exchange, and can neither begin it again nor end it for good."""
    a, b = pair
    leaf = a.service.suspend(B, name(a, b))
    lifts = leaf if act == "resume" else ""
    with pytest.raises(KeyStoreError, match="authority"):
        sign_declaration(declared(a, b, act, lifts), a.keys.log)
    stolen = bytes(sign_declaration(declared(a, b, act, lifts), keys("c").authority))
    good = Note.parse(signed(a, b, act, lifts), limit=10**6)
    halves = [bytes(Note(good.text, good.lines[at : at + 1])) for at in (0, 1)]
    for note in (stolen, *halves):
        with pytest.raises(ForgedError):
            a.service.declare(B, note)


@pytest.mark.parametrize("act", ["resume", "terminate"])
def test_a_lying_node_declares_without_its_authority(pair, act):
    a, b = pair
    leaf = b.service.suspend(A, name(b, a))
    settle(a, b)
    declaration = declared(b, a, act, leaf if act == "resume" else "")
    good = Note.parse(bytes(sign_declaration(declaration, b.keys.authority)), limit=10**6)
    forged = [
        Note(good.text, good.lines[:1]),
        Note(good.text, good.lines[1:]),
        sign_declaration(declaration, keys("c").authority),
    ]
    before = a.service.status(B).mirror_size
    digest = hashlib.sha256(good.text).hexdigest()
    draft = Draft(b.identity.random(16).hex(), "agreement", facts={"act": act, "note": digest})
    entry = draft.entry(a.service.partner(B).mirror, int(b.clock()))
    for note in forged:
        parts = (*log_parts(b, a, entry.data), part_of("note", bytes(note)))
        with pytest.raises(PeerError):
            deliver(a, forge(b, a, *parts))
    assert a.service.status(B).mirror_size == before
    assert a.service.halts(B)[0].reading == "suspended"
    deliver(a, forge(b, a, *log_parts(b, a, entry.data), part_of("note", bytes(good))))
    assert a.service.status(B).mirror_size == before + 1


def test_a_suspension_that_a_liar_goes_on_under_is_void_for_both(pair):
    a, b = pair
    a.service.suspend(B, name(a, b), "security")
    settle(a, b)
    b.service.suspend(A, name(b, a), "migration")
    settle(a, b)
    logged = lie(b, a, *draft_of(b, a, (TEXT, b"x"), field="security", handling=Handling("green")))
    settle(a, b)
    assert a.service.item(B, logged.entry.leaf.hex()).reading == "void and refused"
    assert a.service.item(B, logged.entry.leaf.hex()).codes == ("suspended",)
    come_to_rest(a, b)


def test_notice_of_termination_runs_and_then_nothing_begins(pair):
    a, b = pair
    sent = b.service.send(A, alert(keep_days=300, field="security", handling=Handling("green")))
    settle(a, b)
    a.service.declare(B, signed(a, b, "terminate"))
    settle(a, b)
    b.service.send(A, alert(**SECURITY))
    for node in (a, b):
        node.clock.offset += 200 * DAY
    settle(a, b)
    for node, partner in ((a, B), (b, A)):
        for message in (alert(), alert(**SECURITY)):
            with pytest.raises(RefusedError, match="ended"):
                node.service.send(partner, message)
    a.service.about(B, About("acknowledgement", (sent.leaf,)))
    a.service.about(B, About("feedback", (sent.leaf,), {"usefulness": "useful"}))
    settle(a, b)
    assert b.service.item(A, sent.leaf).reading == "acknowledged"
    come_to_rest(a, b)


def test_text_that_is_no_declaration(pair):
    a, b = pair
    for data in (b"", b"no note\n", a.service.note(name(a, b)), bytes(a.identity.card_note)):
        with pytest.raises((MalformedError, ForgedError)):
            a.service.declare(B, data)


def test_off_boarding_erases_and_states_it_once_notice_has_run(pair):
    a, b = pair
    (text,) = a.service.agreements(B)
    sent = [b.service.send(A, alert(f"{n}", keep_days=300, field="security")) for n in range(3)]
    kept = b.service.send(A, alert("held over", keep_days=300, field="security"))
    own = a.service.send(B, alert("ours", keep_days=300, field="security"))
    settle(a, b)
    a.service.declare(B, signed(a, b, "terminate"))
    settle(a, b)
    with pytest.raises(UsageError, match="notice"):
        a.service.offboard(B, text.relation)
    for node in (a, b):
        node.clock.offset += 100 * DAY
    until = int(a.clock()) + 30 * DAY
    a.service.about(B, About("hold", (kept.leaf,), {"reason": "supervision", "until": until}))
    assert a.service.offboard(B, text.relation) == 3
    assert a.service.offboard(B, text.relation) == 0
    settle(a, b)
    for each in sent:
        with pytest.raises(StaleError):
            a.service.content(B, each.leaf, 0)
        assert proved(b, a, each.leaf).erased
    for leaf in (kept.leaf, own.leaf):
        assert a.service.content(B, leaf, 0)
    with pytest.raises(UsageError, match="notice"):
        a.service.offboard(B, "another")


def test_off_boarding_gives_what_was_not_judged_its_verdict(pair):
    a, b = pair
    (text,) = a.service.agreements(B)
    parts = ((TEXT, b"a part that comes at once"), (TEXT, b"x" * 3_000_000))
    sent = b.service.send(A, alert(contents=parts, keep_days=300, field="security"))
    carry(b, a, b.service.pouch(A, Lane.PROMPT))
    a.service.declare(B, signed(a, b, "terminate"))
    a.clock.offset += 100 * DAY
    assert a.service.offboard(B, text.relation) == 1
    assert a.service.item(B, sent.leaf).codes == ("gone",)


def proved(node, partner, leaf):
    cards = [bytes(each.identity.card_note) for each in (node, partner)]
    heard = [each.fingerprint for each in (node, partner)]
    return verify_receipt(node.service.receipt(partner.origin, leaf), cards, heard)
