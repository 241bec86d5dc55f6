"""How pairs come back after a loss: whose store, with which keys, over which channel (protocol 6 and 7)."""

import dataclasses
import shutil

import pytest

from mithaq.domain.card import Card
from mithaq.domain.handling import Handling
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.party import Origin
from mithaq.errors import BehindError, KeyStoreError, StaleError
from mithaq.exchange.about import About
from mithaq.exchange.manifest import WANT_MAX
from mithaq.exchange.packing import PROMPT_BODY_MAX, Lane
from mithaq.exchange.service import ASK_AGAIN, Service
from nodes import (
    A,
    B,
    alert,
    carry,
    insist,
    introduce,
    make_node,
    reader,
    restore,
    settle,
    snapshot,
)
from pouches import check_equal, come_to_rest, deliver, draft_of, entries, lie, own, pack
from signed_texts import following, keys


@pytest.fixture
def nodes(pair):
    """Both nodes; a test that restores one puts it back here, so that it is closed."""
    both = list(pair)
    yield both
    for node in both:
        node.close()


def talk(a, b, text="exercise"):
    said = a.service.send(B, alert(f"{text} of a")), b.service.send(A, alert(f"{text} of b"))
    settle(a, b)
    return said


def recovered(a, b):
    """What two nodes do after one has started again."""
    for node in (a, b):
        node.clock.offset += ASK_AGAIN
        node.service.clear()
        node.service.take_up()
    insist(a, b)
    assert (a.store.behind, b.store.behind) == ({}, {})
    come_to_rest(a, b)
    settle(a, b)


def readable(node, partner):
    """Every content that is present and has not ended opens."""
    for item in (*node.service.inbox(partner.origin), *node.service.sent(partner.origin)):
        for ordinal, here in enumerate(item.present):
            if here and item.entry.keep_until > node.clock():
                node.service.content(partner.origin, item.leaf, ordinal)


# --- whose backup -----------------------------------------------------------------------------------------


def test_the_author_lost_what_it_said(nodes):
    a, b = nodes
    backup = snapshot(a)
    sent = [a.service.send(B, alert(f"lost {n}")) for n in range(3)]
    settle(a, b)
    a = nodes[0] = restore(a, backup)
    recovered(a, b)
    assert [item.leaf for item in a.service.sent(B)] == [each.leaf for each in reversed(sent)]
    assert {lost.leaf for lost in a.service.lost(B)} == {each.leaf for each in sent}
    assert {lost.judged for lost in a.service.lost(B)} == {"accepted"}
    with pytest.raises(StaleError):
        a.service.content(B, sent[0].leaf, 0)


def test_the_reader_lost_what_it_held(nodes):
    a, b = nodes
    backup = snapshot(b)
    sent = [a.service.send(B, alert(f"lost {n}")) for n in range(3)]
    settle(a, b)
    b = nodes[1] = restore(b, backup)
    recovered(a, b)
    for n, each in enumerate(sent):
        assert b.service.content(A, each.leaf, 0) == f"lost {n}".encode()
        assert b.service.item(A, each.leaf).verdict == "accepted"
        assert a.service.receipt(B, each.leaf)
        assert b.service.receipt(A, each.leaf)
    assert b.service.lost(A) == []


def test_both_lost_their_stores_and_one_backup_is_new_enough(nodes):
    a, b = nodes
    older = snapshot(a)
    talk(a, b, "after the older backup")
    newer = snapshot(b)
    a = nodes[0] = restore(a, older)
    b = nodes[1] = restore(b, newer)
    recovered(a, b)
    readable(a, b)


def test_what_neither_has_is_lost(nodes):
    """Both are behind, and neither can give back what was said after both backups: nobody signs anything."""
    a, b = nodes
    backups = snapshot(a), snapshot(b)
    talk(a, b, "after both backups")
    a, b = nodes[:] = [restore(node, backup) for node, backup in zip(nodes, backups, strict=True)]
    insist(a, b)
    for node, partner in ((a, b), (b, a)):
        status = node.service.status(partner.origin)
        assert status.anchored > status.have
        with pytest.raises(BehindError):
            node.service.send(partner.origin, alert())


def test_a_store_without_any_backup(nodes, tmp_path):
    """Only the anchor, the keys and the card are left; the partner's card is typed in again."""
    a, b = nodes
    talk(a, b)
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    before = entries(b, own(a, b))
    a.close()
    shutil.rmtree(a.directory / "store")
    a = nodes[0] = make_node(a.directory, "a", A)
    a.service.introduce(bytes(b.identity.card_note), b.fingerprint)
    recovered(a, b)
    assert entries(a, own(a, b))[: len(before)] == before
    readable(a, b)


