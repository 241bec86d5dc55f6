"""Clusters of MISP's galaxies as STIX objects, and back into the tags by which MISP knows them.

An object made of a cluster belongs to its event: its id follows from the event and the name. Under an id of
the galaxy's (often MITRE's) it would stand as a version of somebody else's object.
"""

import re
from collections.abc import Mapping
from typing import Any

from mithaq.formats import strict_json
from mithaq.formats.misp_tags import Cluster
from mithaq.formats.strict_json import dicts, texts

REFERENCES_MAX = 20
SYNONYMS_MAX = 50
"""Of a cluster: more is a bibliography, and would be repeated with every event."""

_TYPES = {
    "attack-pattern": "attack-pattern",
    "backdoor": "malware",
    "banker": "malware",
    "botnet": "malware",
    "branded-vulnerability": "vulnerability",
    "course-of-action": "course-of-action",
    "cryptominers": "malware",
    "exploit-kit": "tool",
    "intrusion-set": "intrusion-set",
    "malpedia": "malware",
    "malware": "malware",
    "microsoft-activity-group": "intrusion-set",
    "ransomware": "malware",
    "rat": "malware",
    "stealer": "malware",
    "tds": "tool",
    "threat-actor": "threat-actor",
    "tool": "tool",
}
"""By galaxy, without MITRE's prefix: the type of STIX."""

_MITRE = re.compile(r"mitre-(?:(?:enterprise|mobile|ics|pre)-)?(?:attack-)?")
_NUMBER = re.compile(r"(.{1,240}) - ((?:T|G|S|M|C|TA)[0-9]{4}(?:\.[0-9]{3})?)\Z")
_PAGE = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&()*+,;=%-]{1,2000}\Z")
_BACK = {
    "attack-pattern": ("mitre-attack-pattern", "mitre-attack-pattern"),
    "course-of-action": ("mitre-course-of-action", "mitre-course-of-action"),
    "intrusion-set": ("mitre-intrusion-set", "threat-actor"),
    "malware": ("mitre-malware", "malpedia"),
    "threat-actor": ("threat-actor", "threat-actor"),
    "tool": ("mitre-tool", "tool"),
}
"""By type of STIX: the galaxy of what MITRE has numbered, and of the rest."""
GALAXY_LABEL = "misp:galaxy="
"""A label that keeps the galaxy that a name came from."""

INDICATED = ("attack-pattern", "campaign", "intrusion-set", "malware", "threat-actor", "tool")
"""Types that an indicator can indicate (STIX 2.1, 4.7)."""


def stix_type(galaxy: str) -> str | None:
    """The type of object that a cluster of this galaxy is; None where STIX has none."""
    return _TYPES.get(_MITRE.sub("", galaxy, count=1) if galaxy.startswith("mitre-") else galaxy)


def members(cluster: Cluster, details: Mapping[str, Any]) -> dict[str, Any]:
    """What a cluster says beside its type: name, number, other names, pages.

    Args:
        cluster: its galaxy and name.
        details: the cluster as it stands in the event; empty where there is but a tag.
    """
    numbered = _NUMBER.match(cluster.value)
    name = numbered[1] if numbered else cluster.value
    made: dict[str, Any] = {"name": name, "labels": [f'{GALAXY_LABEL}"{cluster.galaxy}"']}
    if numbered:
        made["external_references"] = [{"source_name": "mitre-attack", "external_id": numbered[2]}]
    known = strict_json.members(details.get("meta"))
    pages = [each for each in texts(known.get("refs")) if page(each)][:REFERENCES_MAX]
    if pages:
        made.setdefault("external_references", []).extend(
            {"source_name": cluster.galaxy, "url": each} for each in dict.fromkeys(pages)
        )
    synonyms = [each for each in texts(known.get("synonyms")) if each and each != name][:SYNONYMS_MAX]
    kind = stix_type(cluster.galaxy)
    if synonyms and kind not in ("course-of-action", "vulnerability"):
        made["aliases"] = list(dict.fromkeys(synonyms))
    if isinstance(details.get("description"), str) and details["description"].strip():
        made["description"] = details["description"]
    return made | ({"is_family": True} if kind == "malware" else {})


def page(text: str) -> bool:
    """Whether a text is the address of a page and nothing else."""
    return bool(_PAGE.match(text))


def tag(item: Mapping[str, Any]) -> str | None:
    """The tag by which MISP knows this object; None where it has none for the type or the name."""
    back, name = _BACK.get(str(item.get("type"))), item.get("name")
    if back is None or not isinstance(name, str) or not name or '"' in name:
        return None
    numbers = [
        str(each.get("external_id"))
        for each in dicts(item.get("external_references"))
        if each.get("source_name") == "mitre-attack"
    ]
    value = f"{name} - {numbers[0]}" if numbers else name
    kept = [each[len(GALAXY_LABEL) :] for each in texts(item.get("labels")) if each.startswith(GALAXY_LABEL)]
    galaxy = kept[0].strip('"') if kept and stix_type(kept[0].strip('"')) == item["type"] else ""
    written = f'misp-galaxy:{galaxy or back[0 if numbers else 1]}="{value}"'
    return written if len(written) <= 255 else None
