"""A lying partner that rolls its log back, forks it, withholds, swaps contents, or lies about our log."""

import dataclasses
import hashlib

import pytest

from liar import C, in_role, spoiled
from mithaq.crypto.notes import Note
from mithaq.demo.rabat import rabat
from mithaq.domain.entry import Entry
from mithaq.domain.party import Role
from mithaq.domain.record import RULES_VERSION
from mithaq.errors import ForgedError, ForkError, MalformedError, UsageError
from mithaq.exchange.packing import PROMPT_BODY_MAX, Lane, load_body
from mithaq.exchange.signing import sign_agreement
from mithaq.tlog.head import HEAD_MAX
from mithaq.tlog.merkle import EMPTY_ROOT
from mithaq.tlog.mirror import LogForkError, RootFork, verify_fork
from nodes import TEXT, A, B, alert, make_node, settle
from pouches import batch, body_part, deliver, exchange, own, pack, poll, root_of, rows

LARGE = bytes([65]) * (PROMPT_BODY_MAX + 1)


# --- rolls back ---------------------------------------------------------------------------------------------


def test_an_older_head_takes_nothing_back(scene):
    liar = scene.liar
    before = scene.victim.service.status(A)
    scene.taken(liar.pouch(liar.head(liar.said[:4]), batch(liar.said[:4], 0)))
    after = scene.victim.service.status(A)
    assert (after.mirror_size, after.mirror_root) == (before.mirror_size, before.mirror_root)
    scene.flows()


def test_an_older_head_of_another_history(scene):
    liar = scene.liar
    other = [*liar.said[:3], b"{}"]
    scene.refused(liar.pouch(liar.head(other), batch(other, 4)), ForgedError, "do not give the root")


def test_a_held_of_less_than_before_is_void(scene):
    """The attack: receipts that were given are taken back."""
    liar = scene.liar
    scene.flows()
    newest = scene.a.store.read(lambda tx: tx.logs.newest(liar.log, "held"))
    size = Entry.parse(newest.data).facts["size"] - 1
    index = liar.enter(liar.held(size=size, root=root_of(liar.heard[:size]).hex()))
    scene.flows()
    assert scene.outcome(index) == b"illegal void-held"


def test_a_have_of_less_than_before_has_it_sent_again(scene):
    """Who has lost our log gets it again; what it had acknowledged stays acknowledged."""
    b = scene.victim
    cosigned = b.service.status(A).cosigned
    scene.taken(scene.liar.pouch(have=(0, EMPTY_ROOT)))
    assert (b.service.partner(A).have, b.service.status(A).cosigned) == (0, cosigned)
    scene.flows()


# --- forks --------------------------------------------------------------------------------------------------


def rival(liar):
    """Its log with the last entry changed."""
    return [*liar.said[:-1], b"{}"]


def forked_heads(liar):
    deliver(liar.victim, poll(liar.node, liar.victim).data)
    return liar.pouch(liar.head(rival(liar)))


FORKS = {
    "two roots of one size": lambda liar: liar.pouch(liar.head(rival(liar)), batch(rival(liar), 0)),
    "a head alone": forked_heads,
    "two leaves of one index": lambda liar: liar.pouch(
        liar.head([*rival(liar), b"{}"]), batch([*rival(liar), b"{}"], 0)
    ),
    "another beginning": lambda liar: liar.pouch(
        liar.head([b"{}", *liar.said[1:]]), batch([b"{}", *liar.said[1:]], 0)
    ),
}


@pytest.mark.parametrize("fork", FORKS.values(), ids=FORKS)
def test_a_fork_stops_that_log_and_no_other(scene, fork):
    with pytest.raises(ForkError):
        deliver(scene.victim, fork(scene.liar))
    evidence = scene.victim.service.note(scene.fork_told())
    assert evidence.count(f"{scene.liar.log}\n".encode()) == 2
    # Nothing more is said to it, though there would be something to say.
    scene.victim.service.send(A, alert("never to leave"))
    assert all(scene.victim.service.pouch(A, lane) is None for lane in Lane)
    # What was honest before is refused too, in the words that say why.
    scene.a.service.send(B, alert())
    with pytest.raises(ForgedError, match="stopped"):
        deliver(scene.victim, pack(scene.a, scene.victim).data)
    with pytest.raises(UsageError, match="stopped"):
        scene.victim.service.write_pouch(A, Lane.PROMPT)
    scene.flows_past()


