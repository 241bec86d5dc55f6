"""What is a STIX pattern and what is none, each with the reason; what the rest of STIX makes of it."""

import pytest

import stix_samples as make
from mithaq.errors import LimitError, MalformedError
from mithaq.formats import stix, stix_fast, stix_pattern, stix_precise
from mithaq.formats.stix_pattern import COMPARISONS_MAX, DEPTH_MAX, PATTERN_MAX, all_hold, check, holds

TIMES = "START t'2016-06-01T01:30:00.123Z' STOP t'2016-06-01T02:20:00Z'"
A, B = "[file:name = 'a']", "[url:value = 'b']"

PATTERNS = {
    "one comparison": A,
    "escapes": r"[file:name = 'it\'s \\']",
    "a string that ends with an escaped backslash": r"[file:name = 'a\\' OR file:name = 'b']",
    "any character in a string": "[file:name = '[]()\"/* \n\t🕊 سيل']",
    "a quoted key": "[file:hashes.'SHA-256' = 'aa']",
    "a quoted first key": "[file:'x-y'.z = 1]",
    "indices": "[network-traffic:protocols[0] = 'tcp' AND network-traffic:protocols[*] = 'ip']",
    "a type with hyphens": "[x-usb-device:usbdrive.serial_number = '5']",
    "numbers": "[a:b = 0 OR a:b = -7 OR a:b = 1.5 OR a:b = -.5 OR a:b = 00.5]",
    "booleans": "[a:b = true OR a:b != false]",
    "binary": "[a:b = b'ABI=' OR a:b = b'AA==' OR a:b = b'ABCD']",
    "binary in lines": "[a:b = b'ABCD\nABI=\n']",
    "hexadecimal": "[a:b = h'ffD8' OR a:b = h'']",
    "a time": "[a:b = t'2024-02-29T23:59:60.5Z']",
    "equality": "[a:b == 1 OR a:b <> 1 OR a:b != 1]",
    "order": "[a:b > 1 OR a:b < 'x' OR a:b >= 1.5 OR a:b <= t'2024-01-01T00:00:00Z']",
    "sets": "[a:b IN ('x', 'y') OR a:b IN (1, 2.5, -3) OR a:b IN () OR a:b IN (true,false)]",
    "sets of octets": "[a:b IN (h'00', h'01') OR a:b IN (b'ABI=') OR a:b IN (t'2024-01-01T00:00:00Z')]",
    "text": "[a:b LIKE '%x_' OR a:b MATCHES '^x$']",
    "networks": "[ipv4-addr:value ISSUBSET '198.51.100.0/24' OR ipv4-addr:value ISSUPERSET '198.51.100.7']",
    "negation": "[a:b NOT = 1 OR a:b NOT IN (1) OR a:b NOT LIKE 'x' OR a:b NOT > 1]",
    "existence": "[EXISTS a:b.c[*] AND NOT EXISTS a:d]",
    "parentheses inside": "[(a:b = 1 OR (a:c = 2)) AND a:d = 3]",
    "types that AND leaves": "[(a:x = 1 OR b:y = 2) AND (b:x = 3 OR c:x = 4) AND b:z = 5]",
    "types that OR gives": "[a:x = 1 AND a:y = 2 OR b:x = 3 AND b:y = 4]",
    "observations": f"{A} AND {B} OR {A} FOLLOWEDBY {B}",
    "parentheses outside": f"(({A} AND {B}) OR {A})",
    "qualifiers": f"{A} WITHIN 0.5 SECONDS REPEATS 2 TIMES {TIMES}",
    "qualifiers of a group": f"({A} WITHIN 5 SECONDS AND {B}) WITHIN 10 SECONDS",
    "one qualifier twice behind a group": f"({A}) WITHIN 5 SECONDS WITHIN 6 SECONDS",
    "no white space": "([a:b='x'OR a:b=1OR a:b IN('y')]AND[a:c>-1])WITHIN 5SECONDS",
    "white space everywhere": "\u3000 [ a : b . 'c' [ * ] = 'x' ] \r\n",
    "comments": "/* a 'pattern */[a:b /**/ = // to the end\n 1]/***/ // ''",
    "names like keywords": "[ANDy:and = 1 OR IN-x:OR_ = 2 OR truer:nottrue = 3]",
    "as many levels as may be": "(" * DEPTH_MAX + A + ")" * DEPTH_MAX,
    "as many comparisons as may be": "[" + " OR ".join(["a:b=1"] * COMPARISONS_MAX) + "]",
    "as long as may be": "[a:b='" + "x" * (PATTERN_MAX - 8) + "']",
}

