"""STIX objects for tests: one valid example of each common type, and a way to spoil one member."""

import json
import uuid
from typing import Any

from mithaq.formats.stix_markings import TLP_2

NAMES = uuid.UUID("11111111-2222-5333-8444-555555555555")
TIME = "2026-01-01T00:00:00.000Z"
LATER = "2026-02-01T00:00:00.000Z"


def name(kind: str, number: int = 0) -> str:
    return f"{kind}--{uuid.uuid5(NAMES, f'{kind} {number}')}"


def domain_object(kind: str, nth: int = 0, **members: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": name(kind, nth),
        "created_by_ref": name("identity"),
        "created": TIME,
        "modified": TIME,
        "object_marking_refs": [TLP_2["green"]],
    } | members


def observable(kind: str, nth: int = 0, **members: Any) -> dict[str, Any]:
    return {"type": kind, "id": name(kind, nth)} | members


def indicator(number: int = 0, **members: Any) -> dict[str, Any]:
    """An indicator of about 660 bytes, the size that the design measured with."""
    return (
        domain_object(
            "indicator",
            number,
            name=f"Address of a command server, {number}",
            description="Seen in traffic from a honeypot of the exercise. " * 3,
            indicator_types=["malicious-activity"],
            pattern=f"[ipv4-addr:value = '198.51.100.{number % 256}']",
            pattern_type="stix",
            valid_from=TIME,
        )
        | members
    )


def samples() -> list[dict[str, Any]]:
    """One of each common type, with as many members as are checked on the fast way."""
    phases = [{"kill_chain_name": "mitre-attack", "phase_name": "impact"}]
    seen = {"first_seen": TIME, "last_seen": LATER}
    return [
        domain_object("attack-pattern", name="a", kill_chain_phases=phases, labels=["x"], confidence=50),
        domain_object("campaign", name="c", objective="o", **seen),
        domain_object("course-of-action", name="c", revoked=False, lang="en"),
        domain_object("grouping", context="suspicious-activity", object_refs=[name("indicator")]),
        domain_object("identity", name="Ministry", identity_class="organization"),
        indicator(valid_until=LATER),
        domain_object("infrastructure", name="i", **seen),
        domain_object("intrusion-set", name="i", aliases=["b"], **seen),
        domain_object("malware", name="m", is_family=True, **seen),
        domain_object("note", content="n", object_refs=[name("indicator")]),
        domain_object("report", name="r", published=TIME, object_refs=[name("indicator")]),
        domain_object("threat-actor", name="t", **seen),
        domain_object(
            "tool", name="t", external_references=[{"source_name": "s", "url": "https://source.example/"}]
        ),
        domain_object("vulnerability", name="v"),
        domain_object(
            "relationship",
            relationship_type="indicates",
            source_ref=name("indicator"),
            target_ref=name("malware"),
            start_time=TIME,
            stop_time=LATER,
        ),
        domain_object("sighting", sighting_of_ref=name("malware"), count=3, **seen),
        observable("autonomous-system", number=64496),
        observable("domain-name", value="c2.example"),
        observable("file", hashes={"SHA-256": "0" * 64}, name="a.exe"),
        observable("ipv4-addr", value="198.51.100.0/24"),
        observable("url", value="https://c2.example/a"),
    ]


def plain_bundle(*objects: Any) -> bytes:
    """A bundle as somebody else writes it: white space, members in any order."""
    return json.dumps({"objects": objects, "id": name("bundle"), "type": "bundle"}, indent=1).encode()