def test_the_evidence_convinces_anybody(scene):
    """Two signed heads of one size: a third party needs nothing but them and the card."""
    with pytest.raises(LogForkError):
        deliver(scene.victim, FORKS["two roots of one size"](scene.liar))
    evidence = scene.victim.service.note(scene.fork_told())
    assert hashlib.sha256(evidence).hexdigest() == scene.fork_told()
    first, second = two_notes(evidence)
    card = scene.a.identity.card
    verify_fork(RootFork(first, second), str(scene.liar.log), card.pairs[Role.LOG])
    false = Note(second.text, tuple(spoiled(second.lines)))
    for nothing in (RootFork(first, first), RootFork(first, false), RootFork(false, first)):
        with pytest.raises(ForgedError):
            verify_fork(nothing, str(scene.liar.log), card.pairs[Role.LOG])
    with pytest.raises(ForgedError):
        verify_fork(RootFork(first, second), str(scene.liar.log), scene.third.identity.card.pairs[Role.LOG])


def two_notes(evidence):
    """Two notes with an empty line between."""
    for at in range(len(evidence)):
        if evidence[at : at + 2] == b"\n\n" and evidence[at + 2 :].startswith(str(A).encode()):
            return (
                Note.parse(evidence[: at + 1], limit=HEAD_MAX),
                Note.parse(evidence[at + 2 :], limit=HEAD_MAX),
            )
    raise AssertionError("no evidence of two heads")


def test_a_fork_is_known_after_a_restart(scene):
    with pytest.raises(ForkError):
        deliver(scene.victim, FORKS["two roots of one size"](scene.liar))
    told = scene.fork_told()
    scene.victim.store.close()
    scene.victim = make_node(scene.victim.directory, "b", B)
    assert scene.fork_told() == told


def test_a_fork_that_its_author_did_not_sign_stops_nobody(scene):
    """The attack: another partner, or whoever sits on the way, wants this pair stopped."""
    liar = scene.liar
    for pair in (scene.third.identity.log, in_role(scene.a.identity.mirror, Role.LOG)):
        data = liar.pouch(liar.head(rival(liar), pair=pair), batch(rival(liar), 0))
        scene.all_refused([data], ForgedError, "lacks")


def test_a_fork_over_what_is_not_signed_stops_nobody(scene):
    """Other entries under the true head: the way was bad, or the sender; no evidence against the author."""
    liar = scene.liar
    said = [*liar.said, liar.alert()[0]]
    other = [*rival(liar), said[-1]]
    scene.refused(liar.pouch(liar.head(said), batch(other, 0)), ForgedError, "do not give the root")


# --- withholds ----------------------------------------------------------------------------------------------


def test_withheld_contents_delay_nothing_else(scene):
    """Recorded as ``absent``, wanted from then on; nothing is judged before it is all there."""
    b = scene.victim
    index = scene.says(scene.liar.alert(b"never to come")[0])
    held = b.store.read(lambda tx: tx.logs.newest(own(b, scene.a), "held"))
    assert b'"reason":"absent"' in held.data
    assert (b.service.status(A).wanted, b.service.inbox(A)[0].verdict) == (1, "")
    scene.flows()
    withheld = next(item for item in b.service.inbox(A) if item.index == index)
    assert (withheld.verdict, withheld.present) == ("", (False,))


