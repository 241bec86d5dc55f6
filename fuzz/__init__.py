"""Every parser of bytes that this node did not write itself, as a target for a fuzzer.

Any bytes either parse or raise the family of errors that the parser promises: never another exception, never
without end, never with memory out of proportion. The same functions run in three ways::

    make test                          under hypothesis, few examples, always the same ones
    make soak                          under atheris (libFuzzer), guided by coverage, as long as HOURS says
    python -m fuzz run <target> …      one of them; arguments of libFuzzer pass through

``target`` says what a target is; ``texts``, ``signed``, ``pouches``, ``contents``, ``carriers`` and ``own``
hold them; ``mutate`` changes seeds and keeps their form. Seeds are made from the samples of ``tests``,
so no corpus is kept here; inputs that once broke something are files in ``crashes/<target>``.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
if str(ROOT / "tests") not in sys.path:
    sys.path.append(str(ROOT / "tests"))
