"""Bodies of STIX 2.1: reading them strictly, and writing them in the one form that is read fastest.

``examine`` is what both sides do with a body of ``MEDIA_TYPE``: the author before sending, the reader on
arrival. It tries the fast proof first and the precise check second; both give the same findings for the
same valid bytes, since the fast one accepts a subset of what the precise one accepts.

    >>> content = bundle([{"type": "domain-name", "id": "domain-name--…", "value": "c2.example"}])
    >>> examine(content).technical
    True

It does not evaluate STIX patterns, resolve references or fetch anything.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

import msgspec

from mithaq.domain.findings import Findings
from mithaq.errors import LimitError, MalformedError
from mithaq.formats import stix_fast, stix_precise
from mithaq.formats.stix_fast import MEDIA_TYPE
from mithaq.formats.stix_types import StixObject

__all__ = [
    "CONTENT_MAX",
    "MEDIA_TYPE",
    "OBJECTS_PER_BODY",
    "bundle",
    "check",
    "check_size",
    "examine",
    "split",
]

CONTENT_MAX = 32 * 1024 * 1024
"""Bytes of a body (protocol 5)."""

OBJECTS_PER_BODY = 1_000
"""Objects that we write into one body: large enough that the log costs next to nothing, small enough that
one body fits a pouch and is erased alone."""

_COMMON_TYPES = msgspec.json.Decoder(StixObject)
_T = TypeVar("_T")

_BUNDLES = uuid.UUID("5b2b8a52-9a0f-5a3d-8f0e-4d1f3c6a7e21")
"""Our name space for bundle ids (RFC 9562, UUIDv5)."""


def check_size(content: bytes) -> None:
    """Raise LimitError when ``content`` is larger than a body may be."""
    if len(content) > CONTENT_MAX:
        raise LimitError("a body is too large", expected=f"at most {CONTENT_MAX} bytes", got=len(content))


def examine(content: bytes) -> Findings:
    """What stands in a STIX 2.1 bundle, with a key for each object.

    Raises:
        MalformedError: it is not a JSON bundle, or a member stands twice.
        LimitError: it passes ``CONTENT_MAX``, ``stix_fast.BRACES_MAX`` or a limit of ``stix_precise``.
    """
    check_size(content)
    return stix_fast.prove(content) or check(content)


def check(content: bytes) -> Findings:
    """The same for a body that ``stix_fast`` has not proven: the precise way.

    Raises:
        MalformedError, LimitError: as ``examine``.
    """
    braces = content.count(b"{")
    if braces > stix_fast.BRACES_MAX:
        raise LimitError(
            "too many objects in a body", expected=f"at most {stix_fast.BRACES_MAX} braces", got=braces
        )
    return stix_precise.check(content)


def split(objects: Iterable[_T], per_body: int = OBJECTS_PER_BODY) -> Iterator[list[_T]]:
    """The objects in lists of at most ``per_body``, in their order."""
    rest = iter(objects)
    while part := list(islice(rest, per_body)):
        yield part


def bundle(objects: Iterable[Mapping[str, Any]]) -> bytes:
    """A body of these objects, in canonical form: members in the order of ``stix_types``, no white space.

    Objects outside the common types keep their own order of members; a body that holds one is examined by
    the precise check. Objects are not checked here: ``examine`` is.  The bundle's id follows from the ids
    and versions of its objects, so the same objects give the same bytes.

    Raises:
        MalformedError: a value cannot be JSON.
        LimitError: the body would pass ``CONTENT_MAX``.
    """
    items = list(objects)
    names = "\n".join(f"{item.get('id')} {item.get('modified', '')}" for item in items)
    try:
        written = b",".join(map(_canonical, items))
    except (TypeError, ValueError, RecursionError) as error:
        raise MalformedError("an object cannot be written as JSON", got=error) from error
    content = stix_fast.head(f"bundle--{uuid.uuid5(_BUNDLES, names)}") + written + b"]}"
    check_size(content)
    return content


def _canonical(item: Mapping[str, Any]) -> bytes:
    written = msgspec.json.encode(item)
    try:
        return msgspec.json.encode(_COMMON_TYPES.decode(written))
    except msgspec.ValidationError:
        return written
