"""Findings check themselves."""

import pytest

from mithaq.domain.findings import Findings


def test_levels_are_of_their_scale():
    assert Findings("text/plain;charset=utf-8", 1, tlp="amber+strict", pap="red").tlp == "amber+strict"
    with pytest.raises(ValueError, match="TLP"):
        Findings("text/plain;charset=utf-8", 1, tlp="white")
    with pytest.raises(ValueError, match="PAP"):
        Findings("text/plain;charset=utf-8", 1, pap="amber+strict")
