"""Versions of one object in a file that is larger than a body: what each body alone cannot show.

One id and version is one content, and all versions of an object were created at one time (STIX 2.1, 3.6).
Inside a body ``stix_precise`` asks the same of both sides; the sender asks it of the whole file.
"""

from collections.abc import Sequence
from typing import Any

from mithaq.domain.findings import Problem
from mithaq.formats.stix_persons import ID_MAX


def conflicts(items: Sequence[dict[str, Any]]) -> dict[int, Problem]:
    """The objects that contradict an earlier one, by their index; the earlier one stays.

    Args:
        items: objects, of whatever members; equal ones may stand there more than once.
    """
    found: dict[int, Problem] = {}
    contents: dict[tuple[str, str], dict[str, Any]] = {}
    created: dict[str, object] = {}
    for i, item in enumerate(items):
        name, version = item.get("id"), item.get("modified", "")
        if not isinstance(name, str) or not isinstance(version, str):
            continue
        if contents.setdefault((name, version), item) != item:
            found[i] = _problem("twice", i, item, "id", "expected one content of an id and version")
        elif version and created.setdefault(name, item.get("created")) != item.get("created"):
            message = "expected the time that its other version says"
            found[i] = _problem("version", i, item, "created", message)
    return found


def _problem(code: str, i: int, item: dict[str, Any], member: str, message: str) -> Problem:
    return Problem(code, f"objects[{i}].{member}", message, i, str(item["id"])[:ID_MAX])
