"""The daily `record`: both enter it once a day, and each compares the other's with its own (protocol 11)."""

from dataclasses import replace

import pytest

from mithaq.domain import record
from mithaq.domain.entry import leaf_hash
from mithaq.domain.outcome import Outcome, Result
from mithaq.domain.party import LogName
from mithaq.exchange import daily
from mithaq.exchange.alarms import DIFFERS
from nodes import A, B, alert, make_pair, settle
from pouches import exchange


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


def test_a_fault_in_one_fold_alarms_both_sides_within_one_cycle(nodes, monkeypatch):
    """One node computes another outcome of one entry than the other node does."""
    a, b = nodes
    sent = a.service.send(B, alert())
    true = record.feed

    def faulty(pair, state, data, view):
        step = true(pair, state, data, view)
        if leaf_hash(data).hex() == sent.leaf:
            outcome = Outcome(Result.ILLEGAL, "kind")
            state = replace(step.state, digest=state.next_digest(leaf_hash(data), outcome))
            return replace(step, outcome=outcome, state=state)
        return step

    assert a.service.alarms() == b.service.alarms() == []
    monkeypatch.setattr(record, "feed", faulty)
    exchange(a, b)  # only B folds it while the fault is there
    monkeypatch.setattr(record, "feed", true)
    settle(a, b)
    for node in nodes:
        node.service.housekeep()
    settle(a, b)
    assert [alarm.sentence for alarm in a.service.alarms()] == [DIFFERS]
    assert [alarm.sentence for alarm in b.service.alarms()] == [DIFFERS]


def test_another_version_of_the_rules_is_no_difference(nodes, monkeypatch):
    a, b = nodes
    monkeypatch.setattr(daily, "RULES_VERSION", 99)
    a.service.housekeep()
    settle(a, b)
    monkeypatch.undo()
    assert b.service.status(A).record == "other-rules"
    assert b.service.alarms() == []