def test_what_the_backup_wanted_and_was_refused_later_is_wanted_no_more(nodes):
    a, b = nodes
    draft, bodies = draft_of(
        a,
        b,
        ("text/plain;charset=utf-8", b"\xff not text " + b"x" * PROMPT_BODY_MAX),
        handling=Handling("green"),
    )
    said = lie(a, b, draft, bodies)
    carry(a, b, a.service.pouch(B, Lane.PROMPT))
    assert b.service.status(A).wanted == 1
    backup = snapshot(b)
    settle(a, b)
    assert b.service.item(A, said.entry.leaf.hex()).verdict == "refused"
    b = nodes[1] = restore(b, backup)
    recovered(a, b)
    assert b.service.status(A).wanted == 0
    assert b.service.item(A, said.entry.leaf.hex()).present == (False,)


def test_what_its_author_erased_since_is_not_wanted_from_it(nodes):
    """The attack: the copy went with the store, and nobody has another: it would be wanted for months."""
    a, b = nodes
    backup = snapshot(a)
    _, theirs = talk(a, b)
    b.service.about(A, About("erasure", (theirs.leaf,), {"reason": "order"}))
    settle(a, b)
    a = nodes[0] = restore(a, backup)
    recovered(a, b)
    settle(a, b)
    assert a.service.status(B).wanted == 0
    assert a.service.item(B, theirs.leaf).verdict == "accepted"
    check_equal(a, b)


def test_what_came_while_it_was_behind_is_judged_when_it_is_whole(nodes):
    a, b = nodes
    backup = snapshot(a)
    talk(a, b, "lost")
    a = nodes[0] = restore(a, backup)
    sent = [b.service.send(A, alert(f"to a node that is behind {n}")) for n in range(3)]
    recovered(a, b)
    assert {a.service.item(B, each.leaf).verdict for each in sent} == {"accepted"}


def test_the_others_are_served_meanwhile(nodes, tmp_path):
    a, b = nodes
    other = make_node(tmp_path / "c", "c", Origin("zz.example"))
    introduce(a, other)
    settle(a, other)
    backup = snapshot(a)
    talk(a, b, "lost")
    a = nodes[0] = restore(a, backup, lost=("sealing",))
    assert len(a.service.take_up()) == 1  # the key that is lost gets its successor later
    a.clock.offset += 2 * DAY
    other.clock.offset += 2 * DAY
    a.service.housekeep()
    settle(a, other)
    status = a.service.status(other.origin)
    assert status.have == status.own_size > 2
    assert a.service.status(B).anchored
    other.close()


def test_status_says_how_far_a_pair_is_behind(nodes):
    a, b = nodes
    backup = snapshot(a)
    talk(a, b, "lost")
    whole = a.service.status(B)
    assert (whole.anchored, whole.anchored_mirror) == (0, 0)
    a = nodes[0] = restore(a, backup)
    status = a.service.status(B)
    assert (status.anchored, status.anchored_mirror) == (whole.own_size, a.store.behind[own(b, a)].size)
    recovered(a, b)
    assert a.service.status(B).anchored == 0


# --- keys -------------------------------------------------------------------------------------------------

GONE = {"nothing": (), "sealing": ("sealing",), "days": ("day",), "all": ("sealing", "day")}


@pytest.mark.parametrize("lost", GONE.values(), ids=GONE)
def test_after_a_hundred_days_of_silence(nodes, lost):
    a, b = nodes
    talk(a, b, "before")
    long = {"field": "security", "kind": "information", "keep_days": 300, "facts": {"status": "exercise"}}
    kept = a.service.send(B, alert("kept", **long)), b.service.send(A, alert("so", **long))
    backup = snapshot(a)
    talk(a, b, "lost")
    settle(a, b)
    a = nodes[0] = restore(a, backup, lost=lost)
    for node in nodes:
        node.clock.offset += 100 * DAY
        node.service.housekeep()
    recovered(a, b)
    talk(a, b, "after")
    check_equal(a, b)
    readable(a, b)
    readable(b, a)
    assert a.service.content(B, kept[1].leaf, 0) == b"so"
    assert [each.leaf for each in a.service.lost(B)] == ([kept[0].leaf] if "day" in lost else [])


def test_sealing_keys_alone_are_lost(nodes):
    """The store is whole: a new key is entered at the start, and contents flow after two 404s at most."""
    a, b = nodes
    a = nodes[0] = restore(a, snapshot(a), lost=("sealing",))
    sent = b.service.send(A, alert("to keys that are gone"))
    assert a.service.take_up() == []
    insist(a, b)
    assert a.service.content(B, sent.leaf, 0) == b"to keys that are gone"
    come_to_rest(a, b)