NONE = {
    "nothing": ("", "an observation in square brackets", 1),
    "white space alone": (" /**/ ", "an observation in square brackets", 7),
    "no brackets": ("file:name = 'a'", "an observation in square brackets", 1),
    "empty brackets": ("[]", "a comparison", 2),
    "no value": ("[file:name = ]", "a comparison", 2),
    "no operator": ("[file:name 'a']", "a comparison", 2),
    "a full stop for a colon": ("[file.name = 'a']", "a comparison", 2),
    "a bare word": ("[file:name = a]", "a comparison", 2),
    "double quotes": ('[file:name = "a"]', "a comparison", 2),
    "a string without end": ("[file:name = 'a]", "a comparison", 2),
    "a string without end behind a pattern": ("[file:name = 1]'", "AND, OR, FOLLOWEDBY", 16),
    "an escape of something else": (r"[file:name = '\n']", "a comparison", 2),
    "an escape outside of strings": (r"[file:name\\ = 'a']", "a comparison", 2),
    "an escaped apostrophe outside": (r"[a:b = 1]\' OR [a:b = 'x']", "AND, OR, FOLLOWEDBY", 10),
    "a comment without end": ("[a:b = 1 /* ]", "AND, OR or a closing bracket", 10),
    "an apostrophe in a comment hides nothing": ("[a:b = 1] /* ' */ x /* ' */", "AND, OR, FOLLOWEDBY", 19),
    "a key with a hyphen": ("[file:hashes.SHA-256 = 'a']", "a comparison", 2),
    "a keyword as key": ("[a:START = 1]", "a comparison", 2),
    "a keyword as type": ("[true:b = 1]", "a comparison", 2),
    "a small keyword": ("[a:b = 1 and a:c = 2]", "AND, OR or a closing bracket", 10),
    "words that run together": ("[a:b = 1 ANDa:c = 2]", "AND, OR or a closing bracket", 10),
    "an unknown operator": ("[a:b =? 1]", "a comparison", 2),
    "order of booleans": ("[a:b > true]", "a comparison", 2),
    "a regular expression that is no string": ("[a:b MATCHES /x/]", "a comparison", 2),
    "a set that is none": ("[a:b IN 'x']", "a comparison", 2),
    "a set with a comma too many": ("[a:b IN ('x',)]", "a comparison", 2),
    "a set of two types": ("[a:b IN ('x', 1)]", "a comparison", 2),
    "a number with idle zeros": ("[a:b = 007]", "AND, OR or a closing bracket", 9),
    "a plus sign": ("[a:b = +7]", "a comparison", 2),
    "a number that ends with a point": ("[a:b = 7.]", "AND, OR or a closing bracket", 9),
    "a negative index": ("[a:b[-1] = 1]", "a comparison", 2),
    "an odd number of digits": ("[a:b = h'abc']", "a comparison", 2),
    "what is not base64": ("[a:b = b'====']", "a comparison", 2),
    "binary of nothing": ("[a:b = b'']", "a comparison", 2),
    "a day that is none": ("[a:b = t'2023-02-29T00:00:00Z']", "a comparison", 2),
    "a time of another zone": ("[a:b = t'2023-02-28T00:00:00+01:00']", "a comparison", 2),
    "NOT before a comparison": ("[NOT a:b = 1]", "a comparison", 2),
    "no path behind EXISTS": ("[EXISTS a]", "a comparison", 2),
    "AND of two types": ("[file:name = 'a' AND url:value = 'b']", "comparisons that one object", 22),
    "AND of two types in parentheses": ("[(a:x = 1 OR b:y = 2) AND c:z = 3]", "one object", 27),
    "AND binds more than OR": ("[a:x = 1 OR a:y = 2 AND b:x = 3]", "one object", 25),
    "a bracket that closes nothing": (f"{A}]", "AND, OR, FOLLOWEDBY", 18),
    "a parenthesis that closes nothing": (f"{A})", "as many closing", 18),
    "a parenthesis that stays open": (f"({A}", "as many closing", 19),
    "a parenthesis that stays open inside": ("[(a:b = 1]", "a closing parenthesis", 10),
    "a parenthesis that closes nothing inside": ("[a:b = 1)]", "a closing square bracket", 9),
    "nothing behind AND": (f"{A} AND ", "an observation", 23),
    "observations side by side": (f"{A} {B}", "AND, OR, FOLLOWEDBY", 19),
    "FOLLOWEDBY between comparisons": ("[a:b = 1 FOLLOWEDBY a:c = 2]", "AND, OR or a closing", 10),
    "one qualifier twice": (f"{A} WITHIN 5 SECONDS WITHIN 6 SECONDS", "WITHIN once", 36),
    "no seconds": (f"{A} WITHIN 0.0 SECONDS", "AND, OR, FOLLOWEDBY", 19),
    "fewer than no seconds": (f"{A} WITHIN -5 SECONDS", "AND, OR, FOLLOWEDBY", 19),
    "minutes": (f"{A} WITHIN 5 MINUTES", "AND, OR, FOLLOWEDBY", 19),
    "no times": (f"{A} REPEATS 0 TIMES", "AND, OR, FOLLOWEDBY", 19),
    "half a time": (f"{A} REPEATS 1.5 TIMES", "AND, OR, FOLLOWEDBY", 19),
    "START alone": (f"{A} START t'2016-06-01T00:00:00Z'", "AND, OR, FOLLOWEDBY", 19),
    "START and STOP of version 2.0": (
        f"{A} START '2016-06-01T00:00:00Z' STOP '2016-06-02T00:00:00Z'",
        "AND, OR, FOLLOWEDBY",
        19,
    ),
    "a qualifier inside": ("[a:b = 1 WITHIN 5 SECONDS]", "AND, OR or a closing bracket", 10),
}


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_patterns(pattern):
    check(pattern)
    assert holds(pattern)
    assert all_hold([pattern])


