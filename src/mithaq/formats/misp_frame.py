"""What the pieces of one MISP event share while it becomes STIX: times, marks, who made it, what was made.

Ids are the same for the same event: a domain object takes the uuid that MISP gave to the piece, or one that
follows from the event and the path; an observable takes the id of STIX 2.1, 2.9, which follows from what it
is. Nothing is asked of a clock.

Every object that is made is held to its schema and the rules here: what would be refused later is told as
lost now, with the path in the event.
"""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from mithaq.errors import MalformedError
from mithaq.formats import misp_tags, stix_schemas
from mithaq.formats.losses import Losses
from mithaq.formats.misp_values import Thing, text
from mithaq.formats.stix_markings import KNOWN
from mithaq.formats.stix_rules import rules

NAMES = uuid.UUID("c0c6a7f2-7d54-5e0b-9d0a-2f4b8f1e6a35")
"""Our name space for what MISP has no usable uuid for (RFC 9562, UUIDv5)."""

OBSERVABLES = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""The name space of observables' ids (STIX 2.1, 2.9)."""

_CONTRIBUTING = {
    "network-traffic": ("src_ref", "dst_ref", "src_port", "dst_port", "protocols", "extensions"),
    "windows-registry-key": ("key", "values"),
    "x509-certificate": ("hashes", "serial_number"),
    "file": ("hashes", "name"),
    "autonomous-system": ("number",),
    "mutex": ("name",),
}
"""Members that an observable's id follows from, where they are not its value."""
_DIGESTS = ("MD5", "SHA-1", "SHA-256", "SHA-512")


def moment(value: object) -> str | None:
    """A time of MISP (seconds as digits, or ISO 8601 with a zone) as STIX writes it; None if it is none."""
    said = text(value)
    try:
        if said.isascii() and said.isdigit():
            found = datetime.fromtimestamp(int(said), UTC) if len(said) <= 10 else None
        else:
            found = datetime.fromisoformat(said)
    except (ValueError, OverflowError):
        return None
    if found is None or found.tzinfo is None:
        return None
    try:
        at = found.astimezone(UTC)
    except OverflowError:
        return None
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def usable(value: object) -> str | None:
    """A uuid that STIX takes, in small letters; None for any other."""
    try:
        found = uuid.UUID(text(value)) if len(text(value)) == 36 else None
    except ValueError:
        return None
    return str(found) if found and found.variant == uuid.RFC_4122 and found.version in range(1, 6) else None


