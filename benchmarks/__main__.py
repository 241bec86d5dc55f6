"""Every benchmark in one run, with the disk beside them: `make bench` writes `benchmarks/results.json`."""

import json
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import exchange
import hostile
import stix
import tlog

RESULTS = Path(__file__).with_name("results.json")


def disk() -> dict[str, float]:
    """What the disk does under the store: a small synced append, and a long write."""
    with tempfile.NamedTemporaryFile(dir=".") as file:
        start = time.perf_counter()
        for _ in range(200):
            os.write(file.fileno(), bytes(128))
            os.fsync(file.fileno())
        sync = (time.perf_counter() - start) / 200
        block = os.urandom(4 * 2**20)
        start = time.perf_counter()
        for _ in range(64):
            os.write(file.fileno(), block)
        os.fsync(file.fileno())
        return {"fsync_ms": sync * 1000, "write_mb_per_second": 256 / (time.perf_counter() - start)}


def machine() -> dict[str, Any]:
    """What it ran on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = (line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    model = next(named, platform.processor())
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }


def main() -> None:
    results: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "disk": disk(),
    }
    parts = {"tlog": tlog.run, "stix": stix.run, "exchange": exchange.run, "hostile": hostile.run}
    for name, measure in parts.items():
        print(f"{name} …", file=sys.stderr)
        results[name] = measure()
    print("a million objects …", file=sys.stderr)
    results["million"] = exchange.million()
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
