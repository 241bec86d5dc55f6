"""A pair that comes back after its store was lost, and what a liar can do to it meanwhile (protocol 6, 7)."""

from dataclasses import replace

import pytest

from mithaq.crypto.notes import Note
from mithaq.demo.rabat import rabat
from mithaq.domain.moment import DAY
from mithaq.domain.party import LogName, Origin
from mithaq.errors import BehindError, ForgedError, ForkError, MalformedError, PeerError
from mithaq.exchange import contents
from mithaq.exchange.about import About
from mithaq.exchange.introduction import ROTATE_AFTER
from mithaq.exchange.packing import Lane
from mithaq.exchange.pair import Draft
from mithaq.exchange.pouch import open_pouch, part_of
from mithaq.exchange.service import ASK_AGAIN
from mithaq.exchange.signing import sign_agreement
from mithaq.exchange.yours import Yours, give
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.head import HEAD_MAX, sign_head
from nodes import A, B, alert, carry, insist, reader, restore, settle, snapshot
from pouches import (
    batch,
    check_equal,
    come_to_rest,
    deliver,
    entries,
    forge,
    head,
    lie_bytes,
    own,
    pack,
    root_of,
    rows,
    take_answer,
)


@pytest.fixture
def nodes(pair):
    """Both nodes; a test that restores one puts it back here, so that it is closed."""
    both = list(pair)
    yield both
    for node in both:
        node.close()


def talk(a, b, text="exercise"):
    """Both say something and settle."""
    said = a.service.send(B, alert(f"{text} of a")), b.service.send(A, alert(f"{text} of b"))
    settle(a, b)
    return said


LOST = {"nothing": (), "sealing": ("sealing",), "sealing-and-days": ("sealing", "day")}


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
def test_an_old_backup_of_one_side(nodes, lost):
    a, b = nodes
    talk(a, b, "before")
    backup = snapshot(a)
    before = a.service.status(B)
    said = [talk(a, b, f"lost {n}") for n in range(5)]
    whole = a.service.status(B)
    a = nodes[0] = restore(a, backup, lost=lost)
    assert a.service.status(B).own_size == before.own_size < whole.own_size
    settle(a, b)
    assert a.store.behind == {}
    a.service.take_up()
    come_to_rest(a, b)
    assert a.service.status(B).own_size >= whole.own_size
    for ours, theirs in said:
        assert a.service.item(B, ours.leaf).verdict == "accepted"
        assert a.service.content(B, theirs.leaf, 0)
        assert b.service.content(A, ours.leaf, 0)
    talk(a, b, "after")
    check_equal(a, b)


# --- what may be taken back -------------------------------------------------------------------------------


@pytest.fixture
def behind(nodes):
    """Node a with a store older than its anchor; b has everything."""
    a, b = nodes
    talk(a, b, "before")
    backup = snapshot(a)
    for n in range(3):
        talk(a, b, f"lost {n}")
    nodes[0] = restore(a, backup)
    return nodes


def question(a, b):
    """The pouch by which a asks, and what b answers."""
    carried = pack(a, b)
    return carried, deliver(b, carried.data)


def lost_entries(a, b):
    """Entries of a's log that b mirrors and a lacks, and where they begin."""
    log = own(a, b)
    return entries(b, log), a.service.status(B).own_size


def yours(said, start, pair, log):
    signed = sign_head(Checkpoint(str(log), len(said), root_of(said)), pair, 1)
    return part_of("yours", Yours(start, signed, said[start:]).pack(), start)


def answer(a, b, *parts, asked=None, have=None, **changes):
    """An answer of a lying b, sealed as a reads it; it claims to hold what it likes."""
    asked = a.store.read(lambda tx: tx.ledger.asked(own(a, b))) if asked is None else asked
    log = entries(b, own(a, b))
    have = have or (len(log), root_of(log))
    public = a.identity.card.sealing
    return forge(
        b, a, *parts, public=public, answers=asked, have=have, mine=len(entries(b, own(b, a))), **changes
    )


def refuses(a, b, data, error=PeerError, match=None):
    """Nothing of it is taken, and a still signs nothing."""
    before = rows(a, own(a, b))
    if error:
        with pytest.raises(error, match=match):
            a.service.take(data)
    else:
        a.service.take(data)
    assert rows(a, own(a, b)) == before
    assert_behind(a)


def assert_behind(a):
    assert a.store.behind
    with pytest.raises(BehindError):
        a.service.send(B, alert("a second history"))


def recovers(a, b):
    for node in (a, b):
        node.clock.offset += ASK_AGAIN
    insist(a, b)
    assert a.store.behind == {}
    come_to_rest(a, b)


