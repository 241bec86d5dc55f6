"""The scenarios of the demo: for each a sample text, and what the two sides do under it, step by step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mithaq.demo import cairo_parts, rabat_parts
from mithaq.demo.cairo import CAIRO
from mithaq.demo.carrying import carry
from mithaq.demo.erasing import erase
from mithaq.demo.galaxies import galaxy_objects
from mithaq.demo.infrastructure import attack_infrastructure
from mithaq.demo.lying import lie
from mithaq.demo.overtaking import overtake
from mithaq.demo.proving import prove
from mithaq.demo.rabat import RABAT
from mithaq.demo.refusal import refuse
from mithaq.demo.sample import Sample
from mithaq.demo.stage import Stage, expect
from mithaq.demo.suspending import suspend

Objects = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Props:
    """What is brought to the stage.

    Args:
        objects: STIX objects to send.
        liar: a program that serves a node without its rules; None where there is none.
        directory: not there yet, for files that are carried.
    """

    objects: Objects
    liar: Path | None
    directory: Path


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario.

    Args:
        sample: the text that both sides sign.
        objects: makes the STIX objects that are sent where nobody gives others.
        play: what happens once the text is in force.
    """

    sample: Sample
    objects: Callable[[], Objects]
    play: Callable[[Stage, Props], None]


def _rabat(stage: Stage, props: Props) -> None:
    """One of each kind; an alert overtakes; proof; suspension; erasure; a lie; files are carried."""
    words = stage.words
    stage.screen.step(words("An alert is tried in a field for which the text allows none"))
    refuse(stage, rabat_parts.forbidden(), ("kind",))
    stage.screen.step(words("One of each kind is exchanged"))
    request = stage.tell(rabat_parts.request())
    stage.tell(rabat_parts.reply(request.leaf))
    _answered(stage, 0)
    paper = stage.tell(rabat_parts.expertise())
    stage.tell(rabat_parts.information(props.objects))
    overtake(stage, rabat_parts.large(), rabat_parts.warning())
    (warned,) = [told for told in stage.told if told.part.message.kind == "alert"]
    stage.screen.step(words("A separate process verifies the proof of delivery, from files alone"))
    line = words(
        "The proof of delivery of the alert was verified from files alone; one changed byte was found."
    )
    prove(stage, "alert", warned, line)
    suspend(stage, rabat_parts.question(), rabat_parts.warning())
    erase(stage, "expertise", paper)
    lie(stage, props.liar, rabat_parts.forbidden(), ("kind",))
    carry(stage, props.directory, rabat_parts.carried())


def _cairo(stage: Stage, props: Props) -> None:
    """Courses both ways; a forum, a paper, the relation register; security with terms of its own; proof."""
    words = stage.words
    stage.screen.step(words("Technical data is tried in a field that carries none"))
    refuse(stage, cairo_parts.forbidden(), ("media-type", "data-class"))
    stage.screen.step(words("Either side offers courses, and the other takes seats in them"))
    offered = stage.tell(cairo_parts.courses_offered())
    stage.tell(cairo_parts.courses_taken(offered.leaf))
    _answered(stage, 0)
    offered = stage.tell(cairo_parts.school_offered())
    taken = stage.tell(cairo_parts.school_taken(offered.leaf))
    _answered(stage, 2)
    stage.screen.step(words("A forum is announced; a paper, relations and technical data are exchanged"))
    stage.tell(cairo_parts.forum(datetime.now(UTC).date()))
    stage.tell(cairo_parts.expertise())
    stage.tell(cairo_parts.relations())
    stage.tell(cairo_parts.technical(props.objects))
    stage.screen.step(words("A separate process verifies the proof of delivery, from files alone"))
    line = words(
        "The proof of delivery of a reply was verified from files alone; one changed byte was found."
    )
    prove(stage, "reply", taken, line)
    lie(stage, props.liar, cairo_parts.forbidden(), ("media-type",))  # the header alone voids it


def _answered(stage: Stage, place: int) -> None:
    """Every item of the request at this place of what was told must be answered."""
    request = stage.told[place]
    seat, partner = stage.sides(request.part)
    items = seat.items(partner.origin, request.leaf)
    count = request.part.message.facts["items"]
    expect("every item of the request is answered", ("answered",) * count, items)


SCENARIOS = {
    scenario.sample.name: scenario
    for scenario in (
        Scenario(RABAT, galaxy_objects, _rabat),
        Scenario(CAIRO, attack_infrastructure, _cairo),
    )
}
"""Every scenario, by name."""
