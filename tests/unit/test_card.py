import pytest

from mithaq.domain import strict_toml
from mithaq.domain.card import CARD_MAX, VALID_MAX, Card, Closing
from mithaq.domain.moment import Moment
from mithaq.domain.party import PublicPair, Role, commit_next, fingerprint
from mithaq.errors import LimitError, MalformedError
from signed_texts import NOW, A, B, card, keys, lines, members, pair

K = keys("a")
CARD = card(K)


def test_round_trip():
    closed = card(K, closes=Closing(f"{A}/to/{B}/1", 7, "ab" * 32))
    for one in (CARD, closed):
        assert Card.parse(one.text()) == one
    assert CARD.text().startswith(
        b'type = "mithaq/card/1"\norigin = "spoc.interior-atlas.example"\nserial = 1\n'
    )
    assert CARD.fingerprint == fingerprint(A, K.authority.public)
    assert len(CARD.text()) < CARD_MAX / 2


def test_validity():
    assert not CARD.valid_at(NOW - 1)
    assert CARD.valid_at(NOW)
    assert CARD.valid_at(CARD.valid_until)
    assert not CARD.valid_at(CARD.valid_until + 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "Interior.example"},
        {"serial": 0},
        {"serial": 2**53},
        {"serial": 2},
        {"previous": "ab" * 32},
        {"serial": 2, "previous": "AB" * 32},
        {"valid_until": Moment(NOW)},
        {"valid_until": Moment(NOW + VALID_MAX + 1)},
        {"versions": (0, 1)},
        {"versions": (2, 1)},
        {"versions": (1, 256)},
        {"url": "http://spoc.a.example"},
        {"url": "https://user@spoc.a.example"},
        {"url": "https://spoc.a.example/?q=1"},
        {"url": "https://SPOC.a.example"},
        {"url": "https://" + "a" * 200},
        {"url": "http://localhost.evil.example"},
        {"sealing": b"x" * 32},
        {"next": "ab" * 32},
        {"next": commit_next(A, K.authority.public)},
        {"names": {}},
        {"names": {"en": " "}},
        {"names": {"en": "x" * 201}},
        {"names": {"en": "two\nlines"}},
        {"names": {"english": "x"}},
        {"names": {f"a{chr(97 + n)}": "x" for n in range(13)}},
        {"authority": K.log.public},
        {"mirror": K.authority.public},
        {"authority": pair("other", Role.LOG).public},
        {"log": pair("other", Role.AUTHORITY).public},
        {"mirror": K.log.public},
        {"mirror": PublicPair(K.log.public.ed25519, K.mirror.public.ml_dsa)},
        {"mirror": PublicPair(K.mirror.public.ed25519, K.log.public.ml_dsa)},
        {"closes": Closing(f"{B}/to/{A}/1", 7, "ab" * 32)},
    ],
)
def test_what_no_card_can_be(changes):
    with pytest.raises(MalformedError):
        card(K, **changes)


@pytest.mark.parametrize(
    ("log", "size", "root"),
    [("x", 1, "ab" * 32), (f"{A}/to/{B}/1", -1, "ab" * 32), (f"{A}/to/{B}/1", 1, "ab")],
)
def test_what_no_closing_can_be(log, size, root):
    with pytest.raises(MalformedError):
        Closing(log, size, root)


@pytest.mark.parametrize(
    "change",
    [
        ("versions", "x_secret = 1\nversions"),
        ("[1, 1]", "[1, 1, 1]"),
        ('"2026', '"2O26'),
        ("[authority]", "[authority]\nrsa = 1"),
        ("mithaq/card/1", "mithaq/card/2"),
        ("mithaq/card/1", "mithaq/agreement/1"),
        ("serial = 1\n", 'serial = 1\nprevious = ""\n'),
        ("serial = 1\n", 'serial = "1"\n'),
        ('="\nml_dsa', '"\nml_dsa'),
    ],
)
def test_one_form_only(change):
    with pytest.raises(MalformedError):
        Card.parse(lines(CARD.text(), change))


def test_members_and_languages_stand_in_their_order():
    table = members(CARD)
    for text in (
        strict_toml.dump(dict(reversed(table.items()))),
        strict_toml.dump({**table, "names": dict(reversed(table["names"].items()))}),
    ):
        with pytest.raises(MalformedError):
            Card.parse(text)


def test_loose_base64_is_refused():
    """Two encodings of one key would be two texts of one card."""
    key = members(CARD)["authority"]["ed25519"]
    last = chr(ord(key[-2]) + 1)
    with pytest.raises(MalformedError):
        Card.parse(lines(CARD.text(), (key, key[:-2] + last + "=")))


def test_limit():
    with pytest.raises(LimitError):
        Card.parse(b"#" * (CARD_MAX + 1))
