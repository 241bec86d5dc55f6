"""What a signed text says in several languages, and its small words (protocol sections 3 and 4)."""

import re
from collections.abc import Mapping
from typing import Self

from mithaq.errors import MalformedError

TITLE_MAX = 200
"""Characters of a name or title: it fits a list, a form and the head of a page."""

PROSE_MAX = 20_000
"""Characters of prose in one language: some eight printed pages."""

LANGUAGES_MAX = 12
"""Languages of one text: each must be read by somebody before it is signed."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
_OFFSET = re.compile(r"([+-])(0\d|1[0-4]):(00|15|30|45)", re.ASCII)

Texts = Mapping[str, str]
"""The same thing said in several languages: language tag to text."""


def check_language(tag: str, where: str) -> None:
    """A BCP 47 tag of language, script and region, in its usual case: ``ar``, ``zgh-Tfng``, ``fr-MA``.

    Raises:
        MalformedError: it is of another form.
    """
    if not _LANGUAGE.fullmatch(tag):
        raise MalformedError("not a language tag", where=where, expected="for example ar or fr-MA", got=tag)


def check_languages(tags: tuple[str, ...], where: str) -> None:
    """A sorted list of language tags, not empty.

    Raises:
        MalformedError: it is not, or a tag is none.
    """
    check_sorted(tags, where)
    for tag in tags:
        check_language(tag, where)


def check_sorted(items: tuple[str, ...], where: str) -> None:
    """Not empty, sorted, each once: a list that is a set has one written form.

    Raises:
        MalformedError: it is not.
    """
    if not items or list(items) != sorted(set(items)):
        raise MalformedError(
            "not a sorted list without repetition",
            where=where,
            expected=" ".join(sorted(set(items))),
            got=" ".join(items),
        )


def check_texts(texts: Texts, where: str, limit: int = TITLE_MAX) -> None:
    """Texts in at least one language, each within the limit; names and titles are of one line.

    Raises:
        MalformedError: no language, an empty or too long text, a tag that is none.
    """
    if not 1 <= len(texts) <= LANGUAGES_MAX:
        raise MalformedError("texts in no or too many languages", where=where, got=len(texts))
    for tag, text in texts.items():
        check_language(tag, where)
        one_line = limit > TITLE_MAX or "\n" not in text
        if not (text.strip() and len(text) <= limit and one_line):
            raise MalformedError(
                "a text that is empty, too long or of several lines",
                where=f"{where}.{tag}",
                expected=f"1 to {limit} characters",
                got=len(text),
            )


class UtcOffset(str):
    """A fixed offset from UTC, ``+01:00``: never the name of a zone, whose rules somebody else may change."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an offset.

        Raises:
            MalformedError: not ``±hh:mm`` in quarters of an hour, at most 14 hours, or ``-00:00``.
        """
        if not _OFFSET.fullmatch(text) or text == "-00:00":
            raise MalformedError("not an offset from UTC", expected="for example +01:00", got=text)
        return cls(text)

    @property
    def seconds(self) -> int:
        """What local time is ahead of UTC."""
        size = int(self[1:3]) * 3600 + int(self[4:6]) * 60
        return size if self[0] == "+" else -size
