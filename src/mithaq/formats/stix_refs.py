"""Which types of objects the references of STIX 2.1 may name, where its schemas leave that open.

The schemas say it for domain and relationship objects; for cyber-observables they say ``string``, and the
specification says it in words ("MUST be of type …"; sections 4.11, 4.12 and 6).
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from mithaq.formats.stix_types import OBSERVABLES
from mithaq.formats.strict_json import dicts, texts

_ADDRESS = frozenset({"domain-name", "ipv4-addr", "ipv6-addr"})
_ARTIFACT = frozenset({"artifact"})
_CONTENT = frozenset({"artifact", "file"})
_FILES = frozenset({"directory", "file"})
_MAC = frozenset({"mac-addr"})
_MAIL = frozenset({"email-addr"})
_SYSTEM = frozenset({"autonomous-system"})
_TRAFFIC = frozenset({"network-traffic"})
_USER = frozenset({"user-account"})

ALLOWED: Mapping[str, Mapping[str, frozenset[str]]] = {
    "directory": {"contains_refs": _FILES},
    "domain-name": {"resolves_to_refs": _ADDRESS},
    "email-addr": {"belongs_to_ref": _USER},
    "email-message": {
        "from_ref": _MAIL,
        "sender_ref": _MAIL,
        "to_refs": _MAIL,
        "cc_refs": _MAIL,
        "bcc_refs": _MAIL,
        "raw_email_ref": _ARTIFACT,
        "body_multipart.body_raw_ref": _CONTENT,
    },
    "file": {
        "parent_directory_ref": frozenset({"directory"}),
        "contains_refs": OBSERVABLES,
        "content_ref": _ARTIFACT,
        "extensions.archive-ext.contains_refs": _FILES,
    },
    "ipv4-addr": {"resolves_to_refs": _MAC, "belongs_to_refs": _SYSTEM},
    "ipv6-addr": {"resolves_to_refs": _MAC, "belongs_to_refs": _SYSTEM},
    "malware": {"sample_refs": _CONTENT},
    "network-traffic": {
        "src_ref": _ADDRESS | _MAC,
        "dst_ref": _ADDRESS | _MAC,
        "src_payload_ref": _ARTIFACT,
        "dst_payload_ref": _ARTIFACT,
        "encapsulates_refs": _TRAFFIC,
        "encapsulated_by_ref": _TRAFFIC,
        "extensions.http-request-ext.message_body_data_ref": _ARTIFACT,
    },
    "process": {
        "opened_connection_refs": _TRAFFIC,
        "creator_user_ref": _USER,
        "image_ref": frozenset({"file"}),
        "parent_ref": frozenset({"process"}),
        "child_refs": frozenset({"process"}),
        "extensions.windows-service-ext.service_dll_refs": frozenset({"file"}),
    },
    "windows-registry-key": {"creator_user_ref": _USER},
}
"""By type and member; a member inside others is named by its way down."""


def wrong(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The path of each reference to a type that may not stand there, and what was expected.

    It expects an object that its schema has accepted; what is no list or text there is not looked at.
    """
    for way, allowed in ALLOWED.get(item["type"], {}).items():
        for path, value in _found(item, way.split("."), ""):
            if value.partition("--")[0] not in allowed:
                yield path, f"expected the identifier of one of: {', '.join(sorted(allowed))}"


def _found(item: Mapping[str, Any], way: list[str], above: str) -> Iterator[tuple[str, str]]:
    """Every text at the end of a way down, with its path."""
    path, value = f"{above}{way[0]}", cast("object", item.get(way[0]))
    if way[1:]:
        for inner in dicts([value]):
            yield from _found(inner, way[1:], f"{path}.")
        for i, inner in enumerate(dicts(value)):
            yield from _found(inner, way[1:], f"{path}[{i}].")
    elif isinstance(value, str):
        yield path, value
    else:
        yield from ((f"{path}[{i}]", each) for i, each in enumerate(texts(value)))
