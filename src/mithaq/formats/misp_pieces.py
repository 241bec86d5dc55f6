"""A STIX observable, or a simple pattern, as attributes of MISP: the other way round of ``misp_values``.

What is written is read again by ``misp_values`` before it is given out: MISP drops a value that is not one of
its type, and says so in a log that nobody reads.
"""

from collections.abc import Sequence
from typing import NamedTuple

from mithaq.formats.misp_pattern import Simple
from mithaq.formats.misp_values import HASHES, address, observable

CATEGORIES = {
    "AS": "Network activity",
    "email-src": "Payload delivery",
    "email-subject": "Payload delivery",
    "filename": "Payload delivery",
    "mutex": "Artifacts dropped",
    "regkey": "Persistence mechanism",
    "regkey|value": "Persistence mechanism",
    "snort": "Network activity",
    "suricata": "Network activity",
    "sigma": "Payload installation",
    "vulnerability": "External analysis",
    "yara": "Payload delivery",
}
"""Categories of attributes; those of the network and of files follow from what they hold."""

_NETWORK = ("ip-", "hostname", "domain", "url", "uri", "mac-address", "user-agent", "x509-", "onion-address")
_HASH_PATHS = {
    **{f"hashes.'{name}'": kind for kind, (name, _) in HASHES.items() if name != "MD5"},
    "hashes.MD5": "md5",
    "hashes.SSDEEP": "ssdeep",
    "hashes.TLSH": "tlsh",
}
_SINGLE = {
    ("autonomous-system", "number"): "AS",
    ("domain-name", "value"): "domain",
    ("email-addr", "value"): "email-src",
    ("email-message", "from_ref.value"): "email-src",
    ("email-message", "subject"): "email-subject",
    ("file", "name"): "filename",
    ("ipv4-addr", "value"): "ip-dst",
    ("ipv6-addr", "value"): "ip-dst",
    ("mac-addr", "value"): "mac-address",
    ("mutex", "name"): "mutex",
    ("network-traffic", "extensions.'http-request-ext'.request_header.'User-Agent'"): "user-agent",
    ("url", "value"): "url",
    ("windows-registry-key", "key"): "regkey",
    **{("file", path): kind for path, kind in _HASH_PATHS.items()},
    **{
        ("x509-certificate", path): f"x509-fingerprint-{kind}"
        for path, kind in _HASH_PATHS.items()
        if kind in ("md5", "sha1", "sha256")
    },
}
"""By type and path: the attribute that one comparison is."""
_PAIRS = {
    ("domain-name", "value", "resolves_to_refs[*].value"): "domain|ip",
    ("network-traffic", "dst_ref.value", "dst_port"): "|port",
    ("network-traffic", "src_ref.value", "src_port"): "ip-src|port",
    ("windows-registry-key", "key", "values[*].data"): "regkey|value",
}
_OBJECTS = {
    "file": {**_HASH_PATHS, "name": "filename", "size": "size-in-bytes", "mime_type": "mimetype"},
    "network-traffic": {
        "dst_port": "dst-port",
        "dst_ref.value": "ip-dst",
        "src_port": "src-port",
        "src_ref.value": "ip-src",
    },
}
_PART_TYPES = {
    "size-in-bytes": "size-in-bytes",
    "mimetype": "mime-type",
    "dst-port": "port",
    "src-port": "port",
}


class Piece(NamedTuple):
    """One attribute: its type and value, whether it identifies, and its relation in an object."""

    kind: str
    value: str
    identifies: bool = True
    relation: str = ""


class Pieces(NamedTuple):
    """Attributes that stand alone, or the parts of one object of this template."""

    template: str
    parts: tuple[Piece, ...]


def category(kind: str) -> str:
    """The category of an attribute that does not say its own."""
    found = CATEGORIES.get(kind)
    return found or ("Network activity" if kind.startswith(_NETWORK) else "Payload delivery")


def pieces(simple: Simple, said: str = "") -> Pieces | None:
    """The attributes of what is compared or stated; None where MISP has no place for it.

    Args:
        simple: the observable or pattern.
        said: the type that it had in MISP once; taken where it still fits.
    """
    compared = simple.compared
    if simple.kind == "file" and len(compared) > 1 and (simple.either or not _is_pair(simple)):
        return _object("file", "file", compared, either=simple.either)
    if simple.either or len(compared) == 1:
        alone = [_alone(simple.kind, path, str(value), said) for path, value in compared]
        return Pieces("", tuple(each for each in alone if each)) if all(alone) else None
    pair = _pair(simple)
    if pair:
        return Pieces("", (pair,))
    if simple.kind == "network-traffic":
        return _object("network-connection", simple.kind, compared, either=False)
    return None


def _alone(kind: str, path: str, value: str, said: str) -> Piece | None:
    if kind == "network-traffic" and path in ("dst_ref.value", "src_ref.value"):
        return _host(value, "ip-dst" if path.startswith("dst") else "ip-src")
    known = _SINGLE.get((kind, path))
    if known is None:
        return None
    made = _valid(known, value)
    if said not in ("", known) and made:
        other = _valid(said, value)
        return other if other and observable(said, value) == observable(known, value) else made
    return made


def _host(value: str, kind: str) -> Piece | None:
    return _valid(kind if _is_address(value) else "hostname", value)


def _is_address(value: str) -> bool:
    try:
        address(value)
    except ValueError:
        return False
    return True


def _is_pair(simple: Simple) -> bool:
    paths = {path for path, _ in simple.compared}
    return len(simple.compared) == 2 and "name" in paths and bool(paths & _HASH_PATHS.keys())


def _pair(simple: Simple) -> Piece | None:
    """Two comparisons that MISP has one attribute for."""
    values = {path: str(value) for path, value in simple.compared}
    if len(values) != 2 or len(simple.compared) != 2:
        return None
    if simple.kind == "file":
        path = next((each for each in values if each in _HASH_PATHS), "")
        return _valid(f"filename|{_HASH_PATHS.get(path)}", f"{values.get('name')}|{values.get(path)}")
    for (kind, first, second), name in _PAIRS.items():
        if kind == simple.kind and values.keys() == {first, second}:
            known = (
                ("ip-dst|port" if _is_address(values[first]) else "hostname|port")
                if name == "|port"
                else name
            )
            return _valid(known, f"{values[first]}|{values[second]}")
    return None


def _object(
    template: str, kind: str, compared: Sequence[tuple[str, str | int]], *, either: bool
) -> Pieces | None:
    """An object of several parts; where a digest is among them, a name alone does not identify."""
    relations = _OBJECTS[kind]
    if any(path not in relations for path, _ in compared) or len({path for path, _ in compared}) != len(
        compared
    ):
        return None
    hashed = any(path in _HASH_PATHS for path, _ in compared)
    parts: list[Piece] = []
    for path, raw in compared:
        relation, value = relations[path], str(raw)
        if relation in ("ip-dst", "ip-src") and not _is_address(value):
            relation = relation.replace("ip-", "hostname-")
        known = _PART_TYPES.get(relation, "hostname" if relation.startswith("hostname") else relation)
        made = Piece(known, value) if relation in _PART_TYPES else _valid(known, value)
        if made is None:
            return None
        identifies = relation not in _PART_TYPES and (either or not hashed or path in _HASH_PATHS)
        parts.append(Piece(known, made.value, identifies, relation))
    return Pieces(template, tuple(parts))


def _valid(kind: str, value: str) -> Piece | None:
    try:
        return Piece(kind, value) if observable(kind, value) else None
    except ValueError:
        return None
