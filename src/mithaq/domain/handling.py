"""How contents may be handled: TLP 2.0 and PAP, ordered, and H codes, a set (protocol section 5).

Of two levels the stricter wins; codes of two handlings are united.

>>> Handling("green").stricter(Handling("clear", pap="amber"))
Handling(tlp='green', pap='amber', codes=frozenset())
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, cast

from mithaq.errors import MalformedError

TLP = ("clear", "green", "amber", "amber+strict", "red")
"""The Traffic Light Protocol 2.0 of FIRST, from open to closed."""
PAP = ("clear", "green", "amber", "red")
"""The Permissible Actions Protocol, from open to closed."""
H_CODES = ("H0", "H1", "H2", "H3")
"""Europol's handling codes: H0 default, H1 not as evidence without leave, H2 not to be passed on
without leave, H3 other restrictions, stated in the contents."""


def tlp_rank(level: str) -> int:
    """The place of a level in ``TLP``; higher is stricter.

    Raises:
        MalformedError: no level of TLP 2.0.
    """
    return _rank("tlp", level, TLP)


def _rank(scale: str, level: object, levels: tuple[str, ...]) -> int:
    if level not in levels:
        raise MalformedError(
            f"unknown {scale} level", where=f"handling.{scale}", expected=" ".join(levels), got=level
        )
    return levels.index(str(level))


@dataclass(frozen=True, slots=True)
class Handling:
    """The marks that travel with contents and bind their reader.

    Args:
        tlp: a level of ``TLP``.
        pap: a level of ``PAP``, or empty where the author sets none.
        codes: any of ``H_CODES``.
    """

    tlp: str
    pap: str = ""
    codes: frozenset[str] = field(default_factory=frozenset[str])

    def __post_init__(self) -> None:
        _rank("tlp", self.tlp, TLP)
        if self.pap:
            _rank("pap", self.pap, PAP)
        if not self.codes <= set(H_CODES):
            raise MalformedError(
                "unknown H code", where="handling.h", expected=" ".join(H_CODES), got=self.codes
            )

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> Self:
        """Read the ``handling`` member of an entry.

        Raises:
            MalformedError: unknown members, levels or codes, or codes not sorted.
        """
        codes: Any = value.get("h", [])
        listed = type(codes) is list and codes == [code for code in H_CODES if code in codes]
        if value.keys() - {"tlp", "pap", "h"} or not listed or value.get("pap", "clear") not in PAP:
            raise MalformedError(
                "not a handling", where="handling", expected="tlp, pap, h (sorted)", got=value
            )
        return cls(value.get("tlp", ""), value.get("pap", ""), frozenset(cast("list[str]", codes)))

    def members(self) -> dict[str, Any]:
        """The value of the ``handling`` member."""
        value: dict[str, Any] = {"tlp": self.tlp}
        if self.pap:
            value["pap"] = self.pap
        if self.codes:
            value["h"] = sorted(self.codes)
        return value

    def stricter(self, other: "Handling") -> "Handling":
        """The handling that satisfies both."""
        pap = max(self.pap, other.pap, key=lambda level: PAP.index(level) if level else -1)
        return Handling(max(self.tlp, other.tlp, key=TLP.index), pap, self.codes | other.codes)
