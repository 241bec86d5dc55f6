"""What becomes of the exchange entries of a pouch and of their contents (protocol 9).

An entry whose contents are not all there waits; the verdict comes with the pouch that completes it. A header
that the fold found illegal, and a time that fits no clock, are refused at once. So is what national rules
close, those that its sender has told first, then ours: its contents are neither kept nor wanted.
"""

from dataclasses import replace
from functools import cached_property

from mithaq.domain import narrowing, policy
from mithaq.domain.entry import Entry
from mithaq.domain.kinds import Family
from mithaq.domain.narrowing import Narrowing
from mithaq.domain.national import read
from mithaq.domain.record import EntryRef
from mithaq.domain.refusal import RECEIVER, SENDER, TEXT
from mithaq.domain.rules import EXPIRED, RULES, Sees
from mithaq.domain.standing import Arrival, Standing
from mithaq.exchange import contents, copies, national
from mithaq.exchange.delivery import Delivery
from mithaq.exchange.identity import Identity
from mithaq.exchange.pair import Heard, Pair
from mithaq.exchange.ports import BodyKey, Transaction

_BODY_RULES = tuple(rule for rule in RULES if rule.sees & Sees.BODIES)
_ARRIVAL_RULES = tuple(rule for rule in RULES if rule.sees & Sees.ARRIVAL)


