import tomllib

import msgspec
import pytest

from mithaq.domain.strict_toml import convert, dump, load, read, write
from mithaq.errors import LimitError, MalformedError

VALUE = {
    "type": "x",
    "text": 'quote " and \\ and لا',
    "long": 'two\nlines, one with """ inside\n',
    "many": [f"item number {n}, [x]" for n in range(9)],
    "numbers": [0, 1, 2**53 - 1],
    "names": {"ar": "ميثاق", "zgh": "ⴰⵎⴰⵣⵉⵖ", "de": "GROẞ"},
    "deep": {"only": {"tables": {"n": 1}}},
    "rows": [{"n": 1, "in": {"m": 1}}, {"n": 2, "rows": [{"k": 1}, {"k": 2}]}],
}


def test_round_trip_and_every_text_is_toml():
    text = dump(VALUE)
    assert load(text, 10_000) == VALUE
    assert tomllib.loads(text.decode()) == VALUE


def test_layout_that_people_read():
    assert dump({"t": {"a": "1"}, "n": 1, "l": ["x" * 60, "y" * 60]}).decode().splitlines() == [
        "n = 1",
        "l = [",
        f'  "{"x" * 60}",',
        f'  "{"y" * 60}",',
        "]",
        "",
        "[t]",
        'a = "1"',
    ]
    assert dump({"t": {"a": 1}}) == b"[t]\na = 1\n"


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": {}},
        {"a": []},
        {"a": True},
        {"a": 1.5},
        {"a": -1},
        {"a": 2**53},
        {"a": None},
        {"a": b""},
        {"a": [["x"]]},
        {"a": ["one\ntwo"]},
        {"a": [{"x": 1}, 2]},
        {"a": [2, {"x": 1}]},
        {"a b": 1},
        {"": 1},
        {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}},
    ],
)
def test_what_a_signed_text_cannot_say_is_not_written(value):
    with pytest.raises(MalformedError):
        dump(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "a = 1",
        "a = 1\n\n",
        "\na = 1\n",
        "a=1\n",
        "a = 1 # why\n",
        "# why\na = 1\n",
        "a = 0x10\n",
        "a = 1_000\n",
        "a = 01\n",
        "a = +1\n",
        "a = 9007199254740992\n",
        f"a = {'9' * 5000}\n",
        "a = 1.0\n",
        "a = true\n",
        "a = 2026-11-25\n",
        "a = 'x'\n",
        'a = "\\u0041"\n',
        'a = "\\n"\n',
        'a = "x\n',
        'a = "x" "y"\n',
        'a = """x"""\n',
        'a = """\nx\n',
        'a = """\nx"""\n',
        'a = """\nx"y\nz"""\n',
        'a = """\nx\ny""""\n',
        "a = [1,2]\n",
        "a = [1, 2,]\n",
        "a = [\n  1,\n]\n",
        "a = [\n",
        "a = [\n]\n",
        "a = []\n",
        'a = ["x" ]\n',
        "a.b = 1\n",
        "a = {b = 1}\n",
        '"a" = 1\n',
        "[a]\n",
        "[a]\nb = 1\n[c]\nd = 1\n",
        "[ a ]\nb = 1\n",
        "[a.]\nb = 1\n",
        "[a\nb = 1\n",
        "[[a]\nb = 1\n",
        "[a.b.c.d.e.f.g]\nh = 1\n",
        "a = 1\na = 1\n",
        "[a]\nb = 1\n\n[a]\nc = 1\n",
        "a = 1\n\n[a]\nb = 1\n",
        "a = 1\n\n[a.b]\nb = 1\n",
        "a = [1]\n\n[[a]]\nb = 1\n",
        "a = [1]\n\n[a.b]\nb = 1\n",
        "[b]\na = 1\n\n[a.c]\nd = 1\n\n[b.c]\nd = 1\n",
        "a = 1\r\n",
        "a = 1 \n",
        "\ta = 1\n",
        "words\n",
    ],
)
def test_only_the_writer_s_own_text_is_read(text):
    with pytest.raises(MalformedError):
        load(text.encode(), 10_000)


def test_limits_and_encoding():
    with pytest.raises(LimitError, match="at most 5 bytes"):
        load(b"a = 10\n", 5)
    with pytest.raises(MalformedError, match="byte 5"):
        load(b'a = "\xff"\n', 100)


def test_an_error_says_where():
    with pytest.raises(MalformedError) as caught:
        load(b"a = 1\nb = 2\na = 3\n", 100)
    assert caught.value.fields()["where"] == "line 3"


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    n: int


class Whole(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="type", tag="w"
):
    a: str
    part: Part
    b: str = ""


def test_value_objects():
    whole = Whole("x", Part(1))
    assert write(whole) == b'type = "w"\na = "x"\n\n[part]\nn = 1\n'
    assert read(Whole, write(whole), 100) == whole
    assert convert(Whole, {"part": {"n": 1}, "a": "x"}) == whole


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('type = "w"\na = "x"\nc = 1\n\n[part]\nn = 1\n', ""),
        ('type = "w"\na = "x"\n\n[part]\nn = "1"\n', "part.n"),
        ('type = "w"\na = "x"\nb = ""\n\n[part]\nn = 1\n', ""),
        ('a = "x"\n\n[part]\nn = 1\n', ""),
        ('type = "v"\na = "x"\n\n[part]\nn = 1\n', "type"),
        ('a = "x"\ntype = "w"\n\n[part]\nn = 1\n', ""),
    ],
)
def test_value_objects_in_their_one_form_only(text, where):
    with pytest.raises(MalformedError) as caught:
        read(Whole, text.encode(), 100)
    assert caught.value.where == where
