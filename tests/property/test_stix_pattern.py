"""Our recogniser of patterns beside the parser of OASIS, ``stix2-patterns``: both say the same of each.

Where they differ, the text of the specification decides; each such rule is read out of the other's parse tree
here (``beyond``), so that every pattern is compared, and ``DIFFERENCES`` shows one pattern for each. It has
also two checks that are no part of this comparison: of the digests behind ``hashes``, which the
specification does not ask for and which refuses a list or a wildcard of right ones, and that the first thing
is a bracket, which refuses a comment there.
"""

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from antlr4 import ParserRuleContext, TerminalNode
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from stix2patterns.exceptions import ParseException
from stix2patterns.v21.grammars.STIXPatternParser import STIXPatternParser as Tree
from stix2patterns.v21.pattern import Pattern
from stix2patterns.v21.validator import DuplicateQualifierTypeError, ValidationListener
from stix2patterns.validator import validate

from fuzz.mutate import mutate
from mithaq.errors import LimitError, MalformedError
from mithaq.formats.stix_pattern import all_hold, check, holds

SHARED = Path(os.environ.get("MITHAQ_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "stix"

DIFFERENCES = {
    "AND of types that no object has both of (9.5)": (
        "[network-traffic:src_port = 37020 AND user-account:user_id = 'root']",
        False,
    ),
    "a positive number of times (9.5.1)": ("[a:b = 1] REPEATS 0 TIMES", False),
    "a positive number of seconds (9.5.1)": ("[a:b = 1] WITHIN 0 SECONDS", False),
    "no plus sign (9.2)": ("[a:b = +1]", False),
    "a timestamp that the calendar has (9.2, 3.14)": ("[a:b = t'2023-02-29T12:00:00Z']", False),
    "a list of constants of one type (9.6.1)": ("[a:b IN ('x', 1)]", False),
    "an index from 0 (9.7.2); the other accepts it and then fails": ("[a:b[-1] = 1]", False),
    "line feeds in base64 (9.2)": ("[a:b = b'ABI\n=']", True),
    "digests are not looked at": ("[file:hashes.MD5 IN ('cead3f77f6cda6ec00f57d76c9a6879f')]", True),
    "a comment may come first": ("/* why */ [a:b = 1]", True),
}
"""A pattern of each kind that is judged in two ways, with our judgement."""


class BeyondError(Exception):
    """The grammar lets it pass and the specification does not."""


def beyond(node: Any) -> None:
    """Refuse what the specification forbids and the grammar cannot say, by the parse tree of the other."""
    match node:
        case TerminalNode():
            _token(node.getSymbol())
        case Tree.IndexPathStepContext():
            _refuse(node.IntNegLiteral() is not None)
        case Tree.WithinQualifierContext():
            _refuse(float((node.IntPosLiteral() or node.FloatPosLiteral()).getText()) == 0)
        case Tree.RepeatedQualifierContext():
            _refuse(int(node.IntPosLiteral().getText()) == 0)
        case Tree.SetLiteralContext():
            _refuse(len({_kind(each.getText()) for each in node.primitiveLiteral()}) > 1)
        case Tree.ObservationExpressionSimpleContext():
            _types(node.comparisonExpression())
        case _:
            pass
    for child in () if isinstance(node, TerminalNode) else node.getChildren():
        beyond(child)


def _token(token: Any) -> None:
    if token.type in (Tree.IntPosLiteral, Tree.FloatPosLiteral):
        _refuse(token.text.startswith("+"))
    if token.type == Tree.TimestampLiteral:
        try:
            date.fromisoformat(token.text[2:12].replace("0000-", "2000-"))  # Python has no year 0
        except ValueError as error:
            raise BeyondError from error


class Beyond:
    """The least that is needed to be shown the whole tree."""

    visit = staticmethod(beyond)


def _refuse(wrong: bool) -> None:
    if wrong:
        raise BeyondError


def _kind(constant: str) -> str:
    return (
        "number"
        if constant[0] in "+-.0123456789"
        else "boolean"
        if constant in ("true", "false")
        else constant[0]
    )


def _types(node: Any) -> set[str]:
    if isinstance(node, Tree.PropTestParenContext):
        return _types(node.comparisonExpression())
    if not isinstance(node, Tree.ComparisonExpressionContext | Tree.ComparisonExpressionAndContext):
        return {node.objectPath().objectType().getText()}
    first, *second = [_types(each) for each in node.getChildren() if isinstance(each, ParserRuleContext)]
    if not second:
        return first
    if isinstance(node, Tree.ComparisonExpressionContext):
        return first | second[0]
    _refuse(not first & second[0])
    return first & second[0]


@contextmanager
def deep() -> Iterator[None]:
    """The other one recurses once for each comparison."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def other(pattern: str) -> bool:
    """What the parser of OASIS says, and the specification where it says more."""
    with deep():
        try:
            parsed = Pattern(pattern)
            parsed.walk(ValidationListener())
            parsed.visit(Beyond())
        except (ParseException, DuplicateQualifierTypeError, BeyondError):
            return False
    return True


def agree(pattern: str) -> bool:
    """Whether both take it; fails where one does and the other does not. Past a limit nothing is compared."""
    try:
        check(pattern)
        ours = True
    except MalformedError:
        ours = False
    except LimitError:
        return False
    assert ours == other(pattern), pattern
    assert all_hold([pattern]) == ours
    return ours


# --- generated ---------------------------------------------------------------------------------------------


def usual(right: list[str], wrong: list[str]) -> st.SearchStrategy[str]:
    """Mostly one of the first."""
    return st.integers(0, 999).map(
        lambda n: wrong[n // 20 % len(wrong)] if n % 20 == 19 else right[n % len(right)]
    )


GAPS = usual([" ", " ", " ", " ", "", "\n", "\u2003"], ["/* ' */", "// x\n"])
NAMES = usual(["a", "bc", "x_1", "_", "t", "h", "ANDx"], ["IN", "true", "START", "a-b"])
TYPES = usual(["file"], ["ipv4-addr", "a", "b", "t", "x-y", "OR-z", "NOT"])
TEXTS = st.text(max_size=6).map(lambda text: "'" + text.replace("\\", r"\\").replace("'", r"\'") + "'")
NUMBERS = usual(["7", "443", "1.5", ".5", "00.1"], ["0", "-1", "+1", "-0.0", "007", "1."])
TIMES = usual(
    ["t'2024-02-29T00:00:00Z'", "t'2023-12-31T23:59:60.123Z'", "t'0000-02-29T00:00:00Z'"],
    ["t'2023-02-29T00:00:00Z'", "t'2023-13-01T00:00:00Z'", "'2023-01-01T00:00:00Z'"],
)
OCTETS = usual(
    ["h''", "h'0aFF'", "b'ABI='", "b'AA=='", "b'ABCD'"], ["h'0'", "b'A'", "b''", "b'A==='", "b'ABCDA'"]
)
CONSTANTS = TEXTS | TEXTS | NUMBERS | TIMES | OCTETS | st.sampled_from(["true", "false"])


def spaced(*parts: str | st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """The parts with something or nothing between them."""
    given_ = [part if isinstance(part, st.SearchStrategy) else st.just(part) for part in parts]
    row = [each for part in given_ for each in (part, GAPS)][:-1]
    return st.tuples(*row).map("".join)


def optional(part: str | st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.just("") | (part if isinstance(part, st.SearchStrategy) else st.just(part))


STEPS = st.lists(
    spaced(".", NAMES | TEXTS) | spaced("[", usual(["0", "12", "*"], ["-1", "+1"]), "]"), max_size=2
).map("".join)
PATHS = spaced(TYPES, ":", NAMES | TEXTS, STEPS)
SETS = spaced("(", st.lists(CONSTANTS, max_size=3).map(",".join), ")") | spaced("(", TEXTS, ",", TEXTS, ")")
COMPARED = (
    spaced(st.sampled_from(["=", "==", "!=", "<>", ">", "<", ">=", "<="]), CONSTANTS)
    | spaced("IN", SETS)
    | spaced(st.sampled_from(["LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"]), TEXTS)
)
COMPARISONS = (
    spaced(PATHS, COMPARED)
    | spaced(PATHS, COMPARED)
    | spaced(PATHS, "NOT", COMPARED)
    | spaced(optional("NOT "), "EXISTS ", PATHS)
)
INSIDE = st.recursive(
    COMPARISONS,
    lambda inner: (
        spaced(inner, " OR ", inner)
        | spaced(inner, " AND ", inner)
        | spaced("(", inner, ")")
        | spaced(inner, st.sampled_from(["OR", "AND"]), inner)
    ),
    max_leaves=5,
)
QUALIFIERS = (
    spaced("WITHIN ", NUMBERS, "SECONDS")
    | spaced("REPEATS ", NUMBERS, "TIMES")
    | spaced("START ", TIMES, "STOP ", TIMES)
)
OBSERVATIONS = st.recursive(
    spaced("[", INSIDE, "]"),
    lambda inner: (
        spaced(inner, st.sampled_from(["AND", "OR", "FOLLOWEDBY"]), inner)
        | spaced("(", inner, ")")
        | spaced(inner, QUALIFIERS)
        | spaced(inner, QUALIFIERS, QUALIFIERS)
    ),
    max_leaves=4,
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spaced("", OBSERVATIONS, ""))
def test_patterns_that_are_made(pattern):
    agree(pattern)


WORDS = [
    word.encode()
    for word in (
        *"[]().:,*'",
        " AND ",
        " OR ",
        " NOT ",
        "t'",
        "b'",
        "h'",
        "\\'",
        "\\\\",
        "/*",
        "*/",
        "//",
        "-1",
        ".5",
    )
]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spaced("", OBSERVATIONS, ""), st.integers(0, 2**64))
def test_patterns_that_are_changed(pattern, chance):
    changed = mutate(pattern.encode(), Random(chance), WORDS).decode(errors="replace")
    assume(not re.search(r"b'[^']*\n", changed))
    agree(changed)


@settings(max_examples=300, deadline=None)
@given(st.lists(OBSERVATIONS, max_size=4), st.integers(0, 2**64))
def test_many_hold_if_each_does(patterns, chance):
    """The shapes that many are checked by hide nothing: not where an apostrophe of one meets the next's."""
    if patterns and chance % 2:
        patterns[0] = mutate(patterns[0].encode(), Random(chance), WORDS).decode(errors="replace")
    assert all_hold(patterns) == all(map(holds, patterns))


@pytest.mark.parametrize(("pattern", "ours"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_where_the_specification_decides(pattern, ours):
    assert holds(pattern) == ours
    try:
        theirs = validate(pattern, "2.1")
    except AttributeError:
        theirs = True
    assert theirs != ours


# --- from the world ----------------------------------------------------------------------------------------


def loaded(path: Path) -> Any:
    """What a file says; some are none of JSON on purpose."""
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        return None


def patterns_in(value: Any) -> Iterator[str]:
    """The patterns of STIX indicators, wherever they stand."""
    if isinstance(value, dict):
        if value.get("type") == "indicator" and value.get("pattern_type", "stix") == "stix":
            yield value.get("pattern", "")
        for each in value.values():
            yield from patterns_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from patterns_in(each)


@pytest.mark.skipif(not SHARED.is_dir(), reason="shared data not there")
def test_patterns_from_the_world():
    """Each as it is, and changed in ten ways."""
    found = {pattern for path in sorted(SHARED.rglob("*.json")) for pattern in patterns_in(loaded(path))}
    taken = [agree(pattern) for pattern in sorted(found)]
    assert sum(taken) > 100
    for pattern in sorted(found):
        for chance in range(10 if len(pattern) < 2_000 else 0):
            agree(mutate(pattern.encode(), Random(chance), WORDS).decode(errors="replace"))
