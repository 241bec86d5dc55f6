"""The request profile: what is urgent, how long an answer may take, why it may be refused (domain 3).

It stands in the signed text in full and has the same rules for either side; the text of ``demo.rabat`` has
two to begin with, *police*, after Directive (EU) 2023/977, and *general*. A limit runs from the moment a
request is held in full; days are calendar days by the text's fixed offset.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Self

import msgspec

from mithaq.domain.moment import DAY
from mithaq.domain.shapes import identifier
from mithaq.domain.texts import Texts, UtcOffset, check_texts
from mithaq.errors import MalformedError

URGENCIES_MAX = 8
"""Classes of urgency: more could not be told apart at night."""

CHOICES_MAX = 32
"""Grounds or refusal codes: a list that fits a page."""

_LIMIT = re.compile(r"([1-9][0-9]{0,2}) (hours|days)")


class Common(StrEnum):
    """What a refusal code means in every profile, so that figures can be compared (domain section 5)."""

    UNAVAILABLE = "unavailable"
    INCOMPLETE = "incomplete"
    UNAUTHORISED = "unauthorised"
    OUTSIDE = "outside"
    INACCURATE = "inaccurate"
    ESSENTIAL = "essential"
    PETTY = "petty"
    THIRD_PARTY = "third_party"
    RIGHTS = "rights"
    POLITICAL = "political"
    NEUTRAL = "neutral"


class Limit(str):
    """How long an answer may take: ``8 hours`` or ``3 days``."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a limit.

        Raises:
            MalformedError: it is not a number from 1 to 999 and ``hours`` or ``days``.
        """
        if not _LIMIT.fullmatch(text):
            raise MalformedError("not a limit", expected="for example 8 hours or 3 days", got=text)
        return cls(text)

    def due(self, start: int, offset: UtcOffset) -> int:
        """The last second that is in time.

        Args:
            start: when the clock started, POSIX seconds.
            offset: the text's offset; a limit in days ends with the day, there.
        """
        number, _, unit = self.partition(" ")
        if unit == "hours":
            return start + int(number) * 3600
        today = (start + offset.seconds) // DAY
        return (today + int(number) + 1) * DAY - offset.seconds - 1


class Urgency(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One class of urgency.

    Args:
        direct: the limit for what the asked side reaches directly.
        indirect: the limit for what it must ask others for.
        grounds: of these one must be named and explained; none for a class that is open to every request.
        title: what people read.
    """

    direct: Limit
    indirect: Limit
    grounds: tuple[str, ...] = ()
    title: Texts


class Ground(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ground of urgency: what people read."""

    title: Texts


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One refusal code: what it means in every profile, and what people read."""

    common: Common
    title: Texts


class RequestProfile(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """The whole law of requests in a field.

    Raises:
        MalformedError: a class without limits or with unknown grounds, a ground that no class names, or not
            exactly one neutral code, when made.
    """

    title: Texts
    urgencies: Mapping[str, Urgency]
    grounds: Mapping[str, Ground] = {}
    refusals: Mapping[str, Refusal]

    def __post_init__(self) -> None:
        check_texts(self.title, "title")
        self._check_names("urgencies", self.urgencies, URGENCIES_MAX)
        self._check_names("grounds", self.grounds, CHOICES_MAX)
        self._check_names("refusals", self.refusals, CHOICES_MAX)
        self._check_grounds()
        self._check_neutral()

    def _check_names(self, where: str, rows: Mapping[str, Urgency | Ground | Refusal], most: int) -> None:
        if len(rows) > most or (where != "grounds" and not rows):
            raise MalformedError("none or too many", where=where, expected=f"1 to {most}", got=len(rows))
        for name, row in rows.items():
            identifier(name, where)
            check_texts(row.title, f"{where}.{name}.title")

    def _check_grounds(self) -> None:
        named = [ground for urgency in self.urgencies.values() for ground in urgency.grounds]
        if set(named) != set(self.grounds):
            raise MalformedError(
                "grounds and classes of urgency do not name each other",
                where="grounds",
                expected=" ".join(sorted(set(named))),
                got=" ".join(sorted(self.grounds)),
            )
        if all(urgency.grounds for urgency in self.urgencies.values()):
            raise MalformedError("no class of urgency is open to every request", where="urgencies")

    def _check_neutral(self) -> None:
        neutral = [code for code, row in self.refusals.items() if row.common is Common.NEUTRAL]
        if len(neutral) != 1:
            raise MalformedError(
                "the neutral answer must be one, or it tells what it hides",
                where="refusals",
                expected="exactly one code of the class neutral",
                got=len(neutral),
            )
