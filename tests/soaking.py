"""Two nodes through a long random history of use and misfortune, each step of which can be played again.

A seed gives the list of steps; every choice within a step comes from the step's own number. ``run`` plays
them, then lets both nodes come to rest and compares everything with what was acknowledged. A failure names
the seed and writes the steps that led to it:

    SEED=17 STEPS=900 python tests/soaking.py

Clocks may be wrong by minus an hour to plus three days, and are put right again now and then. What must hold
then is in docs/adr/0014: nothing stops; an entry may be refused as ``clock`` if its author's clock was ahead
or its reader's behind, or if both have been ahead, until that time has come; contents that come to a node
whose clock is ahead as ``expired``; nothing else is refused.
"""

import dataclasses
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from doomed import FAULTS, Mother, open_node
from faults import Disk, failing_database
from mithaq.crypto.private_files import TEMPORARY
from mithaq.domain.declaration import Declaration, Declared
from mithaq.domain.entry import Entry
from mithaq.domain.kinds import EXCHANGE_KINDS
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.replay import Record
from mithaq.domain.rules import SKEW
from mithaq.errors import (
    ForkError,
    KeyStoreError,
    MithaqError,
    PeerError,
    RefusedError,
    StaleError,
    StoreError,
    UsageError,
)
from mithaq.exchange.about import About
from mithaq.exchange.contents import Place, day_of, load
from mithaq.exchange.packing import PROMPT_BODY_MAX, TRY_AGAIN, Lane
from mithaq.exchange.ports import BodyKey
from mithaq.exchange.service import GRACE, Outgoing, Service
from mithaq.exchange.signing import sign_declaration
from nodes import A, B, Node, agree, insist, introduce, reader, restore, settle, snapshot
from speech import content, message

ORIGINS = (A, B)
LABELS = ("a", "b")
WEIGHTS = {
    "say": 30,
    "exchange": 22,
    "dispatch": 9,
    "arrive": 9,
    "answer": 9,
    "again": 6,
    "lose": 3,
    "cut": 4,
    "ask": 3,
    "carry": 3,
    "wait": 8,
    "jump": 1,
    "set_right": 3,
    "housekeep": 4,
    "restart": 2,
    "forget": 1,
    "disk": 4,
    "database": 2,
    "doom": 1.5,
    "compare": 0.3,
    "act": 5,
    "halt": 0.6,
    "lift": 2,
    "backup": 0.4,
    "put_back": 0.3,
}
"""How often each step is taken."""
KEPT = 60
"""Pouches that can come again."""
JUMPS = (-3_600, -1_200, -310, 200, 310, 3_600, DAY, 3 * DAY)
"""Seconds by which a clock can be wrong."""
REST_ROUNDS = 400
ACCEPTED = ("accepted", "acknowledged")
"""Values of a reader's register that speak well of an exchange."""
ACTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("acknowledgement", {}),
    ("feedback", {"usefulness": "useful"}),
    ("feedback", {"usefulness": "not-useful"}),
    ("correction", {"reason": "incomplete"}),
    ("withdrawal", {"reason": "mistaken"}),
    ("erasure", {"reason": "order"}),
    ("hold", {"reason": "supervision"}),
)

Step = tuple[str, int]


@dataclasses.dataclass
class Said:
    """Something that a side was to say.

    Args:
        side: who.
        spec: what, see ``speech.message``.
        leaf: of its entry, once it was acknowledged.
        gone: sides whose copy of the contents need not be there any more.
        doubtful: a wrong clock may get it refused as ``clock``.
    """

    side: int
    spec: dict[str, Any]
    leaf: str = ""
    gone: set[int] = dataclasses.field(default_factory=set)
    doubtful: bool = False


@dataclasses.dataclass
class Flight:
    """A pouch on its way, or with an answer that waits to come back."""

    side: int
    outgoing: Outgoing
    data: bytes
    answer: bytes = b""


def plan(seed: int, count: int) -> list[Step]:
    """The steps of a seed."""
    chance = random.Random(seed)
    names = chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=count)
    return [(name, chance.randrange(2**32)) for name in names]


