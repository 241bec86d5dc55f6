"""Our copies of the contents of exchanges, whoever wrote them: what is here, and what became of it.

The register of a side in a thing ``<exchange>/contents`` says what it did with its copy (protocol 8 and 11);
the rows in the store are the copy itself.
"""

from collections.abc import Iterator

from mithaq.domain.entry import Entry
from mithaq.domain.party import LogName
from mithaq.domain.things import contents_key
from mithaq.exchange.pair import Pair
from mithaq.exchange.ports import BodyKey, Transaction


def drop(tx: Transaction, pair: Pair, leaf: str) -> None:
    """Destroy our copy of the contents of the entry with this leaf hash in hex, and want none of them."""
    ref = pair.entry(bytes.fromhex(leaf))
    if ref:
        tx.bodies.drop(pair.log(ref.side), ref.index)


def unwant(tx: Transaction, pair: Pair, leaf: str) -> None:
    """Want none of an exchange that its author has erased: nobody else has it. What is here of it stays."""
    ref = pair.entry(bytes.fromhex(leaf))
    if ref and is_erased_by_author(pair, leaf):
        tx.bodies.unwant(pair.log(ref.side), ref.index)


def rows(tx: Transaction, pair: Pair, leaf: str) -> list[BodyKey]:
    """Our stored contents of an entry."""
    ref = pair.entry(bytes.fromhex(leaf))
    if ref is None:
        return []
    log = pair.log(ref.side)
    return [BodyKey(log, *place) for place in tx.bodies.present(log, ref.index, ref.index + 1)]


def is_gone(pair: Pair, leaf: str) -> bool:
    """Whether an exchange is withdrawn, or our copy of its contents was erased: none is taken any more."""
    return is_withdrawn(pair, leaf) or is_erased(pair, leaf)


def is_withdrawn(pair: Pair, leaf: str) -> bool:
    """Whether its author has withdrawn an exchange."""
    exchange = pair.thing(leaf)
    return exchange is not None and exchange.value(exchange.side) == "withdrawn"


def is_erased(pair: Pair, leaf: str) -> bool:
    """Whether our log says that we erased our copy of an exchange's contents."""
    return _is_erased(pair, leaf, pair.side)


def is_erased_by_author(pair: Pair, leaf: str) -> bool:
    """Whether the log of an exchange's author says that it erased its copy of the contents."""
    exchange = pair.thing(leaf)
    return exchange is not None and _is_erased(pair, leaf, exchange.side)


def _is_erased(pair: Pair, leaf: str, side: int) -> bool:
    thing = pair.thing(contents_key(leaf))
    return thing is not None and thing.value(side) == "erased"


def said(tx: Transaction, log: LogName, kind: str) -> Iterator[Entry]:
    """The legal entries of a kind in a log."""
    for row in tx.logs.of_kind(log, kind):
        if row.outcome.startswith(b"done"):
            yield Entry.parse(row.data)


def entry(tx: Transaction, log: LogName, index: int) -> Entry:
    """The entry at a place, which has been read before."""
    (row,) = tx.logs.entries(log, index, index + 1)
    return Entry.parse(row.data)
