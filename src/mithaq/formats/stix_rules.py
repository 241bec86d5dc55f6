"""What STIX 2.1 says MUST hold of one object and no JSON schema can say.

``rules(item, meanings)`` gives (code, path inside the object, message) for each rule that is broken. It
expects an object that its schema has accepted, so that the members it looks at have the right types.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

from mithaq.errors import PeerError
from mithaq.formats import stix_pattern, stix_refs
from mithaq.formats.stix_markings import KNOWN, is_marking, meaning, of_label
from mithaq.formats.stix_types import TIMESTAMP, instant
from mithaq.formats.strict_json import texts

_TIMESTAMP = re.compile(TIMESTAMP)
_ID = re.compile(
    r"[a-z][a-z0-9-]+[a-z0-9]--[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-5][0-9a-fA-F]{3}"
    r"-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}\Z"
)
_TIMES = frozenset(
    {
        "created",
        "modified",
        "valid_from",
        "valid_until",
        "first_seen",
        "last_seen",
        "published",
        "start_time",
        "stop_time",
        "first_observed",
        "last_observed",
        "submitted",
        "analysis_started",
        "analysis_ended",
        "ctime",
        "mtime",
        "atime",
        "start",
        "end",
        "date",
        "created_time",
        "modified_time",
        "account_created",
        "account_expires",
        "credential_last_changed",
        "account_first_login",
        "account_last_login",
        "validity_not_before",
        "validity_not_after",
    }
)
"""Every member of STIX 2.1 that is a timestamp."""


class _Span(NamedTuple):
    first: str
    second: str
    equal: bool


_SPANS = (
    _Span("created", "modified", equal=True),
    _Span("valid_from", "valid_until", equal=False),
    _Span("first_seen", "last_seen", equal=True),
    _Span("first_observed", "last_observed", equal=True),
    _Span("analysis_started", "analysis_ended", equal=True),
    _Span("start", "end", equal=True),
    _Span("start_time", "stop_time", equal=False),
)
"""Which member may not be before which other, and whether they may be equal (STIX 2.1, 3.2 to 6)."""


class Broken(NamedTuple):
    """A broken rule: its code, the path inside the object, and one sentence."""

    code: str
    path: str
    message: str


def rules(item: dict[str, Any], meanings: Mapping[str, str] = KNOWN) -> Iterator[Broken]:
    """Check one object of a known type that fits its schema.

    Args:
        item: the object.
        meanings: of the marking ids that its body allows.
    """
    if item.get("spec_version", "2.1") != "2.1":
        yield Broken("version", "spec_version", "expected spec_version 2.1")
    yield from _references(item)
    for path, message in stix_refs.wrong(item):
        yield Broken("reference", path, message)
    yield from _times(item)
    yield from _markings(item, meanings)
    if item["type"] == "indicator" and item["pattern_type"] == "stix":
        yield from _pattern(item)


def _references(item: dict[str, Any]) -> Iterator[Broken]:
    for name, value in item.items():
        if name.endswith("_ref") and not (isinstance(value, str) and _ID.match(value)):
            yield Broken("reference", name, "expected an identifier, as in type--UUID")
        elif name.endswith("_refs"):
            yield from _reference_list(name, value)
    if not item.get("created_by_ref", "identity--").startswith("identity--"):
        yield Broken("reference", "created_by_ref", "expected the identifier of an identity")


def _reference_list(name: str, values: object) -> Iterator[Broken]:
    if not isinstance(values, list):
        yield Broken("reference", name, "expected a list of identifiers")
        return
    for i, value in enumerate(cast("list[object]", values)):
        if not (isinstance(value, str) and _ID.match(value)):
            yield Broken("reference", f"{name}[{i}]", "expected an identifier, as in type--UUID")


def _times(item: dict[str, Any]) -> Iterator[Broken]:
    exist = True
    for name in _TIMES & item.keys():
        if not (isinstance(item[name], str) and _TIMESTAMP.match(item[name])):
            exist = False
            yield Broken("time", name, "expected a timestamp in UTC that the calendar has")
    if exist:
        yield from _spans(item)


def _spans(item: dict[str, Any]) -> Iterator[Broken]:
    for first, second, equal in _SPANS:
        if first in item and second in item:
            a, b = instant(item[first]), instant(item[second])
            if a > b or (a == b and not equal):
                yield Broken("time", second, f"expected a time {'not before' if equal else 'after'} {first}")


def _markings(item: dict[str, Any], meanings: Mapping[str, str]) -> Iterator[Broken]:
    for i, marking in enumerate(item.get("object_marking_refs", [])):
        if marking not in meanings:
            yield _unknown(f"object_marking_refs[{i}]")
    for i, granular in enumerate(item.get("granular_markings", [])):
        if granular.get("marking_ref") not in meanings:
            yield _unknown(f"granular_markings[{i}].marking_ref")
    for i, label in enumerate(texts(item["labels"]) if "labels" in item else ()):
        if is_marking(label) and of_label(label) is None:
            yield Broken("marking", f"labels[{i}]", "expected a level of TLP 2.0 or PAP behind this word")
    if item["type"] == "marking-definition":
        said = meaning(item)
        if said is None:
            yield Broken("marking", "definition", "expected TLP, PAP or a statement of copyright")
        elif said != KNOWN.get(item["id"], said):
            yield Broken("marking", "id", "expected a definition that says what its identifier stands for")


def _pattern(item: dict[str, Any]) -> Iterator[Broken]:
    try:
        stix_pattern.check(item["pattern"], item.get("pattern_version", "2.1"))
    except PeerError as error:
        at = f" at {error.where}" if error.where else ""
        message = f"expected a STIX pattern, with {error.expected}{at}, got {error.got!r}"
        yield Broken("pattern", "pattern", message)


def _unknown(path: str) -> Broken:
    return Broken(
        "marking",
        path,
        "expected TLP, PAP or a copyright, by its fixed identifier or with its definition in the body; "
        "others cannot be kept by this node",
    )
