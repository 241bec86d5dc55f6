"""Running targets.

python -m fuzz list
python -m fuzz run <target> [arguments of libFuzzer, or files to try again]
python -m fuzz all <hours>      half of the hours, shared by all targets
"""

import os
import re
import subprocess
import sys
import tempfile

from fuzz import ROOT
from fuzz.every import TARGETS


def run(name: str, *arguments: str, output: int | None = None) -> subprocess.CompletedProcess[str]:
    """One target in a process of its own, since libFuzzer ends the process."""
    with tempfile.TemporaryDirectory(prefix="mithaq-fuzz-") as scratch:
        command = [sys.executable, "-m", "fuzz.driver", name, *arguments]
        return subprocess.run(
            command,
            check=False,
            cwd=ROOT,
            env=os.environ | {"TMPDIR": scratch},
            stdout=output,
            stderr=output and subprocess.STDOUT,
            text=True,
        )


def run_all(hours: float) -> int:
    """Every target for its share; 1 if one of them found something."""
    seconds = max(1, round(hours * 3600 / 2 / len(TARGETS)))
    failed: list[str] = []
    for name in TARGETS:
        ran = run(name, f"-max_total_time={seconds}", output=subprocess.PIPE)
        done = re.search(r"Done (\d+) runs", ran.stdout)
        print(f"fuzz {name}: {done[1] if done else 'no'} runs in {seconds} s", flush=True)
        if ran.returncode or not done:
            failed.append(name)
            print(ran.stdout[-5_000:], file=sys.stderr, flush=True)
    print(f"{len(TARGETS)} targets, found something: {' '.join(failed) or 'none'}", flush=True)
    return bool(failed)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["list"]:
            print("\n".join(TARGETS))
        case ["run", name, *rest] if name in TARGETS:
            sys.exit(run(name, *rest).returncode)
        case ["all", hours]:
            sys.exit(run_all(float(hours)))
        case _:
            sys.exit(f"{__doc__}\n{' '.join(TARGETS)}")
