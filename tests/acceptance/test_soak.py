"""Random steps with faults over two nodes: equal logs and records, nothing acknowledged lost or doubled."""

import pytest

from soaking import run

STEPS = 2_000
"""About half a minute each on a quiet machine; ``make soak`` takes five times as many."""


@pytest.mark.slow
@pytest.mark.parametrize("seed", [20261125, 20270115])
def test_nothing_is_lost_or_doubled(tmp_path, seed):
    count = run(tmp_path, seed, STEPS)
    assert count["verdicts"] > 100
    assert count["contents opened"] > 100
    assert count["refused by the disk"] > 0
