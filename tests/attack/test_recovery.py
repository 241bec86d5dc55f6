"""A pair that comes back after its store was lost, and what a liar can do to it meanwhile (protocol 6, 7)."""

import pytest

from nodes import A, B, alert, restore, settle, snapshot
from pouches import check_equal, come_to_rest


@pytest.fixture
def nodes(pair):
    """Both nodes; a test that restores one puts it back here, so that it is closed."""
    both = list(pair)
    yield both
    for node in both:
        node.close()


def talk(a, b, text="exercise"):
    """Both say something and settle."""
    said = a.service.send(B, alert(f"{text} of a")), b.service.send(A, alert(f"{text} of b"))
    settle(a, b)
    return said


LOST = {"nothing": (), "sealing": ("sealing",), "sealing-and-days": ("sealing", "day")}


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
def test_an_old_backup_of_one_side(nodes, lost):
    a, b = nodes
    talk(a, b, "before")
    backup = snapshot(a)
    before = a.service.status(B)
    said = [talk(a, b, f"lost {n}") for n in range(5)]
    whole = a.service.status(B)
    a = nodes[0] = restore(a, backup, lost=lost)
    assert a.service.status(B).own_size == before.own_size < whole.own_size
    settle(a, b)
    assert a.store.behind == {}
    a.service.take_up()
    come_to_rest(a, b)
    assert a.service.status(B).own_size >= whole.own_size
    for ours, theirs in said:
        assert a.service.item(B, ours.leaf).verdict == "accepted"
        assert a.service.content(B, theirs.leaf, 0)
        assert b.service.content(A, ours.leaf, 0)
    talk(a, b, "after")
    check_equal(a, b)