def test_the_true_answer_is_taken(behind):
    """What the attacks below change one thing of."""
    a, b = behind
    pack(a, b)
    said, start = lost_entries(a, b)
    log = own(b, a)
    mine = entries(b, log)
    have = a.service.status(B).mirror_size
    parts = [
        yours(said, start, a.identity.log, own(a, b)),
        head(log, mine, b.identity.log),
        batch(mine, have),
    ]
    a.service.take(answer(a, b, *parts))
    assert a.store.behind == {}
    come_to_rest(a, b)


def test_entries_under_a_head_of_another(behind):
    """The partner cannot write our log for us."""
    a, b = behind
    pack(a, b)
    said, start = lost_entries(a, b)
    said[-1] = said[-1].replace(b'"kind":"', b'"kind":"x')
    refuses(a, b, answer(a, b, yours(said, start, b.identity.log, own(a, b))), ForgedError, "not signed")
    recovers(a, b)


def test_entries_that_are_not_those_of_the_head(behind):
    a, b = behind
    pack(a, b)
    said, start = lost_entries(a, b)
    kept = b.store.read(lambda tx: tx.logs.heads(own(a, b), start, 100))[-1]
    whole = said[start : kept.size]
    for wrong in ([*whole[:-1], b"{}"], [*whole[1:], whole[0]], [b"{}", *whole[1:]]):
        part = part_of("yours", Yours(start, Note.parse(kept.note, limit=HEAD_MAX), wrong).pack(), start)
        refuses(a, b, answer(a, b, part), ForgedError, "not what we signed")
    for wrong in (whole[:-1], [*whole, b"{}"], []):
        part = part_of("yours", Yours(start, Note.parse(kept.note, limit=HEAD_MAX), wrong).pack(), start)
        refuses(a, b, answer(a, b, part), MalformedError, "do not end")
    recovers(a, b)


def test_another_history_under_our_own_keys(behind):
    """Whoever has our log key and not our anchor: the root at the anchored size decides."""
    a, b = behind
    pack(a, b)
    said, start = lost_entries(a, b)
    rival = [*said[:start], *said[start + 1 :], said[start]]
    refuses(
        a, b, answer(a, b, yours(rival, start, a.identity.log, own(a, b))), ForgedError, "not what we signed"
    )
    recovers(a, b)


def test_less_than_the_anchor(behind):
    """What comes is kept, since we signed it; but nothing is signed before the anchor is reached."""
    a, b = behind
    pack(a, b)
    said, start = lost_entries(a, b)
    size = len(said) - 1
    part = yours(said[:size], start, a.identity.log, own(a, b))
    a.service.take(answer(a, b, part, have=(size, root_of(said[:size]))))
    assert_behind(a)
    recovers(a, b)


def test_a_partner_that_holds_more_than_it_gives(behind):
    """The anchor may itself be of yesterday: what the partner holds counts as well."""
    a, b = behind
    pack(a, b)
    said, start = lost_entries(a, b)
    log = own(b, a)
    mine, have = entries(b, log), a.service.status(B).mirror_size
    parts = [
        yours(said, start, a.identity.log, own(a, b)),
        head(log, mine, b.identity.log),
        batch(mine, have),
    ]
    a.service.take(answer(a, b, *parts, have=(len(said) + 1, bytes(32))))
    assert_behind(a)
    assert len(entries(a, own(a, b))) == len(said)
    # An older pouch that says less, recorded and sent again, answers nothing.
    a.service.take(answer(a, b, asked=""))
    assert_behind(a)
    recovers(a, b)


@pytest.mark.parametrize("asked", ["", "ab" * 32], ids=["no-answer", "another-id"])
def test_an_answer_to_another_question(behind, asked):
    a, b = behind
    pack(a, b)
    said, start = lost_entries(a, b)
    part = yours(said, start, a.identity.log, own(a, b))
    refuses(a, b, answer(a, b, part, asked=asked), error=None)
    recovers(a, b)


def test_an_old_answer_again(behind, nodes):
    """Recorded at an earlier loss, it names that question: since then more may have been signed."""
    a, b = behind
    backup = snapshot(a)
    carried, old = question(a, b)
    a = nodes[0] = restore(a, backup)
    fresh, _ = question(a, b)
    assert fresh.outgoing.id != carried.outgoing.id
    with pytest.raises(ForgedError, match="another pouch"):
        take_answer(a, fresh, old)
    refuses(a, b, old, error=None)
    recovers(a, b)


