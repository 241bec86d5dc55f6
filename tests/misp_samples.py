"""Events of MISP for tests: small, invented, with addresses of documentation."""

import json
import uuid
from typing import Any

NAMES = uuid.UUID("11111111-2222-5333-8444-666666666666")
MD5, SHA1, SHA256 = "d" * 32, "e" * 40, "f" * 64
TIME = "1767225600"
CIRCLE = "distribution"


def name(number: int) -> str:
    return str(uuid.uuid5(NAMES, str(number)))


def attribute(
    number: int = 1, kind: str = "ip-dst", value: Any = "198.51.100.7", **members: Any
) -> dict[str, Any]:
    return {
        "uuid": name(number),
        "type": kind,
        "category": "Network activity",
        "value": value,
        "to_ids": True,
        "timestamp": TIME,
        "comment": "",
        "distribution": "5",
        "deleted": False,
    } | members


def part(number: int, relation: str, kind: str, value: Any, **members: Any) -> dict[str, Any]:
    return attribute(number, kind, value, object_relation=relation, **members)


def thing(template: str, *parts: dict[str, Any], number: int = 500, **members: Any) -> dict[str, Any]:
    return {
        "uuid": name(number),
        "name": template,
        "timestamp": TIME,
        "distribution": "5",
        "Attribute": list(parts),
        "ObjectReference": [],
    } | members


def tags(*names: str) -> list[dict[str, str]]:
    return [{"name": each} for each in names]


def event(*attributes: dict[str, Any], objects: Any = (), **members: Any) -> dict[str, Any]:
    return {
        "uuid": name(0),
        "info": "Phishing against an invented office",
        "date": "2025-12-31",
        "timestamp": TIME,
        "published": True,
        "analysis": "2",
        "threat_level_id": "3",
        "distribution": "3",
        "Orgc": {"name": "Invented Response Team", "uuid": name(-1)},
        "Tag": tags("tlp:green"),
        "Attribute": list(attributes),
        "Object": list(objects),
    } | members


def content(*events: dict[str, Any]) -> bytes:
    if len(events) == 1:
        return json.dumps({"Event": events[0]}).encode()
    return json.dumps({"response": [{"Event": each} for each in events]}).encode()


def rich() -> dict[str, Any]:
    """One of nearly everything."""
    seen = {"first_seen": "2025-12-01T00:00:00+00:00", "last_seen": "2025-12-02T00:00:00+00:00"}
    sighting = {"uuid": name(90), "type": "0", "date_sighting": TIME, "source": "sensor"}
    cluster = {
        "type": "threat-actor",
        "value": "Invented Bear",
        "tag_name": 'misp-galaxy:threat-actor="Invented Bear"',
        "description": "d",
        "authors": ["somebody"],
        "meta": {"synonyms": ["IB"], "refs": ["https://source.example/ib", "no page"]},
    }
    file = thing(
        "file",
        part(31, "md5", "md5", MD5, to_ids=True, Sighting=[sighting]),
        part(32, "sha256", "sha256", SHA256),
        part(33, "filename", "filename", "a.exe", to_ids=False, comment="dropped"),
        part(34, "size-in-bytes", "size-in-bytes", "1234", to_ids=False),
        part(35, "entropy", "float", "7.1", to_ids=False),
        ObjectReference=[
            {
                "uuid": name(91),
                "referenced_uuid": name(1),
                "relationship_type": "connects_to",
                "timestamp": TIME,
            }
        ],
    )
    traffic = thing(
        "network-connection",
        part(41, "ip-src", "ip-src", "192.0.2.1"),
        part(42, "dst-port", "port", "443"),
        part(43, "hostname-dst", "hostname", "c2.example"),
        number=501,
    )
    return event(
        attribute(1, comment="c2", Tag=tags('misp-galaxy:tool="Invented RAT"', "kind:test", "tlp:amber")),
        attribute(2, "domain", "c2.example", to_ids=False, **seen),
        attribute(3, "url", "https://c2.example/a", Sighting=[sighting | {"uuid": name(92)}]),
        attribute(4, "ip-dst|port", "198.51.100.7|443"),
        attribute(5, "filename|sha256", f"a.exe|{SHA256}"),
        attribute(6, "email-src", "drop@c2.example", category="Payload delivery"),
        attribute(7, "vulnerability", "CVE-2025-0001", to_ids=False),
        attribute(8, "yara", "rule a { condition: true }"),
        attribute(9, "link", "https://source.example/report", to_ids=False, comment="source"),
        attribute(10, "text", "Seen twice.", to_ids=False),
        attribute(11, "regkey|value", "HKLM\\Software\\a|b"),
        attribute(12, "domain|ip", "c2.example|2001:db8::1", to_ids=False),
        attribute(13, "user-agent", "it's \\ agent"),
        attribute(14, "campaign-name", "Invented campaign", to_ids=False),
        objects=(file, traffic),
        Tag=tags("tlp:green", "PAP:AMBER", "type:OSINT", 'misp-galaxy:threat-actor="Invented Bear"'),
        Galaxy=[{"type": "threat-actor", "GalaxyCluster": [cluster]}],
        EventReport=[{"uuid": name(93), "name": "What happened", "content": "# It", "timestamp": TIME}],
        event_creator_email="somebody@office.example",
    )
