"""Attacks on the reader of a signed text: it says to the machine what it does not show to the person."""

import pytest

from mithaq.domain.strict_toml import dump, load
from mithaq.domain.visible import check_characters
from mithaq.errors import MalformedError

UNSEEN = {
    "right-to-left override": "\u202e",
    "embedding": "\u202a",
    "pop": "\u202c",
    "isolate": "\u2066",
    "pop isolate": "\u2069",
    "left-to-right mark": "\u200e",
    "right-to-left mark": "\u200f",
    "arabic letter mark": "\u061c",
    "zero-width space": "\u200b",
    "zero-width non-joiner": "\u200c",
    "zero-width joiner": "\u200d",
    "word joiner": "\u2060",
    "invisible times": "\u2062",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "combining grapheme joiner": "\u034f",
    "variation selector": "\ufe0f",
    "variation selector supplement": "\U000e0100",
    "mongolian variation selector": "\u180b",
    "mongolian vowel separator": "\u180e",
    "tag letter": "\U000e0041",
    "hangul filler": "\u3164",
    "halfwidth hangul filler": "\uffa0",
    "hangul choseong filler": "\u115f",
    "khmer inherent vowel": "\u17b4",
    "braille blank": "\u2800",
    "no-break space": "\u00a0",
    "ideographic space": "\u3000",
    "line separator": "\u2028",
    "next line": "\u0085",
    "carriage return": "\r",
    "tab": "\t",
    "escape": "\x1b",
    "delete": "\x7f",
    "nul": "\x00",
    "private use": "\ue000",
    "unassigned": "\u0378",
    "noncharacter": "\uffff",
    "interlinear annotation": "\ufff9",
    "shorthand format": "\U0001bca0",
    "musical beam": "\U0001d173",
    "dash younger than the table": "\u2e3a",
    "not composed": "e\u0301",
}


@pytest.mark.parametrize("character", UNSEEN.values(), ids=UNSEEN.keys())
def test_what_does_not_show_is_refused(character):
    with pytest.raises(MalformedError):
        dump({"a": f"x{character}y"})
    with pytest.raises(MalformedError):
        load(f'a = "x{character}y"\n'.encode(), 100)


def test_a_surrogate_is_refused_by_the_writer_too():
    with pytest.raises(MalformedError):
        dump({"a": "\ud800"})


@pytest.mark.parametrize("dash", "—–―‐－﹘−─━ー一ㅡ")
def test_no_line_looks_like_a_signature(dash):
    for text in (f"agreed\n{dash} spoc.a.example AbCd", f"agreed\n  {dash} spoc.a.example AbCd"):
        with pytest.raises(MalformedError, match="signature"):
            dump({"a": text})


def test_a_line_that_begins_otherwise_is_no_signature():
    check_characters('- a list\nwords — more words\na = "— x"\n')


def test_a_string_cannot_add_members():
    """Quotes, backslashes and newlines in a value stay in it."""
    for text in ('x"\nserial = 2\nb = "', '"""\nserial = 2\n', "\\", '\\"', 'x\\\n"""\n[t]\n'):
        assert load(dump({"a": text, "z": 1}), 1000) == {"a": text, "z": 1}


def test_a_space_at_the_end_of_a_line_is_refused():
    with pytest.raises(MalformedError, match="space"):
        dump({"a": "one \ntwo"})


def test_hostile_sizes_take_linear_time():
    for text in (
        "a." * 60_000 + "b = 1\n",
        "[" * 120_000 + "\n",
        'a = "' + '\\"' * 60_000,
        "a = [" + "1, " * 40_000,
    ):
        with pytest.raises(MalformedError):
            load(text.encode(), 200_000)
    many = "".join(f"a{n} = 1\n" for n in range(15_000))
    assert len(load(many.encode(), 200_000)) == 15_000
