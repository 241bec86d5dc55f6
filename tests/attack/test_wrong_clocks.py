"""A clock that jumps: what both nodes say, take, refuse and destroy (protocol 10, docs/adr/0014)."""

import pytest

from mithaq.domain.entry import Entry
from mithaq.domain.moment import DAY
from mithaq.domain.rules import SKEW
from mithaq.errors import StaleError
from mithaq.exchange.alarms import AHEAD, BACK, LEAPT
from mithaq.exchange.packing import Lane
from mithaq.exchange.service import GRACE, Service
from nodes import A, B, alert, carry, reader, settle
from pouches import check_equal, own, rows


def heard(node, partner):
    """What the node said of the partner's log, its last word first."""
    kept = [row for row in rows(node, own(node, partner)) if row.kind == "held"]
    return [Entry.parse(row.data).facts["time"] for row in reversed(kept)]


def verdict(reader, author, sent):
    item = reader.service.item(author.origin, sent.leaf)
    return item.codes or item.verdict


def both_ways(pair):
    """(author, reader) for each direction."""
    a, b = pair
    return ((a, b), (b, a))


@pytest.fixture(params=[0, 1], ids=["a", "b"])
def sides(pair, request):
    """The node whose clock jumps, and the other; both have run for ten days."""
    for node in pair:
        node.clock.offset = 10 * DAY
    for author, other in both_ways(pair):
        author.service.send(other.origin, alert("before"))
    settle(*pair)
    return both_ways(pair)[request.param]


@pytest.mark.parametrize("jump", [600, 3_600, 3 * DAY, 300 * DAY])
def test_a_clock_that_was_ahead_and_was_put_right(sides, jump):
    """``held.time`` of then stands in its log for good; both go on as if it did not."""
    wrong, right = sides
    wrong.clock.offset += jump
    right.service.send(wrong.origin, alert("held in the future"))
    settle(wrong, right)
    assert heard(wrong, right)[0] >= right.identity.now() + jump - 60
    wrong.clock.offset -= jump
    said = wrong.service.send(right.origin, alert("right again", keep_days=1))
    came = right.service.send(wrong.origin, alert("to it", keep_days=1))
    settle(wrong, right)
    assert verdict(right, wrong, said) == "accepted"
    assert verdict(wrong, right, came) == "accepted"
    assert abs(heard(wrong, right)[0] - right.identity.now()) <= 2 * SKEW
    check_equal(wrong, right)


def test_what_was_said_late_after_a_clock_was_put_right(sides):
    """It arrives when the time has come that the wrong clock showed: that proves nothing then either."""
    wrong, right = sides
    wrong.clock.offset += 3_600
    right.service.send(wrong.origin, alert("held in the future"))
    settle(wrong, right)
    wrong.clock.offset -= 3_600
    said = wrong.service.send(right.origin, alert("right again"))
    pouch = b"".join(wrong.service.pouch(right.origin, Lane.PROMPT).pieces)
    for node in sides:
        node.clock.offset += 7_200
    right.service.receive(reader([pouch]))
    assert verdict(right, wrong, said) == "accepted"


def test_a_time_that_comes_with_what_was_said_after_it_binds_nobody(sides):
    """The answer with the ``held`` of the wrong clock is lost; both come hours later, in one pouch."""
    wrong, right = sides
    wrong.clock.offset += 3_600
    right.service.send(wrong.origin, alert("held in the future"))
    wrong.service.receive(reader(right.service.pouch(wrong.origin, Lane.PROMPT).pieces))
    wrong.clock.offset -= 3_600
    said = wrong.service.send(right.origin, alert("right again"))
    for node in sides:
        node.clock.offset += 7_200
    settle(wrong, right)
    assert verdict(right, wrong, said) == "accepted"
    check_equal(wrong, right)


