"""Fills the block of figures in ``README.md`` from ``benchmarks/results.json``; without that file it says so.

The file, as ``benchmarks/`` writes it::

    {"date": "2026-11-25", "machine": "2 shared cores, …", "commit": "…",
     "figures": [{"what": "…", "value": 1234.5, "unit": "objects/s", "how": "…"}]}
"""

import json
from typing import Any

from marked import ROOT, filled

PAGE = ROOT / "README.md"
RESULTS = ROOT / "benchmarks" / "results.json"
NONE_YET = "No figures have been recorded for this version. `make bench` measures on your machine."


def number(value: float) -> str:
    """A figure with no more digits than it has meaning."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def block(results: dict[str, Any] | None) -> list[str]:
    """The lines of the block."""
    if results is None:
        return [NONE_YET]
    rows = [
        f"| {figure['what']} | {number(figure['value'])} {figure['unit']} | {figure.get('how', '')} |"
        for figure in results["figures"]
    ]
    source = f"Measured on {results['date']}: {results['machine']}. From `benchmarks/results.json`."
    return [source, "", "| what | figure | how |", "|---|---|---|", *rows]


def page() -> str:
    """The page with the figures of the file."""
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else None
    return filled(PAGE, "figures", block(results))


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(PAGE.name)
