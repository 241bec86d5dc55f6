"""The table of security checks is about the sources and tests that there are (``tools/checks.py``)."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from checks import SOURCES, checks, page  # noqa: E402 - tools are not a package

ROWS = checks()


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef))


@pytest.mark.parametrize("file", sorted({check.file for check in ROWS}))
def test_every_fragment_stands_in_the_sources_once(file):
    source = (ROOT / SOURCES / file).read_text("utf-8")
    for check in ROWS:
        if check.file == file:
            ast.parse(check.removed(source))  # and what is left is Python
            assert check.removed(source) != source


@pytest.mark.parametrize("path", sorted({test.split("::")[0] for check in ROWS for test in check.tests}))
def test_every_test_is_there(path):
    named = {test.split("::")[1] for check in ROWS for test in check.tests if test.startswith(f"{path}::")}
    assert named <= names_in(path)


def test_every_row_says_what_it_is_about():
    assert all(check.says and check.clause and check.tests for check in ROWS)
    assert len({(check.file, check.code, check.without) for check in ROWS}) == len(ROWS)


def test_the_page_has_every_row():
    text = page(ROWS)
    assert text.count("\n| ") - 2 * text.count("\n## ") == len(ROWS) - text.count("\n| module")