@pytest.mark.parametrize("jump", [200, 600, 3_600, 3 * DAY])
def test_a_clock_that_went_back(sides, jump):
    """The partner has believed our ``held.time``: what we say stays at most S below it."""
    wrong, right = sides
    wrong.clock.offset -= jump
    said = [wrong.service.send(right.origin, alert(text, keep_days=1)) for text in ("one", "two")]
    settle(wrong, right)
    assert {verdict(right, wrong, each) for each in said} == {"accepted"}
    assert wrong.service.item(right.origin, said[0].leaf).entry.at >= heard(wrong, right)[0] - 300
    check_equal(wrong, right)


def test_a_clock_that_is_behind_still_refuses_what_comes_from_ahead(sides):
    """It cannot know better; the entry stands in both logs, and the refusal tells both operators."""
    wrong, right = sides
    for node in sides:
        node.clock.offset += 7_200
    wrong.clock.offset -= 7_200
    said = right.service.send(wrong.origin, alert("at the right time"))
    settle(wrong, right)
    assert verdict(wrong, right, said) == ("clock",)
    wrong.clock.offset += 7_200
    again = right.service.send(wrong.origin, alert("again"))
    settle(wrong, right)
    assert verdict(wrong, right, again) == "accepted"


def test_contents_end_by_the_readers_clock_of_now(sides):
    """Not by a ``held.time`` that never falls."""
    wrong, right = sides
    wrong.clock.offset += 3 * DAY
    early = right.service.send(wrong.origin, alert("ended for it", keep_days=1))
    settle(wrong, right)
    assert verdict(wrong, right, early) == ("expired",)
    wrong.clock.offset -= 3 * DAY
    sent = right.service.send(wrong.origin, alert("has not ended", keep_days=1))
    settle(wrong, right)
    assert verdict(wrong, right, sent) == "accepted"
    assert wrong.service.content(right.origin, sent.leaf, 0) == b"has not ended"


def test_two_clocks_that_were_ahead_one_after_the_other(pair):
    """What a wrong clock confirmed is forgotten when it has been put right."""
    a, b = pair
    a.clock.offset += 3 * DAY
    b.service.send(A, alert("held in the future"))
    carry(b, a, b.service.pouch(A, Lane.PROMPT))
    a.clock.offset -= 3 * DAY
    b.clock.offset += 3 * DAY
    settle(a, b)
    b.clock.offset -= 3 * DAY
    a.service.send(B, alert("tells b's clock"))
    settle(a, b)
    said = a.service.send(B, alert("all is well"))
    settle(a, b)
    assert verdict(b, a, said) == "accepted"


# --- pouches ----------------------------------------------------------------------------------------------


def test_a_node_that_starts_again_with_an_earlier_clock_is_not_old(sides):
    """Its pouches of before had a higher ``n``, and no answer to them came that would have kept it."""
    wrong, right = sides
    wrong.clock.offset += 3 * DAY
    wrong.service.send(right.origin, alert("its answer is lost"))
    right.service.receive(reader(wrong.service.pouch(right.origin, Lane.PROMPT).pieces))
    wrong.clock.offset -= 3 * DAY
    wrong.service = Service(wrong.identity, wrong.store)
    newest = right.service.partner(wrong.origin).newest
    right.service.send(wrong.origin, alert("to it"))
    pouch = right.service.pouch(wrong.origin, Lane.PROMPT)
    right.service.answered(pouch, reader(wrong.service.receive(reader(pouch.pieces))))
    assert right.service.partner(wrong.origin).newest > newest
    assert right.service.partner(wrong.origin).have == pouch.load.size


def test_an_answer_that_was_lost_is_not_waited_for_by_a_clock_that_went_back(sides):
    wrong, right = sides
    wrong.service.send(right.origin, alert("in an answer that is lost"))
    wrong.service.receive(reader(right.service.poll(wrong.origin).pieces))
    assert wrong.service.pouch(right.origin, Lane.PROMPT) is None
    wrong.clock.offset -= DAY
    assert wrong.service.pouch(right.origin, Lane.PROMPT) is not None
    wrong.clock.offset += DAY + GRACE + 1
    assert wrong.service.pouch(right.origin, Lane.PROMPT) is not None


