"""Who takes part: origins, the names of logs, and the public halves of their keys (protocol section 3).

An **origin** names a party; a **log** is what one party says to another. Both are checked when made, so
that a value of these types is always well formed. Cards, which carry keys and names, are in ``card``.
"""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NewType, Self

from mithaq.errors import MalformedError

ORIGIN_MAX = 100
"""Bytes of an origin: two of them and a number fit a vec8 (protocol 3)."""

ORIGINS_KEPT = 1_024
"""Checked origins in memory: every name of a log has two, and a node meets the same few all day."""

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")

Origin = NewType("Origin", str)
"""A lower-case host name with at least one dot, at most 100 bytes. Made by ``origin()`` only."""


@lru_cache(ORIGINS_KEPT)
def origin(text: str) -> Origin:
    """Check ``text`` as an origin.

    Raises:
        MalformedError: it is not a lower-case host name with a dot, or longer than ``ORIGIN_MAX``.
    """
    labels = text.split(".")
    if len(text) > ORIGIN_MAX or len(labels) < 2 or not all(_LABEL.match(label) for label in labels):
        raise MalformedError(
            "not an origin",
            expected=f"a lower-case host name with a dot, at most {ORIGIN_MAX} bytes",
            got=text,
        )
    return Origin(text)


@dataclass(frozen=True, slots=True, order=True)
class LogName:
    """The name of a log, ``<author>/to/<reader>/<n>``: what one party says to another, the n-th of them."""

    author: Origin
    reader: Origin
    n: int = 1

    def __post_init__(self) -> None:
        origin(self.author)
        origin(self.reader)
        if self.author == self.reader:
            raise MalformedError("a log needs two parties", got=self.author)
        if not 1 <= self.n <= 999_999:
            raise MalformedError("the number of a log is out of range", expected="1 to 999999", got=self.n)

    def __str__(self) -> str:
        return f"{self.author}/to/{self.reader}/{self.n}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a log's name.

        Raises:
            MalformedError: it is not of the one form that ``str`` gives back.
        """
        match = re.fullmatch(r"([^/]{1,100})/to/([^/]{1,100})/([1-9][0-9]{0,5})", text, re.ASCII)
        if match is None:
            raise MalformedError("not the name of a log", expected="<origin>/to/<origin>/<n>", got=text)
        return cls(origin(match[1]), origin(match[2]), int(match[3]))

    @property
    def other(self) -> "LogName":
        """The partner's log of the same number."""
        return LogName(self.reader, self.author, self.n)


class Role(StrEnum):
    """What a key pair is for; one pair serves one role only (protocol 3)."""

    AUTHORITY = "authority"
    LOG = "log"
    MIRROR = "mirror"


ED25519_SIZE = 32
ML_DSA_SIZES = {"ml-dsa-44": 1312, "ml-dsa-87": 2592}
SEALING_SIZE = 1_216
"""Bytes of a public sealing key: ML-KEM-768 (1,184), then X25519 (32), protocol 13."""
ROLE_PARAMETERS = {Role.AUTHORITY: "ml-dsa-87", Role.LOG: "ml-dsa-44", Role.MIRROR: "ml-dsa-44"}


@dataclass(frozen=True, slots=True)
class PublicPair:
    """The public halves of one Ed25519 and one ML-DSA key that always sign together.

    Only lengths are checked here; whether the points are canonical and of full order is
    ``crypto.keys.check_pair``.
    """

    ed25519: bytes
    ml_dsa: bytes

    def __post_init__(self) -> None:
        if len(self.ed25519) != ED25519_SIZE:
            raise MalformedError("Ed25519 key of a wrong length", expected="32 bytes", got=len(self.ed25519))
        if len(self.ml_dsa) not in ML_DSA_SIZES.values():
            raise MalformedError(
                "ML-DSA key of a wrong length", expected="1312 or 2592 bytes", got=len(self.ml_dsa)
            )

    @property
    def parameters(self) -> str:
        """``ml-dsa-44`` or ``ml-dsa-87``."""
        return "ml-dsa-44" if len(self.ml_dsa) == ML_DSA_SIZES["ml-dsa-44"] else "ml-dsa-87"


def _fingerprint_hash(party: Origin, authority: PublicPair) -> bytes:
    name = party.encode()
    return hashlib.sha512(
        b"mithaq/1 fingerprint\n"
        + bytes([len(name)])
        + name
        + authority.ed25519
        + len(authority.ml_dsa).to_bytes(2)
        + authority.ml_dsa
    ).digest()


def commit_next(party: Origin, authority: PublicPair) -> str:
    """The digest that a card commits to as ``next``: h of the next authority pair, 128 hex digits (13)."""
    return _fingerprint_hash(party, authority).hex()


def fingerprint(party: Origin, authority: PublicPair) -> str:
    """Twelve groups of five digits over origin and authority keys, to be read aloud (protocol 3 and 13)."""
    h = _fingerprint_hash(party, authority)
    return " ".join(f"{int.from_bytes(h[5 * g : 5 * g + 5]) % 100_000:05d}" for g in range(12))
