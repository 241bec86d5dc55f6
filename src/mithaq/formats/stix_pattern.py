"""Whether a text is a pattern of STIX 2.1 (section 9): a recogniser, which keeps nothing of what it reads.

``check`` refuses what does not follow the grammar that OASIS publishes, and besides what the text of the
specification forbids and the grammar lets pass:

- AND between comparisons that no one object can satisfy (9.5): OR gives a choice of types, AND narrows it;
- two qualifiers of one kind on one observation; a qualifier of no seconds or no times (9.5.1);
- a day that the calendar does not have, a plus sign, a negative index, a list of constants of several types.

It does not judge what a pattern means: whether a type or property exists, a regular expression works, a
digest has the length of its algorithm, or a time span is empty.

    >>> check("[ipv4-addr:value = '198.51.100.1'] WITHIN 5 SECONDS")
    >>> check("[ipv4-addr:value]")
    Traceback (most recent call last):
    MalformedError: not a STIX pattern, at character 2: expected a comparison, as in file:name = 'a', …

``all_hold`` is for many at once. Patterns of one origin differ in their strings only, so it checks each shape
once: what remains of a pattern when every string is the same.
"""

import re
from collections.abc import Sequence

from mithaq.errors import LimitError, MalformedError, PeerError
from mithaq.formats.stix_pattern_words import (
    COMMON,
    COMPARISON,
    FOLLOWING,
    FOLLOWING_2_0,
    GAP,
    JOINT,
    OPENING,
)

PATTERN_MAX = 262_144
"""Characters of a pattern: the longest known to us, of a report on hundreds of domains, has 57,120."""

COMPARISONS_MAX = 5_000
"""Comparisons of a pattern: whoever uses it evaluates each of them on everything observed."""

SHORT_MAX = 1_024
"""Characters of a short pattern. It is tried as a common one, since it cannot have too many comparisons."""

AT_ONCE = 1_000
"""Short patterns whose shapes are made at once: as many as we write into a body, and at most a MiB."""

GOT_MAX = 40
"""Characters that an error quotes: enough to find the place."""

DEPTH_MAX = 32
"""Parentheses inside parentheses; published patterns need 4, and others recurse when they read it."""


def check(pattern: str, version: str = "2.1") -> None:
    """Refuse what is no pattern.

    Args:
        pattern: the text.
        version: "2.0" also lets the times behind START and STOP be strings; any other is read as 2.1.

    Raises:
        MalformedError: it is no pattern; ``where`` counts characters from 1.
        LimitError: ``PATTERN_MAX``, ``COMPARISONS_MAX`` or ``DEPTH_MAX`` is passed.
    """
    if len(pattern) <= SHORT_MAX and COMMON.match(pattern):
        return
    if len(pattern) > PATTERN_MAX:
        raise _too_much("characters", PATTERN_MAX, len(pattern))
    _Reading(pattern).read(FOLLOWING_2_0 if version == "2.0" else FOLLOWING)


def holds(pattern: str) -> bool:
    """Whether ``check`` lets it pass."""
    try:
        check(pattern)
    except PeerError:
        return False
    return True


def all_hold(patterns: Sequence[str]) -> bool:
    """Whether ``check`` lets all of them pass: about 0.1 µs for each that has the shape of another."""
    short = [each for each in patterns if len(each) <= SHORT_MAX]
    return all(_alike_hold(short[at : at + AT_ONCE]) for at in range(0, len(short), AT_ONCE)) and (
        len(short) == len(patterns) or all(holds(each) for each in patterns if len(each) > SHORT_MAX)
    )


def _alike_hold(patterns: Sequence[str]) -> bool:
    shapes = _shapes(patterns)
    doubtful = {shape for shape in set(shapes) if "/" in shape or not holds(shape)}
    return not doubtful or all(
        holds(each) for each, shape in zip(patterns, shapes, strict=True) if shape in doubtful
    )


def _shapes(patterns: Sequence[str]) -> Sequence[str]:
    """Each pattern with ``'~'`` for its strings: a pattern holds if its shape does. Or else the patterns.

    Outside of comments an apostrophe begins a string wherever it does not end one; a shape with a slash,
    which may have comments, proves nothing. An escape becomes a tilde, which no pattern has outside of
    strings, and no time, hexadecimal or binary constant has inside: so it shows an escape at a wrong place.
    """
    joined = "\n".join(patterns)
    if "\\" in joined:
        joined = joined.replace(r"\\", "~").replace(r"\'", "~")
    pieces = joined.split("'")
    shapes = "'~'".join(pieces[::2]).split("\n")
    # Not so where an escape is wrong, a string has no end, or a line feed is not one of those put here.
    exact = "\\" not in joined and len(pieces) % 2 and joined.count("\n") == len(shapes) - 1
    return shapes if exact and len(shapes) == len(patterns) else patterns


