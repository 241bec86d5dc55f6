"""Contents that go before their day, or stay longer: on order, by withdrawal, by hold (protocol 8)."""

import contextlib
import shutil

import pytest

from backups import back_up, bytes_below, equip, opened_below, sealed_below
from mithaq.audit.verify import verify_receipt
from mithaq.domain import things
from mithaq.domain.handling import Handling
from mithaq.domain.kinds import RE_MAX
from mithaq.domain.moment import DAY
from mithaq.domain.things import contents_key
from mithaq.errors import ForgedError, MalformedError, RefusedError, StaleError, UsageError
from mithaq.exchange import contents, rungs
from mithaq.exchange.about import About
from mithaq.exchange.contents import day_name, day_of
from mithaq.exchange.packing import Lane
from mithaq.exchange.pair import Draft
from mithaq.exchange.ports import BodyKey
from mithaq.store.anchor import Line
from nodes import TEXT, A, B, alert, carry, make_node, settle
from pouches import come_to_rest, draft_of, lie, own

LARGE = "x" * 3_000_000
DAYS = 5


def order(*leaves, reason="order"):
    return About("erasure", leaves, {"reason": reason})


def withdrawal(*leaves):
    return About("withdrawal", leaves, {"reason": "mistaken"})


def hold(leaf, until):
    return About("hold", (leaf,), {"reason": "supervision", "until": until})


def reading(node, partner, leaf):
    thing = node.service.record(partner).things.get(contents_key(leaf))
    return thing.reading if thing else ""


def gone(node, partner, leaf):
    with contextlib.suppress(StaleError):
        node.service.content(partner, leaf, 0)
        return False
    return True


def lose_day_keys(node):
    for name in node.identity.files.names("day"):
        node.identity.files.destroy(name)
    node.service.clear()


def move(days, *nodes):
    for node in nodes:
        for seconds in (0, 3_600):  # a clock that has leapt is believed when it has run on
            node.clock.offset = days * DAY + seconds
            node.service.housekeep()


def same_record(a, b):
    settle(a, b)
    return a.service.record_lines(B) == b.service.record_lines(A)


@pytest.fixture
def shared(pair):
    """An alert of a that b has accepted."""
    a, b = pair
    sent = a.service.send(B, alert("the dam may break", keep_days=DAYS))
    settle(a, b)
    return sent.leaf


@pytest.mark.parametrize("side", [0, 1], ids=["author", "reader"])
def test_on_order_one_copy_goes_and_the_other_stays(pair, tmp_path, shared, side):
    one, other = pair[side], pair[1 - side]
    ((_, sealed),) = sealed_below(one.directory)
    one.service.about(other.origin, order(shared))
    assert gone(one, other.origin, shared)
    assert not gone(other, one.origin, shared)
    with pytest.raises(StaleError, match="erased"):
        one.service.content(other.origin, shared, 0)
    assert sealed[14:46] not in bytes_below(one.directory)
    assert same_record(*pair)
    assert reading(other, one.origin, shared) == "erased by one side"
    with pytest.raises(RefusedError, match="no-such-step"):
        one.service.about(other.origin, order(shared))


def test_both_copies(pair, shared):
    a, b = pair
    a.service.about(B, order(shared))
    b.service.about(A, order(shared))
    assert same_record(a, b)
    assert reading(a, B, shared) == "erased by both sides"


def test_what_is_illegal_erases_nothing(pair, shared):
    _, b = pair
    with pytest.raises(RefusedError):
        b.service.about(A, withdrawal(shared))
    with pytest.raises(RefusedError):
        b.service.about(A, order("00" * 32, shared))
    assert not gone(b, A, shared)


def test_a_withdrawal_erases_on_both_sides_and_both_state_it(pair, shared):
    a, b = pair
    a.service.about(B, withdrawal(shared))
    assert gone(a, B, shared)
    assert same_record(a, b)
    assert gone(b, A, shared)
    assert list(sealed_below(a.directory, b.directory)) == []
    assert reading(a, B, shared) == reading(b, A, shared) == "erased by both sides"
    assert a.service.item(B, shared).reading == "withdrawn: to be erased"


