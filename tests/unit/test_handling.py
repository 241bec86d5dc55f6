"""Marks: ordered, united, and written in one form."""

from itertools import product

import pytest

from mithaq.domain.handling import H_CODES, PAP, TLP, Handling, tlp_rank
from mithaq.errors import MalformedError

ALL = [
    Handling(tlp, pap, frozenset(h))
    for tlp, pap, h in product(TLP, ("", *PAP), ([], H_CODES[:1], H_CODES[1:]))
]


def test_round_trip():
    for handling in ALL:
        assert Handling.parse(handling.members()) == handling


def test_the_stricter_satisfies_both():
    for one, other in product(ALL[::3], ALL[::2]):
        both = one.stricter(other)
        assert both == other.stricter(one)
        assert tlp_rank(both.tlp) == max(tlp_rank(one.tlp), tlp_rank(other.tlp))
        assert both.codes == one.codes | other.codes
        assert both.stricter(one) == both


def test_no_pap_is_less_than_any():
    assert Handling("clear").stricter(Handling("clear", "clear")).pap == "clear"


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"tlp": "white"},
        {"tlp": ["red"]},
        {"tlp": "red", "pap": ""},
        {"tlp": "red", "pap": 0},
        {"tlp": "red", "pap": "amber+strict"},
        {"tlp": "red", "h": ["H9"]},
        {"tlp": "red", "h": ["H1", "H0"]},
        {"tlp": "red", "h": ["H1", "H1"]},
        {"tlp": "red", "h": "H1"},
        {"tlp": "red", "h": [["H1"]]},
        {"tlp": "red", "to": "all"},
    ],
)
def test_not_a_handling(value):
    with pytest.raises(MalformedError):
        Handling.parse(value)


def test_an_author_cannot_make_it():
    for arguments in (("white",), ("red", "white"), ("red", "", frozenset({"H9"}))):
        with pytest.raises(MalformedError):
            Handling(*arguments)
