"""The one door to a node: what the command line, the demo, the wire and later the web and TAXII may ask for.

Every method is one use case. Those that write return only when it is durable. ``wake`` is called after a
commit that gives the courier work, never inside one.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from mithaq.domain.card import Card, Closing
from mithaq.domain.declaration import Declaration
from mithaq.domain.handling import Handling
from mithaq.domain.moves import Sort
from mithaq.domain.party import Origin
from mithaq.domain.replay import Record
from mithaq.domain.things import Thing
from mithaq.errors import (
    BehindError,
    ForgedError,
    KeyStoreError,
    MithaqError,
    PeerError,
    StaleError,
    UsageError,
)
from mithaq.exchange import (
    about,
    agreements,
    authoring,
    closing,
    contents,
    copies,
    daily,
    ending,
    erasure,
    holding,
    introduction,
    lost,
    marking,
    national,
    reading,
    receipts,
)
from mithaq.exchange.about import About
from mithaq.exchange.admission import Admission
from mithaq.exchange.alarms import Alarm, alarms
from mithaq.exchange.authoring import Message, Sent
from mithaq.exchange.clocks import Watch
from mithaq.exchange.identity import Identity
from mithaq.exchange.intake import Intake, Taken, verify
from mithaq.exchange.librarian import Librarian
from mithaq.exchange.library import Library
from mithaq.exchange.lost import Lost
from mithaq.exchange.national import Loaded, Told
from mithaq.exchange.packing import Lane, Load, Outbox, Packer
from mithaq.exchange.pair import Pair
from mithaq.exchange.partners import card_of, find_partner
from mithaq.exchange.ports import BodyKey, DefaultHandling, Partner, Store, Transaction
from mithaq.exchange.pouch import OpenPouch, Read, Sealed, open_pouch, write
from mithaq.exchange.rates import Rates
from mithaq.exchange.reading import Item, Status

RESERVED = 3_600_000_000
"""Microseconds of ``n`` that are kept as used before the first of them leaves: after a restart, whatever the
clock says then, no pouch of ours looks old (protocol 10: wrong clocks stop nothing), and a partner that is
only asked costs one write an hour."""
LEAD_MAX = 2**50
"""Microseconds, some 35 years: a lead of our ``n`` over our clock that is not doubled any more."""
GRACE = 2.0
"""Seconds that an answer gets to take effect before we send the same again by ourselves."""
ASK_AGAIN = 30.0
"""Seconds after which a pair that is behind asks again, where nothing came that helps: its partner may be
behind too."""
UNOPENED_MAX = 2
"""404s to a partner's newest sealing key after which its card's key is used (protocol 7)."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A pouch that is ready to go: its id, its bytes, and what must be known when its answer comes."""

    id: str
    size: int
    pieces: Iterator[bytes]
    lane: Lane
    load: Load


class Known(Protocol):
    """Told whose a pouch is, and whether it is newer than all that were seen; BusyError has it wait."""

    def __call__(self, partner: str, /, *, fresh: bool) -> None: ...  # noqa: D102 - see the class


def _unwatched(partner: str, /, *, fresh: bool) -> None:
    """Where pouches come one by one, nobody has to wait for another."""


