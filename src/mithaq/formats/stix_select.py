"""What of a STIX bundle can be sent: the objects that are refused, each with its reason, and the rest.

On arrival a content is refused as a whole. Its sender may leave out what is refused and send the rest: one
unknown marking, one account that nobody attests, is then no reason to withhold a thousand indicators.

    >>> selection = without_refused(content)
    >>> selection.content, selection.left_out[0].code
    (b'{"type":"bundle",…', 'marking')
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple, cast

from mithaq.domain.findings import Findings, Problem
from mithaq.formats import stix_fast, stix_precise
from mithaq.formats.stix_fast import OBJECTS_MAX

_ALL = OBJECTS_MAX * stix_precise.PROBLEMS_MAX
"""More problems than a body can have, so that every object is asked."""


class Selection(NamedTuple):
    """What remains of a bundle.

    Attributes:
        content: the bundle without the refused objects, otherwise byte for byte; None when nothing remains.
        left_out: the first reason against each refused object, in order; ``index`` counts in the bundle as
            it was.
    """

    content: bytes | None
    left_out: tuple[Problem, ...]


def refused(findings: Findings) -> tuple[Problem, ...]:
    """The first reason against each refused object that the findings tell, in order."""
    first: dict[int, Problem] = {}
    for problem in (*findings.problems, *findings.persons_at):
        if problem.index is not None:
            first.setdefault(problem.index, problem)
    return tuple(first[i] for i in sorted(first))


def examine_all(content: bytes) -> Findings:
    """The findings with the problems of every object, where ``stix.examine`` stops after the first few.

    Raises:
        MalformedError, LimitError: as ``stix.examine``.
    """
    proven = stix_fast.prove(content)
    return proven if proven and not proven.persons else stix_precise.check(content, _ALL)


def without_refused(content: bytes) -> Selection:
    """Leave out what is refused, and then what is refused without it, until nothing is.

    An object may lean on another of the body: on the definition of its marking, or on what attests it.

    Raises:
        MalformedError, LimitError: as ``stix.examine``.
    """
    left_out: dict[int, Problem] = {}
    findings = examine_all(content)
    places = list(range(findings.objects))
    while found := refused(findings):
        gone = {cast("int", problem.index) for problem in found}
        left_out |= {
            place: moved(problem, place)
            for place, problem in ((places[cast("int", each.index)], each) for each in found)
        }
        places = [place for i, place in enumerate(places) if i not in gone]
        if not places:
            return Selection(None, _in_order(left_out))
        content = stix_precise.cut(content, gone)
        findings = examine_all(content)
    return Selection(content, _in_order(left_out))


def moved(problem: Problem, place: int, above: str = "") -> Problem:
    """The problem of an object that stands elsewhere in another bundle, or there inside of another object."""
    inside = problem.path.removeprefix(f"objects[{problem.index}]")
    return replace(problem, index=place, path=f"objects[{place}]{above}{inside}")


def _in_order(left_out: Mapping[int, Problem]) -> tuple[Problem, ...]:
    return tuple(left_out[i] for i in sorted(left_out))
