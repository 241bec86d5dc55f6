"""Killed anywhere: equal logs and records afterwards, and every acknowledged thing exactly once."""

import pytest

from killing import run


@pytest.mark.slow
def test_thirty_kills_lose_and_double_nothing(tmp_path):
    met = run(tmp_path, rounds=30, seed=20261125)
    assert met["acknowledged"] > 30
    assert sum(met[point] for point in ("commit", "anchor", "release", "piece")) >= 5
