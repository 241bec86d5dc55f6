"""Putting a text in force, and the daily digests of both logs (protocol 4 and 11)."""

import pytest

from mithaq.demo.rabat import rabat
from mithaq.domain.agreement import Agreement
from mithaq.domain.entry import Entry
from mithaq.domain.moment import DAY
from mithaq.domain.party import Origin
from mithaq.errors import ForgedError, LimitError, MalformedError, RefusedError, UsageError
from mithaq.exchange.signing import NOTE_MAX, sign_agreement
from nodes import A, B, agree, alert, introduce, make_node, settle
from pouches import come_to_rest, own, rows
from signed_texts import keys


@pytest.fixture
def two(tmp_path):
    """Two nodes that know each other and have agreed on nothing."""
    a, b = make_node(tmp_path / "a", "a", A), make_node(tmp_path / "b", "b", B)
    introduce(a, b)
    settle(a, b)
    yield a, b
    a.close()
    b.close()


def signed(node, text):
    return bytes(sign_agreement(text, node.origin, node.keys.authority))


def readings(node, partner):
    return [thing.reading for thing in node.service.agreements(partner.origin)]


def text_of(node, **changes):
    return rabat(int(node.clock()), **changes).text()


def test_from_proposal_to_force(two):
    a, b = two
    text = text_of(a)
    name = a.service.propose(B, signed(a, text))
    settle(a, b)
    assert readings(a, b) == readings(b, a) == ["proposed"]
    assert b.service.cosign(signed(b, text)) == name
    b.service.activate(A, name)
    settle(a, b)
    assert readings(a, b) == readings(b, a) == ["awaited"]
    with pytest.raises(UsageError, match="no text is in force"):
        a.service.send(B, alert())
    a.service.activate(B, name)
    settle(a, b)
    assert readings(a, b) == readings(b, a) == ["agreed"]
    assert Agreement.parse(text).digest == name
    assert a.service.note(name) == b.service.note(name)  # both keep all four lines in one order
    a.service.send(B, alert())
    come_to_rest(a, b)


def test_both_sides_may_propose_the_same_text(two):
    a, b = two
    text = text_of(a)
    name = a.service.propose(B, signed(a, text))
    assert b.service.propose(A, signed(b, text)) == name
    settle(a, b)
    for node, partner in ((a, B), (b, A)):
        node.service.activate(partner, name)
    settle(a, b)
    assert readings(a, b) == readings(b, a) == ["agreed"]


def test_a_proposal_needs_our_own_authority(two):
    a, b = two
    text = text_of(a)
    for note in (signed(b, text), bytes(sign_agreement(text, A, keys("c").authority))):
        with pytest.raises(ForgedError):
            a.service.propose(B, note)
    assert readings(a, b) == []
    assert len(rows(a, own(a, b))) == a.service.status(B).have


def test_a_text_with_somebody_else_is_not_proposed_to_this_partner(two):
    a, _ = two
    text = text_of(a, origins=(A, Origin("spoc.interior-medan.example")))
    with pytest.raises(MalformedError):
        a.service.propose(B, signed(a, text))


@pytest.mark.parametrize("data", [b"", b"no note\n", b"x" * (NOTE_MAX + 1)])
def test_what_is_no_note(two, data):
    a, _ = two
    for use in (lambda: a.service.propose(B, data), lambda: a.service.cosign(data)):
        with pytest.raises((MalformedError, LimitError)):
            use()


def test_nothing_is_proposed_or_activated_twice(two):
    a, b = two
    text = text_of(a)
    name = a.service.propose(B, signed(a, text))
    with pytest.raises(RefusedError, match="no-such-step"):
        a.service.propose(B, signed(a, text))
    settle(a, b)
    b.service.cosign(signed(b, text))
    b.service.activate(A, name)
    with pytest.raises(RefusedError, match="no-such-step"):
        b.service.activate(A, name)


def test_an_activation_needs_a_known_text_and_both_authorities(two):
    a, b = two
    with pytest.raises(UsageError, match="no such text"):
        a.service.activate(B, "ab" * 32)
    text = text_of(a)
    name = a.service.propose(B, signed(a, text))
    settle(a, b)
    before = len(rows(b, own(b, a)))
    for node, partner in ((a, B), (b, A)):
        with pytest.raises(ForgedError):
            node.service.activate(partner, name)
    assert len(rows(b, own(b, a))) == before


def test_signatures_of_a_text_that_nobody_proposed_are_not_kept(two):
    a, _ = two
    with pytest.raises(UsageError, match="nobody has proposed"):
        a.service.cosign(signed(a, text_of(a)))


def test_a_text_activated_too_late_is_refused(two):
    a, b = two
    text = text_of(a)
    name = a.service.propose(B, signed(a, text))
    settle(a, b)
    b.service.cosign(signed(b, text))
    b.clock.offset += 31 * DAY
    with pytest.raises(RefusedError, match="late"):
        b.service.activate(A, name)


def test_the_next_text_takes_the_place_of_the_first(two):
    a, b = two
    first = agree(a, b)
    asked = a.service.send(B, alert("under the first"))
    second = agree(a, b, serial=2, previous=first.digest)
    sent = a.service.send(B, alert("under the second"))
    assert a.service.item(B, asked.leaf).entry.agreement == first.digest
    assert a.service.item(B, sent.leaf).entry.agreement == second.digest
    come_to_rest(a, b)


def test_a_text_that_follows_another_is_refused(two):
    a, b = two
    agree(a, b)
    text = text_of(a, serial=2, previous="ab" * 32)
    name = a.service.propose(B, signed(a, text))
    settle(a, b)
    b.service.cosign(signed(b, text))
    with pytest.raises(RefusedError, match="previous"):
        b.service.activate(A, name)


# --- the daily record -------------------------------------------------------------------------------------


def records(node, partner):
    return [Entry.parse(row.data) for row in rows(node, own(node, partner)) if row.kind == "record"]


def test_a_record_is_entered_once_a_day_and_makes_no_held_due(pair):
    a, b = pair
    for _ in range(3):
        a.service.housekeep()
    assert len(records(a, b)) == 1
    size = b.service.status(A).own_size
    settle(a, b)
    assert b.service.status(A).own_size == size
    a.clock.offset += DAY - 2
    a.service.housekeep()
    assert len(records(a, b)) == 1
    a.clock.offset += 3
    a.service.housekeep()
    assert len(records(a, b)) == 2


def test_both_sides_enter_the_same_digests(pair):
    a, b = pair
    a.service.send(B, alert())
    settle(a, b)
    a.service.housekeep()
    b.service.housekeep()
    come_to_rest(a, b)
    (mine,), (theirs,) = records(a, b), records(b, a)
    record = b.service.record(A)
    side = record.pair.index(A)
    for entry, author in ((mine, side), (theirs, 1 - side)):
        assert entry.facts["own"]["digest"] == record.digest(author, entry.facts["own"]["size"]).hex()
        assert (
            entry.facts["partner"]["digest"]
            == record.digest(1 - author, entry.facts["partner"]["size"]).hex()
        )


def test_without_anything_held_there_is_nothing_to_record(tmp_path):
    a, b = make_node(tmp_path / "a", "a", A), make_node(tmp_path / "b", "b", B)
    introduce(a, b)
    a.service.housekeep()
    assert [row.kind for row in rows(a, own(a, b))] == ["card", "keys"]
    a.close()
    b.close()
