"""The fold's values, notes and partners in SQL: the port ``Ledger``."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from mithaq.domain.kinds import EXCHANGE_KINDS
from mithaq.domain.outcome import EntryRef, Result
from mithaq.domain.party import LogName
from mithaq.domain.things import Sort, Thing
from mithaq.exchange.ports import Partner, SealingRow
from mithaq.store import schema
from mithaq.store.entries import side_of
from mithaq.store.names import Names
from mithaq.store.values import Packed

_THING_DATA = Packed(Thing)

_E, _T, _N = schema.entries.c, schema.things.c, schema.notes.c
_P, _S = schema.partners.c, schema.sealing_keys.c

_THING = select(_T.data).where(_T.log == bindparam("log"), _T.key == bindparam("key"))
_AGREEMENTS = select(_T.data).where(_T.log == bindparam("log"), _T.agreement).order_by(_T.key)
_put_thing = insert(schema.things)
_PUT_THING = _put_thing.on_conflict_do_update(
    index_elements=[_T.log, _T.key],
    set_={"agreement": _put_thing.excluded.agreement, "data": _put_thing.excluded.data},
)
_FIRST = (
    select(_E.index, _E.kind, _E.outcome)
    .where(_E.log == bindparam("log"), _E.leaf == bindparam("leaf"))
    .order_by(_E.index)
    .limit(1)
)
_NOTE = select(_N.note).where(_N.digest == bindparam("digest"))
_put_note = insert(schema.notes)
_PUT_NOTE = _put_note.on_conflict_do_update(
    index_elements=[_N.digest], set_={"note": _put_note.excluded.note}
)
_PARTNER_VALUES = ("url", "card", "sealing", "newest", "sent", "have", "problem", "previous")
_PARTNERS = select(schema.logs.c.name, *(_P[name] for name in _PARTNER_VALUES)).where(
    schema.logs.c.id == _P.log
)
_put_partner = insert(schema.partners)
_PUT_PARTNER = _put_partner.on_conflict_do_update(
    index_elements=[_P.log], set_={name: _put_partner.excluded[name] for name in _PARTNER_VALUES}
)
_DROP_PARTNER = delete(schema.partners).where(_P.log == bindparam("log"))
_SEALING_KEYS = (
    select(_S.public, _S.index, _S.entered, _S.acknowledged)
    .where(_S.log == bindparam("log"))
    .order_by(_S.index, _S.public)
)
_put_sealing_key = insert(schema.sealing_keys)
_PUT_SEALING_KEY = _put_sealing_key.on_conflict_do_update(
    index_elements=[_S.log, _S.public],
    set_={name: _put_sealing_key.excluded[name] for name in ("index", "entered", "acknowledged")},
)
_DROP_SEALING_KEY = delete(schema.sealing_keys).where(
    _S.log == bindparam("log"), _S.public == bindparam("public")
)


_ASKED = select(schema.recoveries.c.asked).where(schema.recoveries.c.log == bindparam("log"))
_put_asked = insert(schema.recoveries)
_PUT_ASKED = _put_asked.on_conflict_do_update(
    index_elements=[schema.recoveries.c.log], set_={"asked": _put_asked.excluded.asked}
)
_DROP_ASKED = delete(schema.recoveries).where(schema.recoveries.c.log == bindparam("log"))


class SqlLedger:
    """The port ``Ledger`` in one transaction.

    Args:
        connection: of the transaction.
        names: numbers of logs.
    """

    def __init__(self, connection: Connection, names: Names) -> None:
        self._run = connection.execute
        self._names = names

    def thing(self, own: LogName, key: str) -> Thing | None:
        """See ``ports.Ledger``."""
        data = self._run(_THING, {"log": self._names.find(own), "key": key}).scalar()
        return None if data is None else _THING_DATA.unpack(data)

    def agreements(self, own: LogName) -> list[Thing]:
        """See ``ports.Ledger``."""
        found = self._run(_AGREEMENTS, {"log": self._names.find(own)})
        return [_THING_DATA.unpack(data) for data in found.scalars()]

    def put_things(self, own: LogName, things: Sequence[Thing]) -> None:
        """See ``ports.Ledger``."""
        if things:
            log = self._names.number(own)
            self._run(
                _PUT_THING,
                [
                    {
                        "log": log,
                        "key": each.key,
                        "agreement": each.sort is Sort.AGREEMENT,
                        "data": _THING_DATA.pack(each),
                    }
                    for each in things
                ],
            )

    def find(self, own: LogName, leaf: bytes) -> EntryRef | None:
        """See ``ports.Ledger``.

        The first entry with these bytes in its log speaks for all: the later ones are void as repeated, and
        what is malformed once is so always. So many repetitions cost no more than one.
        """
        for log in (own, own.other):
            found = self._run(_FIRST, {"log": self._names.find(log), "leaf": leaf}).first()
            if found is None:
                continue
            index, kind, outcome = found
            if outcome != Result.MALFORMED.encode():
                legal = outcome.startswith(Result.DONE.encode())
                opened = leaf.hex() if legal and kind in EXCHANGE_KINDS else ""
                return EntryRef(side_of(log), index, leaf, kind, opened, legal)
        return None

    def note(self, digest: str) -> bytes | None:
        """See ``ports.Ledger``."""
        return self._run(_NOTE, {"digest": digest}).scalar()

    def put_note(self, digest: str, note: bytes) -> None:
        """See ``ports.Ledger``."""
        self._run(_PUT_NOTE, {"digest": digest, "note": note})

    def partners(self) -> list[Partner]:
        """See ``ports.Ledger``."""
        found = [Partner(LogName.parse(name), *values) for name, *values in self._run(_PARTNERS)]
        return sorted(found, key=lambda partner: (partner.origin, partner.own.n))

    def put_partner(self, partner: Partner) -> None:
        """See ``ports.Ledger``."""
        values = {name: getattr(partner, name) for name in _PARTNER_VALUES}
        self._run(_PUT_PARTNER, {"log": self._names.number(partner.own)} | values)

    def drop_partner(self, own: LogName) -> None:
        """See ``ports.Ledger``."""
        self._run(_DROP_PARTNER, {"log": self._names.find(own)})

    def sealing_keys(self, own: LogName) -> list[SealingRow]:
        """See ``ports.Ledger``."""
        found = self._run(_SEALING_KEYS, {"log": self._names.find(own)})
        return [SealingRow(*each) for each in found]

    def put_sealing_key(self, own: LogName, key: SealingRow) -> None:
        """See ``ports.Ledger``."""
        values = {name: getattr(key, name) for name in SealingRow.__slots__}
        self._run(_PUT_SEALING_KEY, {"log": self._names.number(own)} | values)

    def drop_sealing_key(self, own: LogName, public: bytes) -> None:
        """See ``ports.Ledger``."""
        self._run(_DROP_SEALING_KEY, {"log": self._names.find(own), "public": public})

    def asked(self, own: LogName) -> str:
        """See ``ports.Ledger``."""
        return self._run(_ASKED, {"log": self._names.find(own)}).scalar() or ""

    def put_asked(self, own: LogName, asked: str) -> None:
        """See ``ports.Ledger``."""
        if asked:
            self._run(_PUT_ASKED, {"log": self._names.number(own), "asked": asked})
        else:
            self._run(_DROP_ASKED, {"log": self._names.find(own)})
