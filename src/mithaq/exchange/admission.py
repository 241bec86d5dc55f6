"""Who comes in: tools by their token, each at its own rate (docs/adr/0015)."""

import threading
from dataclasses import dataclass

from mithaq.exchange.account import Account, secret
from mithaq.exchange.identity import Identity
from mithaq.exchange.ports import Store

KNOWN_SECONDS = 2.0
"""How long an account is remembered: so long may another process's change take."""
USED_SECONDS = 60
"""How exactly it is noted when an account was last used."""
BURST = 2
"""Seconds' worth of requests that may come at once."""


@dataclass(slots=True)
class _Guest:
    """An account that has come in.

    Args:
        account: as it was read.
        read: when.
        tokens: requests that it may make now.
        at: when that was counted.
    """

    account: Account
    read: float
    tokens: float
    at: float


class Admission:
    """The door of one node.

    Args:
        identity: this node.
        store: where accounts are kept.
    """

    def __init__(self, identity: Identity, store: Store) -> None:
        self._identity = identity
        self._store = store
        self._lock = threading.Lock()
        self._guests: dict[bytes, _Guest] = {}

    def forget(self) -> None:
        """Accounts have changed: read them again."""
        with self._lock:
            self._guests.clear()

    def admit(self, token: str, name: str | None = None) -> Account | None:
        """The account of a token; None if there is none, it has expired, or has another name.

        Args:
            token: as it was shown.
            name: the user, where one is given (Basic); it must be the account's.
        """
        guest = self._guest(secret(token))
        if guest is None or (name is not None and name != guest.account.name):
            return None
        until = guest.account.until
        return None if until and until <= self._identity.now() else guest.account

    def _guest(self, hashed: bytes) -> _Guest | None:
        now = self._identity.clock()
        with self._lock:
            guest = self._guests.get(hashed)
        if guest is None or not guest.read <= now < guest.read + KNOWN_SECONDS:
            guest = self._read(hashed, now, guest)
        return guest

    def _read(self, hashed: bytes, now: float, before: _Guest | None) -> _Guest | None:
        account = self._store.read(lambda tx: tx.accounts.find(hashed))
        with self._lock:
            if account is None:
                self._guests.pop(hashed, None)
                return None
            tokens, at = (before.tokens, before.at) if before else (account.rate * BURST, now)
            guest = self._guests[hashed] = _Guest(account, now, tokens, at)
        if account.used + USED_SECONDS <= now:
            self._store.write(lambda tx: tx.accounts.used(account.name, int(now)))
        return guest

    def wait(self, token: str) -> float:
        """Seconds until this account may make another request; 0 counts one."""
        now = self._identity.clock()
        with self._lock:
            guest = self._guests.get(secret(token))
            if guest is None:
                return 0
            rate = guest.account.rate
            guest.tokens = min(rate * BURST, guest.tokens + max(0.0, now - guest.at) * rate)
            guest.at = now
            if guest.tokens < 1:
                return (1 - guest.tokens) / rate
            guest.tokens -= 1
            return 0
