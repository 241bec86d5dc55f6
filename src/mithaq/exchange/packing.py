"""What goes into the next pouch for a partner (protocol 7).

Two lanes, so that nothing urgent waits for large contents: **prompt** carries heads, entries, notes and the
contents that are small, alerts first; **bulk** carries contents that the partner says it lacks. Nothing is
remembered between two pouches but what the partner last said; everything else is found in the store.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from mithaq.domain.entry import SALT_SIZE, Entry
from mithaq.domain.kinds import KINDS
from mithaq.domain.party import LogName
from mithaq.errors import ForgedError, KeyStoreError, StaleError
from mithaq.exchange import contents
from mithaq.exchange.identity import Identity
from mithaq.exchange.manifest import PARTS_MAX, WANT_MAX, Manifest, Part
from mithaq.exchange.partners import cards_before
from mithaq.exchange.ports import BodyKey, EntryRow, Head, Partner, Store, StoredBody, Transaction
from mithaq.exchange.pouch import POUCH_MAX, Content, pack_entries, part_of
from mithaq.exchange.rates import Rates
from mithaq.exchange.recovery import covered
from mithaq.exchange.work import WORK_MAX, work_of
from mithaq.exchange.yours import give
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.merkle import EMPTY_ROOT, SIZE_MAX

PROMPT_TARGET = 4 * 2**20
"""Bytes of entries and contents in a prompt pouch: measured best for one transaction at the reader."""
PROMPT_BODY_MAX = 2**21
"""A larger content waits in the bulk lane, so that what is entered behind it overtakes."""
BULK_TARGET = POUCH_MAX * 7 // 8 - 2**20
"""Bytes of contents in a bulk pouch: with Padmé's zeros (an eighth at most) it stays within a pouch."""
HEADS_MAX = 1_000
"""Heads looked at for one pouch."""
ENTRIES_MAX = 1_000
"""Entries in one pouch: so its ``held`` never needs more ranges than it may have (protocol 6)."""
TRIES = 3
"""How often a content goes at once to a partner that has taken its pouch and wants it again."""
TRY_AGAIN = 3_600.0
"""Seconds until it goes once more after that: who wants one content for ever would cost us the line."""


class Lane(StrEnum):
    """Which of the two pouches that may be under way."""

    PROMPT = "prompt"
    BULK = "bulk"


@dataclass
class Outbox:
    """What a node remembers of a partner between two pouches; lost at a restart, and told again.

    Args:
        wants: contents of ours that the partner lacks: (index, ordinal).
        under_way: those of them in a pouch that is on its way.
        spoiled: contents that did not open when they were to go; they stay behind and stop nothing else.
    cosigned: size of the newest cosignature that an answered pouch carried.
        told: size of our log that our newest answer carried, and until when we wait for its effect.
        ask: whether to ask what became of contents that an answered bulk pouch carried.
        unopened: how often its newest sealing key met 404 in a row.
        sent: the highest ``n`` used.
        tried: how often wanted contents have gone in answered pouches, and when last, POSIX seconds.
        asks: when a pair that is behind may ask again, by the clock.
        said: the size that it says its own log has, and the id of the pouch that said so: below our mirror it
            has lost entries.
    """

    wants: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    under_way: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    spoiled: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    cosigned: int = 0
    told: tuple[int, float] = (0, 0.0)
    ask: bool = False
    unopened: int = 0
    sent: int = 0
    tried: dict[tuple[int, int], tuple[int, float]] = field(
        default_factory=dict[tuple[int, int], tuple[int, float]]
    )
    asks: float = 0.0
    said: tuple[int, str] = (SIZE_MAX, "")

    def delivered(self, load: "Load", now: float) -> None:
        """A pouch has been answered: what it carried need not go again unless it is asked for."""
        recent = {place: tries for place, tries in self.tried.items() if now - tries[1] < TRY_AGAIN}
        wanted = set(self.wants) & set(load.bodies)
        self.tried = recent | {place: (recent.get(place, (0, now))[0] + 1, now) for place in wanted}
        self.under_way.difference_update(load.bodies)
        self.wants = [place for place in self.wants if place not in load.bodies]
        self.cosigned = max(self.cosigned, load.cosigned)

    def rests(self, place: tuple[int, int], now: float) -> bool:
        """Whether a wanted content has gone so often that it has to wait."""
        times, last = self.tried.get(place, (0, 0.0))
        return times >= TRIES and now - last < TRY_AGAIN

    def next_n(self, clock: float) -> int:
        """The ``n`` of the next pouch: the clock in microseconds, always rising."""
        self.sent = max(self.sent + 1, int(clock * 1_000_000))
        return self.sent


