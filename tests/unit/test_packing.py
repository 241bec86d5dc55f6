"""What goes into the next pouch: overlap, repetition and crossing change nothing in the end (protocol 7)."""

import pytest

from mithaq.errors import ForgedError, StaleError
from mithaq.exchange.packing import PROMPT_BODY_MAX, PROMPT_TARGET, Lane, Outbox, load_body
from nodes import TEXT, A, B, alert, settle
from pouches import come_to_rest, deliver, exchange, forge, own, pack, poll, rows, take_answer

LARGE = bytes([65]) * (PROMPT_BODY_MAX + 1)
MIDDLE = bytes([66]) * PROMPT_BODY_MAX


def kinds(carried):
    return [part.part.kind for part in carried.outgoing.load.contents]


def test_nothing_to_say_is_no_pouch(pair):
    a, b = pair
    assert a.service.pouch(B, Lane.PROMPT) is None
    assert a.service.pouch(B, Lane.BULK) is None
    assert poll(a, b).outgoing.load.empty


def test_a_prompt_pouch_has_head_entries_and_small_contents(pair):
    a, b = pair
    a.service.send(B, alert())
    assert kinds(pack(a, b)) == ["head", "entries", "body"]


def test_alerts_go_first_and_small_before_large(pair):
    a, b = pair
    sent = [
        a.service.send(B, message)
        for message in (
            alert("xxxx", kind="information", facts={"status": "exercise"}),
            alert("a longer alert"),
            alert("an alert"),
        )
    ]
    assert pack(a, b).outgoing.load.bodies == tuple((sent[at].index, 0) for at in (2, 1, 0))


def test_what_does_not_fit_goes_in_the_next_one(pair):
    a, b = pair
    sent = [a.service.send(B, alert(contents=((TEXT, MIDDLE),))) for _ in range(4)]
    first = pack(a, b)
    assert first.outgoing.load.size < sent[-1].index + 1
    assert first.outgoing.size < PROMPT_TARGET * 1.2
    settle(a, b)
    come_to_rest(a, b)


def test_several_contents_of_one_entry_that_do_not_fit_are_wanted(pair):
    a, b = pair
    sent = a.service.send(B, alert(contents=((TEXT, MIDDLE),) * 4))
    exchange(a, b)
    assert sum(b.service.item(A, sent.leaf).present) < 4
    assert a.service._outbox(a.service.partner(B)).wants
    settle(a, b)
    come_to_rest(a, b)


def test_the_bulk_lane_carries_what_is_wanted_and_nothing_twice_at_once(pair):
    a, b = pair
    sent = a.service.send(B, alert(contents=((TEXT, LARGE), (TEXT, LARGE))))
    assert a.service.pouch(B, Lane.BULK) is None  # nobody has asked yet
    exchange(a, b)
    bulk = pack(a, b, Lane.BULK)
    assert bulk.outgoing.load.bodies == ((sent.index, 0), (sent.index, 1))
    assert a.service.pouch(B, Lane.BULK) is None  # it is under way
    a.service.failed(bulk.outgoing)
    again = pack(a, b, Lane.BULK)
    assert again.outgoing.load.bodies == bulk.outgoing.load.bodies
    take_answer(a, again, deliver(b, again.data))
    assert b.service.item(A, sent.leaf).verdict == "accepted"
    come_to_rest(a, b)


def test_wants_that_cannot_be_met_are_passed_over(pair):
    """The attack: a partner asks for what there is not, to have a pouch fail."""
    a, b = pair
    sent = a.service.send(B, alert(contents=((TEXT, LARGE),)))
    exchange(a, b)
    wants = ((0, 0), (sent.index, 7), (10**9, 0), (sent.index, 0))
    deliver(a, forge(b, a, want=wants))
    assert pack(a, b, Lane.BULK).outgoing.load.bodies == ((sent.index, 0),)


def test_a_pouch_of_bulk_has_a_size_at_which_it_ends(pair, monkeypatch):
    from mithaq.exchange import packing

    a, b = pair
    monkeypatch.setattr(packing, "BULK_TARGET", len(LARGE) + 1)
    sent = a.service.send(B, alert(contents=((TEXT, LARGE), (TEXT, LARGE))))
    exchange(a, b)
    assert pack(a, b, Lane.BULK).outgoing.load.bodies == ((sent.index, 0),)
    assert pack(a, b, Lane.BULK).outgoing.load.bodies == ((sent.index, 1),)


def test_heads_beyond_one_pouch_wait(pair):
    """More entries than one pouch may have: several pouches, in log order."""
    from mithaq.exchange.pair import Draft, Pair

    a, b = pair
    log = own(a, b)
    key = a.identity.card.sealing.hex()

    def say(tx):
        for _ in range(600):
            Pair.of(tx, a.identity, log).say(
                Draft(a.identity.random(16).hex(), "keys", facts={"sealing": key})
            )

    for _ in range(2):
        a.store.write(say)
    size = a.service.status(B).own_size
    first = pack(a, b)
    assert first.outgoing.load.size == size - 600
    take_answer(a, first, deliver(b, first.data))
    assert b.service.status(A).mirror_size == size - 600
    exchange(a, b)
    assert b.service.status(A).mirror_size >= size


# --- crossing, repetition, reordering ---------------------------------------------------------------------


