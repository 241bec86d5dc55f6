"""Where recovery, closing, erasure, rotations and national rules meet (protocol 3, 6, 7 and 8)."""

import dataclasses
import shutil
from dataclasses import dataclass

import pytest

from backups import back_up
from mithaq.crypto.notes import Note, digest
from mithaq.domain.card import Card
from mithaq.domain.declaration import Declaration, Declared
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.narrowing import Narrowing
from mithaq.domain.national import NationalRules
from mithaq.domain.party import LogName, Role
from mithaq.errors import ForgedError, StoreError, UsageError
from mithaq.exchange.about import About
from mithaq.exchange.packing import Lane
from mithaq.exchange.pair import Draft
from mithaq.exchange.partners import find_partner
from mithaq.exchange.service import ASK_AGAIN, Service
from mithaq.exchange.signing import sign_declaration, sign_rules
from mithaq.node import backup
from mithaq.node.backup import Shelves
from mithaq.node.directory import Directory
from mithaq.node.restore import restore as back_up_restore
from nodes import A, B, alert, insist, make_node, restore, settle, snapshot
from pouches import batch, check_equal, come_to_rest, deliver, entries, forge, head, lie, own, pack
from signed_texts import Keys, following
from signed_texts import pair as signing_pair

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
    return About("withdrawal", (leaf,), facts={"reason": "mistaken"})


def hold(leaf, until):
    return About("hold", (leaf,), facts={"reason": "supervision", "until": until})


def talk(a, b, text="exercise"):
    said = a.service.send(B, alert(f"{text} of a")), b.service.send(A, alert(f"{text} of b"))
    settle(a, b)
    return said


def recovered(a, b):
    for node in (a, b):
        node.clock.offset += ASK_AGAIN
        node.service.clear()
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
        coming = signing_pair(f"{node.label} coming {tag}", Role.AUTHORITY)
        owner = owner.but(authority=owner.coming, coming=coming)
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


@pytest.mark.parametrize("small", [1_000, 1], ids=["whole", "in-parts"])
@pytest.mark.parametrize("authority", [False, True], ids=["node-keys", "authority"])
@pytest.mark.parametrize(("who", "times"), [("loser", 3), ("other", 3), ("both", 1)])
def test_total_loss_after_rotations(  # noqa: PLR0917 - what varies
    nodes, monkeypatch, small, authority, who, times
):
    """Heads and texts stand under keys and authorities that others have followed; one card is known."""
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


@dataclass
class Closed:
    """A pair that has moved to its second logs, since a's card closed the first.

    Attributes:
        nodes: both; what is put here is closed in the end.
        first: what each said in the first logs.
        backups: of both, from before the closing.
        owner, note: keys of a and its closing card.
    """

    nodes: list
    first: tuple
    backups: tuple
    owner: Keys
    note: Note


@pytest.fixture
def closed(nodes):
    a, b = nodes
    first = talk(a, b, "in the first log")
    backups = snapshot(a), snapshot(b)
    return Closed(nodes, first, backups, *close(a, b))


@pytest.mark.parametrize("later", [False, True])
def test_author_restored_to_before_its_closing(closed, later):
    a, b = closed.nodes
    owner, note = closed.owner, closed.note
    if later:  # the card in force says nothing of a closing
        owner, note = rotate(a, b, tag="later")
        settle(a, b)
    assert b.service.partner(A).own == TWO.other
    a = closed.nodes[0] = restore(a, closed.backups[0])
    put(a, owner, note)
    a.service.take_up()
    for node in (a, b):
        node.clock.offset += ASK_AGAIN
    insist(a, b)
    assert a.service.partner(B).own == TWO
    assert not {TWO, TWO.other} & set(a.store.behind)
    assert entries(a, TWO) == entries(b, TWO)
    assert entries(a, TWO.other) == entries(b, TWO.other)


def test_reader_restored_to_before_closing(closed):
    a, b = closed.nodes
    b = closed.nodes[1] = restore(b, closed.backups[1])
    b.service.take_up()
    b.service.introduce(bytes(closed.note), "")
    for node in (a, b):
        node.clock.offset += ASK_AGAIN
    insist(a, b)
    assert b.service.partner(A).own == TWO.other
    assert not {TWO, TWO.other} & set(b.store.behind)
    assert entries(a, TWO) == entries(b, TWO)
    assert entries(a, TWO.other) == entries(b, TWO.other)