def test_withdrawn_in_the_pouch_that_brings_it(pair):
    a, b = pair
    sent = [a.service.send(B, alert(text)) for text in ("one", "two")]
    a.service.about(B, withdrawal(*(each.leaf for each in sent)))
    assert same_record(a, b)
    assert all(gone(b, A, each.leaf) for each in sent)
    assert list(sealed_below(b.directory)) == []


def test_many_withdrawals_in_one_pouch(pair):
    """More than one statement holds, and of two fields: none may stop the pouch."""
    a, b = pair
    leaves = [a.service.send(B, alert(f"alert {n}")).leaf for n in range(70)]
    facts = {"status": "exercise"}
    other = a.service.send(B, alert("words", kind="information", field="cross-border-crime", facts=facts))
    settle(a, b)
    for part in (leaves[:35], leaves[35:], [other.leaf]):
        a.service.about(B, withdrawal(*part))
    assert same_record(a, b)
    assert list(sealed_below(a.directory, b.directory)) == []
    assert reading(a, B, other.leaf) == "erased by both sides"


def unjudged(a, b, **changes):
    """An alert of which only a part has come: it has no verdict yet."""
    parts = ((TEXT, b"a part that comes at once"), (TEXT, LARGE.encode()))
    sent = a.service.send(B, alert(contents=parts, **changes))
    carry(a, b, a.service.pouch(B, Lane.PROMPT))
    assert not b.service.item(A, sent.leaf).verdict
    return sent.leaf


def test_a_withdrawal_of_what_is_refused_gone_or_not_judged_hides_no_erasure(pair, shared):
    """The attack: one statement of all of them would be void, and the erasure be proved by nothing."""
    a, b = pair
    draft, bodies = draft_of(a, b, (TEXT, b"\xff no text"), handling=Handling("green"))
    refused = lie(a, b, draft, bodies).entry.leaf.hex()
    erased = a.service.send(B, alert("erased before")).leaf
    settle(a, b)
    b.service.about(A, order(erased))
    settle(a, b)
    assert b.service.item(A, refused).verdict == "refused"
    a.service.about(B, withdrawal(shared, refused, erased, unjudged(a, b)))
    assert same_record(a, b)
    assert reading(a, B, shared) == "erased by both sides"


def test_a_void_withdrawal_erases_nothing_when_the_node_starts_again(pair, shared):
    """The attack: its reader withdraws what it has not written."""
    a, b = pair
    (text,) = b.service.agreements(A)
    where = {"agreement": text.key, "field": "civil-protection", "facts": {"reason": "mistaken"}}
    lie(b, a, Draft("ab" * 16, "withdrawal", re=(shared,), **where))
    settle(a, b)
    a.service.clear()
    assert not gone(a, B, shared)


def test_contents_under_way_are_not_taken_after_their_withdrawal(pair):
    a, b = pair
    sent = a.service.send(B, alert(LARGE))
    carry(a, b, a.service.pouch(B, Lane.PROMPT))
    late = b"".join(a.service.pouch(B, Lane.BULK).pieces)
    a.service.about(B, withdrawal(sent.leaf))
    settle(a, b)
    assert b.service.status(A).wanted == 0
    b.service.answer_pouch(late)
    assert list(sealed_below(b.directory)) == []
    assert same_record(a, b)


def test_erased_before_they_came_they_are_not_taken(pair):
    a, b = pair
    sent = a.service.send(B, alert(LARGE))
    carry(a, b, a.service.pouch(B, Lane.PROMPT))
    b.service.about(A, order(sent.leaf))
    assert same_record(a, b)
    assert gone(b, A, sent.leaf)
    assert list(sealed_below(b.directory)) == []


@pytest.mark.parametrize(
    ("side", "act"),
    [(0, withdrawal), (1, order), (0, order)],
    ids=["withdrawn", "erased by its reader", "erased by its author"],
)
def test_what_goes_before_its_contents_came_has_its_verdict(pair, side, act):
    """The attack: every exchange gets a verdict (9), but one that is withdrawn while its contents lack."""
    a, b = pair
    parts = ((TEXT, b"a part that comes at once"), (TEXT, LARGE.encode()))
    sent = a.service.send(B, alert(contents=parts))
    carry(a, b, a.service.pouch(B, Lane.PROMPT))
    pair[side].service.about(pair[1 - side].origin, act(sent.leaf))
    come_to_rest(a, b)
    for node, partner in ((a, B), (b, A)):
        item = node.service.item(partner, sent.leaf)
        assert (item.verdict, item.codes, item.borne_out) == ("refused", ("gone",), True)
    assert b.service.status(A).wanted == 0
    assert list(sealed_below(b.directory)) == []


