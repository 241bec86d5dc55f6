"""``mithaq taxii``: API roots, collections and the accounts of tools."""

import dataclasses
from typing import Annotated

from cyclopts import Parameter

from mithaq.cli.answer import Answer, listing, moment, table
from mithaq.cli.session import Here
from mithaq.exchange.account import RATE, Account


def root_add(name: str, title: str, /, *, session: Here) -> Answer:
    """Make an API root for the authority's own agencies; nothing in it leaves the node.

    Args:
        name: its name in URLs.
        title: for people.
    """
    with session.service() as service:
        root = service.librarian.add_root(name, title)
    return Answer(dataclasses.asdict(root), listing(dataclasses.asdict(root)))


def collection_add(
    root: str,
    title: str,
    /,
    *,
    alias: Annotated[str, Parameter(help="Another name in URLs.")] = "",
    keep_days: Annotated[int, Parameter(help="How long it keeps an object.")] = 365,
    id: Annotated[str, Parameter(help="Its UUID, where it moves from another server.")] = "",  # noqa: A002
    session: Here,
) -> Answer:
    """Make a collection.

    Args:
        root: the name of its API root.
        title: for people.
    """
    with session.service() as service:
        collection = service.librarian.add_collection(root, title, alias, keep_days, id)
    return Answer(dataclasses.asdict(collection), listing(dataclasses.asdict(collection)))


def collection_drop(root: str, name: str, /, *, session: Here) -> Answer:
    """Destroy a collection with all that is in it.

    Args:
        root: the name of its API root.
        name: its id or alias.
    """
    with session.service() as service:
        service.librarian.drop_collection(root, name)
    return Answer({"root": root, "collection": name})


def account_add(
    name: str,
    root: str,
    /,
    *,
    days: Annotated[int, Parameter(help="How long its token holds; 0 for ever.")] = 365,
    rate: Annotated[int, Parameter(help="Requests a second.")] = RATE,
    session: Here,
) -> Answer:
    """Make an account, or give it a new token, shown this once; the old one is worth nothing then.

    Args:
        name: of the tool: the user of Basic.
        root: the API root that it is for.
    """
    with session.service() as service:
        token = service.librarian.add_account(name, root, days, rate)
    return Answer({"account": name, "root": root, "token": token}, [token])


def account_drop(name: str, /, *, session: Here) -> Answer:
    """Forget an account: its token is worth nothing from then on.

    Args:
        name: of the account.
    """
    with session.service() as service:
        service.librarian.drop_account(name)
    return Answer({"account": name})


def grant(
    account: str,
    collection: str,
    /,
    *,
    read: Annotated[bool, Parameter(negative=(), help="It may read.")] = False,
    write: Annotated[bool, Parameter(negative=(), help="It may write.")] = False,
    hide: Annotated[bool, Parameter(negative=(), help="It does not even see that it is there.")] = False,
    session: Here,
) -> Answer:
    """Say what an account may do with a collection of its root; without an option it sees that it is there.

    Args:
        account: its name.
        collection: its id or alias.
    """
    with session.service() as service:
        service.librarian.grant(account, collection, read, write, see=not hide)
    return Answer({"account": account, "collection": collection, "read": read, "write": write})


def show(*, session: Here) -> Answer:
    """API roots, collections and accounts, with what each account may do."""
    with session.service() as service:
        roots = service.librarian.roots()
        collections = [each for root in roots for each in service.librarian.collections(root.name)]
        accounts = service.librarian.accounts()
    value = {
        "roots": list(map(dataclasses.asdict, roots)),
        "collections": list(map(dataclasses.asdict, collections)),
        "accounts": list(map(dataclasses.asdict, accounts)),
    }
    names = {each.id: each.alias or each.id for each in collections}
    rows = [(each.name, each.title, "", "") for each in roots]
    rows += [
        (f"{each.root}/{names[each.id]}", each.title, each.id, f"{each.keep_days} d") for each in collections
    ]
    rows += [(each.name, each.root, _rights(each, names), moment(each.used)) for each in accounts]
    return Answer(value, table(rows) if rows else [])


def _rights(account: Account, names: dict[str, str]) -> str:
    """As ``ls`` writes them: read, write."""
    return " ".join(
        f"{names.get(id_, id_)}:{'r' if each.read else '-'}{'w' if each.write else '-'}"
        for id_, each in account.grants.items()
    )