def test_sealing_keys_are_lost_and_only_the_partner_can_call(nodes):
    a, b = nodes
    a = nodes[0] = restore(a, snapshot(a), lost=("sealing",))
    sent = b.service.send(A, alert("to keys that are gone"))
    a.service.take_up()
    for _ in range(6):
        for lane in Lane:
            if outgoing := b.service.pouch(A, lane):
                _call(b, a, outgoing)
    assert a.service.content(B, sent.leaf, 0) == b"to keys that are gone"


def test_a_pair_that_is_behind_and_cannot_call(nodes):
    """The partner's next pouch answers the one that showed what lacks."""
    a, b = nodes
    backup = snapshot(a)
    talk(a, b, "lost")
    a = nodes[0] = restore(a, backup, lost=("sealing",))
    sent = b.service.send(A, alert("from outside"))
    for _ in range(30):
        for lane in Lane:
            outgoing = b.service.pouch(A, lane) or (b.service.poll(A) if lane is Lane.PROMPT else None)
            if outgoing:
                _call(b, a, outgoing)
    assert a.store.behind == {}
    assert a.service.item(B, sent.leaf).verdict == "accepted"


def _call(sender, receiver, outgoing):
    try:
        answer = receiver.service.receive(reader(outgoing.pieces))
    except Exception:  # noqa: BLE001 - whatever it is, the wire says 404
        sender.service.failed(outgoing, 404)
    else:
        sender.service.answered(outgoing, reader(answer))


@pytest.mark.parametrize("behind", [False, True], ids=["whole", "behind"])
def test_the_key_of_the_card_is_lost_as_well(nodes, behind):
    """The authority issues a card with a new sealing key, which people carry."""
    a, b = nodes
    backup = snapshot(a)
    if behind:
        talk(a, b, "lost")
    a = nodes[0] = restore(a, backup, lost=("sealing", "card"))
    fresh = keys("a renewed").sealing
    card = following(
        a.identity.card,
        a.keys.but(sealing=fresh),
        issued=Moment(int(a.clock())),
        url=a.identity.card.url,
    )
    note = a.keys.sign(card)
    a.identity.files.create(f"sealing/{fresh.id}", fresh.seed)
    a.identity = dataclasses.replace(a.identity, card=Card.parse(note.text), card_note=note)
    a.service = Service(a.identity, a.store)
    b.service.introduce(bytes(note), "")
    a.service.take_up()
    sent = b.service.send(A, alert("under the new card"))
    recovered(a, b)
    assert a.service.content(B, sent.leaf, 0) == b"under the new card"
    assert f"sealing/{a.keys.sealing.id}" not in a.identity.files.names("sealing")
    talk(a, b, "after")
    check_equal(a, b)


def test_day_keys_that_are_gone_are_found_out_before_new_ones_hide_it(nodes):
    a, b = nodes
    ours, theirs = talk(a, b, "sealed under a key that will be gone")
    a = nodes[0] = restore(a, snapshot(a), lost=("day",))
    with pytest.raises(KeyStoreError):
        a.service.content(B, theirs.leaf, 0)
    a.service.clear()
    assert [each.leaf for each in a.service.lost(B)] == [ours.leaf]
    assert a.service.status(B).wanted == 1
    a.service.send(B, alert("a new key for the same day"))
    settle(a, b)
    assert a.service.content(B, theirs.leaf, 0)
    assert [each.leaf for each in a.service.lost(B)] == [ours.leaf]


# --- files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [(), ("sealing",)], ids=["keys", "no-keys"])
def test_over_files(nodes, lost, monkeypatch):
    """Each command is a process of its own; one question can be carried late, and more are needed."""
    monkeypatch.setattr("mithaq.exchange.yours.GIVEN_ENTRIES_MAX", 4)
    a, b = nodes
    backup = snapshot(a)
    for n in range(4):
        talk(a, b, f"lost {n}")
    nodes[0] = restore(a, backup, lost=lost)
    rounds = 0
    while nodes[0].store.behind:
        first = reopened(nodes, 0).service.write_pouch(B, Lane.PROMPT)
        reopened(nodes, 0).service.write_pouch(B, Lane.PROMPT)  # not carried; the first is
        answer = reopened(nodes, 1).service.answer_pouch(first)
        assert reopened(nodes, 0).service.take(answer) == B
        rounds += 1
    assert rounds > 2
    for _ in range(3):
        for sender in (0, 1):
            out = nodes[sender].service.write_pouch(nodes[1 - sender].origin, Lane.PROMPT)
            nodes[sender].service.take(nodes[1 - sender].service.answer_pouch(out))
    come_to_rest(*nodes)


