"""A store put back from an old backup signs nothing and serves no contents (protocol 6)."""

import pytest

from mithaq.domain.party import LogName
from mithaq.errors import BehindError
from mithaq.exchange.packing import Lane
from nodes import A, B, alert, carry, make_pair, restore, settle, snapshot


def cosignatures(tx):
    return tx.logs.cosignatures(LogName(B, A), 0, 1_000)


@pytest.fixture
def restored(tmp_path):
    """Node a with a store older than its anchor, node b as it was."""
    a, b = make_pair(tmp_path)
    first = a.service.send(B, alert("before the backup"))
    settle(a, b)
    backup = snapshot(a)
    a.service.send(B, alert("after the backup"))
    settle(a, b)
    a = restore(a, backup)
    yield a, b, first
    a.close()
    b.close()


def test_it_signs_no_head(restored):
    a, _, _ = restored
    with pytest.raises(BehindError):
        a.service.send(B, alert("a second history"))


def test_it_cosigns_nothing(restored):
    a, b, _ = restored
    sent = b.service.send(A, alert("to the restored node"))
    carry(b, a, b.service.pouch(A, Lane.PROMPT))
    assert not b.service.item(A, sent.leaf).held
    assert not any(row.size > a.service.status(B).mirror_size for row in a.store.read(cosignatures))


def test_it_serves_no_contents(restored):
    a, _, first = restored
    with pytest.raises(BehindError):
        a.service.content(B, first.leaf, 0)
    assert a.service.pouch(B, Lane.BULK) is None


def test_the_partner_keeps_what_it_holds(restored):
    a, b, first = restored
    assert b.service.content(A, first.leaf, 0) == b"before the backup"
    assert b.service.status(A).mirror_size > a.service.status(B).own_size
