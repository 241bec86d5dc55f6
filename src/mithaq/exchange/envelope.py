"""A TAXII envelope as it is posted: each object with its bytes as they came, and what is refused of it.

Objects are judged as a bundle of their own, so by the same code as what a partner sends; one that is refused
fails alone.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from mithaq.domain.findings import Problem
from mithaq.errors import LimitError, MalformedError, PeerError
from mithaq.formats import stix_fast, stix_select

REPEATS_MAX = 8
"""How often one version of an object may stand in an envelope: clients repeat themselves, but not so much."""
_BUNDLE = "bundle--00000000-0000-4000-8000-000000000000"
"""Of a bundle that is only judged, never kept."""


class _Envelope(msgspec.Struct):
    objects: list[msgspec.Raw] = msgspec.field(default_factory=list[msgspec.Raw])


class _Sketch(msgspec.Struct):
    id: str = ""
    type: str = ""
    modified: str = ""


class Posted(NamedTuple):
    """One object of an envelope.

    Attributes:
        id: as written, or empty.
        type: as written, or empty.
        modified: as written, or empty.
        raw: its bytes.
    """

    id: str
    type: str
    modified: str
    raw: bytes


_decode = msgspec.json.Decoder(_Envelope).decode
_sketch = msgspec.json.Decoder(_Sketch).decode


def read(data: bytes) -> list[Posted]:
    """The objects of an envelope.

    Raises:
        MalformedError: it is no envelope.
        LimitError: it holds more objects than one body may.
    """
    try:
        found = _decode(data).objects
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError("not an envelope", expected='{"objects": […]}', got=error) from None
    if len(found) > stix_fast.OBJECTS_MAX:
        raise LimitError(
            "too many objects in an envelope", expected=f"at most {stix_fast.OBJECTS_MAX}", got=len(found)
        )
    return [_posted(bytes(raw)) for raw in found]  # a copy: what msgspec gives is a view


def _posted(raw: bytes) -> Posted:
    try:
        sketch = _sketch(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Posted("", "", "", raw)
    return Posted(sketch.id, sketch.type, sketch.modified, raw)


def refused(objects: Sequence[Posted]) -> dict[int, Problem]:
    """The first reason against each object that is refused, by its place.

    One version that stands several times is judged each time: it is for the collection to keep one.
    """
    problems: dict[int, Problem] = {}
    rest = list(range(len(objects)))
    for _ in range(REPEATS_MAX):
        first = {(objects[at].id, objects[at].modified): at for at in reversed(rest)}
        together = set(first.values())
        problems |= _judge(objects, [at for at in rest if at in together])
        rest = [at for at in rest if at not in together]
    message = f"expected one version of an object at most {REPEATS_MAX} times"
    return problems | {at: Problem("twice", f"objects[{at}].id", message, at) for at in rest}


def _judge(objects: Sequence[Posted], places: list[int]) -> dict[int, Problem]:
    """Those of these places that are refused, and then what is refused without them."""
    problems: dict[int, Problem] = {}
    while places:
        found = _refused([objects[at].raw for at in places])
        if not found:
            break
        problems |= {places[at]: problem for at, problem in found.items()}
        places = [place for at, place in enumerate(places) if at not in found]
    return {at: stix_select.moved(problem, at) for at, problem in problems.items()}


def _refused(raws: Sequence[bytes]) -> dict[int, Problem]:
    """What a first look refuses; what leant on that shows in the next."""
    try:
        findings = stix_select.examine_all(stix_fast.head(_BUNDLE) + b",".join(raws) + b"]}")
    except PeerError as error:
        if len(raws) == 1:
            return {0: Problem("unreadable", error.where, str(error), 0)}
        # Some object cannot even be looked at: each is tried alone, then the rest are looked at together.
        alone = {at: problem for at, raw in enumerate(raws) if (problem := _unreadable(raw))}
        return alone or {at: Problem("unreadable", error.where, str(error), at) for at in range(len(raws))}
    return {problem.index: problem for problem in stix_select.refused(findings) if problem.index is not None}


def _unreadable(raw: bytes) -> Problem | None:
    return next((each for each in _refused([raw]).values() if each.code == "unreadable"), None)
