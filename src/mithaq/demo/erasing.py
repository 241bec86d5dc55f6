"""Contents end, proof stays: what was withdrawn on order is erased on both sides, its receipt still holds."""

from mithaq.audit.receipt import Receipt
from mithaq.demo.outcome import Shown, Told
from mithaq.demo.proving import export, verify
from mithaq.demo.seat import Seat
from mithaq.demo.stage import Stage, expect, wait
from mithaq.errors import StaleError
from mithaq.exchange.about import About


def erase(stage: Stage, name: str, told: Told) -> None:
    """Withdraw something on order; no node has its contents any more, and the proof of delivery still holds.

    Args:
        stage: the exercise.
        name: of the file of its receipt.
        told: what is erased.
    """
    words, screen = stage.words, stage.screen
    seat, partner = stage.sides(told.part)
    screen.step(words("What was said is withdrawn on order: both nodes erase the contents"))
    seat.service.about(partner.origin, About("withdrawal", (told.leaf,), {"reason": "order"}))
    expect("its author has erased it at once", True, _gone(seat, partner, told))
    wait("its reader has erased it too", lambda: _gone(partner, seat, told))
    wait("its reader's statement has come", lambda: _receipt(seat, partner, told).erasure)
    screen.detail(words("The contents are gone on both sides."))
    export(stage, name, told)
    verify(stage, name)
    screen.detail(words("The proof holds."))
    line = words(
        "{title} was withdrawn on order: no node has its contents, and the proof of delivery still holds.",
        title=words(told.part.title),
    )
    stage.shown.append(Shown("erasure", line, {"leaf": told.leaf, "verified": True}, held=True))


def _receipt(seat: Seat, partner: Seat, told: Told) -> Receipt:
    return Receipt.parse(seat.service.receipt(partner.origin, told.leaf))


def _gone(seat: Seat, partner: Seat, told: Told) -> bool:
    """Whether a node has none of the contents, and gives none out."""
    if any(seat.service.item(partner.origin, told.leaf).present):
        return False
    try:
        seat.service.content(partner.origin, told.leaf, 0)
    except StaleError:
        return True
    return False