def test_given_back_to_a_node_that_has_lost_nothing(nodes):
    a, b = nodes
    said = entries(a, own(a, b))
    more = [*said, b"{}"]
    before = a.service.status(B)
    for asked in ("", "ab" * 32):
        a.service.take(answer(a, b, yours(more, len(said), a.identity.log, own(a, b)), asked=asked))
    assert a.service.status(B) == before


def test_a_replayed_question_is_given_nothing(behind):
    """Else one recorded pouch would make a node send megabytes for ever."""
    a, b = behind
    carried = pack(a, b)
    first = deliver(b, carried.data)
    again = deliver(b, carried.data)
    assert "yours" in kinds_of(a, first)
    assert "yours" not in kinds_of(a, again)


def kinds_of(node, pouch):
    opened = open_pouch(reader([pouch]), node.identity.sealing_key)
    return [part.kind for part in opened.manifest.parts]


def test_a_partner_that_writes_another_history_meanwhile(behind):
    """What it sends now is not what we had cosigned: that is evidence, and the pair stops."""
    a, b = behind
    pack(a, b)
    said, start = lost_entries(a, b)
    have = a.service.status(B).mirror_size
    mine = entries(b, own(b, a))
    rival = [*mine[:have], *(mine[have + 1 :]), mine[have]]
    parts = [
        yours(said, start, a.identity.log, own(a, b)),
        head(own(b, a), rival, b.identity.log),
        batch(rival, have),
    ]
    with pytest.raises(ForkError):
        a.service.take(answer(a, b, *parts))
    problem = a.service.status(B).problem
    evidence = a.service.note(problem.removeprefix("fork "))
    assert str(own(b, a)).encode() in evidence
    assert_behind(a)


def test_a_shorter_rival_history_below_what_we_cosigned(behind):
    """Only the partner's log comes, long enough to reach our anchor: its root there decides."""
    a, b = behind
    pack(a, b)
    have = a.service.status(B).mirror_size
    mine = entries(b, own(b, a))
    quiet = [data for data in mine[have:] if b'"kind":"alert"' in data]
    rival = [*mine[:have], *quiet, *quiet, *quiet, *quiet][: len(mine)]
    data = answer(
        a,
        b,
        head(own(b, a), rival, b.identity.log),
        batch(rival, have),
        have=(1, root_of(lost_entries(a, b)[0][:1])),
    )
    with pytest.raises(ForkError):
        a.service.take(data)
    assert a.service.status(B).problem


def test_contents_that_were_erased_do_not_come_back(nodes):
    """Only what was lost is wanted again: what is gone on purpose stays gone, whoever sends it."""
    a, b = nodes
    sent = a.service.send(B, alert("erased before its day"))
    load = a.service.pouch(B, Lane.PROMPT).load
    bodies = [content for content in load.contents if content.part.kind == "body"]
    settle(a, b)
    assert b.service.item(A, sent.leaf).present == (True,)
    b.store.write(lambda tx: tx.bodies.drop(own(a, b), sent.index))
    deliver(b, forge(a, b, *bodies))
    assert b.service.item(A, sent.leaf).present == (False,)
    day = contents.day_of(b.identity.now()) + 1
    b.store.write(lambda tx: tx.bodies.want(own(a, b), [(sent.index, 0, bytes(32))], day))
    deliver(b, forge(a, b, *bodies))
    assert b.service.item(A, sent.leaf).present == (True,)


def test_what_we_had_erased_goes_once_more(nodes):
    """The backup has it still; our own log says, as soon as it is back, that we erased it."""
    a, b = nodes
    _, theirs = talk(a, b)
    backup = snapshot(a)
    a.service.about(B, About("erasure", (theirs.leaf,), {"reason": "order"}))
    settle(a, b)
    a = nodes[0] = restore(a, backup)
    assert a.service.item(B, theirs.leaf).present == (True,)
    recovers(a, b)
    assert a.service.item(B, theirs.leaf).present == (False,)


def test_notes_that_our_lost_entries_name(nodes):
    """Their digests are in what we signed; the partner leaves them out, or puts false lines under them."""
    a, b = nodes
    talk(a, b)
    backup = snapshot(a)
    mine = sign_agreement(rabat(int(a.clock()), serial=2).text(), A, a.keys.authority)
    a.service.propose(B, bytes(mine))
    settle(a, b)
    a = nodes[0] = restore(a, backup)
    pack(a, b)
    said, start = lost_entries(a, b)
    log = own(b, a)
    theirs = entries(b, log)
    parts = [
        yours(said, start, a.identity.log, own(a, b)),
        head(log, theirs, b.identity.log),
        batch(theirs, a.service.status(B).mirror_size),
    ]
    refuses(a, b, answer(a, b, *parts), MalformedError, "did not come")
    lines = tuple(replace(line, signature=bytes(len(line.signature))) for line in mine.lines)
    false = part_of("note", bytes(Note(mine.text, lines)))
    refuses(a, b, answer(a, b, *parts, false), ForgedError)
    recovers(a, b)


