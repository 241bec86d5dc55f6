"""The record of two whole logs, in memory: for auditors, for export, and for comparing two nodes.

``fold_logs`` finds an order of its own in which every ``held`` follows what it covers, and feeds both logs.
The lines of the record are a pure function of the bytes of both logs and the notes that they name: two nodes
that hold the same logs write the same bytes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mithaq.domain import canonical
from mithaq.domain.entry import ENTRY_MAX, Entry, leaf_hash
from mithaq.domain.ladder import Coverage, Range
from mithaq.domain.moves import LIFE, Sort
from mithaq.domain.outcome import EntryRef, LogState, Step
from mithaq.domain.party import LogName
from mithaq.domain.record import feed
from mithaq.domain.sight import Pair, log_name
from mithaq.domain.things import Thing, item_key
from mithaq.errors import PeerError

Roots = Callable[[Sequence[bytes], Iterable[int]], Mapping[int, bytes]]
"""(leaf hashes of a log, sizes) to the root at each size: ``tlog.merkle`` knows how."""


@dataclass(slots=True)
class Memory:
    """A ``View`` that keeps everything in dicts.

    Args:
        notes: texts by digest.
        roots: for each side, the roots of its log by size.
    """

    notes: Mapping[str, bytes]
    roots: tuple[Mapping[int, bytes], Mapping[int, bytes]] = ({}, {})
    things: dict[str, Thing] = field(default_factory=dict[str, Thing])
    life: dict[str, Thing] = field(default_factory=dict[str, Thing])
    refs: dict[bytes, EntryRef] = field(default_factory=dict[bytes, EntryRef])

    def thing(self, key: str) -> Thing | None:
        """See ``View``."""
        return self.things.get(key)

    def agreements(self) -> Sequence[Thing]:
        """See ``View``."""
        return tuple(self.life.values())

    def entry(self, leaf: bytes) -> EntryRef | None:
        """See ``View``."""
        return self.refs.get(leaf)

    def note(self, digest: str) -> bytes | None:
        """See ``View``."""
        return self.notes.get(digest)

    def root(self, side: int, size: int) -> bytes | None:
        """See ``View``."""
        return self.roots[side].get(size)

    def put(self, step: Step) -> None:
        """Keep what a step gave."""
        for thing in step.things:
            self.things[thing.key] = thing
            if thing.sort in LIFE:
                self.life[thing.key] = thing
        if step.ref:
            self.refs[step.ref.leaf] = step.ref


@dataclass(frozen=True, slots=True)
class Record:
    """What two logs come to.

    Args:
        pair: the two parties, sorted.
        steps: for each side, one step for each entry of its log.
        leaves: likewise, leaf hashes.
        things: every thing by key.
    """

    pair: Pair
    steps: tuple[tuple[Step, ...], tuple[Step, ...]]
    leaves: tuple[tuple[bytes, ...], tuple[bytes, ...]]
    things: Mapping[str, Thing]

    def digest(self, side: int, size: int) -> bytes:
        """d(size) of a side's log (protocol 11).

        Raises:
            IndexError: the log has no such size.
        """
        return self.steps[side][size - 1].state.digest if size else LogState.start(side).digest

    def digests(self) -> tuple[bytes, bytes]:
        """The digests of both logs at their full sizes."""
        return self.digest(0, len(self.steps[0])), self.digest(1, len(self.steps[1]))

    def lines(self) -> Iterator[bytes]:
        """The record to be compared, exported or read: canonical JSON, each line with its newline.

        First the parties; then every entry of either log with its outcome and, for an exchange, the rungs of
        its ladder; then every agreement; last both digests.
        """
        yield _line({"type": "mithaq/record/1", "parties": list(self.pair)})
        for side in (0, 1):
            held, refusals = self._held(1 - side), self._refusals(1 - side)
            for index, step in enumerate(self.steps[side]):
                leaf = self.leaves[side][index]
                member = {"log": side, "index": index, "leaf": leaf.hex()}
                yield _line(
                    member | _said(step) | self._rungs(step, index, held, refusals.get(leaf.hex(), {}))
                )
        for key, thing in sorted(self.things.items()):
            if thing.sort is Sort.AGREEMENT:
                yield _line({"agreement": key, "state": thing.reading})
        yield _line({"digests": [digest.hex() for digest in self.digests()]})

    def _held(self, reader: int) -> Mapping[int, int]:
        """When a reader came to hold each entry of the other log in full."""
        coverage, held = Coverage(), dict[int, int]()
        for step in self.steps[reader]:
            if step.outcome.legal and step.entry and step.entry.kind == "held":
                coverage, full = coverage.feed(step.entry.facts)
                held |= dict.fromkeys(_indexes(full), step.state.held_time)
        return held

    def _refusals(self, reader: int) -> Mapping[str, dict[str, Any]]:
        """Whose rules refused entries of the other log, and with which codes, by leaf hash in hex."""
        return {
            leaf: {name: step.entry.facts[name] for name in ("by", "codes")}
            for step in self.steps[reader]
            if step.outcome.legal and step.entry and step.entry.kind == "verdict"
            if "codes" in step.entry.facts
            for leaf in step.entry.re
        }

    def _rungs(
        self, step: Step, index: int, held: Mapping[int, int], refusal: dict[str, Any]
    ) -> dict[str, Any]:
        if step.ref is None or step.entry is None:
            return {}
        thing = self.things.get(step.ref.leaf.hex())
        if thing is None:
            return {}
        items = (thing.item(n, self.things.get(item_key(thing.key, n))) for n in range(1, thing.items + 1))
        rungs = {
            "state": thing.reading,
            "held": held.get(index, 0),
            **refusal,
            "items": [item.reading for item in items],
        }
        return {name: rung for name, rung in rungs.items() if rung}


def fold_logs(  # noqa: PLR0917 - two logs, and what they need
    pair: Pair,
    log_a: Sequence[bytes],
    log_b: Sequence[bytes],
    notes: Mapping[str, bytes],
    roots: Roots,
    n: int = 1,
) -> Record:
    """Fold two whole logs.

    Args:
        pair: the two parties, sorted.
        log_a: entries of the log of ``pair[0]``, any bytes.
        log_b: those of the log of ``pair[1]``.
        notes: texts that entries name, without signatures, by digest.
        roots: see ``Roots``.
        n: number of both logs.
    """
    logs = (log_a, log_b)
    leaves = (tuple(map(leaf_hash, log_a)), tuple(map(leaf_hash, log_b)))
    names = (log_name(pair, 0, n), log_name(pair, 1, n))
    covers = tuple(_covers(names[side], logs[side], len(logs[1 - side])) for side in (0, 1))
    sizes = [{size for size, _ in covers[1 - side].values()} for side in (0, 1)]
    view = Memory(notes, (roots(leaves[0], sizes[0]), roots(leaves[1], sizes[1])))
    steps: tuple[list[Step], list[Step]] = ([], [])

    def waits(side: int) -> bool:
        size, root = covers[side].get(len(steps[side]), (0, b""))
        return size > len(steps[1 - side]) and view.root(1 - side, size) == root

    while left := [side for side in (0, 1) if len(steps[side]) < len(logs[side])]:
        # Both waiting for each other would be a cycle of hashes: one root is wrong, and waits for nothing.
        side = min(left, key=waits)
        done = steps[side]
        state = done[-1].state if done else LogState.start(side, n)
        step = feed(pair, state, logs[side][len(done)], view)
        view.put(step)
        done.append(step)
    return Record(pair, (tuple(steps[0]), tuple(steps[1])), leaves, view.things)


def _covers(name: LogName, log: Sequence[bytes], other: int) -> dict[int, tuple[int, bytes]]:
    """Of each ``held`` that the other log is long enough for: index to the size and root that it names."""
    found = dict[int, tuple[int, bytes]]()
    for index, data in enumerate(log):
        if b'"kind":"held"' not in data or len(data) > ENTRY_MAX:
            continue
        try:
            entry = Entry.parse(data)
        except PeerError:
            continue
        if entry.kind == "held" and entry.log == name and entry.facts["size"] <= other:
            found[index] = (entry.facts["size"], bytes.fromhex(entry.facts["root"]))
    return found


def _indexes(ranges: Iterable[Range]) -> Iterator[int]:
    for each in ranges:
        yield from range(each.start, each.end)


def _said(step: Step) -> dict[str, Any]:
    said = {"outcome": step.outcome.data.decode()}
    return said | {"kind": step.entry.kind, "id": step.entry.id} if step.entry else said


def _line(value: dict[str, Any]) -> bytes:
    return canonical.encode(value) + b"\n"
