"""Draws ``docs/demo.svg`` from what the demo really prints, and shows it in ``README.md``.

The demo runs here without a terminal; nothing in the picture is typed by hand. Options are passed on::

    python tools/demo_picture.py --lang fr
"""

import io
import os
import subprocess
import sys

from marked import ROOT, filled
from rich.console import Console
from rich.text import Text

PAGE = ROOT / "README.md"
PICTURE = ROOT / "docs" / "demo.svg"
COLUMNS = 110
SECONDS = 300
COMMAND = "make demo"


def run(options: list[str]) -> str:
    """What the demo prints, with its colours.

    Raises:
        SystemExit: it failed; a picture of a failure is no picture of the demo.
    """
    environment = os.environ | {"COLUMNS": str(COLUMNS), "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    liar = ["--liar", str(ROOT / "tests" / "lying_node.py")]
    command = [sys.executable, "-m", "mithaq.cli", "demo", "--exit", *liar, *options]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    if done.returncode:
        raise SystemExit(f"the demo ended with {done.returncode}:\n{done.stderr}")
    if str(ROOT) in done.stdout:
        raise SystemExit("the demo prints where it runs; that path does not belong into a picture")
    return done.stdout


def draw(output: str) -> str:
    """The output as an SVG; the same output gives the same bytes."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(output.rstrip("\n")))
    return console.export_svg(title=COMMAND, unique_id="demo")


def block() -> list[str]:
    """The picture in the page, once there is one."""
    return [f"![The output of {COMMAND}](docs/{PICTURE.name})"] if PICTURE.is_file() else []


def page() -> str:
    """The page with the picture, if there is one."""
    return filled(PAGE, "picture", block())


if __name__ == "__main__":
    PICTURE.write_text(draw(run(sys.argv[1:])), "utf-8")
    PAGE.write_text(page(), "utf-8")
    print(PICTURE.name)