def test_a_withheld_note(scene):
    """A head that covers an entry whose note does not come is not taken (protocol 5)."""
    liar = scene.liar
    text = rabat(int(scene.a.clock()), serial=2, previous=scene.a.service.agreements(B)[0].key).text()
    note = sign_agreement(text, A, scene.a.keys.authority)
    entry = liar.entry("agreement", facts={"act": "propose", "note": hashlib.sha256(text).hexdigest()})
    scene.refused(liar.pouch(*liar.tells(entry)), MalformedError, "did not come")
    assert note.text == text


def test_withheld_entries(scene):
    liar = scene.liar
    signed, said = liar.tells(liar.alert()[0])
    scene.all_refused((liar.pouch(signed), liar.pouch(signed, batch(liar.said, 0))), MalformedError)
    assert said.part.kind == "entries"


def test_a_withheld_head(scene):
    """The attack: contents would be checked against entries that nothing proves."""
    liar = scene.liar
    data, body = liar.alert()
    index = len(liar.said)
    parts = (batch([*liar.said, data], index), body(index))
    scene.refused(liar.pouch(*parts), MalformedError, "without their head")


def test_a_withheld_cosignature_and_a_withheld_verdict(scene):
    """The liar takes everything and says nothing: the victim sees that, and goes on."""
    a, b = scene.a, scene.victim
    sent = b.service.send(A, alert("to the silent"))
    cosigned = b.service.status(A).cosigned
    deliver(a, pack(b, a).data)
    assert (b.service.status(A).cosigned, b.service.item(A, sent.leaf).verdict) == (cosigned, "")
    scene.flows_past()
    scene.flows()
    assert b.service.item(A, sent.leaf).verdict == "accepted"


# --- swaps --------------------------------------------------------------------------------------------------


def test_two_contents_swapped(scene):
    """The commitment binds a content to one place: neither is taken, both are wanted again."""
    a, b = scene.a, scene.victim
    sent = [a.service.send(B, alert(contents=((TEXT, LARGE),))) for _ in range(2)]
    exchange(a, b)
    loaded = [load_body(a.identity, a.store, own(a, b), (each.index, 0)) for each in sent]
    pairs = zip(sent, reversed(loaded), strict=True)
    scene.taken(scene.liar.pouch(*(body_part(one.index, 0, data[:32], data[32:]) for one, data in pairs)))
    assert [b.service.item(A, each.leaf).present for each in sent] == [(False,), (False,)]
    scene.flows()
    assert {b.service.item(A, each.leaf).verdict for each in sent} == {"accepted"}


@pytest.mark.parametrize(
    ("salt", "content"),
    [(bytes(32), b"A LIE"), (b"s" * 32, b"a lie"), (bytes(32), b"a lie and more"), (bytes(32), b"")],
    ids=["content", "salt", "longer", "empty"],
)
def test_another_content_than_the_one_committed_to(scene, salt, content):
    liar = scene.liar
    data, body = liar.alert(b"a lie")
    index = len(liar.said)
    scene.says(data, lambda index: body_part(index, 0, salt, content))
    b = scene.victim
    held = b.store.read(lambda tx: tx.logs.newest(own(b, scene.a), "held"))
    assert f'"reason":"{"hash" if len(content) == 5 else "size"}"'.encode() in held.data
    assert not any(b.service.inbox(A)[0].present)
    scene.taken(liar.pouch(body(index)))
    assert b.service.inbox(A)[0].verdict == "accepted"
    scene.flows()


@pytest.mark.parametrize("place", [(10_000, 0), (None, 1), (0, 0), (2**53 - 1, 2**53 - 1)], ids=str)
def test_a_content_for_a_place_that_promises_none(scene, place):
    b = scene.victim
    sent = scene.a.service.send(B, alert(contents=((TEXT, LARGE),)))
    exchange(scene.a, b)
    index = sent.index if place[0] is None else place[0]
    before = b.service.status(A)
    scene.taken(scene.liar.pouch(body_part(index, place[1], bytes(32), b"who asked for this?")))
    assert b.service.status(A) == dataclasses.replace(before, have=b.service.status(A).have)
    scene.flows()


