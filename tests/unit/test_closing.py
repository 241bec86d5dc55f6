"""Logs that nobody can bring back are closed by card, and the next begin (protocol 3; docs/adr/0011)."""

import dataclasses
import shutil

import pytest

from mithaq.demo.rabat import rabat
from mithaq.domain.card import Card, Closing
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.party import LogName, Origin
from mithaq.errors import BehindError, ForgedError, MalformedError, PeerError, RefusedError, UsageError
from mithaq.exchange.about import About
from mithaq.exchange.introduction import publish_card
from mithaq.exchange.packing import Lane
from mithaq.exchange.pair import Pair
from mithaq.exchange.service import Service
from mithaq.exchange.signing import sign_agreement
from nodes import A, B, alert, insist, introduce, make_node, reader, restore, settle, snapshot
from pouches import append, deliver, entries, own, poll
from signed_texts import following

TWO = LogName(A, B, 2)


@pytest.fixture
def lost(pair):
    """Node a cannot be recovered: what it signed last, nobody has. One alert before that both have."""
    a, b = pair
    backup = snapshot(a)
    said = a.service.send(B, alert("both have it"))
    settle(a, b)
    a.service.send(B, alert("signed, and never carried"))
    a = restore(a, backup, lost=("sealing",))
    insist(a, b)
    assert a.store.behind
    assert a.service.status(B).own_size == b.service.status(A).mirror_size
    yield [a, b, said]
    a.close()


def closing_card(node, closes, **changes):
    before = node.identity.card
    card = following(
        before, node.keys, issued=Moment(int(node.clock())), url=before.url, closes=closes, **changes
    )
    return node.keys.sign(card)


def install(node, note):
    node.service.publish_card(bytes(note))
    node.identity = dataclasses.replace(node.identity, card=Card.parse(note.text), card_note=note)
    node.service = Service(node.identity, node.store)
    assert node.service.take_up() == []


def close(a, b):
    """What the authority signs and people carry."""
    note = closing_card(a, a.service.closing(b.origin))
    install(a, note)
    b.service.introduce(bytes(note), "")
    return note


def agree(a, b):
    """The same two authorities, a text of its own; nothing is in force in new logs."""
    text = rabat(int(a.clock())).text()
    mine, theirs = sign_agreement(text, A, a.keys.authority), sign_agreement(text, B, b.keys.authority)
    name = a.service.propose(B, bytes(mine))
    insist(a, b)
    b.service.cosign(bytes(theirs))
    b.service.activate(A, name)
    insist(a, b)
    a.service.activate(B, name)
    insist(a, b)


def check_equal(a, b):
    for log in (TWO, TWO.other):
        assert entries(a, log) == entries(b, log)
    assert a.service.record_lines(B) == b.service.record_lines(A)


def test_the_next_logs_begin_and_carry_everything(lost):
    a, b, _ = lost
    close(a, b)
    insist(a, b)
    assert (a.service.partner(B).own, b.service.partner(A).own) == (TWO, TWO.other)
    assert [row.kind for row in a.store.read(lambda tx: tx.logs.entries(TWO, 0, 2))] == ["card", "keys"]
    agree(a, b)
    sent = a.service.send(B, alert("in the next log")), b.service.send(A, alert("and back"))
    insist(a, b)
    assert b.service.content(A, sent[0].leaf, 0) == b"in the next log"
    assert a.service.item(B, sent[1].leaf).verdict == "accepted"
    check_equal(a, b)
    for node in (a, b):
        node.clock.offset += 8 * DAY
        node.service.housekeep()
    insist(a, b)
    check_equal(a, b)
    assert a.service.receipt(B, sent[0].leaf)


def test_it_is_the_same_after_a_restart(lost):
    a, b, _ = lost
    close(a, b)
    insist(a, b)
    for _ in range(2):
        a.service = Service(a.identity, a.store)
        assert a.service.take_up() == []
    assert a.service.partner(B).own == TWO
    backup = snapshot(a)
    agree(a, b)
    lost[0] = a = restore(a, backup)
    insist(a, b)
    assert not {TWO, TWO.other} & set(a.store.behind)
    check_equal(a, b)


