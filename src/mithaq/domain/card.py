"""The card of a party: who it is, where it is reached, and every key it signs with (protocol section 3).

A card is the text of a signed note. This module knows its members and what each must be by itself; who must
have signed it, and how it must follow from the card before, is ``exchange.cards``. In writing::

    type = "mithaq/card/1"
    origin = "spoc.interior.example"
    serial = 2
    previous = "…"                      # digest of card 1; a first card has none
    issued = "2026-11-25T09:00:00Z"
    valid_until = "2027-11-25T09:00:00Z"
    versions = [1, 1]
    url = "https://spoc.interior.example"
    sealing = "…"                       # base64 of the key for first contact and recovery
    next = "…"                          # commit_next of the authority pair that will follow

    [names]
    en = "Single Point of Contact"

    [authority]                         # likewise [log] and [mirror]
    ed25519 = "…"
    ml_dsa = "…"

    [closes]                            # only after an unrecoverable loss
    log = "spoc.interior.example/to/spoc.interior.example.org/1"
    size = 1234
    root = "…"
"""

import re

import msgspec

from mithaq.domain.moment import DAY, Moment
from mithaq.domain.party import (
    ROLE_PARAMETERS,
    SEALING_SIZE,
    LogName,
    Origin,
    PublicPair,
    Role,
    commit_next,
    fingerprint,
    origin,
)
from mithaq.domain.shapes import hexadecimal, number
from mithaq.domain.signed_text import SignedText
from mithaq.domain.texts import Texts, check_texts
from mithaq.errors import MalformedError

CARD_MAX = 32 * 1024
"""Bytes of a card's text: its keys take about 9 KiB."""

VALID_MAX = 400 * DAY
"""Seconds that a card may be valid: thirteen months, so that a yearly change has a month of room."""

URL_MAX = 200
"""Bytes of a URL: a host, a port and a short path."""

_URL = re.compile(
    r"(https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?|http://localhost)(:[1-9][0-9]{0,4})?(/[A-Za-z0-9._~-]+)*"
)
"""HTTPS, and plain HTTP on the same machine for rehearsals; lower case, no user, query or fragment."""


class Closing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The end of a log that its author lost: what it held up to here stands, nothing follows."""

    log: str
    size: int
    root: str

    def __post_init__(self) -> None:
        LogName.parse(self.log)
        hexadecimal(32)(self.root, "closes.root")
        number()(self.size, "closes.size")


class Card(SignedText, frozen=True, kw_only=True, tag="mithaq/card/1"):
    """One card, well formed by itself. Members as in the text; times are POSIX seconds.

    Raises:
        MalformedError: a member that cannot be so, when made.
    """

    limit = CARD_MAX

    origin: Origin
    serial: int
    previous: str = ""
    issued: Moment
    valid_until: Moment
    versions: tuple[int, int]
    url: str
    sealing: bytes
    next: str
    names: Texts
    authority: PublicPair
    log: PublicPair
    mirror: PublicPair
    closes: Closing | None = None

    def __post_init__(self) -> None:
        origin(self.origin)
        check_texts(self.names, "names")
        self._check_place()
        self._check_reach()
        self._check_keys()
        if self.closes and LogName.parse(self.closes.log).author != self.origin:
            raise MalformedError("a card closes logs of its own party only", where="closes.log")

    def _check_place(self) -> None:
        number(1)(self.serial, "serial")
        if (self.serial == 1) != (not self.previous):
            raise MalformedError("only a first card has none before it", where="previous", got=self.previous)
        if self.previous:
            hexadecimal(32)(self.previous, "previous")
        if not 0 < self.valid_until - self.issued <= VALID_MAX:
            raise MalformedError(
                "a card valid for no time or too long",
                where="valid_until",
                expected=f"at most {VALID_MAX // DAY} days after it was issued",
                got=self.valid_until,
            )

    def _check_reach(self) -> None:
        low, high = self.versions
        if not 1 <= low <= high <= 255:
            raise MalformedError("not a range of versions", where="versions", expected="[min, max]")
        if len(self.url) > URL_MAX or not _URL.fullmatch(self.url):
            raise MalformedError(
                "not the address of a node", where="url", expected="https://host[:port][/path]", got=self.url
            )

    def _check_keys(self) -> None:
        for role, pair in self.pairs.items():
            if pair.parameters != ROLE_PARAMETERS[role]:
                raise MalformedError(
                    "a key of another role", where=role, expected=ROLE_PARAMETERS[role], got=pair.parameters
                )
        keys = [key for pair in self.pairs.values() for key in (pair.ed25519, pair.ml_dsa)]
        if len(set(keys)) < len(keys):
            raise MalformedError("one key in two roles", todo="make a pair for each role")
        if len(self.sealing) != SEALING_SIZE:
            raise MalformedError(
                "a sealing key of a wrong length", expected=f"{SEALING_SIZE} bytes", got=len(self.sealing)
            )
        hexadecimal(64)(self.next, "next")
        if self.next == commit_next(self.origin, self.authority):
            raise MalformedError("not a commitment to another pair", where="next", got=self.next)

    @property
    def pairs(self) -> dict[Role, PublicPair]:
        """The key pairs by role."""
        return {Role.AUTHORITY: self.authority, Role.LOG: self.log, Role.MIRROR: self.mirror}

    @property
    def fingerprint(self) -> str:
        """What is read aloud to a stranger before the first card is accepted."""
        return fingerprint(self.origin, self.authority)

    def valid_at(self, now: int) -> bool:
        """Whether ``now`` (POSIX seconds) lies within the card's time."""
        return self.issued <= now <= self.valid_until
