"""The precise check of a STIX 2.1 bundle: every valid form is accepted, every fault gets its path.

It serves bodies that ``stix_fast`` could not prove: other people's spelling, rarer types, mistakes. Each
object is checked against the OASIS schema of its type and then against ``stix_rules``. Objects of types
that STIX 2.1 does not have are refused: nobody could tell whether they are about persons.

What raises, because there is no reading of it: bytes that are not JSON, a member that stands twice, a limit.
What becomes a problem in the findings: everything that can be said about one object.

Problem codes: ``type``, ``schema``, ``version``, ``reference``, ``time``, ``marking``, ``twice``.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any, NamedTuple, cast

import msgspec

from mithaq.domain.findings import Findings, Key, Problem
from mithaq.errors import LimitError, MalformedError
from mithaq.formats import stix_schemas, strict_json
from mithaq.formats.stix_classes import TECHNICAL, about_person
from mithaq.formats.stix_fast import BUNDLE_ID, MEDIA_TYPE, OBJECT_MAX, OBJECTS_MAX
from mithaq.formats.stix_markings import KNOWN, strictest_pap, strictest_tlp
from mithaq.formats.stix_rules import rules

HEAD_MAX = 4_096
"""Bytes of a bundle besides its objects: a type, an id and the white space of a careful author."""

PROBLEMS_MAX = 20
"""Problems that are reported; enough to mend a body, and a bound on what a hostile one costs."""


class _Sketch(msgspec.Struct, gc=False):
    """The least that any object has; what decodes so is a JSON object with a type and an id."""

    type: str
    id: str


class _Bundle(msgspec.Struct, tag_field="type", tag="bundle", forbid_unknown_fields=True):
    id: Annotated[str, msgspec.Meta(pattern=BUNDLE_ID)]
    objects: Annotated[list[_Sketch], msgspec.Meta(min_length=1)]


class _RawBundle(msgspec.Struct):
    objects: msgspec.Raw


_SKETCH = msgspec.json.Decoder(_Bundle)
_RAW_BUNDLE = msgspec.json.Decoder(_RawBundle)
_RAW_OBJECTS = msgspec.json.Decoder(list[msgspec.Raw])


class _Piece(NamedTuple):
    offset: int
    raw: bytes


def check(content: bytes) -> Findings:
    """Examine a bundle object by object.

    Raises:
        MalformedError: it is not a JSON bundle with objects, or a member stands twice.
        LimitError: ``OBJECTS_MAX``, ``OBJECT_MAX``, ``HEAD_MAX`` or ``strict_json.DEPTH_MAX`` is passed.
    """
    survey = _Survey()
    for i, piece in enumerate(_split(content)):
        # One object at a time: parsed JSON takes up to fifty times the memory of its bytes.
        survey.add(i, piece, _parse(i, piece.raw))
    return survey.findings()


class _Survey:
    """What the objects seen so far amount to."""

    def __init__(self) -> None:
        self._keys: list[Key] = []
        self._seen: set[tuple[str, str]] = set()
        self._markings: set[str] = set()
        self._problems: list[Problem] = []
        self._persons = False
        self._technical = False

    def add(self, i: int, piece: _Piece, item: dict[str, Any]) -> None:
        """Take the i-th object in."""
        modified = item.get("modified")
        key = Key(item["id"], modified if isinstance(modified, str) else "", piece.offset, len(piece.raw))
        self._keys.append(key)
        self._markings.update(KNOWN.intersection(_marking_ids(item)))
        self._persons |= about_person(item)
        self._technical |= item["type"] in TECHNICAL
        if len(self._problems) < PROBLEMS_MAX:
            self._problems.extend(_problems(i, item))
            if key[:2] in self._seen:
                self._problems.append(
                    Problem("twice", f"objects[{i}].id", "expected one object of an id and version in a body")
                )
        self._seen.add(key[:2])

    def findings(self) -> Findings:
        """The findings of all that was added."""
        return Findings(
            media_type=MEDIA_TYPE,
            objects=len(self._keys),
            tlp=strictest_tlp(self._markings),
            pap=strictest_pap(self._markings),
            persons=self._persons,
            technical=self._technical,
            problems=tuple(self._problems[:PROBLEMS_MAX]),
            keys=() if self._problems else tuple(self._keys),
        )


def _marking_ids(item: dict[str, Any]) -> Iterator[str]:
    """The marking ids of an object, whether or not it fits its schema."""
    refs = item.get("object_marking_refs")
    granular = item.get("granular_markings")
    found = [
        *(cast("list[object]", refs) if isinstance(refs, list) else ()),
        *(
            cast("dict[str, object]", each).get("marking_ref")
            for each in (cast("list[object]", granular) if isinstance(granular, list) else ())
            if isinstance(each, dict)
        ),
    ]
    return (each for each in found if isinstance(each, str))


def _split(content: bytes) -> Iterator[_Piece]:
    """The bytes of each object and where they lie.

    1. What is there is a bundle of things that have a type and an id, and not too many.
    2. The list of objects is cut out. Its bytes cannot stand anywhere else: they contain quotation marks,
       so no string holds them, and a second ``objects`` is found in the next step.
    3. What remains is small, and no member of it stands twice.
    4. Between objects only white space and a comma can stand, so the next brace begins the next object.
    """
    try:
        count = len(_SKETCH.decode(content).objects)
        array = bytes(_RAW_BUNDLE.decode(content).objects)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(
            "not a STIX bundle", expected="type, id, objects, each with a type and an id", got=error
        ) from error
    if count > OBJECTS_MAX:
        raise LimitError("too many objects in a body", expected=f"at most {OBJECTS_MAX}", got=count)
    start = content.index(array)
    rest = content[:start] + b"0" + content[start + len(array) :]
    if len(rest) > HEAD_MAX:
        raise LimitError("too much besides objects", expected=f"at most {HEAD_MAX} bytes", got=len(rest))
    strict_json.load("", rest)
    position = start
    for raw in map(bytes, _RAW_OBJECTS.decode(array)):
        position = content.index(b"{", position)
        yield _Piece(position, raw)
        position += len(raw)


def _parse(i: int, raw: bytes) -> dict[str, Any]:
    where = f"objects[{i}]"
    if len(raw) > OBJECT_MAX:
        raise LimitError("an object is too large", where=where, expected=f"{OBJECT_MAX} bytes", got=len(raw))
    item = strict_json.load(where, raw)
    strict_json.check_depth(where, item)
    return item


def _problems(i: int, item: dict[str, Any]) -> Iterator[Problem]:
    """The problems of one object: its type, else its schema, else the rules."""
    kind = item["type"]
    if not stix_schemas.known(kind):
        yield Problem("type", f"objects[{i}].type", f"expected a type of STIX 2.1, got {kind[:60]!r}")
        return
    unfit = stix_schemas.check(item)
    if unfit is not None:
        yield Problem("schema", f"objects[{i}]{unfit.path}", unfit.message)
        return
    for code, path, message in islice(rules(item), PROBLEMS_MAX):
        yield Problem(code, f"objects[{i}].{path}", message)
