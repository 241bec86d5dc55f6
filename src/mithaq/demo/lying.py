"""A side whose node has been replaced by one that lies: what it says is refused on arrival.

Nothing here lies. The other program comes from outside, from the tests of the sources.
"""

import sys
from pathlib import Path

from mithaq.demo.outcome import Shown
from mithaq.demo.part import Part
from mithaq.demo.refusal import facts, sentence
from mithaq.demo.stage import Stage, expect, wait
from mithaq.exchange.reading import Item


def lie(stage: Stage, liar: Path | None, part: Part, codes: tuple[str, ...]) -> None:
    """Say what the text forbids by a node that refuses nothing; then its true node takes over again.

    Args:
        stage: the exercise.
        liar: a program that serves a node as ``mithaq`` does, without its rules; None leaves the step out.
        part: what the true node would not send.
        codes: with which its reader must refuse it.
    """
    words, screen = stage.words, stage.screen
    if liar is None:
        screen.step(words("A node that lies is left out: it stands in the tests of the sources"))
        return
    seat, partner = stage.sides(part)
    screen.step(words("A node without its rules takes the place of {name}", name=screen.ltr(seat.origin)))
    seat.stop()
    seat.start((sys.executable, str(liar)))
    leaf = seat.service.send(partner.origin, part.message).leaf

    def look() -> Item | None:
        found = (item for item in seat.service.sent(partner.origin) if item.leaf == leaf)
        return next((item for item in found if item.verdict and item.held), None)

    item = wait("the verdict on what should not have been said", look)
    expect("it is refused on arrival", ("refused", codes), (item.verdict, item.codes))
    present = partner.service.item(seat.origin, leaf).present
    expect("its reader has destroyed the contents", (False,) * len(part.message.contents), present)
    seat.stop()
    seat.start()
    said = sentence(words, stage.agreement, part, codes)
    screen.detail(said)
    screen.detail(words("Its own node has taken over again."))
    line = words("Refused on arrival, from a node without its rules: {sentence}", sentence=said)
    stage.shown.append(Shown("refused-on-arrival", line, {"leaf": leaf, **facts(part, codes)}))
