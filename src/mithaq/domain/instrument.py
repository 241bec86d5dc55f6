"""The instrument: the paper that an agreement carries out (protocol section 4)."""

import re
from datetime import date

import msgspec

from mithaq.domain.shapes import hexadecimal, identifier
from mithaq.domain.texts import Texts, check_languages, check_texts
from mithaq.errors import MalformedError

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


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
        identifier(self.kind, "instrument.kind")
        _check_date(self.date)
        check_languages(self.authentic, "instrument.authentic")
        if self.prevailing and self.prevailing not in self.authentic:
            raise MalformedError(
                "the prevailing language is not authentic", where="instrument.prevailing", got=self.prevailing
            )
        if self.scan:
            hexadecimal(32)(self.scan, "instrument.scan")
        check_texts(self.title, "instrument.title")
        check_texts(self.place, "instrument.place")


def _check_date(text: str) -> None:
    try:
        if _DATE.fullmatch(text) and date.fromisoformat(text):
            return
    except ValueError:
        pass
    raise MalformedError("not a date", where="instrument.date", expected="YYYY-MM-DD", got=text)