@dataclass
class Frame:
    """One event while it is read.

    Args:
        path: where it stands in the file.
        name: its uuid.
        created: of what is made, the date of the event.
        modified: of what says nothing itself.
        marks: meanings of the event's own marks.
        losses: takes what is not carried.
    """

    path: str
    name: str
    created: str
    modified: str
    marks: frozenset[str]
    losses: Losses
    creator: str = ""
    objects: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    carriers: dict[str, str] = field(default_factory=dict[str, str])
    links: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def derived(self, *parts: str) -> str:
        """A uuid that follows from the event and these words."""
        return str(uuid.uuid5(NAMES, "\n".join((self.name, *parts))))

    def uuid_of(self, path: str, piece: Mapping[str, Any]) -> str:
        """The uuid of a piece, or one in its place."""
        given = piece.get("uuid")
        found = usable(given)
        if not found and given:
            self.losses.add("value", f"{path}.uuid", "expected a UUID of versions 1 to 5; another is taken")
        return found or self.derived(path)

    def modified_of(self, path: str, piece: Mapping[str, Any]) -> str:
        """When a piece was last changed; the event's time where it does not say."""
        found = moment(piece.get("timestamp"))
        if not found and piece.get("timestamp"):
            self.losses.add(
                "value", f"{path}.timestamp", "expected seconds since 1970; the event's are taken"
            )
        return found or self.modified

    def domain(
        self, path: str, kind: str, name: str, modified: str, marks: Iterable[str] = (), /, **members: Any
    ) -> str | None:
        """Make a domain or relationship object; None where the result would not be valid."""
        item: dict[str, Any] = {
            "type": kind,
            "spec_version": "2.1",
            "id": f"{kind}--{name}",
            **({"created_by_ref": self.creator} if self.creator else {}),
            "created": min(self.created, modified),
            "modified": modified,
            **{member: value for member, value in members.items() if value not in (None, "", [], ())},
        }
        return self._keep(path, item, marks)

    def observables(self, path: str, thing: Thing, marks: Iterable[str]) -> list[str]:
        """Make an observable and those inside it; their ids, its own first; empty if one is not valid."""
        inner: list[str] = []
        item: dict[str, Any] = {}
        for member, value in thing.items():
            refs = value if member.endswith("_refs") else [value] if member.endswith("_ref") else None
            if refs is None:
                item[member] = value
                continue
            made = [self.observables(path, each, marks) for each in cast("list[Thing]", refs)]
            if not all(made):
                return []
            inner += [each for part in made for each in part]
            item[member] = [part[0] for part in made] if member.endswith("_refs") else made[0][0]
        kept = self._keep(path, {"type": item.pop("type"), "id": "", **item}, marks)
        return [kept, *inner] if kept else []

    def _keep(self, path: str, item: dict[str, Any], marks: Iterable[str]) -> str | None:
        item["id"] = item["id"] or _observable_id(item)
        refs = misp_tags.refs((*self.marks, *marks))
        if refs:
            item["object_marking_refs"] = refs
        fault = stix_schemas.check(item)
        broken = next(rules(item), None) if fault is None else None
        if fault or broken:
            why = f"{fault.path}: {fault.message}" if fault else str(broken and broken.message)
            self.losses.add("value", path, f"not a valid {item['type']}: {why}")
            return None
        merge(self.objects, item)
        return item["id"]


def merge(objects: dict[str, dict[str, Any]], item: dict[str, Any]) -> None:
    """Put an object among others; what has its id already takes what is new, and the stricter marks."""
    known = objects.setdefault(item["id"], item)
    if known is item:
        return
    for member, value in item.items():
        if member == "object_marking_refs":
            both = {KNOWN[each] for each in (*known.get(member, ()), *value)}
            known[member] = misp_tags.refs(both)
        elif isinstance(value, list):
            there = known.setdefault(member, [])
            there += [each for each in cast("list[Any]", value) if each not in there]
        elif isinstance(value, dict):
            known[member] = {**cast("dict[str, Any]", value), **known.get(member, {})}
        else:
            known.setdefault(member, value)


def _observable_id(item: Mapping[str, Any]) -> str:
    contributing = {name: item[name] for name in _CONTRIBUTING.get(item["type"], ("value",)) if name in item}
    hashes = contributing.get("hashes")
    if hashes:
        first = next((each for each in _DIGESTS if each in hashes), None)
        contributing["hashes"] = {first: hashes[first]} if first else hashes
    said = json.dumps(contributing, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"{item['type']}--{uuid.uuid5(OBSERVABLES, said)}"


def begin(path: str, event: Mapping[str, Any], losses: Losses) -> Frame:
    """The frame of an event.

    Raises:
        MalformedError: it has no usable uuid, or neither a date nor a time.
    """
    name = usable(event.get("uuid"))
    if not name:
        raise MalformedError(
            "an event without a usable uuid", where=f"{path}.uuid", expected="a UUID", got=event.get("uuid")
        )
    day = text(event.get("date"))
    date = moment(f"{day}T00:00:00+00:00") if len(day) == 10 else None
    modified = moment(event.get("timestamp")) or date
    if not modified:
        raise MalformedError(
            "an event without a time",
            where=f"{path}.timestamp",
            expected="seconds since 1970, or a date",
            got=text(event.get("timestamp")),
        )
    return Frame(path, name, min(date or modified, modified), modified, frozenset(), losses)