@dataclass(frozen=True, slots=True)
class Load:
    """What one pouch carries.

    Args:
        manifest: without parts.
        contents: the parts.
        bodies: places of the contents among them.
        size: our log up to the head that is in it, or as the partner has it.
        cosigned: size of the cosignature in it, or 0.
        gives: what ``Outbox.said`` was, if it gives the partner back what it lost.
    """

    manifest: Manifest
    contents: tuple[Content, ...]
    bodies: tuple[tuple[int, int], ...]
    size: int
    cosigned: int
    gives: tuple[int, str] | None = None

    @property
    def empty(self) -> bool:
        """Whether it says nothing but where we stand."""
        return not self.contents


class Packer:
    """Packs the pouches of one node.

    Args:
        identity: this node.
        store: where it keeps things.
        rates: how much each partner may send: what it may not is not asked for.
    """

    def __init__(self, identity: Identity, store: Store, rates: Rates) -> None:
        self._identity = identity
        self._store = store
        self._rates = rates

    def pack(
        self,
        partner: Partner,
        outbox: Outbox,
        lane: Lane,
        *,
        answers: str = "",
        short: bool = False,
        bare: bool = False,
    ) -> Load:
        """What to send now.

        Args:
            partner: as the store has it.
            outbox: what is remembered of it.
            lane: which pouch.
            answers: the id of the pouch that this one answers.
            short: nothing but where we stand and the newest cosignature: the answer to an old pouch.
            bare: no contents, since it is sealed to a card's key.
        """

        def work(tx: Transaction) -> Load:
            room = self._rates.room(partner.origin)
            packing = _Packing(tx, self._identity, self._store, partner, outbox, asks=room)
            if lane is Lane.BULK:
                return packing.bulk(answers)
            return packing.prompt(answers, short=short, bare=bare)

        return self._store.read(work)


