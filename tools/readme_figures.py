"""Fills the figures in ``README.md`` from ``benchmarks/results.json``; without that file it says so."""

import json
from typing import Any

from marked import ROOT, filled

PAGE = ROOT / "README.md"
RESULTS = ROOT / "benchmarks" / "results.json"
NONE_YET = "No figures have been recorded for this version. `make bench` measures on your machine."

FIGURES: tuple[tuple[str, str, str], ...] = (
    (
        "exchange.throughput.objects_per_second",
        "STIX objects a second",
        "bodies of 1,000 objects, one node to the other over loopback HTTP, from `send` to the verdict",
    ),
    ("exchange.latency.p50_ms", "ms, small alert, median", "from before `send` until the partner's answer"),
    ("exchange.latency.p99_ms", "ms, small alert, 99th percentile", "the same"),
    (
        "exchange.price_of_trust",
        "times the time without trust",
        "the same node without signatures, seals, commitments",
    ),
    (
        "exchange.price_of_policy",
        "times the time without policy",
        "the same node without examination of contents and without rules",
    ),
    (
        "exchange.price_against_plain",
        "times the time of a plain store",
        "the same wire, store, compression, examination; no logs",
    ),
    ("million.objects_per_second", "STIX objects a second", "a million objects in one run"),
    ("million.author_mb", "MB resident, author", "after that run"),
    ("million.reader_mb", "MB resident, reader", "after that run"),
    ("stix.examine_canonical_per_s", "STIX objects examined a second", "bodies in our canonical form"),
    ("stix.examine_other_per_s", "STIX objects examined a second", "bodies in any other form"),
    ("tlog.leaves/s", "leaves a second", "appended in batches of 1,000, tree of a million, no disk"),
    ("tlog.inclusion proofs/s", "inclusion proofs a second", "at a million leaves"),
    ("disk.fsync_ms", "ms for one fsync", "of the disk it ran on"),
)
"""Path in the file, what it is, and how it was measured."""


def number(value: float) -> str:
    """A figure with no more digits than it has meaning."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def found(results: dict[str, Any], path: str) -> float:
    """The figure at a path.

    Raises:
        KeyError: the file has no such figure.
    """
    value: Any = results
    for name in path.split("."):
        value = value[name]
    return float(value)


def block(results: dict[str, Any] | None) -> list[str]:
    """The lines of the block."""
    if results is None:
        return [NONE_YET]
    machine = results["machine"]
    on = f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, Python {machine['python']}"
    rows = [f"| {number(found(results, path))} | {what} | {how} |" for path, what, how in FIGURES]
    return [
        f"Measured on {results['date']}: {on}, both nodes and the load on the same machine,",
        f"load average {machine['load']:.1f}. From `benchmarks/results.json`, as `make bench` writes it.",
        "",
        "| figure | what | how |",
        "|---:|---|---|",
        *rows,
    ]


def page() -> str:
    """The page with the figures of the file."""
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else None
    return filled(PAGE, "figures", block(results))


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(PAGE.name)
