"""What an exercise came to: measured and compared by the demo, read by ``summary`` and by programs."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mithaq.demo.part import Part
from mithaq.domain.agreement import Agreement
from mithaq.domain.party import Origin


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
class Shown:
    """Something that a step has shown besides.

    Args:
        name: an identifier.
        sentence: what the page says of it, in the language of the demo; nothing where it is empty.
        facts: the same for programs.
        held: whether it is about what the nodes hold, and not about what was exchanged.
    """

    name: str
    sentence: str
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    held: bool = False


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
        scenario: its name.
        origins: the two sides, in the order of the sample.
        agreement: the text in force.
        told: what was exchanged, in order.
        shown: what else was shown, in order.
        logs: of the two sides, in the order of ``origins``.
        record: the record of the pair, the same bytes from either node.
        seconds: for everything.
    """

    scenario: str
    origins: tuple[Origin, Origin]
    agreement: Agreement
    told: tuple[Told, ...]
    shown: tuple[Shown, ...]
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

    def value(self) -> dict[str, Any]:
        """What programs read, as JSON holds it."""
        logs = zip(self.origins, self.logs, strict=True)
        return {
            "exercise": dict(self.agreement.exercise),
            "scenario": self.scenario,
            "agreement": {"digest": self.agreement.digest, "title": dict(self.agreement.title)},
            "parties": list(self.origins),
            "told": [self._told(told) for told in self.told],
            "shown": {shown.name: dict(shown.facts) for shown in self.shown},
            "logs": [{"author": origin, "size": log.size, "root": log.root} for origin, log in logs],
            "record": {"lines": self.record_lines, "sha256": self.record_digest},
            "seconds": round(self.seconds, 3),
        }

    def _told(self, told: Told) -> dict[str, Any]:
        part = told.part
        return {
            "kind": part.message.kind,
            "field": part.message.field,
            "from": self.origins[part.side],
            "to": self.origins[1 - part.side],
            "leaf": told.leaf,
            "at": told.at,
            "held": told.held,
            "verdict": told.verdict,
            "contents": len(part.message.contents),
            "bytes": part.size,
            "objects": part.objects,
            "seconds": round(told.seconds, 3),
        }
