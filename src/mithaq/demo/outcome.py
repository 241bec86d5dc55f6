"""What an exercise came to: measured and compared by the demo, read by ``summary``."""

import hashlib
from dataclasses import dataclass

from mithaq.demo.programme import Part
from mithaq.domain.agreement import Agreement


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that was said and what became of it.

    Args:
        part: what was said.
        leaf: its leaf hash in hex.
        at: when its entry was made, POSIX seconds.
        held: when its reader held it in full, by the reader's clock.
        verdict: of its reader, ``accepted`` or ``refused``.
        seconds: from saying it until the verdict was back with its author, by the demo's own watch.
    """

    part: Part
    leaf: str
    at: int
    held: int
    verdict: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Log:
    """One side's log, as both nodes hold it.

    Args:
        size: entries.
        root: their Merkle root in hex.
    """

    size: int
    root: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """All of it.

    Args:
        agreement: the text in force.
        told: what was exchanged, in order.
        lead: seconds by which the alert had its verdict before the large document was complete.
        forbidden: what was refused before it left.
        codes: of the rules that refused it.
        logs: of the first and the second side of the text's parties.
        record: the record of the pair, the same bytes from either node.
        seconds: for everything.
    """

    agreement: Agreement
    told: tuple[Told, ...]
    lead: float
    forbidden: Part
    codes: tuple[str, ...]
    logs: tuple[Log, Log]
    record: bytes
    seconds: float

    @property
    def record_lines(self) -> int:
        """Lines of the record, one for each entry and a few more."""
        return self.record.count(b"\n")

    @property
    def record_digest(self) -> str:
        """SHA-256 of the record in hex."""
        return hashlib.sha256(self.record).hexdigest()
