"""The agreement: the one text that both parties sign and both nodes enforce (protocol section 4).

It names the instrument that it carries out, and the terms of each field of cooperation. Equal by
construction: terms have no direction. What differs by nature stands in one table for each party, with the
same members; a party is mentioned nowhere else. In writing (shortened)::

    type = "mithaq/agreement/1"
    relation = "atlas-lindenau"
    serial = 1
    sign_by = "2026-12-31T22:59:59Z"
    starts = "2027-01-01T00:00:00Z"
    notice_days = 90
    utc_offset = "+01:00"

    [title]                             # by language; likewise [exercise] and [prose]

    [instrument]                        # title, place, date, languages, prevailing, scan

    [[parties]]                         # twice, sorted by origin
    origin = "spoc.interior-atlas.example"

    [fields.security]
    kinds = ["alert", "request", "reply"]
    data = "technical"
    tlp = "amber"
    media_types = ["text/plain"]
    body_max = 1048576
    retention_days = 365
    onward = "none"
    profile = "police"

    [profiles.police]                   # in full: ``profile``
"""

from collections.abc import Iterator, Mapping
from typing import cast

import msgspec

from mithaq.domain.instrument import Instrument
from mithaq.domain.moment import Moment
from mithaq.domain.party import Origin
from mithaq.domain.party_table import PartyTable
from mithaq.domain.profile import RequestProfile
from mithaq.domain.shapes import hexadecimal, identifier, number
from mithaq.domain.signed_text import SignedText
from mithaq.domain.terms import FieldTerms
from mithaq.domain.texts import PROSE_MAX, Texts, UtcOffset, check_texts
from mithaq.errors import MalformedError

AGREEMENT_MAX = 192 * 1024
"""Bytes of the text: with its signatures, 6 KiB each, it stays a note within 256 KiB (protocol 5)."""

FIELDS_MAX = 64
"""Fields of one agreement: more than any published instrument between two ministries names."""

NOTICE_MAX = 730
"""Days of notice: two years bind long enough."""


class Agreement(SignedText, frozen=True, kw_only=True, tag="mithaq/agreement/1"):
    """One agreement, well formed by itself.

    Args:
        relation: identifier of the relation between the two, the same in every text of it.
        serial: number of the text in its relation, rising.
        previous: digest of the text in force before; empty for the first.
        sign_by: until when a side may activate it.
        starts, ends: when its exchanges may begin; without ``ends`` until notice has run.
        notice_days: between notice of termination and the end.
        utc_offset: by which days are counted.
        title, prose: what people read, by language. The terms prevail over the prose for the machine.
        exercise: a mark by language that this is no text of any government; empty in a true one.
        instrument, parties, fields, profiles: see their classes.

    Raises:
        MalformedError: a member that cannot be so, when made.
    """

    limit = AGREEMENT_MAX

    relation: str
    serial: int
    previous: str = ""
    sign_by: Moment
    starts: Moment
    ends: Moment | None = None
    notice_days: int
    utc_offset: UtcOffset
    title: Texts
    exercise: Texts = {}  # noqa: RUF012 - a Mapping: nothing changes it
    prose: Texts
    instrument: Instrument
    parties: tuple[PartyTable, PartyTable]
    fields: Mapping[str, FieldTerms]
    profiles: Mapping[str, RequestProfile] = {}

    def __post_init__(self) -> None:
        self._check_life()
        self._check_languages()
        self._check_parties()
        self._check_fields()
        self._check_direction()

    def _check_life(self) -> None:
        identifier(self.relation, "relation")
        number(1)(self.serial, "serial")
        if self.previous:
            hexadecimal(32)(self.previous, "previous")
        if self.serial == 1 and self.previous:
            raise MalformedError("a first text has none before it", where="previous", got=self.previous)
        if self.ends is not None and self.ends <= self.starts:
            raise MalformedError("it ends before it starts", where="ends", got=self.ends)
        number(0, NOTICE_MAX)(self.notice_days, "notice_days")

    def _check_languages(self) -> None:
        check_texts(self.title, "title")
        check_texts(self.prose, "prose", PROSE_MAX)
        if self.exercise:
            check_texts(self.exercise, "exercise")
        for where, texts in (("prose", self.prose), ("exercise", self.exercise or self.title)):
            if texts.keys() != self.title.keys():
                raise MalformedError(
                    "not in the languages of the title",
                    where=where,
                    expected=" ".join(sorted(self.title)),
                    got=" ".join(sorted(texts)),
                )

    def _check_parties(self) -> None:
        first, second = self.parties
        if not first.origin < second.origin:
            raise MalformedError(
                "the parties are not two, sorted by origin",
                where="parties",
                got=f"{first.origin} {second.origin}",
            )

    def _check_fields(self) -> None:
        if not 1 <= len(self.fields) <= FIELDS_MAX:
            raise MalformedError("no or too many fields", where="fields", expected=f"1 to {FIELDS_MAX}")
        for name in (*self.fields, *self.profiles):
            identifier(name, "fields and profiles")
        named = {terms.profile for terms in self.fields.values() if terms.profile}
        if named != set(self.profiles):
            raise MalformedError(
                "fields and request profiles do not name each other: no hidden law",
                where="profiles",
                expected=" ".join(sorted(named)),
                got=" ".join(sorted(self.profiles)),
            )

    def _check_direction(self) -> None:
        """A party stands in its own table only, so that no term can favour one (protocol 4)."""
        whole = cast("dict[str, object]", msgspec.to_builtins(self, enc_hook=str))
        for party, other in (self.parties, self.parties[::-1]):
            theirs = cast("object", msgspec.to_builtins(other))
            for text in _strings({**whole, "parties": theirs}):
                if party.origin in text.casefold().replace(other.origin, ""):
                    raise MalformedError("a party is mentioned outside its table", where="parties", got=text)
            names = [name.casefold() for name in party.name.values()]
            for text in _strings([whole["fields"], whole.get("profiles")]):
                if any(name in text.casefold() for name in names):
                    raise MalformedError("a party is mentioned in the terms", where="fields", got=text)

    @property
    def origins(self) -> tuple[Origin, Origin]:
        """The two parties, sorted."""
        return self.parties[0].origin, self.parties[1].origin

    def party(self, name: str) -> PartyTable:
        """The table of one party.

        Raises:
            MalformedError: ``name`` is not the origin of a party.
        """
        for party in self.parties:
            if party.origin == name:
                return party
        raise MalformedError("not a party to this agreement", expected=" ".join(self.origins), got=name)

    def profile_of(self, field: str) -> RequestProfile | None:
        """The request profile of a field; None where the text has no such field or it allows no requests."""
        terms = self.fields.get(field)
        return self.profiles.get(terms.profile) if terms else None


def _strings(value: object) -> Iterator[str]:
    """Every string in a value made of tables and lists, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, member in cast("Mapping[str, object]", value).items():
            yield key
            yield from _strings(member)
    elif isinstance(value, list | tuple):
        for member in cast("list[object]", value):
            yield from _strings(member)
