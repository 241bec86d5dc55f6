"""Taking a partner's pouch: verify, hold, judge, and say so, in one transaction (protocol 6, 7 and 9).

1. The manifest is that of a known partner, signed by its log pair, before anything else is read.
2. Contents are checked against the commitment of their entry, examined and sealed one at a time.
3. One transaction: entries under their verified head, contents, ``held`` with what is missing and what came,
   the cosignature with the same time, and a verdict on every exchange entry that can be judged.

An entry whose contents are not all there waits; the verdict comes with the pouch that completes it. A header
that the fold found illegal, and a time that fits no clock, are refused at once.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mithaq.crypto.notes import Note, digest
from mithaq.domain import policy
from mithaq.domain.card import Card
from mithaq.domain.entry import BODY_MAX, SALT_SIZE, Entry
from mithaq.domain.kinds import KINDS, RANGES_MAX, Family
from mithaq.domain.ladder import Range, compact
from mithaq.domain.party import LogName, Role
from mithaq.domain.record import EntryRef
from mithaq.domain.rules import RULES, Sees
from mithaq.domain.standing import Arrival, Standing
from mithaq.errors import ForgedError, LimitError, MalformedError, PeerError, StaleError
from mithaq.exchange import contents
from mithaq.exchange.cards import accept_card
from mithaq.exchange.contents import Place
from mithaq.exchange.identity import Identity
from mithaq.exchange.manifest import NOTE_MAX, Part
from mithaq.exchange.manifest import verify as verify_manifest
from mithaq.exchange.pair import Draft, Heard, Pair, TileView
from mithaq.exchange.partners import card_of, find_partner, parse_card
from mithaq.exchange.ports import BodyKey, Cosignature, Partner, Store, StoredBody, Transaction
from mithaq.exchange.pouch import OpenPouch, unpack_entries
from mithaq.exchange.signing import merge, verify_agreement, verify_partly
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.cosignature import cosign, verify_cosignature
from mithaq.tlog.head import HEAD_MAX
from mithaq.tlog.mirror import Advanced, Batch, LogForkError, Mirror, SetAside, advance

STAGED_MAX = 16 * 2**20
"""Sealed bytes that wait in memory for their entries' transaction; what comes beyond is wanted again."""
VERDICT_MAX = 64
"""Entries that one verdict names: the most that ``re`` holds (protocol 5)."""

_BODY_RULES = tuple(rule for rule in RULES if rule.sees is Sees.BODIES)
_ARRIVAL_RULES = tuple(rule for rule in RULES if rule.sees is Sees.ARRIVAL)
_QUIET = ("held", "record")
"""Kinds that alone make no ``held`` due (protocol 6)."""

Spot = tuple[int, int]
"""Index of an entry and ordinal of one of its contents."""


@dataclass
class Delivery:
    """What came out of a pouch, verified part by part, before the transaction."""

    head: Note | None = None
    start: int = 0
    entries: list[bytes] = field(default_factory=list[bytes])
    notes: dict[str, Note] = field(default_factory=dict[str, Note])
    cosignature: Note | None = None
    bodies: dict[Spot, StoredBody] = field(default_factory=dict[Spot, StoredBody])
    spoiled: dict[Spot, str] = field(default_factory=dict[Spot, str])
    """Why a content that came was not taken: ``size`` or ``hash``."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a pouch did: the partner as it stands now, and whether own entries were appended."""

    partner: Partner
    spoke: bool
    fresh: bool
    """Its ``n`` was the newest: its ``have`` and ``want`` count (protocol 7)."""


def verify(store: Store, opened: OpenPouch) -> tuple[Partner, Card]:
    """Prove who sent a pouch; nothing after its manifest has been read.

    Returns:
        The partner, and the card whose log pair signed.

    Raises:
        ForgedError: a stranger, or not signed by the partner's log pair.
    """
    partner = store.read(lambda tx: find_partner(tx, opened.manifest.log))
    card = card_of(partner)
    try:
        verify_manifest(opened.note, opened.manifest, card.pairs[Role.LOG])
    except ForgedError:
        if not partner.previous:
            raise
        # Until its first pouch under new node keys, a partner may not know that we have its new card.
        card = parse_card(partner.previous)
        verify_manifest(opened.note, opened.manifest, card.pairs[Role.LOG])
    return partner, card