class Judging:
    """Judges what one pouch brought.

    Args:
        tx: the transaction.
        identity: this node.
        pair: the two logs; the partner's has taken over the new entries.
        delivery: what came.

    Attributes:
        missing: entries whose contents lack something, each with the reason.
        came: indexes of entries that were held before and are complete now.
        verdicts: leaf hashes in hex by who refused them and the codes; accepted ones under neither.
        withdrawn: what its author has withdrawn: the leaf hashes in hex of each withdrawal.
        erased: of which the partner has erased its copy: the leaf hashes in hex of each erasure.
    """

    def __init__(self, tx: Transaction, identity: Identity, pair: Pair, delivery: Delivery) -> None:
        self._tx = tx
        self._identity = identity
        self._pair = pair
        self._log = pair.own.other
        self._delivery = delivery
        self._older: tuple[int, tuple[Narrowing, ...]] | None = None
        self.missing: list[tuple[int, str]] = []
        self.came: list[int] = []
        self.verdicts: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        self.withdrawn: list[tuple[str, ...]] = []
        self.erased: list[tuple[str, ...]] = []

    def arrive(self, heard: Heard, arrival: Arrival) -> None:
        """An entry of the partner as it arrives: judged, or waiting for its contents."""
        step = heard.step
        entry = step.entry
        if entry and entry.kind == "withdrawal" and step.outcome.legal:
            self.withdrawn.append(entry.re)
        if entry and entry.kind == "erasure" and step.outcome.legal:
            self.erased.append(entry.re)
        if entry is None or entry.family is not Family.EXCHANGE:
            return
        if not step.outcome.legal:
            if step.ref:  # bytes that stand in the log already have had their verdict
                self._judged(entry, (step.outcome.code,))
            return
        verdict = policy.judge(entry, None, self._standing(entry, heard.index, arrival), _ARRIVAL_RULES)
        if not verdict.accepted:
            self._judged(entry, verdict.codes)
            return
        if self._closed(entry, heard.index):
            return
        self._put(entry, heard.index)
        lacking = self._lacking(entry, heard.index)
        if lacking:
            wanted = [(heard.index, o, bytes.fromhex(entry.bodies[o].commit)) for o in lacking]
            self._tx.bodies.want(self._log, wanted, contents.day_of(entry.keep_until))
            spoiled = (self._delivery.spoiled.get((heard.index, ordinal)) for ordinal in lacking)
            self.missing.append((heard.index, next(filter(None, spoiled), "absent")))
        else:
            self._judge_bodies(entry, heard.index)

    def _standing(self, entry: Entry, index: int, arrival: Arrival) -> Standing:
        """What surrounds an entry here and now: we may have suspended what its author had not seen."""
        # Of the partner's log all that stands before the entry: it may have resumed since our last ``held``.
        sight = self._pair.sight
        sight = replace(sight, state=replace(sight.state, cut=index))
        text = sight.agreement(entry.agreement)
        if text is None:
            return Standing(None, arrival=arrival)
        suspended = sight.suspended(text, entry.field)
        return Standing(None, suspended=suspended, notice=sight.notice(text.relation), arrival=arrival)

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
            if self._closed(entry, index):  # by rules of ours that are newer than the entry
                self._tx.bodies.drop(self._log, index)
                continue
            self._put(entry, index)
            if not self._lacking(entry, index):
                self.came.append(index)
                self._judge_bodies(entry, index)

    def _put_again(self, entry: Entry, index: int) -> None:
        """Contents that went with a lost store: judged long ago, wanted again, and what was judged then."""
        if copies.is_gone(self._pair, entry.leaf.hex()):
            return
        for ordinal in range(len(entry.bodies)):
            stored, key = self._delivery.bodies.get((index, ordinal)), BodyKey(self._log, index, ordinal)
            if stored and self._tx.bodies.is_wanted(key):
                self._tx.bodies.put(key, stored)

    def _waits(self, entry: Entry, ref: EntryRef | None, index: int) -> bool:
        """Whether an entry is legal, has no verdict yet, and lacks contents that still may come."""
        counts = ref and ref.legal and ref.index == index  # the same bytes entered again wait for nothing
        thing = self._pair.thing(entry.leaf.hex()) if counts else None
        if thing is None or copies.is_gone(self._pair, thing.key):
            return False
        return not thing.value(self._pair.side) and bool(self._lacking(entry, index))

    def _judge_bodies(self, entry: Entry, index: int) -> None:
        present = self._tx.bodies.present(self._log, index, index + 1)
        found = [contents.findings(present[index, ordinal]) for ordinal in range(len(entry.bodies))]
        standing = Standing(self._pair.sight.agreement(entry.agreement))
        verdict = policy.judge(entry, found, standing, _BODY_RULES)
        if not verdict.accepted:
            self._tx.bodies.drop(self._log, index)
        self._judged(entry, verdict.codes)

    # --- national rules -----------------------------------------------------------------------------------

    def _closed(self, entry: Entry, index: int) -> bool:
        """Whether national rules close what the text allows: its sender's, as told before it, then ours."""
        text = self._pair.sight.agreement(entry.agreement)
        for by, closes in ((SENDER, self._sender(index)), (RECEIVER, self._receiver)):
            codes = narrowing.judge(entry, text, closes) if text else ()
            if codes:
                self._judged(entry, codes, by)
                return True
        return False

    def _sender(self, index: int) -> tuple[Narrowing, ...]:
        newest = self._newest
        if newest is None or newest[0] < index:
            return newest[1] if newest else ()
        row = self._tx.logs.rules(self._log, index)
        if row is None:
            return ()
        if self._older is None or self._older[0] != row.index:
            # Once, not for each of a thousand entries behind it: it may name thousands of media types.
            self._older = row.index, read(Entry.parse(row.data))
        return self._older[1]

    @cached_property
    def _newest(self) -> tuple[int, tuple[Narrowing, ...]] | None:
        """The newest rules of the partner: their place in its log, and what they close."""
        row = self._tx.logs.rules(self._log)
        return (row.index, read(Entry.parse(row.data))) if row else None

    @cached_property
    def _receiver(self) -> tuple[Narrowing, ...]:
        return national.enforced(self._tx, self._identity, self._pair)

    def _judged(self, entry: Entry, codes: tuple[str, ...], by: str = TEXT) -> None:
        self.verdicts.setdefault((by if codes else "", codes), []).append(entry.leaf.hex())
