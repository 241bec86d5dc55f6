"""Making a receipt from what is in the store (protocol 9); its form and how it is checked are ``audit``'s."""

from mithaq.audit.receipt import Receipt
from mithaq.crypto.notes import Note, NoteLine
from mithaq.domain.entry import Entry
from mithaq.domain.party import LogName
from mithaq.errors import UsageError
from mithaq.exchange import rungs
from mithaq.exchange.pair import Pair, TileView
from mithaq.exchange.ports import Cosignature, EntryRow, Transaction
from mithaq.tlog import tiles
from mithaq.tlog.head import HEAD_MAX
from mithaq.tlog.proof import TlogProof


def export(tx: Transaction, pair: Pair, log: LogName, index: int) -> bytes:
    """The receipt of one entry, with as many rungs as there are.

    Args:
        tx: the transaction.
        pair: the two logs.
        log: the entry's log: our own, or the one that we mirror.
        index: its place there.

    Raises:
        UsageError: there is no such entry, or no signed head covers it yet.
    """
    rows = tx.logs.entries(log, index, index + 1)
    if not rows:
        raise UsageError("no such entry", where=str(log), got=index)
    held = rungs.held(tx, log, [index]).get(index)
    verdict, erasure = (find(pair, log, rows[0].leaf) for find in (rungs.verdict, rungs.erasure))
    cosignature = _cosignature(tx, log, index)
    return bytes(
        Receipt(
            entry=_proof(tx, log, rows[0]),
            held=_proof(tx, log.other, held.row) if held and _agree(held.row, index, cosignature) else None,
            verdict=verdict and _proof(tx, log.other, verdict),
            erasure=erasure and _proof(tx, log.other, erasure),
        )
    )


def _proof(tx: Transaction, log: LogName, row: EntryRow) -> TlogProof:
    """The entry under the smallest cosigned head that covers it; under the smallest head where none is."""
    cosignature = _cosignature(tx, log, row.index)
    above = cosignature.size - 1 if cosignature else row.index
    head = next(iter(tx.logs.heads(log, above, 1)), None)
    if head is None:
        raise UsageError("no signed head covers this entry yet", where=str(log), got=row.index)
    note = Note.parse(head.note, limit=HEAD_MAX)
    if cosignature and cosignature.size == head.size:
        note = Note(note.text, (*note.lines, *_lines(cosignature.lines)))
    path = tiles.inclusion_proof(row.index, head.size, TileView(tx, log))
    return TlogProof(row.index, path, note, row.data)


def _cosignature(tx: Transaction, log: LogName, index: int) -> Cosignature | None:
    """The smallest cosignature that covers an entry."""
    return next(iter(tx.logs.cosignatures(log, index, 1)), None)


def _agree(held: EntryRow, index: int, cosignature: Cosignature | None) -> bool:
    """Whether the reader's two statements of one size have one time.

    A reader that gives them different ones would make the whole receipt worthless: it goes without ``held``,
    and the cosignature and the verdict still bind that reader.
    """
    facts = Entry.parse(held.data).facts
    if cosignature is None or facts["size"] != cosignature.size:
        return True
    came = any(each["from"] <= index < each["to"] for each in facts.get("came", ()))
    return came or facts["time"] == cosignature.time


def _lines(data: bytes) -> list[NoteLine]:
    return [NoteLine.parse(line) for line in data.decode().splitlines()]
