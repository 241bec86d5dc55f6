"""Attacks by what travels: each is refused with an error of ours, and honest exchange goes on."""

import dataclasses
import random

import pytest

from mithaq.crypto import notes
from mithaq.crypto.keys import SigningPair
from mithaq.domain.party import LogName, Origin, Role
from mithaq.errors import ForgedError, LimitError, MalformedError, PeerError
from mithaq.exchange import pouch
from mithaq.exchange.manifest import Manifest
from mithaq.exchange.packing import Lane
from mithaq.exchange.pouch import Content, part_of
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.cosignature import cosign
from mithaq.tlog.merkle import EMPTY_ROOT
from mithaq.tlog.mirror import LogForkError
from nodes import A, B, alert, carry, make_node, reader, settle
from pouches import batch, deliver, forge, head, own
from pouches import entries as log_of
from signed_texts import keys


@pytest.fixture
def nodes(pair):
    return pair


def honest(a, b):
    """An exchange that must still work; both records must be equal."""
    sent = a.service.send(b.origin, alert("honest"))
    settle(a, b)
    assert b.service.item(a.origin, sent.leaf).verdict == "accepted"
    assert a.service.record_lines(b.origin) == b.service.record_lines(a.origin)


# --- who speaks ---------------------------------------------------------------------------------------------


def test_a_stranger(nodes, tmp_path):
    a, b = nodes
    stranger = make_node(tmp_path / "c", "c", Origin("stranger.example"))
    log = LogName(stranger.origin, B)
    text = Manifest(log=log, id="00" * 32, n=1, time=1, mine=0)
    sealed = pouch.write(text, (), stranger.identity.log, b.identity.card.sealing, stranger.identity.random)
    with pytest.raises(ForgedError, match=r"a stranger.s pouch"):
        b.service.receive(reader(sealed.pieces))
    stranger.close()
    honest(a, b)


@pytest.mark.parametrize("role", ["mirror", "another"])
def test_a_manifest_under_another_key(nodes, role):
    a, b = nodes
    pair = a.identity.mirror if role == "mirror" else SigningPair.generate(Role.LOG, a.identity.random)
    with pytest.raises(ForgedError):
        deliver(b, forge(a, b, pair=pair))
    honest(a, b)


def test_a_pouch_back_to_its_sender(nodes):
    a, b = nodes
    with pytest.raises(PeerError):
        deliver(a, forge(a, b))
    honest(a, b)


def test_a_pouch_for_somebody_else(nodes):
    a, b = nodes
    with pytest.raises(ForgedError, match="no key of ours"):
        deliver(b, forge(a, b, public=keys("c").sealing.public))
    honest(a, b)


def test_an_answer_to_another_question(nodes):
    a, b = nodes
    first, second = a.service.poll(B), a.service.poll(B)
    answer = b"".join(b.service.receive(reader(first.pieces)))
    with pytest.raises(ForgedError, match="another pouch"):
        a.service.answered(second, reader([answer]))
    honest(a, b)


@pytest.mark.parametrize("seed", range(8))
def test_a_changed_byte_anywhere(nodes, seed):
    a, b = nodes
    a.service.send(B, alert("x" * 5_000))
    data = bytearray(b"".join(a.service.pouch(B, Lane.PROMPT).pieces))
    chance = random.Random(seed)
    for _ in range(6):
        at = chance.randrange(len(data))
        data[at] ^= 1 << chance.randrange(8)
        with pytest.raises(PeerError):
            b.service.receive(reader([bytes(data)]))
        data = bytearray(b"".join(a.service.pouch(B, Lane.PROMPT).pieces))
    honest(a, b)


@pytest.mark.parametrize("keep", [0, 10, 60, 5_000, -1])
def test_a_pouch_cut_short(nodes, keep):
    a, b = nodes
    a.service.send(B, alert("x" * 5_000))
    data = b"".join(a.service.pouch(B, Lane.PROMPT).pieces)
    with pytest.raises(PeerError):
        b.service.receive(reader([data[:keep]]))
    honest(a, b)


def test_bytes_after_the_last_part(nodes):
    a, b = nodes
    data = b"".join(a.service.poll(B).pieces)
    with pytest.raises(MalformedError):
        b.service.receive(reader([data, b"x"]))
    honest(a, b)


# --- the log ------------------------------------------------------------------------------------------------


def test_one_size_with_two_roots(nodes):
    a, b = nodes
    entries = log_of(a, own(a, b))
    signed = head(own(a, b), [*entries[:-1], b"another history"], a.identity.log)
    with pytest.raises(LogForkError):
        deliver(b, forge(a, b, signed, batch([*entries[:-1], b"another history"], 0)))
    status = b.service.status(A)
    assert status.problem.startswith("fork ")
    assert b.service.note(status.problem.removeprefix("fork "))
    with pytest.raises(PeerError, match="stopped"):
        deliver(b, forge(a, b))


