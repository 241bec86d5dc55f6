"""The fold's values, notes and partners in SQL: the port ``Ledger``."""

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import TypeVar

from sqlalchemy import Connection, TextClause, bindparam, delete, select, text
from sqlalchemy.dialects.sqlite import insert

from mithaq.domain.kinds import EXCHANGE_KINDS
from mithaq.domain.moves import LIFE
from mithaq.domain.outcome import EntryRef, Result
from mithaq.domain.party import LogName
from mithaq.domain.things import Thing
from mithaq.exchange.ports import Clocks, DefaultHandling, Partner, SealingRow
from mithaq.store import schema
from mithaq.store.entries import side_of
from mithaq.store.names import Names
from mithaq.store.values import Packed

T = TypeVar("T")

LOOKS = 64
"""Leaf hashes looked up by one statement: as many as an entry may name (protocol 5)."""

_THING_DATA = Packed(Thing)

_E, _T, _N = schema.entries.c, schema.things.c, schema.notes.c
_P, _S, _D = schema.partners.c, schema.sealing_keys.c, schema.default_handling.c

_THING = select(_T.data).where(_T.log == bindparam("log"), _T.key == bindparam("key"))
_THINGS = select(_T.data).where(_T.log == bindparam("log"), _T.key.in_(bindparam("keys", expanding=True)))
_AGREEMENTS = select(_T.data).where(_T.log == bindparam("log"), _T.agreement).order_by(_T.key)
_put_thing = insert(schema.things)
_PUT_THING = _put_thing.on_conflict_do_update(
    index_elements=[_T.log, _T.key],
    set_={"agreement": _put_thing.excluded.agreement, "data": _put_thing.excluded.data},
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
_K = schema.clocks.c
_CLOCK_VALUES = ("theirs", "floor")
_CLOCKS = select(*(_K[name] for name in _CLOCK_VALUES)).where(_K.log == bindparam("log"))
_put_clocks = insert(schema.clocks)
_PUT_CLOCKS = _put_clocks.on_conflict_do_update(
    index_elements=[_K.log], set_={name: _put_clocks.excluded[name] for name in _CLOCK_VALUES}
)
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

_DEFAULTS = select(_D.field, _D.tlp, _D.pap, _D.at).where(_D.log == bindparam("log")).order_by(_D.field)
_put_default = insert(schema.default_handling)
_PUT_DEFAULT = _put_default.on_conflict_do_update(
    index_elements=[_D.log, _D.field],
    set_={name: _put_default.excluded[name] for name in ("tlp", "pap", "at")},
)
_DROP_DEFAULT = delete(schema.default_handling).where(
    _D.log == bindparam("log"), _D.field == bindparam("field")
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

    def things(self, own: LogName, keys: Collection[str]) -> list[Thing]:
        """See ``ports.Ledger``."""
        log = self._names.find(own)
        return [
            _THING_DATA.unpack(data)
            for some in _pieces(list(keys))
            for data in self._run(_THINGS, {"log": log, "keys": some}).scalars()
        ]

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
                        "agreement": each.sort in LIFE,
                        "data": _THING_DATA.pack(each),
                    }
                    for each in things
                ],
            )

    def find(self, own: LogName, leaf: bytes) -> EntryRef | None:
        """See ``ports.Ledger``."""
        return self.find_all(own, (leaf,)).get(leaf)

    def find_all(self, own: LogName, leaves: Collection[bytes]) -> dict[bytes, EntryRef]:
        """See ``ports.Ledger``."""
        refs: dict[bytes, EntryRef] = {}
        for log in (own, own.other):
            left = [leaf for leaf in dict.fromkeys(leaves) if leaf not in refs]
            for some in _pieces(left):
                key = {f"leaf{n}": leaf for n, leaf in enumerate(some)}
                for row in self._run(_first(len(some)), key | {"log": self._names.find(log)}):
                    refs |= _ref(log, *row)
        return refs

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

    def default_handling(self, own: LogName) -> list[DefaultHandling]:
        """See ``ports.Ledger``."""
        found = self._run(_DEFAULTS, {"log": self._names.find(own)})
        return [DefaultHandling(*each) for each in found]

    def put_default_handling(self, own: LogName, default: DefaultHandling) -> None:
        """See ``ports.Ledger``."""
        values = {name: getattr(default, name) for name in DefaultHandling.__slots__}
        self._run(_PUT_DEFAULT, {"log": self._names.number(own)} | values)

    def drop_default_handling(self, own: LogName, field: str) -> None:
        """See ``ports.Ledger``."""
        self._run(_DROP_DEFAULT, {"log": self._names.find(own), "field": field})

    def drop_partner(self, own: LogName) -> None:
        """See ``ports.Ledger``."""
        self._run(_DROP_PARTNER, {"log": self._names.find(own)})

    def clocks(self, own: LogName) -> Clocks:
        """See ``ports.Ledger``."""
        found = self._run(_CLOCKS, {"log": self._names.find(own)}).first()
        return Clocks(*found) if found else Clocks()

    def put_clocks(self, own: LogName, clocks: Clocks) -> None:
        """See ``ports.Ledger``."""
        values = {name: getattr(clocks, name) for name in _CLOCK_VALUES}
        self._run(_PUT_CLOCKS, {"log": self._names.number(own)} | values)

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


@lru_cache(LOOKS)
def _first(looks: int) -> TextClause:
    """The first entry with each of so many leaf hashes.

    It speaks for all in its log: the later ones are void as repeated, what is malformed once is so always. So
    many repetitions cost no more than one: ``min`` is one look at the index.
    """
    named = ", ".join(f"(:leaf{n})" for n in range(looks))
    return text(
        f"WITH named(leaf) AS (VALUES {named}) "  # noqa: S608 - numbers only
        'SELECT entries.leaf, entries."index", kind, outcome FROM named JOIN entries '
        'ON entries.log = :log AND entries.leaf = named.leaf AND entries."index" = '
        '(SELECT min(again."index") FROM entries AS again WHERE again.log = :log AND again.leaf = named.leaf)'
    )


def _pieces(many: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(many), LOOKS):
        yield many[start : start + LOOKS]


def _ref(log: LogName, leaf: bytes, index: int, kind: str, outcome: bytes) -> dict[bytes, EntryRef]:
    if outcome == Result.MALFORMED.encode():
        return {}
    legal = outcome.startswith(Result.DONE.encode())
    opened = leaf.hex() if legal and kind in EXCHANGE_KINDS else ""
    return {leaf: EntryRef(side_of(log), index, leaf, kind, opened, legal)}