def test_nothing_is_entered_into_closed_logs_when_contents_end(closed):
    (a, b), first = closed.nodes, closed.first
    sizes = [x.service.status(f"{y}/1").own_size for x, y in ((a, B), (b, A))]
    for node in (a, b):
        node.clock.offset += 12 * DAY
        node.service.housekeep()
    assert a.service.item(f"{B}/1", first[1].leaf).present == (False,)
    assert [x.service.status(f"{y}/1").own_size for x, y in ((a, B), (b, A))] == sizes
    assert not any("conflict" in each for each in a.service.status(B).closed)


def test_contents_of_closed_logs_are_erased_on_order(closed):
    b, first = closed.nodes[1], closed.first
    size = b.service.status(f"{A}/1").own_size
    assert b.service.about(f"{A}/1", order(first[0].leaf)) == ""
    assert b.service.item(f"{A}/1", first[0].leaf).present == (False,)
    with pytest.raises(UsageError, match="no such exchange"):
        b.service.about(f"{A}/1", order("ab" * 32))
    for act in (
        hold(first[0].leaf, b.identity.now() + DAY),
        withdrawal(first[1].leaf),
    ):
        with pytest.raises(UsageError, match="closed"):
            b.service.about(f"{A}/1", act)
    (text,) = b.service.agreements(f"{A}/1")
    with pytest.raises(UsageError, match="closed"):
        b.service.suspend(f"{A}/1", text.key)
    assert b.service.status(f"{A}/1").own_size == size


def test_day_keys_lost_are_found_in_closed_logs(closed):
    """Else the day key that the next content of that day makes would hide it."""
    b, first = closed.nodes[1], closed.first
    b = closed.nodes[1] = restore(b, snapshot(b), lost=("day",))
    b.service.clear()
    assert b.service.item(f"{A}/1", first[0].leaf).present == (False,)
    assert b.service.status(f"{A}/1").wanted == 0


# --- both logs say what is erased -------------------------------------------------------------------------


def test_withdrawn_and_not_stated_goes_from_a_restored_store(nodes, monkeypatch):
    a, b = nodes
    said, _ = talk(a, b, "withdrawn later")
    backup = snapshot(b)
    with monkeypatch.context() as patched:
        patched.setattr("mithaq.exchange.erasure.state", lambda *_: None)
        a.service.about(B, withdrawal(said.leaf))
        settle(a, b)
    assert b.service.item(A, said.leaf).present == (False,)
    b = nodes[1] = restore(b, backup)
    b.service.clear()
    recovered(a, b)
    assert b.service.item(A, said.leaf).present == (False,)


def test_what_is_held_over_survives_a_restore(nodes):
    a, b = nodes
    said, _ = talk(a, b, "held over later")
    backup = snapshot(b)
    b.service.about(A, hold(said.leaf, b.identity.now() + 20 * DAY))
    settle(a, b)
    b = nodes[1] = restore(b, backup)
    b.service.clear()
    recovered(a, b)
    b.clock.offset += 12 * DAY
    b.service.housekeep()
    assert b.service.content(A, said.leaf, 0)
    a.clock.offset = b.clock.offset
    a.service.housekeep()
    settle(a, b)
    check_equal(a, b)


# --- national rules ---------------------------------------------------------------------------------------


def test_rules_loaded_after_the_backup(nodes):
    """The text went with the store: nothing is judged until it is loaded again, and then all goes on."""
    a, b = nodes
    backup = snapshot(a)
    closes = (Narrowing(field="civil-protection", closed="field"),)
    rules = NationalRules(
        origin=A, serial=1, issued=Moment(a.identity.now()), title={"en": "Rules"}, narrows=closes
    )
    note = bytes(sign_rules(rules.text(), A, a.keys.authority))
    a.service.load_rules(note)
    b.service.send(A, alert("refused by them"))
    settle(a, b)
    a = nodes[0] = restore(a, backup)
    a.service.clear()
    b.service.send(A, alert("under way"))
    with pytest.raises(StoreError, match="rules load"):
        insist(a, b)
    assert a.store.behind
    a.service.load_rules(note)
    recovered(a, b)
    assert [item.verdict for item in b.service.sent(A)] == ["refused", "refused"]
    assert a.service.alarms() == []