def test_a_fork_stops_nobody_else(nodes, tmp_path):
    a, b = nodes
    other = make_node(tmp_path / "c", "c", Origin("third.example"))
    b.service.introduce(bytes(other.identity.card_note), other.fingerprint)
    other.service.introduce(bytes(b.identity.card_note), b.fingerprint)
    entries = [*log_of(a, own(a, b))[:-1], b"another history"]
    signed = head(own(a, b), entries, a.identity.log)
    with pytest.raises(LogForkError):
        deliver(b, forge(a, b, signed, batch(entries, 0)))
    settle(other, b)
    assert b.service.status(other.origin).mirror_size > 0
    other.close()


def test_an_older_head_changes_nothing(nodes):
    a, b = nodes
    entries = log_of(a, own(a, b))[:3]
    signed = head(own(a, b), entries, a.identity.log)
    before = b.service.status(A).mirror_size
    deliver(b, forge(a, b, signed, batch(entries, 0)))
    assert b.service.status(A).mirror_size == before
    honest(a, b)


def test_entries_that_do_not_give_the_root(nodes):
    a, b = nodes
    entries = [*log_of(a, own(a, b)), b"new"]
    signed = head(own(a, b), entries, a.identity.log)
    with pytest.raises(ForgedError):
        deliver(b, forge(a, b, signed, batch([*entries[:-1], b"changed"], 0)))
    honest(a, b)


def test_entries_that_end_off_the_head(nodes):
    a, b = nodes
    entries = [*log_of(a, own(a, b)), b"new"]
    signed = head(own(a, b), entries, a.identity.log)
    with pytest.raises(MalformedError):
        deliver(b, forge(a, b, signed, batch(entries[:-1], 0)))
    honest(a, b)


def test_entries_cut_short(nodes):
    a, b = nodes
    entries = [*log_of(a, own(a, b)), b"new"]
    signed = head(own(a, b), entries, a.identity.log)
    part = part_of("entries", pouch.pack_entries(entries)[:-1], 0)
    with pytest.raises(MalformedError):
        deliver(b, forge(a, b, signed, part))
    honest(a, b)


def test_entries_that_start_too_far_on_are_set_aside(nodes):
    a, b = nodes
    entries = [*log_of(a, own(a, b)), b"one", b"two"]
    signed = head(own(a, b), entries, a.identity.log)
    before = b.service.status(A).mirror_size
    deliver(b, forge(a, b, signed, batch(entries, len(entries) - 1)))
    assert b.service.status(A).mirror_size == before
    honest(a, b)


def test_more_entries_than_a_pouch_may_have(nodes):
    a, b = nodes
    entries = [b"x"] * (pouch.POUCH_ENTRIES_MAX + 1)
    signed = head(own(a, b), entries, a.identity.log)
    with pytest.raises(LimitError):
        deliver(b, forge(a, b, signed, batch(entries, 0)))
    honest(a, b)


def test_malformed_bytes_are_mirrored_without_effect(nodes):
    """A lying author writes garbage into its own log: held, counted, no effect (protocol 5)."""
    a, b = nodes
    entries = [*log_of(a, own(a, b)), b"not an entry"]
    signed = head(own(a, b), entries, a.identity.log)
    deliver(b, forge(a, b, signed, batch(entries, 0)))
    assert b.service.status(A).mirror_size == len(entries)
    record = b.service.record_lines(A)
    assert b'"outcome":"malformed"' in record


# --- what the sender says of us -----------------------------------------------------------------------------


def test_another_log_of_ours(nodes):
    a, b = nodes
    size = b.service.status(A).own_size
    with pytest.raises(ForgedError, match="another log"):
        deliver(b, forge(a, b, have=(size, bytes(32))))
    honest(a, b)


def test_more_of_ours_than_there_is(nodes):
    a, b = nodes
    size = b.service.status(A).own_size
    deliver(b, forge(a, b, have=(size + 10, bytes(32))))
    assert b.service.partner(A).have <= size
    honest(a, b)


def test_an_old_pouch_says_nothing_of_now(nodes):
    a, b = nodes
    b.service.send(A, alert())
    settle(a, b)
    have = b.service.partner(A).have
    deliver(b, forge(a, b, n=1, have=(0, EMPTY_ROOT)))
    assert b.service.partner(A).have == have
    honest(a, b)


def cosignature(node, log, size, root, pair=None):
    checkpoint = Checkpoint(str(log), size, root)
    lines = cosign(checkpoint, f"{node.origin}/mirror", pair or node.identity.mirror, node.identity.now())
    return part_of("cosignature", checkpoint.text + b"\n" + b"".join(map(bytes, lines)))