@pytest.mark.parametrize(("pattern", "expected", "at"), NONE.values(), ids=NONE)
def test_no_patterns(pattern, expected, at):
    with pytest.raises(MalformedError) as caught:
        check(pattern)
    assert expected in caught.value.expected
    assert caught.value.where == f"character {at}"
    assert not holds(pattern)
    assert not all_hold([pattern])


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[a:b='" + "x" * (PATTERN_MAX - 7) + "']", f"at most {PATTERN_MAX} characters"),
        (
            "[" + " OR ".join(["a:b=1"] * (COMPARISONS_MAX + 1)) + "]",
            f"at most {COMPARISONS_MAX} comparisons",
        ),
        ("(" * (DEPTH_MAX + 1) + A + ")" * (DEPTH_MAX + 1), f"at most {DEPTH_MAX} levels of parentheses"),
        ("(" * DEPTH_MAX + "[(a:b=1)]" + ")" * DEPTH_MAX, f"at most {DEPTH_MAX} levels of parentheses"),
    ],
    ids=["length", "number", "depth", "depth inside"],
)
def test_limits(pattern, expected):
    with pytest.raises(LimitError) as caught:
        check(pattern)
    assert caught.value.expected == expected
    assert not all_hold([pattern])


def test_times_of_version_2_0_may_be_strings():
    for times in (NONE["START and STOP of version 2.0"][0], f"{A} {TIMES}"):
        check(times, "2.0")


@pytest.mark.parametrize("wrong", [pattern for pattern, _, _ in NONE.values()], ids=NONE)
def test_one_that_does_not_hold_among_many(wrong):
    """Also where an apostrophe too many would pair with one of the next."""
    right = list(PATTERNS.values())
    assert all_hold(right)
    assert all_hold([])
    for among in ([A, wrong], [wrong, *right], [*right, wrong], [A, wrong, A], [A, wrong, wrong, A]):
        assert not all_hold(among)


# --- in objects --------------------------------------------------------------------------------------------


def examined(*objects):
    canonical, plain = stix.examine(stix.bundle(objects)), stix.examine(make.plain_bundle(*objects))
    assert canonical.problems == plain.problems
    return canonical.problems


def test_an_indicator_whose_pattern_is_none_is_refused_alone():
    wrong = make.indicator(1, pattern="[ipv4-addr:value INVALID '198.51.100.1']")
    (problem,) = examined(make.indicator(), wrong, make.indicator(2))
    assert (problem.code, problem.path, problem.index, problem.id) == (
        "pattern",
        "objects[1].pattern",
        1,
        wrong["id"],
    )
    assert problem.message == (
        "expected a STIX pattern, with a comparison, as in file:name = 'a' at character 2, "
        "got \"ipv4-addr:value INVALID '198.51.100.1']\""
    )


def test_a_limit_is_told_without_a_place():
    (problem,) = examined(make.indicator(pattern="(" * 100))
    assert problem.message == (
        f"expected a STIX pattern, with at most {DEPTH_MAX} levels of parentheses, got '33 or more'"
    )


@pytest.mark.parametrize("kind", ["sigma", "yara", "snort", "suricata", "pcre", "spl"])
def test_other_languages_are_not_read(kind):
    assert examined(make.indicator(pattern="rule", pattern_type=kind, pattern_version="1")) == ()


def test_the_version_of_the_pattern_counts():
    old = NONE["START and STOP of version 2.0"][0]
    assert examined(make.indicator(pattern=old, pattern_version="2.0")) == ()
    assert [each.code for each in examined(make.indicator(pattern=old, pattern_version="2.1"))] == ["pattern"]
    assert [each.code for each in examined(make.indicator(pattern=old))] == ["pattern"]


def test_patterns_are_proven_fast_and_checked_alike():
    items = [make.indicator(i, pattern=each) for i, each in enumerate(PATTERNS.values())]
    content = stix.bundle(items)
    proven = stix_fast.prove(content)
    assert proven is not None
    assert proven == stix_precise.check(content)


def test_the_common_way_is_tried_for_short_patterns_only():
    """It counts no comparisons: they cannot be too many in so few characters."""
    assert len("OR ".join(["a:b=1"] * COMPARISONS_MAX)) > stix_pattern.SHORT_MAX
