"""Real data for the exercise: public knowledge about malware, tools and techniques, as STIX 2.1.

The source is the MISP galaxy (CC0 or BSD-2-Clause), as the package ``pymispgalaxies`` ships it; nothing is
fetched. Links are kept as text and never followed. Groups come without their descriptions and only as
intrusion sets: a description names people now and then, and Mithaq carries nothing about persons.

Ids are UUIDv5 of the cluster's own UUID, times follow from the version of the cluster, so the same package
gives the same objects, byte for byte.
"""

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from mithaq.errors import ConfigError, MalformedError, PeerError, UsageError
from mithaq.formats import stix
from mithaq.formats.stix_markings import TLP_2


class _Source(NamedTuple):
    """A cluster file and the STIX type of what stands in it."""

    cluster: str
    kind: str
    tlp: str = "clear"


_SOURCES = (
    _Source("mitre-attack-pattern", "attack-pattern"),
    _Source("mitre-course-of-action", "course-of-action"),
    _Source("mitre-intrusion-set", "intrusion-set"),
    _Source("microsoft-activity-group", "intrusion-set"),
    _Source("mitre-tool", "tool"),
    _Source("tool", "tool"),
    _Source("mitre-malware", "malware"),
    _Source("ransomware", "malware", "green"),
    _Source("rat", "malware"),
    _Source("botnet", "malware"),
    _Source("banker", "malware"),
    _Source("stealer", "malware"),
    _Source("backdoor", "malware"),
)
_MALWARE_TYPES = {"ransomware": "ransomware", "rat": "remote-access-trojan", "botnet": "bot", "backdoor": "backdoor"}
_RELATIONS = {"uses": "uses", "mitigates": "mitigates", "similar": "related-to", "variant-of": "variant-of"}

DESCRIPTION_MAX = 1_000
"""Characters of a description; longer ones end in an ellipsis."""

_REFERENCES_MAX = 8
_NAMES = uuid.UUID("0e0b7a0a-3c58-5c39-9a3c-6d8a2f7a9f10")
_URL = re.compile(r"https?://[!-~]{1,400}\Z")
_VERSION_0 = "2025-01-01T00:00:00.000Z"
_AUTHOR = f"identity--{uuid.uuid5(_NAMES, 'author')}"


def galaxy_objects() -> list[dict[str, Any]]:
    """Some 5,500 objects and as many relationships and more, author first, valid STIX 2.1.

    Raises:
        ConfigError: the package ``pymispgalaxies`` is not installed.
    """
    clusters = [(source, _load(source.cluster)) for source in _SOURCES]
    objects: dict[str, dict[str, Any]] = {}
    related: list[tuple[str, str, str]] = []
    for source, cluster in clusters:
        for value in cluster["values"]:
            if not value.get("revoked") and value["uuid"] not in objects:
                objects[value["uuid"]] = _object(source, cluster["version"], value)
                related += [(value["uuid"], each["type"], each["dest-uuid"]) for each in value.get("related", [])]
    return [_author(), *objects.values(), *_relationships(objects, related)]


def load_stix_file(path: Path) -> list[dict[str, Any]]:
    """The objects of a file: a bundle, or a list of objects, examined like a body from outside.

    Raises:
        UsageError: it cannot be read, is not STIX 2.1, or has problems; the first is told with its path.
        LimitError: it is larger or deeper than a body may be.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError("the file cannot be read", where=str(path), got=error.strerror) from error
    if content.lstrip()[:1] == b"[":
        content = stix_head() + content + b"}"
    try:
        findings = stix.examine(content)
    except MalformedError as error:
        raise UsageError(error.message, where=f"{path} {error.where}".strip(), got=error.got) from error
    if findings.problems:
        first = findings.problems[0]
        raise UsageError(
            f"not valid STIX 2.1 ({first.code})",
            where=f"{path} {first.path}",
            expected=first.message,
            todo=f"mend it and try again; problems in all: {len(findings.problems)}",
        )
    return json.loads(content)["objects"]
