"""Kinds: what belongs to a kind follows from its family."""

from mithaq.domain.kinds import KINDS, Family


def test_housekeeping_carries_no_contents_and_only_exchange_does():
    for kind in KINDS.values():
        assert (kind.bodies[0] > 0) == (kind.family is Family.EXCHANGE), kind.name
    assert {kind.name for kind in KINDS.values() if kind.note} == {"card", "agreement"}
