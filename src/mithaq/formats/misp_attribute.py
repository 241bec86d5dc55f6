"""One attribute of MISP as STIX: an indicator where it is for detection, else observed data.

- For detection (``to_ids``): an ``indicator`` whose pattern is the value. No observable beside it: what is
  looked for need not have been seen.
- Otherwise the observable, and ``observed-data`` that bears the attribute's time, labels and uuid.
- Rules in other languages: an ``indicator`` of their pattern type. A vulnerability, a campaign, a family of
  malware: an object of that type. Text: a ``note``. A page: a reference of the report.

``misp:type`` and ``misp:category`` stand in labels, so that a MISP at the other end gets back what was sent.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from mithaq.formats import misp_galaxy, misp_gate, misp_pattern, misp_values
from mithaq.formats.losses import INTERNAL
from mithaq.formats.misp_frame import Frame, moment
from mithaq.formats.misp_tags import Tags
from mithaq.formats.misp_values import RULES, Thing, flag, text

USED = frozenset(
    {"Galaxy", "Sighting", "Tag", "category", "comment", "deleted", "first_seen", "last_seen"}
    | {"object_relation", "timestamp", "to_ids", "type", "value", "data"}
)
"""Members of an attribute that are read, here or by those who call."""

NAMED: dict[str, tuple[str, dict[str, Any]]] = {
    "campaign-name": ("campaign", {}),
    "malware-type": ("malware", {"is_family": True}),
    "vulnerability": ("vulnerability", {}),
}
"""Types that are an object with a name, and what it has besides."""

NOTES = frozenset({"comment", "text", "other"})
LINK = "link"
_CVE = re.compile(r"CVE-[0-9]{4}-(?:0[0-9]{3}|[1-9][0-9]{3,18})\Z")


class Given(NamedTuple):
    """A piece of an event: where it stands, what its tags say, and the labels of what it becomes."""

    frame: Frame
    path: str
    item: Mapping[str, Any]
    tags: Tags
    labels: list[str]

    def domain(self, kind: str, **members: Any) -> str | None:
        """Make the domain object of this piece, under its uuid and time."""
        frame, path, item = self.frame, self.path, self.item
        at = frame.modified_of(path, item)
        return frame.domain(path, kind, frame.uuid_of(path, item), at, self.tags.marks, **members)


def carry(frame: Frame, path: str, item: Mapping[str, Any], extra: tuple[str, ...] = ()) -> bool:
    """Make of one attribute what STIX has for it; whether there was a place. What there was not is told.

    Args:
        frame: the event.
        path: where the attribute stands.
        item: the attribute.
        extra: labels of the object that it is in.
    """
    tags = misp_gate.attribute(frame.losses, path, item)
    if tags is None:
        return False
    misp_gate.rest(frame.losses, path, item, USED | {"uuid"})
    kind, value = text(item.get("type")), text(item.get("value"))
    if not value:
        frame.losses.add("value", f"{path}.value", "expected a value")
        return False
    if item.get("data"):
        frame.losses.add("no-place", f"{path}.data", "a file; send it as a content of its own")
    labels = [*kind_labels(item), *extra, *tags.labels]
    made = _make(Given(frame, path, item, tags, labels), kind, value)
    if made:
        frame.carriers[frame.uuid_of(path, item)] = made
    return bool(made)


def _make(given: Given, kind: str, value: str) -> str | None:
    frame, path, item, _, labels = given
    if kind == LINK:
        return _link(given, value)
    if kind in RULES:
        idle = [] if flag(item.get("to_ids")) else ['misp:to_ids="false"']
        return indicator(given._replace(labels=labels + idle), value, RULES[kind])
    if kind in NAMED:
        other, members = NAMED[kind]
        cve = [{"source_name": "cve", "external_id": value}] if _CVE.match(value) else []
        said = {"name": value, "labels": labels, "external_references": cve}
        return given.domain(other, **said, **members, **described(item))
    if kind in NOTES:
        said = {"content": value, "abstract": text(item.get("comment")), "labels": labels}
        return given.domain("note", **said, object_refs=[report_id(frame)])
    try:
        thing = misp_values.observable(kind, value)
    except ValueError as error:
        frame.losses.add("value", f"{path}.value", f"not a value of {kind}: {error}")
        return None
    if thing is None:
        frame.losses.add("no-place", path, f"STIX 2.1 has no place for an attribute of the type {kind[:60]}")
        return None
    if flag(item.get("to_ids")):
        return indicator(given, misp_pattern.write(thing))
    if kind in misp_values.PATTERN_ONLY:
        frame.losses.add("no-place", path, "without a flag for detection STIX 2.1 has no place for it")
        return None
    return observed(given, [thing])


def report_id(frame: Frame) -> str:
    """The id of the report that the event becomes."""
    return f"report--{frame.name}"


def kind_labels(item: Mapping[str, Any]) -> list[str]:
    """What MISP called it, as labels."""
    said = {"type": text(item.get("type")), "category": text(item.get("category"))}
    return [f'misp:{name}="{value}"' for name, value in said.items() if value]


def described(item: Mapping[str, Any]) -> dict[str, str]:
    """Its comment as a description, where it has one."""
    return {"description": comment} if (comment := text(item.get("comment"))) else {}


def indicator(given: Given, pattern: str, pattern_type: str = "stix") -> str | None:
    """Make an indicator of a piece: valid from when it was first seen, else from when it was written."""
    frame, path, item, _, labels = given
    first, last = seen(frame, path, item)
    if last:
        frame.losses.add("no-place", f"{path}.last_seen", "an indicator of STIX 2.1 has no place for it")
    return given.domain(
        "indicator",
        indicator_types=["malicious-activity"],
        pattern=pattern,
        pattern_type=pattern_type,
        valid_from=first or frame.modified_of(path, item),
        labels=labels,
        **described(item),
    )


def observed(given: Given, things: list[Thing]) -> str | None:
    """Make the observables of a piece, the observed data that holds them, and a note of its comment."""
    frame, path, item, tags, labels = given
    refs = [each for thing in things for each in frame.observables(path, thing, tags.marks)]
    if not refs:
        return None
    at = frame.modified_of(path, item)
    first, last = seen(frame, path, item)
    made = given.domain(
        "observed-data",
        first_observed=first or last or at,
        last_observed=last or first or at,
        number_observed=1,
        object_refs=list(dict.fromkeys(refs)),
        labels=labels,
    )
    if made and (comment := text(item.get("comment"))):
        about = {"content": comment, "object_refs": [made], "labels": ["misp:comment"]}
        frame.domain(path, "note", frame.derived("comment", made), at, tags.marks, **about)
    return made


def seen(frame: Frame, path: str, item: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """When a piece was first and last seen; what is no time, or ends before it begins, is told."""
    first, last = moment(item.get("first_seen")), moment(item.get("last_seen"))
    for name, found in (("first_seen", first), ("last_seen", last)):
        if item.get(name) and not found:
            frame.losses.add("value", f"{path}.{name}", "expected a time with its zone")
    if first and last and first > last:
        frame.losses.add("value", f"{path}.last_seen", "expected a time not before first_seen")
        last = None
    return first, last


def _link(given: Given, value: str) -> str | None:
    """A page becomes a reference of the report, which has the event's marks and no labels of its own."""
    frame, path, item, tags, _ = given
    if not misp_galaxy.page(value):
        frame.losses.add("value", f"{path}.value", "expected the address of a page")
        return None
    if misp_gate.stricter(tags.marks, frame.marks):
        frame.losses.add("restriction", path, "a reference of the report cannot be marked apart from it")
        return None
    if tags.labels:
        frame.losses.add("no-place", f"{path}.Tag", "a reference of the report has no labels")
    frame.losses.count(INTERNAL, f"{frame.path}.link", "of a page its address and comment are carried")
    frame.links.append({"source_name": "misp", **described(item), "url": value})
    return report_id(frame)
