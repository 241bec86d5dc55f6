"""What comes out of a partner's pouch before its transaction: parts read, contents checked and sealed.

Contents are checked against the commitment of their entry, examined and sealed one at a time, so that never
more than one is open in memory.
"""

from dataclasses import dataclass, field

from mithaq.crypto.notes import Note, digest
from mithaq.domain import policy
from mithaq.domain.agreement import Agreement
from mithaq.domain.entry import BODY_MAX, SALT_SIZE, Entry
from mithaq.domain.lifecycle import Side
from mithaq.domain.rules import RULES
from mithaq.domain.sight import read_agreement
from mithaq.domain.standing import Standing
from mithaq.domain.terms import FieldTerms
from mithaq.errors import ForgedError, PeerError, StaleError
from mithaq.exchange import contents
from mithaq.exchange.contents import Place
from mithaq.exchange.identity import Identity
from mithaq.exchange.introduction import is_pair_key
from mithaq.exchange.manifest import NOTE_MAX, Part
from mithaq.exchange.ports import Partner, Store, StoredBody, Transaction
from mithaq.exchange.pouch import OpenPouch, unpack_entries
from mithaq.exchange.rates import Rates
from mithaq.exchange.work import check_work
from mithaq.exchange.yours import Yours
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.head import HEAD_MAX

_EXPIRY = tuple(rule for rule in RULES if rule.code == "expiry")
STAGED_MAX = 16 * 2**20
"""Sealed bytes that wait in memory for their entries' transaction; what comes beyond is wanted again."""

PARSED_MAX = 2 * 2**20
"""Bytes of the entries to which the contents of one pouch belong; contents beyond are wanted again. Thirteen
hundred empty contents of the largest entries would cost seconds, those of usual ones a twentieth of this."""

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
    yours: Yours | None = None
    bodies: dict[Spot, StoredBody] = field(default_factory=dict[Spot, StoredBody])
    spoiled: dict[Spot, str] = field(default_factory=dict[Spot, str])
    """Why a content that came was not taken: ``size``, ``hash``, ``declined`` or ``throttled``."""


class Unpacking:
    """Unpacks one pouch whose manifest has been verified.

    Args:
        identity: this node.
        store: where it keeps things.
        partner: who sent the pouch.
        rates: how much it may send.
    """

    def __init__(self, identity: Identity, store: Store, partner: Partner, rates: Rates) -> None:
        self._identity = identity
        self._store = store
        self._partner = partner
        self._rates = rates
        self._delivery = Delivery()
        self._staged = 0
        self._parsed = 0
        self._entries: dict[int, Entry | None] = {}
        self._texts: dict[str, Agreement | None] = {}

    def unpack(self, opened: OpenPouch) -> Delivery:
        """Read part after part.

        Raises:
            PeerError: a part is not what it must be.
        """
        delivery = self._delivery
        own = self._partner.own
        pair_key = self._store.read(lambda tx: is_pair_key(tx, own, opened.to))
        for part, data in opened.parts():
            if part.kind == "head":
                delivery.head = Note.parse(data, limit=HEAD_MAX)
            elif part.kind == "entries":
                delivery.start, delivery.entries = part.index or 0, unpack_entries(data)
                check_work(delivery.entries)
            elif part.kind == "yours":
                delivery.yours = Yours.parse(part.index or 0, data)
            elif part.kind == "note":
                note = Note.parse(data, limit=NOTE_MAX)
                delivery.notes[digest(note)] = note
            elif part.kind == "cosignature":
                delivery.cosignature = self._news(Note.parse(data, limit=HEAD_MAX))
            elif pair_key:
                # What is sealed to a card's key opens for as long as the card lives: no contents (7).
                self._stage(part, data)
        return delivery

    def _news(self, note: Note) -> Note | None:
        """A cosignature, unless we have one that covers as much: answers repeat it."""
        size = Checkpoint.parse(note.text).size
        newest = self._store.read(lambda tx: tx.logs.newest_cosignature(self._partner.own))
        return None if newest and newest.size >= size else note

    def _stage(self, part: Part, data: bytes) -> None:
        delivery = self._delivery
        place = (part.index or 0, part.ordinal or 0)
        entry = self._entry(place[0])
        if entry is None or place[1] >= len(entry.bodies) or len(data) < SALT_SIZE:
            return
        terms = self._terms(entry)
        if terms is None:
            return
        body, salt, content = entry.bodies[place[1]], data[:SALT_SIZE], data[SALT_SIZE:]
        where = Place(self._partner.mirror, entry.id, place[1])
        try:
            contents.matches(where, body, salt, content)
        except ForgedError:
            delivery.spoiled[place] = "size" if len(content) != body.size else "hash"
            return
        if not self._has_room(len(content), life="life" in terms.protects):
            delivery.spoiled[place] = "throttled"
            return
        try:
            stored = contents.store(
                self._identity, where, body, salt=salt, content=content, keep_until=entry.keep_until
            )
        except StaleError:
            delivery.spoiled[place] = "declined"
            return
        delivery.bodies[place] = stored
        self._staged += len(stored.sealed)

    def _has_room(self, size: int, *, life: bool) -> bool:
        """Whether a content may be kept: in memory until the transaction, and by what its author may send."""
        return self._staged < STAGED_MAX + BODY_MAX and self._rates.content(
            self._partner.origin, size, life=life
        )

    def _terms(self, entry: Entry) -> FieldTerms | None:
        """The terms of the entry's field, if the text that it names lets its contents be kept for so long.

        Asked before a day key is made: entries that will be refused must not leave one for every day to come.
        """
        if entry.agreement not in self._texts:
            self._texts[entry.agreement] = self._text(entry.agreement)
        text = self._texts[entry.agreement]
        if text is None or entry.field not in text.fields:
            return None
        return (
            text.fields[entry.field] if policy.judge(entry, None, Standing(text), _EXPIRY).accepted else None
        )

    def _text(self, digest: str) -> Agreement | None:
        """A text that we have activated: a partner can propose a hundred, each of which takes 0.1 s."""
        own = self._partner.own
        side = sorted((own.author, own.reader)).index(own.author)

        def look(tx: Transaction) -> bytes | None:
            thing = tx.ledger.thing(own, digest)
            return tx.ledger.note(digest) if thing and thing.value(side) == Side.ACTIVATED else None

        note = self._store.read(look)
        return read_agreement(Note.parse(note, limit=NOTE_MAX).text) if note else None

    def _entry(self, index: int) -> Entry | None:
        """The entry at an index, read once for all its contents."""
        if index not in self._entries:
            self._entries[index] = self._find(index)
        return self._entries[index]

    def _find(self, index: int) -> Entry | None:
        """The entry at an index: of this pouch, or held already."""
        at = index - self._delivery.start
        if 0 <= at < len(self._delivery.entries):
            data = self._delivery.entries[at]
        else:
            rows = self._store.read(lambda tx: tx.logs.entries(self._partner.mirror, index, index + 1))
            if not rows:
                return None
            data = rows[0].data
        self._parsed += len(data)
        if self._parsed > PARSED_MAX:
            return None
        try:
            return Entry.parse(data)
        except PeerError:
            return None
