"""Writes every page and block that is generated from the code: ``python tools/pages.py``."""

import commands
import demo_picture
import life_diagram
import limits
import moves_docs
import protocol_examples
import readme_figures
import rules_docs

TOOLS = (
    life_diagram,
    moves_docs,
    rules_docs,
    limits,
    commands,
    protocol_examples,
    readme_figures,
    demo_picture,
)
"""Each has a ``PAGE`` and a ``page()`` that says what should stand in it."""

if __name__ == "__main__":
    for tool in TOOLS:
        tool.PAGE.write_text(tool.page(), "utf-8")
        print(tool.PAGE.name)
