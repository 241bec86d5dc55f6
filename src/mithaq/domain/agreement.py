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

Content about persons is refused here, without any switch, until every safeguard for it stands (protocol 4).
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Self, cast

import msgspec

from mithaq.domain import strict_toml
from mithaq.domain.canonical import INTEGER_MAX
from mithaq.domain.entry import BODY_MAX, media_type
from mithaq.domain.handling import PAP, TLP
from mithaq.domain.kinds import EXCHANGE_KINDS
from mithaq.domain.moment import Moment
from mithaq.domain.party import Origin, origin
from mithaq.domain.profile import RequestProfile
from mithaq.domain.texts import (
    PROSE_MAX,
    TITLE_MAX,
    Texts,
    UtcOffset,
    check_digest,
    check_identifier,
    check_language,
    check_texts,
)
from mithaq.errors import MalformedError

AGREEMENT_MAX = 192 * 1024
"""Bytes of the text: with its signatures, 6 KiB each, it stays a note within 256 KiB (protocol 5)."""

FIELDS_MAX = 64
"""Fields of one agreement: more than any published instrument between two ministries names."""

RETENTION_MAX = 3_650
"""Days: ten years; what must be kept longer belongs into the file of the case, not into the node."""

NOTICE_MAX = 730
"""Days of notice: two years bind long enough."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class DataClass(StrEnum):
    """What contents may be about; ``persons`` is known so that it can be refused by name."""

    NONE = "none"
    TECHNICAL = "technical"
    PERSONS = "persons"


class Onward(StrEnum):
    """Whether contents may go to a third side: never, or with the owner's consent to item and recipient."""

    NONE = "none"
    CONSENT = "consent"


class Instrument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The paper that the agreement carries out; it prevails over the note.

    Args:
        kind: identifier: ``declaration-of-intent``, ``treaty``, ``memorandum``.
        date: of signature, ``YYYY-MM-DD``.
        authentic: tags of the languages in which it is authentic, sorted.
        prevailing: the one that prevails where they differ; empty if none does.
        scan: SHA-256 of the file of the signed paper; empty while there is none.
        title, place: by language.
    """

    kind: str
    date: str
    authentic: tuple[str, ...]
    prevailing: str = ""
    scan: str = ""
    title: Texts
    place: Texts

    def __post_init__(self) -> None:
        check_identifier(self.kind, "instrument.kind")
        _check_date(self.date)
        _check_list(self.authentic, "instrument.authentic")
        for tag in self.authentic:
            check_language(tag, "instrument.authentic")
        if self.prevailing and self.prevailing not in self.authentic:
            raise MalformedError(
                "the prevailing language is not authentic", where="instrument.prevailing", got=self.prevailing
            )
        if self.scan:
            check_digest(self.scan, "instrument.scan")
        check_texts(self.title, "instrument.title")
        check_texts(self.place, "instrument.place")


class PartyTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What differs by nature between the parties; each fills every member.

    Args:
        origin: the party.
        languages: tags of the languages in which it accepts contents, sorted.
        name: the authority, by language.
        signatory: the office that signed the instrument and its capacity, by language; never a person's name.
        legal_basis: the law on which it exchanges, by language.
        supervisor: who supervises its processing, by language.
        contact: where it is reached outside the node, by language.
    """

    origin: Origin
    languages: tuple[str, ...]
    name: Texts
    signatory: Texts
    legal_basis: Texts
    supervisor: Texts
    contact: Texts

    def __post_init__(self) -> None:
        origin(self.origin)
        where = f"parties.{self.origin}"
        _check_list(self.languages, f"{where}.languages")
        for tag in self.languages:
            check_language(tag, f"{where}.languages")
        for member in ("name", "signatory", "legal_basis", "supervisor", "contact"):
            check_texts(getattr(self, member), f"{where}.{member}", 2 * TITLE_MAX)


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
        for name, value, most in (
            ("body_max", self.body_max, BODY_MAX),
            ("retention_days", self.retention_days, RETENTION_MAX),
        ):
            if not 1 <= value <= most:
                raise MalformedError("a number out of range", where=name, expected=f"1 to {most}", got=value)
        if self.protects not in ((), ("life",)):
            raise MalformedError("unknown protection", where="protects", expected='["life"]')

    def _check_kinds(self) -> None:
        _check_list(self.kinds, "kinds")
        for kind in self.kinds:
            _check_word(kind, EXCHANGE_KINDS, "kinds")
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
        _check_word(self.tlp, TLP, "tlp")
        if self.pap:
            _check_word(self.pap, PAP, "pap")
        _check_list(self.media_types, "media_types")
        for media in self.media_types:
            media_type(media, "media_types")


class Agreement(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    kw_only=True,
    tag_field="type",
    tag="mithaq/agreement/1",
):
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

    relation: str
    serial: int
    previous: str = ""
    sign_by: Moment
    starts: Moment
    ends: Moment | None = None
    notice_days: int
    utc_offset: UtcOffset
    title: Texts
    exercise: Texts = {}
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
        check_identifier(self.relation, "relation")
        if not 1 <= self.serial <= INTEGER_MAX:
            raise MalformedError("a serial out of range", where="serial", expected="from 1", got=self.serial)
        if self.previous:
            check_digest(self.previous, "previous")
        if self.serial == 1 and self.previous:
            raise MalformedError("a first text has none before it", where="previous", got=self.previous)
        if self.ends is not None and self.ends <= self.starts:
            raise MalformedError("it ends before it starts", where="ends", got=self.ends)
        if not 0 <= self.notice_days <= NOTICE_MAX:
            raise MalformedError(
                "a number out of range",
                where="notice_days",
                expected=f"0 to {NOTICE_MAX}",
                got=self.notice_days,
            )

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
            check_identifier(name, "fields and profiles")
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

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read the text of an agreement, without its signatures.

        Raises:
            LimitError: it is larger than ``AGREEMENT_MAX``.
            MalformedError: it is not the text of an agreement in its one form.
        """
        return strict_toml.read(cls, text, AGREEMENT_MAX)

    def text(self) -> bytes:
        """The text that is signed."""
        return strict_toml.write(self)

    @property
    def digest(self) -> str:
        """SHA-256 of the text in hex: it identifies the agreement."""
        return hashlib.sha256(self.text()).hexdigest()

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


def _check_date(text: str) -> None:
    try:
        if _DATE.fullmatch(text) and date.fromisoformat(text):
            return
    except ValueError:
        pass
    raise MalformedError("not a date", where="instrument.date", expected="YYYY-MM-DD", got=text)


def _check_list(items: tuple[str, ...], where: str) -> None:
    """Not empty, sorted, each once: a list that is a set has one written form."""
    if not items or list(items) != sorted(set(items)):
        raise MalformedError(
            "not a sorted list without repetition",
            where=where,
            expected=" ".join(sorted(set(items))),
            got=" ".join(items),
        )


def _check_word(word: str, words: tuple[str, ...], where: str) -> None:
    if word not in words:
        raise MalformedError("unknown word", where=where, expected=" ".join(words), got=word)