def test_a_record_from_the_future_does_not_end_the_comparing(sides):
    wrong, right = sides
    wrong.clock.offset += 3 * DAY
    wrong.service.housekeep()
    wrong.clock.offset -= 3 * DAY
    size = wrong.service.status(right.origin).own_size
    wrong.service.housekeep()
    assert wrong.service.status(right.origin).own_size == size + 1


# --- operators are told -----------------------------------------------------------------------------------


def alarms(node):
    return {alarm.sentence for alarm in node.service.alarms()}


def test_a_clock_that_is_ahead_is_told_where_it_is_seen_and_where_it_was(sides):
    wrong, right = sides
    wrong.clock.offset += 3_600
    wrong.service.send(right.origin, alert("from ahead"))
    right.service.send(wrong.origin, alert("held in the future"))
    settle(wrong, right)
    assert alarms(right) == {AHEAD}
    wrong.clock.offset -= 3_600
    assert alarms(wrong) == {BACK}
    settle(wrong, right)
    carry(wrong, right, wrong.service.poll(right.origin))
    wrong.service.send(right.origin, alert("right again"))
    settle(wrong, right)
    assert alarms(right) == set()


def test_a_leap_is_told_until_the_clock_is_believed(sides):
    wrong, _ = sides
    wrong.service.housekeep()
    wrong.clock.offset += 3 * DAY
    wrong.service.housekeep()
    assert alarms(wrong) == {LEAPT}
    wrong.clock.offset += 3_600
    wrong.service.housekeep()
    assert alarms(wrong) == set()


# --- what is destroyed for good ---------------------------------------------------------------------------


def test_a_leap_destroys_nothing_until_the_clock_has_run_on(sides):
    wrong, right = sides
    sent = right.service.send(wrong.origin, alert("kept for a day", keep_days=1))
    large = right.service.send(wrong.origin, alert("x" * 3_000_000, keep_days=1))
    carry(right, wrong, right.service.pouch(wrong.origin, Lane.PROMPT))
    wrong.service.housekeep()
    wrong.clock.offset += 3 * DAY
    for _ in range(3):
        wrong.service.housekeep()
    with pytest.raises(StaleError):
        wrong.service.content(right.origin, sent.leaf, 0)  # ended by this clock, and still there
    wrong.clock.offset -= 3 * DAY
    assert wrong.service.content(right.origin, sent.leaf, 0) == b"kept for a day"
    assert verdict(wrong, right, large) == ""


def test_a_clock_that_has_run_on_is_believed(sides):
    wrong, right = sides
    sent = right.service.send(wrong.origin, alert("kept for a day", keep_days=1))
    settle(wrong, right)
    wrong.service.housekeep()
    wrong.clock.offset += 3 * DAY
    wrong.service.housekeep()
    kept = wrong.identity.files.names("day")
    wrong.clock.offset += 3_600
    wrong.service.housekeep()
    assert len(wrong.identity.files.names("day")) < len(kept)
    wrong.clock.offset -= 3 * DAY + 3_600
    with pytest.raises(StaleError):
        wrong.service.content(right.origin, sent.leaf, 0)


def test_a_partner_of_the_same_time_confirms_at_once(sides):
    """A node that was off for days destroys what has ended as soon as it has heard from a partner."""
    wrong, right = sides
    right.service.send(wrong.origin, alert("kept for a day", keep_days=1))
    settle(wrong, right)
    for node in sides:
        node.clock.offset += 3 * DAY
    wrong.service = Service(wrong.identity, wrong.store)
    wrong.service.clear()
    kept = wrong.identity.files.names("day")
    right.service.send(wrong.origin, alert("good morning"))
    settle(wrong, right)
    wrong.service.housekeep()
    assert len(wrong.identity.files.names("day")) < len(kept) + 1


def test_a_clock_that_leaps_again_and_again_is_never_believed(sides):
    wrong, right = sides
    sent = right.service.send(wrong.origin, alert("kept for a day", keep_days=1))
    settle(wrong, right)
    wrong.service.housekeep()
    for _ in range(5):
        wrong.clock.offset += 3 * DAY
        wrong.service.housekeep()
    wrong.clock.offset -= 15 * DAY
    assert wrong.service.content(right.origin, sent.leaf, 0) == b"kept for a day"
