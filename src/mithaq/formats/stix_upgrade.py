"""STIX 2.0 made into 2.1, where nothing is lost by it (docs/adr/0016-stix-2.0.md).

An object is of 2.0 if it says so, or says no version and is a domain or relationship object (STIX 2.1, 3.2).
What the upgrade does: ``spec_version``; labels that are words of a 2.1 vocabulary become types, the others
stay; a pattern keeps its bytes and says that it is of 2.0; ``malware`` is a family, since 2.0 cannot name a
sample; observables inside observed data become objects of their own (``stix_observed``). It never changes
``id``, ``created`` or ``modified``. What 2.1 has no place for is refused, with the member's name.

    >>> upgrade([{"type": "tool", "id": "tool--…", "name": "t", "labels": ["remote-access"]}]).objects
    [{'spec_version': '2.1', 'type': 'tool', …, 'tool_types': ['remote-access']}]

It does not examine: what comes out of it is examined like any other object.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from mithaq.domain.findings import Problem
from mithaq.formats import stix_observed, stix_schemas
from mithaq.formats.stix_inner import Loss, Object
from mithaq.formats.stix_markings import TLP_1
from mithaq.formats.stix_observed import Origin
from mithaq.formats.stix_persons import ID_MAX
from mithaq.formats.stix_types import OBSERVABLES
from mithaq.formats.stix_words import LATER, LATER_TYPES, TYPES
from mithaq.formats.strict_json import check_depth, dicts, texts

PATTERN_VERSION = "2.0"
"""The version that a pattern of 2.0 says: names of members in it are those of 2.0."""
_FIXED_NAMES = {
    marking: f"TLP:{'WHITE' if level == 'clear' else level.upper()}" for marking, level in TLP_1.items()
}
"""The names that 2.1 demands of the definitions which both versions have."""


@dataclass(slots=True)
class Upgraded:
    """What came of objects.

    Args:
        objects: those of 2.1, as they were, and those that were made of 2.0, in their order.
        origins: where each of them came from.
        refused: why an object cannot be upgraded, by its index.
        changed: of each object that was upgraded the members that were added, by its index.
    """

    objects: list[Object] = field(default_factory=list[Object])
    origins: list[Origin] = field(default_factory=list[Origin])
    refused: dict[int, Problem] = field(default_factory=dict[int, Problem])
    changed: dict[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])


def is_2_0(item: Mapping[str, Any]) -> bool:
    """Whether an object is of STIX 2.0. Observables without a version are of 2.1; other types are neither."""
    kind = _kind(item)
    return item.get("spec_version", "2.0") == "2.0" and kind not in OBSERVABLES and stix_schemas.known(kind)


def _kind(item: Mapping[str, Any]) -> str:
    return "".join(texts([item.get("type")]))


def upgrade(items: Sequence[Object], without: Collection[int] = ()) -> Upgraded:
    """Objects of 2.1 as they are, those of 2.0 upgraded or refused. It changes none that it was given.

    Args:
        items: objects, of whatever members.
        without: the indices of some that are left out.

    Raises:
        LimitError: one of 2.0 is nested deeper than ``strict_json.DEPTH_MAX``.
    """
    done = Upgraded()
    observables = stix_observed.Observables(
        item for i, item in enumerate(items) if i not in without and _kind(item) in OBSERVABLES
    )
    for i, item in enumerate(items):
        if i in without:
            continue
        if not is_2_0(item):
            done.objects.append(item)
            done.origins.append(Origin(i))
            continue
        check_depth(f"objects[{i}]", item)
        try:
            made = _made(i, item, observables)
        except Loss as loss:
            name = "".join(texts([item.get("id")]))[:ID_MAX]
            path = f"objects[{i}].{loss.path[:ID_MAX]}"
            done.refused[i] = Problem(
                "version", path, f"not of STIX 2.1 without loss: {loss.message}", i, name
            )
            continue
        own = next(each for each, origin in made if not origin.inside)
        done.changed[i] = tuple(name for name in own if name not in item or name == "spec_version")
        done.objects += [each for each, _ in made]
        done.origins += [origin for _, origin in made]
    return done


def _made(i: int, item: Object, observables: stix_observed.Observables) -> list[tuple[Object, Origin]]:
    """What one object of 2.0 becomes; the observables of observed data stand before it."""
    kind = _kind(item)
    if kind in LATER_TYPES:
        raise Loss("spec_version", f"expected 2.1, since 2.0 has no {kind}")
    for name in (*LATER[""], *LATER.get(kind, ())):
        if name in item:
            raise Loss(name, "2.0 has no such member and 2.1 has: expected spec_version 2.1, or another name")
    new = {"type": kind} | item | {"spec_version": "2.1"}
    if kind in _STEPS:
        _STEPS[kind](new)
    if kind != "observed-data" or not isinstance(item.get("objects"), dict):
        return [(new, Origin(i))]
    found = observables.of(new)
    inside = [(each, Origin(i, f".objects.{key[:60]}")) for key, each in found.new]
    del new["objects"]
    return [*inside, (new | {"object_refs": found.refs}, Origin(i))]


def _types(item: Object) -> None:
    """Labels of the 2.1 vocabulary are the types; what producers wrote besides stays a label."""
    labels: object = item.get("labels")
    name, words = TYPES[item["type"]]
    said = [label for label in texts(labels) if label in words]
    if not said:
        return
    _not_selected(item, "labels")
    item[name] = said
    item["labels"] = [label for label in cast("list[object]", labels) if label not in said]
    if not item["labels"]:
        del item["labels"]


def _not_selected(item: Object, name: str) -> None:
    """Raise Loss where a granular marking selects a member, or what is in it, that moves."""
    for i, granular in enumerate(dicts(item.get("granular_markings"))):
        for k, selector in enumerate(texts(granular.get("selectors"))):
            if selector == name or selector.startswith(f"{name}."):
                where = f"granular_markings[{i}].selectors[{k}]"
                raise Loss(where, f"expected a member that stays where it is, and {name} does not")


def _indicator(item: Object) -> None:
    _types(item)
    item |= {"pattern_type": "stix", "pattern_version": PATTERN_VERSION}


def _malware(item: Object) -> None:
    _types(item)
    item["is_family"] = True


def _marking(item: Object) -> None:
    if item.get("id") in _FIXED_NAMES:
        item["name"] = _FIXED_NAMES[item["id"]]


def _observed(item: Object) -> None:
    _not_selected(item, "objects")


_STEPS: Mapping[str, Callable[[Object], None]] = {
    "indicator": _indicator,
    "malware": _malware,
    "marking-definition": _marking,
    "observed-data": _observed,
    "report": _types,
    "threat-actor": _types,
    "tool": _types,
}
"""What else happens to an object of a type."""
