"""One attribute of MISP as a STIX observable: its type says which, its value is taken apart and checked.

``observable("ip-dst|port", "192.0.2.1|443")`` is a ``network-traffic`` with an ``ipv4-addr`` in place of the
reference. It is not yet an object with an id: ``misp_objects`` and ``misp_stix`` make those, or a pattern.

A type that is not here has no place; a value that does not fit its type is told as such, never mended. What
is taken as the same is: a leading and a trailing blank, capitals in hashes and hardware addresses, and the
short names of registry hives, which STIX wants in full.
"""

import re
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

Thing = dict[str, Any]

VALUE_MAX = 65_535
"""Characters of an attribute's value in MISP's own table."""

HASHES = {
    "md5": ("MD5", 32),
    "sha1": ("SHA-1", 40),
    "sha224": ("SHA-224", 56),
    "sha256": ("SHA-256", 64),
    "sha384": ("SHA-384", 96),
    "sha512": ("SHA-512", 128),
    "sha3-256": ("SHA3-256", 64),
    "sha3-512": ("SHA3-512", 128),
}
"""Digests of files by MISP's type: STIX' name, and characters in hex."""

RULES = {"yara": "yara", "sigma": "sigma", "snort": "snort", "suricata": "suricata"}
"""Types that are a rule in another language than STIX', and its name among pattern types."""

_HIVES = {
    "HKCC": "HKEY_CURRENT_CONFIG",
    "HKCR": "HKEY_CLASSES_ROOT",
    "HKCU": "HKEY_CURRENT_USER",
    "HKLM": "HKEY_LOCAL_MACHINE",
    "HKU": "HKEY_USERS",
}
_HEX = re.compile(r"[0-9a-f]+\Z")
_DOMAIN = re.compile(r"[^\s/:@'\"<>]{1,253}\Z")
_URL = re.compile(r"(?!(?:mailto|tel|sms|xmpp|sip|sips):)[^\s<>\"]{1,8192}\Z", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@<>\"]{1,64}@[^\s@<>\"]{1,253}\Z")
_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}\Z")
_SSDEEP = re.compile(r"[0-9]{1,10}:[A-Za-z0-9/+]{0,64}:[A-Za-z0-9/+]{0,64}\Z")
_TLSH = re.compile(r"(?:T1)?([0-9A-Fa-f]{70})\Z")


def flag(value: object) -> bool:
    """Whether a flag of MISP is set: programs write true, 1 and "1"."""
    return value is True or value == "1" or (value == 1 and isinstance(value, int))


def text(value: object) -> str:
    """A text of MISP, where some programs write numbers; empty for anything else."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def observable(kind: str, value: str) -> Thing | None:
    """What an attribute of this type and value is; None where STIX has no place for the type.

    Raises:
        ValueError: the value is not one of its type; the message says what was expected.
    """
    made = _KINDS.get(kind)
    if made is None:
        return None
    bare = value.strip()
    if not bare or len(bare) > VALUE_MAX or "\x00" in bare:
        raise ValueError(f"expected 1 to {VALUE_MAX} characters")
    return made(bare)


def address(text: str) -> Thing:
    """An IP address or a range of them; raises ValueError."""
    network = ip_network(text, strict=False)
    return {"type": f"ipv{network.version}-addr", "value": text.lower()}


def _domain(text: str) -> Thing:
    return {"type": "domain-name", "value": _fits(_DOMAIN, text, "a domain name")}


def _host(text: str) -> Thing:
    """An address where it is one, else a name."""
    try:
        return address(text)
    except ValueError:
        return _domain(text)


def _url(text: str) -> Thing:
    return {"type": "url", "value": _fits(_URL, text, "an address of a page, and of no person")}


def _mail(text: str) -> Thing:
    return {"type": "email-addr", "value": _fits(_ADDRESS, text, "an e-mail address")}


def _hashed(kind: str, name: str, size: int) -> Callable[[str], Thing]:
    def make(text: str) -> Thing:
        if len(text) != size or not _HEX.match(text.lower()):
            raise ValueError(f"expected {size} hexadecimal digits")
        return {"type": kind, "hashes": {name: text.lower()}}

    return make


def _ssdeep(text: str) -> Thing:
    return {"type": "file", "hashes": {"SSDEEP": _fits(_SSDEEP, text, "blocksize:hash:hash")}}


def _tlsh(text: str) -> Thing:
    found = _TLSH.match(text)
    if not found:
        raise ValueError("expected 70 hexadecimal digits")
    return {"type": "file", "hashes": {"TLSH": found[1]}}


def _named(text: str) -> Thing:
    return {"type": "file", "name": text}


def _named_and(hashed: Callable[[str], Thing]) -> Callable[[str], Thing]:
    def make(text: str) -> Thing:
        name, bar, digest = text.rpartition("|")
        if not bar or not name:
            raise ValueError("expected a name, a bar and a digest")
        return hashed(digest) | {"name": name}

    return make


def port(text: str) -> int:
    """The number of a port; raises ValueError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65_535):
        raise ValueError("expected a port, 0 to 65535")
    return int(text)


