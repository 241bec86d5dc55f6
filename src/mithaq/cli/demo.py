"""``mithaq demo``: two nodes on this machine, one exercise."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mithaq.cli.session import Here
from mithaq.demo import run


def demo(
    *,
    exit: Annotated[bool, Parameter(negative=(), help="End when the exercise has ended.")] = False,  # noqa: A002
    keep: Annotated[Path | None, Parameter(help="Keep everything in this new directory.")] = None,
    stix: Annotated[Path | None, Parameter(help="A bundle of your own instead of the sample data.")] = None,
    session: Here,
) -> int:
    """Play the exercise."""
    return run.demo(lang=session.words.language, exit=exit, keep=keep, stix=stix)
