"""Parameters of a URL: filters and pages (TAXII 3.4)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mithaq.errors import MalformedError
from mithaq.exchange import timeline
from mithaq.exchange.collection import Filter

LIMIT_MAX = 1_000
"""Objects of a page, also where none is asked for: a client that asks for more gets so many, and ``more``."""
VALUES_MAX = 1_000
"""Values of one filter."""
_WORDS = ("first", "last", "all")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a URL asks for.

    Args:
        filter: which versions of which objects.
        limit: how many at most.
        next: where to go on, or empty.
    """

    filter: Filter
    limit: int
    next: str


def read(query: Mapping[str, str], *, versions: tuple[str, ...] = ("last",), id_: str = "") -> Parameters:
    """The parameters of a request; those that no version of TAXII names are left alone.

    Args:
        query: of the URL, decoded.
        versions: where ``match[version]`` does not say.
        id_: the one object that the path names, or empty.

    Raises:
        MalformedError: a value is not of its form.
    """
    asked = tuple(_versions(query)) or versions
    after = query.get("added_after", "")
    wanted = Filter(
        after=max(0, timeline.parse("added_after", after)) if after else 0,
        ids=(id_,) if id_ else _values(query, "id"),
        types=_values(query, "type"),
        versions=asked,
        spec_versions=_values(query, "spec_version"),
    )
    return Parameters(wanted, _limit(query), query.get("next", ""))


def _values(query: Mapping[str, str], name: str) -> tuple[str, ...]:
    where = f"match[{name}]"
    values = tuple(value.strip() for value in query.get(where, "").split(",") if value.strip())
    if len(values) > VALUES_MAX:
        raise MalformedError(
            "too many values", where=where, expected=f"at most {VALUES_MAX}", got=len(values)
        )
    return values


def _versions(query: Mapping[str, str]) -> Iterator[str | int]:
    for value in _values(query, "version"):
        yield value if value in _WORDS else timeline.parse("match[version]", value)


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", "")
    if text and not _NUMBER.fullmatch(text):
        raise MalformedError("not a limit", where="limit", expected="a whole number from 1", got=text)
    return min(int(text), LIMIT_MAX) if text else LIMIT_MAX