def test_who_is_behind_gives_back_what_it_has_all_the_same(nodes):
    """Neither can recover; what one still holds of the other's log must not be closed away unread."""
    a, b = nodes
    backup = snapshot(a)
    said = a.service.send(B, alert("before the later backup"))
    b.service.pouch(A, Lane.PROMPT)
    deliver(b, pack(a, b).data)
    held = b.service.status(A).mirror_size
    later = snapshot(b)
    talk(a, b, "after both backups")
    a = nodes[0] = restore(a, backup)
    b = nodes[1] = restore(b, later)
    for _ in range(2):
        for node in (a, b):
            node.clock.offset += ASK_AGAIN
        insist(a, b)
    assert a.store.behind
    assert b.store.behind
    assert a.service.status(B).own_size == held
    assert a.service.item(B, said.leaf)


# --- backups ----------------------------------------------------------------------------------------------


def test_a_restored_node_destroys_the_day_keys_of_the_backup_that_it_came_from(nodes, tmp_path):
    a, b = nodes
    talk(a, b)
    report = back_up(a, tmp_path / "backup")
    assert report.days
    fresh = Directory(tmp_path / "fresh")
    now = int(a.clock())
    back_up_restore(fresh, Shelves.at(tmp_path / "backup", None), now)
    backup.expire_known(fresh, now + 8 * DAY)
    assert not list((report.keys / "day").iterdir())


# --- forks and closed pairs -------------------------------------------------------------------------------


def test_contents_of_a_pair_that_has_stopped_end_on_their_day(nodes):
    a, b = nodes
    said, _ = talk(a, b)
    b.store.write(
        lambda tx: tx.ledger.put_partner(dataclasses.replace(find_partner(tx, own(a, b)), problem="fork x"))
    )
    for seconds in (12 * DAY, 3_600):  # a clock that has leapt is believed when it has run on
        b.clock.offset += seconds
        b.service.housekeep()
    assert b.service.item(A, said.leaf).present == (False,)
    assert b.store.read(lambda tx: tx.bodies.present(own(a, b), 0, 1000)) == {}


# --- what may be believed after a loss --------------------------------------------------------------------


def test_a_retired_log_pair_signs_nothing_beyond_what_we_had_cosigned(nodes):
    """Heads of what we held stand under it; a head of anything else under it is a thief's."""
    a, b = nodes
    talk(a, b)
    backup = snapshot(a)
    retired = b.keys.log
    _, note = rotate(b, a)
    a = nodes[0] = restore(a, backup)
    a.service.introduce(bytes(note), "")
    pack(a, b)
    mine, have = entries(b, own(b, a)), a.service.status(B).mirror_size
    asked = a.store.read(lambda tx: tx.ledger.asked(own(a, b)))
    said = [*mine, b"{}"]
    false = forge(
        b,
        a,
        head(own(b, a), said, retired),
        batch(said, have),
        public=a.identity.card.sealing,
        answers=asked,
    )
    with pytest.raises(ForgedError):
        a.service.take(false)
    assert a.service.status(B).mirror_size == have
    recovered(a, b)


def test_a_retired_authority_resumes_nothing(nodes):
    """The text that it signed stays in force, and can be suspended; two cards later it signs nothing more."""
    a, b = nodes
    (text,) = b.service.agreements(A)
    retired = b.keys.authority
    rotate(b, a, authority=True, tag="1")
    rotate(b, a, authority=True, tag="2")
    leaf = b.service.suspend(A, text.key)
    come_to_rest(a, b)
    assert len(a.service.halts(B)) == 1
    declaration = Declaration(
        act=Declared.RESUME,
        origin=B,
        relation=text.relation,
        agreement=text.key,
        lifts=leaf,
        issued=Moment(b.identity.now()),
    )
    forged = sign_declaration(declaration, retired)
    b.store.write(lambda tx: tx.ledger.put_note(digest(forged), bytes(forged)))
    lie(b, a, Draft("ab" * 16, "agreement", facts={"act": "resume", "note": digest(forged)}))
    size = a.service.status(B).mirror_size
    with pytest.raises(ForgedError):
        deliver(a, pack(b, a).data)
    assert a.service.status(B).mirror_size == size