def test_the_old_logs_stay_readable_and_closed(lost):
    a, b, said = lost
    before = b.service.record_lines(A)
    close(a, b)
    assert b.service.inbox(A) == []
    assert [item.leaf for item in b.service.inbox(f"{A}/1")] == [said.leaf]
    assert b.service.content(f"{A}/1", said.leaf, 0) == b"both have it"
    assert b.service.receipt(f"{A}/1", said.leaf)
    assert b.service.record_lines(f"{A}/1") == before
    assert b.service.status(f"{A}/1").problem == "closed"
    for call in (
        lambda: b.service.send(f"{A}/1", alert()),
        lambda: b.service.write_pouch(f"{A}/1", Lane.PROMPT),
        lambda: b.service.pouch(f"{A}/1", Lane.PROMPT),
        lambda: b.service.activate(f"{A}/1", "ab" * 32),
    ):
        with pytest.raises(UsageError, match="closed"):
            call()
    for nobody in (f"{A}/2", f"{A}/0", f"{A}/x", f"{A}/1/1", "nobody.example/1"):
        with pytest.raises(UsageError, match="no such partner"):
            b.service.status(nobody)


def test_what_ends_in_closed_logs_goes_and_nothing_is_entered_into_them(lost):
    a, b, said = lost
    close(a, b)
    old = f"{A}/1"
    size = b.service.status(old).own_size
    for node in (a, b):
        for seconds in (11 * DAY, 3_600):  # a clock that has leapt is believed when it has run on
            node.clock.offset += seconds
            node.service.housekeep()
    assert b.service.item(old, said.leaf).present == (False,)
    assert b.service.status(old).own_size == size


def test_contents_of_closed_logs_are_erased_on_order_unless_they_are_held_over(lost):
    a, b, said = lost
    hold = {"reason": "supervision", "until": b.identity.now() + 5 * DAY}
    b.service.about(A, About("hold", (said.leaf,), hold))
    close(a, b)
    order, old = About("erasure", (said.leaf,), {"reason": "order"}), f"{A}/1"
    with pytest.raises(RefusedError, match="not allowed"):
        b.service.about(old, order)
    with pytest.raises(UsageError, match="no such exchange"):
        b.service.about(old, dataclasses.replace(order, re=("ab" * 32,)))
    assert b.service.content(old, said.leaf, 0) == b"both have it"
    b.clock.offset += 6 * DAY
    b.service.about(old, order)
    assert b.service.item(old, said.leaf).present == (False,)


def test_what_both_say_of_a_closed_log_is_compared(lost):
    a, b, _ = lost
    size = a.service.status(B).own_size
    close(a, b)
    assert b.service.status(A).closed == (f"{A}/to/{B}/1 closed at {size}",)
    assert a.service.status(B).closed == b.service.status(A).closed


@pytest.mark.parametrize("wrong", ["shorter", "another-root"])
def test_a_card_that_denies_what_the_reader_holds(lost, wrong):
    """The attack: a log is closed before the entries that one does not like. They stay, and it is shown."""
    a, b, said = lost
    true = a.service.closing(B)
    lie = (
        Closing(true.log, true.size - 3, "ab" * 32)
        if wrong == "shorter"
        else Closing(true.log, true.size, "ab" * 32)
    )
    note = closing_card(a, lie)
    install(a, note)
    b.service.introduce(bytes(note), "")
    (shown,) = b.service.status(A).closed
    assert "conflict" in shown
    assert b.service.receipt(f"{A}/1", said.leaf)
    insist(a, b)
    assert b.service.partner(A).own == TWO.other


def test_pouches_of_closed_logs_count_no_more(lost):
    a, b, _ = lost
    late = poll(b, a), poll(a, b)
    close(a, b)
    for node, carried in zip((a, b), late, strict=True):
        with pytest.raises(ForgedError):
            deliver(node, carried.data)


def test_an_entry_for_the_old_log_is_void_in_the_new_one(lost):
    a, b, said = lost
    close(a, b)
    insist(a, b)
    old = entries(b, LogName(A, B, 1))[said.index]

    def work(tx):

        append(Pair.of(tx, a.identity, TWO), old)

    a.store.write(work)
    insist(a, b)
    assert b.service.inbox(A) == []
    check_equal(a, b)


