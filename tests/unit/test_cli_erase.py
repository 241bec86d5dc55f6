"""``mithaq erase``, ``withdraw``, ``hold`` and ``backup``: what they ask for, and what they say."""

import contextlib
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest

from backups import equip
from mithaq.cli import backup, erase, mailbox
from mithaq.domain.moment import DAY
from mithaq.domain.things import contents_key
from mithaq.errors import RefusedError, UsageError
from mithaq.node.directory import Directory
from mithaq.words import Words
from nodes import A, B, alert, settle


def session(node):
    return SimpleNamespace(
        words=Words("en"),
        directory=Directory(node.directory),
        service=lambda: contextlib.nullcontext(node.service),
    )


def moment(seconds):
    return datetime.fromtimestamp(seconds, timezone(timedelta(hours=1))).isoformat(timespec="seconds")


@pytest.fixture
def sent(pair):
    a, b = pair
    leaf = a.service.send(B, alert("words")).leaf
    settle(a, b)
    return leaf


def contents_of(node, partner, leaf):
    return node.service.record(partner).things[contents_key(leaf)]


def test_erase(pair, sent):
    _, b = pair
    said = erase.erase(A, [sent[:8]], reason="order", session=session(b)).value
    assert (said["kind"], said["re"]) == ("erasure", [sent])
    assert contents_of(b, A, sent).reading == "erased by one side"


def test_withdraw(pair, sent):
    a, b = pair
    erase.withdraw(B, [sent[:8]], reason="mistaken", session=session(a))
    settle(a, b)
    assert contents_of(b, A, sent).reading == "erased by both sides"
    with pytest.raises(RefusedError):
        erase.withdraw(A, [sent], reason="mistaken", session=session(b))


def test_hold_in_any_zone(pair, sent):
    _, b = pair
    until = b.identity.now() + 3 * DAY
    erase.hold(A, sent[:8], until=moment(until), reason="court", session=session(b))
    assert until in contents_of(b, A, sent).until


@pytest.mark.parametrize(
    "until", ["2030-01-01T00:00:00", "tomorrow", "", "2030-01-01", "0001-01-01T00:00:00+14:00"]
)
def test_hold_until_what_is_no_time(pair, sent, until):
    with pytest.raises(UsageError):
        erase.hold(A, sent, until=until, reason="audit", session=session(pair[1]))


@pytest.mark.parametrize("days", [0, 40], ids=["on order", "by its day"])
def test_show_says_why_a_content_is_not_here(pair, sent, days):
    _, b = pair
    if days:
        b.clock.offset = days * DAY
    else:
        erase.erase(A, [sent], reason="order", session=session(b))
    shown = mailbox.show(A, sent, session=session(b))
    why = "the content has ended" if days else "the content was erased before its day"
    assert shown.value["gone"] == [why]
    assert any(line.endswith(why) for line in shown.lines)


def test_backup_there_and_back(pair, sent, tmp_path):
    a, _ = pair
    equip(a)
    apart = tmp_path / "apart"
    made = backup.create(tmp_path / "backup", keys=apart, session=session(a))
    assert made.value["keys"].startswith(str(apart))
    assert made.value["fingerprint"] == a.fingerprint
    assert not (tmp_path / "backup" / "keys").exists()
    verified = backup.verify(tmp_path / "backup", keys=apart, session=session(a))
    assert verified.value == made.value
    assert a.service.status(B).own_root in "".join(verified.lines)
    target = SimpleNamespace(directory=tmp_path / "new")
    at = made.value["data"].rpartition("/")[2]
    back = backup.restore(tmp_path / "backup", keys=apart, at=at, session=session(target))
    assert back.value == made.value
    assert (tmp_path / "new" / "node.toml").exists()
    with pytest.raises(UsageError, match="no such backup of keys"):
        backup.verify(tmp_path / "backup", session=session(a))