def test_a_cosignature_of_a_head_that_is_not_ours(nodes):
    a, b = nodes
    b.service.send(A, alert())
    size = b.service.status(A).own_size
    with pytest.raises(ForgedError):
        deliver(b, forge(a, b, cosignature(a, LogName(B, A), size, bytes(32))))
    honest(a, b)


def test_a_cosignature_under_another_key(nodes):
    a, b = nodes
    b.service.send(A, alert())
    status = b.service.status(A)
    pair = SigningPair.generate(Role.MIRROR, a.identity.random)
    root = bytes.fromhex(status.own_root)
    with pytest.raises(ForgedError):
        deliver(b, forge(a, b, cosignature(a, LogName(B, A), status.own_size, root, pair)))
    honest(a, b)


# --- notes and contents -------------------------------------------------------------------------------------


def test_an_entry_whose_note_does_not_come(nodes):
    a, b = nodes
    a.service.publish_card()
    facts = {"act": "propose", "note": "ab" * 32}
    entry = _entry(a, "agreement", facts)
    entries = [*log_of(a, own(a, b)), entry]
    signed = head(own(a, b), entries, a.identity.log)
    with pytest.raises(MalformedError, match="note"):
        deliver(b, forge(a, b, signed, batch(entries, 0)))
    honest(a, b)


def test_an_activation_that_only_one_side_has_signed(nodes):
    a, b = nodes
    from mithaq.demo.rabat import rabat
    from mithaq.exchange.signing import sign_agreement

    before = a.service.agreements(B)[0].key
    text = rabat(int(a.clock()), serial=2, previous=before).text()
    note = sign_agreement(text, A, a.keys.authority)
    entry = _entry(a, "agreement", {"act": "activate", "note": notes.digest(note)})
    entries = [*log_of(a, own(a, b)), entry]
    signed = head(own(a, b), entries, a.identity.log)
    with pytest.raises(ForgedError):
        deliver(b, forge(a, b, signed, batch(entries, 0), part_of("note", bytes(note))))
    honest(a, b)


def _entry(node, kind, facts):
    from mithaq.domain.entry import Entry

    return Entry(
        LogName(node.origin, B), node.identity.random(16).hex(), kind, node.identity.now(), facts=facts
    ).data


def test_a_content_for_no_entry(nodes):
    a, b = nodes
    body = Content(
        dataclasses.replace(part_of("body", bytes(40)).part, index=10_000, ordinal=0), lambda: bytes(40)
    )
    deliver(b, forge(a, b, body))
    honest(a, b)


@pytest.mark.parametrize(("change", "reason"), [("same size", "hash"), ("longer", "size")])
def test_a_content_that_was_not_committed_to(nodes, change, reason):
    a, b = nodes
    sent = a.service.send(B, alert("what was said"))
    outgoing = a.service.pouch(B, Lane.PROMPT)
    signed, entries = outgoing.load.contents[:2]
    other = bytes(32) + (b"what was SAID" if change == "same size" else b"what was said, and more")
    body = Content(
        dataclasses.replace(part_of("body", other).part, index=sent.index, ordinal=0), lambda: other
    )
    deliver(b, forge(a, b, signed, entries, body))
    held = b.store.read(lambda tx: tx.logs.newest(LogName(B, A), "held"))
    assert f'"reason":"{reason}"'.encode() in held.data
    assert not b.service.item(A, sent.leaf).verdict
    settle(a, b)
    assert b.service.item(A, sent.leaf).verdict == "accepted"


def test_contents_sealed_to_the_card_are_not_taken(nodes):
    a, b = nodes
    sent = a.service.send(B, alert("never under the card's key"))
    load = a.service.pouch(B, Lane.PROMPT).load
    deliver(b, forge(a, b, *load.contents, public=b.identity.card.sealing))
    assert b.service.item(A, sent.leaf).present == (False,)
    settle(a, b)
    assert b.service.item(A, sent.leaf).verdict == "accepted"


def test_the_bulk_lane_never_goes_to_a_card(nodes):
    a, b = nodes
    a.service.send(B, alert("x" * 3_000_000))
    carry(a, b, a.service.pouch(B, Lane.PROMPT))
    a.service._outboxes[B].unopened = 2
    assert a.service.pouch(B, Lane.BULK) is None


def test_a_pouch_twice(nodes):
    a, b = nodes
    sent = a.service.send(B, alert())
    data = b"".join(a.service.pouch(B, Lane.PROMPT).pieces)
    for _ in range(3):
        b.service.receive(reader([data]))
    settle(a, b)
    assert b.service.item(A, sent.leaf).verdict == "accepted"
    verdicts = b.store.read(lambda tx: list(tx.logs.of_kind(LogName(B, A), "verdict")))
    assert sum(sent.leaf.encode() in row.data for row in verdicts) == 1
    honest(a, b)
