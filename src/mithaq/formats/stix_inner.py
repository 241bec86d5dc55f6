"""One observable inside observed data of STIX 2.0, with the names that its members have in 2.1.

References stay keys here: what they name has no id yet (``stix_observed``).
"""

import copy
from collections.abc import Iterator
from typing import Any, cast

from mithaq.formats import stix_ids
from mithaq.formats.stix_words import GONE, INNER_LATER, LISTED, RENAMED
from mithaq.formats.strict_json import dicts

Object = dict[str, Any]


class Loss(Exception):  # noqa: N818 - it is what would happen
    """Something of an object would be lost.

    Args:
        path: the member, as a path inside the object.
        message: why 2.1 has no place for it, or what was expected.
    """

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


def converted(key: str, value: object) -> Object:
    """One observable with the names of 2.1; its references are still keys."""
    inside = f"objects.{key}."
    item = cast("Object", value) if isinstance(value, dict) else {}
    kind = item.get("type")
    if not isinstance(kind, str) or kind not in stix_ids.CONTRIBUTING:
        raise Loss(f"{inside}type", "expected the type of an observable of 2.1")
    renamed = RENAMED.get(kind, {})
    for name in (*INNER_LATER[""], *INNER_LATER.get(kind, ()), *renamed.values()):
        if name in item:
            raise Loss(f"{inside}{name}", "2.0 has no such member and 2.1 has: expected another name")
    for way in GONE.get(kind, ()):
        if _holder(item, way) is not None:
            raise Loss(f"{inside}{way}", "2.1 has no such member")
    new = {renamed.get(name, name): copy.deepcopy(each) for name, each in item.items()}
    for way in LISTED.get(kind, ()):
        _list(new, way)
    return new


def _holder(item: Object, way: str) -> Object | None:
    """What holds the member at the end of a way down; None where there is no such member."""
    *steps, last = way.split(".")
    holder = item
    for step in steps:
        below = dicts([holder.get(step)])
        if not below:
            return None
        holder = below[0]
    return holder if last in holder else None


def _list(item: Object, way: str) -> None:
    """Each text of a dictionary becomes a list of one."""
    holder, last = _holder(item, way), way.rpartition(".")[2]
    if holder is not None and isinstance(holder[last], dict):
        fields = cast("Object", holder[last])
        holder[last] = {name: [each] if isinstance(each, str) else each for name, each in fields.items()}


def references(item: Object) -> Iterator[tuple[str, Object, str]]:
    """Each member that refers: its path, what holds it, its name. Dictionaries have names of their own."""
    places: list[tuple[str, Object]] = [("", item)]
    extensions = item.get("extensions")
    if isinstance(extensions, dict):
        named = cast("Object", extensions)
        places += [(f"extensions.{name}.", each) for name in named for each in dicts([named[name]])]
    places += [(f"body_multipart[{i}].", each) for i, each in enumerate(dicts(item.get("body_multipart")))]
    for path, holder in places:
        for name in holder:
            if name.endswith(("_ref", "_refs")):
                yield f"{path}{name}", holder, name


def keys(value: object) -> list[object]:
    """What a member that refers names, whether one or many."""
    return cast("list[object]", value) if isinstance(value, list) else [value]