class Soak:
    """The two nodes, what is between them, and what was acknowledged."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.now = float((int(time.time()) // DAY + 1) * DAY + 9 * 3600)
        self.skew = [0, 0]
        self.nodes = [self._open(side) for side in (0, 1)]
        introduce(*self.nodes)
        settle(*self.nodes)
        agree(*self.nodes)
        self.now += 4 * 3_600  # a clock that is an hour behind must not be before the agreement's start
        self.said: dict[int, Said] = {}
        self.leaves: dict[str, int] = {}
        self.under_way: list[Flight] = []
        self.answers: list[Flight] = []
        self.old: list[tuple[int, bytes]] = []
        self.latest = [self.now, self.now]
        self.halts: list[tuple[int, str]] = []
        self.count: Counter[str] = Counter()
        self.mother: Mother | None = None
        self.kept: tuple[int, Path, int] | None = None

    def _open(self, side: int) -> Node:
        return open_node(
            self.directory / LABELS[side], LABELS[side], ORIGINS[side], self.now + self.skew[side]
        )

    def play(self, step: Step) -> None:
        """One step."""
        name, number = step
        self.chance = random.Random(number)
        self._set_clocks()
        self.count[name] += 1
        getattr(self, name)()

    def _set_clocks(self) -> None:
        for side, node in enumerate(self.nodes):
            node.clock.offset = self.now + self.skew[side]
            self.latest[side] = max(self.latest[side], node.clock.offset)
            if self.skew[side] < -SKEW + 10:
                for each in self.said.values():
                    each.doubtful |= each.side != side

    def side(self) -> int:
        return self.chance.randrange(2)

    # --- saying -------------------------------------------------------------------------------------------

    def spec(self, side: int) -> dict[str, Any]:
        """Something that this side can say."""
        chance = self.chance
        kind = chance.choice(EXCHANGE_KINDS)
        asked = self._open_items(side) if kind == "reply" else []
        if kind == "reply" and not asked:
            kind = "request"
        sizes = [chance.randrange(40, 3_000) for _ in range(chance.choice((1, 1, 1, 2, 5)))]
        if chance.random() < 0.03:
            sizes[-1] = PROMPT_BODY_MAX + chance.randrange(1, 100_000)
        spec: dict[str, Any] = {"kind": kind, "sizes": sizes, "keep_days": chance.choice((1, 5, 20, 30))}
        if kind == "reply":
            leaf, item = chance.choice(asked)
            spec |= {"asked": leaf, "item": item}
        return spec

    def _open_items(self, side: int) -> list[tuple[str, int]]:
        """Requests that this side has accepted, and their items; some of them answered already."""
        requests = [
            each.leaf
            for each in list(self.said.values())[-KEPT:]
            if each.side != side and each.leaf and each.spec["kind"] == "request"
        ]
        accepted = [leaf for leaf in requests if self.value(side, leaf) in ACCEPTED]
        return [(leaf, number) for leaf in accepted for number in (1, 2, 3)]

    def value(self, side: int, leaf: str) -> str:
        """What the register of a side says of an exchange, as this side has it."""
        node = self.nodes[side]
        own = node.service.partner(ORIGINS[1 - side]).own
        thing = node.store.read(lambda tx: tx.ledger.thing(own, leaf))
        return thing.value(side) if thing else ""

    def number(self, side: int, spec: dict[str, Any]) -> int:
        number = len(self.said) + 1
        both = min(self.latest) > self.now + SKEW - 10
        self.said[number] = Said(side, spec, doubtful=both or self.skew[side] > SKEW - 10)
        return number

    def acknowledged(self, number: int, leaf: str) -> None:
        assert leaf not in self.leaves, "two sendings have one leaf"
        self.said[number].leaf = leaf
        self.leaves[leaf] = number

    def say(self) -> None:
        side = self.side()
        spec = self.spec(side)
        number = self.number(side, spec)
        try:
            sent = self.nodes[side].service.send(ORIGINS[1 - side], message(number, **spec))
        except RefusedError as error:
            self.refused(spec, error.codes)
        else:
            self.acknowledged(number, sent.leaf)

    def refused(self, spec: dict[str, Any], codes: tuple[str, ...]) -> None:
        """Before it was sent: only for what a node may know by itself."""
        self.count[f"not sent: {' '.join(codes)}"] += 1
        reply = codes in {("no-such-step",), ("withdrawn",)} and spec["kind"] == "reply"
        assert reply or (codes == ("suspended",) and self.count["halt"]), (spec, codes)

    # --- what is said about it, and suspending -----------------------------------------------------------

    def act(self) -> None:
        """Something about an exchange, of either side; it may be too late, or not ours to say."""
        side = self.side()
        known = [each for each in list(self.said.values())[-KEPT:] if each.leaf]
        if not known:
            return
        said = self.chance.choice(known)
        kind, facts = self.chance.choice(ACTS)
        if kind == "hold":
            facts = facts | {"until": int(self.nodes[side].clock.offset) + self.chance.randrange(1, 9) * DAY}
        try:
            self.nodes[side].service.about(ORIGINS[1 - side], About(kind, (said.leaf,), facts))
        except (RefusedError, StaleError, UsageError):
            self.count[f"not done: {kind}"] += 1
        else:
            self.count[f"done: {kind}"] += 1
            said.gone |= {"erasure": {side}, "withdrawal": {0, 1}}.get(kind, set())

    def halt(self) -> None:
        side = self.side()
        node, partner = self.nodes[side], ORIGINS[1 - side]
        (text,) = node.service.agreements(partner)
        try:
            leaf = node.service.suspend(partner, text.key, self.chance.choice(("migration", "")))
        except RefusedError as error:
            self.refused_halt(error.codes)
        else:
            self.halts.append((side, leaf))

    def refused_halt(self, codes: tuple[str, ...]) -> None:
        assert codes == ("no-such-step",), codes

    def lift(self) -> None:
        if not self.halts:
            return
        side, leaf = self.halts.pop(self.chance.randrange(len(self.halts)))
        node, partner = self.nodes[side], ORIGINS[1 - side]
        (text,) = node.service.agreements(partner)
        declaration = Declaration(
            act=Declared.RESUME,
            origin=node.origin,
            relation=text.relation,
            agreement=text.key,
            lifts=leaf,
            issued=Moment(int(node.clock.offset)),
        )
        node.service.declare(partner, bytes(sign_declaration(declaration, node.keys.authority)))

    # --- pouches ------------------------------------------------------------------------------------------

    def packed(self, side: int, *, ask: bool = False) -> Flight | None:
        """The next pouch of a side, as bytes."""
        service, to = self.nodes[side].service, ORIGINS[1 - side]
        lane = self.chance.choice((Lane.PROMPT, Lane.PROMPT, Lane.BULK))
        outgoing = service.poll(to) if ask else service.pouch(to, lane)
        return outgoing and Flight(side, outgoing, b"".join(outgoing.pieces))

    def arrived(self, flight: Flight) -> None:
        """At the other side; its answer is ready."""
        to = 1 - flight.side
        flight.answer = b"".join(self.nodes[to].service.receive(reader([flight.data])))
        self.old = [*self.old, (to, flight.data)][-KEPT:]

    def answered(self, flight: Flight) -> None:
        """Back at its sender."""
        service = self.nodes[flight.side].service
        if flight.outgoing.load.manifest.log.reader in service._outboxes:
            service.answered(flight.outgoing, reader([flight.answer]))
            self.old = [*self.old, (flight.side, flight.answer)][-KEPT:]

    def failed(self, flight: Flight) -> None:
        service = self.nodes[flight.side].service
        if flight.outgoing.load.manifest.log.reader in service._outboxes:
            service.failed(flight.outgoing)

    def exchange(self) -> None:
        flight = self.packed(self.side())
        if flight:
            self.arrived(flight)
            self.answered(flight)

    def ask(self) -> None:
        flight = self.packed(self.side(), ask=True)
        assert flight
        self.arrived(flight)
        self.answered(flight)

    def dispatch(self) -> None:
        flight = self.packed(self.side(), ask=self.chance.random() < 0.1)
        if flight:
            self.under_way.append(flight)

    def _pick(self, flights: list[Flight]) -> Flight | None:
        return flights.pop(self.chance.randrange(len(flights))) if flights else None

    def arrive(self) -> None:
        """One of the pouches on their way, perhaps the oldest, perhaps not."""
        flight = self._pick(self.under_way)
        if flight:
            self.arrived(flight)
            self.answers.append(flight)

    def answer(self) -> None:
        flight = self._pick(self.answers)
        if flight:
            self.answered(flight)

    def lose(self) -> None:
        flight = self._pick(self.chance.choice((self.under_way, self.answers)))
        if flight:
            self.failed(flight)

    def again(self) -> None:
        """Somebody sends a recorded pouch once more; whatever comes back goes nowhere."""
        if self.old:
            to, data = self.chance.choice(self.old)
            try:
                b"".join(self.nodes[to].service.receive(reader([data])))
            except ForkError:
                raise
            except PeerError:
                self.count["old pouch refused"] += 1

    def cut(self) -> None:
        """The line breaks in the middle of a pouch, or of an answer."""
        flight = self.packed(self.side())
        if flight is None:
            return
        at = self.chance.randrange(len(flight.data))
        try:
            b"".join(self.nodes[1 - flight.side].service.receive(reader([flight.data[:at]])))
            raise AssertionError("a cut pouch was taken")
        except ForkError:
            raise
        except PeerError:
            self.failed(flight)
        if self.chance.random() < 0.5:
            self.arrived(flight)
            flight.answer = flight.answer[: self.chance.randrange(len(flight.answer))]
            try:
                self.answered(flight)
                raise AssertionError("a cut answer was taken")
            except ForkError:
                raise
            except PeerError:
                self.failed(flight)

    def carry(self) -> None:
        """A pouch as a file, taken without an answer."""
        side = self.side()
        data = self.nodes[side].service.write_pouch(ORIGINS[1 - side], Lane.PROMPT)
        self.nodes[1 - side].service.take(data)
        self.old = [*self.old, (1 - side, data)][-KEPT:]

    # --- time ---------------------------------------------------------------------------------------------

    def wait(self) -> None:
        self.now += self.chance.choice((1, 3, 30, 600, 3_600, 7_200, 20_000))

    def jump(self) -> None:
        self.skew[self.side()] = self.chance.choice(JUMPS)

    def set_right(self) -> None:
        self.skew[self.side()] = self.chance.randrange(-20, 20)

    def housekeep(self) -> None:
        self.nodes[self.side()].service.housekeep()

    # --- the node and its disk ----------------------------------------------------------------------------

    def restart(self) -> None:
        self._reopen(self.side())

    def _reopen(self, side: int) -> None:
        self.nodes[side].close()
        self.nodes[side] = self._open(side)
        self.nodes[side].service.take_up()

    def forget(self) -> None:
        """As after a crash: what was only in memory is lost."""
        side = self.side()
        node = self.nodes[side]
        node.service = Service(node.identity, node.store)

    def backup(self) -> None:
        """Of the first node only: what both have lost nobody can give back."""
        shutil.rmtree(self.directory / LABELS[0] / "backups", ignore_errors=True)
        size = self.nodes[0].service.status(ORIGINS[1]).own_size
        self.kept = (0, snapshot(self.nodes[0]), size)

    def put_back(self) -> None:
        """The backup comes back, perhaps without the sealing keys; the partner gives back what lacks.

        First everything said is carried: what never reached anybody is lost for good, and that is no news.
        """
        if self.kept is None:
            return
        side, kept, size = self.kept
        self.rest()
        self.under_way, self.answers = [], []
        lost = self.chance.choice(((), ("sealing",)))
        restore(self.nodes[side], kept, lost=lost).close()
        self.nodes[side] = self._open(side)
        self.nodes[side].service.clear()
        self.nodes[side].service.take_up()
        rounds = 0
        while self.nodes[side].store.behind:
            rounds += 1
            assert rounds < REST_ROUNDS, "the pair never recovers"
            self.now += GRACE + 1
            self._set_clocks()
            insist(*self.nodes)
        self.count["rounds to recover"] += rounds
        own = self.nodes[side].service.partner(ORIGINS[1 - side]).own
        rows = self.nodes[side].store.read(lambda tx: tx.logs.entries(own, size, tx.logs.row(own).size))
        for row in rows:  # our own contents that were said since are gone; those of the partner come again
            number = self.leaves.get(row.leaf.hex())
            if number:
                self.said[number].gone.add(side)
        for said in self.said.values():  # nor is what its author had erased and the backup has not
            if said.leaf and said.side != side and said.side in said.gone and not self._here(side, said):
                said.gone.add(side)

    def _here(self, side: int, said: Said) -> bool:
        return all(self.nodes[side].service.item(ORIGINS[1 - side], said.leaf).present)

    def disk(self) -> None:
        side = self.side()
        disk = Disk(
            self.directory / LABELS[side],
            self.chance.choice(("full", "read-only", "fsync")),
            self.chance.choice((0, 0, 0, 1, 2, 4)),
            self.chance.choice((1, 3, 1_000)),
        )
        with disk.failing():
            self._despite(side)
        self.count["calls that failed"] += disk.failed

    def database(self) -> None:
        side = self.side()
        with failing_database(self.nodes[side], self.chance.choice(("full", "read-only"))):
            self._despite(side)

    def _despite(self, side: int) -> None:
        """Do something on a failing disk: it works, or is refused and has not been acknowledged."""
        node, flights = self.nodes[side], [each for each in self.under_way if each.side != side]
        try:
            act = self.chance.choice(("say", "say", "receive", "housekeep", "pouch"))
            if act == "say":
                spec = self.spec(side)
                number = self.number(side, spec)
                self.acknowledged(number, node.service.send(ORIGINS[1 - side], message(number, **spec)).leaf)
            elif act == "receive" and flights:
                self.arrived(flights[0])
            elif act == "housekeep":
                node.service.housekeep()
            else:
                flight = self.packed(side)
                if flight:
                    self.under_way.append(flight)
        except (StoreError, KeyStoreError):
            self.count["refused by the disk"] += 1
        except RefusedError as error:
            self.refused(spec, error.codes)

    def doom(self) -> None:
        """A process of its own takes the node over, and is killed or meets a failing disk."""
        if self.mother is None:
            self.mother = Mother(self.directory)
        side = self.side()
        flights = [each for each in self.under_way if each.side != side][:2]
        jobs: list[list[Any]] = []
        for at, flight in enumerate(flights):
            file = self.directory / f"pouch-{at}"
            file.write_bytes(flight.data)
            jobs.append(["receive", str(file), str(self.directory / f"answer-{at}")])
        for _ in range(self.chance.randrange(1, 4)):
            spec = self.spec(side)
            jobs.append(["send", self.number(side, spec), spec])
        jobs += [["housekeep"], ["pack", "prompt"]]
        self.chance.shuffle(jobs)
        results = self.directory / "results"
        results.unlink(missing_ok=True)
        self.nodes[side].close()
        fault = self.chance.choice(("kill", "kill", *FAULTS))
        code = self.mother.order(
            directory=str(self.directory / LABELS[side]),
            label=LABELS[side],
            origin=ORIGINS[side],
            partner=ORIGINS[1 - side],
            time=self.now + self.skew[side],
            fault=fault,
            after=int(self.chance.expovariate(1 / 40)),
            times=self.chance.choice((1, 5, -1)),
            jobs=jobs,
            results=str(results),
        )
        self.count[f"doomed by {fault}" if code else f"survived {fault}"] += 1
        self._told(results, flights)
        self.nodes[side] = self._open(side)

    def _told(self, results: Path, flights: list[Flight]) -> None:
        for line in results.read_text().splitlines():
            what, *details = json.loads(line)
            assert what != "broken", results.read_text()
            assert "Fork" not in str(details[0]), details
            if what == "sent":
                self.acknowledged(*details)
            if what == "declined" and isinstance(details[0], int):
                self.refused(self.said[details[0]].spec, tuple(details[2]))
        for at, flight in enumerate(flights):
            answer = self.directory / f"answer-{at}"
            if answer.exists():
                flight.answer = answer.read_bytes()
                self.under_way.remove(flight)
                self.answers.append(flight)
                answer.unlink()

    # --- what must hold -----------------------------------------------------------------------------------

    def compare(self) -> None:
        """Whatever is under way, each side's mirror is the beginning of the other's log."""
        for side in (0, 1):
            status = self.nodes[side].service.status(ORIGINS[1 - side])
            mirror = self.nodes[1 - side].service.status(ORIGINS[side])
            assert not status.problem, status.problem
            assert mirror.mirror_size <= status.own_size
            assert mirror.record in ("", "agrees")

    def rest(self) -> None:
        """No more misfortune: clocks are right, and everything is said that is to be said."""
        for flight in (*self.under_way, *self.answers):
            self.failed(flight)
        self.skew = [0, 0]
        quiet = rounds = 0
        while quiet < 3:
            rounds += 1
            assert rounds < REST_ROUNDS, "the nodes never come to rest"
            self.now += (TRY_AGAIN if quiet else GRACE) + 1  # what went too often in vain rests for TRY_AGAIN
            self._set_clocks()
            quiet = 0 if self._round() else quiet + 1
        self.count["rounds to rest"] = rounds

    def _round(self) -> bool:
        """Everybody says what there is, and asks; whether there was something."""
        before = [self.nodes[side].service.status(ORIGINS[1 - side]) for side in (0, 1)]
        said = False
        for side in (0, 1):
            service = self.nodes[side].service
            service.housekeep()
            for outgoing in (
                *(service.pouch(ORIGINS[1 - side], lane) for lane in Lane),
                service.poll(ORIGINS[1 - side]),
            ):
                if outgoing:
                    flight = Flight(side, outgoing, b"".join(outgoing.pieces))
                    said |= bool(outgoing.load.contents)
                    self.arrived(flight)
                    self.answered(flight)
        return said or before != [self.nodes[side].service.status(ORIGINS[1 - side]) for side in (0, 1)]

    def check(self) -> None:
        """Everything at the end."""
        records = [self.nodes[side].service.record(ORIGINS[1 - side]) for side in (0, 1)]
        lines = [b"".join(record.lines()) for record in records]
        assert lines[0] == lines[1], "the records differ"
        for side in (0, 1):
            self._check_log(side, records[0])
            status = self.nodes[side].service.status(ORIGINS[1 - side])
            assert (status.problem, status.wanted, status.record) == ("", 0, "agrees"), status
            assert status.have == status.own_size
            self._check_disk(side)
        self._check_contents(records[0])

    def _check_log(self, side: int, record: Record) -> None:
        logged = [leaf.hex() for leaf in record.leaves[side]]
        assert len(set(logged)) == len(logged), "something is there twice"
        entries = [step.entry for step in record.steps[side]]
        assert all(step.outcome.legal for step in record.steps[side]), "an honest node said what is illegal"
        spoken = [each for each in entries if each and each.kind in EXCHANGE_KINDS]
        codes = {
            leaf: step.entry.facts.get("codes", ())
            for step in record.steps[1 - side]
            if step.entry and step.entry.kind == "verdict"
            for leaf in step.entry.re
        }
        mine = [each for each in self.said.values() if each.side == side]
        assert {each.leaf for each in mine if each.leaf} <= set(logged), "something acknowledged was lost"
        assert len(spoken) <= len(mine), "something is there that nobody wanted to say"
        for entry in spoken:
            leaf = entry.leaf.hex()
            self.count["verdicts"] += 1
            thing = record.things[leaf]
            verdict, withdrawn = thing.value(1 - side), thing.value(side) == "withdrawn"
            if verdict not in ACCEPTED and not (withdrawn and not verdict):
                self._check_refusal(entry, verdict, tuple(codes.get(leaf, ())))

    def _check_refusal(self, entry: Entry, verdict: str, codes: tuple[str, ...]) -> None:
        number = self.leaves.get(entry.leaf.hex())
        doubtful = number is None or self.said[number].doubtful
        where = f"{number} {number and self.said[number]}"
        assert verdict == "refused", f"no verdict on {where}: {entry.kind} at {entry.at}"
        self.count[f"refused as {' '.join(codes)}"] += 1
        if "suspended" in codes and self.count["halt"]:
            return
        if codes == ("gone",):
            assert number is None or self.said[number].gone, where
        elif codes == ("expired",):
            assert entry.keep_until < max(self.latest)
        else:
            assert codes == ("clock",), codes
            assert doubtful, f"refused as clock: {number} at {entry.at}"

    def _check_contents(self, record: Record) -> None:
        today = day_of(int(max(self.latest)))
        for side in (0, 1):
            for index, step in enumerate(record.steps[side]):
                entry = step.entry
                number = self.leaves.get(entry.leaf.hex()) if entry else None
                if entry is None or number is None or day_of(entry.keep_until) < today:
                    continue
                if record.things[entry.leaf.hex()].value(1 - side) in ACCEPTED:
                    self._check_content(entry, index, number)

    def _check_content(self, entry: Entry, index: int, number: int) -> None:
        """Both copies open, but for those that somebody erased."""
        said = self.said[number]
        for side in {0, 1} - said.gone:
            node = self.nodes[side]
            for ordinal, size in enumerate(said.spec["sizes"]):
                key = BodyKey(entry.log, index, ordinal)
                stored = node.store.read(lambda tx, key=key: tx.bodies.get(key))
                assert stored, f"content {ordinal} of {number} is not at {LABELS[side]}"
                place = Place(entry.log, entry.id, ordinal)
                assert load(node.identity, place, stored)[1] == content(number, ordinal, size)
                self.count["contents opened"] += 1

    def _check_disk(self, side: int) -> None:
        self._reopen(side)  # what a disk would not let go of goes when the node opens
        place = self.directory / LABELS[side]
        left = [path for path in place.rglob("*") if path.name.startswith(TEMPORARY) or ".new" in path.name]
        assert not left, left
        store = self.nodes[side].store
        with store._reading.connect() as connection:
            (state,) = connection.exec_driver_sql("PRAGMA integrity_check").fetchall()
        assert state[0] == "ok"
        anchored = store._anchor.read()
        signed = store.read(lambda tx: tx.logs.newest_signed())
        assert {log: (each.size, each.root) for log, each in anchored.items()} == {
            log: (each.size, each.root) for log, each in signed.items()
        }

    def close(self) -> None:
        for node in self.nodes:
            node.close()
        if self.mother:
            self.mother.close()


class SoakError(AssertionError):
    """A step failed; says how to play it again."""


def run(directory: Path, seed: int, count: int, say: Callable[[str], None] = lambda _: None) -> Counter[str]:
    """Play the steps of a seed; returns what happened how often.

    Raises:
        SoakError: something that must hold does not.
    """
    steps = plan(seed, count)
    soak = Soak(directory)
    done = 0
    try:
        for done, step in enumerate(steps):
            soak.play(step)
            if done % 1_000 == 999:
                say(f"{done + 1} steps, {len(soak.leaves)} acknowledged")
        done = count
        soak.rest()
        soak.check()
    except (AssertionError, MithaqError, OSError, KeyError, ValueError) as error:
        tail = " ".join(f"{name}:{number}" for name, number in steps[max(0, done - 20) : done + 1])
        raise SoakError(
            f"SEED={seed} STEPS={count} python tests/soaking.py fails at step {done}: {error}\nlast: {tail}"
        ) from error
    finally:
        soak.close()
    return soak.count


if __name__ == "__main__":
    chosen = int(os.environ.get("SEED", time.time()))
    print(f"SEED={chosen}", flush=True)
    with tempfile.TemporaryDirectory(prefix="mithaq-soak-") as place:
        found = run(
            Path(place), chosen, int(os.environ.get("STEPS", "10000")), lambda text: print(text, flush=True)
        )
    print(" ".join(f"{name}={found[name]}" for name in sorted(found)))
    sys.exit(0)