class Service:
    """One node's use cases.

    Args:
        identity: who it is.
        store: where it keeps things.
        wake: called with a partner that the courier should look at.
        reserved: see ``RESERVED``; 0 where every pouch may cost a write, so that many short runs do not lead
            the numbers away from the clock.
    """

    def __init__(
        self,
        identity: Identity,
        store: Store,
        wake: Callable[[Origin], None] = lambda _: None,
        reserved: int = RESERVED,
    ) -> None:
        self._identity = identity
        self._store = store
        self._wake = wake
        self._reserved = reserved
        self._rates = Rates(identity.clock)
        self._intake = Intake(identity, store, self._rates)
        self._packer = Packer(identity, store, self._rates)
        self._outboxes: dict[Origin, Outbox] = {}
        self._watch = Watch()
        self._leapt = False
        self.admission = Admission(identity, store)
        """Who comes in over TAXII."""
        self.librarian = Librarian(identity, store, self.admission)
        """What an operator does with collections and accounts."""
        self.library = Library(identity, store)
        """What tools do with collections."""

    # --- parties ------------------------------------------------------------------------------------------

    def introduce(self, card: bytes, typed: str) -> Partner:
        """Accept a partner's card, or a newer one of it; opens the own log with our card and a sealing key.

        Raises:
            PeerError: the card is not what it must be, or the typed fingerprint is another.
        """
        partner = introduction.introduce(self._identity, self._store, card, typed)
        partner = self._follow(partner)
        self._wake(partner.origin)
        return partner

    def publish_card(self, card: bytes = b"") -> None:
        """Enter our card into every log that does not have it: the one in force, or the one to come.

        A card with new node keys is published under the old ones; it is put in force when every partner has
        it (``unaware``).

        Raises:
            PeerError: the card does not follow ours.
            BehindError: a pair has to recover first; the others have it.
        """
        note = introduction.next_card(self._identity, self._store, card) if card else self._identity.card_note
        failures: list[BehindError] = []
        name = introduction.keep_card(self._store, note)
        for partner in self.partners():
            if name == str(partner.own):
                continue  # this log ends with the card: people carry it to its reader
            try:
                introduction.publish_card(self._identity, self._store, partner, note)
            except BehindError as error:  # one pair that has to recover must not stop the others
                failures.append(error)
            self._wake(partner.origin)
        for failure in failures:
            raise failure

    def unaware(self) -> list[Origin]:
        """Partners that have not yet acknowledged our newest published card."""
        return introduction.unaware(self._store)

    def partners(self) -> list[Partner]:
        """Everybody introduced."""
        return self._store.read(lambda tx: tx.ledger.partners())

    def partner(self, origin: str) -> Partner:
        """One of them, to read: ``<origin>``, or ``<origin>/<n>`` for logs that a card has closed.

        Raises:
            UsageError: nobody of that name.
        """
        name, _, number = origin.partition("/")
        for partner in self.partners():
            if partner.origin == name and not number:
                return partner
            if partner.origin == name and number.isascii() and number.isdecimal():
                n = int(number)
                if 1 <= n < partner.own.n:
                    return replace(partner, own=replace(partner.own, n=n), problem="closed")
        raise UsageError("no such partner", got=origin, todo="add its card first: mithaq card add")

    def _live(self, origin: str) -> Partner:
        """One of them, to talk to; raises UsageError for anybody else, and for closed logs."""
        partner = self.partner(origin)
        if "/" in origin:
            raise UsageError("this log is closed", got=origin, todo=f"write to {partner.origin}")
        return partner

    def status(self, origin: str) -> Status:
        """Where the pair stands."""
        partner = self.partner(origin)

        def work(tx: Transaction) -> Status:
            before = closing.closed(tx, self._identity, partner)
            return replace(reading.status(tx, partner), closed=tuple(map(str, before)))

        return self._store.read(work)

    def closing(self, origin: str) -> Closing:
        """What our next card has to say to close our log for a partner, after an unrecoverable loss."""
        partner = self._live(origin)
        return self._store.read(lambda tx: closing.closing(tx, partner))

    def lost(self, origin: str) -> list[Lost]:
        """Contents of ours that are gone before their day, oldest first: only people can bring them back."""
        partner = self.partner(origin)
        return self._store.read(lambda tx: lost.of_ours(tx, self._identity, partner))

    def alarms(self) -> list[Alarm]:
        """What is wrong with any pair."""
        look = partial(alarms, now=self._identity.now(), leapt=self._leapt)
        return [
            alarm
            for partner in self.partners()
            for alarm in self._store.read(partial(look, partner=partner, behind=self._behind(partner)))
        ]

    def take_up(self) -> list[str]:
        """What a node does before it serves.

        Our card is entered, a sealing key that is gone gets a successor, and nothing is left under older node
        keys.

        Returns:
            Why pairs could not be taken up: one that is behind its anchor keeps nobody else from service.

        Raises:
            StoreError: the national rules in the store are damaged.
        """
        failures: list[str] = []
        for partner in self.partners():
            try:
                self._take_up(partner)
            except (BehindError, PeerError, UsageError) as error:
                failures.append(str(error))
        national.take_up(self._identity, self._store)
        return failures

    def _follow(self, partner: Partner) -> Partner:
        """Where a card has closed the logs of a pair: go on with the next."""
        moved = closing.follow(self._identity, self._store, partner)
        if moved.own != partner.own:
            self._outboxes.pop(moved.origin, None)
            self._wake(moved.origin)
        return moved

    def _take_up(self, partner: Partner) -> None:
        partner = self._follow(partner)
        introduction.publish_card(self._identity, self._store, partner, self._identity.card_note)
        introduction.sign_again(self._identity, self._store, partner)
        introduction.renew_lost_key(self._identity, self._store, partner)
        self._wake(partner.origin)

    def clear(self) -> None:
        """Destroy what must not be here; whoever opens a node does this before anything is served.

        The store may have been put back from a backup: days have ended since, erasures stand in the logs
        (protocol 8), and day keys may be gone: what they sealed is found out before new ones hide that. What
        ends by a clock that has leapt stays until that clock has been confirmed (docs/adr/0014); it is not
        served meanwhile.
        """
        self._end_days()
        self.library.drop_lost()
        for partner in self.partners():
            lost.find(self._identity, self._store, partner)
            erasure.erase_due(self._identity, self._store, partner)

    def _end_days(self) -> None:
        partners = self.partners()
        theirs = self._store.read(lambda tx: [tx.ledger.clocks(partner.own).theirs for partner in partners])
        self._leapt = not self._watch.believes(self._identity.now(), theirs)
        ending.end_days(self._identity, self._store, believed=not self._leapt)
        if not self._leapt:
            self.library.end()

    def housekeep(self) -> None:
        """What is due by the clock: contents that end, sealing keys that rotate, the daily ``record``."""
        for outbox in list(self._outboxes.values()):
            outbox.spoiled.clear()  # a disk may have been put right
        failures: list[MithaqError] = []
        for work in (self._end_days, *(partial(self._keep_house, partner) for partner in self.partners())):
            try:
                work()
            except MithaqError as error:  # one pair that has stopped must not stop the others
                failures.append(error)
        for failure in failures:
            raise failure

    def _keep_house(self, partner: Partner) -> None:
        if self._behind(partner):
            return  # it says so in its status; nothing may be entered before it has recovered
        closing.destroy_keys(self._identity, self._store, partner)
        before = self._size(partner)
        try:
            introduction.rotate(self._identity, self._store, partner)
            daily.enter_record(self._identity, self._store, partner)
            if not self._leapt:
                ending.refuse_overdue(self._identity, self._store, partner)
            holding.carry_out(self._identity, self._store, partner)
        finally:  # what one of them entered goes out, whatever became of the rest
            if self._size(partner) != before:
                self._wake(partner.origin)

    def _size(self, partner: Partner) -> int:
        return self._store.read(lambda tx: tx.logs.row(partner.own).size)

    # --- agreements ---------------------------------------------------------------------------------------

    def propose(self, origin: str, note: bytes) -> str:
        """Propose a text that our authority has signed; returns its digest."""
        name = agreements.propose(self._identity, self._store, self._live(origin), note)
        self._wake(Origin(origin))
        return name

    def cosign(self, note: bytes) -> str:
        """Keep more signatures of a text; returns its digest."""
        return agreements.keep(self._identity, self._store, note)

    def activate(self, origin: str, name: str) -> None:
        """Put a text in force on our side; both authorities must have signed it."""
        agreements.activate(self._identity, self._store, self._live(origin), name)
        self._wake(Origin(origin))

    def suspend(self, origin: str, name: str, field: str = "") -> str:
        """Suspend a field of the text in force, or all that protects no life, at once; returns the leaf hash.

        Raises:
            RefusedError: it is not in force, has no such field, or is suspended by us already.
        """
        leaf = agreements.suspend(self._identity, self._store, self._live(origin), name, field)
        self._wake(Origin(origin))
        return leaf

    def declare(self, origin: str, note: bytes) -> Declaration:
        """Enter a resumption or a notice of termination that our authority has signed."""
        declaration = agreements.declare(self._identity, self._store, self._live(origin), note)
        self._wake(Origin(origin))
        return declaration

    def offboard(self, origin: str, relation: str) -> int:
        """Erase, and state as erased, all that the partner sent under a relation that has ended; how many.

        Raises:
            UsageError: no notice of termination has run.
        """
        count = erasure.offboard(self._identity, self._store, self.partner(origin), relation)
        self._wake(Origin(origin))
        return count

    def halts(self, origin: str) -> list[Thing]:
        """Suspensions and notices of termination between the two."""
        return [thing for thing in self._life(origin) if thing.sort is not Sort.AGREEMENT]

    def agreements(self, origin: str) -> list[Thing]:
        """Every text entered between the two, with both registers."""
        return [thing for thing in self._life(origin) if thing.sort is Sort.AGREEMENT]

    def _life(self, origin: str) -> list[Thing]:
        own = self.partner(origin).own
        return self._store.read(lambda tx: tx.ledger.agreements(own))

    def note(self, name: str) -> bytes:
        """A card or agreement by its digest; raises UsageError if it is not here."""
        note = self._store.read(lambda tx: tx.ledger.note(name))
        if note is None:
            raise UsageError("no such note", got=name)
        return note

    # --- national rules -----------------------------------------------------------------------------------

    def load_rules(self, note: bytes) -> Loaded:
        """Put national rules that our authority has signed in force, and tell every partner what they close.

        Raises:
            PeerError: they are not signed by our authority, are no such rules, or are not newer.
        """
        loaded = national.load(self._identity, self._store, note)
        for partner in self.partners():
            self._wake(partner.origin)
        return loaded

    def rules(self) -> bytes:
        """The note of our national rules in force; empty if there are none."""
        return self._store.read(lambda tx: tx.ledger.note(national.CURRENT)) or b""

    def told_rules(self, origin: str) -> tuple[Told | None, Told | None]:
        """What national rules close in a pair, as we have told the partner and as it has told us."""
        partner = self.partner(origin)
        return self._store.read(
            lambda tx: (national.told(tx, partner.own), national.told(tx, partner.mirror))
        )

    # --- exchange -----------------------------------------------------------------------------------------

    def send(self, origin: str, message: Message) -> Sent:
        """Say something to a partner.

        Raises:
            RefusedError: the signed text or our national rules do not allow it; nothing was written.
        """
        sent = authoring.send(self._identity, self._store, self._live(origin).own, message)
        self._wake(Origin(origin))
        return sent

    def about(self, origin: str, act: About) -> str:
        """Say something about what was exchanged, and do it: erase, withdraw, hold over; its leaf hash.

        Of closed logs contents can be erased, which is stated nowhere: there is no leaf hash then.

        Raises:
            UsageError: anything else about closed logs.
            RefusedError: it is not ours to say, or not now.
            StaleError: contents are to be held over and are not all here.
        """
        if "/" in origin and act.kind == "erasure":
            closed = self.partner(origin)
            self._store.write(lambda tx: erasure.erase_closed(tx, self._identity, closed, act.re))
            return ""
        partner = self._live(origin)
        entry = self._store.write(lambda tx: about.say(tx, self._identity, partner, act))
        if act.kind == "hold":
            holding.carry_out(self._identity, self._store, partner)
        self._wake(partner.origin)
        return entry.leaf.hex()

    def set_default_handling(self, origin: str, field: str, handling: Handling) -> DefaultHandling:
        """Keep what a person decided for contents without marks that go to a partner in a field."""
        return marking.set_default(self._identity, self._store, self._live(origin).own, field, handling)

    def default_handling(self, origin: str) -> list[DefaultHandling]:
        """What persons decided for a partner, by field."""
        own = self.partner(origin).own
        return self._store.read(lambda tx: tx.ledger.default_handling(own))

    def drop_default_handling(self, origin: str, field: str) -> None:
        """Withdraw a default: from now on, unmarked contents need a decision of their own."""
        own = self.partner(origin).own
        self._store.write(lambda tx: tx.ledger.drop_default_handling(own, field))

    def inbox(self, origin: str, *, limit: int = 100) -> list[Item]:
        """What the partner said, newest first."""
        return self._items(self.partner(origin), ours=False, limit=limit)

    def sent(self, origin: str, *, limit: int = 100) -> list[Item]:
        """What we said, newest first."""
        return self._items(self.partner(origin), ours=True, limit=limit)

    def item(self, origin: str, leaf: str) -> Item:
        """One of them, by its leaf hash in hex or eight or more of its first digits."""
        partner = self.partner(origin)
        return self._store.read(lambda tx: reading.Reading(tx, self._identity, partner).item(leaf))

    def content(self, origin: str, leaf: str, ordinal: int) -> bytes:
        """The bytes of one content; of what came, only of what has been judged as a whole and accepted.

        Raises:
            StaleError: it is not here: not yet, refused, erased, or its day has ended.
        """
        partner, item = self.partner(origin), self.item(origin, leaf)
        if self._behind(partner):
            raise BehindError("the store is older than its anchor", where=origin, todo="recover this pair")
        log = partner.own if item.ours else partner.mirror
        stored = self._store.read(lambda tx: tx.bodies.get(BodyKey(log, item.index, ordinal)))
        if stored is None or not (item.ours or item.verdict == "accepted"):
            where = f"{item.leaf} {ordinal}"
            contents.check_day(self._identity, contents.day_of(item.entry.keep_until), where)
            if self._store.read(
                lambda tx: copies.is_erased(Pair(tx, self._identity, partner.own), item.leaf)
            ):
                raise StaleError("the content was erased before its day", where=where)
            raise StaleError("this content is not here", where=where)
        return contents.load(self._identity, contents.Place(log, item.entry.id, ordinal), stored)[1]

    def receipt(self, origin: str, leaf: str) -> bytes:
        """The receipt of an entry: checked anywhere with two cards and fingerprints."""
        partner, item = self.partner(origin), self.item(origin, leaf)
        log = partner.own if item.ours else partner.mirror

        def work(tx: Transaction) -> bytes:
            return receipts.export(tx, Pair(tx, self._identity, partner.own), log, item.index)

        return self._store.read(work)

    def record(self, origin: str) -> Record:
        """The record of the pair, folded again from both logs: every entry with its state."""
        partner = self.partner(origin)
        return self._store.read(lambda tx: reading.record(tx, self._identity, partner))

    def record_lines(self, origin: str) -> bytes:
        """The record as the bytes that both sides compare (protocol 11)."""
        return b"".join(self.record(origin).lines())

    def _items(self, partner: Partner, *, ours: bool, limit: int) -> list[Item]:
        return self._store.read(
            lambda tx: reading.Reading(tx, self._identity, partner).items(ours=ours, limit=limit)
        )

    # --- pouches ------------------------------------------------------------------------------------------

    def receive(self, read: Read, known: Known = _unwatched) -> Iterator[bytes]:
        """Take a pouch and answer it.

        Args:
            read: gives its bytes.
            known: called when its sender has proved who it is, before more is read.

        Raises:
            PeerError: it is not one for us; nobody is told why.
            BusyError: its sender has to wait.
        """
        opened = self._open(read)
        sender = verify(self._store, opened)
        partner = sender[0]
        known(partner.origin, fresh=opened.manifest.n > partner.newest)
        self._rates.pouch(partner.origin, opened.log_bytes)
        taken, outbox = self._take(opened, sender)
        own = taken.partner.own
        behind = self._asking(taken.partner)
        first = behind or not self._store.read(lambda tx: introduction.is_pair_key(tx, own, opened.to))
        # Who is behind signs nothing, and gives what was signed before: its partner may be behind too.
        bare, short = first or behind, not taken.fresh
        load = self._packer.pack(
            taken.partner, outbox, Lane.PROMPT, answers=opened.manifest.id, short=short, bare=bare
        )
        if taken.fresh and not bare and load.size == taken.partner.have and _only_asks(opened):
            # Who cannot be called gets in answers what others get in the bulk lane.
            wanted = self._packer.pack(taken.partner, outbox, Lane.BULK, answers=opened.manifest.id)
            load = load if wanted.empty else wanted
        sealed = self._seal(taken.partner, load, to_card=first or load.gives is not None)
        outbox.told = (load.size, self._identity.clock() + GRACE)
        outbox.cosigned = max(outbox.cosigned, load.cosigned)
        self._wake(taken.partner.origin)  # it lives: what could not be carried before may be now
        return sealed.pieces

    def pouch(self, origin: str, lane: Lane) -> Outgoing | None:
        """The next pouch of a lane, or None while there is nothing to say."""
        partner = self._live(origin)
        outbox = self._outbox(partner)
        if self._asking(partner):
            return self._question(partner, outbox) if lane is Lane.PROMPT else None
        bare = self._to_card(partner, outbox)
        if lane is Lane.BULK and bare:
            return None
        load = self._packer.pack(partner, outbox, lane, bare=bare)
        waits = load.size == outbox.told[0] and 0 < outbox.told[1] - self._identity.clock() <= GRACE
        asks = lane is Lane.PROMPT and outbox.ask
        if partner.problem or (not asks and (load.empty or (lane is Lane.PROMPT and waits))):
            return None
        outbox.ask = outbox.ask and not asks
        outgoing = self._outgoing(partner, outbox, lane, load)
        outbox.under_way.update(load.bodies)
        return outgoing

    def _question(self, partner: Partner, outbox: Outbox) -> Outgoing | None:
        """What a pair that is behind says: where it stands, under the id that the answer has to name."""
        now = self._identity.clock()
        if partner.problem or now < outbox.asks:
            return None
        outbox.asks = now + ASK_AGAIN
        load = self._packer.pack(partner, outbox, Lane.PROMPT, short=True, bare=True)
        return self._outgoing(partner, outbox, Lane.PROMPT, load)

    def poll(self, origin: str) -> Outgoing:
        """An empty pouch: asks a partner that cannot reach us."""
        partner = self._live(origin)
        outbox = self._outbox(partner)
        self._asking(partner)
        load = self._packer.pack(partner, outbox, Lane.PROMPT, short=True)
        return self._outgoing(partner, outbox, Lane.PROMPT, load)

    def answered(self, outgoing: Outgoing, read: Read) -> None:
        """Take the answer to a pouch of ours.

        Raises:
            PeerError: it is no answer to it.
        """
        opened = self._open(read)
        if opened.manifest.answers != outgoing.id:
            raise ForgedError("an answer to another pouch", expected=outgoing.id, got=opened.manifest.answers)
        taken, outbox = self._take(opened, verify(self._store, opened), outgoing.load)
        outbox.unopened = 0
        self._wake(taken.partner.origin)

    def failed(self, outgoing: Outgoing, status: int = 0) -> None:
        """A pouch of ours was not answered; what it carried may be sent again."""
        outbox = self._outboxes[outgoing.load.manifest.log.reader]
        outbox.under_way.difference_update(outgoing.load.bodies)
        outbox.asks = 0.0  # when to try again is the courier's to say
        outbox.said = outgoing.load.gives or outbox.said
        if status == 404:
            outbox.unopened += 1

    # --- pouches as files ---------------------------------------------------------------------------------

    def write_pouch(self, origin: str, lane: Lane, *, to_card: bool = False) -> bytes:
        """A pouch that somebody carries; the prompt one also when it says nothing but where we stand.

        Nobody knows whether it arrives, so nothing in it counts as under way.

        Args:
            origin: to whom.
            lane: the bulk one is there once the partner has told this process what it lacks.
            to_card: seal to the key of its card, since it has lost the others; without contents then.

        Raises:
            UsageError: the pair has stopped, or there is nothing for the bulk lane.
        """
        partner = self._live(origin)
        if partner.problem:
            raise UsageError("the pair has stopped", where=origin, got=partner.problem)
        outbox = self._outbox(partner)
        behind = self._asking(partner)
        to_card = bare = to_card or self._to_card(partner, outbox)
        if lane is Lane.BULK and bare:
            raise UsageError("no contents may go to this partner now", where=origin)
        load = self._packer.pack(partner, outbox, lane, bare=bare, short=behind)
        if lane is Lane.BULK and load.empty:
            raise UsageError("the partner lacks no content, as far as it has said", where=origin)
        to_card = to_card or load.gives is not None
        return b"".join(self._seal(partner, load, to_card=to_card).pieces)

    def answer_pouch(self, pouch: bytes) -> bytes:
        """Take a pouch that somebody brought; gives the answer to carry back.

        Raises:
            PeerError: it is not one for us.
        """
        return b"".join(self.receive(io.BytesIO(pouch).read))

    def take(self, pouch: bytes) -> Origin:
        """Take a pouch that somebody brought, an answer or not, and answer nothing; returns who sent it.

        Which pouch it answers is not asked: who carries files may answer late, twice, or to another process.
        What it says is signed, and taking it twice changes nothing.

        Raises:
            PeerError: it is not one for us.
        """
        opened = self._open(io.BytesIO(pouch).read)
        taken, _ = self._take(opened, verify(self._store, opened))
        self._wake(taken.partner.origin)
        return taken.partner.origin

    # --- what they share ----------------------------------------------------------------------------------

    def _take(
        self, opened: OpenPouch, sender: tuple[Partner, Card], delivered: Load | None = None
    ) -> tuple[Taken, Outbox]:
        """Take a verified pouch of either way; ``delivered`` is what ours carried that it answers."""
        partner, card = sender
        outbox = self._outbox(partner)
        before = self._sizes(partner)
        taken = self._intake.take(opened, partner, card, sent=outbox.sent)
        if taken.recovered:
            erasure.erase_due(self._identity, self._store, taken.partner)
            holding.carry_out(self._identity, self._store, taken.partner)
            self._take_up(taken.partner)
        elif (sizes := self._sizes(partner)) != before:
            outbox.asks = 0.0  # it goes on at once as long as something comes
        elif self._behind(partner) and (
            opened.manifest.have[0] > sizes[0] or opened.manifest.mine > sizes[1]
        ):
            self._leap(partner, outbox)
        if delivered:
            outbox.delivered(delivered, self._identity.clock())
        if taken.fresh:
            outbox.wants = list(dict.fromkeys(opened.manifest.want))  # one content twice would go twice
            outbox.said = (opened.manifest.mine, opened.manifest.id)
        return taken, outbox

    def _open(self, read: Read) -> OpenPouch:
        try:
            return open_pouch(read, self._identity.sealing_key)
        except KeyStoreError as error:
            raise ForgedError("sealed to no key of ours", got=error.where) from None

    def _behind(self, partner: Partner) -> bool:
        """Whether the store cannot answer for this pair: it is an old backup (protocol 6)."""
        return any(log in self._store.behind for log in (partner.own, partner.mirror))

    def _outbox(self, partner: Partner) -> Outbox:
        return self._outboxes.setdefault(partner.origin, Outbox(sent=partner.sent))

    def _asking(self, partner: Partner) -> bool:
        """Whether a pair is behind; then the id under which it asks is there (protocol 6)."""
        if not self._behind(partner):
            return False
        own = partner.own
        if not self._store.read(lambda tx: tx.ledger.asked(own)):
            asked = self._identity.random(32).hex()
            self._store.write(lambda tx: tx.ledger.asked(own) or tx.ledger.put_asked(own, asked))
        return True

    def _leap(self, partner: Partner, outbox: Outbox) -> None:
        """The partner has more and gave nothing: it has seen a higher ``n`` of us than an old backup knows.

        How far, it does not say; so the lead over our clock is doubled, and kept.
        """
        lead = max(0, outbox.sent - int(self._identity.clock() * 1_000_000))
        if lead < LEAD_MAX:
            outbox.sent += lead
            outbox.asks = 0.0
        outbox.sent += RESERVED

        def work(tx: Transaction) -> None:
            tx.ledger.put_partner(replace(find_partner(tx, partner.mirror), sent=outbox.sent))

        self._store.write(work)

    def _sizes(self, partner: Partner) -> tuple[int, int]:
        """Of both logs, of a pair that is behind; nothing changes for others."""
        if not self._behind(partner):
            return 0, 0
        return self._store.read(lambda tx: (tx.logs.row(partner.own).size, tx.logs.row(partner.mirror).size))

    def _to_card(self, partner: Partner, outbox: Outbox) -> bool:
        """Whether to seal to the partner's card, because it may have lost its other keys.

        A pair that is behind does so too: it may not know the newest, and who asks so is answered so.
        """
        return not partner.sealing or outbox.unopened >= UNOPENED_MAX or self._behind(partner)

    def _outgoing(self, partner: Partner, outbox: Outbox, lane: Lane, load: Load) -> Outgoing:
        to_card = load.gives is not None or self._to_card(partner, outbox)
        sealed = self._seal(partner, load, to_card=to_card)
        return Outgoing(sealed.manifest.id, sealed.size, sealed.pieces, lane, load)

    def _keep_sent(self, partner: Partner, n: int) -> None:
        """Keep an ``n`` as used before it leaves: after a restart no lower one may follow it."""

        def work(tx: Transaction) -> None:
            (current,) = (each for each in tx.ledger.partners() if each.own == partner.own)
            tx.ledger.put_partner(replace(current, sent=max(current.sent, n)))

        self._store.write(work)

    def _seal(self, partner: Partner, load: Load, *, to_card: bool) -> Sealed:
        if load.manifest.n > partner.sent:
            self._keep_sent(partner, load.manifest.n + self._reserved)
        public = card_of(partner).sealing if to_card or not partner.sealing else partner.sealing
        return write(load.manifest, load.contents, self._identity.log, public, self._identity.random)


def _only_asks(opened: OpenPouch) -> bool:
    """Whether a pouch says nothing but where its sender stands."""
    return all(part.kind == "zeros" for part in opened.manifest.parts)
