"""Technical data of the exercise: three objects about the infrastructure of an attack that never was.

Names end in ``.example`` and the address is one of those set aside for documents (RFC 5737), so that nothing
real is named.
"""

import uuid
from typing import Any

from mithaq.formats.stix_markings import TLP_2

_NAMES = uuid.UUID("4c1a5f0e-6b0d-5f57-9c55-7d6b2c0f8f21")
_WHEN = "2025-01-01T00:00:00.000Z"
_HOST = "c2.exercise.example"
_ADDRESS = "192.0.2.7"


def attack_infrastructure() -> list[dict[str, Any]]:
    """A host name, its address, and how to recognise them; valid STIX 2.1, the same each time."""
    address = _object("ipv4-addr") | {"value": _ADDRESS}
    host = _object("domain-name") | {"value": _HOST, "resolves_to_refs": [address["id"]]}
    indicator = _object("indicator") | {
        "created": _WHEN,
        "modified": _WHEN,
        "name": "EXERCISE: command server",
        "indicator_types": ["malicious-activity"],
        "pattern": f"[domain-name:value = '{_HOST}'] OR [ipv4-addr:value = '{_ADDRESS}']",
        "pattern_type": "stix",
        "valid_from": _WHEN,
    }
    return [address, host, indicator]


def _object(kind: str) -> dict[str, Any]:
    name = f"{kind}--{uuid.uuid5(_NAMES, kind)}"
    return {"type": kind, "spec_version": "2.1", "id": name, "object_marking_refs": [TLP_2["green"]]}
