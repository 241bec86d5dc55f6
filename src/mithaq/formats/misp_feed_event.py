"""The inside of one event of a feed: which object of STIX becomes which piece of MISP.

- ``indicator``: a simple pattern becomes attributes for detection, so does a rule of YARA or Snort.
- observables, also those in ``observed-data``: attributes that are not for detection, or an object.
- names (malware, tool, threat actor, intrusion set, attack pattern): a tag of a galaxy on the event, and on
  the attribute whose indicator indicates them.
- ``report``, ``grouping``: name, references and text of the event; ``note``: a report in it.
- ``vulnerability``: an attribute. Everything else is told as lost, and so is every member that is not read.
"""

import uuid
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from mithaq.formats import misp_feed_parts as parts
from mithaq.formats import misp_galaxy, misp_pattern, misp_pieces, strict_json
from mithaq.formats.losses import Losses
from mithaq.formats.misp_frame import NAMES as OUR_NAMES
from mithaq.formats.misp_pattern import Simple
from mithaq.formats.misp_pieces import Pieces
from mithaq.formats.misp_tags import TAG_MAX
from mithaq.formats.misp_values import RULES, VALUE_MAX
from mithaq.formats.stix_markings import KNOWN, is_marking, meaning, of_label
from mithaq.formats.stix_types import OBSERVABLES, SELF_DESCRIBING
from mithaq.formats.strict_json import dicts, texts

NAMES = uuid.uuid5(OUR_NAMES, "feed")
"""Our name space for every uuid of a feed."""

_COMMON = frozenset({"type", "spec_version", "id", "created", "modified", "labels", "object_marking_refs"})
_DEPTH = 3
"""How far references between observables are followed: from traffic to a name to its address."""
_READ = {
    "indicator": {
        "pattern",
        "pattern_type",
        "pattern_version",
        "valid_from",
        "indicator_types",
        "description",
    },
    "observed-data": {"first_observed", "last_observed", "object_refs"},
    "report": {"name", "description", "external_references", "object_refs", "published"},
    "grouping": {"name", "description", "external_references", "object_refs"},
    "note": {"content", "abstract", "object_refs"},
    "vulnerability": {"name", "description"},
    "relationship": {"relationship_type", "source_ref", "target_ref"},
}
_BENIGN = frozenset({"benign", "anonymization"})


class Maker(NamedTuple):
    """The organisation that an event is of: its name and its uuid in MISP."""

    name: str
    uuid: str