def test_one_pouch_delivered_many_times(pair):
    a, b = pair
    a.service.send(B, alert())
    carried = pack(a, b)
    answers = [deliver(b, carried.data) for _ in range(3)]
    take_answer(a, carried, answers[1])
    take_answer(a, carried, answers[0])
    come_to_rest(a, b)


def test_a_lost_answer(pair):
    a, b = pair
    sent = a.service.send(B, alert())
    carried = pack(a, b)
    deliver(b, carried.data)
    a.service.failed(carried.outgoing)
    assert a.service.item(B, sent.leaf).held == 0
    exchange(a, b)
    assert a.service.item(B, sent.leaf).verdict == "accepted"
    come_to_rest(a, b)


def test_the_cosignature_of_a_lost_answer_comes_with_the_next(pair):
    """Else a receipt would never be complete."""
    a, b = pair
    sent = a.service.send(B, alert())
    carried = pack(a, b)
    deliver(b, carried.data)
    deliver(b, carried.data)
    come_to_rest(a, b)
    assert a.service.status(B).cosigned > sent.index


def test_swapped_answers_do_not_count(pair):
    a, b = pair
    a.service.send(B, alert("one"))
    one = pack(a, b)
    a.service.send(B, alert("two"))
    two = pack(a, b)
    answers = [deliver(b, each.data) for each in (one, two)]
    for carried, answer in ((one, answers[1]), (two, answers[0])):
        with pytest.raises(ForgedError, match="another pouch"):
            take_answer(a, carried, answer)
    come_to_rest(a, b)


def test_pouches_that_cross(pair):
    a, b = pair
    a.service.send(B, alert("from a"))
    b.service.send(A, alert("from b"))
    one, other = pack(a, b), pack(b, a)
    to_a, to_b = deliver(b, one.data), deliver(a, other.data)
    take_answer(b, other, to_b)
    take_answer(a, one, to_a)
    come_to_rest(a, b)


def test_a_newer_pouch_that_comes_first(pair):
    """The older one takes effect, but says nothing of now: its answer is short (protocol 7)."""
    a, b = pair
    a.service.send(B, alert("one"))
    old = pack(a, b)
    b.service.send(A, alert("meanwhile"))
    exchange(b, a)
    have = b.service.status(A).have
    assert have > old.outgoing.load.manifest.have[0]
    answer = deliver(b, old.data)
    assert b.service.status(A).have == have
    assert len(answer) < 20_000
    take_answer(a, old, answer)
    come_to_rest(a, b)


def test_what_an_old_pouch_wanted_is_not_sent_again(pair):
    a, b = pair
    b.service.send(A, alert(contents=((TEXT, LARGE),)))
    exchange(b, a)
    old = poll(a, b)
    assert old.outgoing.load.manifest.want
    settle(a, b)
    deliver(b, old.data)
    assert b.service.pouch(A, Lane.BULK) is None


def test_a_pouch_that_starts_too_far_on_is_set_aside(pair):
    """Nobody is blamed: the entries between are still under way, and come."""
    a, b = pair
    a.service.send(B, alert("lost on the way"))
    lost = pack(a, b)
    behind = a.service.send(B, alert("behind it"))
    partner = a.service.partner(B)
    import dataclasses

    ahead = dataclasses.replace(partner, have=lost.outgoing.load.size)
    load = a.service._packer.pack(ahead, Outbox(), Lane.PROMPT)
    before = rows(b, own(a, b))
    sealed = a.service._seal(partner, load, to_card=False)
    deliver(b, b"".join(sealed.pieces))
    assert rows(b, own(a, b)) == before
    assert not b.service.status(A).problem
    come_to_rest(a, b)
    assert a.service.item(B, behind.leaf).verdict == "accepted"


def test_overlap_takes_only_what_is_new(pair):
    a, b = pair
    a.service.send(B, alert("one"))
    first = pack(a, b)
    deliver(b, first.data)
    a.service.send(B, alert("two"))
    second = pack(a, b)  # a has heard nothing and starts from the same entry
    assert second.outgoing.load.contents[1].part.index == first.outgoing.load.contents[1].part.index
    take_answer(a, second, deliver(b, second.data))
    come_to_rest(a, b)


def test_a_content_that_ended_while_its_pouch_was_packed(pair):
    a, b = pair
    sent = a.service.send(B, alert())
    carried = a.service.pouch(B, Lane.PROMPT)
    a.store.write(lambda tx: tx.bodies.drop(own(a, b), sent.index))
    with pytest.raises(StaleError, match="has ended"):
        b"".join(carried.pieces)
    with pytest.raises(StaleError):
        load_body(a.identity, a.store, own(a, b), (10**6, 0))


def test_who_cannot_be_reached_asks_and_gets_large_contents_too(pair):
    """b never calls: whatever it says comes in answers (protocol 7)."""
    a, b = pair
    sent = [b.service.send(A, alert()), b.service.send(A, alert(contents=((TEXT, LARGE),)))]
    for _ in range(8):
        carried = poll(a, b)
        take_answer(a, carried, deliver(b, carried.data))
        while outgoing := a.service.pouch(B, Lane.PROMPT):
            from nodes import carry

            carry(a, b, outgoing)
    assert [b.service.item(A, each.leaf).verdict for each in sent] == ["accepted", "accepted"]
    assert a.service.content(B, sent[1].leaf, 0) == LARGE