def test_what_its_author_erases_is_not_wanted_again_when_its_reader_loses_it(pair, shared):
    """The attack: it would be asked for, and never come, with every pouch until its day has ended."""
    a, b = pair
    a.service.about(B, order(shared))
    settle(a, b)
    lose_day_keys(b)
    assert gone(b, A, shared)
    assert b.service.status(A).wanted == 0
    assert same_record(a, b)


def test_what_its_reader_wants_again_is_given_up_when_its_author_erases_it(pair, shared):
    a, b = pair
    other = a.service.send(B, alert("still wanted")).leaf
    settle(a, b)
    lose_day_keys(b)
    assert b.service.status(A).wanted == 2
    a.service.about(B, order(shared))
    assert same_record(a, b)
    assert b.service.status(A).wanted == 0
    assert gone(b, A, shared)
    assert b.service.content(A, other, 0) == b"still wanted"
    assert b.service.item(A, shared).verdict == "accepted"


class TestHold:
    def test_it_keeps_one_copy_beyond_its_day_and_no_longer_than_it_says(self, pair, shared):
        a, b = pair
        b.service.about(A, hold(shared, b.identity.now() + 20 * DAY))
        assert same_record(a, b)
        assert reading(a, B, shared) == "held over by one side"
        move(DAYS + 1, a, b)
        assert gone(a, B, shared)
        assert b.service.content(A, shared, 0) == b"the dam may break"
        move(20, a, b)
        assert not gone(b, A, shared)
        move(21, a, b)
        assert gone(b, A, shared)
        assert opened_below(a.directory, b.directory) == []
        assert list(sealed_below(a.directory, b.directory)) == []

    def test_what_is_withdrawn_meanwhile_stays_also_when_the_node_starts_again(self, pair, shared):
        a, b = pair
        b.service.about(A, hold(shared, b.identity.now() + 2 * DAY))
        settle(a, b)
        a.service.about(B, withdrawal(shared))
        settle(a, b)
        b.service.clear()
        assert not gone(b, A, shared)

    def test_of_what_is_not_there_it_says_nothing(self, pair):
        _, b = pair
        with pytest.raises(UsageError, match="about nothing"):
            b.service.about(A, hold("ab" * 32, b.identity.now() + DAY))

    def test_a_shorter_one_shortens_it_again(self, pair, shared):
        a, b = pair
        for days in (20, 8):
            b.service.about(A, hold(shared, b.identity.now() + days * DAY))
        ((_, _),) = sealed_below(b.directory)
        move(9, a, b)
        assert gone(b, A, shared)

    def test_a_hold_within_its_day_does_not_end_it_earlier(self, pair, shared):
        a, b = pair
        b.service.about(A, hold(shared, b.identity.now() + DAY))
        move(DAYS, a, b)
        assert not gone(b, A, shared)

    def test_it_blocks_the_order_until_it_ends(self, pair, shared):
        a, b = pair
        b.service.about(A, hold(shared, b.identity.now() + 2 * DAY))
        with pytest.raises(RefusedError, match="on-hold"):
            b.service.about(A, order(shared))
        assert not gone(b, A, shared)
        move(3, a, b)
        b.service.about(A, order(shared))
        assert gone(b, A, shared)
        assert same_record(a, b)

    def test_what_is_withdrawn_meanwhile_goes_when_it_ends(self, pair, shared):
        a, b = pair
        b.service.about(A, hold(shared, b.identity.now() + 2 * DAY))
        settle(a, b)
        a.service.about(B, withdrawal(shared))
        assert same_record(a, b)
        assert gone(a, B, shared)
        assert not gone(b, A, shared)
        move(3, a, b)
        assert gone(b, A, shared)
        assert same_record(a, b)
        assert reading(a, B, shared) == "erased by both sides"

    @pytest.mark.parametrize("days", [DAYS + 1, 20])
    def test_not_after_its_day(self, pair, shared, days):
        _, b = pair
        b.clock.offset = days * DAY
        with pytest.raises(StaleError, match="has ended"):
            b.service.about(A, hold(shared, b.identity.now() + DAY))
        assert not reading(b, A, shared), "nothing was said"
        for _ in range(2):  # a clock that has leapt is believed when it has run on
            b.service.housekeep()
            b.clock.offset += 3_600
        with pytest.raises(StaleError, match="not all here"):
            b.service.about(A, hold(shared, b.identity.now() + DAY))

    def test_erased_while_it_is_sealed_anew_it_does_not_come_back(self, pair, shared, monkeypatch):
        _, b = pair
        seal_anew = contents.seal_anew

        def erased_meanwhile(*arguments):
            index = b.service.item(A, shared).index
            b.store.write(lambda tx: tx.bodies.drop(b.service.partner(A).mirror, index))
            return seal_anew(*arguments)

        monkeypatch.setattr(contents, "seal_anew", erased_meanwhile)
        b.service.about(A, hold(shared, b.identity.now() + 20 * DAY))
        assert list(sealed_below(b.directory)) == []

    def test_what_may_not_be_stated_any_more_is_erased_all_the_same(self, pair, shared, monkeypatch):
        """The register is full: its statement would be void. The pouch is taken, the contents go."""
        a, b = pair
        monkeypatch.setattr(things, "REGISTER_MAX", 2)
        monkeypatch.setattr(things, "LAST_ACTS", frozenset())
        for _ in range(2):
            b.service.about(A, hold(shared, b.identity.now() + DAY))
        settle(a, b)
        move(2, a, b)
        a.service.about(B, withdrawal(shared))
        carry(a, b, a.service.pouch(B, Lane.PROMPT))
        assert list(sealed_below(b.directory)) == []
        assert reading(b, A, shared) == "erased by one side, held over by the other"

    def test_the_mark_by_which_it_is_known_again_goes_with_it(self, pair, shared):
        _, b = pair
        mark = b.identity.files.mark(b"the dam may break")
        b.service.about(A, hold(shared, b.identity.now() + 2 * DAY))
        assert len(b.store.read(lambda tx: tx.bodies.marked(mark))) == 1
        move(DAYS + 1, b)
        assert b.store.read(lambda tx: tx.bodies.marked(mark)) == []

    def test_killed_after_it_was_said_it_is_carried_out_by_the_next_look(self, pair, shared, monkeypatch):
        a, b = pair
        until = b.identity.now() + 20 * DAY
        with monkeypatch.context() as patched:
            patched.setattr("mithaq.exchange.holding._seal_anew", lambda *_: None)
            b.service.about(A, hold(shared, until))
        assert day_name(day_of(until)) not in b.identity.files.names("day")
        b.service.housekeep()
        move(DAYS + 1, a, b)
        assert not gone(b, A, shared)