class Intake:
    """Takes the pouches of one node.

    Args:
        identity: this node.
        store: where it keeps things.
    """

    def __init__(self, identity: Identity, store: Store) -> None:
        self._identity = identity
        self._store = store

    def take(self, opened: OpenPouch, partner: Partner, card: Card) -> Taken:
        """Take a pouch whose manifest has been verified.

        Raises:
            PeerError: a part is not what it must be; nothing of this pouch was kept.
            LogForkError: the partner's log forks; the evidence is kept and the pair stops.
        """
        delivery = self._unpack(opened, partner)
        if self._idle(opened, partner, delivery):
            return Taken(partner, spoke=False, fresh=True)
        try:
            return self._store.write(lambda tx: _Work(tx, self._identity, opened, card, delivery).run())
        except LogForkError as error:
            self._stop(partner, error)
            raise

    def _stop(self, partner: Partner, error: LogForkError) -> None:
        """Keep the evidence as a note of its own, and stop the pair (protocol 6)."""
        evidence = b"\n".join((bytes(error.evidence.first), bytes(error.evidence.second)))
        name = hashlib.sha256(evidence).hexdigest()

        def work(tx: Transaction) -> None:
            tx.ledger.put_note(name, evidence)
            tx.ledger.put_partner(replace(find_partner(tx, partner.mirror), problem=f"fork {name}"))

        self._store.write(work)

    def _idle(self, opened: OpenPouch, partner: Partner, delivery: Delivery) -> bool:
        """Whether there is nothing to keep: an empty question costs no transaction."""
        said = opened.manifest
        nothing = not (delivery.entries or delivery.bodies or delivery.cosignature or delivery.notes)
        return nothing and said.have[0] == partner.have and said.n > partner.newest

    def _unpack(self, opened: OpenPouch, partner: Partner) -> Delivery:
        delivery, staged = Delivery(), 0
        first_contact = opened.to == _card_key(self._identity)
        for part, data in opened.parts():
            if part.kind == "head":
                delivery.head = Note.parse(data, limit=HEAD_MAX)
            elif part.kind == "entries":
                delivery.start, delivery.entries = part.index or 0, unpack_entries(data)
            elif part.kind == "note":
                note = Note.parse(data, limit=NOTE_MAX)
                delivery.notes[digest(note)] = note
            elif part.kind == "cosignature":
                delivery.cosignature = self._news(partner.own, Note.parse(data, limit=HEAD_MAX))
            elif not first_contact and staged < STAGED_MAX + BODY_MAX:
                # What is sealed to the card's key opens for as long as the card lives: no contents (7).
                staged += self._stage(delivery, partner.mirror, part, data)
        return delivery

    def _news(self, own: LogName, note: Note) -> Note | None:
        """A cosignature, unless we have one that covers as much: answers repeat it."""
        size = Checkpoint.parse(note.text).size
        newest = self._store.read(lambda tx: tx.logs.newest_cosignature(own))
        return None if newest and newest.size >= size else note

    def _stage(self, delivery: Delivery, log: LogName, part: Part, data: bytes) -> int:
        place = (part.index or 0, part.ordinal or 0)
        entry = self._entry(delivery, log, place[0])
        if entry is None or place[1] >= len(entry.bodies) or len(data) < SALT_SIZE:
            return 0
        body, salt, content = entry.bodies[place[1]], data[:SALT_SIZE], data[SALT_SIZE:]
        where = Place(log, entry.id, place[1])
        try:
            contents.matches(where, body, salt, content)
        except ForgedError:
            delivery.spoiled[place] = "size" if len(content) != body.size else "hash"
            return 0
        try:
            stored = contents.store(
                self._identity, where, body, salt=salt, content=content, keep_until=entry.keep_until
            )
        except PeerError:
            delivery.spoiled[place] = "declined"
            return 0
        delivery.bodies[place] = stored
        return len(stored.sealed)

    def _entry(self, delivery: Delivery, log: LogName, index: int) -> Entry | None:
        """The entry at an index: of this pouch, or held already."""
        at = index - delivery.start
        if 0 <= at < len(delivery.entries):
            data = delivery.entries[at]
        else:
            rows = self._store.read(lambda tx: tx.logs.entries(log, index, index + 1))
            if not rows:
                return None
            data = rows[0].data
        try:
            return Entry.parse(data)
        except PeerError:
            return None


def _card_key(identity: Identity) -> str:
    return hashlib.sha256(identity.card.sealing).hexdigest()


