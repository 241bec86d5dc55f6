"""Strict TOML and cards (docs/protocol.md, 3.4, 3.5)."""

import hashlib
import re
import tomllib
import unicodedata
from datetime import UTC, datetime
from typing import Any, NamedTuple

from second.notes import Pair, check_point, check_signed, read_note
from second.words import (
    LANGUAGE,
    URL,
    Refused,
    is_hex,
    is_number,
    is_origin,
    is_word,
    need,
    read_log,
    unbase64,
    vec8,
)

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
YOUNGER = {"\u1e9e", "\u2d6f", *map(chr, range(0x2D30, 0x2D68))}
BLANK = {*"\u00ad\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0", *"\u180b\u180c\u180d"}
BLANK |= set(map(chr, range(0xFE00, 0xFE10)))
DASHES = set("\u2212\u2500\u2501\u30fc\u3161\u4e00\uff70")
UNICODE = unicodedata.ucd_3_2_0


def check_seen(text: str) -> None:
    """What is signed is what is seen (3.4, rule 1)."""
    need(unicodedata.is_normalized("NFC", text), "not in normal form C")
    for character in set(text) - {" ", "\n"} - YOUNGER:
        shows = UNICODE.category(character) not in {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"}
        need(shows and character not in BLANK, "a character that does not show")
    for line in text.split("\n"):
        first = line.lstrip(" ")[:1]
        dash = first and first != "-" and (UNICODE.category(first) == "Pd" or first in DASHES)
        need(not dash and not line.endswith(" "), "a line like a signature line, or one that ends in a space")


def write_item(value: Any) -> str:
    if isinstance(value, str) and "\n" not in value:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    need(is_number(value), "no value of a signed text")
    return str(value)


def write_value(value: Any) -> str:
    if isinstance(value, str) and "\n" in value:
        return '"""\n' + value.replace("\\", "\\\\").replace('"', '\\"') + '"""'
    if not isinstance(value, list):
        return write_item(value)
    need(value, "an empty array")
    items = [write_item(item) for item in value]
    line = "[" + ", ".join(items) + "]"
    return line if len(line) <= 110 else "[\n" + "".join(f"  {item},\n" for item in items) + "]"


def write_table(table: dict[str, Any], path: str = "") -> list[str]:
    """The lines of a table (3.4, rules 2 to 4); a card has no arrays of tables."""
    need(table and all(map(KEY.fullmatch, table)), "an empty table, or no key")
    lines = [f"{key} = {write_value(value)}" for key, value in table.items() if not isinstance(value, dict)]
    head = ["", f"[{path}]"] if path and lines else []
    for key, value in table.items():
        if isinstance(value, dict):
            lines += write_table(value, f"{path}.{key}" if path else key)
    return head + lines


MEMBERS = (
    "type",
    "origin",
    "serial",
    "previous",
    "issued",
    "valid_until",
    "versions",
    "url",
    "sealing",
    "next",
)
TABLES = ("names", "authority", "log", "mirror", "closes")
"""What a card has, in this order."""


class Card(NamedTuple):
    """What is needed of a card: whose it is, its fingerprint, its pairs by role."""

    origin: str
    fingerprint: str
    pairs: dict[str, Pair]


def read_table(text: bytes) -> dict[str, Any]:
    """A card's text as a table, if it is in the one form (3.4, 3.5)."""
    need(len(text) <= 32_768, "a card that is too large")
    try:
        written = text.decode()
        table = tomllib.loads(written)
    except (ValueError, RecursionError):
        raise Refused("no TOML") from None
    check_seen(written)
    need("\n".join(write_table(table)) + "\n" == written, "a card in another form")
    need(
        [name for name in (*MEMBERS, *TABLES) if name in table] == list(table),
        "members out of order, or unknown",
    )
    need({*MEMBERS, *TABLES} - table.keys() <= {"previous", "closes"}, "a card lacks a member")
    return table


def read_time(text: Any) -> int:
    form = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
    need(is_word(text, form), "no time")
    try:
        seconds = int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise Refused("no time") from None
    need(seconds >= 0, "a time before 1970")
    return seconds


def read_pair(table: Any, parameters: bytes) -> Pair:
    need(isinstance(table, dict) and list(table) == ["ed25519", "ml_dsa"], "no pair")
    need(all(isinstance(key, str) and key.isascii() for key in table.values()), "no keys")
    pair = Pair(*(unbase64(key.encode()) for key in table.values()))
    need(len(pair.ed25519) == 32 and len(pair.ml_dsa) == {b"44": 1_312, b"87": 2_592}[parameters], "no keys")
    check_point(pair.ed25519)
    return pair


def hash_of(origin: str, pair: Pair) -> bytes:
    """h of fingerprint and ``next`` (3.2)."""
    start = b"mithaq/1 fingerprint\n" + vec8(origin.encode())
    return hashlib.sha512(start + pair.ed25519 + len(pair.ml_dsa).to_bytes(2) + pair.ml_dsa).digest()


def read_card(data: bytes) -> Card:
    """A card that all its pairs have signed (3.5)."""
    need(len(data) <= 131_072, "a card that is too large")
    note = read_note(data)
    card = read_text(note.text)
    for role, pair in card.pairs.items():
        check_signed(note, card.origin + ("" if role == "authority" else f"/{role}"), pair)
    return card


def read_text(text: bytes) -> Card:
    """What a card says; nobody need have signed it."""
    table = read_table(text)
    need(table["type"] == "mithaq/card/1" and is_origin(table["origin"]), "no card")
    check_members(table)
    roles = {"authority": b"87", "log": b"44", "mirror": b"44"}
    pairs = {role: read_pair(table[role], parameters) for role, parameters in roles.items()}
    keys = [key for pair in pairs.values() for key in pair]
    need(len(set(keys)) == len(keys), "one key in two roles")
    h = hash_of(table["origin"], pairs["authority"])
    need(is_hex(table["next"], 64) and table["next"] != h.hex(), "no commitment to another pair")
    groups = (int.from_bytes(h[5 * g : 5 * g + 5]) % 100_000 for g in range(12))
    return Card(table["origin"], "".join(f"{group:05d}" for group in groups), pairs)


def check_members(table: dict[str, Any]) -> None:
    """The members of a card that are no keys (3.5)."""
    first = table["serial"] == 1
    need(is_number(table["serial"], 1) and first == ("previous" not in table), "serial and previous")
    need(first or is_hex(table["previous"], 32), "no digest of the card before")
    need(0 < read_time(table["valid_until"]) - read_time(table["issued"]) <= 400 * 86_400, "no term")
    versions = table["versions"]
    need(isinstance(versions, list) and len(versions) == 2 and all(map(is_number, versions)), "no versions")
    need(1 <= versions[0] <= versions[1] <= 255, "no range of versions")
    need(is_word(table["url"], URL) and len(table["url"]) <= 200, "no address")
    need(isinstance(table["sealing"], str) and table["sealing"].isascii(), "no sealing key")
    need(len(unbase64(table["sealing"].encode())) == 1_216, "no sealing key")
    names = table["names"]
    need(isinstance(names, dict) and list(names) == sorted(names) and len(names) <= 12, "no names")
    for tag, name in names.items():
        need(LANGUAGE.fullmatch(tag) and isinstance(name, str), "no name in a language")
        need(name.strip() and len(name) <= 200 and "\n" not in name, "a name that is empty or too long")
    if "closes" in table:
        closes = table["closes"]
        need(isinstance(closes, dict) and list(closes) == ["log", "size", "root"], "closes no log")
        need(read_log(closes["log"])[0] == table["origin"], "closes a log of another party")
        need(is_number(closes["size"]) and is_hex(closes["root"], 32), "closes at no size")


class Trusted:
    """Cards whose fingerprints were heard (9.2, step 1)."""

    def __init__(self, cards: list[bytes], heard: list[str]) -> None:
        typed = {
            "".join(str(int(c)) if c.isdecimal() else c for c in "".join(each.split())) for each in heard
        }
        self.cards: dict[str, list[Card]] = {}
        owners: dict[bytes, tuple[str, str]] = {}
        for data in cards:
            card = read_card(data)
            need(card.fingerprint in typed, f"no fingerprint of {card.origin}")
            for role, pair in card.pairs.items():
                for key in pair:
                    need(owners.setdefault(key, (card.origin, role)) == (card.origin, role), "a key of two")
            self.cards.setdefault(card.origin, []).append(card)

    def any(self, origin: str, role: str, check: Any) -> Any:
        """What ``check`` gives for the first card of a party under which it holds."""
        why = Refused(f"no card of {origin}")
        for card in self.cards.get(origin, []):
            try:
                return check(card.pairs[role])
            except Refused as refused:
                why = refused
        raise why
