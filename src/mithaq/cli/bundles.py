"""A STIX bundle as a file, made into contents; what is refused in it is told, object by object."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from mithaq.cli import progress
from mithaq.domain.findings import Problem
from mithaq.errors import PeerError, RefusedError, UsageError
from mithaq.formats import stix, stix_parts, stix_select, strict_json
from mithaq.formats.strict_json import dicts


def bodies(file: Path, data: bytes, left_out: list[dict[str, str | int]] | None) -> list[bytes]:
    """The contents that a bundle makes: one of at most 1,000 objects stays as it is, else it is parted.

    Args:
        file: its name, for messages.
        data: its bytes.
        left_out: takes what is refused, by file, index and id; with None that refuses the bundle.

    Raises:
        RefusedError: objects are refused, or all of them are.
        UsageError: it cannot be sent at all.
    """
    found: dict[int, Problem] = {}
    kept: list[bytes] = []
    try:
        for body, places in _parts(file, data):
            selection = stix_select.without_refused(body)
            for problem in selection.left_out:
                place = places[cast("int", problem.index)]
                found.setdefault(place, stix_select.moved(problem, place))
            kept += [] if selection.content is None else [selection.content]
    except PeerError as error:
        raise UsageError(
            "the bundle cannot be sent",
            where=str(file),
            expected=error.expected,
            got=error.got or error.message,
        ) from None
    reasons = tuple({"file": str(file)} | found[place].parts() for place in sorted(found))
    if found and (left_out is None or not kept):
        raise RefusedError(
            "objects of the bundle are refused",
            codes=codes(reasons),
            where=str(file),
            reasons=reasons,
            todo="correct them, or send the rest: --leave-out-refused" if kept else "nothing would remain",
        )
    if left_out is not None:
        left_out += reasons
    return kept


def codes(reasons: Sequence[dict[str, str | int]]) -> tuple[str, ...]:
    """The codes of the rules that the contents would break, in the catalogue's order."""
    persons = [each["code"] == "persons" for each in reasons]
    return (() if all(persons) else ("content",)) + (("persons",) if any(persons) else ())


def _parts(file: Path, data: bytes) -> Iterator[tuple[bytes, list[int]]]:
    """The contents before anything is left out, and the place in the file of each object in them."""
    objects = strict_json.load(str(file), data).get("objects")
    listed = dicts(objects)
    if not listed or len(listed) != len(objects):
        raise UsageError("a bundle without objects", where=str(file))
    if len(listed) <= stix.OBJECTS_PER_BODY and len(data) <= stix.CONTENT_MAX:
        yield data, list(range(len(listed)))
        return
    places = {id(item): place for place, item in enumerate(listed)}
    total = -(-len(listed) // stix.OBJECTS_PER_BODY)
    parts = stix_parts.parts(listed, stix.OBJECTS_PER_BODY)
    for part in progress.each(parts, file.name, total):
        yield stix.bundle(part), [places[id(item)] for item in part]
