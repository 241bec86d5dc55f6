"""What becomes of the exchange entries of a pouch and of their contents (protocol 9).

An entry whose contents are not all there waits; the verdict comes with the pouch that completes it. A header
that the fold found illegal, and a time that fits no clock, are refused at once.
"""

from mithaq.domain import policy
from mithaq.domain.entry import Entry
from mithaq.domain.kinds import Family
from mithaq.domain.record import EntryRef
from mithaq.domain.rules import EXPIRED, RULES, Sees
from mithaq.domain.standing import Arrival, Standing
from mithaq.exchange import contents
from mithaq.exchange.delivery import Delivery
from mithaq.exchange.pair import Heard, Pair
from mithaq.exchange.ports import BodyKey, Transaction

VERDICT_MAX = 64
"""Entries that one verdict names: the most that ``re`` holds (protocol 5)."""

_BODY_RULES = tuple(rule for rule in RULES if rule.sees is Sees.BODIES)
_ARRIVAL_RULES = tuple(rule for rule in RULES if rule.sees is Sees.ARRIVAL)


class Judging:
    """Judges what one pouch brought.

    Args:
        tx: the transaction.
        pair: the two logs; the partner's has taken over the new entries.
        delivery: what came.

    Attributes:
        missing: entries whose contents lack something, each with the reason.
        came: indexes of entries that were held before and are complete now.
        verdicts: leaf hashes in hex by the codes of their refusal; accepted ones under no code.
    """

    def __init__(self, tx: Transaction, pair: Pair, delivery: Delivery) -> None:
        self._tx = tx
        self._pair = pair
        self._log = pair.own.other
        self._delivery = delivery
        self.missing: list[tuple[int, str]] = []
        self.came: list[int] = []
        self.verdicts: dict[tuple[str, ...], list[str]] = {}

    def arrive(self, heard: Heard, time: int) -> None:
        """An entry of the partner at our ``time`` of holding it: judged, or waiting for its contents."""
        step = heard.step
        entry = step.entry
        if entry is None or entry.family is not Family.EXCHANGE:
            return
        if not step.outcome.legal:
            if step.ref:  # bytes that stand in the log already have had their verdict
                self._judged(entry, (step.outcome.code,))
            return
        arrival = Standing(None, arrival=Arrival(time, heard.before))
        verdict = policy.judge(entry, None, arrival, _ARRIVAL_RULES)
        if not verdict.accepted:
            self._judged(entry, verdict.codes)
            return
        self._put(entry, heard.index)
        lacking = self._lacking(entry, heard.index)
        if lacking:
            self._tx.bodies.want(
                self._log, [(heard.index, o, bytes.fromhex(entry.bodies[o].commit)) for o in lacking]
            )
            spoiled = (self._delivery.spoiled.get((heard.index, ordinal)) for ordinal in lacking)
            self.missing.append((heard.index, next(filter(None, spoiled), "absent")))
        else:
            self._judge_bodies(entry, heard.index)

    def _put(self, entry: Entry, index: int) -> None:
        for ordinal in range(len(entry.bodies)):
            stored = self._delivery.bodies.get((index, ordinal))
            if stored:
                self._tx.bodies.put(BodyKey(self._log, index, ordinal), stored)

    def _lacking(self, entry: Entry, index: int) -> list[int]:
        present = self._tx.bodies.present(self._log, index, index + 1)
        return [ordinal for ordinal in range(len(entry.bodies)) if (index, ordinal) not in present]

    def complete(self, held: int) -> None:
        """Contents of entries that were held before this pouch: those below ``held``."""
        late = {index for (index, _), why in self._delivery.spoiled.items() if why == "declined"}
        older = sorted(
            {index for index, _ in (*self._delivery.bodies, *self._delivery.spoiled) if index < held}
        )
        for index in older:
            (row,) = self._tx.logs.entries(self._log, index, index + 1)
            entry = Entry.parse(row.data)
            ref = self._pair.entry(row.leaf)
            if not self._waits(entry, ref, index):
                self._put_again(entry, index)
                continue
            if index in late:  # they will never be taken: to want them again would be for ever
                self._tx.bodies.drop(self._log, index)
                self._judged(entry, (EXPIRED,))
                continue
            self._put(entry, index)
            if not self._lacking(entry, index):
                self.came.append(index)
                self._judge_bodies(entry, index)

    def _put_again(self, entry: Entry, index: int) -> None:
        """Contents that went with a lost store: judged long ago, wanted again, and what was judged then."""
        for ordinal in range(len(entry.bodies)):
            stored, key = self._delivery.bodies.get((index, ordinal)), BodyKey(self._log, index, ordinal)
            if stored and self._tx.bodies.is_wanted(key):
                self._tx.bodies.put(key, stored)

    def _waits(self, entry: Entry, ref: EntryRef | None, index: int) -> bool:
        """Whether an entry is legal, has no verdict yet, and lacks contents."""
        counts = ref and ref.legal and ref.index == index  # the same bytes entered again wait for nothing
        thing = self._pair.thing(entry.leaf.hex()) if counts else None
        return bool(thing and not thing.value(self._pair.side) and self._lacking(entry, index))

    def _judge_bodies(self, entry: Entry, index: int) -> None:
        present = self._tx.bodies.present(self._log, index, index + 1)
        found = [contents.findings(present[index, ordinal]) for ordinal in range(len(entry.bodies))]
        standing = Standing(self._pair.sight.agreement(entry.agreement))
        verdict = policy.judge(entry, found, standing, _BODY_RULES)
        if not verdict.accepted:
            self._tx.bodies.drop(self._log, index)
        self._judged(entry, verdict.codes)

    def _judged(self, entry: Entry, codes: tuple[str, ...]) -> None:
        self.verdicts.setdefault(codes, []).append(entry.leaf.hex())
