"""Where recovery, closing, erasure, rotations and national rules meet (protocol 3, 6, 7 and 8)."""

import dataclasses
import shutil

import pytest

from mithaq.domain.card import Card
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.party import LogName
from mithaq.errors import BehindError, PeerError, UsageError
from mithaq.exchange.about import About
from mithaq.exchange.contents import day_of
from mithaq.exchange.service import ASK_AGAIN, Service
from nodes import A, B, alert, insist, make_node, restore, settle, snapshot
from pouches import check_equal, come_to_rest, entries, own
from signed_texts import following
from signed_texts import pair as signing_pair
from mithaq.domain.party import Role

TWO = LogName(A, B, 2)


@pytest.fixture
def nodes(pair):
    both = list(pair)
    yield both
    for node in both:
        node.close()


def order(leaf):
    return About("erasure", (leaf,), facts={"reason": "order"})


def withdrawal(leaf):
    return About("withdrawal", (leaf,), facts={"reason": "not-correct"})


def talk(a, b, text="exercise"):
    said = a.service.send(B, alert(f"{text} of a")), b.service.send(A, alert(f"{text} of b"))
    settle(a, b)
    return said


def recovered(a, b):
    for node in (a, b):
        node.clock.offset += ASK_AGAIN
        node.service.take_up()
    insist(a, b)
    assert (a.store.behind, b.store.behind) == ({}, {})
    come_to_rest(a, b)
    settle(a, b)


def rotate(node, partner, *, authority=False, closes=None, tag="x"):
    """New node keys (and the committed authority), published and put in force."""
    owner = node.keys.but(
        log=signing_pair(f"{node.label} log {tag}", Role.LOG),
        mirror=signing_pair(f"{node.label} mirror {tag}", Role.MIRROR),
    )
    if authority:
        owner = owner.but(authority=owner.coming, coming=signing_pair(f"{node.label} c {tag}", Role.AUTHORITY))
    before = node.identity.card
    note = owner.sign(
        following(before, owner, issued=Moment(int(node.clock())), url=before.url, closes=closes)
    )
    node.service.publish_card(bytes(note))
    if closes is None:
        come_to_rest(node, partner)
        assert node.service.unaware() == []
    put(node, owner, note)
    assert node.service.take_up() == []
    return owner, note


def put(node, owner, note):
    node.keys = owner
    node.identity = dataclasses.replace(
        node.identity, card=Card.parse(note.text), card_note=note, log=owner.log, mirror=owner.mirror
    )
    node.service = Service(node.identity, node.store)


def nothing_left(node, partner, owner, note):
    node.close()
    shutil.rmtree(node.directory / "store")
    fresh = make_node(node.directory, node.label, node.origin)
    fresh.clock.offset = node.clock.offset
    put(fresh, owner, note)
    fresh.service.introduce(bytes(partner.identity.card_note), partner.fingerprint)
    return fresh


SMALL = (1_000, 1)


@pytest.mark.parametrize("small", SMALL)
@pytest.mark.parametrize("authority", [False, True])
@pytest.mark.parametrize("who", ["loser", "other", "both"])
@pytest.mark.parametrize("times", [1, 3])
def test_total_loss_after_rotations(nodes, monkeypatch, small, authority, who, times):
    monkeypatch.setattr("mithaq.exchange.yours.GIVEN_ENTRIES_MAX", small)
    monkeypatch.setattr("mithaq.exchange.packing.ENTRIES_MAX", small)
    a, b = nodes
    talk(a, b, "one")
    owner, note = a.keys, a.identity.card_note
    for n in range(times):
        if who != "other":
            owner, note = rotate(a, b, authority=authority, tag=str(n))
            settle(a, b)
        if who != "loser":
            rotate(b, a, authority=authority, tag=str(n))
            settle(a, b)
        talk(a, b, f"after {n}")
    before = entries(b, own(a, b))
    a = nodes[0] = nothing_left(a, b, owner, note)
    recovered(a, b)
    assert entries(a, own(a, b))[: len(before)] == before
    talk(a, b)


def close(a, b):
    owner, note = rotate(a, b, closes=a.service.closing(B), tag="closing")
    b.service.introduce(bytes(note), "")
    insist(a, b)
    return owner, note


@pytest.fixture
def closed(nodes):
    a, b = nodes
    first = talk(a, b, "in the first log")
    backups = snapshot(a), snapshot(b)
    kept = a.keys, a.identity.card_note
    owner, note = close(a, b)
    return a, b, first, backups, owner, note, nodes


@pytest.mark.parametrize("later", [False, True])
def test_author_restored_to_before_its_closing(closed, later):
    a, b, first, backups, owner, note, nodes = closed
    if later:
        owner, note = rotate(a, b, tag="later")
        settle(a, b)
    assert b.service.partner(A).own == TWO.other
    a = nodes[0] = restore(a, backups[0])
    put(a, owner, note)
    print(a.service.take_up())
    for node in (a, b):
        node.clock.offset += ASK_AGAIN
    insist(a, b)
    assert a.service.partner(B).own == TWO
    assert not {TWO, TWO.other} & set(a.store.behind)
    assert entries(a, TWO) == entries(b, TWO)
    assert entries(a, TWO.other) == entries(b, TWO.other)


def test_reader_restored_to_before_closing(closed):
    a, b, first, backups, owner, note, nodes = closed
    b = nodes[1] = restore(b, backups[1])
    b.service.take_up()
    b.service.introduce(bytes(note), "")
    for node in (a, b):
        node.clock.offset += ASK_AGAIN
    insist(a, b)
    assert b.service.partner(A).own == TWO.other
    assert not {TWO, TWO.other} & set(b.store.behind)
    assert entries(a, TWO) == entries(b, TWO)
    assert entries(a, TWO.other) == entries(b, TWO.other)


def test_nothing_is_entered_into_closed_logs_when_contents_end(closed):
    a, b, first, *_ = closed
    sizes = [(x.service.status(f"{y}/1").own_size) for x, y in ((a, B), (b, A))]
    for node in (a, b):
        node.clock.offset += 12 * DAY
        node.service.housekeep()
    assert a.service.item(f"{B}/1", first[1].leaf).present == (False,)
    assert [(x.service.status(f"{y}/1").own_size) for x, y in ((a, B), (b, A))] == sizes
    print(a.service.status(B).closed)


def test_about_closed_logs(closed):
    a, b, first, *_ = closed
    size = b.service.status(f"{A}/1").own_size
    try:
        b.service.about(f"{A}/1", order(first[0].leaf))
    except UsageError as e:
        print(e)
    print(b.service.item(f"{A}/1", first[0].leaf).present)
    assert b.service.status(f"{A}/1").own_size == size


def test_day_keys_lost_are_found_in_closed_logs(closed):
    a, b, first, _, owner, note, nodes = closed
    b = nodes[1] = restore(b, snapshot(b), lost=("day",))
    b.service.take_up()
    assert b.service.item(f"{A}/1", first[0].leaf).present == (False,)
