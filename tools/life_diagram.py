"""Draws ``docs/agreement-life.md`` from the tables in ``mithaq.domain.lifecycle``."""

from pathlib import Path

from mithaq.domain.lifecycle import READINGS, SENTENCES, TRANSITIONS, Reading, Side

PAGE = Path(__file__).parent.parent / "docs" / "agreement-life.md"

HEAD = """# The life of an agreement's text

Written by `tools/life_diagram.py` from the tables in `mithaq.domain.lifecycle`; do not edit it by hand.

Each side has one register for each text. An act (`facts.act` of an `agreement` entry) moves only the register
of its author. An act without an arrow is illegal and changes nothing.
"""


def diagram() -> list[str]:
    """The transition table as a Mermaid state diagram."""
    arrows = [f"    {side} --> {after}: {act}" for (side, act), after in TRANSITIONS.items()]
    return ["```mermaid", "stateDiagram-v2", f"    [*] --> {Side.UNSEEN}", *arrows, "```"]


def readings() -> list[str]:
    """The reading table: one row for each register of one side, one column for the other's."""
    sides = list(Side)
    rows = [f"| **{own}** | " + " | ".join(READINGS[own, other] for other in sides) + " |" for own in sides]
    return [
        "| | " + " | ".join(f"**{side}**" for side in sides) + " |",
        "|---" * (len(sides) + 1) + "|",
        *rows,
    ]


def sentences() -> list[str]:
    """What each reading says to people."""
    return ["| reading | what people read |", "|---|---|", *(f"| {r} | {SENTENCES[r]} |" for r in Reading)]


def page() -> str:
    """The whole page."""
    parts = (
        [HEAD],
        diagram(),
        ["", "## What people see", "", "Read from the pair of registers, the same for either order.", ""],
        readings(),
        [""],
        sentences(),
        [
            "",
            "The text in force is the one of the highest serial that both sides have activated. Every other",
            "text of that serial or a lower one is then superseded, whatever its registers are.",
        ],
    )
    return "\n".join(line for part in parts for line in part) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
    print(PAGE.name)
