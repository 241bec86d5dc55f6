"""Accounts of tools in SQL: the port ``Accounts``."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects import sqlite

from mithaq.exchange.account import Account, Grant
from mithaq.store import schema

_A, _G, _S = schema.accounts.c, schema.grants.c, schema.statuses.c
_COLUMNS = (_A.name, _A.root, _A.made, _A.until, _A.used, _A.rate)
_FIND = select(*_COLUMNS).where(_A.secret == bindparam("secret"))
_GRANTS = select(_G.collection, _G.read, _G.write).where(_G.account == bindparam("account"))
_PUT_STATUS = insert(schema.statuses)
_STATUS = select(_S.status).where(_S.id == bindparam("id"), _S.account == bindparam("account"))


class SqlAccounts:
    """The port ``Accounts`` in one transaction.

    Args:
        connection: of the transaction.
    """

    def __init__(self, connection: Connection) -> None:
        self._run = connection.execute
        self.erased = False
        """Whether names of objects were forgotten: they have to leave the journal too."""

    def accounts(self) -> list[Account]:
        """See ``account.Accounts``."""
        found = self._run(select(*_COLUMNS).order_by(_A.name)).mappings().all()
        return [self._account(row) for row in found]

    def find(self, secret: bytes) -> Account | None:
        """See ``account.Accounts``."""
        row = self._run(_FIND, {"secret": secret}).mappings().first()
        return self._account(row) if row else None

    def _account(self, row: Mapping[Any, Any]) -> Account:
        grants = self._run(_GRANTS, {"account": row["name"]})
        return Account(**row, grants={name: Grant(read, write) for name, read, write in grants})

    def put(self, account: Account, secret: bytes) -> None:
        """See ``account.Accounts``."""
        values = {name: getattr(account, name) for name in ("root", "made", "until", "used", "rate")}
        row = sqlite.insert(schema.accounts).values(name=account.name, secret=secret, **values)
        changed = row.on_conflict_do_update(index_elements=["name"], set_=values | {"secret": secret})
        self._run(changed)

    def put_grants(self, account: Account) -> None:
        """See ``account.Accounts``."""
        self._run(delete(schema.grants).where(_G.account == account.name))
        grants = [
            {"account": account.name, "collection": name, "read": grant.read, "write": grant.write}
            for name, grant in account.grants.items()
        ]
        if grants:
            self._run(insert(schema.grants), grants)

    def drop(self, name: str) -> bool:
        """See ``account.Accounts``."""
        return bool(self._run(delete(schema.accounts).where(_A.name == name)).rowcount)

    def used(self, name: str, at: int) -> None:
        """See ``account.Accounts``."""
        self._run(update(schema.accounts).where(_A.name == name, _A.used < at).values(used=at))

    def put_status(self, id_: str, collection: str, account: str, at: int, status: bytes) -> None:
        """See ``account.Accounts``."""
        values = {"id": id_, "collection": collection, "account": account, "at": at, "status": status}
        self._run(_PUT_STATUS, values)

    def status(self, id_: str, account: str) -> bytes | None:
        """See ``account.Accounts``."""
        return self._run(_STATUS, {"id": id_, "account": account}).scalar()

    def drop_statuses(self, before: int) -> None:
        """See ``account.Accounts``."""
        self.erased |= bool(self._run(delete(schema.statuses).where(_S.at < before)).rowcount)
