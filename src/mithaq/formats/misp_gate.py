"""Who may pass: what of an event is carried at all, before it is asked what it is.

Nothing that is deleted, only proposed, kept for the own organisation or a sharing group, marked in a way
that cannot be kept, or about a person. MISP's circles of recipients (``distribution``) do not travel; where
one of them excludes the partner, only its own originator can widen it, in MISP.
"""

from collections.abc import Mapping
from typing import Any

from mithaq.formats import misp_persons, misp_tags
from mithaq.formats.losses import INTERNAL, Losses
from mithaq.formats.misp_tags import Tags
from mithaq.formats.misp_values import flag, text
from mithaq.formats.strict_json import dicts

_CIRCLES = {"0": "this organisation only", "4": "a sharing group"}
"""Values of ``distribution`` that exclude whoever is not in them."""

_BOOKS = frozenset(
    {
        "attribute_count",
        "attribute_id",
        "attribute_uuid",
        "collection_uuid",
        "disable_correlation",
        "distribution",
        "event_id",
        "event_uuid",
        "extends_uuid",
        "galaxy_id",
        "id",
        "locked",
        "object_id",
        "object_uuid",
        "org_id",
        "orgc_id",
        "proposal_email_lock",
        "protected",
        "publish_timestamp",
        "published",
        "sharing_group_id",
        "source",
        "template_uuid",
        "template_version",
        "tag_id",
        "uuid",
        "version",
    }
)
"""Members by which an instance keeps its books."""


def piece(losses: Losses, path: str, item: Mapping[str, Any]) -> Tags | None:
    """What the tags of a piece say, if it may pass; None if it may not, which is told."""
    if flag(item.get("deleted")):
        losses.add("state", path, "deleted in MISP")
        return None
    circle = _CIRCLES.get(text(item.get("distribution")))
    if circle:
        losses.add("restriction", f"{path}.distribution", f"kept for {circle}; widen it in MISP to send it")
        return None
    tags = misp_tags.read(misp_tags.names(item))
    if tags.restriction:
        losses.add("restriction", f"{path}.Tag", f"a mark that cannot be kept: {tags.restriction}")
        return None
    return tags


def attribute(losses: Losses, path: str, item: Mapping[str, Any]) -> Tags | None:
    """The same for an attribute, which must not be about a person either."""
    tags = piece(losses, path, item)
    reason = misp_persons.about(item) if tags else ""
    if reason:
        losses.add("persons", path, f"data about a person: {reason}")
        return None
    return tags


def stricter(marks: frozenset[str], others: frozenset[str]) -> bool:
    """Whether marks ask for more than others do."""
    return misp_tags.refs(marks | others) != misp_tags.refs(others)


def rest(losses: Losses, path: str, item: Mapping[str, Any], used: frozenset[str]) -> None:
    """Tell the members of a piece that nobody reads, and the proposals that hang on it.

    Args:
        losses: takes them.
        path: of the piece; numbers in it are left out, so that a member is counted over all pieces.
        item: the piece.
        used: the members that are read.
    """
    where = "".join(each.partition("[")[0] + "[]" * ("[" in each) + "." for each in path.split("."))
    for i, _ in enumerate(dicts(item.get("ShadowAttribute"))):
        losses.add("state", f"{path}.ShadowAttribute[{i}]", "proposed and not accepted")
    for name, value in item.items():
        if name in used or name == "ShadowAttribute" or value in (None, "", [], {}):
            continue
        known = name in _BOOKS
        losses.count(
            INTERNAL if known else "no-place",
            f"{where}{name[:60]}",
            "MISP's own books" if known else "STIX 2.1 has no place for it",
        )
