"""Writes ``docs/moves.md``: what each side can do with each sort of thing, from ``mithaq.domain.moves``."""

from marked import ROOT

from mithaq.domain.moves import MOVES, READINGS, Sort, Table

PAGE = ROOT / "docs" / "moves.md"

HEAD = """# What each side can do with a thing

Written by `tools/moves_docs.py` from the tables in `mithaq.domain.moves`; do not edit it by hand.

A thing has two registers, one for each side. An act moves only the register of its author; what has no row is
illegal (`no-such-step`) and changes nothing. What people see is read from the pair of registers. Which entry
makes which act, and what else it needs, stands in [protocol.md](protocol.md), section 11.
"""

SIDES = {
    Sort.EXCHANGE: ("its author", "its reader"),
    Sort.ITEM: ("the side that asks", "the side that is asked"),
    Sort.FEEDBACK: ("its author", "its reader"),
    Sort.CONSENT: ("its owner", "its reader"),
}
"""Who the two sides of a sort are, where they differ."""


def moves(table: Table) -> list[str]:
    """The steps of one side."""
    rows = [f"| {before or '–'} | {act} | {after} |" for (before, act), after in table.items()]
    return ["| before | act | after |", "|---|---|---|", *rows, ""]


def sort_of(sort: Sort) -> list[str]:
    """Both tables of a sort."""
    lines = [f"## {sort.value.capitalize()}", ""]
    one, other = MOVES[sort]
    if one == other:
        lines += ["Either side:", "", *moves(one)]
    else:
        for who, table in zip(SIDES[sort], (one, other), strict=True):
            lines += [f"By {who}:", "", *moves(table)] if table else []
    names = SIDES.get(sort, ("one side", "the other"))
    rows = [f"| {a or '–'} | {b or '–'} | {reading} |" for (a, b), reading in READINGS[sort].items()]
    return [*lines, f"| {names[0]} | {names[1]} | what people see |", "|---|---|---|", *rows, ""]


def page() -> str:
    """The whole page."""
    return HEAD + "\n" + "\n".join(line for sort in Sort for line in sort_of(sort)).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(PAGE.name)
