"""Proof of delivery: receipts are verified by a separate process that has nothing but files."""

from mithaq.demo.outcome import Shown, Told
from mithaq.demo.proof import changed
from mithaq.demo.stage import Stage, expect


def prove(stage: Stage, name: str, told: Told, line: str) -> None:
    """Export the receipt of something, verify it apart, and see it refused with one byte changed.

    Args:
        stage: the exercise.
        name: of the file.
        told: what the receipt is of.
        line: what the page says of it.
    """
    receipt = export(stage, name, told)
    verify(stage, name)
    stage.screen.detail(stage.words("The proof holds."))
    stage.proof.put(f"{name}.changed.receipt", changed(receipt))
    code, _ = stage.proof.verify(f"{name}.changed.receipt")
    expect("a receipt with one byte changed is refused", True, code != 0)
    stage.screen.detail(stage.words("With one byte changed it is refused."))
    facts = {"leaf": told.leaf, "verified": True, "changed-refused": True}
    stage.shown.append(Shown("proof", line, facts, held=True))


def export(stage: Stage, name: str, told: Told) -> bytes:
    """Put the receipt of something, from its author, among the files for a third party."""
    seat, partner = stage.sides(told.part)
    receipt = seat.service.receipt(partner.origin, told.leaf)
    stage.proof.put(f"{name}.receipt", receipt)
    return receipt


def verify(stage: Stage, name: str) -> None:
    """The receipt of this name must be verified by a separate process."""
    code, said = stage.proof.verify(f"{name}.receipt")
    expect(f"the receipt is verified ({said})", 0, code)
