"""Writes ``docs/rules.md``: every code that a verdict or an outcome can bear, from ``domain``."""

from marked import ROOT

from mithaq.domain.effect import CODES
from mithaq.domain.record import RULES_VERSION
from mithaq.domain.rules import RULES, Sees

PAGE = ROOT / "docs" / "rules.md"

HEAD = f"""# Codes of refusal

Written by `tools/rules_docs.py` from `mithaq.domain.rules.RULES` and `mithaq.domain.effect.CODES`; do not
edit it by hand. Version of the rules (`facts.rules` of a `record` entry): {RULES_VERSION}.

## What the signed text asks

These rules are asked of every exchange entry: by its author before anything is written, again when the entry
gets its index, and by its reader on arrival. The clause is a section of [protocol.md](protocol.md). Rules are
asked in this order, and those that stand in two tables are asked twice. Of the header the first broken rule
counts, and is the code of the outcome; of the bodies all broken rules stand in the verdict.
"""

SEEN = {
    Sees.HEADER: "the header: also part of what is legal in the record",
    Sees.BODIES: "the bodies: asked once all of them are there",
    Sees.ARRIVAL: "the arrival: asked by the reader only",
    Sees.SENDING: "the sending: asked by the author only, before anything is written",
}

FOLD = """
## What the record asks

These make an entry illegal for everybody who folds the two logs: it is kept, marked and without effect. They
stand in the outcome as `illegal <code>`.

| code | meaning |
|---|---|
"""


def page() -> str:
    """The whole page."""
    rules: list[str] = []
    for sees, sentence in SEEN.items():
        rules += [
            f"\n### Rules that see {sentence}\n",
            "| code | clause | what people read |",
            "|---|---|---|",
        ]
        rules += [
            f"| `{rule.code}` | {rule.clause.replace('protocol ', '§ ')} | {rule.sentence} |"
            for rule in RULES
            if rule.sees & sees
        ]
    fold = [f"| `{code}` | {meaning} |" for code, meaning in CODES.items()]
    return HEAD + "\n".join(rules) + "\n" + FOLD + "\n".join(fold) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(PAGE.name)
