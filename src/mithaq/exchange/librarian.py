"""What an operator does with collections and the accounts of tools (docs/adr/0015)."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace

from mithaq.domain.moment import DAY
from mithaq.errors import UsageError
from mithaq.exchange.account import PREFIX, RATE, TOKEN_SIZE, Account, Grant, secret
from mithaq.exchange.admission import KNOWN_SECONDS, Admission
from mithaq.exchange.collection import Collection, Root
from mithaq.exchange.identity import Identity
from mithaq.exchange.ports import Store, Transaction


class Librarian:
    """Makes roots, collections and accounts.

    Args:
        identity: this node.
        store: where they are kept.
        admission: what has to know of a change at once.
    """

    def __init__(self, identity: Identity, store: Store, admission: Admission) -> None:
        self._identity = identity
        self._store = store
        self._admission = admission
        self._known: tuple[float, list[Root], dict[str, list[Collection]]] | None = None

    def _catalogue(self) -> tuple[float, list[Root], dict[str, list[Collection]]]:
        """Everything there is, remembered for a moment: every request asks."""
        known, now = self._known, self._identity.clock()
        if known is None or not known[0] <= now < known[0] + KNOWN_SECONDS:
            roots, collections = self._store.read(_look)
            known = self._known = now, roots, collections
        return known

    def roots(self) -> list[Root]:
        """Every API root."""
        return self._catalogue()[1]

    def add_root(self, name: str, title: str) -> Root:
        """Make an API root for the authority's own agencies, or give it another title."""
        root = Root(name, title)
        self._change(lambda tx: tx.collections.put_root(root))
        return root

    def collections(self, root: str) -> list[Collection]:
        """The collections of a root."""
        return self._catalogue()[2].get(root, [])

    def add_collection(
        self, root: str, title: str, alias: str = "", keep_days: int = 365, id_: str = ""
    ) -> Collection:
        """Make a collection.

        Args:
            root: the name of its API root.
            title: for people.
            alias: another name in URLs, or empty.
            keep_days: how long it keeps an object.
            id_: its UUID, where it moves from another server; else one is drawn.

        Raises:
            UsageError: there is no such root, the name is taken, or an argument does not fit.
        """
        drawn = uuid.UUID(bytes=self._identity.random(16), version=4)
        collection = Collection(str(_uuid(id_) if id_ else drawn), root, alias, title, keep_days)

        def work(tx: Transaction) -> None:
            _require_root(tx, root)
            names = {each for other in tx.collections.collections(root) for each in (other.id, other.alias)}
            if {collection.id, alias} & (names - {""}):
                raise UsageError("the name is taken", where=root, got=alias or collection.id)
            tx.collections.put_collection(collection)

        self._change(work)
        return collection

    def drop_collection(self, root: str, name: str) -> None:
        """Destroy a collection with all that is in it."""
        collection = self._named(root, name)
        self._change(lambda tx: tx.collections.drop_collection(collection.id))

    def accounts(self) -> list[Account]:
        """Every account."""
        return self._store.read(lambda tx: tx.accounts.accounts())

    def add_account(self, name: str, root: str, days: int = 365, rate: int = RATE) -> str:
        """Make an account, or give it a new token; the old one is worth nothing from then on.

        Args:
            name: of the account.
            root: the API root that it is for.
            days: how long the token holds; 0 for ever.
            rate: requests a second.

        Returns:
            The token, which is shown this once.

        Raises:
            UsageError: there is no such root, or the account is of another one.
        """
        token, now = PREFIX + self._identity.random(TOKEN_SIZE).hex(), self._identity.now()

        def work(tx: Transaction) -> None:
            _require_root(tx, root)
            before = next((each for each in tx.accounts.accounts() if each.name == name), None)
            if before and before.root != root:
                raise UsageError(
                    "an account is of one root alone", where=name, expected=before.root, got=root
                )
            until = now + days * DAY if days else 0
            tx.accounts.put(Account(name, root, now, until, rate=rate), secret(token))

        self._change(work)
        return token

    def drop_account(self, name: str) -> None:
        """Forget an account: its token is worth nothing from then on.

        Raises:
            UsageError: there is none.
        """

        def work(tx: Transaction) -> None:
            if not tx.accounts.drop(name):
                raise UsageError("no such account", got=name)

        self._change(work)

    def grant(self, account: str, collection: str, read: bool, write: bool, see: bool = True) -> Grant | None:
        """Let an account read or write a collection of its root, or only see it, or not even that.

        Raises:
            UsageError: there is no such account, or no such collection in its root.
        """
        grant = Grant(read, write) if read or write or see else None

        def work(tx: Transaction) -> None:
            found = next((each for each in tx.accounts.accounts() if each.name == account), None)
            if found is None:
                raise UsageError("no such account", got=account)
            id_ = _find(tx.collections.collections(found.root), found.root, collection).id
            grants = {name: each for name, each in found.grants.items() if name != id_}
            tx.accounts.put_grants(replace(found, grants=grants | ({id_: grant} if grant else {})))

        self._change(work)
        return grant

    def _named(self, root: str, name: str) -> Collection:
        return _find(self.collections(root), root, name)

    def _change(self, work: Callable[[Transaction], None]) -> None:
        self._store.write(work)
        self._known = None
        self._admission.forget()


def _look(tx: Transaction) -> tuple[list[Root], dict[str, list[Collection]]]:
    roots = tx.collections.roots()
    return roots, {root.name: tx.collections.collections(root.name) for root in roots}


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise UsageError("not an id of a collection", expected="a UUID", got=text) from None


def _require_root(tx: Transaction, name: str) -> None:
    if all(root.name != name for root in tx.collections.roots()):
        raise UsageError("no such API root", got=name, todo="make one: mithaq taxii root")


def _find(collections: Iterable[Collection], root: str, name: str) -> Collection:
    for each in collections:
        if name in (each.id, each.alias):
            return each
    raise UsageError("no such collection", where=root, got=name)
