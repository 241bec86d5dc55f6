"""The stage of an exercise: two nodes that know nothing of each other become partners and exchange.

Every step expects something of what the nodes say and stops at once, with what was expected, when it does not
hold. The demo asks the nodes through their own doors; it opens no store.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from mithaq.demo.exercise import read_in
from mithaq.demo.outcome import Log, Outcome, Shown, Told
from mithaq.demo.part import Part
from mithaq.demo.proof import Proof
from mithaq.demo.rabat import RABAT
from mithaq.demo.sample import Sample
from mithaq.demo.screen import Screen, clock
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


@dataclass(frozen=True, slots=True)
class Said:
    """A part that is on its way.

    Args:
        part: what was said.
        leaf: its leaf hash in hex.
        began: when, by the demo's own watch.
    """

    part: Part
    leaf: str
    began: float


class Stage:
    """One exercise.

    Args:
        seats: both sides in the order of the sample; their nodes run.
        proof: where the files for a third party go.
        screen: where each step is told.
        sample: the text that they put in force.

    Attributes:
        told: what was exchanged so far.
        shown: what else was shown so far.
    """

    def __init__(
        self, seats: tuple[Seat, Seat], proof: Proof, screen: Screen, sample: Sample = RABAT
    ) -> None:
        self.seats = seats
        self.proof = proof
        self.screen = screen
        self.words = screen.words
        self.told: list[Told] = []
        self.shown: list[Shown] = []
        self._sample = sample
        self._agreement: Agreement | None = None

    @property
    def agreement(self) -> Agreement:
        """The text in force; raises ExpectationError before there is one."""
        if self._agreement is None:
            raise ExpectationError("there is no agreement yet")
        return self._agreement

    def outcome(self) -> Outcome:
        """All of it, when everything has been said: compares both nodes once more."""
        logs, record = self.compare()
        return Outcome(
            scenario=self._sample.name,
            origins=(self.seats[0].origin, self.seats[1].origin),
            agreement=self.agreement,
            told=tuple(self.told),
            shown=tuple(self.shown),
            logs=logs,
            record=record,
            seconds=self.screen.elapsed(),
        )

    # --- partners -----------------------------------------------------------------------------------------

    def introduce(self) -> None:
        """Make partners of two nodes that know nothing of each other."""
        self.screen.step(self.words("Cards are exchanged; each fingerprint is typed back as it was heard"))
        for seat, other in self.both_ways():
            heard = other.fingerprint
            seat.service.introduce(other.card, heard)
            self.screen.detail(f"{self.screen.ltr(other.origin)}: {self.screen.ltr(heard)}")
        for seat, other in self.both_ways():
            wait(f"{seat.origin} and its partner have met", partial(seat.met, other.origin))

    def agree(self) -> None:
        """Put the sample text in force between them."""
        self.screen.step(self.words("Both authorities sign the text, and both nodes put it in force"))
        one, other = self.seats
        text = self._sample.agreement(int(time.time()), origins=(one.origin, other.origin))
        name = one.service.propose(other.origin, one.sign(text.text()))
        expect("a text has one digest on both sides", name, text.digest)
        note = wait("the proposed text arrives", partial(other.note, name))
        other.service.cosign(other.sign(text.text()))
        expect("the partner got the text that was proposed", True, text.text() in note)
        other.service.activate(one.origin, name)
        one.service.cosign(other.note(name))
        one.service.activate(other.origin, name)
        for seat, partner in self.both_ways():
            wait("the text is in force on both sides", partial(seat.in_force, partner.origin, name))
        self.proof.put("agreement.note", one.note(name))
        self.screen.detail(read_in(text.title, self.words.language))
        self._agreement = text

    # --- exchange -----------------------------------------------------------------------------------------

    def tell(self, part: Part, *, listed: bool = True) -> Told:
        """Say something and wait for its verdict: ``say``, then ``heard``."""
        return self.heard(self.say(part), listed=listed)

    def say(self, part: Part) -> Said:
        """Say something."""
        seat, partner = self.sides(part)
        began = time.monotonic()
        return Said(part, seat.service.send(partner.origin, part.message).leaf, began)

    def heard(self, said: Said, *, listed: bool = True) -> Told:
        """What became of it: accepted, with every content at its reader, or ExpectationError.

        Args:
            said: what is on its way.
            listed: whether it stands among ``told``, or is only a part of what a step shows.
        """
        part, leaf = said.part, said.leaf
        seat, partner = self.sides(part)

        def look() -> Item | None:
            item = seat.service.item(partner.origin, leaf)
            return item if item.verdict and item.held else None

        item = wait(f"the verdict on {part.message.kind} {leaf[:12]}", look)
        seconds = time.monotonic() - said.began
        expect(f"{part.message.kind} is accepted", ("accepted", ()), (item.verdict, item.codes))
        self._arrived(part, leaf)
        told = Told(part, leaf, item.entry.at, item.held, item.verdict, seconds)
        self._ladder(told)
        if listed:
            self.told.append(told)
        return told

    def _arrived(self, part: Part, leaf: str) -> None:
        """The reader has all contents, and the very bytes of the first and the last."""
        seat, partner = self.sides(part)
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
        self.screen.detail(
            self.words(
                "{title}: sent {at}, held {held}, check result: {verdict}",
                title=self.words(told.part.title),
                at=clock(told.at),
                held=clock(told.held),
                verdict=self.words(told.verdict),
            )
        )

    # --- what is equal in the end -------------------------------------------------------------------------

    def compare(self) -> tuple[tuple[Log, Log], bytes]:
        """Both logs, and the record of the pair: the same on both nodes, or ExpectationError."""
        self.screen.step(self.words("Both nodes write out the record of the pair; the records are compared"))
        one, other = self.seats

        def look() -> bytes | None:
            mine = one.service.record_lines(other.origin)
            theirs = other.service.record_lines(one.origin)
            return mine if mine == theirs else None

        record = wait("both records are identical to the byte", look)
        for seat, partner in self.both_ways():
            self.proof.put(f"record-{seat.name}.jsonl", seat.service.record_lines(partner.origin))
        here, there = one.service.status(other.origin), other.service.status(one.origin)
        own, mirror = Log(here.own_size, here.own_root), Log(here.mirror_size, here.mirror_root)
        expect("one log is the same on both nodes", own, Log(there.mirror_size, there.mirror_root))
        expect("the other log is the same on both nodes", mirror, Log(there.own_size, there.own_root))
        return (own, mirror), record

    # --- who ----------------------------------------------------------------------------------------------

    def both_ways(self) -> tuple[tuple[Seat, Seat], tuple[Seat, Seat]]:
        """Each side, and its partner."""
        one, other = self.seats
        return (one, other), (other, one)

    def sides(self, part: Part) -> tuple[Seat, Seat]:
        """Who says a part, and to whom."""
        return self.both_ways()[part.side]
