"""The precise check of a STIX 2.1 bundle: every valid form is accepted, every fault gets its path.

It serves bodies that ``stix_fast`` could not prove: other people's spelling, rarer types, mistakes. Each
object is checked against the OASIS schema of its type and then against ``stix_rules``. Objects of types
that STIX 2.1 does not have are refused: nobody could tell whether they are about persons.

What raises, because there is no reading of it: bytes that are not JSON, a member that stands twice, a limit.
What becomes a problem in the findings: everything that can be said about one object.

Problem codes: ``type``, ``schema``, ``version``, ``reference``, ``time``, ``marking``, ``twice``.
"""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import chain, islice
from typing import Annotated, Any, NamedTuple, cast

import jsonschema_rs
import msgspec

from mithaq.domain.findings import Findings, Key, Problem
from mithaq.errors import LimitError, MalformedError
from mithaq.formats.stix_classes import TECHNICAL, about_person
from mithaq.formats.stix_fast import BUNDLE_ID, MEDIA_TYPE
from mithaq.formats.stix_markings import strictest_pap, strictest_tlp
from mithaq.formats.stix_rules import rules

OBJECTS_MAX = 10_000
"""Objects of a body: ten times what we write, so that a body is examined in a fraction of a second."""

OBJECT_MAX = 1_048_576
"""Bytes of one object. A body is sealed in chunks of about this size, cut between objects; what is larger
is a document and travels as one. It also bounds the memory that parsing hostile JSON can take."""

HEAD_MAX = 4_096
"""Bytes of a bundle besides its objects: a type, an id and the white space of a careful author."""

DEPTH_MAX = 32
"""Nesting of one object. STIX itself needs 8; deeper JSON is only of use to exhaust a stack."""

INTEGER_MAX = 2**53 - 1
"""The largest integer that STIX 2.1 allows (3.8), and that every JSON reader keeps."""

PROBLEMS_MAX = 20
"""Problems that are reported; enough to mend a body, and a bound on what a hostile one costs."""

_SCHEMAS = ("common", "sdos", "sros", "observables")
_NO_TYPES = frozenset(
    [
        "binary",
        "core",
        "cyber-observable-core",
        "dictionary",
        "extension",
        "external-reference",
        "granular-marking",
        "hashes-type",
        "hex",
        "identifier",
        "kill-chain-phase",
        "properties",
        "timestamp",
        "url-regex",
    ]
)


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
        LimitError: ``OBJECTS_MAX``, ``OBJECT_MAX``, ``HEAD_MAX`` or ``DEPTH_MAX`` is passed.
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
        self._markings.update(_marking_ids(item))
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
        raise _malformed("", error, expected="a STIX bundle: an object with type, id and objects") from error
    if count > OBJECTS_MAX:
        raise LimitError("too many objects in a body", expected=f"at most {OBJECTS_MAX}", got=count)
    start = content.index(array)
    rest = content[:start] + b"0" + content[start + len(array) :]
    if len(rest) > HEAD_MAX:
        raise LimitError(
            "a bundle says too much", expected=f"{HEAD_MAX} bytes besides objects", got=len(rest)
        )
    load("", rest)
    position = start
    for raw in map(bytes, _RAW_OBJECTS.decode(array)):
        position = content.index(b"{", position)
        yield _Piece(position, raw)
        position += len(raw)


def _parse(i: int, raw: bytes) -> dict[str, Any]:
    where = f"objects[{i}]"
    if len(raw) > OBJECT_MAX:
        raise LimitError("an object is too large", where=where, expected=f"{OBJECT_MAX} bytes", got=len(raw))
    item = load(where, raw)
    _check_depth(where, item)
    return item


class _TwiceError(ValueError):
    """A member stands twice in one object."""


