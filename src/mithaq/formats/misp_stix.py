"""An event of MISP as STIX 2.1 objects, and a report of what has no place.

The event becomes a ``report``, its organisation an ``identity``, its galaxies objects of their types, its
sightings, references and event reports what STIX has for them; attributes as in ``misp_attribute``, objects
as in ``misp_objects``. Every mark of the event stands on every object.

    >>> made = convert(content)
    >>> [item["type"] for item in made.objects], [loss.path for loss in made.losses]
    (['identity', 'indicator', 'report'], ['Event.Attribute[3]'])

The same event gives the same objects, byte for byte. What it gives passes ``stix.examine``.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from mithaq.formats import (
    misp_attribute,
    misp_event,
    misp_frame,
    misp_gate,
    misp_members,
    misp_things,
    strict_json,
)
from mithaq.formats.losses import INTERNAL, Loss, Losses
from mithaq.formats.misp_frame import Frame, moment, usable
from mithaq.formats.misp_values import text
from mithaq.formats.strict_json import dicts

_USED = frozenset(
    {"Attribute", "EventReport", "Galaxy", "Object", "Orgc", "Tag", "date", "info", "timestamp", "uuid"}
    | {"Org", "RelatedEvent", "deleted", "event_creator_email", "published", "publish_timestamp"}
)
_SINCE = "2012-01-01T00:00:00.000Z"
"""When organisations of MISP are said to be created and changed: it does not say, and a time of the event's
would make a new version of the organisation of each event."""


class Converted(NamedTuple):
    """What a file of events became.

    Attributes:
        objects: of STIX 2.1, without references to what is not there.
        losses: what was not carried.
        attributes: how many there were, those in objects included.
        carried: how many of them have a place.
    """

    objects: tuple[dict[str, Any], ...]
    losses: tuple[Loss, ...]
    attributes: int
    carried: int


def convert(content: bytes) -> Converted:
    """The objects of a file of events.

    Raises:
        MalformedError: it is no such file, or an event has no usable uuid or no time.
        LimitError: a limit of ``misp_event`` is passed.
    """
    events = misp_event.parse(content)
    losses, objects = Losses(), dict[str, dict[str, Any]]()
    attributes = carried = 0
    for i, event in enumerate(events):
        path = "Event" if len(events) == 1 else f"response[{i}].Event"
        frame = misp_frame.begin(path, event, losses)
        total, kept = _event(frame, event)
        attributes, carried = attributes + total, carried + kept
        for item in frame.objects.values():
            misp_frame.merge(objects, item)
    return Converted(tuple(objects.values()), tuple(losses), attributes, carried)


def _event(frame: Frame, event: Mapping[str, Any]) -> tuple[int, int]:
    """Make the objects of one event; how many attributes it has, and how many of them have a place."""
    total = sum(1 for _ in misp_members.attributes(event))
    tags = misp_gate.piece(frame.losses, frame.path, event)
    if tags is None:
        return total, 0
    frame.marks = tags.marks
    _tell(frame, event)
    frame.creator = _creator(frame, event) or ""
    clusters = misp_members.clusters(frame, frame.path, event, tags)
    carried = 0
    for i, item in enumerate(dicts(event.get("Attribute"))):
        path = f"{frame.path}.Attribute[{i}]"
        kept = misp_attribute.carry(frame, path, item)
        carried += kept
        if kept:
            misp_members.hang(frame, path, item)
    for i, item in enumerate(dicts(event.get("Object"))):
        carried += misp_things.carry(frame, f"{frame.path}.Object[{i}]", item)
    misp_members.references(frame, event)
    misp_members.reports(frame, event)
    _report(frame, event, [*tags.labels, *clusters])
    return total, carried


def _tell(frame: Frame, event: Mapping[str, Any]) -> None:
    """What of an event is never carried: who wrote it, which instance had it, what it resembles."""
    losses = frame.losses
    misp_gate.rest(losses, frame.path, event, _USED | {"threat_level_id", "analysis"})
    if event.get("event_creator_email"):
        path = f"{frame.path}.event_creator_email"
        losses.count(INTERNAL, path, "data about a person: who wrote it")
    for name in ("Org", "RelatedEvent"):
        if event.get(name):
            losses.count(INTERNAL, f"{frame.path}.{name}", "MISP's own books")
    for name in ("Attribute", "Object", "Tag", "Galaxy", "EventReport"):
        found = event.get(name)
        if found and not strict_json.all_dicts(found):
            losses.add("value", f"{frame.path}.{name}", "expected a list of objects")


def _creator(frame: Frame, event: Mapping[str, Any]) -> str | None:
    """The organisation that made the event, as an identity."""
    who = strict_json.members(event.get("Orgc"))
    name, path = text(who.get("name")), f"{frame.path}.Orgc"
    if not name:
        return None
    if "@" in name:
        frame.losses.add(
            "persons", f"{path}.name", "data about a person: an address instead of an organisation"
        )
        return None
    item = {"name": name, "identity_class": "organization"}
    before, frame.created = frame.created, _SINCE
    made = frame.domain(path, "identity", usable(who.get("uuid")) or frame.derived(path), _SINCE, **item)
    frame.created = before
    return made


def _report(frame: Frame, event: Mapping[str, Any], labels: list[str]) -> None:
    """The event itself, over all that was made of it; nothing where there is nothing to report on."""
    refs = [each for each in frame.objects if not each.startswith("identity--")]
    info, path = text(event.get("info")), frame.path
    if not refs and not frame.links:
        frame.losses.add("no-place", path, "nothing of it is carried")
        frame.objects.clear()
        return
    levels = {"threat-level": text(event.get("threat_level_id")), "analysis": text(event.get("analysis"))}
    said = {
        "name": info or frame.name,
        "report_types": ["threat-report"],
        "published": moment(event.get("publish_timestamp")) or frame.modified,
        "object_refs": refs or [frame.creator],
        "labels": [*labels, *(f'misp:{name}="{value}"' for name, value in levels.items() if value)],
        "external_references": frame.links,
    }
    if said["object_refs"] == [""] or not frame.domain(path, "report", frame.name, frame.modified, **said):
        frame.losses.add("no-place", path, "a report needs what it is about")
        frame.objects.clear()
