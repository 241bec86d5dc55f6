"""Every security check, and a test that fails without it: each is removed in turn, and its test must fail.

``python tools/checks.py`` copies the tree, removes one check of ``tools/checks.toml`` at a time there, runs
the tests that the row names and demands that they fail; then it writes ``docs/checks.md``. It ends with 1 if
a removal survives, if a fragment is not in the sources exactly once, or if the tests fail without any
removal. ``python tools/checks.py exchange/cards`` does so for the files whose path contains these words, and
writes nothing.
"""

import importlib
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
import tomllib
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = Path("src/mithaq")
TABLE = ROOT / "tools" / "checks.toml"
PAGE = ROOT / "docs" / "checks.md"
COPIED = ("src", "tests", "pyproject.toml")
JOBS = 2
TIMEOUT = 300.0
"""Seconds for the tests of one removal: without a limit some would never end, which is a failure too."""
MEMORY = "/dev/shm"
"""Where the copies are made if there is such: stores sync at every commit, and here that costs nothing."""
HEAVY = (
    "alembic.command",
    "cryptography.hazmat.primitives.hpke",
    "h11",
    "sqlalchemy",
    "structlog",
)
"""Modules of others that every test imports: once for all, since each test runs in a fork of this process."""


@dataclass(frozen=True)
class Check:
    """One check.

    Args:
        clause: where it comes from.
        says: what it makes sure of.
        file: below ``src/mithaq``.
        code: the fragment that is the check, once in the file.
        without: what stands there when the check is gone.
        tests: node ids, of which at least one fails then.
    """

    clause: str
    says: str
    file: str
    code: str
    tests: tuple[str, ...]
    without: str = "if False:"

    def removed(self, source: str) -> str:
        """The source of its file without it.

        Raises:
            ValueError: the fragment is not there exactly once: the row is about code that has changed.
        """
        if source.count(self.code) != 1:
            raise ValueError(f"{self.file}: {source.count(self.code)} times in the source: {self.code!r}")
        return source.replace(self.code, self.without)


def checks() -> list[Check]:
    """The rows of the table."""
    rows = tomllib.loads(TABLE.read_text("utf-8"))["check"]
    return [Check(**row | {"tests": tuple(row["tests"])}) for row in rows]


class Copy:
    """A copy of the tree in which checks are removed.

    Args:
        directory: where it is made.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._root = directory / "tree"
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            (self._root / name).parent.mkdir(parents=True, exist_ok=True)
            copy(ROOT / name, self._root / name)

    def test(self, tests: Sequence[str]) -> tuple[bool, str]:
        """Run tests in a fork; whether some failed, and what pytest said."""
        said = self._directory / "said"
        child = os.fork()
        if not child:
            self._become_pytest(said, tests)
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                code = os.waitstatus_to_exitcode(status)
                text = f"pytest {code}: {said.read_text('utf-8', 'replace')[-2_000:]}"
                return code == pytest.ExitCode.TESTS_FAILED, text
            time.sleep(0.05)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return True, "never ended"

    def _become_pytest(self, said: Path, tests: Sequence[str]) -> None:
        """What the fork does; never returns."""
        code = 70
        try:
            os.setpgid(0, 0)
            with said.open("wb") as file:
                os.dup2(file.fileno(), 1)
                os.dup2(file.fileno(), 2)
            os.chdir(self._root)
            os.environ |= {"PYTHONPATH": "src", "MITHAQ_MADE": str(self._directory / "made")}
            sys.path[:0] = [str(self._root), str(self._root / "src")]
            base = f"--basetemp={self._directory / 'base'}"
            code = pytest.main(["-q", "-x", "-n0", "-p", "no:cacheprovider", "--tb=no", base, *tests])
        except BaseException:  # noqa: BLE001 - whatever it is, this is not the process to go on in
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)

    def without(self, check: Check) -> str:
        """Remove a check, run its tests, put it back; empty if they failed, else what is wrong."""
        path = self._root / SOURCES / check.file
        source = path.read_text("utf-8")
        try:
            path.write_text(check.removed(source), "utf-8")
            failed, said = self.test(check.tests)
        except ValueError as error:
            return str(error)
        finally:
            path.write_text(source, "utf-8")
        return "" if failed else f"survives: {check.file}: {check.code!r}\n{said}"


_copies: list[Copy] = []
"""The copy of this worker."""


def _begin(directory: str) -> None:
    for name in HEAVY:
        importlib.import_module(name)
    _copies.append(Copy(Path(directory) / str(os.getpid())))


def _remove(check: Check) -> str:
    return _copies[0].without(check)


def _try(tests: Sequence[str]) -> str:
    """What is wrong with tests while every check is there."""
    failed, said = _copies[0].test(tests)
    return f"fails before anything is removed: {said}" if failed or not said.startswith("pytest 0") else ""


def remove_all(rows: Sequence[Check]) -> list[str]:
    """What is wrong, of all these rows."""
    whole = sorted({test for check in rows for test in check.tests})
    context = multiprocessing.get_context("fork")
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(dir=memory) as directory,
        context.Pool(JOBS, _begin, (directory,)) as pool,
    ):
        shares = [whole[n::JOBS] for n in range(min(JOBS, len(whole)))]  # none empty: pytest would run all
        faults = [fault for fault in pool.map(_try, shares, 1) if fault]
        if faults:
            return faults
        for check, fault in zip(rows, pool.imap(_remove, rows), strict=True):
            print(f"{'survives' if fault else 'held'}  {check.file}  {check.says}", flush=True)
            faults += [fault] * bool(fault)
    return faults


def page(rows: Sequence[Check]) -> str:
    """``docs/checks.md``."""
    lines = [
        "# Every check, and the test that fails without it",
        "",
        f"`make checks` writes this page. It removes each of the {len(rows)} checks below from a copy of the",
        "sources, one at a time, and runs the test beside it, which must then fail. So no check can be lost",
        "unnoticed, and none of these tests is there for show. The fragments stand in `tools/checks.toml`.",
    ]
    for folder in dict.fromkeys(check.file.split("/")[0] for check in rows):
        lines += ["", f"## {folder}", ""]
        lines += ["| module | what it makes sure of | clause | test |", "|---|---|---|---|"]
        for check in (row for row in rows if row.file.startswith(f"{folder}/")):
            module = check.file.split("/")[1].removesuffix(".py")
            tests = ", ".join(f"`{test}`" for test in check.tests)
            lines.append(f"| {module} | {check.says} | {check.clause} | {tests} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Remove every check, or those whose file contains the words given."""
    words = sys.argv[1:]
    rows = [check for check in checks() if not words or any(word in check.file for word in words)]
    faults = remove_all(rows)
    for fault in faults:
        print(fault, file=sys.stderr)
    if not words and not faults:
        PAGE.write_text(page(rows), "utf-8")
    print(f"{len(rows) - len(faults)} of {len(rows)} checks are held by a test")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