class _Packing:
    """One pouch, on one snapshot."""

    def __init__(
        self,
        tx: Transaction,
        identity: Identity,
        store: Store,
        partner: Partner,
        outbox: Outbox,
        *,
        asks: bool,
    ) -> None:
        self._tx = tx
        self._identity = identity
        self._store = store
        self._partner = partner
        self._outbox = outbox
        self._own = partner.own
        self._asks = asks
        self._today = contents.day_of(identity.now())

    def prompt(self, answers: str, *, short: bool, bare: bool) -> Load:
        parts: list[Content] = []
        places: list[tuple[int, int]] = []
        size = self._partner.have
        gives = None if short else self._give_back(parts, answers)
        answers = gives[1] if gives else answers
        head, rows = (None, []) if short else self._batch()
        if head:
            size = head.size
            parts.append(part_of("head", head.note))
            parts.append(part_of("entries", pack_entries([row.data for row in rows]), rows[0].index))
            parts += self._notes(rows)
        cosigned = self._cosignature(parts, answers)
        room = PARTS_MAX - len(parts) - 1  # zeros are the last part
        # Who has lost its store has probably lost its keys: it is sealed to its card, without contents.
        for place, content in () if bare or gives or not head else self._bodies(rows)[:room]:
            parts.append(content)
            places.append(place)
        return Load(self._manifest(answers), tuple(parts), tuple(places), size, cosigned, gives)

    def bulk(self, answers: str) -> Load:
        """Contents that the partner asked for, in its order, as many as fit."""
        parts: list[Content] = []
        places: list[tuple[int, int]] = []
        room = BULK_TARGET
        for place in self._outbox.wants:
            busy = place in self._outbox.under_way or place in self._outbox.spoiled
            if busy or place[0] >= self._partner.have:
                continue
            if self._outbox.rests(place, self._identity.clock()):
                continue
            stored = self._tx.bodies.present(self._own, place[0], place[0] + 1).get(place)
            if stored is None or stored.day < self._today:
                continue
            room -= stored.size
            if room < 0 and parts:
                break
            parts.append(self._content(place, stored))
            places.append(place)
        return Load(self._manifest(answers), tuple(parts), tuple(places), self._partner.have, 0)

    # --- parts --------------------------------------------------------------------------------------------

    def _give_back(self, parts: list[Content], answers: str) -> tuple[int, str] | None:
        """Add what the partner lacks of its own log, if this answers the pouch that showed it, or none.

        Returns:
            What that pouch said, if something was added.
        """
        mine, asked = self._outbox.said
        if not asked or answers not in ("", asked):
            return None
        given = give(self._tx, self._partner, mine)
        if given:
            yours, rows = given
            parts.append(part_of("yours", yours.pack(), yours.start))
            # A reader that knows its newest card alone finds by those between whose head this is.
            cards = self._tx.logs.of_kind(self._partner.mirror, "card")
            parts += self._notes([*rows, *(row for row in cards if row.index >= mine)])
            self._outbox.said = (mine + len(rows), "")
            return mine, asked
        return None

    def _batch(self) -> tuple[Head | None, list[EntryRow]]:
        """The largest kept head whose entries and contents fit; the smallest where none does."""
        have = self._partner.have
        heads = self._tx.logs.heads(self._own, have, HEADS_MAX)
        heads = heads[: self._reach(heads)]
        if not heads:
            return None, []
        end = min(heads[-1].size, max(heads[0].size, have + ENTRIES_MAX))
        rows = self._tx.logs.entries(self._own, have, end)
        present = self._tx.bodies.present(self._own, have, end)
        weights = {row.index: len(row.data) for row in rows}
        for (index, _), stored in present.items():
            weights[index] += stored.size if self._goes_promptly(stored) else 0
        works = {row.index: work_of(row.data) for row in rows}
        chosen, total, work, at = heads[0], 0, 0, have
        for head in heads:
            if head.size > end:
                break
            total += sum(weights.get(index, 0) for index in range(at, head.size))
            work += sum(works.get(index, 0) for index in range(at, head.size))
            at = head.size
            if (total > PROMPT_TARGET or work > WORK_MAX) and head is not heads[0]:
                break
            chosen = head
        return chosen, rows[: chosen.size - have]

    def _reach(self, heads: Sequence[Head]) -> int:
        """How many of these heads a partner can fold that lacks entries of its own log.

        What covers entries that it will not have after this pouch has to wait (protocol 6).
        """
        mine, have = self._outbox.said[0], self._partner.have
        if mine >= self._tx.logs.row(self._partner.mirror).size or not heads:
            return len(heads)
        for row in self._tx.logs.entries(self._own, have, heads[-1].size):
            if covered(row.data, self._own) > mine:
                return sum(head.size <= row.index for head in heads)
        return len(heads)

    def _notes(self, rows: Iterable[EntryRow]) -> list[Content]:
        names: dict[str, None] = {}
        for row in rows:
            if row.kind in KINDS and KINDS[row.kind].note:
                name = str(Entry.parse(row.data).facts["note"])
                names |= dict.fromkeys([name, *(self._cards_after(name) if row.kind == "card" else ())])
        notes = map(self._tx.ledger.note, names)
        return [part_of("note", note) for note in notes if note]

    def _cards_after(self, name: str) -> list[str]:
        """Our cards after one: a reader who knows the newest already finds by them that it leads there."""
        newest = self._identity.card
        chain = [card.digest for card in (newest, *cards_before(self._tx, newest))]
        return chain[: chain.index(name)] if name in chain else []

    def _cosignature(self, parts: list[Content], answers: str) -> int:
        """Add our newest cosignature of the partner's log, unless it has gone; an answer repeats it.

        Who asks again may never have had the answer before.
        """
        found = self._tx.logs.newest_cosignature(self._partner.mirror)
        if found is None or (found.size <= self._outbox.cosigned and not answers):
            return 0
        text = Checkpoint(str(self._partner.mirror), found.size, found.root).text
        parts.append(part_of("cosignature", text + b"\n" + found.lines))
        return found.size

    def _bodies(self, rows: Sequence[EntryRow]) -> list[tuple[tuple[int, int], Content]]:
        """Contents of these entries: alerts first, small before large, up to the target."""
        start, end = rows[0].index, rows[-1].index + 1
        present = self._tx.bodies.present(self._own, start, end)
        alerts = {row.index for row in rows if row.kind == "alert"}
        order = sorted(present.items(), key=lambda item: (item[0][0] not in alerts, item[1].size))
        chosen: list[tuple[tuple[int, int], Content]] = []
        room = PROMPT_TARGET
        for place, stored in order:
            large = stored.size > room and chosen
            if place in self._outbox.spoiled or not self._goes_promptly(stored) or large:
                continue
            room -= stored.size
            chosen.append((place, self._content(place, stored)))
        return chosen

    def _goes_promptly(self, stored: StoredBody) -> bool:
        """Whether a content is small enough for this lane, and has not ended: its day's key may be gone."""
        return stored.size <= PROMPT_BODY_MAX and stored.day >= self._today

    def _content(self, place: tuple[int, int], stored: StoredBody) -> Content:
        part = Part("body", stored.size + SALT_SIZE, stored.part.hex(), *place)

        def load() -> bytes:
            try:
                return load_body(self._identity, self._store, self._own, place)
            except (ForgedError, KeyStoreError, StaleError):
                self._outbox.spoiled.add(place)  # it ends this pouch, and must not end every one after it
                raise

        return Content(part, load)

    def _manifest(self, answers: str) -> Manifest:
        mirror = self._tx.logs.row(self._partner.mirror).frontier
        return Manifest(
            log=self._own,
            id=self._id(),
            n=self._outbox.next_n(self._identity.clock()),
            time=self._identity.now(),
            mine=self._tx.logs.row(self._own).size,
            have=(mirror.size, mirror.root() if mirror.size else EMPTY_ROOT),
            answers=answers,
            want=self._wants() if self._asks else (),
        )

    def _wants(self) -> tuple[tuple[int, int], ...]:
        """Contents that we lack; of more than fit, as many from anywhere on.

        Their author may have lost the first ones: asked for always, they would starve the others.
        """
        bodies, mirror = self._tx.bodies, self._partner.mirror
        wanted = bodies.wanted(mirror, WANT_MAX + 1)
        if len(wanted) > WANT_MAX:
            skip = int.from_bytes(self._identity.random(8)) % bodies.count_wanted(mirror)
            wanted = bodies.wanted(mirror, WANT_MAX, skip)
            wanted += bodies.wanted(mirror, WANT_MAX - len(wanted))
        return tuple(wanted)

    def _id(self) -> str:
        """Drawn for each pouch; while the pair recovers, the one that an answer has to name."""
        asked = self._tx.ledger.asked(self._own)
        behind = asked and any(map(self._tx.logs.lacks, (self._own, self._partner.mirror)))
        return asked if behind else self._identity.random(32).hex()


def load_body(identity: Identity, store: Store, log: LogName, place: tuple[int, int]) -> bytes:
    """Salt and content of a stored body, as they travel.

    Raises:
        StaleError, KeyStoreError: it has ended since the pouch was packed.
        ForgedError: what is stored was changed.
    """
    rows, stored = store.read(
        lambda tx: (tx.logs.entries(log, place[0], place[0] + 1), tx.bodies.get(BodyKey(log, *place)))
    )
    if stored is None or not rows:
        raise StaleError("the content has ended while its pouch was packed", where=f"{log} {place}")
    entry = Entry.parse(rows[0].data)
    salt, content = contents.load(identity, contents.Place(log, entry.id, place[1]), stored)
    return salt + content
