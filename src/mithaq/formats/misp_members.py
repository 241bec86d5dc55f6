"""What hangs on an event of MISP and on its pieces: galaxies, sightings, references, written reports."""

from collections.abc import Iterator, Mapping
from typing import Any

from mithaq.formats import misp_attribute, misp_galaxy, misp_gate, strict_json
from mithaq.formats.losses import INTERNAL
from mithaq.formats.misp_attribute import report_id
from mithaq.formats.misp_frame import Frame, moment
from mithaq.formats.misp_tags import Cluster, Tags, read
from mithaq.formats.misp_values import flag, text
from mithaq.formats.strict_json import dicts

_CLUSTER_USED = frozenset({"authors", "description", "meta", "tag_name", "type", "value"})


def attributes(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every attribute of an event, those of its objects included."""
    yield from dicts(event.get("Attribute"))
    for each in dicts(event.get("Object")):
        yield from dicts(each.get("Attribute"))


def clusters(frame: Frame, path: str, piece: Mapping[str, Any], tags: Tags) -> list[str]:
    """Make the objects of a piece's galaxies, and a relationship to each from what the piece became.

    Returns:
        The tags of galaxies that STIX has no type for: they stay labels.
    """
    details: dict[Cluster, Mapping[str, Any]] = {each: {} for each in tags.clusters}
    for i, galaxy in enumerate(dicts(piece.get("Galaxy"))):
        for each in dicts(galaxy.get("GalaxyCluster")):
            misp_gate.rest(frame.losses, f"{path}.Galaxy[{i}].GalaxyCluster[]", each, _CLUSTER_USED)
            for member in strict_json.members(each.get("meta")).keys() - {"refs", "synonyms"}:
                where = f"{frame.path}.GalaxyCluster.meta.{member[:60]}"
                frame.losses.count(INTERNAL, where, "every MISP has it in its galaxies")
            if each.get("authors"):
                where = f"{frame.path}.GalaxyCluster.authors"
                frame.losses.count(INTERNAL, where, "data about a person: who wrote of a cluster")
            said = (
                text(each.get("tag_name"))
                or f'misp-galaxy:{text(galaxy.get("type"))}="{text(each.get("value"))}"'
            )
            details |= dict.fromkeys(read([said]).clusters, each)
    labels: list[str] = []
    for cluster, each in details.items():
        kind = misp_galaxy.stix_type(cluster.galaxy)
        if kind is None:
            labels.append(f'misp-galaxy:{cluster.galaxy}="{cluster.value}"')
            continue
        name = frame.derived("cluster", kind, cluster.galaxy, cluster.value)
        made = frame.domain(
            path, kind, name, frame.modified, tags.marks, **misp_galaxy.members(cluster, each)
        )
        source = frame.carriers.get(frame.uuid_of(path, piece)) if path != frame.path else None
        if made and source:
            _relate(frame, path, source, made)
    return labels


def _relate(frame: Frame, path: str, source: str, target: str) -> None:
    indicates = (
        source.startswith("indicator--") and target.split("--", maxsplit=1)[0] in misp_galaxy.INDICATED
    )
    kind = "indicates" if indicates else "related-to"
    if source.startswith("report--"):
        return
    frame.domain(
        path,
        "relationship",
        frame.derived(kind, source, target),
        frame.modified,
        relationship_type=kind,
        source_ref=source,
        target_ref=target,
    )


def hang(frame: Frame, path: str, item: Mapping[str, Any]) -> None:
    """What hangs on an attribute that was carried: its galaxies and its sightings."""
    tags = misp_gate.piece(frame.losses, path, item)
    for label in clusters(frame, path, item, tags) if tags else ():
        frame.losses.add("no-place", f"{path}.Galaxy", f"no type of STIX 2.1 for {label}")
    seen = frame.carriers.get(frame.uuid_of(path, item), "")
    for i, each in enumerate(dicts(item.get("Sighting"))):
        _sighting(frame, f"{path}.Sighting[{i}]", each, seen)


def _sighting(frame: Frame, path: str, item: Mapping[str, Any], of: str) -> None:
    """That it was seen; who saw it stays with the sender, who had it from others in confidence."""
    at = moment(item.get("date_sighting"))
    if text(item.get("type")) not in ("", "0") or not at or not of or of.startswith(("note--", "report--")):
        frame.losses.add("no-place", path, "only that something was seen is carried, with its time")
        return
    for name in ("source", "Organisation"):
        if item.get(name):
            frame.losses.count("no-place", f"{frame.path}.Sighting.{name}", "who saw it is not told")
    said = {"sighting_of_ref": of, "first_seen": at, "last_seen": at, "count": 1}
    frame.domain(path, "sighting", frame.uuid_of(path, item), max(at, frame.created), **said)


def references(frame: Frame, event: Mapping[str, Any]) -> None:
    """The references between objects, as relationships between what they became."""
    for i, item in enumerate(dicts(event.get("Object"))):
        for k, each in enumerate(dicts(item.get("ObjectReference"))):
            path = f"{frame.path}.Object[{i}].ObjectReference[{k}]"
            source = frame.carriers.get(text(item.get("uuid")).lower())
            target = frame.carriers.get(text(each.get("referenced_uuid")).lower())
            kind = text(each.get("relationship_type")).lower().replace("_", "-").replace(" ", "-")
            if flag(each.get("deleted")):
                frame.losses.add("state", path, "deleted in MISP")
            elif not source or not target or "report--" in source + target:
                frame.losses.add("reference", path, "one of its ends is not carried")
            else:
                said = {"relationship_type": kind, "source_ref": source, "target_ref": target}
                at = frame.modified_of(path, each)
                more = misp_attribute.described(each)
                frame.domain(path, "relationship", frame.uuid_of(path, each), at, **said, **more)


def reports(frame: Frame, event: Mapping[str, Any]) -> None:
    """The written reports of an event, as notes on it."""
    for i, each in enumerate(dicts(event.get("EventReport"))):
        path = f"{frame.path}.EventReport[{i}]"
        tags = misp_gate.piece(frame.losses, path, each)
        content = text(each.get("content"))
        if tags and content:
            said = {"abstract": text(each.get("name")), "content": content, "labels": ["misp:event-report"]}
            at = frame.modified_of(path, each)
            frame.domain(
                path,
                "note",
                frame.uuid_of(path, each),
                at,
                tags.marks,
                **said,
                object_refs=[report_id(frame)],
            )
        elif tags:
            frame.losses.add("value", path, "expected a content")