class _Types:
    """The types of objects that can satisfy what was read: OR adds to them, AND leaves what is common."""

    def __init__(self) -> None:
        self._either: set[str] = set()
        self._both: set[str] = set()

    def joined(self, types: set[str]) -> bool:
        """Take in the next comparison or what is in parentheses; whether any object is left."""
        self._both = self._both & types if self._both else types
        return bool(self._both)

    def choice(self) -> None:
        """An OR follows, which binds less than AND."""
        self._either |= self._both
        self._both = set()

    def all(self) -> set[str]:
        """All of them."""
        return self._either | self._both


class _Reading:
    """A pattern, and how far it has been read.

    Args:
        text: the pattern.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._word = 0
        self._at = 0
        self._comparisons = 0

    def read(self, following: re.Pattern[str]) -> None:
        """Read observation expressions, in parentheses or not, with what joins and qualifies them."""
        depth = 0
        while True:
            if self._next(OPENING, "an observation in square brackets")[1] == "(":
                depth = self._deeper(depth)
                continue
            self._observation(depth)
            depth, more = self._what_follows(following, depth)
            if not more:
                return

    def _what_follows(self, following: re.Pattern[str], depth: int) -> tuple[int, bool]:
        """Read up to what joins the next observation or to the end; the depth there, and which it was."""
        qualified: set[str] | None = set()
        while (
            word := self._next(following, "AND, OR, FOLLOWEDBY, a qualifier or the end").lastgroup
        ) != "joint":
            if word == "closing" and depth:
                depth, qualified = depth - 1, None
            elif word == "end" and not depth:
                return 0, False
            elif word in ("closing", "end"):
                raise self._wrong("as many closing parentheses as opening ones")
            elif qualified is not None:
                # Behind a parenthesis the grammar's authors let a qualifier stand again, as we do.
                if word in qualified:
                    raise self._wrong(f"{word} once behind an observation")
                qualified.add(str(word))
        return depth, True

    def _observation(self, depth: int) -> None:
        """Read comparisons up to the bracket that closes them."""
        outer: list[_Types] = []
        types = _Types()
        while True:
            comparison = self._next(COMPARISON, "a comparison, as in file:name = 'a'")
            if comparison.lastindex is None:
                self._deeper(depth + len(outer))
                outer.append(types)
                types = _Types()
                continue
            self._comparisons += 1
            self._join(types, {comparison[comparison.lastindex]})
            while (joint := self._next(JOINT, "AND, OR or a closing bracket")[1]) == ")" and outer:
                inner, types = types, outer.pop()
                self._join(types, inner.all())
            if joint == "OR":
                types.choice()
            elif joint == "]" and not outer:
                break
            elif joint != "AND":
                raise self._wrong("a closing parenthesis" if outer else "a closing square bracket")
        if self._comparisons > COMPARISONS_MAX:
            raise _too_much("comparisons", COMPARISONS_MAX, self._comparisons)

    def _join(self, types: _Types, more: set[str]) -> None:
        if not types.joined(more):
            raise self._wrong("AND between comparisons that one object can satisfy")

    def _next(self, word: re.Pattern[str], expected: str) -> re.Match[str]:
        self._word = self._at
        match = word.match(self._text, self._at)
        if match is None:
            raise self._wrong(expected)
        self._at = match.end()
        return match

    def _deeper(self, depth: int) -> int:
        if depth == DEPTH_MAX:
            raise _too_much("levels of parentheses", DEPTH_MAX, f"{depth + 1} or more")
        return depth + 1

    def _wrong(self, expected: str) -> MalformedError:
        """What was expected at the word that was read last."""
        gap = GAP.match(self._text, self._word)
        assert gap is not None  # it also matches nothing
        at = gap.end()
        got = self._text[at : at + GOT_MAX] or "the end"
        return MalformedError("not a STIX pattern", where=f"character {at + 1}", expected=expected, got=got)


def _too_much(what: str, most: int, got: object) -> LimitError:
    return LimitError("a STIX pattern is too large", expected=f"at most {most} {what}", got=got)