def load(where: str, raw: bytes) -> Any:
    """Parse JSON strictly: UTF-8, no lone surrogates, no NaN, no infinities, no member twice.

    Args:
        where: the path to name in an error.
        raw: the bytes of one JSON value.

    Raises:
        MalformedError: it is none.
    """
    try:
        # msgspec refuses what json lets pass (surrogates, numbers out of range), json shows every member.
        msgspec.json.decode(raw)
        return json.loads(raw.decode(), object_pairs_hook=_unique, parse_int=_integer)
    except _TwiceError as error:
        raise MalformedError("a member stands twice", where=where, got=error) from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _malformed(where, error, expected="JSON") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        raise _TwiceError(next(name for name in names if names.count(name) > 1))
    return members


def _integer(text: str) -> int:
    value = int(text) if len(text) <= len(str(-INTEGER_MAX)) else INTEGER_MAX + 1
    if abs(value) > INTEGER_MAX:
        raise ValueError(f"an integer outside of -(2^53-1) to 2^53-1: {text[:40]}")
    return value


def _malformed(where: str, error: Exception, *, expected: str) -> MalformedError:
    return MalformedError("not well-formed", where=where, expected=expected, got=error)


def _check_depth(where: str, item: dict[str, Any]) -> None:
    """Go down level by level, without recursion."""
    level: list[Any] = [item]
    for _ in range(DEPTH_MAX):
        below = chain.from_iterable(
            cast("dict[str, Any]", node).values() if isinstance(node, dict) else node for node in level
        )
        level = [each for each in below if isinstance(each, dict | list)]
        if not level:
            return
    raise LimitError("an object is nested too deeply", where=where, expected=f"{DEPTH_MAX} levels")


@cache
def _registry() -> tuple[jsonschema_rs.Registry, dict[str, str]]:
    """All schemas, and the address of the schema of each type."""
    folder = files("mithaq.formats") / "schemas"
    schemas = [
        (path.name.removesuffix(".json"), json.loads(path.read_text("utf-8")))
        for group in _SCHEMAS
        for path in (folder / group).iterdir()
    ]
    addresses = {name: schema["$id"] for name, schema in schemas if name not in _NO_TYPES}
    return jsonschema_rs.Registry([(schema["$id"], schema) for _, schema in schemas]), addresses


@cache
def _validator(kind: str) -> jsonschema_rs.Draft202012Validator:
    registry, addresses = _registry()
    return jsonschema_rs.Draft202012Validator(
        {"$ref": addresses[kind]},
        registry=registry,
        offline=True,
        # The linear engine: some patterns of the schemas are exponential in one that backtracks.
        pattern_options=jsonschema_rs.RegexOptions(),
    )


def _problems(i: int, item: dict[str, Any]) -> Iterator[Problem]:
    """The problems of one object: its type, else its schema, else the rules."""
    kind = item["type"]
    if kind not in _registry()[1]:
        yield Problem("type", f"objects[{i}].type", f"expected a type of STIX 2.1, got {kind[:60]!r}")
    elif not (validator := _validator(kind)).is_valid(item):
        for path, message in _schema_faults(validator, item):
            yield Problem("schema", f"objects[{i}]{path}", message)
    else:
        for broken in rules(item):
            yield Problem(broken.code, f"objects[{i}].{broken.path}", broken.message)


_FAULTS_MAX = 5
"""Faults that one object is read for; a hostile one could have a million."""


def _schema_faults(
    validator: jsonschema_rs.Draft202012Validator, item: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    """Path and message of what the schema says; alternatives only where nothing plainer is said."""
    faults = list(islice(validator.iter_errors(item), _FAULTS_MAX))
    plain = [fault for fault in faults if fault.kind.name not in ("anyOf", "oneOf", "not")] or faults[:1]
    for fault in plain:
        yield _path(fault.instance_path), _cut(fault.message)


def _path(parts: Sequence[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part[:60]}" for part in parts)


def _cut(message: str) -> str:
    """The start and the end of a message: the value that was found may be long, the reason comes last."""
    return message if len(message) <= 200 else f"{message[:60]} … {message[-130:]}"
