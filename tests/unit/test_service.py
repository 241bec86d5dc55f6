"""The one door to a node: items, receipts, status, and who is woken."""

import pytest

from mithaq.audit.verify import verify_receipt
from mithaq.errors import ForgedError, PeerError, StaleError, UsageError
from mithaq.exchange.packing import PROMPT_BODY_MAX, Lane
from mithaq.exchange.service import Service
from nodes import TEXT, A, B, alert, reader, settle
from pouches import come_to_rest, deliver, exchange, forge, lie_bytes, pack, poll, take_answer

LARGE = bytes([65]) * (PROMPT_BODY_MAX + 1)


def test_an_item_is_found_by_the_first_digits_of_its_leaf(pair):
    a, _ = pair
    sent = a.service.send(B, alert())
    assert a.service.item(B, sent.leaf[:8]).leaf == sent.leaf
    assert a.service.item(B, sent.leaf) == a.service.sent(B)[0]
    for wrong in ("", sent.leaf[:7], "zzzzzzzz", sent.leaf.upper(), "0" * 64, sent.leaf + "0"):
        with pytest.raises(UsageError):
            a.service.item(B, wrong)


def test_newest_first_and_not_more_than_asked_for(pair):
    a, b = pair
    said = [a.service.send(B, alert(str(n))).leaf for n in range(5)]
    settle(a, b)
    assert [item.leaf for item in b.service.inbox(A, limit=3)] == said[:1:-1]
    assert [item.leaf for item in a.service.sent(B)] == said[::-1]
    assert a.service.inbox(B) == []


def test_what_is_void_is_no_item(pair):
    a, b = pair
    lie_bytes(a, b, b"{}")
    settle(a, b)
    assert b.service.inbox(A) == []


def test_an_item_climbs_its_ladder(pair):
    a, b = pair
    sent = a.service.send(B, alert(contents=((TEXT, LARGE),)))
    item = a.service.item(B, sent.leaf)
    assert (item.ours, item.reading, item.held, item.verdict, item.present) == (True, "sent", 0, "", (True,))
    exchange(a, b)
    assert a.service.item(B, sent.leaf).held == 0  # not in full
    settle(a, b)
    item, mirrored = a.service.item(B, sent.leaf), b.service.item(A, sent.leaf)
    assert item.held == mirrored.held > 0
    assert (mirrored.ours, mirrored.verdict, mirrored.codes) == (False, "accepted", ())


def test_a_receipt_has_the_rungs_that_were_climbed(pair):
    a, b = pair
    cards = [bytes(node.identity.card_note) for node in pair]
    fingerprints = [node.fingerprint for node in pair]
    sent = a.service.send(B, alert())
    report = verify_receipt(a.service.receipt(B, sent.leaf), cards, fingerprints)
    assert (report.leaf, report.held, report.verdict) == (sent.leaf, 0, "")
    settle(a, b)
    for node, partner in ((a, B), (b, A)):
        report = verify_receipt(node.service.receipt(partner, sent.leaf), cards, fingerprints)
        assert (report.leaf, report.verdict) == (sent.leaf, "accepted")
        assert report.held == node.service.item(partner, sent.leaf).held


def test_status_says_where_the_pair_stands(pair):
    a, b = pair
    before = a.service.status(B)
    assert (before.own_root, before.mirror_root) == (
        b.service.status(A).mirror_root,
        b.service.status(A).own_root,
    )
    a.service.send(B, alert())
    now = a.service.status(B)
    assert (now.own_size, now.have) == (before.own_size + 1, before.own_size)
    settle(a, b)
    now = a.service.status(B)
    assert now.have == now.own_size == b.service.status(A).mirror_size
    assert (now.wanted, now.problem) == (0, "")


def test_unknown_names(pair):
    a, _ = pair
    with pytest.raises(UsageError, match="no such partner"):
        a.service.status("spoc.nobody.example")
    with pytest.raises(UsageError, match="no such note"):
        a.service.note("ab" * 32)
    sent = a.service.send(B, alert())
    with pytest.raises(StaleError):
        a.service.content(B, sent.leaf, 1)


def test_whoever_has_to_act_is_woken_after_the_commit(pair):
    a, b = pair
    woken = []
    service = Service(
        a.identity, a.store, lambda origin: woken.append((origin, a.service.status(B).own_size))
    )
    size = a.service.status(B).own_size
    service.send(B, alert())
    assert woken == [(B, size + 1)]
    woken.clear()
    service.housekeep()  # a record is due
    assert woken == [(B, size + 2)]
    woken.clear()
    service.housekeep()
    assert woken == []
    b.service.send(A, alert())
    carried = pack(b, a)
    b"".join(service.receive(reader([carried.data])))
    assert [origin for origin, _ in woken] == [B]


def test_a_stopped_pair_takes_and_says_nothing(pair):
    from dataclasses import replace

    a, b = pair
    b.store.write(lambda tx: tx.ledger.put_partner(replace(b.service.partner(A), problem="fork x")))
    b.service.send(A, alert())
    for lane in Lane:
        assert b.service.pouch(A, lane) is None
    with pytest.raises(ForgedError, match="stopped"):
        deliver(b, forge(a, b))


def test_after_an_answer_the_same_is_not_sent_at_once_again(pair):
    """Else both sides would say in a pouch what has just gone in an answer."""
    a, b = pair
    a.service.send(B, alert())
    carried = pack(a, b)
    answer = deliver(b, carried.data)
    assert b.service.pouch(A, Lane.PROMPT) is None
    b.clock.offset += 3
    assert b.service.pouch(A, Lane.PROMPT) is not None  # the answer seems lost
    take_answer(a, carried, answer)
    come_to_rest(a, b)


def test_an_empty_question_costs_no_commit(pair):
    a, b = pair
    committed = []
    write = b.store.write
    b.store.write = lambda work: committed.append(1) or write(work)
    for _ in range(3):
        carried = poll(a, b)
        take_answer(a, carried, deliver(b, carried.data))
    assert committed == []


def test_an_answer_is_no_answer_to_nobody(pair):
    a, b = pair
    carried = poll(a, b)
    deliver(b, carried.data)
    with pytest.raises(PeerError):
        take_answer(a, carried, forge(b, a, answers="00" * 32))


def test_more_small_contents_than_a_pouch_has_parts(pair):
    a, b = pair
    contents = tuple((TEXT, f"part {n}".encode()) for n in range(64))
    sent = [a.service.send(B, alert(contents=contents)) for _ in range(25)]
    settle(a, b)
    assert {b.service.item(A, each.leaf).verdict for each in sent} == {"accepted"}
