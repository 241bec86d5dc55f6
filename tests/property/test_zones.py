"""Nodes with different zone tables, zones and locales compute equal records (protocol 11)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nodes import A, B, alert, settle

TESTS = Path(__file__).parents[1]
ZONES = ("UTC", "Africa/Casablanca", "Europe/Berlin", "Pacific/Apia")


def table(directory: Path, hours: int) -> str:
    """A zone table in which every zone is so many hours ahead, and has never been anything else."""
    ahead = (hours * 3_600).to_bytes(4) + bytes([0, 0]) + b"LMT\0"
    counts = b"".join(n.to_bytes(4) for n in (0, 0, 0, 0, 1, 4))
    for zone in ZONES:
        (directory / zone).parent.mkdir(parents=True, exist_ok=True)
        (directory / zone).write_bytes(b"TZif" + bytes(16) + counts + ahead)
    return str(directory)


@pytest.fixture
def worlds(tmp_path) -> list[dict[str, str]]:
    """Environments as different as can be; a locale counts also where it is not installed.

    The tables are made here: a machine need not have any, and two have never the same.
    """
    empty = tmp_path / "empty"
    empty.mkdir()
    one, other, wrong = (table(tmp_path / str(hours), hours) for hours in (1, 13, 14))
    return [
        {"TZ": "UTC", "LC_ALL": "C"},
        {"TZ": "Africa/Casablanca", "TZDIR": one, "LC_ALL": "ar_EG.UTF-8", "LANG": "ar_EG.UTF-8"},
        {"TZ": "Pacific/Apia", "TZDIR": other, "PYTHONTZPATH": str(empty), "LC_ALL": "de_DE.UTF-8"},
        {"TZ": "Europe/Berlin", "TZDIR": wrong, "PYTHONTZPATH": wrong, "LC_ALL": "C.UTF-8"},
        {"TZ": "XXX+11:59:59", "PYTHONTZPATH": "", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "7"},
    ]


def run(world: dict[str, str], *arguments: object) -> bytes:
    path = os.pathsep.join([str(TESTS), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": path} | world,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_the_worlds_are_different(worlds):
    """Else the rest proves nothing."""
    script = "import time; print(time.strftime('%Y-%m-%d %H', time.localtime(1_325_203_200)))"
    assert len({run(world, "-c", script) for world in worlds}) == len(worlds)


@pytest.mark.slow
def test_a_long_history_has_one_record_everywhere(worlds):
    said = {run(world, TESTS / "zones.py", 20261125) for world in worlds}
    assert len(said) == 1
    assert len(said.pop()) > 150_000


RECORD = """
import sys
from pathlib import Path
from nodes import make_node
node = make_node(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
sys.stdout.buffer.write(node.service.record_lines(sys.argv[4]))
node.close()
"""


def test_two_nodes_in_two_worlds_write_one_record(pair, worlds):
    a, b = pair
    for node, partner in ((a, B), (b, A)):
        node.service.send(partner, alert(keep_days=1))
    settle(a, b)
    for node in pair:
        node.close()
    sides = [(a.directory, "a", A, B), (b.directory, "b", B, A)]
    said = {run(world, "-c", RECORD, *side) for world, side in zip(worlds[1:], sides * 2, strict=True)}
    assert len(said) == 1
