"""Observables inside observed data of STIX 2.0, as the objects of their own that they are in 2.1.

Each gets the deterministic id of ``stix_ids``, and references by key become references by id. The markings
of the observed data are markings of what it holds. The same fact is one object however often it was seen.
Where the id is taken by another content (two sightings of one address that resolved differently), or where
nothing contributes to one (a process), the id follows from the observed data's own id, version and key, in
a name space of ours: nothing is merged that was not equal, and the same file gives the same ids.
"""

import copy
import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, cast

from mithaq.formats import stix_ids
from mithaq.formats.stix_inner import Loss, Object, converted, keys, references
from mithaq.formats.stix_markings import PAP, TLP_2, is_marking, of_label
from mithaq.formats.strict_json import DEPTH_MAX, texts

_OURS = uuid.UUID("c4e3b1d6-4f0e-5b44-9d0c-7a8f5f0b6a53")
"""Our name space for observables whose id cannot follow from what they are (RFC 9562, UUIDv5)."""

_LABELS = {f"tlp:{level}": marking for level, marking in TLP_2.items()} | {
    f"pap:{level}": marking for level, marking in PAP.items()
}


class Origin(NamedTuple):
    """Where an object came from: the index of the one that was given, and the way inside it."""

    place: int
    inside: str = ""


class Found(NamedTuple):
    """What observed data held: the ids of all of it, and what was not there before, by its key."""

    refs: list[str]
    new: list[tuple[str, Object]]


class Observables:
    """The observables of a file so far.

    Args:
        own: those that stand in it as objects of their own.
    """

    def __init__(self, own: Iterable[Object]) -> None:
        self._taken = {
            name: {"spec_version": "2.1"} | each for each in own for name in texts([each.get("id")])
        }

    def of(self, observed: Object) -> Found:
        """The observables inside observed data, as objects of 2.1.

        Raises:
            Loss: something has no place in 2.1, or refers to nothing.
        """
        held = _Held(observed)
        made = held.made()
        while clashes := [key for key, each in made.items() if self._clashes(each)]:
            held.name_apart(clashes)
            made = held.made()
        new: dict[str, tuple[str, Object]] = {}
        for key, each in made.items():
            if each["id"] not in self._taken:
                new.setdefault(each["id"], (key, each))
        self._taken |= {name: each for name, (_, each) in new.items()}
        return Found(list(dict.fromkeys(each["id"] for each in made.values())), list(new.values()))

    def _clashes(self, item: Object) -> bool:
        return self._taken.get(item["id"], item) != item


class _Held:
    """The observables of one observed data: made, and named by key."""

    def __init__(self, observed: Object) -> None:
        self._observed = observed
        self._items = {key: converted(key, each) for key, each in observed["objects"].items()}
        self._marks = _marks(observed)
        self._apart: set[str] = set()

    def name_apart(self, which: Collection[str]) -> None:
        """Give these an id by where they stand.

        Raises:
            Loss: they have one, and it is taken: their place is not theirs alone.
        """
        if self._apart.issuperset(which):
            raise Loss("id", "expected one object of an id and version with these observables")
        self._apart.update(which)

    def made(self) -> dict[str, Object]:
        """All of them by key; equal ones have one id."""
        while True:
            made = self._made()
            first: dict[str, Object] = {}
            twins = [key for key, each in made.items() if first.setdefault(each["id"], each) != each]
            if not twins:
                return made
            self.name_apart(twins)

    def _made(self) -> dict[str, Object]:
        ids: dict[str, str] = {}
        for key in self._items:
            self._name(key, ids, ())
        return {key: self._whole(key, ids) | self._marks for key in self._items}

    def _whole(self, key: str, ids: Mapping[str, str]) -> Object:
        item = copy.deepcopy(self._items[key])
        for path, holder, name in references(item):
            self._resolve(f"objects.{key}.{path}", holder, name, ids)
        return {"type": item["type"], "spec_version": "2.1", "id": ids[key]} | item

    def _name(self, key: str, ids: dict[str, str], above: tuple[str, ...]) -> None:
        """Find the id of one, and before it of those that contribute to it."""
        if key in ids:
            return
        if key in above or len(above) > DEPTH_MAX:
            raise Loss(f"objects.{key}", "expected an observable whose id does not hang on itself")
        item = self._items[key]
        contributing = {name: item[name] for name in stix_ids.CONTRIBUTING[item["type"]] if name in item}
        said = copy.deepcopy(contributing)
        for path, holder, name in references(said):
            for each in texts(keys(holder[name])):
                if each in self._items:
                    self._name(each, ids, (*above, key))
            self._resolve(f"objects.{key}.{path}", holder, name, ids)
        found = stix_ids.deterministic({"type": item["type"]} | said)
        if found is None or key in self._apart:
            place = [str(self._observed.get("id")), str(self._observed.get("modified")), key]
            found = f"{item['type']}--{uuid.uuid5(_OURS, chr(10).join(place))}"
        ids[key] = found

    def _resolve(self, path: str, holder: Object, name: str, ids: Mapping[str, str]) -> None:
        """Put ids where keys are."""
        if not all(isinstance(each, str) and each in ids for each in keys(holder[name])):
            raise Loss(path, "expected the key of another observable in the same object")
        many = isinstance(holder[name], list)
        holder[name] = [ids[each] for each in holder[name]] if many else ids[holder[name]]


def _marks(observed: Object) -> Object:
    """The markings that what is observed has from its observed data: its own, and what its labels mean."""
    labels = [of_label(label) for label in texts(observed.get("labels")) if is_marking(label)]
    said = [_LABELS[label] for label in labels if label]
    refs = observed.get("object_marking_refs", [])
    if not isinstance(refs, list):
        return {"object_marking_refs": refs}
    marks = cast("list[object]", refs)
    marks = [*marks, *(each for each in said if each not in marks)]
    return {"object_marking_refs": marks} if marks else {}