@pytest.mark.parametrize("limit", ["GIVEN_MAX", "GIVEN_ENTRIES_MAX"])
def test_what_is_given_back_at_once_is_bounded(behind, monkeypatch, limit):
    """Its reader folds it in one transaction: beyond the limit not more than the first head covers."""
    a, b = behind
    start = a.service.status(B).own_size
    monkeypatch.setattr(f"mithaq.exchange.yours.{limit}", 1)

    def look(tx):
        (partner,) = tx.ledger.partners()
        return tx.logs.heads(own(a, b), start, 100), give(tx, partner, start)

    heads, (given, rows_) = b.store.read(look)
    assert len(rows_) == len(given.entries) == heads[0].size - start < heads[-1].size - start


def test_what_is_given_back_and_cut_short():
    for data in (b"", b"\0\0\1", b"\0\0\1\0head"):
        with pytest.raises(MalformedError, match="cut short"):
            Yours.parse(0, data)


def test_what_was_given_back_and_did_not_arrive_is_given_again(behind):
    a, b = behind
    for node in (a, b):
        node.clock.offset += ASK_AGAIN * 60  # so that a's numbers are new to b
    carry(b, a, b.service.poll(A))
    for _ in range(2):
        outgoing = b.service.pouch(A, Lane.PROMPT)
        assert "yours" in [content.part.kind for content in outgoing.load.contents]
        b.service.failed(outgoing)
    recovers(a, b)


# --- what a liar's log does to a pair that is behind ------------------------------------------------------


THIRD = LogName(B, Origin("spoc.third.example"))


def mirrored(a, b):
    return rows(a, own(b, a))


@pytest.mark.parametrize(
    "data",
    [
        b'{"kind":"held"',
        Draft("ab" * 16, "held", facts={"of": str(THIRD.other), "size": 99, "root": "ab" * 32, "time": 7})
        .entry(THIRD, 7)
        .data,
    ],
    ids=["no entry", "of another log"],
)
def test_a_void_held_of_the_partner_is_waited_for_by_nobody(nodes, data):
    """The attack: it seems to cover what will never come, and the pair stays behind for ever."""
    a, b = nodes
    backup = snapshot(a)
    lie_bytes(b, a, data)
    talk(a, b, "lost")
    a = nodes[0] = restore(a, backup)
    recovers(a, b)
    assert data in entries(a, own(b, a))


def test_contents_whose_day_has_ended_are_not_wanted_again(nodes):
    a, b = nodes
    backup = snapshot(a)
    b.service.send(A, alert("ended", keep_days=1))
    settle(a, b)
    a = nodes[0] = restore(a, backup)
    for node in nodes:
        node.clock.offset += 3 * DAY
    insist(a, b)
    assert a.store.behind == {}
    assert a.service.status(B).wanted == 0


def test_what_nothing_of_ours_covers_is_bounded_until_it_has_recovered(behind, monkeypatch):
    """The attack: a log of millions, which a pair that cannot say ``held`` would have to take."""
    a, b = behind
    pack(a, b)
    log, have = own(b, a), a.service.status(B).mirror_size
    mine = entries(b, log)
    quiet = [data for data in mine[have:] if b'"kind":"alert"' in data]
    rival = [*mine[:have], *quiet]
    before = mirrored(a, b)
    monkeypatch.setattr("mithaq.exchange.recovery.UNHELD_MAX", 0)
    said = lost_entries(a, b)[0][:1]
    a.service.take(
        answer(a, b, head(log, rival, b.identity.log), batch(rival, have), have=(1, root_of(said)))
    )
    assert mirrored(a, b) == before
    monkeypatch.undo()
    recovers(a, b)


def test_entries_that_begin_beyond_what_we_have(behind):
    """Nothing of them is taken: what lies between might be anything."""
    a, b = behind
    pack(a, b)
    said, start = lost_entries(a, b)
    refuses(a, b, answer(a, b, yours(said, start + 1, a.identity.log, own(a, b))), error=None)
    recovers(a, b)


