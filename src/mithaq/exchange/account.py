"""Accounts of tools: who may read and write which collections, until when, and how fast.

A token is 32 random bytes that the node draws and shows once; it keeps the SHA-256 alone, which for so many
random bits needs no slow hash. It is a password in Basic, with the account's name, or a token in Bearer. An
account is of one root, so no token is good for what is domestic and for what is shared.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Protocol

from mithaq.errors import UsageError
from mithaq.exchange.collection import check_slug

TOKEN_SIZE = 32
"""Random bytes of a token."""
PREFIX = "mithaq_"
"""By which people and scanners know a token that was left lying about."""
RATE_MAX = 10_000
RATE = 100
"""Requests a second, unless an operator says otherwise."""


def secret(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True, slots=True)
class Grant:
    """What an account may do with a collection; without either it sees that it is there, and no more."""

    read: bool
    write: bool


@dataclass(frozen=True, slots=True)
class Account:
    """A tool that may sign in.

    Args:
        name: its name, the user of Basic.
        root: the API root that it is for.
        made, until, used: when it was made, expires, was last used; POSIX seconds, 0 for never.
        rate: requests a second.
        grants: by collection id.
    """

    name: str
    root: str
    made: int
    until: int
    used: int = 0
    rate: int = RATE
    grants: dict[str, Grant] = field(default_factory=dict[str, Grant])

    def __post_init__(self) -> None:
        check_slug("account", self.name)
        if not 1 <= self.rate <= RATE_MAX:
            raise UsageError("not a rate", where="rate", expected=f"1 to {RATE_MAX} a second", got=self.rate)


class Accounts(Protocol):
    """Where accounts are kept, and what was answered to them; a part of a transaction."""

    def accounts(self) -> list[Account]:
        """Every account, by name."""
        ...

    def find(self, secret: bytes) -> Account | None:
        """The account with this secret."""
        ...

    def put(self, account: Account, secret: bytes) -> None:
        """Add an account, or change it with its secret; its grants stay."""
        ...

    def put_grants(self, account: Account) -> None:
        """Set what an account may do."""
        ...

    def drop(self, name: str) -> bool:
        """Forget an account; whether there was one."""
        ...

    def used(self, name: str, at: int) -> None:
        """Note when an account was last used."""
        ...

    def put_status(self, id_: str, collection: str, account: str, at: int, status: bytes) -> None:
        """Keep what became of a post to a collection, with which it goes."""
        ...

    def status(self, id_: str, account: str) -> bytes | None:
        """What became of a post of this account."""
        ...

    def drop_statuses(self, before: int) -> None:
        """Forget what was kept before a time."""
        ...
