"""Deterministic ids of cyber-observables (STIX 2.1, 2.9): the same fact has the same id, whoever writes it.

The id is a UUIDv5 in OASIS' name space of the canonical JSON (RFC 8785) of the properties that contribute to
it. The specification says SHOULD: an id made otherwise is valid, and only worth a notice.

    >>> deterministic({"type": "ipv4-addr", "value": "198.51.100.3"})
    'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4'
"""

import json
import re
import uuid
from collections.abc import Mapping
from typing import Any, cast

NAMESPACE = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""The name space of the ids of cyber-observables; ids made by other rules must not use it."""

CONTRIBUTING: Mapping[str, tuple[str, ...]] = {
    "artifact": ("hashes", "payload_bin"),
    "autonomous-system": ("number",),
    "directory": ("path",),
    "domain-name": ("value",),
    "email-addr": ("value",),
    "email-message": ("from_ref", "subject", "body"),
    "file": ("hashes", "name", "extensions", "parent_directory_ref"),
    "ipv4-addr": ("value",),
    "ipv6-addr": ("value",),
    "mac-addr": ("value",),
    "mutex": ("name",),
    "network-traffic": (
        "start",
        "end",
        "src_ref",
        "dst_ref",
        "src_port",
        "dst_port",
        "protocols",
        "extensions",
    ),
    "process": (),
    "software": ("name", "cpe", "swid", "vendor", "version"),
    "url": ("value",),
    "user-account": ("account_type", "user_id", "account_login"),
    "windows-registry-key": ("key", "values"),
    "x509-certificate": ("hashes", "serial_number"),
}
"""The properties that contribute to the id of each type (section 6)."""

_HASHES = ("MD5", "SHA-1", "SHA-256", "SHA-512")
"""Of several hashes the first of these contributes."""
_EXPONENT_MAX = 21
"""Digits before the point from which JavaScript writes a number with an exponent, which RFC 8785 follows."""
_VERSION_5 = re.compile(r"--[0-9a-f]{8}-[0-9a-f]{4}-5")


def deterministic(item: Mapping[str, Any]) -> str | None:
    """The id that a cyber-observable should have; None where nothing that it holds contributes to one."""
    kind = cast("str", item.get("type"))
    names = [name for name in CONTRIBUTING.get(kind, ()) if name in item]
    if not names:
        return None
    said = {name: _one_hash(item[name]) if name == "hashes" else item[name] for name in names}
    return f"{kind}--{uuid.uuid5(NAMESPACE, canonical(said))}"


def differs(item: Mapping[str, Any]) -> str | None:
    """The id that an observable should have and has not, though it claims one made so (UUIDv5); else None."""
    if item.get("type") not in CONTRIBUTING or not _VERSION_5.search(str(item.get("id", ""))):
        return None
    expected = deterministic(item)
    return None if expected == item["id"] else expected


def canonical(value: object) -> str:
    """The one text of a JSON value (RFC 8785), however deep it is nested within ``strict_json.DEPTH_MAX``."""
    if isinstance(value, dict):
        members = sorted(cast("dict[str, object]", value).items(), key=lambda each: _utf_16(each[0]))
        return "{" + ",".join(f"{_text(name)}:{canonical(each)}" for name, each in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, cast("list[object]", value))) + "]"
    if isinstance(value, float):
        return _number(value)
    return _text(value)


def _one_hash(hashes: object) -> object:
    if not isinstance(hashes, dict):
        return hashes
    known = cast("dict[str, object]", hashes)
    name = next((each for each in _HASHES if each in known), min(known, default=""))
    return {name: known[name]} if name else {}


def _utf_16(name: str) -> bytes:
    return name.encode("utf-16-be", "surrogatepass")


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    """A number as JavaScript writes it: the shortest digits, an exponent only far from the point."""
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, power = f"{abs(value)!r}e0".partition("e")
    exponent = int(power.partition("e")[0])
    whole, _, fraction = mantissa.partition(".")
    fraction = fraction.rstrip("0")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + exponent - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if 0 < point <= _EXPONENT_MAX:
        shown = digits.ljust(point, "0")
        return sign + shown[:point] + (f".{shown[point:]}" if shown[point:] else "")
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if digits[1:] else ""
    return f"{sign}{digits[0]}{tail}e{'+' if point > 0 else '-'}{abs(point - 1)}"
