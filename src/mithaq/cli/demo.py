"""``mithaq demo``: two nodes on this machine, one exercise."""

import signal
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mithaq.cli.answer import Answer
from mithaq.cli.session import Here
from mithaq.demo import run
from mithaq.demo.scenario import SCENARIOS


def demo(
    *,
    scenario: Annotated[
        str, Parameter(help=f"What is signed and exchanged: {', '.join(SCENARIOS)}.")
    ] = "rabat",
    exit: Annotated[bool, Parameter(negative=(), help="End when the exercise has ended.")] = False,  # noqa: A002
    keep: Annotated[Path | None, Parameter(help="Keep everything in this new directory.")] = None,
    stix: Annotated[Path | None, Parameter(help="A bundle of your own instead of the sample data.")] = None,
    liar: Annotated[
        Path | None, Parameter(help="A node without its rules; the sources have tests/lying_node.py.")
    ] = None,
    session: Here,
) -> Answer | int:
    """Play the exercise; with ``--json`` its outcome is one value and nothing else is said."""
    outcome = run.demo(
        lang=session.words.language,
        scenario=scenario,
        exit=exit,
        keep=keep,
        stix=stix,
        liar=liar,
        quiet=session.json,
    )
    if outcome is None:
        return 128 + signal.SIGINT
    return Answer(outcome.value()) if session.json else 0