def traffic(side: str, host: Thing, number: int | None) -> Thing:
    """Traffic to or from a host; its protocols are no more than what the address shows."""
    version = host["type"][:4]
    made: Thing = {"type": "network-traffic", f"{side}_ref": host}
    if number is not None:
        made[f"{side}_port"] = number
    return made | {"protocols": [version if version in ("ipv4", "ipv6") else "ip"]}


def _at_port(side: str, host: Callable[[str], Thing]) -> Callable[[str], Thing]:
    def make(text: str) -> Thing:
        name, bar, number = text.rpartition("|")
        if not bar:
            raise ValueError("expected a host, a bar and a port")
        return traffic(side, host(name), port(number))

    return make


def _resolved(text: str) -> Thing:
    name, bar, found = text.partition("|")
    if not bar:
        raise ValueError("expected a domain, a bar and an address")
    return _domain(name) | {"resolves_to_refs": [address(found)]}


def _number(text: str) -> Thing:
    digits = text.upper().removeprefix("AS").strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10 and int(digits) <= 0xFFFF_FFFF):
        raise ValueError("expected the number of an autonomous system")
    return {"type": "autonomous-system", "number": int(digits)}


def _mac(text: str) -> Thing:
    return {"type": "mac-addr", "value": _fits(_MAC, text.lower().replace("-", ":"), "six octets in hex")}


def _key(text: str) -> Thing:
    hive, slash, rest = text.partition("\\")
    return {"type": "windows-registry-key", "key": _HIVES.get(hive.upper(), hive) + slash + rest}


def _key_and_value(text: str) -> Thing:
    key, bar, data = text.partition("|")
    if not bar:
        raise ValueError("expected a key, a bar and a value")
    return _key(key.strip()) | {"values": [{"data": data.strip()}]}


def _agent(text: str) -> Thing:
    return {
        "type": "network-traffic",
        "extensions": {"http-request-ext": {"request_header": {"User-Agent": text}}},
    }


def _fits(shape: re.Pattern[str], text: str, what: str) -> str:
    if not shape.match(text):
        raise ValueError(f"expected {what}")
    return text


_DIGESTS: dict[str, Callable[[str], Thing]] = {
    **{kind: _hashed("file", *known) for kind, known in HASHES.items()},
    "ssdeep": _ssdeep,
    "tlsh": _tlsh,
}
_KINDS: dict[str, Callable[[str], Thing]] = {
    **_DIGESTS,
    **{f"filename|{kind}": _named_and(make) for kind, make in _DIGESTS.items()},
    "malware-sample": _named_and(_DIGESTS["md5"]),
    "filename": _named,
    "ip-dst": address,
    "ip-src": address,
    "ip-dst|port": _at_port("dst", address),
    "ip-src|port": _at_port("src", address),
    "hostname|port": _at_port("dst", _host),
    "domain": _domain,
    "hostname": _domain,
    "onion-address": _domain,
    "domain|ip": _resolved,
    "url": _url,
    "uri": _url,
    "AS": _number,
    "mac-address": _mac,
    "mutex": lambda text: {"type": "mutex", "name": text},
    "regkey": _key,
    "regkey|value": _key_and_value,
    "user-agent": _agent,
    "email": _mail,
    "email-src": _mail,
    "email-subject": lambda text: {"type": "email-message", "subject": text},
    **{
        f"x509-fingerprint-{kind}": _hashed("x509-certificate", *HASHES[kind])
        for kind in ("md5", "sha1", "sha256")
    },
}
"""Types of attributes that are an observable, and what makes it of the value."""

PATTERN_ONLY = frozenset({"email", "email-src", "email-subject", "user-agent"})
"""Types that can be compared with and not stated: an account without an indicator is a person's, and traffic
needs an end."""
