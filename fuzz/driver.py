"""libFuzzer through atheris, for one target: ``python -m fuzz`` starts it, ``make soak`` has it installed."""

import logging
import sys
from random import Random

import atheris
import structlog

with atheris.instrument_imports(include=["mithaq", "h11"]):
    from fuzz.every import TARGETS

from fuzz import ROOT
from fuzz.mutate import mutate
from fuzz.target import CRASHES, Target

MEMORY_MIB = 1_500
"""Resident memory at which libFuzzer gives up: no input is larger than half a MiB."""
TIMEOUT = 60
"""Seconds after which one input counts as one without end."""
KEPT = ROOT / ".fuzz"
"""Where inputs stay that reached something new, from one run to the next."""


def prepare(made: Target) -> list[str]:
    """Write seeds and words of a target; gives the arguments that name them."""
    corpus, seeds, words = (KEPT / kind / made.name for kind in ("corpus", "seeds", "words"))
    for folder in (corpus, seeds, words.parent, CRASHES / made.name):
        folder.mkdir(parents=True, exist_ok=True)
    known = [*made.corpus, *(path.read_bytes() for path in made.crashes)]
    for number, seed in enumerate(known):
        (seeds / str(number)).write_bytes(seed[: made.longest])
    lines = ('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in made.words)
    words.write_text("".join(lines))
    dictionary = [f"-dict={words}"] if made.words else []  # an empty one is an error
    return [*dictionary, f"-artifact_prefix={CRASHES / made.name}/", str(corpus), str(seeds)]


def drive(made: Target, arguments: list[str]) -> None:
    """Fuzz until something is found or the arguments say so; ends the process."""

    def change(data: bytes, longest: int, seed: int) -> bytes:
        chance = Random(seed)
        if chance.random() < 0.5:
            return atheris.Mutate(data, longest)
        return mutate(data, chance, made.words, longest)

    limits = [f"-max_len={made.longest}", f"-rss_limit_mb={MEMORY_MIB}", f"-timeout={TIMEOUT}"]
    places = prepare(made)
    if arguments and not arguments[0].startswith("-"):
        places = []
    atheris.Setup(["fuzz", *limits, *arguments, *places], made, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    drive(TARGETS[sys.argv[1]], sys.argv[2:])
