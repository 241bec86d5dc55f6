"""Entries, cards, agreements, and the small words in them (protocol 3, 4, 5, 13)."""

import tomllib
from collections.abc import Callable, Iterator

from fuzz import ROOT
from fuzz.target import target
from mithaq.audit.cards import check_fingerprint
from mithaq.crypto.vkeys import VerifierKey, unbase64
from mithaq.domain import canonical, strict_toml
from mithaq.domain.agreement import Agreement
from mithaq.domain.card import Card
from mithaq.domain.entry import ENTRY_MAX, Entry
from mithaq.domain.moment import Moment
from mithaq.domain.party import LogName, origin
from mithaq.domain.profile import Limit
from mithaq.domain.sight import read_agreement
from mithaq.domain.texts import UtcOffset, check_language
from mithaq.errors import ConfigError, PeerError
from mithaq.tlog.checkpoint import parse_number
from mithaq.wire.address import Address
from signed_texts import A, agreement, card, keys

VECTORS = ROOT / "tests" / "vectors"
CARD = card(keys("a"))


def files(pattern: str) -> Iterator[bytes]:
    """The vectors whose path fits."""
    for path in sorted(VECTORS.glob(pattern)):
        yield path.read_bytes()


def _entries() -> Iterator[bytes]:
    yield from files("entries/*.entry")


def _texts() -> Iterator[bytes]:
    yield CARD.text()
    yield agreement().text()
    yield from files("agreements/*/text")
    yield from (b'a = "x"\n', b'a = [1, 2]\n\n[b]\nc = """\nd\ne"""\n\n[[f.g]]\nh = 0\n')


KINDS = ("alert", "request", "reply", "held", "verdict", "keys", "card", "agreement", "rules", "record")
MEMBERS = (
    "agreement",
    "at",
    "bodies",
    "by",
    "facts",
    "field",
    "handling",
    "id",
    "keep_until",
    "log",
    "re",
    "v",
)
TOML = (
    ' = """\n',
    '"""\n',
    "\n\n[",
    "[[",
    "]]\n",
    " = [\n",
    '  "',
    '",\n]\n',
    "type",
    "fields.",
    "2026-11-25T09:00:00Z",
)


@target("domain.canonical.decode", seeds=_entries, words=('{"', '":', '":[', '":{"'))
def json(data: bytes) -> None:
    assert canonical.encode(canonical.decode(data, ENTRY_MAX)) == data


@target(
    "domain.entry.Entry.parse",
    "domain.entry.Body.parse",
    "domain.handling.Handling.parse",
    seeds=_entries,
    words=(*KINDS, *MEMBERS),
)
def entry(data: bytes) -> None:
    parsed = Entry.parse(data)
    assert parsed.data == data
    assert Entry.parse(parsed.data) == parsed


@target("domain.strict_toml.load", "domain.visible.check_characters", seeds=_texts, words=TOML)
def toml(data: bytes) -> None:
    table = strict_toml.load(data, 2**18)
    assert strict_toml.dump(table) == data
    assert tomllib.loads(data.decode()) == table


@target(
    "domain.signed_text.SignedText.parse",
    "domain.strict_toml.read",
    seeds=lambda: [CARD.text(), *files("cards/*/note")],
    words=TOML,
)
def card_text(data: bytes) -> None:
    text = data.partition(b"\n\n\xe2\x80\x94")[0]
    assert Card.parse(text).text() == text


@target(
    "domain.signed_text.SignedText.parse",
    "domain.sight.read_agreement",
    "domain.strict_toml.convert",
    seeds=_texts,
    words=TOML,
)
def agreement_text(data: bytes) -> None:
    read = read_agreement(data)
    parsed = Agreement.parse(data)
    assert parsed.text() == data
    assert read == parsed


def _words() -> Iterator[bytes]:
    yield from (
        A.encode(),
        f"{A}/to/b.example/1".encode(),
        b"2026-11-25T09:00:00Z",
        b"+01:00",
        b"8 hours",
        b"zgh-Tfng",
    )
    yield from (
        b"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        b"https://a.example:1/b",
    )
    yield from (b"0", b"9007199254740991", CARD.fingerprint.encode(), b"AAAA", b"http://[::1]:80/")


PARSERS: tuple[Callable[[str], object], ...] = (
    origin,
    LogName.parse,
    Moment.parse,
    UtcOffset.parse,
    Limit.parse,
    VerifierKey.parse,
)
"""Words that have one form."""


@target(
    "domain.party.origin",
    "domain.party.LogName.parse",
    "domain.moment.Moment.parse",
    "domain.texts.UtcOffset.parse",
    "domain.profile.Limit.parse",
    "crypto.vkeys.VerifierKey.parse",
    "crypto.vkeys.unbase64",
    "tlog.checkpoint.parse_number",
    "wire.address.Address.parse",
    "audit.cards.check_fingerprint",
    "domain.texts.check_language",
    seeds=_words,
    longest=512,
)
def words(data: bytes) -> None:
    # As the command line gives them: what is no UTF-8 comes as lone surrogates.
    text = data.decode("utf-8", "surrogateescape")
    taken = 0
    for parse in PARSERS:
        try:
            assert str(parse(text)) == text
            taken += 1
        except PeerError as error:
            str(error).encode()
    checks = (
        lambda: parse_number(text, "number"),
        lambda: unbase64(text, "word"),
        lambda: Address.parse(text),
        lambda: check_fingerprint(CARD, text),
        lambda: check_language(text, "word"),
    )
    for check in checks:
        try:
            check()
            taken += 1
        except (PeerError, ConfigError) as error:
            str(error).encode()
    if not taken:
        origin(text)
