"""The terms of a field of cooperation: what either side may send in it (protocol section 4).

Content about persons is refused here, without any switch, until every safeguard for it stands (protocol 4).
"""

from enum import StrEnum

import msgspec

from mithaq.domain.entry import BODY_MAX
from mithaq.domain.handling import PAP, TLP
from mithaq.domain.kinds import EXCHANGE_KINDS
from mithaq.domain.shapes import media_type, number, word
from mithaq.domain.texts import Texts, check_sorted, check_texts
from mithaq.errors import MalformedError

RETENTION_MAX = 3_650
"""Days: ten years; what must be kept longer belongs into the file of the case, not into the node."""


class DataClass(StrEnum):
    """What contents may be about; ``persons`` is known so that it can be refused by name."""

    NONE = "none"
    TECHNICAL = "technical"
    PERSONS = "persons"


class Onward(StrEnum):
    """Whether contents may go to a third side: never, or with the owner's consent to item and recipient."""

    NONE = "none"
    CONSENT = "consent"


class FieldTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The terms of one field of cooperation, the same for either side.

    Args:
        kinds: exchange kinds that may be sent, sorted.
        data: what contents may be about.
        tlp: the strictest mark that contents may bear here.
        pap: likewise; empty where the field knows no PAP.
        media_types: of bodies, sorted.
        body_max: bytes of one body.
        retention_days: after which bodies go, counted from the entry's ``at``.
        onward: whether contents may go to a third side.
        protects: ``life`` in a field that works while others are suspended.
        profile: name of the request profile; exactly where requests are allowed.
        title: by language.
    """

    kinds: tuple[str, ...]
    data: DataClass
    tlp: str
    pap: str = ""
    media_types: tuple[str, ...]
    body_max: int
    retention_days: int
    onward: Onward
    protects: tuple[str, ...] = ()
    profile: str = ""
    title: Texts

    def __post_init__(self) -> None:
        check_texts(self.title, "title")
        self._check_kinds()
        self._check_contents()
        number(1, BODY_MAX)(self.body_max, "body_max")
        number(1, RETENTION_MAX)(self.retention_days, "retention_days")
        if self.protects not in ((), ("life",)):
            raise MalformedError("unknown protection", where="protects", expected='["life"]')

    def _check_kinds(self) -> None:
        check_sorted(self.kinds, "kinds")
        for kind in self.kinds:
            word(*EXCHANGE_KINDS)(kind, "kinds")
        if ("request" in self.kinds) != ("reply" in self.kinds):
            raise MalformedError("requests and replies go together", where="kinds", got=" ".join(self.kinds))
        if ("request" in self.kinds) != bool(self.profile):
            raise MalformedError(
                "a field has a request profile exactly if it allows requests: no hidden law",
                where="profile",
                got=self.profile,
            )

    def _check_contents(self) -> None:
        if self.data is DataClass.PERSONS:
            raise MalformedError(
                "content about persons is not carried by this version",
                where="data",
                expected="none or technical",
                got=self.data,
                todo="see SAFEGUARDS.md",
            )
        word(*TLP)(self.tlp, "tlp")
        if self.pap:
            word(*PAP)(self.pap, "pap")
        check_sorted(self.media_types, "media_types")
        for media in self.media_types:
            media_type(media, "media_types")
