"""Something that the signed text forbids: the node refuses it before it leaves, and says why in words."""

from collections.abc import Sequence
from typing import Any

from mithaq.demo.exercise import read_in
from mithaq.demo.outcome import Shown
from mithaq.demo.part import Part
from mithaq.demo.stage import Stage, expect
from mithaq.domain.agreement import Agreement
from mithaq.domain.rules import RULES
from mithaq.words import Words


def refuse(stage: Stage, part: Part, codes: tuple[str, ...]) -> None:
    """Try to say what the signed text never allows: ``kept_back``, and a line of the page for it."""
    said = kept_back(stage, part, codes)
    line = stage.words("Refused before it left: {sentence}", sentence=said)
    stage.shown.append(Shown("refused-before-it-left", line, facts(part, codes)))


def kept_back(stage: Stage, part: Part, codes: tuple[str, ...]) -> str:
    """Try to say something: it must be refused with these codes, and nothing of it may be in the log.

    Returns:
        Why, in words.
    """
    seat, partner = stage.sides(part)
    before = seat.service.status(partner.origin).own_size
    expect("the text does not allow it", codes, seat.refused(partner.origin, part.message))
    after = seat.service.status(partner.origin).own_size
    expect("nothing of what was refused is in the log", before, after)
    said = sentence(stage.words, stage.agreement, part, codes)
    stage.screen.detail(said)
    return said


def facts(part: Part, codes: Sequence[str]) -> dict[str, Any]:
    """What was refused and why, for programs."""
    return {"kind": part.message.kind, "field": part.message.field, "codes": list(codes)}


def sentence(words: Words, agreement: Agreement, part: Part, codes: Sequence[str]) -> str:
    """What people read of these codes; fields bear the names of the text."""
    field = read_in(agreement.fields[part.message.field].title, words.language)
    names = {"field": quoted(words, field), "kind": quoted(words, words(part.title))}
    return " ".join(words(rule.sentence, **names) for rule in RULES if rule.code in codes)


def quoted(words: Words, text: str) -> str:
    """A name inside a sentence."""
    return words("“{text}”", text=text)
