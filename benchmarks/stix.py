"""How fast STIX bodies are examined: objects a second on one core, bodies of 1,000 objects of 660 bytes.

Patterns also alone: those of that body at once, as the fast proof checks them; each of them by itself; and
each of a body whose patterns are all of another shape and none of the common ones.
"""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import stix_samples as make
from mithaq.formats import stix, stix_fast, stix_pattern, stix_precise

OBJECTS = 1_000
ROUNDS = 30


def _best(work) -> float:
    """Seconds of the fastest of ``ROUNDS`` runs: the one that the machine disturbed least."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def run() -> dict[str, float]:
    """Objects a second of each way, and the size of an object."""
    items = [make.indicator(i) for i in range(OBJECTS)]
    content = stix.bundle(items)
    assert stix_fast.prove(content) is not None
    patterns = [item["pattern"] for item in items]
    rare = [
        f"([a:b{i} = {i} AND a:c IN ('x', 'y')] AND [a:d = {i}]) WITHIN 5 SECONDS" for i in range(OBJECTS)
    ]
    examined = _best(lambda: stix.examine(content))
    at_once = _best(lambda: stix_pattern.all_hold(patterns))
    return {
        "bytes_per_object": len(content) / OBJECTS,
        "examine_canonical_per_s": OBJECTS / examined,
        "patterns_at_once_per_s": OBJECTS / at_once,
        "patterns_percent_of_examine": 100 * at_once / examined,
        "pattern_common_per_s": OBJECTS / _best(lambda: [stix_pattern.check(each) for each in patterns]),
        "pattern_rare_per_s": OBJECTS / _best(lambda: [stix_pattern.check(each) for each in rare]),
        "examine_other_per_s": OBJECTS / _best(lambda: stix_precise.check(content)),
        "bundle_per_s": OBJECTS / _best(lambda: stix.bundle(items)),
        "json_loads_alone_per_s": OBJECTS / _best(lambda: json.loads(content)),
    }


if __name__ == "__main__":
    for figure, value in run().items():
        print(f"{figure:28} {value:12,.0f}")