class _Work:
    """The one transaction of a pouch."""

    def __init__(
        self, tx: Transaction, identity: Identity, opened: OpenPouch, card: Card, delivery: Delivery
    ) -> None:
        self._tx = tx
        self._identity = identity
        self._said = opened.manifest
        self._card = card
        self._delivery = delivery
        self._partner = find_partner(tx, opened.manifest.log)
        self._pair = Pair.of(tx, identity, self._partner.own)
        self._log = self._partner.mirror
        self._held = self._pair.mirror_frontier.size
        self._missing: list[tuple[int, str]] = []
        self._came: list[int] = []
        self._verdicts: dict[tuple[str, ...], list[str]] = {}

    def run(self) -> Taken:
        before = self._pair.state.size
        advanced, new = self._advance()
        self._know(new)
        heard: list[Heard] = []
        if advanced and self._delivery.head and new:
            heard = self._pair.hear(advanced, self._delivery.head, new)
        time = max(self._identity.now(), self._pair.state.held_time)
        for each in heard:
            self._arrive(each, time)
        self._complete()
        self._hold(heard, time)
        self._speak()
        self._cosigned()
        return self._settle(spoke=self._pair.state.size > before)

    # --- entries ------------------------------------------------------------------------------------------

    def _advance(self) -> tuple[Advanced | None, list[bytes]]:
        """What the head proves that is new; nothing where the pouch starts too far on or is old."""
        delivery, frontier = self._delivery, self._pair.mirror_frontier
        if delivery.head is None:
            return None, []
        heads = self._tx.logs.heads(self._log, frontier.size - 1, 1) if frontier.size else []
        held = Note.parse(heads[0].note, limit=HEAD_MAX) if heads else None
        mirror = Mirror(str(self._log), frontier, held)
        batch = Batch(delivery.head, delivery.start, delivery.entries)
        try:
            result = advance(mirror, batch, self._card.pairs[Role.LOG], TileView(self._tx, self._log))
        except StaleError:
            return None, []
        if isinstance(result, SetAside):
            return None, []
        return result, delivery.entries[frontier.size - delivery.start :]

    def _know(self, new: Sequence[bytes]) -> None:
        """Keep the notes that new entries name, verified; without one no head is taken (protocol 5)."""
        for data in new:
            try:
                entry = Entry.parse(data)
            except PeerError:
                continue
            if KINDS[entry.kind].note:
                self._keep_note(entry, str(entry.facts["note"]))

    def _keep_note(self, entry: Entry, name: str) -> None:
        stored = self._tx.ledger.note(name)
        came = self._delivery.notes.get(name)
        if came is None and stored is None:
            raise MalformedError("an entry names a note that did not come", where=entry.kind, got=name)
        note = came or Note.parse(stored or b"", limit=NOTE_MAX)
        if came and stored and entry.kind == "agreement":
            note = merge(Note.parse(stored, limit=NOTE_MAX), came)
        if entry.kind == "card":
            self._new_card(note)
        elif entry.facts["act"] == "activate":
            verify_agreement(note, self._identity.card, self._card)
        else:
            verify_partly(note, self._card)
        self._tx.ledger.put_note(name, bytes(note))

    def _new_card(self, note: Note) -> None:
        """A card takes effect at once; the pair before it is good until the first pouch under the new one."""
        current = card_of(self._partner)
        if digest(note) == current.digest:
            return
        own = list(self._identity.card.pairs.values())
        others = [
            pair
            for other in self._tx.ledger.partners()
            if other.own != self._partner.own
            for pair in card_of(other).pairs.values()
        ]
        accept_card(note, now=self._identity.now(), previous=current, known=own + others)
        self._partner = replace(self._partner, previous=self._partner.card, card=bytes(note))

    # --- contents and verdicts ----------------------------------------------------------------------------

    def _arrive(self, heard: Heard, time: int) -> None:
        step = heard.step
        entry = step.entry
        if entry and entry.kind == "keys" and step.outcome.legal:
            self._partner = replace(self._partner, sealing=bytes.fromhex(entry.facts["sealing"]))
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
        for ordinal in range(len(entry.bodies)):
            stored = self._delivery.bodies.get((heard.index, ordinal))
            if stored:
                self._tx.bodies.put(BodyKey(self._log, heard.index, ordinal), stored)
        lacking = self._lacking(entry, heard.index)
        if lacking:
            self._tx.bodies.want(
                self._log, [(heard.index, o, bytes.fromhex(entry.bodies[o].commit)) for o in lacking]
            )
            spoiled = (self._delivery.spoiled.get((heard.index, ordinal)) for ordinal in lacking)
            self._missing.append((heard.index, next(filter(None, spoiled), "absent")))
        else:
            self._judge_bodies(entry, heard.index)

    def _lacking(self, entry: Entry, index: int) -> list[int]:
        present = self._tx.bodies.present(self._log, index, index + 1)
        return [ordinal for ordinal in range(len(entry.bodies)) if (index, ordinal) not in present]

    def _complete(self) -> None:
        """Contents of entries held before this pouch."""
        older = sorted({index for index, _ in self._delivery.bodies if index < self._held})
        for index in older:
            (row,) = self._tx.logs.entries(self._log, index, index + 1)
            entry = Entry.parse(row.data)
            ref = self._pair.entry(row.leaf)
            if not self._waits(entry, ref, index):
                continue
            for ordinal in range(len(entry.bodies)):
                stored = self._delivery.bodies.get((index, ordinal))
                if stored:
                    self._tx.bodies.put(BodyKey(self._log, index, ordinal), stored)
            if not self._lacking(entry, index):
                self._came.append(index)
                self._judge_bodies(entry, index)

    def _waits(self, entry: Entry, ref: EntryRef | None, index: int) -> bool:
        """Whether an entry is legal, has no verdict yet, and lacks contents."""
        thing = self._pair.thing(entry.leaf.hex()) if ref and ref.legal else None
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
        self._verdicts.setdefault(codes, []).append(entry.leaf.hex())

    # --- what we say --------------------------------------------------------------------------------------

    def _hold(self, heard: Sequence[Heard], time: int) -> None:
        due = any(not each.step.entry or each.step.entry.kind not in _QUIET for each in heard)
        if not due and not self._came:
            return
        frontier = self._pair.mirror_frontier
        facts: dict[str, object] = {
            "of": str(self._log),
            "size": frontier.size,
            "root": frontier.root().hex(),
            "time": time,
        }
        missing, came = compact(self._missing), compact((index, "") for index in self._came)
        if len(missing) + len(came) > RANGES_MAX:
            raise LimitError("too many gaps in one pouch", expected=f"{RANGES_MAX} ranges", got=len(missing))
        facts |= _ranges("missing", missing) | _ranges("came", came)
        self._pair.say(Draft(self._identity.random(16).hex(), "held", facts=facts))
        if heard:
            self._cosign(Checkpoint(str(self._log), frontier.size, frontier.root()), time)

    def _cosign(self, checkpoint: Checkpoint, time: int) -> None:
        lines = cosign(checkpoint, self._identity.mirror_name, self._identity.mirror, time)
        signed = b"".join(bytes(line) for line in lines)
        self._tx.logs.put_cosignature(self._log, Cosignature(checkpoint.size, checkpoint.root, time, signed))

    def _speak(self) -> None:
        for codes, leaves in self._verdicts.items():
            facts = {"result": "refused", "codes": list(codes)} if codes else {"result": "accepted"}
            for at in range(0, len(leaves), VERDICT_MAX):
                re = tuple(leaves[at : at + VERDICT_MAX])
                self._pair.say(Draft(self._identity.random(16).hex(), "verdict", re=re, facts=facts))

    # --- what they say of us ------------------------------------------------------------------------------

    def _cosigned(self) -> None:
        """Keep the partner's cosignature of our head, if it is one of a head that we signed."""
        note = self._delivery.cosignature
        if note is None:
            return
        own = self._partner.own
        checkpoint = Checkpoint.parse(note.text)
        root = self._pair.root(self._pair.side, checkpoint.size)
        if checkpoint.origin != str(own) or root != checkpoint.root:
            raise ForgedError("a cosignature of a head that is not ours", where=str(own), got=checkpoint.size)
        name = f"{self._partner.origin}/mirror"
        time = verify_cosignature(checkpoint, note.lines, name, self._card.pairs[Role.MIRROR])
        signed = b"".join(bytes(line) for line in note.lines)
        self._tx.logs.put_cosignature(own, Cosignature(checkpoint.size, checkpoint.root, time, signed))

    def _settle(self, *, spoke: bool) -> Taken:
        said = self._said
        fresh = said.n > self._partner.newest
        if fresh:
            root = self._pair.root(self._pair.side, said.have[0])
            if root is not None and root != said.have[1]:
                raise ForgedError(
                    "the partner holds another log", where=str(self._partner.own), got=said.have[0]
                )
            have = min(said.have[0], self._pair.state.size)
            self._partner = replace(self._partner, newest=said.n, have=have)
        if self._partner.previous and self._card.digest == card_of(self._partner).digest:
            self._partner = replace(self._partner, previous=b"")
        self._tx.ledger.put_partner(self._partner)
        return Taken(self._partner, spoke=spoke, fresh=fresh)


def _ranges(name: str, ranges: list[Range]) -> dict[str, object]:
    return {name: [each.members() for each in ranges]} if ranges else {}