def test_a_content_of_another_pair(scene):
    """The same bytes under the same salt in the log of the third party: another commitment."""
    a, b, c = scene.a, scene.victim, scene.third
    theirs = c.service.send(B, alert(contents=((TEXT, LARGE),)))
    exchange(c, b)
    ours = a.service.send(B, alert(contents=((TEXT, LARGE),)))
    exchange(a, b)
    data = load_body(c.identity, c.store, own(c, b), (theirs.index, 0))
    scene.taken(scene.liar.pouch(body_part(ours.index, 0, data[:32], data[32:])))
    assert b.service.item(A, ours.leaf).present == (False,)
    scene.flows()
    assert b.service.item(C, theirs.leaf).verdict == b.service.item(A, ours.leaf).verdict == "accepted"


# --- lies about our log -------------------------------------------------------------------------------------


def test_a_have_with_another_root(scene):
    """Asked in an empty question, and beside something new."""
    liar, b = scene.liar, scene.victim
    size = b.service.status(A).own_size
    data, body = liar.alert()
    lying = (
        liar.pouch(have=(size, bytes(32))),
        liar.pouch(have=(size - 1, bytes(32))),
        liar.pouch(*liar.tells(data), body(len(liar.said)), have=(size, bytes(32))),
    )
    scene.all_refused(lying, ForgedError, "another log")


def test_a_have_of_more_than_there_is(scene):
    size = scene.victim.service.status(A).own_size
    scene.taken(scene.liar.pouch(have=(size + 10, bytes(32))))
    assert scene.victim.service.partner(A).have <= size
    scene.flows()


def test_a_held_with_another_root_is_void(scene):
    index = scene.liar.enter(scene.liar.held(root="01" * 32))
    scene.flows()
    assert scene.outcome(index) == b"illegal void-held"


def test_a_held_of_more_than_there_is_is_void(scene):
    index = scene.liar.enter(scene.liar.held(size=10_000))
    scene.flows()
    assert scene.outcome(index) == b"illegal void-held"


def test_a_held_with_ranges_that_cannot_be(scene):
    liar = scene.liar
    size = len(liar.heard)
    absent = {"reason": "absent"}
    strange = [
        {"missing": [{"from": 5, "to": 5} | absent]},
        {"missing": [{"from": 0, "to": size + 1} | absent]},
        {"came": [{"from": 3, "to": 2}]},
        {"came": [{"from": 1, "to": 3}, {"from": 2, "to": 4}]},
    ]
    indexes = [liar.enter(liar.held(**facts)) for facts in strange]
    scene.flows()
    assert [scene.outcome(index) for index in indexes] == [b"illegal ranges"] * len(strange)


@pytest.mark.parametrize(
    "change",
    [
        lambda size, root: (size, b"\1" * 32),
        lambda size, root: (size + 1, root),
        lambda size, root: (2**53 - 1, root),
    ],
    ids=["root", "size", "far"],
)
def test_a_cosignature_of_a_head_that_was_never_signed(scene, change):
    a, b = scene.a, scene.victim
    b.service.send(A, alert("to be cosigned"))
    deliver(a, pack(b, a).data)
    heard = scene.liar.heard
    at, root = change(len(heard), root_of(heard))
    scene.refused(scene.liar.pouch(scene.liar.cosignature(at, root)), ForgedError, "not ours")


def test_a_record_of_other_digests_is_told(scene):
    """A lie about what the two logs say alarms the victim; everything goes on."""
    b = scene.victim
    facts = {
        "rules": RULES_VERSION,
        "own": {"size": len(scene.liar.said), "digest": "01" * 32},
        "partner": {"size": 1, "digest": "01" * 32},
    }
    index = scene.liar.enter(scene.liar.entry("record", facts=facts))
    settle(scene.a, b)
    assert scene.outcome(index).startswith(b"done")
    assert b.service.status(A).record == "differs"
    scene.flows()
    assert len(rows(b, scene.liar.log)) > index