def test_a_hold_of_what_is_no_leaf_hash(pair):
    a, _ = pair
    for leaf in ("", "no hash", "AB" * 32, "ab" * 31):
        with pytest.raises(MalformedError):
            a.service.about(B, hold(leaf, int(a.clock()) + DAY))


def test_a_restored_backup_erases_before_it_serves(pair, shared, tmp_path):
    """Erased on order and by withdrawal after the backup: the logs that came back say so, the rows go."""
    a, b = pair
    equip(b)
    second = a.service.send(B, alert("withdrawn later", keep_days=DAYS)).leaf
    settle(a, b)
    shutil.copytree(b.directory / "store", tmp_path / "old")
    b.service.about(A, order(shared))
    a.service.about(B, withdrawal(second))
    settle(a, b)
    report = back_up(b, tmp_path / "backup")
    b.close()
    # As if the backup had been taken with the contents still in it: those of before, the logs of after.
    import sqlite3

    database = report.data / "mithaq.db"
    connection = sqlite3.connect(database)
    connection.execute("ATTACH ? AS old", (str(tmp_path / "old" / "mithaq.db"),))
    for table in ("bodies", "sealed"):
        connection.execute(f"INSERT INTO {table} SELECT * FROM old.{table}")
    connection.commit()
    connection.close()
    assert len(list(sealed_below(report.data))) == 2
    fresh = tmp_path / "pair" / "restored"
    shutil.copytree(b.directory, fresh)
    shutil.copy(database, fresh / "store" / "mithaq.db")
    for left in ("mithaq.db-wal", "mithaq.db-shm"):
        (fresh / "store" / left).unlink(missing_ok=True)
    node = make_node(fresh, "b", B)
    assert len(list(sealed_below(fresh))) == 2
    node.service.clear()
    assert list(sealed_below(fresh)) == []
    node.close()


