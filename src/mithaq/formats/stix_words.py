"""What the words of STIX 2.0 are in 2.1: vocabularies, members that were renamed, added or taken away.

From the two specifications: 2.0 parts 2 and 4, and 2.1 sections 3, 4, 5, 6 and 10.
"""

from collections.abc import Mapping


def _vocabulary(text: str) -> frozenset[str]:
    return frozenset(text.split())


TYPES: Mapping[str, tuple[str, frozenset[str]]] = {
    "indicator": (
        "indicator_types",
        _vocabulary(
            "anomalous-activity anonymization attribution benign compromised malicious-activity unknown"
        ),
    ),
    "malware": (
        "malware_types",
        _vocabulary(
            "adware backdoor bot bootkit ddos downloader dropper exploit-kit keylogger ransomware"
            " remote-access-trojan resource-exploitation rogue-security-software rootkit screen-capture"
            " spyware trojan unknown virus webshell wiper worm"
        ),
    ),
    "report": (
        "report_types",
        _vocabulary(
            "attack-pattern campaign identity indicator intrusion-set malware observed-data threat-actor"
            " threat-report tool vulnerability"
        ),
    ),
    "threat-actor": (
        "threat_actor_types",
        _vocabulary(
            "activist competitor crime-syndicate criminal hacker insider-accidental insider-disgruntled"
            " nation-state sensationalist spy terrorist unknown"
        ),
    ),
    "tool": (
        "tool_types",
        _vocabulary(
            "denial-of-service exploitation information-gathering network-capture credential-exploitation"
            " remote-access unknown vulnerability-scanning"
        ),
    ),
}
"""The member into which labels of a type go, and the 2.1 vocabulary of it (section 10)."""

LATER: Mapping[str, tuple[str, ...]] = {
    "": ("confidence", "extensions", "lang"),
    "attack-pattern": ("aliases",),
    "identity": ("roles",),
    "indicator": ("indicator_types", "pattern_type", "pattern_version"),
    "malware": (
        "aliases",
        "architecture_execution_envs",
        "capabilities",
        "first_seen",
        "implementation_languages",
        "is_family",
        "last_seen",
        "malware_types",
        "operating_system_refs",
        "sample_refs",
    ),
    "marking-definition": ("name",),
    "observed-data": ("object_refs",),
    "relationship": ("start_time", "stop_time"),
    "report": ("report_types",),
    "sighting": ("description",),
    "threat-actor": ("first_seen", "last_seen", "threat_actor_types"),
    "tool": ("aliases", "tool_types"),
}
"""Members that 2.1 added, by type: in an object of 2.0 somebody's own member would gain a meaning."""

LATER_TYPES = frozenset(
    {
        "extension-definition",
        "grouping",
        "incident",
        "infrastructure",
        "language-content",
        "location",
        "malware-analysis",
        "note",
        "opinion",
    }
)
"""Types that 2.1 added."""

RENAMED: Mapping[str, Mapping[str, str]] = {
    "directory": {"created": "ctime", "modified": "mtime", "accessed": "atime"},
    "file": {"created": "ctime", "modified": "mtime", "accessed": "atime"},
    "process": {"created": "created_time", "binary_ref": "image_ref"},
    "user-account": {"password_last_changed": "credential_last_changed"},
    "windows-registry-key": {"modified": "modified_time"},
}
"""Members of observables that have another name in 2.1."""

GONE: Mapping[str, tuple[str, ...]] = {
    "file": (
        "is_encrypted",
        "encryption_algorithm",
        "decryption_key",
        "extensions.archive-ext.version",
        "extensions.raster-image-ext.image_compression_algorithm",
    ),
    "network-traffic": ("extensions.socket-ext.protocol_family",),
    "process": ("name", "arguments"),
}
"""Members of observables that 2.1 has no place for."""

INNER_LATER: Mapping[str, tuple[str, ...]] = {
    "": ("defanged", "granular_markings", "id", "object_marking_refs", "spec_version"),
    "artifact": ("decryption_key", "encryption_algorithm"),
    "email-message": ("message_id",),
    "software": ("swid",),
    "user-account": ("credential",),
}
"""Members that 2.1 added to observables, besides the new names of ``RENAMED``."""

LISTED: Mapping[str, tuple[str, ...]] = {
    "network-traffic": ("extensions.http-request-ext.request_header",),
}
"""Dictionaries in which 2.0 has a text and 2.1 a list of texts. The headers of a message keep their form: the
schema of OASIS refuses a list of one there."""
