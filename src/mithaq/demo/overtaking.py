"""Nothing urgent waits for large contents: an alert that is entered behind a large document overtakes it."""

import time

from mithaq.demo.outcome import Shown
from mithaq.demo.part import Part
from mithaq.demo.screen import number, size
from mithaq.demo.stage import Stage, expect


def overtake(stage: Stage, large: Part, urgent: Part) -> None:
    """Say the large one, then the urgent one: the verdict on it must come before the other is complete."""
    words = stage.words
    stage.screen.step(
        words(
            "A document of {size} is on its way; an alert is entered behind it", size=size(words, large.size)
        )
    )
    document = stage.say(large)
    stage.tell(urgent)
    seat, partner = stage.sides(large)
    now = seat.service.item(partner.origin, document.leaf)
    expect(
        "the large document is not complete when the alert has its verdict", (0, ""), (now.held, now.verdict)
    )
    began = time.monotonic()
    stage.heard(document)
    lead = time.monotonic() - began
    line = words(
        "The alert, entered behind the large document, had its check result {seconds} s"
        " before that was complete.",
        seconds=number(words.language, lead, 1),
    )
    stage.shown.append(Shown("overtaking", line, {"lead": round(lead, 3)}))
