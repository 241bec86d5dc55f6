"""The precise check of a STIX 2.1 bundle: every valid form is accepted, every fault gets its path.

It serves bodies that ``stix_fast`` could not prove: other people's spelling, rarer types, mistakes. Each
object is checked against the OASIS schema of its type and then against ``stix_rules``. Objects of types
that STIX 2.1 does not have are refused: nobody could tell whether they are about persons.

What raises, because there is no reading of it: bytes that are not JSON, a member that stands twice, a limit.
What becomes a problem in the findings: everything that can be said about one object, with its index and id.

Problem codes: ``type``, ``schema``, ``version``, ``reference``, ``time``, ``marking``, ``pattern``,
``twice``, and ``persons`` for what ``stix_persons`` saw.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Annotated, Any, NamedTuple

import msgspec

from mithaq.domain.findings import Findings, Key, Problem
from mithaq.errors import LimitError, MalformedError
from mithaq.formats import stix_schemas, strict_json
from mithaq.formats.stix_fast import BUNDLE_ID, MEDIA_TYPE, OBJECT_MAX, OBJECTS_MAX
from mithaq.formats.stix_markings import (
    KNOWN,
    has_tlp,
    is_marking,
    meaning,
    of_label,
    strictest_pap,
    strictest_tlp,
)
from mithaq.formats.stix_persons import ID_MAX, Persons
from mithaq.formats.stix_rules import rules
from mithaq.formats.stix_types import SELF_DESCRIBING, TECHNICAL, instant
from mithaq.formats.strict_json import dicts, texts

HEAD_MAX = 4_096
"""Bytes of a bundle besides its objects: a type, an id and the white space of a careful author."""

PROBLEMS_MAX = 20
"""Problems that are reported; enough to mend a body, and a bound on what a hostile one costs."""

DEFINITIONS_MAX = 100
"""Marking definitions of a body whose words count: real bodies have a handful, and each is read twice."""


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


def check(content: bytes, told: int = PROBLEMS_MAX) -> Findings:
    """Examine a bundle object by object.

    Args:
        content: the bundle.
        told: how many problems are looked for and told; the sender's tools ask for all of them.

    Raises:
        MalformedError: it is not a JSON bundle with objects, or a member stands twice.
        LimitError: ``OBJECTS_MAX``, ``OBJECT_MAX``, ``HEAD_MAX`` or ``strict_json.DEPTH_MAX`` is passed.
    """
    sketches, pieces = _split(content)
    survey = _Survey(_definitions(sketches, pieces), told)
    for i, piece in enumerate(pieces):
        # One object at a time: parsed JSON takes up to fifty times the memory of its bytes.
        survey.add(i, piece, _parse(i, piece.raw))
    return survey.findings()


def _definitions(sketches: Sequence[_Sketch], pieces: Sequence[_Piece]) -> dict[str, str]:
    """What the marking definitions of the body mean, by their ids; fixed ids say it themselves.

    A definition counts if its schema accepts it and it is understood; two of one id must mean the same.
    """
    said: dict[str, set[str | None]] = {}
    defining = (i for i, each in enumerate(sketches) if each.type == "marking-definition")
    for i in islice(defining, DEFINITIONS_MAX):
        item = _parse(i, pieces[i].raw)
        fits = item["type"] == "marking-definition" and stix_schemas.check(item) is None
        said.setdefault(item["id"], set()).add(meaning(item) if fits else None)
    understood = {name: next(iter(each)) for name, each in said.items() if len(each) == 1}
    return {name: each for name, each in understood.items() if each and name not in KNOWN}


class _Survey:
    """What the objects seen so far amount to.

    Args:
        definitions: what markings mean besides the fixed ones.
        told: how many problems are told.
    """

    def __init__(self, definitions: Mapping[str, str], told: int) -> None:
        self._meanings = {**KNOWN, **definitions} if definitions else KNOWN
        self._told = told
        self._keys: list[Key] = []
        self._seen: set[tuple[str, str]] = set()
        self._created: dict[str, str] = {}
        self._marked: set[str] = set()
        self._unmarked = 0
        self._problems: list[Problem] = []
        self._persons = Persons()
        self._technical = False

    def add(self, i: int, piece: _Piece, item: dict[str, Any]) -> None:
        """Take the i-th object in."""
        modified = item.get("modified")
        key = Key(item["id"], modified if isinstance(modified, str) else "", piece.offset, len(piece.raw))
        self._keys.append(key)
        marks = _marks(item, self._meanings)
        self._marked |= marks
        self._unmarked += _is_unmarked(item, marks)
        self._technical |= item["type"] in TECHNICAL
        before = len(self._problems)
        if before < self._told:
            self._problems.extend(_problems(i, item, self._meanings))
            if key[:2] in self._seen:
                path, message = f"objects[{i}].id", "expected one object of an id and version in a body"
                self._problems.append(Problem("twice", path, message, i, item["id"][:ID_MAX]))
            if len(self._problems) == before and key.version:
                self._check_created(i, item)
        # Past what is told nothing was asked: such an object attests nothing either.
        self._persons.add(i, item, refused=before >= self._told or len(self._problems) > before)
        self._seen.add(key[:2])

    def _check_created(self, i: int, item: dict[str, Any]) -> None:
        """All versions of an object were created at one time (STIX 2.1, 3.6)."""
        created = item.get("created")
        if isinstance(created, str):
            first = self._created.setdefault(item["id"], instant(created))
            if first != instant(created):
                path, message = f"objects[{i}].created", "expected the time that its other version says"
                self._problems.append(Problem("version", path, message, i, item["id"][:ID_MAX]))

    def findings(self) -> Findings:
        """The findings of all that was added."""
        persons = self._persons.found()
        return Findings(
            media_type=MEDIA_TYPE,
            objects=len(self._keys),
            tlp=strictest_tlp(self._marked),
            pap=strictest_pap(self._marked),
            unmarked=self._unmarked,
            persons=bool(persons),
            technical=self._technical,
            problems=tuple(self._problems[: self._told]),
            keys=() if self._problems else tuple(self._keys),
            persons_at=tuple(persons[: self._told]),
        )


def unmarked(content: bytes) -> list[int]:
    """Which objects have no TLP mark of their own; as many as the findings count.

    Raises:
        MalformedError, LimitError: as ``check``.
    """
    sketches, pieces = _split(content)
    meanings = {**KNOWN, **_definitions(sketches, pieces)}
    items = (_parse(i, piece.raw) for i, piece in enumerate(pieces))
    return [i for i, item in enumerate(items) if _is_unmarked(item, _marks(item, meanings))]


def _is_unmarked(item: dict[str, Any], marks: set[str]) -> bool:
    return item["type"] not in SELF_DESCRIBING and not has_tlp(marks)


def _marks(item: dict[str, Any], meanings: Mapping[str, str]) -> set[str]:
    """What the markings and labels of an object mean, whether or not it fits its schema."""
    refs = texts(item.get("object_marking_refs"))
    if "granular_markings" in item:
        refs += texts([each.get("marking_ref") for each in dicts(item["granular_markings"])])
    marks = {meanings[each] for each in refs if each in meanings}
    if "labels" in item:
        said = {of_label(label) for label in texts(item["labels"]) if is_marking(label)}
        marks |= {each for each in said if each}
    return marks


def _split(content: bytes) -> tuple[list[_Sketch], list[_Piece]]:
    """The type and id of each object, its bytes and where they lie.

    1. What is there is a bundle of things that have a type and an id, and not too many.
    2. The list of objects is cut out. Its bytes cannot stand anywhere else: they contain quotation marks,
       so no string holds them, and a second ``objects`` is found in the next step.
    3. What remains is small, and no member of it stands twice.
    4. Between objects only white space and a comma can stand, so the next brace begins the next object.
    """
    try:
        sketches = _SKETCH.decode(content).objects
        array = bytes(_RAW_BUNDLE.decode(content).objects)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(
            "not a STIX bundle", expected="type, id, objects, each with a type and an id", got=error
        ) from error
    if len(sketches) > OBJECTS_MAX:
        raise LimitError("too many objects in a body", expected=f"at most {OBJECTS_MAX}", got=len(sketches))
    start = content.index(array)
    rest = content[:start] + b"0" + content[start + len(array) :]
    if len(rest) > HEAD_MAX:
        raise LimitError("too much besides objects", expected=f"at most {HEAD_MAX} bytes", got=len(rest))
    strict_json.load("", rest)
    pieces: list[_Piece] = []
    position = start
    for raw in map(bytes, _RAW_OBJECTS.decode(array)):
        position = content.index(b"{", position)
        pieces.append(_Piece(position, raw))
        position += len(raw)
    return sketches, pieces


def cut(content: bytes, gone: Collection[int]) -> bytes:
    """A bundle without these of its objects; the bytes of the others stay as they are, and one must stay.

    Raises:
        MalformedError, LimitError: as ``check``.
    """
    _, pieces = _split(content)
    kept = [piece.raw for i, piece in enumerate(pieces) if i not in gone]
    end = pieces[-1].offset + len(pieces[-1].raw)
    return content[: pieces[0].offset] + b",".join(kept) + content[end:]


def _parse(i: int, raw: bytes) -> dict[str, Any]:
    where = f"objects[{i}]"
    if len(raw) > OBJECT_MAX:
        raise LimitError("an object is too large", where=where, expected=f"{OBJECT_MAX} bytes", got=len(raw))
    item = strict_json.load(where, raw)
    strict_json.check_depth(where, item)
    return item


def _problems(i: int, item: dict[str, Any], meanings: Mapping[str, str]) -> Iterator[Problem]:
    """The problems of one object: its type, else its schema, else the rules."""
    kind, name = item["type"], item["id"][:ID_MAX]
    if not stix_schemas.known(kind):
        message = f"expected a type of STIX 2.1, got {kind[:60]!r}"
        yield Problem("type", f"objects[{i}].type", message, i, name)
        return
    unfit = stix_schemas.check(item)
    if unfit is not None:
        yield Problem("schema", f"objects[{i}]{unfit.path}", unfit.message, i, name)
        return
    for code, path, message in islice(rules(item, meanings), PROBLEMS_MAX):
        yield Problem(code, f"objects[{i}].{path}", message, i, name)