def test_a_rival_history_that_came_before_our_own_entries(nodes):
    """Shorter than what we cosigned, it shows nothing wrong; what our own entries held does."""
    a, b = nodes
    talk(a, b, "before")
    backup = snapshot(a)
    for n in range(3):
        talk(a, b, f"lost {n}")
    a = nodes[0] = restore(a, backup)
    pack(a, b)
    said, start = lost_entries(a, b)
    log, have = own(b, a), a.service.status(B).mirror_size
    mine = entries(b, log)
    quiet = [data for data in mine[have:] if b'"kind":"alert"' in data]
    rival = [*mine[:have], *reversed(quiet)]
    first = answer(a, b, head(log, rival, b.identity.log), batch(rival, have), have=(1, root_of(said[:1])))
    a.service.take(first)
    assert len(mirrored(a, b)) == len(rival)
    with pytest.raises(ForkError, match="does not follow"):
        a.service.take(answer(a, b, yours(said, start, a.identity.log, own(a, b))))
    assert a.service.status(B).problem
    assert_behind(a)


def test_a_head_unasked_replaces_none_of_ours(nodes):
    """The attack: the true size and root, under false lines, which we would show in receipts from then on."""
    a, b = nodes
    talk(a, b)
    log = own(a, b)
    said = entries(a, log)
    before = a.store.read(lambda tx: tx.logs.heads(log, 0, 1_000))
    a.service.take(answer(a, b, yours(said, len(said), b.identity.log, log), asked="ab" * 32))
    assert a.store.read(lambda tx: tx.logs.heads(log, 0, 1_000)) == before
    nodes[0] = restore(a, snapshot(a))


def test_unasked_while_behind_it_replaces_none_either(behind):
    a, b = behind
    pack(a, b)
    said, start = lost_entries(a, b)
    log = own(a, b)
    before = a.store.read(lambda tx: tx.logs.heads(log, 0, 1_000))
    part = yours(said[:start], start, b.identity.log, log)
    refuses(a, b, answer(a, b, part, asked="ab" * 32), error=None)
    assert a.store.read(lambda tx: tx.logs.heads(log, 0, 1_000)) == before
    recovers(a, b)


def given_back(a, b, size):
    """Give a so much of its log; how much of it is there then, and the heads over what is new."""
    pack(a, b)
    said, start = lost_entries(a, b)
    part = yours(said[:size], start, a.identity.log, own(a, b))
    a.service.take(answer(a, b, part, have=(size, root_of(said[:size]))))
    taken = len(entries(a, own(a, b)))
    assert taken > start
    return taken, a.store.read(lambda tx: tx.logs.heads(own(a, b), start, 100))


def test_the_head_of_what_came_back_is_kept(behind):
    """A log whose newest entries no head covers could be neither proved nor backed up."""
    a, b = behind
    size = a.service.status(B).own_size + 1
    taken, (head,) = given_back(a, b, size)
    assert (taken, head.size) == (size, size)
    assert head.root == root_of(entries(a, own(a, b)))
    recovers(a, b)


def test_no_head_is_kept_of_entries_that_still_wait(behind):
    a, b = behind
    size = len(entries(b, own(a, b))) - 1
    taken, heads = given_back(a, b, size)
    assert taken < size
    assert heads == []
    recovers(a, b)


def test_more_than_the_anchor_in_several_answers(nodes, monkeypatch):
    """The anchor is itself of yesterday: what was given back lies beyond it, and more comes."""
    monkeypatch.setattr("mithaq.exchange.yours.GIVEN_ENTRIES_MAX", 2)
    a, b = nodes
    backup = snapshot(a)
    talk(a, b, "in the anchor")
    anchor = a.directory / "anchor" / "heads"
    yesterday = anchor.read_bytes()
    for n in range(3):
        talk(a, b, f"after the anchor {n}")
    said = entries(b, own(a, b))
    anchor.write_bytes(yesterday)
    a = nodes[0] = restore(a, backup)
    recovers(a, b)
    assert entries(a, own(a, b))[: len(said)] == said


@pytest.mark.parametrize("lost", [(), ("sealing",)], ids=["here", "gone"])
def test_a_sealing_key_that_we_had_announced_counts_while_its_file_is_here(nodes, lost):
    """The attack: contents sealed to a key that nobody has any more."""
    a, b = nodes
    a.service.housekeep()
    backup = snapshot(a)
    for node in (a, b):
        node.clock.offset += ROTATE_AFTER
        node.service.housekeep()
    settle(a, b)
    known = {row.public for row in a.store.read(lambda tx: tx.ledger.sealing_keys(own(a, b)))}
    a = nodes[0] = restore(a, backup, lost=lost)
    old = {row.public for row in a.store.read(lambda tx: tx.ledger.sealing_keys(own(a, b)))}
    announced = known - old
    assert announced
    recovers(a, b)
    again = {row.public for row in a.store.read(lambda tx: tx.ledger.sealing_keys(own(a, b)))}
    assert again & announced == (set() if lost else announced)
