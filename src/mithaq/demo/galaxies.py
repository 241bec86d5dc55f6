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
from typing import Any, NamedTuple, cast

from mithaq.errors import ConfigError, PeerError, UsageError
from mithaq.formats import stix, strict_json
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
_MALWARE_TYPES = {
    "ransomware": "ransomware",
    "rat": "remote-access-trojan",
    "botnet": "bot",
    "backdoor": "backdoor",
}
_RELATIONS = {"uses": "uses", "mitigates": "mitigates", "similar": "related-to", "variant-of": "variant-of"}

DESCRIPTION_MAX = 1_000
"""Characters of a description; longer ones end in an ellipsis."""

_REFERENCES_MAX = 8
_NAMES = uuid.UUID("0e0b7a0a-3c58-5c39-9a3c-6d8a2f7a9f10")
_URL = re.compile(r"https?://[!-~]{1,400}\Z")
_VERSION_0 = "2025-01-01T00:00:00.000Z"
_AUTHOR = f"identity--{uuid.uuid5(_NAMES, 'author')}"


def galaxy_objects() -> list[dict[str, Any]]:
    """Some 5,500 objects and 20,000 relationships between them, author first, valid STIX 2.1.

    Raises:
        ConfigError: the package ``pymispgalaxies`` is not installed.
    """
    objects: dict[str, dict[str, Any]] = {}
    related: list[tuple[str, str, str]] = []
    for source in _SOURCES:
        cluster = _load(source.cluster)
        for value in cluster["values"]:
            name = value["uuid"]
            if not value.get("revoked") and name not in objects:
                objects[name] = _object(source, cluster["version"], value)
                related += [(name, each["type"], each["dest-uuid"]) for each in value.get("related", [])]
    return [_author(), *objects.values(), *_relationships(objects, related)]


def load_stix_file(path: Path) -> list[dict[str, Any]]:
    """The objects of a file, a bundle or a list, each examined as it would be in a body.

    The file may be larger than a body: its objects are examined in the bodies that they will travel in.

    Raises:
        UsageError: it cannot be read, is not STIX 2.1, or has problems; the first is told with its path.
    """
    try:
        loaded = strict_json.load("", path.read_bytes())
    except OSError as error:
        raise UsageError("the file cannot be read", where=str(path), got=error.strerror) from error
    except PeerError as error:
        raise UsageError(
            "the file is not JSON", where=str(path), got=error.got, todo=error.message
        ) from error
    objects = _dictionaries(loaded)
    if objects is None:
        raise UsageError("no objects in the file", where=str(path), expected="a STIX bundle or a list")
    for number, part in enumerate(stix.split(objects)):
        _examine(path, number * stix.OBJECTS_PER_BODY, part)
    return objects


def _dictionaries(loaded: object) -> list[dict[str, Any]] | None:
    """The list of objects of a bundle or of the file itself; None when it holds none."""
    found = cast("dict[str, object]", loaded).get("objects") if isinstance(loaded, dict) else loaded
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in cast("list[object]", found)):
        return None
    return cast("list[dict[str, Any]]", found)


def _examine(path: Path, first: int, part: list[dict[str, Any]]) -> None:
    """Raise UsageError at the first problem of a part that begins with object number ``first``."""
    try:
        problems = stix.examine(stix.bundle(part)).problems
    except PeerError as error:
        raise UsageError(
            error.message, where=f"{path} {error.where}", expected=error.expected, got=error.got
        ) from error
    for problem in problems[:1]:
        place = re.sub(r"\d+", lambda found: str(int(found[0]) + first), problem.path, count=1)
        raise UsageError(f"not valid STIX 2.1 ({problem.code})", where=f"{path} {place}", got=problem.message)


def _load(cluster: str) -> dict[str, Any]:
    try:
        data = files("pymispgalaxies") / "data" / "misp-galaxy" / "clusters" / f"{cluster}.json"
        return json.loads(data.read_text("utf-8"))
    except ModuleNotFoundError as error:
        raise ConfigError(
            "the data of the demo is not installed",
            expected="pymispgalaxies",
            todo="pip install mithaq[demo]",
        ) from error


def _author() -> dict[str, Any]:
    """Who the data is from: a project, which is an organisation."""
    return _common("identity", "author", 0, "clear") | {
        "name": "MISP galaxy (public data, used in an exercise)",
        "identity_class": "organization",
    }


def _common(kind: str, name: str, version: int, tlp: str) -> dict[str, Any]:
    modified = f"2025-01-01T00:{version // 60 % 60:02d}:{version % 60:02d}.000Z"
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{uuid.uuid5(_NAMES, name)}",
        "created_by_ref": _AUTHOR,
        "created": _VERSION_0,
        "modified": modified,
        "object_marking_refs": [TLP_2[tlp]],
    }


def _object(source: _Source, version: int, value: Mapping[str, Any]) -> dict[str, Any]:
    """One value of a cluster as an object; members that would be empty are left out."""
    meta = value.get("meta", {})
    item = _common(source.kind, value["uuid"], version, source.tlp) | {
        "name": value["value"],
        "description": "" if source.kind == "intrusion-set" else _short(value.get("description", "")),
        "external_references": list(_references(source.cluster, value["uuid"], meta)),
    }
    if source.kind != "course-of-action":
        item["aliases"] = [each for each in meta.get("synonyms", []) if each and each != value["value"]]
    if source.kind == "malware":
        item["is_family"] = True
        item["malware_types"] = [_MALWARE_TYPES[source.cluster]] if source.cluster in _MALWARE_TYPES else []
    if source.kind == "attack-pattern":
        item["kill_chain_phases"] = [_phase(each) for each in meta.get("kill_chain", [])]
    return {name: member for name, member in item.items() if member not in ("", [])}


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= DESCRIPTION_MAX else text[: DESCRIPTION_MAX - 1].rsplit(" ", 1)[0] + "…"


def _references(cluster: str, name: str, meta: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    yield {"source_name": f"misp-galaxy:{cluster}", "external_id": name}
    for url in [each for each in meta.get("refs", []) if _URL.match(each)][:_REFERENCES_MAX]:
        yield {"source_name": "reference", "url": url}


def _phase(text: str) -> dict[str, str]:
    chain, _, phase = text.partition(":")
    return {"kill_chain_name": chain.lower(), "phase_name": phase.lower()}


def _relationships(
    objects: Mapping[str, dict[str, Any]], related: Iterable[tuple[str, str, str]]
) -> Iterator[dict[str, Any]]:
    """A relationship for each pair of clusters that are both here, once for each way of being related."""
    for source, relation, target in sorted(set(related)):
        if relation in _RELATIONS and source in objects and target in objects:
            yield _common("relationship", f"{source} {relation} {target}", 0, "clear") | {
                "relationship_type": _RELATIONS[relation],
                "source_ref": objects[source]["id"],
                "target_ref": objects[target]["id"],
            }
