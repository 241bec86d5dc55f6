"""Parts of an event of a feed: an attribute, an object and a report of MISP, and what STIX says for them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from mithaq.formats import misp_pieces
from mithaq.formats.misp_pieces import Piece
from mithaq.formats.misp_tags import TAG_MAX
from mithaq.formats.misp_values import VALUE_MAX
from mithaq.formats.stix_markings import strictest_pap, strictest_tlp
from mithaq.formats.stix_types import OBSERVABLES
from mithaq.formats.strict_json import texts

TYPE, CATEGORY = "misp:type=", "misp:category="
"""Labels that keep what an attribute was in the MISP that it came from."""

_CATEGORIES = frozenset(
    {"Antivirus detection", "Artifacts dropped", "External analysis", "Financial fraud", "Internal reference"}
    | {"Network activity", "Other", "Payload delivery", "Payload installation", "Payload type"}
    | {"Persistence mechanism", "Support Tool", "Attribution"}
)
"""Categories of attributes, but those of persons and victims."""

_TEMPLATES = {
    "file": ("688c46fb-5edb-40a3-8273-1af7923e2215", "25", "file"),
    "network-connection": ("af16764b-f8e5-4603-9de1-de34d272f80b", "7", "network"),
}
"""Of the objects that are written: MISP's template, its version, its category."""


def attribute(
    name: str,
    part: Piece,
    item: Mapping[str, Any],
    at: int,
    tags: Iterable[str],
    *,
    detect: bool,
    relation: bool,
) -> dict[str, Any]:
    """One attribute.

    Args:
        name: its uuid.
        part: its type and value.
        item: the object of STIX that it comes from.
        at: when that was last changed, in POSIX seconds.
        tags: of it.
        detect: whether it is for detection.
        relation: whether it stands in an object.
    """
    said = kept(item, CATEGORY)
    fits = said in _CATEGORIES and not relation
    return {
        "uuid": name,
        "type": part.kind,
        "category": said if fits else misp_pieces.category(part.kind),
        "value": part.value,
        "to_ids": detect and part.identifies,
        "timestamp": str(at),
        "comment": str(item.get("description", ""))[:VALUE_MAX],
        "distribution": "5",
        "deleted": False,
        "disable_correlation": False,
        "Tag": [{"name": each} for each in dict.fromkeys(tags)],
        **_times(item),
        **({"object_relation": part.relation} if relation else {}),
    }


def template(name: str, kind: str, at: int, parts: list[dict[str, Any]]) -> dict[str, Any]:
    """One object, of its attributes."""
    known, version, group = _TEMPLATES[kind]
    return {
        "uuid": name,
        "name": kind,
        "meta-category": group,
        "description": kind,
        "template_uuid": known,
        "template_version": version,
        "timestamp": str(at),
        "distribution": "5",
        "comment": "",
        "deleted": False,
        "Attribute": parts,
        "ObjectReference": [],
    }


def report(name: str, title: str, content: str, at: int) -> dict[str, Any]:
    """One written report."""
    return {
        "uuid": name,
        "name": title[:TAG_MAX] or "note",
        "content": content,
        "timestamp": str(at),
        "distribution": "5",
        "deleted": False,
    }


def _times(item: Mapping[str, Any]) -> dict[str, str]:
    """When a thing was first and last seen, where its object says more than when it was written."""
    first, last = item.get("first_observed") or item.get("valid_from"), item.get("last_observed")
    said = {"first_seen": first, "last_seen": last}
    if first == item.get("modified") and last in (None, first):
        return {}
    return {name: value for name, value in said.items() if isinstance(value, str)}


def refs(item: Mapping[str, Any]) -> list[str]:
    """The observables that an object holds; those that a report lists, it only points to."""
    if item.get("type") not in OBSERVABLES | {"observed-data"}:
        return []
    found: list[str] = []
    for member, value in item.items():
        if member.endswith("_ref"):
            found += texts([value])
        elif member.endswith("_refs") and member != "object_marking_refs":
            found += texts(value)
    return found


def members(item: Mapping[str, Any]) -> set[str]:
    """An observable is read as a whole."""
    return set(item) if item.get("type") in OBSERVABLES else set()


def kept(item: Mapping[str, Any], prefix: str) -> str:
    """What a label of ours says that it was in MISP; empty for nothing."""
    found = [each[len(prefix) :] for each in texts(item.get("labels")) if each.startswith(prefix)]
    return found[0].strip('"') if found else ""


def marks(meanings: Iterable[str]) -> list[str]:
    """The strictest TLP and PAP as MISP spells them."""
    said = list(meanings)
    tlp, pap = strictest_tlp(said), strictest_pap(said)
    return [*([f"tlp:{tlp}"] if tlp else ()), *([f"PAP:{pap.upper()}"] if pap else ())]


def seconds(value: object) -> int | None:
    """A time of STIX in POSIX seconds; None if it is none."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return max(int(found.timestamp()), 0) if found and found.tzinfo else None
    except (ValueError, OverflowError):
        return None
