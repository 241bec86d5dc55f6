"""What a target is, and the list of all of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fuzz import ROOT
from mithaq.errors import MithaqError, PeerError

MESSAGE_MAX = 5_000
"""Characters of an error's text: a log must not grow by what an attacker writes into it."""

CRASHES = ROOT / "fuzz" / "crashes"


@dataclass(frozen=True)
class Target:
    """A parser under test.

    Args:
        name: as on the command line.
        check: takes any bytes; asserts what must hold, lets the parser's errors pass.
        seeds: makes inputs to start from, good ones and bad ones.
        covers: the functions of ``mithaq`` that take the bytes, as ``module.function``.
        refusals: what the parser may raise.
        words: pieces that the format is made of.
        longest: bytes of an input.
        examples: how many inputs ``make test`` tries.
    """

    name: str
    check: Callable[[bytes], object]
    seeds: Callable[[], Iterable[bytes]]
    covers: tuple[str, ...]
    refusals: tuple[type[MithaqError], ...]
    words: tuple[bytes, ...]
    longest: int
    examples: int

    def __call__(self, data: bytes) -> bool:
        """Whether the parser took ``data``; raises only where something is wrong with the parser."""
        try:
            self.check(data)
        except self.refusals as error:
            check_message(error)
            return False
        return True

    @cached_property
    def corpus(self) -> list[bytes]:
        """The seeds, each once."""
        return list(dict.fromkeys(self.seeds()))

    @property
    def crashes(self) -> list[Path]:
        """Inputs that once broke it."""
        return sorted((CRASHES / self.name).glob("*"))


def check_message(error: MithaqError) -> None:
    """An error must be fit for a log: it can be written, and its length does not follow the attacker's."""
    text = str(error)
    text.encode()
    assert len(text) <= MESSAGE_MAX, len(text)
    assert error.fields()


TARGETS: dict[str, Target] = {}


def target(
    *covers: str,
    seeds: Callable[[], Iterable[bytes]],
    refusals: tuple[type[MithaqError], ...] = (PeerError,),
    words: Iterable[str] = (),
    longest: int = 65_536,
    examples: int = 100,
) -> Callable[[Callable[[bytes], object]], Target]:
    """Make a target of a check; its name is the function's, with hyphens."""

    def add(check: Callable[[bytes], object]) -> Target:
        name = check.__name__.replace("_", "-")
        made = Target(
            name, check, seeds, covers, refusals, tuple(word.encode() for word in words), longest, examples
        )
        assert name not in TARGETS
        TARGETS[name] = made
        return made

    return add
