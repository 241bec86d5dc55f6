"""The words of STIX patterns (STIX 2.1, 9.2, 9.6, 9.7), each as one regular expression.

A word here is what the grammar reads at one go: a whole comparison, a whole qualifier, a bracket. White space
and comments may stand between the parts, as in the grammar that OASIS publishes. It takes the longest word
there is, so a keyword ends where no letter, digit, underscore or hyphen follows, and no name is a keyword.

Nothing that was taken is given back (``*+``, ``++``, ``?+``), so each expression takes linear time.
"""

import re

from mithaq.formats.stix_types import MOMENT

_SPACE = r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*+"
_COMMENT = r"(?:/\*[^*]*+(?:\*(?!/)[^*]*+)*+\*/|//[^\r\n]*+)"
_GAP = rf"{_SPACE}(?:{_COMMENT}{_SPACE})*+"
_END = r"(?![A-Za-z0-9_-])"
_NO_KEYWORD = (
    r"(?!(?:AND|OR|NOT|FOLLOWEDBY|LIKE|MATCHES|ISSUPERSET|ISSUBSET|EXISTS|LAST|IN|START|STOP|SECONDS|true|false"
    rf"|WITHIN|REPEATS|TIMES){_END})"
)

_STRING = r"'[^'\\]*+(?:\\['\\][^'\\]*+)*+'"
_DIGIT_64 = r"[A-Za-z0-9+/]\n*+"
_BINARY = (
    rf"b'(?!\n*+')\n*+(?:(?:{_DIGIT_64}){{4}})*+"
    rf"(?:(?:{_DIGIT_64}){{2}}(?:{_DIGIT_64}|=\n*+)=\n*+)?+'"
)
_HEX = r"h'(?:[0-9A-Fa-f]{2})*+'"
_TIME = rf"t'{MOMENT}'"
_NUMBER = r"-?(?:[0-9]*+\.[0-9]++|0|[1-9][0-9]*+)"
_BOOLEAN = rf"(?:true|false){_END}"
_ORDERED = rf"(?:{_STRING}|{_NUMBER}|{_TIME}|{_BINARY}|{_HEX})"
_CONSTANT = rf"(?:{_ORDERED}|{_BOOLEAN})"
_LISTS = "|".join(
    rf"{kind}{_GAP}(?:,{_GAP}{kind}{_GAP})*+" for kind in (_STRING, _NUMBER, _BOOLEAN, _TIME, _BINARY, _HEX)
)
_SET = rf"\({_GAP}(?:{_LISTS})?+\)"

_KEY = rf"(?:{_NO_KEYWORD}[A-Za-z_][A-Za-z0-9_]*+(?!-)|{_STRING})"
_INDEX = rf"\[{_GAP}(?:0|[1-9][0-9]*+|\*){_GAP}\]"
_TYPE = rf"{_NO_KEYWORD}[A-Za-z_][A-Za-z0-9_-]*+"
_INSIDE = rf"{_GAP}:{_GAP}{_KEY}(?:{_GAP}(?:\.{_GAP}{_KEY}|{_INDEX}))*+"
_NOT = rf"(?:NOT{_END}{_GAP})?+"
_COMPARED = (
    rf"(?:(?:==?|!=|<>){_GAP}{_CONSTANT}|[<>]=?{_GAP}{_ORDERED}|IN{_END}{_GAP}{_SET}"
    rf"|(?:LIKE|MATCHES|ISSUBSET|ISSUPERSET){_END}{_GAP}{_STRING})"
)

GAP = re.compile(_GAP)
"""White space and comments, or nothing."""

OPENING = re.compile(rf"{_GAP}([\[(])")
"""What begins an observation expression, alone or in parentheses."""

COMPARISON = re.compile(
    rf"{_GAP}(?:\(|({_TYPE}){_INSIDE}{_GAP}{_NOT}{_COMPARED}|{_NOT}EXISTS{_END}{_GAP}({_TYPE}){_INSIDE})"
)
"""A comparison: its group is the type of the object. Or an opening parenthesis, without a group."""

JOINT = re.compile(rf"{_GAP}((?:AND|OR){_END}|[\])])")
"""What follows a comparison."""


def _following(time: str) -> str:
    """What follows an observation expression, with this form of times behind START and STOP."""
    return (
        rf"{_GAP}(?:(?P<joint>(?:AND|OR|FOLLOWEDBY){_END})|(?P<closing>\))|(?P<end>\Z)"
        rf"|(?P<WITHIN>WITHIN{_END}{_GAP}(?=[0.]*+[1-9]){_NUMBER}{_GAP}SECONDS{_END})"
        rf"|(?P<REPEATS>REPEATS{_END}{_GAP}[1-9][0-9]*+{_GAP}TIMES{_END})"
        rf"|(?P<START>START{_END}{_GAP}{time}{_GAP}STOP{_END}{_GAP}{time}))"
    )


FOLLOWING = re.compile(_following(_TIME))
"""What follows an observation expression; a qualifier is in the group of its own name."""

FOLLOWING_2_0 = re.compile(_following(rf"t?+'{MOMENT}'"))
"""The same in version 2.0, which wrote the times of a qualifier as strings (STIX 2.0, part 5, 4.1.1)."""

_COMMON = rf"{_GAP}{_TYPE}{_INSIDE}{_GAP}{_COMPARED}{_GAP}"
_OBSERVED = rf"{_GAP}\[{_COMMON}(?:OR{_END}{_COMMON})*+\]{_GAP}"

COMMON = re.compile(rf"{_OBSERVED}(?:(?:AND|OR|FOLLOWEDBY){_END}{_OBSERVED})*+\Z")
"""The patterns that are most common: observations of one comparison or another; all of them are right."""
