"""What the author of an entry had seen when it wrote it: its own log so far, the other's below its cut.

Everything that decides whether an entry is legal is asked here, so that no rule looks at more than its author
could (protocol section 11). Asked later, or on the other node, every answer is the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from mithaq.domain.agreement import Agreement
from mithaq.domain.card import Card
from mithaq.domain.declaration import Declaration
from mithaq.domain.entry import Entry
from mithaq.domain.lifecycle import Side, TextLife, in_force
from mithaq.domain.moves import Sort
from mithaq.domain.outcome import EntryRef, LogState
from mithaq.domain.party import LogName, Origin
from mithaq.domain.standing import Standing
from mithaq.domain.things import Thing, item_key, notice_key, suspension_key
from mithaq.errors import PeerError

Pair = tuple[Origin, Origin]
"""The two parties, sorted: side 0 and side 1."""

PAIRS_KEPT = 64
"""Names of logs in memory: two for each pair that talks at the same time."""
TEXTS_KEPT = 32
"""Parsed texts in memory: a pair has a few in use, and none is larger than 192 KiB."""


class View(Protocol):
    """What the fold may look at: values of one pair. The store implements it; ``replay`` does in memory.

    Notes must be there: a reader takes no head that covers an entry whose note it lacks (protocol 5).
    """

    def thing(self, key: str) -> Thing | None:
        """A thing as the steps fed so far have left it."""
        ...

    def agreements(self) -> Sequence[Thing]:
        """Every thing of the sorts ``moves.LIFE``: texts, suspensions, notices of termination."""
        ...

    def entry(self, leaf: bytes) -> EntryRef | None:
        """The ``Step.ref`` of an entry already fed, of either log, by its leaf hash."""
        ...

    def note(self, digest: str) -> bytes | None:
        """The text of a note, without signatures, by its SHA-256 in hex."""
        ...

    def root(self, side: int, size: int) -> bytes | None:
        """The root of a side's log at a size; None if that log is not known so far."""
        ...


@lru_cache(PAIRS_KEPT)
def log_name(pair: Pair, side: int, n: int = 1) -> LogName:
    """The name of a side's log."""
    return LogName(pair[side], pair[1 - side], n)


@lru_cache(TEXTS_KEPT)
def read_agreement(text: bytes) -> Agreement | None:
    """An agreement's text, parsed once; None if it is none."""
    try:
        return Agreement.parse(text)
    except PeerError:
        return None


@lru_cache(TEXTS_KEPT)
def _card(text: bytes) -> Card | None:
    try:
        return Card.parse(text)
    except PeerError:
        return None


@lru_cache(TEXTS_KEPT)
def _declaration(text: bytes) -> Declaration | None:
    try:
        return Declaration.parse(text)
    except PeerError:
        return None


@dataclass(frozen=True, slots=True)
class Sight:
    """The view of one author at one place of its log.

    Args:
        pair: the two parties.
        state: the author's log before the entry.
        view: values of the pair, perhaps newer than the author knew.
    """

    pair: Pair
    state: LogState
    view: View

    @property
    def side(self) -> int:
        """The author's side."""
        return self.state.side

    @property
    def author(self) -> Origin:
        """The author."""
        return self.pair[self.side]

    def seen(self, leaf: str) -> EntryRef | None:
        """An entry that the author had seen, by leaf hash in hex: an own one, or one below its cut."""
        ref = self.view.entry(bytes.fromhex(leaf))
        if ref is None:
            return None
        return ref if ref.index < (self.state.size if ref.side == self.side else self.state.cut) else None

    def item(self, request: Thing, number: int) -> Thing | None:
        """An item of a request; None if the request has no such item."""
        if not 1 <= number <= request.items:
            return None
        return request.item(number, self.view.thing(item_key(request.key, number)))

    def agreement(self, digest: str) -> Agreement | None:
        """The text with this digest, if it is an agreement between these two."""
        text = self.view.note(digest)
        agreement = None if text is None else read_agreement(text)
        return agreement if agreement and agreement.origins == self.pair else None

    def declaration(self, digest: str) -> Declaration | None:
        """The text with this digest, if it is a declaration of the author."""
        text = self.view.note(digest)
        declaration = None if text is None else _declaration(text)
        return declaration if declaration and declaration.origin == self.author else None

    def card(self, digest: str) -> Card | None:
        """The text with this digest, if it is a card of the author."""
        text = self.view.note(digest)
        card = None if text is None else _card(text)
        return card if card and card.origin == self.author else None

    def texts(self, relation: str) -> list[TextLife]:
        """The agreements of a relation with their registers as the author had seen them."""
        return [
            self._life(thing)
            for thing in self.view.agreements()
            if thing.sort is Sort.AGREEMENT and thing.relation == relation
        ]

    def _life(self, thing: Thing) -> TextLife:
        return TextLife(thing.key, thing.serial, (self._register(thing, 0), self._register(thing, 1)))

    def activated(self, digest: str) -> Agreement | None:
        """The text with this digest, if its author had seen that both sides have activated it.

        Whether a text is at hand says nothing: it may have come after the entry that names it, and then two
        nodes would disagree about that entry. Nor is a text read that nobody is bound by: a partner can
        propose a hundred, each of which takes 0.1 s to read.
        """
        thing = self.view.thing(digest)
        agreed = thing is not None and thing.sort is Sort.AGREEMENT and in_force([self._life(thing)])
        return self.agreement(digest) if agreed else None

    def _register(self, thing: Thing, side: int) -> Side:
        return Side(self.value(thing, side) or Side.UNSEEN)

    def value(self, thing: Thing, side: int) -> str:
        """The value of a side's register as the author had seen it."""
        return thing.value(side, None if side == self.side else self.state.cut)

    def suspended(self, text: Agreement, field: str) -> bool:
        """Whether a side has suspended a field or everything; never what protects life (protocol 4)."""
        terms = text.fields.get(field)
        if terms and "life" in terms.protects:
            return False
        keys = (suspension_key(text.relation), suspension_key(text.relation, field))
        found = (thing for thing in self.view.agreements() if thing.key in keys)
        return any(self.value(thing, side) == "suspended" for thing in found for side in (0, 1))

    def notice(self, relation: str) -> int:
        """When the earliest notice of termination has run, POSIX seconds; 0 if none was given."""
        key = notice_key(relation)
        found = (thing for thing in self.view.agreements() if thing.key == key)
        ends = (thing.until[side] for thing in found for side in (0, 1) if self.value(thing, side))
        return min(ends, default=0)

    def standing(self, entry: Entry) -> Standing:
        """What the policy needs to know of an exchange entry's surroundings, before it arrives."""
        text = self.activated(entry.agreement)
        agreed = [life for life in self.texts(text.relation) if in_force([life])] if text else []
        card = self.card(self.state.card)
        return Standing(
            text=text,
            activated=text is not None,
            superseded=text is not None and self._superseded(text, agreed, entry.at),
            suspended=text is not None and self.suspended(text, entry.field),
            notice=self.notice(text.relation) if text else 0,
            about=tuple(self._about(leaf) for leaf in entry.re),
            card_until=card.valid_until if card else 0,
        )

    def _superseded(self, text: Agreement, agreed: list[TextLife], at: int) -> bool:
        newer = (self.agreement(life.digest) for life in agreed if life.serial > text.serial)
        return any(other is not None and other.starts <= at for other in newer)

    def _about(self, leaf: str) -> Thing | None:
        ref = self.seen(leaf)
        return self.view.thing(ref.thing) if ref and ref.thing else None
