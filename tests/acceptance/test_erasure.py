"""Two nodes exchange contents. Once their day is over nothing that is left opens them (protocol 8).

The intruder has both machines as they run, every backup, and the secret that wraps key files.
"""

import shutil

import pytest

from backups import back_up, bytes_below, equip, opened_below, sealed_below
from mithaq.audit.verify import verify_receipt
from mithaq.domain.moment import DAY
from mithaq.errors import StaleError, UsageError
from mithaq.exchange.packing import Lane
from mithaq.node import backup
from mithaq.node.directory import Directory
from nodes import A, B, alert, carry, settle

WORDS = "the bridge over the river is closed"
DAYS = 5


@pytest.fixture
def exchanged(pair, tmp_path):
    """Contents in both directions, and a backup of each node made at the time."""
    a, b = pair
    for node in pair:
        equip(node)
    sent = a.service.send(B, alert(f"{WORDS} " * 50_000, keep_days=DAYS))
    reply = b.service.send(A, alert(WORDS, keep_days=DAYS))
    settle(a, b)
    for node, name in ((a, "a"), (b, "b")):
        node.service.housekeep()
        back_up(node, tmp_path / "backups" / name)
    settle(a, b)
    return a, b, sent, reply


def pass_days(days, *nodes):
    for node in nodes:
        node.clock.offset = days * DAY


def keep_house(*nodes):
    for node in nodes:
        node.service.housekeep()
        node.clock.offset += 3_600  # a clock that has leapt is believed when it has run on
        node.service.housekeep()
        backup.expire_known(Directory(node.directory), int(node.clock()))


def test_before_its_day_is_over_all_of_it_opens(exchanged, tmp_path):
    """Else the tests below would prove nothing."""
    a, b, sent, reply = exchanged
    assert len(set(opened_below(tmp_path / "pair"))) == 2
    assert len(opened_below(tmp_path)) > 4
    assert b.service.content(A, sent.leaf, 0).startswith(WORDS.encode())
    assert a.service.content(B, reply.leaf, 0) == WORDS.encode()


@pytest.mark.parametrize("days", [DAYS + 1, 31])
def test_after_its_day_nothing_that_is_left_opens_it(exchanged, tmp_path, days):
    a, b, *_ = exchanged
    places = [sealed for _, sealed in sealed_below(tmp_path / "pair")]
    assert len(places) == 4
    pass_days(days, a, b)
    keep_house(a, b)
    assert opened_below(tmp_path) == []
    assert len(list(sealed_below(tmp_path / "backups"))) == 4, "the old backups are still there"
    assert not list(sealed_below(tmp_path / "pair"))
    left = bytes_below(tmp_path / "pair")
    assert WORDS.encode() not in left + bytes_below(tmp_path / "backups")
    for sealed in places:
        assert sealed[14:46] not in left, "the nonce of a sealed content is still on the disk"
        assert sealed[-64:] not in left


def test_after_its_day_the_receipt_still_verifies(exchanged):
    a, b, sent, _ = exchanged
    pass_days(31, a, b)
    keep_house(a, b)
    settle(a, b)
    cards = [bytes(node.identity.card_note) for node in (a, b)]
    for service, partner in ((a.service, B), (b.service, A)):
        report = verify_receipt(service.receipt(partner, sent.leaf), cards, [a.fingerprint, b.fingerprint])
        assert (report.leaf, report.verdict, bool(report.held)) == (sent.leaf, "accepted", True)
    assert a.service.record_lines(B) == b.service.record_lines(A)


def test_the_clock_alone_ends_it_on_both_sides(exchanged):
    """Housekeeping has not run: a content is neither opened, shown as present, nor sent."""
    a, b, sent, _ = exchanged
    pass_days(DAYS, a, b)
    assert b.service.content(A, sent.leaf, 0)
    pass_days(DAYS + 1, a, b)
    for service, partner in ((a.service, B), (b.service, A)):
        with pytest.raises(StaleError, match="has ended"):
            service.content(partner, sent.leaf, 0)
        assert service.item(partner, sent.leaf).present == (False,)
    keep_house(a, b)
    with pytest.raises(StaleError, match="has ended"):
        b.service.content(A, sent.leaf, 0)


def test_what_never_came_is_refused_once_its_day_is_over(pair):
    a, b = pair
    sent = a.service.send(B, alert("x" * 3_000_000, keep_days=DAYS))  # too large for the prompt lane
    outgoing = a.service.pouch(B, Lane.PROMPT)
    carry(a, b, outgoing)
    assert b.service.status(A).wanted == 1
    pass_days(DAYS + 1, a, b)
    keep_house(a, b)
    assert b.service.status(A).wanted == 0
    settle(a, b)
    for service, partner in ((a.service, B), (b.service, A)):
        item = service.item(partner, sent.leaf)
        assert (item.verdict, item.codes) == ("refused", ("expired",))
    assert a.service.record_lines(B) == b.service.record_lines(A)


def test_backups_of_keys_end_where_the_node_can_reach_them(exchanged, tmp_path):
    """Also those of days that are still to come, after seven days."""
    a, b, *_ = exchanged
    a.service.send(B, alert("words", keep_days=10))
    shutil.rmtree(tmp_path / "backups" / "a")
    keys = back_up(a, tmp_path / "backups" / "a").keys
    assert len(list((keys / "day").iterdir())) == 2
    pass_days(DAYS + 1, a)
    keep_house(a)
    assert len(list((keys / "day").iterdir())) == 1
    pass_days(8, a, b)
    keep_house(a)
    assert list((keys / "day").iterdir()) == []
    assert (keys / "keys" / "store.json").exists()


def test_of_two_backups_the_older_keys_go_when_their_time_is_over(exchanged, tmp_path):
    a, *_ = exchanged
    shelf = tmp_path / "backups" / "a" / "keys"
    pass_days(3, a)
    back_up(a, tmp_path / "backups" / "a")
    assert len(list(shelf.iterdir())) == 2
    pass_days(8, a)
    back_up(a, tmp_path / "backups" / "a")
    assert len(list(shelf.iterdir())) == 2
    for place in (tmp_path / "pair" / "a" / "inside", tmp_path / "two\nlines"):
        with pytest.raises(UsageError, match="does not go there"):
            back_up(a, place)