class Writer:
    """Makes the pieces of one event.

    Args:
        name: the event's uuid.
        tlp: the handling of the entry, for what is not marked itself.
        pap: the same; empty for none.
        at: POSIX seconds of what tells no time itself.
    """

    def __init__(self, name: str, tlp: str, pap: str, at: int) -> None:
        self.info = ""
        self.attributes: list[dict[str, Any]] = []
        self.objects: list[dict[str, Any]] = []
        self.reports: list[dict[str, Any]] = []
        self.modified: list[int] = []
        self.losses = Losses()
        self._name, self._at = name, at
        self._marks = {f"tlp:{tlp}", *([f"pap:{pap}"] if pap else ())}
        self._event_tags: dict[str, None] = {}
        self._items: dict[str, dict[str, Any]] = {}
        self._definitions: dict[str, str] = {}
        self._written: dict[str, list[dict[str, Any]]] = {}

    def take(self, objects: Iterable[bytes]) -> None:
        """Make the pieces of all objects of a body.

        Raises:
            MalformedError: one is not strict JSON.
        """
        for i, raw in enumerate(objects):
            item = strict_json.members(strict_json.load(f"objects[{i}]", bytes(raw)))
            if not all(isinstance(item.get(each), str) for each in ("type", "id")):
                self.losses.add("value", f"objects[{i}]", "expected an object with a type and an id")
                continue
            self._items[item["id"]] = item
        for item in self._items.values():
            said = meaning(item) if item.get("type") == "marking-definition" else None
            if said:
                self._definitions[item["id"]] = said
        held = {ref for item in self._items.values() for ref in parts.refs(item)}
        for name, item in self._items.items():
            self._one(name, item, inside=name in held)
        for item in self._items.values():
            if item.get("type") == "relationship":
                self._relationship(item)

    def tags(self) -> Iterator[str]:
        """The tags of the event: the strictest marks of all that is in it, and the names from galaxies."""
        yield from parts.marks(self._marks)
        yield from self._event_tags

    def values(self) -> Iterator[tuple[str, str]]:
        """Type and value of every attribute."""
        for each in (*self.attributes, *(part for item in self.objects for part in item["Attribute"])):
            yield each["type"], each["value"]

    def _one(self, name: str, item: dict[str, Any], *, inside: bool) -> None:
        kind = str(item.get("type"))
        if kind not in SELF_DESCRIBING:
            self._marks |= self._said(item)
        if kind == "indicator":
            self._indicator(name, item)
        elif kind == "observed-data":
            self._observed(name, item)
        elif kind in OBSERVABLES:
            if not inside:
                self._thing(name, item, item, detect=False)
        elif kind in ("report", "grouping"):
            self._report(name, item)
        elif kind == "note":
            self._note(name, item)
        elif kind == "vulnerability":
            named = misp_pieces.Piece("vulnerability", str(item.get("name")))
            self._add(name, item, Pieces("", (named,)), detect=False)
        elif tag := misp_galaxy.tag(item):
            self._event_tags.setdefault(tag)
            self._rest(kind, item, {"name", "is_family"})
        elif kind not in ("relationship", "marking-definition"):
            self.losses.add("no-place", name, f"MISP has no place for {kind[:60]}")

    def _indicator(self, name: str, item: dict[str, Any]) -> None:
        if item.get("revoked") is True:
            self.losses.add("state", name, "revoked")
            return
        pattern, kind = str(item.get("pattern")), str(item.get("pattern_type"))
        detect = _BENIGN.isdisjoint(texts(item.get("indicator_types")))
        detect = detect and 'misp:to_ids="false"' not in texts(item.get("labels"))
        if kind in RULES:
            rule = misp_pieces.Piece(RULES[kind], pattern)
            self._add(name, item, Pieces("", (rule,)), detect=detect)
            return
        simple = misp_pattern.read(pattern) if kind == "stix" else None
        made = misp_pieces.pieces(simple, parts.kept(item, parts.TYPE)) if simple else None
        if made is None:
            self.losses.add("no-place", f"{name}.pattern", "MISP has no attribute for this pattern")
            return
        self._add(name, item, made, detect=detect)

    def _observed(self, name: str, item: dict[str, Any]) -> None:
        refs = texts(item.get("object_refs"))
        inner = {ref for each in refs if each in self._items for ref in parts.refs(self._items[each])}
        for ref in refs:
            held = self._items.get(ref)
            if held is None:
                self.losses.add("reference", f"{name}.object_refs", f"not in this body: {ref}")
            elif ref not in inner:
                self._thing(name, held, item, detect=False)
        if not refs:
            self.losses.add("no-place", name, "observed data of the older form")

    def _thing(self, name: str, thing: dict[str, Any], item: dict[str, Any], *, detect: bool) -> None:
        """An observable, with the times and labels of what holds it."""
        whole = self._whole(thing, self._items if thing is item else set(texts(item.get("object_refs"))))
        compared = tuple(misp_pattern.paths(whole))
        simple = Simple(str(thing.get("type")), compared, either=False)
        made = misp_pieces.pieces(simple, parts.kept(item, parts.TYPE)) if compared else None
        if made is None:
            self.losses.add(
                "no-place", str(thing.get("id")), f"MISP has no place for this {thing.get('type')}"
            )
            return
        if thing is item:
            self._add(name, item, made, detect=detect)
            return
        inner = f"{name} {thing.get('id')}"
        self._add(inner, item, made, detect=detect, marks=self._said(thing))
        self._written.setdefault(name, []).extend(self._written[inner])

    def _whole(self, thing: Mapping[str, Any], within: Container[str], depth: int = 0) -> dict[str, Any]:
        """An observable with others of the body in place of its references.

        What observed data does not hold was not observed with it, though the observable may point to it.
        """
        whole: dict[str, Any] = {}
        for member, value in thing.items():
            if member in _COMMON or member == "defanged":
                continue
            if member.endswith("_ref") and depth < _DEPTH:
                inner = self._items.get(str(value), {"value": str(value)})
                whole[member] = self._whole(inner, within, depth + 1)
            elif member.endswith("_refs") and depth < _DEPTH:
                found = [self._items[each] for each in texts(value) if each in within and each in self._items]
                whole |= {member: [self._whole(each, within, depth + 1) for each in found]} if found else {}
            else:
                whole[member] = value
        return whole

    def _add(
        self, name: str, item: dict[str, Any], made: Pieces, *, detect: bool, marks: Iterable[str] = ()
    ) -> None:
        """Write the attributes of an object, or one object of MISP."""
        at = self._time(item)
        kind = str(item.get("type"))
        self._rest(kind, item, item.keys() if kind in OBSERVABLES else _READ.get(kind, ()))
        tags = [*parts.marks({*self._said(item), *marks}), *self._labels(name, item)]
        written: list[dict[str, Any]] = []
        for i, part in enumerate(made.parts):
            if len(part.value) > VALUE_MAX:
                self.losses.add("value", name, "longer than a value of MISP")
                continue
            own = self._uuid(name, str(i))
            relation = bool(made.template)
            written.append(parts.attribute(own, part, item, at, tags, detect=detect, relation=relation))
        self._written[name] = written
        if made.template:
            self.objects.append(parts.template(self._uuid(name, "object"), made.template, at, written))
        else:
            self.attributes += written

    def _labels(self, name: str, item: Mapping[str, Any]) -> list[str]:
        """The labels of an object that are tags: neither marks nor ours."""
        labels = [each for each in texts(item.get("labels")) if each and not each.startswith("misp:")]
        for each in labels:
            if len(each) > TAG_MAX:
                self.losses.add("value", f"{name}.labels", f"longer than a tag of MISP: {each[:60]}")
        return [each for each in labels if len(each) <= TAG_MAX and not is_marking(each)]

    def _report(self, name: str, item: dict[str, Any]) -> None:
        title = str(item.get("name", ""))
        if self.info:
            self.losses.add("no-place", f"{name}.name", "an event has one name, and another report gave it")
        self.info = self.info or title
        at = self._time(item)
        if text := item.get("description"):
            self._text(name, title, str(text), at)
        for i, each in enumerate(dicts(item.get("external_references"))):
            if not isinstance(each.get("url"), str):
                self.losses.add("no-place", f"{name}.external_references[{i}]", "a reference without a page")
                continue
            said = {name: item[name] for name in ("type", "modified", "object_marking_refs") if name in item}
            link = misp_pieces.Piece("link", each["url"])
            more = {"description": each.get("description", "")}
            self._add(f"{name} {i}", said | more, Pieces("", (link,)), detect=False)
        self._event_tags |= dict.fromkeys(self._labels(name, item))
        self._rest(str(item["type"]), item, _READ[item["type"]])

    def _note(self, name: str, item: dict[str, Any]) -> None:
        self._text(name, str(item.get("abstract", "")), str(item.get("content", "")), self._time(item))
        self._rest("note", item, _READ["note"])

    def _text(self, name: str, title: str, content: str, at: int) -> None:
        self.reports.append(parts.report(self._uuid(name, "report"), title, content, at))

    def _relationship(self, item: dict[str, Any]) -> None:
        """A relationship from what was written to a name is a tag; any other has no place."""
        name, kind = str(item.get("id")), item.get("relationship_type")
        written = self._written.get(str(item.get("source_ref")), [])
        tag = misp_galaxy.tag(self._items.get(str(item.get("target_ref")), {}))
        if kind == "based-on" and self._merged(written, self._written.get(str(item.get("target_ref")), [])):
            return
        if kind in ("indicates", "related-to") and tag and written:
            for each in written:
                each["Tag"].append({"name": tag})
            self._rest("relationship", item, _READ["relationship"])
        else:
            self.losses.add("no-place", name, f"MISP has no place for this relationship: {str(kind)[:60]}")

    def _merged(self, written: list[dict[str, Any]], seen: list[dict[str, Any]]) -> bool:
        """Whether what is looked for was seen too: then it is written once, for detection."""
        there = {(each["type"], each["value"]): each for each in seen}
        found = [there.get((each["type"], each["value"])) for each in written]
        if not written or not all(found):
            return False
        for each, twin in zip(written, found, strict=True):
            if twin is not None:
                twin["to_ids"] = twin["to_ids"] or each["to_ids"]
        gone = {each["uuid"] for each in written}
        self.attributes = [each for each in self.attributes if each["uuid"] not in gone]
        self.objects = [
            item for item in self.objects if not gone & {each["uuid"] for each in item["Attribute"]}
        ]
        return True

    def _time(self, item: Mapping[str, Any]) -> int:
        """When an object was last changed, in POSIX seconds."""
        found = parts.seconds(item.get("modified"))
        if found is None:
            return self._at
        self.modified.append(found)
        return found

    def _said(self, item: Mapping[str, Any]) -> set[str]:
        """What the markings of an object mean; those of a part count for the whole."""
        refs = texts(item.get("object_marking_refs"))
        refs += texts([each.get("marking_ref") for each in dicts(item.get("granular_markings"))])
        said = {self._definitions.get(each) or KNOWN.get(each) for each in refs}
        said |= {of_label(each) for each in texts(item.get("labels")) if is_marking(each)}
        return {each for each in said if each}

    def _rest(self, kind: str, item: Mapping[str, Any], read: Iterable[str]) -> None:
        """Count the members that nobody reads."""
        for member in item.keys() - _COMMON - set(read):
            self.losses.count("no-place", f"{kind[:60]}.{member[:60]}", "MISP has no place for it")

    def _uuid(self, *parts: str) -> str:
        return str(uuid.uuid5(NAMES, "\n".join((self._name, *parts))))
