import importlib.util
from itertools import product
from pathlib import Path

import pytest

from mithaq.domain.lifecycle import (
    READINGS,
    SENTENCES,
    TRANSITIONS,
    Act,
    Reading,
    Side,
    TextLife,
    activation_fault,
    in_force,
    read,
)
from signed_texts import agreement

ROOT = Path(__file__).parents[2]
BOTH = (Side.ACTIVATED, Side.ACTIVATED)


def test_every_pair_has_one_reading_for_either_order():
    assert set(READINGS) == set(product(Side, Side))
    for one, other in product(Side, Side):
        assert READINGS[one, other] is READINGS[other, one]


def test_every_state_is_reached_and_none_is_left_backwards():
    order = list(Side)
    for (before, _), after in TRANSITIONS.items():
        assert order.index(before) < order.index(after)
    assert set(TRANSITIONS.values()) | {Side.UNSEEN} == set(Side)


def test_the_whole_table():
    legal = {(Side.UNSEEN, Act.PROPOSE), (Side.UNSEEN, Act.ACTIVATE), (Side.PROPOSED, Act.ACTIVATE)}
    assert set(TRANSITIONS) == legal


def test_agreed_takes_both():
    assert [pair for pair, reading in READINGS.items() if reading is Reading.AGREED] == [BOTH]


def test_every_reading_has_a_sentence():
    assert set(SENTENCES) == set(Reading)


def test_in_force_is_the_highest_that_both_activated():
    first, second = TextLife("a", 1, BOTH), TextLife("b", 2, BOTH)
    half = TextLife("c", 3, (Side.ACTIVATED, Side.PROPOSED))
    assert in_force([]) is None
    assert in_force([TextLife("a", 1)]) is None
    assert in_force([first, half]) == first
    assert in_force([second, first, half]) == second


def test_rivals_are_never_in_force():
    rivals = [
        TextLife("b", 2, (Side.ACTIVATED, Side.UNSEEN)),
        TextLife("c", 2, (Side.UNSEEN, Side.ACTIVATED)),
    ]
    first = TextLife("a", 1, BOTH)
    assert in_force([first, *rivals]) == first
    third = TextLife("d", 3, BOTH)
    assert [read(text, third) for text in (first, *rivals, third)] == [Reading.SUPERSEDED] * 3 + [
        Reading.AGREED
    ]


def test_readings_beside_the_text_in_force():
    force = TextLife("b", 2, BOTH)
    assert read(TextLife("c", 3, (Side.PROPOSED, Side.UNSEEN)), force) is Reading.PROPOSED
    assert read(TextLife("c", 2, (Side.PROPOSED, Side.UNSEEN)), force) is Reading.SUPERSEDED
    assert read(TextLife("a", 1), None) is Reading.UNKNOWN
    assert read(force, force) is Reading.AGREED


@pytest.mark.parametrize(
    ("at", "highest", "force", "fault"),
    [
        (0, 0, "", ""),
        (1, 0, "", "late"),
        (0, 1, "", "serial"),
        (0, 2, "", "serial"),
        (0, 0, "ab" * 32, "previous"),
    ],
)
def test_activation(at, highest, force, fault):
    """``at`` counts from the last second in which one may sign."""
    text = agreement()
    assert activation_fault(text, at=text.sign_by + at, highest=highest, force=force) == fault


def test_the_page_is_drawn_from_the_tables():
    spec = importlib.util.spec_from_file_location("life_diagram", ROOT / "tools" / "life_diagram.py")
    assert spec
    assert spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.PAGE.read_text() == tool.page(), "run tools/life_diagram.py"
