"""What each URL answers (TAXII 4 and 5). Refuses in this order: 401, 404, 403, 406, 415, 413, 400 or 422."""

from dataclasses import dataclass, field

from mithaq.exchange.account import Account, Grant
from mithaq.exchange.admission import Admission
from mithaq.exchange.collection import Collection, Root
from mithaq.exchange.librarian import Librarian
from mithaq.exchange.library import Library
from mithaq.taxii import negotiation, parameters, resources
from mithaq.taxii.problem import ProblemError
from mithaq.taxii.visitor import visitor

PREFIX = "/taxii2"
"""Where discovery answers (TAXII 4.1), and below it every API root."""
_VERSIONS_ALL = ("all",)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, read.

    Args:
        authorization, accept, content_type: headers; empty where they lack.
        query: of the URL.
        path: names in the path: root, collection, id.
    """

    authorization: str
    accept: str
    content_type: str
    query: dict[str, str]
    path: dict[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])


class Endpoints:
    """The server's answers.

    Args:
        title: of this server.
        library: collections.
        librarian: what there is of them.
        admission: who comes in.
    """

    def __init__(self, title: str, library: Library, librarian: Librarian, admission: Admission) -> None:
        self._title = title
        self._library = library
        self._librarian = librarian
        self._admission = admission

    # --- the server and its roots -------------------------------------------------------------------------

    def discovery(self, asked: Asked) -> Answer:
        """4.1."""
        account = self._account(asked)
        negotiation.check_accept(asked.accept)
        (root,) = (each for each in self._librarian.roots() if each.name == account.root)
        return Answer(resources.discovery(self._title, PREFIX, root))

    def api_root(self, asked: Asked) -> Answer:
        """4.2."""
        _, root = self._root(asked)
        negotiation.check_accept(asked.accept)
        return Answer(resources.api_root(root))

    def status(self, asked: Asked) -> Answer:
        """4.3."""
        account, _ = self._root(asked)
        negotiation.check_accept(asked.accept)
        found = self._library.status(account, asked.path["status"])
        if found is None:
            raise ProblemError(404, "No such status")
        return Answer(found)

    # --- collections --------------------------------------------------------------------------------------

    def collections(self, asked: Asked) -> Answer:
        """5.1."""
        account, root = self._root(asked)
        negotiation.check_accept(asked.accept)
        seen = [
            resources.collection(each, account.grants[each.id])
            for each in self._librarian.collections(root.name)
            if each.id in account.grants
        ]
        return Answer(resources.encode({"collections": seen} if seen else {}))

    def collection(self, asked: Asked) -> Answer:
        """5.2."""
        _, collection, grant = self._collection(asked)
        negotiation.check_accept(asked.accept)
        return Answer(resources.encode(resources.collection(collection, grant)))

    # --- objects ------------------------------------------------------------------------------------------

    def manifest(self, asked: Asked) -> Answer:
        """5.3."""
        collection = self._readable(asked)
        wanted = parameters.read(asked.query)
        page = self._library.page(collection, wanted.filter, wanted.limit, wanted.next)
        return Answer(resources.manifest(page.rows, page.next), headers=resources.added(page.rows))

    def objects(self, asked: Asked) -> Answer:
        """5.4."""
        return self._page(self._readable(asked), parameters.read(asked.query))

    def object(self, asked: Asked) -> Answer:
        """5.6."""
        collection, id_ = self._readable(asked), asked.path["id"]
        answer = self._page(collection, parameters.read(asked.query, id_=id_))
        if not answer.headers and not self._library.has(collection, id_):
            raise ProblemError(404, "No such object")
        return answer

    def _page(self, collection: Collection, wanted: parameters.Parameters) -> Answer:
        page, objects = self._library.objects(collection, wanted.filter, wanted.limit, wanted.next)
        return Answer(resources.envelope(objects, page.next), headers=resources.added(page.rows))

    def versions(self, asked: Asked) -> Answer:
        """5.8."""
        collection, id_ = self._readable(asked), asked.path["id"]
        wanted = parameters.read(asked.query, versions=_VERSIONS_ALL, id_=id_)
        page = self._library.page(collection, wanted.filter, wanted.limit, wanted.next)
        if not page.rows and not self._library.has(collection, id_):
            raise ProblemError(404, "No such object")
        return Answer(resources.versions(page.rows, page.next), headers=resources.added(page.rows))

    def may_add(self, asked: Asked) -> tuple[Account, Collection]:
        """Who adds to what, asked before anything of the body is read."""
        account, collection, grant = self._collection(asked)
        _require(grant.write, "This account may not write here")
        negotiation.check_accept(asked.accept)
        negotiation.check_content_type(asked.content_type)
        return account, collection

    def add(self, account: Account, collection: Collection, body: bytes) -> Answer:
        """5.5: what ``may_add`` let in."""
        return Answer(resources.encode(self._library.add(account, collection, body)), 202)

    def delete(self, asked: Asked) -> Answer:
        """5.7: every version, unless a filter says which."""
        _, collection, grant = self._collection(asked)
        _require(grant.read and grant.write, "This account may not remove anything here")
        negotiation.check_accept(asked.accept)
        id_ = asked.path["id"]
        wanted = parameters.read(asked.query, versions=_VERSIONS_ALL, id_=id_)
        if not self._library.has(collection, id_):
            raise ProblemError(404, "No such object")
        self._library.remove(collection, wanted.filter)
        return Answer(b"")

    # --- who may ------------------------------------------------------------------------------------------

    def _account(self, asked: Asked) -> Account:
        return visitor(self._admission, asked.authorization)

    def _root(self, asked: Asked) -> tuple[Account, Root]:
        """The account and the root of the path; another root than the account's is not there for it."""
        account, name = self._account(asked), asked.path["root"]
        for root in self._librarian.roots():
            if root.name == name == account.root:
                return account, root
        raise ProblemError(404, "No such API root")

    def _collection(self, asked: Asked) -> tuple[Account, Collection, Grant]:
        account, root = self._root(asked)
        for each in self._librarian.collections(root.name):
            if asked.path["collection"] in (each.id, each.alias) and each.id in account.grants:
                return account, each, account.grants[each.id]
        raise ProblemError(404, "No such collection")

    def _readable(self, asked: Asked) -> Collection:
        _, collection, grant = self._collection(asked)
        _require(grant.read, "This account may not read here")
        negotiation.check_accept(asked.accept)
        return collection


def _require(allowed: bool, title: str) -> None:
    if not allowed:
        raise ProblemError(403, title)
