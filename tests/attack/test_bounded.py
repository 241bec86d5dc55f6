"""Whatever is sent within the limits, reading it takes memory and time in proportion (`tests/bounded.py`)."""

import ast
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from re import _parser as parser
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "mithaq"
CALLS = {"compile", "fullmatch", "match", "search", "sub", "findall", "split", "finditer"}
ONE_WAY = {
    r"(https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?|http://localhost)(:[1-9][0-9]{0,4})?(/[A-Za-z0-9._~-]+)*": (
        "each turn begins with a slash, which it has nowhere else; at most 200 bytes"
    ),
    r"(?:[\s\x00]|%[^\r\n]*[\r\n])*": "a turn is a space, or a percent sign to the end of its line",
    r'([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)*):(.*)\Z': (
        "turns begin with a semicolon or a comma, which stand elsewhere in quotation marks only"
    ),
    r"-?\d+(?:\.\d+)?,-?\d+(?:\.\d+)?(?:\s+-?\d+(?:\.\d+)?,-?\d+(?:\.\d+)?){3,}": (
        "each turn begins with spaces, which it has nowhere else"
    ),
}
"""Expressions with a repetition inside a repetition that match in one way only, and why."""


GIVEN: dict[str, Any] = {"size": 32, "words": "one other"}
"""What functions are given that make an expression."""


@pytest.mark.slow
def test_memory_and_time_are_in_proportion():
    """Fifty inputs, each in a process of its own: its peak is counted, and what has no end is killed."""
    ran = subprocess.run(
        [sys.executable, ROOT / "tests" / "bounded.py"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    results = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(results) > 50
    assert [each for each in results if "error" in each or each["peak"] > each["allowed"]] == []


def expressions() -> Iterator[tuple[str, str]]:
    """Every regular expression in the sources that Python's own engine runs, and where it stands."""
    for path in sorted(SOURCES.rglob("*.py")):
        if "migrations" in path.parts or path.stem == "__main__":
            continue
        name = ".".join(path.relative_to(SOURCES.parent).with_suffix("").parts)
        names: dict[str, Any] = GIVEN | vars(importlib.import_module(name))
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for given in _given(node):
                value = eval(compile(ast.Expression(given), str(path), "eval"), names)
                yield value if isinstance(value, str) else value.decode("latin-1"), f"{name}:{node.lineno}"


def _given(node: ast.AST) -> Iterator[ast.expr]:
    if not isinstance(node, ast.Call):
        return
    match node.func:
        case ast.Attribute(value=ast.Name(id="re"), attr=attr) if attr in CALLS:
            yield node.args[0]
        case ast.Attribute(attr="Meta") | ast.Name(id="Meta"):
            yield from (keyword.value for keyword in node.keywords if keyword.arg == "pattern")


def repeats(tree: Any, *, inside: bool = False) -> Iterator[str]:
    """Repetitions without a limit that hold another such one, unless what they took is never given back."""
    for operation, value in tree:
        name = str(operation)
        if name in {"MAX_REPEAT", "MIN_REPEAT"}:
            _, most, body = value
            endless = most == parser.MAXREPEAT
            if endless and inside:
                yield name
            yield from repeats(body, inside=inside or endless)
        elif name == "POSSESSIVE_REPEAT":
            yield from repeats(value[2], inside=False)
        elif name in {"SUBPATTERN", "ATOMIC_GROUP", "ASSERT", "ASSERT_NOT"}:
            body = value if name == "ATOMIC_GROUP" else value[-1]
            yield from repeats(body, inside=inside and name != "ATOMIC_GROUP")
        elif name == "BRANCH":
            for branch in value[1]:
                yield from repeats(branch, inside=inside)


def test_no_expression_repeats_a_repetition():
    """Such an expression can try every way to cut its text into pieces: thirty bytes then take a year."""
    found = dict(expressions())
    assert len(found) > 30
    doubtful = {text: where for text, where in found.items() if list(repeats(parser.parse(text)))}
    assert {text: where for text, where in doubtful.items() if text not in ONE_WAY} == {}
    assert doubtful.keys() == ONE_WAY.keys()


@pytest.mark.parametrize("text", ["(a+)+b", "(a*)*", "((?:a+,?)+)z", "(?:a|b+)*c"])
def test_such_an_expression_is_found(text):
    assert list(repeats(parser.parse(text)))