def reopened(nodes, which):
    node = nodes[which]
    offset = node.clock.offset
    node.close()
    nodes[which] = make_node(node.directory, node.label, node.origin)
    nodes[which].clock.offset = offset
    return nodes[which]


# --- death ------------------------------------------------------------------------------------------------


class Died(BaseException):
    """A process that is no more."""


def arm(node, points):
    """Call ``points`` where a kill hurts: before the commit, before and after the anchor."""
    anchor, release = node.store._anchor, node.store._release
    append = anchor.append

    def anchored(lines):
        points("anchor")
        append(lines)
        points("release")

    def released(*arguments):
        points("commit")
        release(*arguments)

    anchor.append, node.store._release = anchored, released


@pytest.mark.slow
def test_killed_at_every_step_of_recovery(nodes, tmp_path, monkeypatch):
    """Copies of both directories at each point, as a kill would leave them; each goes on to the same end."""
    monkeypatch.setattr("mithaq.exchange.yours.GIVEN_ENTRIES_MAX", 3)
    a, b = nodes
    backup = snapshot(a)
    for n in range(2):
        talk(a, b, f"lost {n}")
    a = nodes[0] = restore(a, backup, lost=("sealing",))
    copies = []

    def copy(point):
        to = tmp_path / f"{len(copies)}-{point}"
        for node in (a, b):
            shutil.copytree(node.directory, to / node.label)
        copies.append(to)

    arm(a, copy)
    insist(a, b)
    assert a.store.behind == {}
    assert len(copies) > 6
    for to in copies:
        pair = [make_node(to / label, label, origin) for label, origin in (("a", A), ("b", B))]
        try:
            recovered(*pair)
            talk(*pair)
            check_equal(*pair)
        finally:
            for node in pair:
                node.close()


def test_answers_that_never_came(nodes):
    """The partner answered, nobody read it: later questions get the same."""
    a, b = nodes
    backup = snapshot(a)
    talk(a, b, "lost")
    a = nodes[0] = restore(a, backup)
    for _ in range(3):
        carried = pack(a, b)
        deliver(b, carried.data)
        a.service.failed(carried.outgoing)
    recovered(a, b)


def test_a_node_whose_clock_had_been_years_ahead(nodes):
    """Its partner has seen higher numbers than it can know of; its questions must not look old for ever."""
    a, b = nodes
    backup = snapshot(a)
    year = 365 * DAY
    a.clock.offset += year // 2
    talk(a, b, "lost")
    a.clock.offset -= year // 2
    a = nodes[0] = restore(a, backup)
    recovered(a, b)


# --- what lost contents must not do -----------------------------------------------------------------------


def test_contents_that_the_author_lost_do_not_starve_others(nodes, monkeypatch):
    """The attack: the first thousand can never come, and what is behind them would never be asked for."""
    monkeypatch.setattr("mithaq.exchange.packing.WANT_MAX", 3)
    assert WANT_MAX == 1_000
    a, b = nodes
    large = "x" * (PROMPT_BODY_MAX + 1)
    gone = [a.service.send(B, alert(f"{n}{large}")) for n in range(4)]
    carry(a, b, a.service.pouch(B, Lane.PROMPT))
    a.store.write(lambda tx: [tx.bodies.drop(own(a, b), each.index) for each in gone])
    sent = a.service.send(B, alert(f"behind them {large}"))
    for _ in range(40):
        settle(a, b)
        b.service.answered(poll := b.service.poll(A), reader(a.service.receive(reader(poll.pieces))))
        if b.service.item(A, sent.leaf).verdict:
            break
    assert b.service.item(A, sent.leaf).verdict == "accepted"
    assert len(a.service.lost(B)) == len(gone)


def test_contents_that_never_came_are_given_up_when_their_day_has_ended(nodes):
    a, b = nodes
    gone = a.service.send(B, alert("x" * (PROMPT_BODY_MAX + 1), keep_days=1))
    carry(a, b, a.service.pouch(B, Lane.PROMPT))
    a.store.write(lambda tx: tx.bodies.drop(own(a, b), gone.index))
    b.service.housekeep()
    assert b.service.status(A).wanted == 1
    for node in nodes:
        for seconds in (3 * DAY, 3_600):  # a clock that has leapt is believed when it has run on
            node.clock.offset += seconds
            node.service.housekeep()
    assert b.service.status(A).wanted == 0
    settle(a, b)
    item = a.service.item(B, gone.leaf)
    assert (item.verdict, item.codes) == ("refused", ("expired",))
    assert a.service.lost(B) == []
    b.service.housekeep()
    come_to_rest(a, b)
