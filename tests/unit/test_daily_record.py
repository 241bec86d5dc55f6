"""The daily `record`: both enter it once a day, and each compares the other's with its own (protocol 11)."""

import pytest

from mithaq.domain.party import LogName
from nodes import A, B, alert, make_pair, settle


@pytest.fixture
def nodes(tmp_path):
    a, b = make_pair(tmp_path)
    a.service.send(B, alert())
    settle(a, b)
    yield a, b
    a.close()
    b.close()


def records(node, partner):
    return list(node.store.read(lambda tx: list(tx.logs.of_kind(LogName(node.origin, partner), "record"))))


def test_it_is_entered_once_a_day(nodes):
    a, _ = nodes
    for _ in range(3):
        a.service.housekeep()
    assert len(records(a, B)) == 1
    a.clock.offset += 86_401
    a.service.housekeep()
    assert len(records(a, B)) == 2


def test_both_agree(nodes):
    a, b = nodes
    assert a.service.status(B).record == ""
    a.service.housekeep()
    b.service.housekeep()
    settle(a, b)
    assert a.service.status(B).record == b.service.status(A).record == "agrees"


def test_a_fold_that_went_wrong_shows(nodes):
    a, b = nodes
    with b.store._writing.begin() as connection:
        connection.exec_driver_sql("UPDATE entries SET digest = zeroblob(32)")
    a.service.housekeep()
    b.service.housekeep()
    settle(a, b)
    assert b.service.status(A).record == "differs"
    assert a.service.status(B).record == "differs"
