"""Property: whenever a backup was taken, and whatever was said since, a pair recovers to one record."""

import random

import pytest

from mithaq.exchange.packing import PROMPT_BODY_MAX, Lane
from mithaq.exchange.service import GRACE
from nodes import alert, insist, reader, restore, snapshot
from pouches import check_equal, entries, own

SEEDS = range(5)
HARD_SEEDS = range(5, 20)


def wander(chance, pair, steps):
    """Say and carry at random; some pouches and some answers get lost."""
    for _ in range(steps):
        sender, receiver = chance.sample(pair, 2)
        what = chance.random()
        if what < 0.5:
            size = PROMPT_BODY_MAX + 1 if chance.random() < 0.1 else chance.randrange(200)
            sender.service.send(receiver.origin, alert("x" * size + str(chance.random())))
        else:
            carry_some(chance, sender, receiver)
        if chance.random() < 0.05:
            days = chance.randrange(1, 4)
            for node in pair:
                node.clock.offset += 86_400 * days
                node.service.housekeep()


def carry_some(chance, sender, receiver):
    outgoing = sender.service.pouch(receiver.origin, chance.choice(list(Lane)))
    if outgoing is None:
        return
    data = b"".join(outgoing.pieces)
    if chance.random() < 0.15:
        sender.service.failed(outgoing)
        return
    answer = b"".join(receiver.service.receive(reader([data])))
    if chance.random() < 0.15:
        sender.service.failed(outgoing)
        return
    sender.service.answered(outgoing, reader([answer]))


def rest(pair):
    """Settle, also where an answer that got lost is awaited after every few entries."""
    for _ in range(100):
        for node in pair:
            node.clock.offset += GRACE + 1
        insist(*pair, rounds=500)
        logs = [[entries(node, own(*each)) for node in pair] for each in (pair, pair[::-1])]
        if all(one == other for one, other in logs):
            return [one for one, _ in logs]
    raise AssertionError("the nodes never come to rest")


def check(seed, pair, monkeypatch):
    chance = random.Random(seed)
    small = chance.random() < 0.7
    if small:  # so that a recovery takes many pouches
        monkeypatch.setattr("mithaq.exchange.yours.GIVEN_ENTRIES_MAX", chance.randrange(1, 6))
        monkeypatch.setattr("mithaq.exchange.packing.ENTRIES_MAX", chance.randrange(1, 6))
    pair = list(pair)
    wander(chance, pair, chance.randrange(20))
    loser = chance.randrange(2)
    backup = snapshot(pair[loser])
    wander(chance, pair, chance.randrange(1, 60))
    logs = rest(pair)
    lost = ["sealing"] * chance.randrange(2) + ["day"] * chance.randrange(2)
    if chance.random() < 0.3:
        pair[1 - loser].service.send(pair[loser].origin, alert("after the loss"))
    pair[loser] = restore(pair[loser], backup, lost=lost)
    try:
        insist(*pair, rounds=500)
        assert pair[loser].store.behind == {}
        assert pair[loser].service.take_up() == []
        rest(pair)
        check_equal(*pair)
        for log, each in zip(logs, (pair, pair[::-1]), strict=True):
            assert entries(pair[0], own(*each))[: len(log)] == log
        wander(chance, pair, 10)
        rest(pair)
        check_equal(*pair)
    finally:
        pair[loser].close()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_pair_recovers(seed, pair, monkeypatch):
    check(seed, pair, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("seed", HARD_SEEDS)
def test_a_pair_recovers_from_more(seed, pair, monkeypatch):
    check(seed, pair, monkeypatch)
