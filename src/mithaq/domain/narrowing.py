"""What national rules close, and whether an exchange is against them (protocol section 4).

A narrowing has no member that could allow anything, and applied to the terms of a field it gives terms that
are never wider. It is judged by the header of an entry alone, with the codes of the catalogue that look at
terms. What it closes it closes in both directions.
"""

from collections.abc import Iterable
from typing import Any, cast

import msgspec

from mithaq.domain.agreement import Agreement
from mithaq.domain.entry import BODY_MAX, Entry
from mithaq.domain.handling import PAP, TLP
from mithaq.domain.kinds import CLOSED_MAX, EXCHANGE_KINDS
from mithaq.domain.party import origin
from mithaq.domain.rules import RULES, Case
from mithaq.domain.shapes import identifier, media_type, number, word
from mithaq.domain.standing import Standing
from mithaq.domain.terms import RETENTION_MAX, FieldTerms
from mithaq.domain.texts import check_sorted
from mithaq.errors import MalformedError
from mithaq.words import N_

SENTENCES = {
    "field": N_("National rules close the field {field}."),
    "kind": N_("National rules close the kind {kind} in the field {field}."),
    "media-type": N_("National rules close a content of this media type in the field {field}."),
    "size": N_("A content is larger than national rules allow in the field {field}."),
    "tlp": N_("The TLP mark is stricter than national rules allow in the field {field}."),
    "pap": N_("The PAP mark is stricter than national rules allow in the field {field}."),
    "expiry": N_("The contents are kept longer than national rules allow in the field {field}."),
}
"""The codes with which national rules can refuse: those of the catalogue that look at the terms of a field in
the header of an entry; and what people read of each."""

_RULES = tuple(rule for rule in RULES if rule.code in SENTENCES)


class Narrowing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One thing that national rules close, in both directions. Members as in the text.

    Raises:
        MalformedError: it closes nothing, or a member cannot be so, when made.
    """

    partner: str = ""
    relation: str = ""
    field: str = ""
    closed: str = ""
    kinds: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()
    tlp: str = ""
    pap: str = ""
    retention_days: int = 0
    body_max: int = 0
    approvals: int = 0

    def __post_init__(self) -> None:
        self._check_place()
        self._check_lists()
        for level, levels, where in ((self.tlp, TLP, "tlp"), (self.pap, PAP, "pap")):
            if level:
                word(*levels)(level, where)
        number(0, RETENTION_MAX)(self.retention_days, "retention_days")
        number(0, BODY_MAX)(self.body_max, "body_max")
        if self.approvals:
            raise MalformedError(
                "this version knows no persons, so nobody whose approval it could wait for",
                where="approvals",
                got=self.approvals,
                todo="close the field or the kind until there is one that does",
            )

    def _check_place(self) -> None:
        if self.partner:
            origin(self.partner)
        for name, where in ((self.relation, "relation"), (self.field, "field")):
            if name:
                identifier(name, where)
        if self.closed:
            word("field")(self.closed, "closed")
        if self.closed and not self.field:
            raise MalformedError("a field that is closed is named", where="closed", todo="name each field")
        if not any(self._limits):
            raise MalformedError("a narrowing that closes nothing", where=self.field)
        if self.closed and any(self._limits[1:]):
            raise MalformedError("a field that is closed has nothing else to close", where=self.field)

    def _check_lists(self) -> None:
        for items, where in ((self.kinds, "kinds"), (self.media_types, "media_types")):
            if items:
                check_sorted(items, where)
            if len(items) > CLOSED_MAX:
                raise MalformedError(
                    "too many at once", where=where, expected=str(CLOSED_MAX), got=len(items)
                )
        for kind in self.kinds:
            word(*EXCHANGE_KINDS)(kind, "kinds")
        if ("request" in self.kinds) != ("reply" in self.kinds):
            raise MalformedError("requests and replies go together", where="kinds", got=" ".join(self.kinds))
        for media in self.media_types:
            media_type(media, "media_types")

    @property
    def _limits(self) -> tuple[object, ...]:
        """What it closes, the whole field first."""
        return (
            self.closed,
            self.kinds,
            self.media_types,
            self.tlp,
            self.pap,
            self.retention_days,
            self.body_max,
            self.approvals,
        )

    def concerns(self, relation: str, field: str) -> bool:
        """Whether it is about a field of a relation."""
        return self.relation in {"", relation} and self.field in {"", field}

    def members(self) -> dict[str, Any]:
        """What is told of it: everything but the partner."""
        members: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(self, partner=""))
        return {
            name: list(cast("tuple[str, ...]", member)) if isinstance(member, tuple) else member
            for name, member in members.items()
        }


def _lower(ceiling: str, other: str, levels: tuple[str, ...]) -> str:
    """The lower of two ceilings. A text without one allows no mark; rules without one change nothing."""
    if not ceiling or not other:
        return ceiling
    return min(ceiling, other, key=levels.index)


def narrow(terms: FieldTerms, narrowings: Iterable[Narrowing]) -> FieldTerms | None:
    """The terms without what every narrowing closes: never wider; None where nothing is left."""
    kinds, media_types = set(terms.kinds), set(terms.media_types)
    tlp, pap, days, size = terms.tlp, terms.pap, terms.retention_days, terms.body_max
    for each in narrowings:
        if each.closed:
            return None
        kinds.difference_update(each.kinds)
        media_types.difference_update(each.media_types)
        tlp, pap = _lower(tlp, each.tlp, TLP), _lower(pap, each.pap, PAP)
        days, size = min(days, each.retention_days or days), min(size, each.body_max or size)
    if not kinds or not media_types:
        return None
    return msgspec.structs.replace(
        terms,
        kinds=tuple(sorted(kinds)),
        media_types=tuple(sorted(media_types)),
        tlp=tlp,
        pap=pap,
        retention_days=days,
        body_max=size,
        profile=terms.profile if "request" in kinds else "",
    )


def judge(entry: Entry, text: Agreement, narrowings: Iterable[Narrowing]) -> tuple[str, ...]:
    """The codes with which national rules refuse an exchange that the text allows; none if they do not.

    Args:
        entry: of the family exchange.
        text: the agreement that it names.
        narrowings: of one side.
    """
    terms = text.fields.get(entry.field)
    mine = [each for each in narrowings if each.concerns(text.relation, entry.field)]
    if terms is None or not mine:
        return ()
    case = Case(entry, Standing(text), narrow(terms, mine))
    return tuple(rule.code for rule in _RULES if rule.broken(case))


def idle(narrowing: Narrowing, texts: Iterable[Agreement]) -> bool:
    """Whether a narrowing is about no field of these texts: perhaps a name was mistyped."""
    return not any(narrowing.concerns(text.relation, field) for text in texts for field in text.fields)
