"""The exercise itself: two nodes that know nothing of each other become partners, exchange, and prove it.

Every step expects something of what the nodes say and stops at once, with what was expected, when it does not
hold. The demo asks the nodes through their own doors; it opens no store.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from mithaq.demo import programme, refusal
from mithaq.demo.outcome import Log, Outcome, Told
from mithaq.demo.programme import ATLAS, LINDMARK, Part
from mithaq.demo.proof import Proof, changed
from mithaq.demo.rabat import rabat
from mithaq.demo.screen import Screen, clock, size
from mithaq.demo.seat import Seat
from mithaq.domain.agreement import Agreement
from mithaq.errors import MithaqError
from mithaq.exchange.reading import Item

PATIENCE = 45.0
"""Seconds that the demo waits for anything: longer would not be "under 60 seconds" any more."""
_PAUSE = 0.02
"""Seconds between two looks: a node answers one in about a millisecond."""

_T = TypeVar("_T")


class ExpectationError(MithaqError):
    """Something that the demo shows did not come out as it must."""


def expect(what: str, expected: object, got: object) -> None:
    """Stop unless two values are equal.

    Raises:
        ExpectationError: they differ.
    """
    if expected != got:
        raise ExpectationError(f"the demo failed: {what}", expected=str(expected), got=got)


def wait(what: str, look: Callable[[], _T | None]) -> _T:
    """Look again and again until there is something that counts as true.

    Raises:
        ExpectationError: nothing came within ``PATIENCE``.
    """
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(_PAUSE)
    raise ExpectationError(f"the demo failed: {what}", got=f"nothing within {PATIENCE:.0f} s")


class Stage:
    """One exercise.

    Args:
        seats: Atlas and Lindmark, whose nodes run.
        proof: where the files for a third party go.
        screen: where each step is told.
    """

    def __init__(self, seats: tuple[Seat, Seat], proof: Proof, screen: Screen) -> None:
        self._seats = seats
        self._proof = proof
        self._screen = screen
        self._words = screen.words

    def play(self, objects: Sequence[dict[str, Any]]) -> Outcome:
        """The whole exercise, with these STIX objects.

        Raises:
            ExpectationError: something did not come out as it must.
            MithaqError: a node, or the sample, said no.
        """
        self.introduce()
        agreement = self.agree()
        codes = self._refuse(programme.forbidden(), agreement)
        told = list(self._exchange(objects))
        large, warned, lead = self._overtake()
        told += [warned, large]
        self._prove(warned)
        logs, record = self.compare()
        return Outcome(
            agreement=agreement,
            told=tuple(told),
            lead=lead,
            forbidden=programme.forbidden(),
            codes=codes,
            logs=logs,
            record=record,
            seconds=self._screen.elapsed(),
        )

    # --- partners -----------------------------------------------------------------------------------------

    def introduce(self) -> None:
        """Make partners of two nodes that know nothing of each other."""
        self._screen.step(self._words("Cards are exchanged; each fingerprint is typed back as it was heard"))
        for seat, other in self._both_ways():
            heard = other.fingerprint
            seat.service.introduce(other.card, heard)
            self._screen.detail(f"{self._screen.ltr(other.origin)}: {self._screen.ltr(heard)}")
        for seat, other in self._both_ways():
            wait(f"{seat.origin} and its partner have met", partial(seat.met, other.origin))

    def agree(self) -> Agreement:
        """Put the sample text in force between them."""
        self._screen.step(self._words("Both authorities sign the text, and both nodes put it in force"))
        one, other = self._seats
        text = rabat(int(time.time()), origins=(one.origin, other.origin))
        name = one.service.propose(other.origin, one.sign(text.text()))
        expect("a text has one digest on both sides", name, text.digest)
        note = wait("the proposed text arrives", partial(other.note, name))
        other.service.cosign(other.sign(text.text()))
        expect("the partner got the text that was proposed", True, text.text() in note)
        other.service.activate(one.origin, name)
        one.service.cosign(other.note(name))
        one.service.activate(other.origin, name)
        for seat, partner in self._both_ways():
            wait("the text is in force on both sides", partial(seat.in_force, partner.origin, name))
        self._proof.put("agreement.note", one.note(name))
        self._screen.detail(text.title[self._words.language])
        return text

    # --- exchange -----------------------------------------------------------------------------------------

    def _refuse(self, part: Part, agreement: Agreement) -> tuple[str, ...]:
        self._screen.step(self._words("An alert is tried in a field for which the text allows none"))
        seat, partner = self._sides(part)
        before = seat.service.status(partner.origin).own_size
        codes = seat.refused(partner.origin, part.message)
        expect("the text does not allow this kind in this field", ("kind",), codes)
        expect(
            "nothing of what was refused is in the log", before, seat.service.status(partner.origin).own_size
        )
        self._screen.detail(refusal.sentence(self._words, agreement, part, codes))
        return codes

    def _exchange(self, objects: Sequence[dict[str, Any]]) -> list[Told]:
        self._screen.step(self._words("One of each kind is exchanged"))
        told = [self._tell(programme.request())]
        told.append(self._tell(programme.reply(told[0].leaf)))
        seat, partner = self._sides(told[0].part)
        items = seat.items(partner.origin, told[0].leaf)
        expect("both items of the request are answered", ("answered", "answered"), items)
        told.append(self._tell(programme.expertise()))
        told.append(self._tell(programme.information(objects)))
        return told

    def _overtake(self) -> tuple[Told, Told, float]:
        large, warning = programme.large(), programme.warning()
        self._screen.step(
            self._words(
                "A document of {size} is on its way; an alert is entered behind it",
                size=size(self._words, large.size),
            )
        )
        document = self._say(large)
        warned = self._await(self._say(warning))
        seat, partner = self._sides(large)
        now = seat.service.item(partner.origin, document[1])
        expect(
            "the large document is not complete when the alert has its verdict",
            (0, ""),
            (now.held, now.verdict),
        )
        began = time.monotonic()
        done = self._await(document)
        return done, warned, time.monotonic() - began

    def _tell(self, part: Part) -> Told:
        return self._await(self._say(part))

    def _say(self, part: Part) -> tuple[Part, str, float]:
        seat, partner = self._sides(part)
        began = time.monotonic()
        return part, seat.service.send(partner.origin, part.message).leaf, began

    def _await(self, said: tuple[Part, str, float]) -> Told:
        part, leaf, began = said
        seat, partner = self._sides(part)

        def look() -> Item | None:
            item = seat.service.item(partner.origin, leaf)
            return item if item.verdict and item.held else None

        item = wait(f"the verdict on {part.message.kind} {leaf[:12]}", look)
        seconds = time.monotonic() - began
        expect(f"{part.message.kind} is accepted", ("accepted", ()), (item.verdict, item.codes))
        self._arrived(part, leaf)
        told = Told(part, leaf, item.entry.at, item.held, item.verdict, seconds)
        self._ladder(told)
        return told

    def _arrived(self, part: Part, leaf: str) -> None:
        """The reader has all contents, and the very bytes of the first and the last."""
        seat, partner = self._sides(part)
        present = partner.service.item(seat.origin, leaf).present
        expect("every content is with its reader", (True,) * len(part.message.contents), present)
        for ordinal in sorted({0, len(part.message.contents) - 1}):
            content = partner.service.content(seat.origin, leaf, ordinal)
            expect(
                f"content {ordinal} arrived as it was sent",
                True,
                content == part.message.contents[ordinal][1],
            )

    def _ladder(self, told: Told) -> None:
        self._screen.detail(
            self._words(
                "{title}: sent {at}, held {held}, check result: {verdict}",
                title=self._words(told.part.title),
                at=clock(told.at),
                held=clock(told.held),
                verdict=self._words(told.verdict),
            )
        )

    # --- proof --------------------------------------------------------------------------------------------

    def _prove(self, told: Told) -> None:
        self._screen.step(self._words("A separate process verifies the proof of delivery, from files alone"))
        seat, partner = self._sides(told.part)
        receipt = seat.service.receipt(partner.origin, told.leaf)
        code, said = self._proof.verify(self._proof.put("alert.receipt", receipt))
        expect(f"the receipt is verified ({said})", 0, code)
        self._screen.detail(self._words("The proof holds."))
        code, said = self._proof.verify(self._proof.put("alert.changed.receipt", changed(receipt)))
        expect("a receipt with one byte changed is refused", True, code != 0)
        self._screen.detail(self._words("With one byte changed it is refused."))

    def compare(self) -> tuple[tuple[Log, Log], bytes]:
        """Both logs, and the record of the pair: the same on both nodes, or ExpectationError."""
        self._screen.step(
            self._words("Both nodes write out the record of the pair; the records are compared")
        )
        one, other = self._seats

        def look() -> bytes | None:
            mine = one.service.record_lines(other.origin)
            theirs = other.service.record_lines(one.origin)
            return mine if mine == theirs else None

        record = wait("both records are identical to the byte", look)
        for seat, partner in self._both_ways():
            self._proof.put(f"record-{seat.name}.jsonl", seat.service.record_lines(partner.origin))
        here, there = one.service.status(other.origin), other.service.status(one.origin)
        own, mirror = Log(here.own_size, here.own_root), Log(here.mirror_size, here.mirror_root)
        expect("one log is the same on both nodes", own, Log(there.mirror_size, there.mirror_root))
        expect("the other log is the same on both nodes", mirror, Log(there.own_size, there.own_root))
        return (own, mirror) if one.origin < other.origin else (mirror, own), record

    # --- who ----------------------------------------------------------------------------------------------

    def _both_ways(self) -> tuple[tuple[Seat, Seat], tuple[Seat, Seat]]:
        one, other = self._seats
        return (one, other), (other, one)

    def _sides(self, part: Part) -> tuple[Seat, Seat]:
        """Who says it, and to whom."""
        if part.side == ATLAS:
            return self._seats[ATLAS], self._seats[LINDMARK]
        return self._seats[LINDMARK], self._seats[ATLAS]
