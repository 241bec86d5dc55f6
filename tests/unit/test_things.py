"""Registers and readings: every pair of values that acts can reach has a word that people see."""

from itertools import product

import pytest

from mithaq.domain.moves import MOVES, READINGS, Sort
from mithaq.domain.things import REGISTER_MAX, Thing

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


@pytest.mark.parametrize("sort", sorted(set(Sort) - {Sort.ITEM}))
def test_every_pair_that_can_be_reached_has_a_reading(sort):
    expected = reachable(sort)
    if sort is Sort.EXCHANGE:
        # A reader accepts only what was sent: the fold refuses an acceptance of a void entry (``not-legal``).
        expected -= {("", "accepted"), ("", "acknowledged")}
    assert READINGS[sort].keys() == expected


def test_items_start_from_their_request():
    request = Thing("k", Sort.EXCHANGE, 1, "ab" * 32, "security", 2).move(1, "send", 4)
    accepted = request.move(0, "accept", 9)
    readings = {request.item(1).reading, accepted.item(1).reading}
    assert accepted.item(2).key == "k/2"
    assert accepted.item(2).value(0) == "received"
    assert accepted.item(2).value(0, before=9) == ""
    assert request.item(1).move(0, "answer", 10) is None
    answered = accepted.item(1).move(0, "answer", 10).of(0)
    readings.add(accepted.item(1, answered).reading)
    withdrawn = request.move(1, "withdraw", 11)
    readings |= {withdrawn.item(1).reading, withdrawn.move(0, "accept", 9).item(2).reading}
    readings.add(withdrawn.item(1, answered).reading)
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


def test_nobody_changes_their_mind_for_ever():
    thing = Thing("k", Sort.FEEDBACK)
    for index in range(REGISTER_MAX):
        thing = thing.move(1, ("useful", "not-useful")[index % 2], index)
    assert thing.move(1, "useful", REGISTER_MAX) is None


@pytest.mark.parametrize(
    ("sort", "turns", "last"),
    [
        (Sort.EXCHANGE, ("correct",), "withdraw"),
        (Sort.SUSPENSION, ("suspend", "resume"), "suspend"),
        (Sort.CONTENTS, ("hold",), "erase"),
        (Sort.CONSENT, ("grant", "revoke"), "grant"),
    ],
    ids=["withdraw", "suspend", "erase", "grant"],
)
def test_a_full_register_takes_what_protects_and_nothing_after(sort, turns, last):
    thing = Thing("k", sort)
    if sort is Sort.EXCHANGE:
        thing = thing.move(0, "send", 0)
    while len(thing.registers[0]) < REGISTER_MAX:
        at = len(thing.registers[0])
        thing = thing.move(0, turns[at % len(turns)], at)
    full = thing.move(0, last, REGISTER_MAX)
    assert (full is not None) == (last != "grant")
    for act in ACTS if full else ():
        assert full.move(0, act, REGISTER_MAX + 1) is None


def test_what_an_item_keeps_does_not_depend_on_what_arrived_first():
    request = Thing("k", Sort.EXCHANGE, 0, "ab" * 32, "security", 1).move(0, "send", 4).move(1, "accept", 9)
    withdrawn = request.move(0, "withdraw", 7)
    kept = {each.item(1).move(1, "answer", 10).of(1) for each in (request, withdrawn)}
    assert len(kept) == 1
    corrected = request.move(0, "correct", 5)
    assert corrected.item(1) == request.item(1)


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
