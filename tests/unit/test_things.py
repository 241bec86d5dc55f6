"""Registers and readings: every pair of values that acts can reach has a word that people see."""

from itertools import product

import pytest

from mithaq.domain.things import MOVES, READINGS, Sort, Thing

ACTS = sorted({act for tables in MOVES.values() for table in tables for _, act in table})


def reachable(sort: Sort) -> set[tuple[str, str]]:
    """Every pair that any sequence of acts by either side reaches, from nothing."""
    seen, waiting = set(), [Thing("k", sort)]
    while waiting:
        thing = waiting.pop()
        values = (thing.value(0), thing.value(1))
        if values in seen:
            continue
        seen.add(values)
        moved = (thing.move(side, act, len(seen)) for side, act in product((0, 1), ACTS))
        waiting += [each for each in moved if each]
    return seen - {("", "")}


@pytest.mark.parametrize("sort", [Sort.AGREEMENT, Sort.EXCHANGE])
def test_every_pair_that_can_be_reached_has_a_reading(sort):
    # A reader accepts only what was sent: the fold refuses an acceptance of a void entry (``not-legal``).
    expected = reachable(sort) - {("", "accepted")}
    assert READINGS[sort].keys() == expected


def test_items_start_from_their_request():
    request = Thing("k", Sort.EXCHANGE, 1, "ab" * 32, "security", 2).move(1, "send", 4)
    accepted = request.move(0, "accept", 9)
    readings = {request.item(1).reading, accepted.item(1).reading}
    assert accepted.item(2).key == "k/2"
    assert accepted.item(2).value(0) == "received"
    assert accepted.item(2).value(0, before=9) == ""
    assert request.item(1).move(0, "answer", 10) is None
    readings.add(accepted.item(1).move(0, "answer", 10).reading)
    assert readings == set(READINGS[Sort.ITEM].values())
    refused = request.move(0, "refuse", 9)
    assert refused.item(1).move(0, "answer", 10) is None


def test_an_act_moves_only_its_authors_register():
    for sort, side, act in product(Sort, (0, 1), ACTS):
        thing = Thing("k", sort)
        moved = thing.move(side, act, 3)
        if moved:
            assert moved.registers[1 - side] == ()
            assert moved.registers[side] == ((3, moved.value(side)),)


def test_agreements_read_the_same_for_either_side():
    table = READINGS[Sort.AGREEMENT]
    assert all(table[one, other] == table[other, one] for one, other in table)


def test_a_value_as_an_author_had_seen_it():
    thing = Thing("k", Sort.AGREEMENT).move(1, "propose", 3).move(1, "activate", 8)
    assert [thing.value(1, before=n) for n in (3, 4, 8, 9, None)] == [
        "",
        "proposed",
        "proposed",
        "activated",
        "activated",
    ]
