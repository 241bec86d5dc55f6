"""The part ``yours``: entries of the reader's own log that it has lost, under the head that it signed (7).

::

    u32 length | head | (u16 length | entry) …

The row in the manifest says the index of the first entry. They end where the head does, so that the reader
can prove by its own signature that it wrote them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from mithaq.crypto.notes import Note
from mithaq.errors import MalformedError
from mithaq.exchange.ports import EntryRow, Head, Partner, Transaction
from mithaq.exchange.pouch import pack_entries, unpack_entries
from mithaq.tlog.head import HEAD_MAX

HEADS_MAX = 1_000
"""Heads looked at for one part."""
GIVEN_MAX = 4 * 2**20
"""Bytes of entries given back in one pouch, unless the first head alone covers more."""
GIVEN_ENTRIES_MAX = 1_000
"""Entries given back in one pouch, likewise: its reader folds them in one transaction."""


@dataclass(frozen=True, slots=True)
class Yours:
    """What is given back.

    Args:
        start: index of the first entry in the reader's log.
        head: signed by the reader, not verified.
        entries: up to the size of the head.
    """

    start: int
    head: Note
    entries: Sequence[bytes]

    def pack(self) -> bytes:
        """The part."""
        head = bytes(self.head)
        return len(head).to_bytes(4) + head + pack_entries(self.entries)

    @classmethod
    def parse(cls, start: int, data: bytes) -> Self:
        """Read the part.

        Raises:
            MalformedError: it ends too early, or its head is no note.
            LimitError: the head is too long, or there are too many entries.
        """
        end = 4 + int.from_bytes(data[:4])
        if len(data) < end:
            raise MalformedError("the head is cut short", where="yours", expected=f"{end} bytes")
        return cls(start, Note.parse(data[4:end], limit=HEAD_MAX), unpack_entries(data[end:]))


def give(tx: Transaction, partner: Partner, mine: int) -> tuple[Yours, list[EntryRow]] | None:
    """What a partner lacks of its own log, as much as fits; None if we mirror no more than it has.

    Args:
        tx: the transaction.
        partner: whose log it is.
        mine: the size that it says its log has.
    """
    heads = tx.logs.heads(partner.mirror, mine, HEADS_MAX)
    if not heads:
        return None
    end = min(heads[-1].size, max(heads[0].size, mine + GIVEN_ENTRIES_MAX))
    rows = tx.logs.entries(partner.mirror, mine, end)
    chosen = _largest(heads, rows, mine, end)
    rows = rows[: chosen.size - mine]
    given = Yours(mine, Note.parse(chosen.note, limit=HEAD_MAX), [row.data for row in rows])
    return given, rows


def _largest(heads: Sequence[Head], rows: Sequence[EntryRow], start: int, end: int) -> Head:
    chosen, total, at = heads[0], 0, start
    for head in heads:
        if head.size > end:
            break
        total += sum(len(row.data) for row in rows[at - start : head.size - start])
        at = head.size
        if total > GIVEN_MAX and head is not heads[0]:
            break
        chosen = head
    return chosen
