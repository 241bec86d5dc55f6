"""The page at the end of the exercise: at most 25 lines that a minister can read, in one language.

Names of parties, fields and of the text itself come from the signed text, everything else from the catalogue.
"""

from collections.abc import Iterator

from mithaq.demo.exercise import mark, read_in
from mithaq.demo.outcome import Outcome, Told
from mithaq.demo.part import Part
from mithaq.demo.screen import Screen, number, size
from mithaq.words import Words

LINES_MAX = 25
"""Lines of the page: what stays in one look."""

_MANY = 1_000
"""Objects from which on a rate says something: fewer take as long as the way there and back."""
_DIGITS = 12
"""Hex digits shown of a hash: enough to compare by eye; the files hold all of them."""


class Summary:
    """The page of one outcome.

    Args:
        screen: where it goes, and in which language.
        outcome: what it says.
    """

    def __init__(self, screen: Screen, outcome: Outcome) -> None:
        self._screen = screen
        self._words: Words = screen.words
        self._language = screen.words.language
        self._outcome = outcome
        self._letters = (self._words("A"), self._words("B"))

    def lines(self) -> Iterator[str]:
        """The page, line by line."""
        outcome = self._outcome
        yield mark(self._language)
        yield self._words(
            "{one} ({a}) and {other} ({b})",
            one=self._name(0),
            other=self._name(1),
            a=self._letters[0],
            b=self._letters[1],
        )
        yield read_in(outcome.agreement.title, self._language)
        yield ""
        yield self._words("What was exchanged:")
        yield from ("  " + self._told(told) for told in outcome.told)
        yield from self._shown(held=False)
        yield ""
        yield self._words("What both nodes hold:")
        yield from ("  " + line for line in self._held())
        yield from self._shown(held=True)
        yield ""
        yield self._words(
            "Duration: {seconds} s. Nobody stood in the middle: two nodes, two stores, one signed text.",
            seconds=number(self._language, outcome.seconds),
        )

    def show(self) -> None:
        """Print the page."""
        for line in self.lines():
            self._screen.line(line)

    def _shown(self, *, held: bool) -> Iterator[str]:
        for shown in self._outcome.shown:
            if shown.sentence and shown.held is held:
                yield "  " + shown.sentence

    def _name(self, side: int) -> str:
        party = self._outcome.agreement.party(self._outcome.origins[side])
        return read_in(party.name, self._language)

    def _told(self, told: Told) -> str:
        return self._words(
            "{title} from {author} to {reader}, {field}: {what}; check result: {verdict}, after {seconds} s",
            title=self._words(told.part.title),
            author=self._letters[told.part.side],
            reader=self._letters[1 - told.part.side],
            field=self._field(told.part),
            what=self._what(told),
            verdict=self._words(told.verdict),
            seconds=number(self._language, told.seconds, 2),
        )

    def _what(self, told: Told) -> str:
        part, octets = told.part, size(self._words, told.part.size)
        if part.objects >= _MANY:
            return self._words(
                "{objects}, {size}, {rate} a second",
                objects=self._words.plural(
                    "{count} STIX object",
                    "{count} STIX objects",
                    part.objects,
                    count=number(self._language, part.objects),
                ),
                size=octets,
                rate=number(self._language, part.objects / told.seconds),
            )
        count = len(part.message.contents)
        if count == 1:
            return octets
        contents = self._words.plural("{n} content", "{n} contents", count)
        return self._words("{size} in {contents}", size=octets, contents=contents)

    def _field(self, part: Part) -> str:
        return read_in(self._outcome.agreement.fields[part.message.field].title, self._language)

    def _held(self) -> Iterator[str]:
        outcome = self._outcome
        for letter, log in zip(self._letters, outcome.logs, strict=True):
            yield self._words(
                "Log of {name}: {entries}, the same root on both nodes, {root}",
                name=letter,
                entries=self._words.plural("{n} entry", "{n} entries", log.size),
                root=self._screen.ltr(log.root[:_DIGITS]),
            )
        yield self._words(
            "Record of the pair: {lines}, identical to the byte on both nodes, SHA-256 {digest}",
            lines=self._words.plural("{n} line", "{n} lines", outcome.record_lines),
            digest=self._screen.ltr(outcome.record_digest[:_DIGITS]),
        )
