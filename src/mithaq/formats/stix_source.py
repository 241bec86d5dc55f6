"""STIX as files bring it: a bundle of 2.1 or 2.0, the envelope of a TAXII server, or one object.

``read`` gives the objects; what is sent is always a bundle of 2.1. A document that has none of these shapes
is no STIX, whatever its name says.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal, cast

import msgspec

from mithaq.errors import MalformedError
from mithaq.formats import strict_json
from mithaq.formats.stix_types import UUID
from mithaq.formats.strict_json import dicts

Form = Literal["bundle", "envelope", "object"]

_ID = re.compile(rf"[a-z][a-z0-9-]+[a-z0-9]--{UUID}", re.IGNORECASE)


class _Named(msgspec.Struct, gc=False):
    """Anything that has, or lacks, a type and an id."""

    type: str = ""
    id: str = ""


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    """What TAXII 2.1 answers with (5.4); ``next`` and ``more`` are for whoever fetches."""

    objects: list[_Named] = []
    more: bool = False
    next: str | None = None


_NAMED = msgspec.json.Decoder(_Named)
_ENVELOPE = msgspec.json.Decoder(_Envelope)


@dataclass(frozen=True, slots=True)
class Source:
    """A file of STIX.

    Args:
        form: its shape.
        objects: what stands in it, in order.
        is_2_1: it is a bundle that can be sent as it is, as far as its own members say.
    """

    form: Form
    objects: list[dict[str, Any]]
    is_2_1: bool


def form(content: bytes) -> Form | None:
    """The shape of STIX that a document has; None when it has none. Never raises."""
    named = _decoded(_NAMED, content)
    if named is not None and named.type == "bundle":
        return "bundle"
    if named is not None and _is_object(named):
        return "object"
    envelope = _decoded(_ENVELOPE, content)
    return "envelope" if envelope is not None and any(map(_is_object, envelope.objects)) else None


def read(where: str, content: bytes) -> Source:
    """The objects of a file.

    Args:
        where: its name, for messages.
        content: its bytes.

    Raises:
        MalformedError: it is no STIX, not strict JSON, or without objects.
    """
    found = form(content)
    if found is None:
        raise MalformedError(
            "not STIX",
            where=where,
            expected="a bundle, a TAXII envelope, or one object with a type and an id",
        )
    value = cast("dict[str, Any]", strict_json.load(where, content))
    if found == "object":
        return Source(found, [value], is_2_1=False)
    listed = dicts(value.get("objects"))
    if not listed or len(listed) != len(value["objects"]):
        raise MalformedError("a bundle without objects", where=where)
    return Source(found, listed, is_2_1=found == "bundle" and value.get("spec_version") != "2.0")


def _is_object(named: _Named) -> bool:
    return bool(_ID.match(named.id)) and named.id.startswith(f"{named.type}--")


def _decoded(decoder: "msgspec.json.Decoder[Any]", content: bytes) -> Any:
    try:
        return decoder.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