def test_both_lost_everything_since_their_backups(pair):
    """Each side closes its own log; both cards lead to the same two."""
    a, b = pair
    backups = [snapshot(node) for node in pair]
    for node, partner in ((a, b), (b, a)):
        node.service.send(partner.origin, alert("after both backups"))
    settle(a, b)
    a, b = (restore(node, backup, lost=("sealing",)) for node, backup in zip(pair, backups, strict=True))
    try:
        insist(a, b)
        for node, partner in ((a, b), (b, a)):
            with pytest.raises(BehindError):
                node.service.send(partner.origin, alert())
        notes = [closing_card(node, node.service.closing(p.origin)) for node, p in ((a, b), (b, a))]
        for node, note in zip((a, b), notes, strict=True):
            install(node, note)
        a.service.introduce(bytes(notes[1]), "")
        b.service.introduce(bytes(notes[0]), "")
        insist(a, b)
        assert (a.service.partner(B).own, b.service.partner(A).own) == (TWO, TWO.other)
        agree(a, b)
        a.service.send(B, alert("on we go"))
        insist(a, b)
        check_equal(a, b)
        assert len(a.service.status(B).closed) == 2
    finally:
        a.close()
        b.close()


def test_closed_twice(lost):
    a, b, _ = lost
    close(a, b)
    insist(a, b)
    close(a, b)
    insist(a, b)
    assert a.service.partner(B).own == LogName(A, B, 3)
    assert b.service.partner(A).own == LogName(B, A, 3)
    assert len(b.service.status(A).closed) == 2
    agree(a, b)
    for log in (LogName(A, B, 3), LogName(B, A, 3)):
        assert entries(a, log) == entries(b, log)


def test_the_others_do_not_notice(lost, tmp_path):
    a, _, _ = lost
    other = make_node(tmp_path / "c", "c", Origin("zz.example"))
    introduce(a, other)
    settle(a, other)
    note = closing_card(a, a.service.closing(B))
    a.service.publish_card(bytes(note))
    settle(a, other)
    assert a.service.unaware() == []
    install(a, note)
    settle(a, other)
    assert a.service.partner(other.origin).own.n == other.service.partner(A).own.n == 1
    assert other.service.partner(A).card == bytes(note)
    other.close()


def test_a_card_that_closes_the_log_in_which_it_comes(pair):
    """The attack: the reader's pair moves in the middle of a pouch."""
    a, b = pair
    note = closing_card(a, a.service.closing(B))

    publish_card(a.identity, a.store, a.service.partner(B), note)
    with pytest.raises(MalformedError, match="closes the log"):
        b.service.receive(reader(a.service.pouch(B, Lane.PROMPT).pieces))
    assert b.service.partner(A).own == own(b, a)


def test_only_the_authority_closes(lost):
    a, b, _ = lost
    note = closing_card(a, a.service.closing(B))
    forged = dataclasses.replace(note, lines=note.lines[2:])
    with pytest.raises(PeerError):
        b.service.introduce(bytes(forged), "")
    assert b.service.partner(A).own.n == 1
    with pytest.raises(MalformedError):  # nor the log of somebody else
        closing_card(a, Closing(f"{B}/to/{A}/1", 1, "ab" * 32))


def test_keys_of_closed_logs_are_destroyed(lost):
    a, b, _ = lost
    before = set(b.identity.files.names("sealing"))
    close(a, b)
    insist(a, b)
    b.service.housekeep()
    after = set(b.identity.files.names("sealing"))
    assert len(before - after) == 1
    assert f"sealing/{b.keys.sealing.id}" in after


def test_a_store_without_any_backup_after_the_second_log_began(lost):
    """Only the anchor knows that there were logs before: the partner is introduced into the newest."""
    a, b, _ = lost
    close(a, b)
    insist(a, b)
    agree(a, b)
    b.service.send(A, alert("to be lost"))
    insist(a, b)
    a.close()

    shutil.rmtree(a.directory / "store")
    fresh = make_node(a.directory, "a", A)
    fresh.identity = dataclasses.replace(fresh.identity, card=a.identity.card, card_note=a.identity.card_note)
    fresh.service = Service(fresh.identity, fresh.store)
    lost[0] = fresh
    fresh.service.introduce(bytes(b.identity.card_note), b.fingerprint)
    insist(fresh, b)
    assert fresh.service.partner(B).own == TWO
    check_equal(fresh, b)