def test_what_ends_by_its_day_is_stated_by_its_reader(pair):
    a, b = pair
    sent = [a.service.send(B, alert(f"ends {n}", keep_days=2)) for n in range(3)]
    later = a.service.send(B, alert("stays", keep_days=9))
    settle(a, b)
    move(4, a, b)
    for node in (b, a):
        node.service.housekeep()
    settle(a, b)
    for each in sent:
        assert gone(a, B, each.leaf)
        assert gone(b, A, each.leaf)
        assert reading(a, B, each.leaf) == "erased by one side"
    assert not gone(b, A, later.leaf)
    before = b.service.status(A).own_size
    b.service.housekeep()
    assert b.service.status(A).own_size == before
    assert same_record(a, b)


def test_what_ends_without_a_verdict_hides_no_statement_of_the_rest(pair):
    """More than one entry can name, and one among them of which nothing may be stated."""
    a, b = pair
    sent = [a.service.send(B, alert(f"ends {n}", keep_days=2)).leaf for n in range(RE_MAX + 2)]
    settle(a, b)
    unjudged(a, b, keep_days=2)
    move(4, b)
    settle(a, b)
    assert {reading(a, B, leaf) for leaf in sent} == {"erased by one side"}


def test_what_was_lost_after_its_verdict_and_ends_is_not_judged_again(pair, shared):
    a, b = pair
    lose_day_keys(b)
    assert b.service.status(A).wanted == 1
    move(DAYS + 1, b)
    assert b.service.status(A).wanted == 0
    settle(a, b)
    assert a.service.item(B, shared).verdict == "accepted"


def test_a_store_that_cannot_sign_erases_what_has_ended_and_states_nothing(pair, monkeypatch):
    a, b = pair
    sent = a.service.send(B, alert("ends", keep_days=2))
    settle(a, b)
    move(4, a, b)
    mirror = b.service.partner(A).mirror
    monkeypatch.setattr(b.store, "behind", {mirror: Line(mirror, 10**6, bytes(32))})
    size = b.service.status(A).own_size
    b.service.clear()
    monkeypatch.undo()
    assert gone(b, A, sent.leaf)
    assert b.service.status(A).own_size == size
    settle(a, b)


def test_a_void_statement_is_no_rung_of_a_receipt(pair, shared, monkeypatch):
    """The attack: "erased", under another field, void in both records, and proved by the receipt."""
    a, b = pair
    (text,) = b.service.agreements(A)
    void = {"agreement": text.key, "field": "security", "facts": {"reason": "order"}}
    index = lie(b, a, Draft("ab" * 16, "erasure", re=(shared,), **void)).index
    settle(a, b)
    monkeypatch.setattr(rungs, "erasure", lambda pair, log, leaf: pair.row(log.other, index))
    receipt = a.service.receipt(B, shared)
    with pytest.raises(ForgedError, match="another text or field"):
        verify_receipt(
            receipt,
            [bytes(node.identity.card_note) for node in pair],
            [node.fingerprint for node in pair],
        )


@pytest.mark.parametrize("side", [0, 1], ids=["author", "reader"])
def test_what_was_withdrawn_is_dropped_where_its_erasure_could_not_be_stated(pair, shared, side, monkeypatch):
    """Its card had ended, say; then the store is put back with the contents in it."""
    one, other = pair[side], pair[1 - side]
    key = BodyKey(own(*pair), one.service.item(other.origin, shared).index, 0)
    stored = one.store.read(lambda tx: tx.bodies.get(key))
    with monkeypatch.context() as patched:
        patched.setattr("mithaq.exchange.erasure.state", lambda *_: None)
        pair[0].service.about(B, withdrawal(shared))
        settle(*pair)
    assert reading(one, other.origin, shared) == ""
    one.store.write(lambda tx: tx.bodies.put(key, stored))
    one.service.clear()
    assert one.store.read(lambda tx: tx.bodies.get(key)) is None
