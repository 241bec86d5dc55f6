"""Objects of an event of MISP: carried as a whole where the template has a place, or by their parts."""

from collections.abc import Mapping
from typing import Any

from mithaq.formats import misp_attribute, misp_gate, misp_objects, misp_pattern
from mithaq.formats.misp_attribute import Given
from mithaq.formats.misp_frame import Frame
from mithaq.formats.misp_members import hang
from mithaq.formats.misp_objects import Part
from mithaq.formats.misp_tags import Tags
from mithaq.formats.misp_values import Thing, flag, text
from mithaq.formats.strict_json import dicts

_OBJECT_USED = frozenset(
    {"Attribute", "ObjectReference", "comment", "deleted", "description", "first_seen", "last_seen"}
    | {"meta-category", "name", "timestamp", "uuid"}
)


def carry(frame: Frame, path: str, item: Mapping[str, Any]) -> int:
    """Carry one object; how many of its attributes have a place."""
    if misp_gate.piece(frame.losses, path, item) is None:
        return 0
    misp_gate.rest(frame.losses, path, item, _OBJECT_USED)
    name = text(item.get("name"))
    numbered = [(f"{path}.Attribute[{i}]", each) for i, each in enumerate(dicts(item.get("Attribute")))]
    if not misp_objects.known(name):
        return _single(frame, path, item, name, numbered)
    parts, tags = _parts(frame, numbered)
    built = misp_objects.build(name, parts)
    for part, why in built.lost:
        frame.losses.add("no-place", part.path, f"{name}.{part.relation[:60]}: {why}")
    if not built.things:
        frame.losses.add("no-place", path, f"an object {name} without what makes it one")
        return 0
    passed = {part.path for part in parts}
    numbered = [(where, each) for where, each in numbered if where in passed]
    labels = [f'misp:name="{name}"', *tags.labels]
    made = _make(Given(frame, path, _commented(item, numbered), tags, labels), name, parts, built.things)
    for where, each in numbered:
        if made:
            frame.carriers[frame.uuid_of(where, each)] = made
            hang(frame, where, each)
    return len(parts) - len(built.lost) if made else 0


def _commented(item: Mapping[str, Any], numbered: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """The object with the comments of its parts after its own, each once."""
    said = dict.fromkeys(text(each.get("comment")) for each in (item, *(part for _, part in numbered)))
    return {**item, "comment": "\n".join(filter(None, said))}


def _single(
    frame: Frame, path: str, item: Mapping[str, Any], name: str, numbered: list[tuple[str, dict[str, Any]]]
) -> int:
    """An object whose parts are carried one by one, or not at all."""
    relations = misp_objects.SINGLE.get(name, frozenset())
    carried = 0
    for where, each in numbered:
        if text(each.get("object_relation")) in relations:
            kept = misp_attribute.carry(frame, where, each, (f'misp:name="{name}"',))
            carried += kept
            if kept:
                hang(frame, where, each)
                frame.carriers.setdefault(
                    frame.uuid_of(path, item), frame.carriers[frame.uuid_of(where, each)]
                )
        elif misp_gate.attribute(frame.losses, where, each):
            frame.losses.add(
                "no-place", where, f"STIX 2.1 has no place for this part of an object {name[:60]}"
            )
    if carried and (comment := text(item.get("comment"))):
        frame.losses.add("no-place", f"{path}.comment", f"its parts are carried one by one: {comment[:60]}")
    return carried


def _parts(frame: Frame, numbered: list[tuple[str, dict[str, Any]]]) -> tuple[list[Part], Tags]:
    """The attributes of an object that may pass, and what their tags say together."""
    parts: list[Part] = []
    marks: set[str] = set()
    labels: dict[str, None] = {}
    for where, each in numbered:
        tags = misp_gate.attribute(frame.losses, where, each)
        if tags is None:
            continue
        misp_gate.rest(frame.losses, where, each, misp_attribute.USED | {"uuid"})
        for member in ("data", "first_seen", "last_seen"):
            if each.get(member):
                frame.losses.add("no-place", f"{where}.{member}", "a part of an object has no place for it")
        marks |= tags.marks
        labels |= dict.fromkeys(tags.labels)
        kind, relation = text(each.get("type")), text(each.get("object_relation"))
        parts.append(Part(where, relation, kind, text(each.get("value")), flag(each.get("to_ids"))))
    return parts, Tags(frozenset(marks), "", tuple(labels), ())


def _make(given: Given, name: str, parts: list[Part], things: list[Thing]) -> str | None:
    """Observed data of the whole, and an indicator of what is for detection, based on it."""
    frame, path, item, tags, _ = given
    whole = misp_attribute.observed(given, things)
    if not whole:
        return None
    uuid = frame.uuid_of(path, item)
    frame.carriers[uuid] = whole
    for i, each in enumerate(misp_objects.build(name, [part for part in parts if part.detect]).things):
        digests = {"type": each["type"], "hashes": each["hashes"]} if each.get("hashes") else each
        again = {**item, "uuid": frame.derived("indicator", uuid, str(i)), "last_seen": None, "comment": ""}
        pattern = misp_pattern.write(digests, either="hashes" in each)
        made = misp_attribute.indicator(given._replace(item=again), pattern)
        if made:
            based = {"relationship_type": "based-on", "source_ref": made, "target_ref": whole}
            based_id = frame.derived("based-on", made, whole)
            frame.domain(path, "relationship", based_id, frame.modified, tags.marks, **based)
            frame.carriers[uuid] = made
    return frame.carriers[uuid]
