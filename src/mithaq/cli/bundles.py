"""STIX as a file, made into contents; what is refused in it is told, object by object."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, cast

from mithaq.cli import progress
from mithaq.domain.findings import Problem
from mithaq.errors import PeerError, RefusedError, UsageError
from mithaq.formats import stix, stix_parts, stix_select, stix_source, stix_upgrade, stix_versions
from mithaq.formats.stix_observed import Origin
from mithaq.formats.stix_persons import ID_MAX
from mithaq.formats.stix_source import Source
from mithaq.formats.stix_upgrade import Upgraded

_PLACE = re.compile(r"objects\[(\d+)\]")

Body = tuple[bytes, list[Origin]]
"""A content, and where each of its objects stands in the file."""


class Judged(NamedTuple):
    """What a file comes to.

    Args:
        source: what stands in it.
        upgraded: its objects as they are sent.
        bodies: the contents that can be sent, with the places of their objects.
        refused: the first reason against each refused object, by its place.
    """

    source: Source
    upgraded: Upgraded
    bodies: list[Body]
    refused: dict[int, Problem]

    def reasons(self, file: Path) -> tuple[dict[str, str | int], ...]:
        """Each refused object and why, in the order of the file."""
        return tuple({"file": str(file)} | self.refused[place].parts() for place in sorted(self.refused))


def bodies(
    file: Path,
    data: bytes,
    left_out: list[dict[str, str | int]] | None,
    upgraded: list[str] | None = None,
) -> list[bytes]:
    """The contents that a file makes: a bundle of at most 1,000 objects stays as it is, else it is parted.

    Args:
        file: its name, for messages.
        data: its bytes.
        left_out: takes what is refused, by file, index and id; with None that refuses the file.
        upgraded: takes the ids of what was upgraded from STIX 2.0.

    Raises:
        RefusedError: objects are refused, or all of them are.
        UsageError: it cannot be sent at all.
    """
    judged = judge(file, data)
    reasons = judged.reasons(file)
    if reasons and (left_out is None or not judged.bodies):
        raise RefusedError(
            "objects of the bundle are refused",
            codes=codes(reasons),
            where=str(file),
            reasons=reasons,
            todo="correct them, or send the rest: --leave-out-refused"
            if judged.bodies
            else "nothing would remain",
        )
    if left_out is not None:
        left_out += reasons
    if upgraded is not None:
        upgraded += [str(judged.source.objects[place]["id"]) for place in judged.upgraded.changed]
    return [body for body, _ in judged.bodies]


def judge(file: Path, data: bytes) -> Judged:
    """What of a file can be sent, and why the rest cannot.

    An observable that stood inside observed data of STIX 2.0 is refused together with it: the file said them
    in one object. What is left is then upgraded anew.

    Raises:
        UsageError: it cannot be sent at all.
    """
    try:
        source = stix_source.read(str(file), data)
        refused = _unfit(source)
        while True:
            upgraded = stix_upgrade.upgrade(source.objects, refused.keys())
            refused |= upgraded.refused
            kept, found = _examined(source, _parts(file, data, source, upgraded))
            refused |= found
            if not found or not any(origin.inside for origin in upgraded.origins):
                return Judged(source, upgraded, kept, refused)
    except PeerError as error:
        raise UsageError(
            "the bundle cannot be sent",
            where=f"{file} {error.where}" if error.where.startswith("objects") else str(file),
            expected=error.expected,
            got=error.got or error.message,
        ) from None


def codes(reasons: Sequence[dict[str, str | int]]) -> tuple[str, ...]:
    """The codes of the rules that the contents would break, in the catalogue's order."""
    persons = [each["code"] == "persons" for each in reasons]
    return (() if all(persons) else ("content",)) + (("persons",) if any(persons) else ())


def _unfit(source: Source) -> dict[int, Problem]:
    """What no content can hold; and, for several contents, versions that contradict each other."""
    several = len(source.objects) > stix.OBJECTS_PER_BODY or any(map(stix_upgrade.is_2_0, source.objects))
    found = stix_versions.conflicts(source.objects) if several else {}
    for i, item in enumerate(source.objects):
        for member in ("type", "id"):
            if not isinstance(item.get(member), str):
                found[i] = Problem("schema", f"objects[{i}].{member}", f"expected a text as its {member}", i)
    return found


def _examined(source: Source, parts: Iterator[Body]) -> tuple[list[Body], dict[int, Problem]]:
    """What remains of each content, and what does not."""
    found: dict[int, Problem] = {}
    kept: list[Body] = []
    for body, origins in parts:
        try:
            selection = stix_select.without_refused(body)
        except PeerError as error:
            error.where = _in_file(error.where, origins)
            raise
        for problem in selection.left_out:
            origin = origins[cast("int", problem.index)]
            moved = stix_select.moved(problem, origin.place, origin.inside)
            owner = str(source.objects[origin.place]["id"]) if origin.inside else problem.id
            found.setdefault(origin.place, replace(moved, id=owner[:ID_MAX]))
        gone = {problem.index for problem in selection.left_out}
        if selection.content is not None:
            kept.append((selection.content, [each for i, each in enumerate(origins) if i not in gone]))
    return kept, found


def _in_file(where: str, origins: Sequence[Origin]) -> str:
    """Where in the file a place in a content is."""
    match = _PLACE.match(where)
    if not match:
        return where
    origin = origins[int(match[1])]
    return f"objects[{origin.place}]{origin.inside}{where[match.end() :]}"


def _parts(file: Path, data: bytes, source: Source, upgraded: Upgraded) -> Iterator[Body]:
    """The contents before anything is left out."""
    objects, origins = upgraded.objects, upgraded.origins
    untouched = source.is_2_1 and len(origins) == len(source.objects) and not upgraded.changed
    if untouched and len(objects) <= stix.OBJECTS_PER_BODY and len(data) <= stix.CONTENT_MAX:
        yield data, origins
        return
    places = {id(item): origin for item, origin in zip(objects, origins, strict=True)}
    total = -(-len(objects) // stix.OBJECTS_PER_BODY)
    parts: Iterator[list[dict[str, Any]]] = stix_parts.parts(objects, stix.OBJECTS_PER_BODY)
    for part in progress.each(parts, file.name, total):
        yield stix.bundle(part), [places[id(item)] for item in part]
