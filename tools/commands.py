"""Writes the table of commands in ``docs/operations.md`` from the program itself."""

import importlib

from marked import ROOT, filled

from mithaq.cli.main import COMMANDS, SINGLE

PAGE = ROOT / "docs" / "operations.md"


def summary(where: str) -> str:
    """The first paragraph of what a command's function says, in one line."""
    module, _, name = where.partition(":")
    text = getattr(importlib.import_module(f"mithaq.cli.{module}"), name).__doc__ or ""
    return " ".join(text.strip().split("\n\n")[0].split())


def commands() -> dict[str, str]:
    """Every command with what it does."""
    grouped = {
        f"mithaq {group} {name}": summary(where)
        for group, (_, members) in COMMANDS.items()
        for name, where in members.items()
    }
    return grouped | {f"mithaq {name}": text for name, (text, _) in SINGLE.items()}


def page() -> str:
    """The page with its table as the program is now."""
    rows = [f"| `{command}` | {text} |" for command, text in commands().items()]
    return filled(PAGE, "commands", ["| command | what it does |", "|---|---|", *rows])


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(PAGE.name)
