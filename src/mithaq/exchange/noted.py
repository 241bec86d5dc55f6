"""The notes that a partner's entries name: cards and agreements, verified before they are kept (5)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from mithaq.audit.cards import signers
from mithaq.crypto.notes import Note, digest, verify
from mithaq.domain.card import Card
from mithaq.domain.entry import Entry
from mithaq.domain.kinds import KINDS
from mithaq.errors import ForgedError, MalformedError, PeerError
from mithaq.exchange.cards import accept_card, verify_older_card
from mithaq.exchange.identity import Identity
from mithaq.exchange.introduction import known_pairs, known_sealing
from mithaq.exchange.manifest import NOTE_MAX
from mithaq.exchange.partners import card_of, cards_before, parse_card
from mithaq.exchange.ports import Partner, Transaction
from mithaq.exchange.signing import merge, verify_declaration, verify_partly


class Noted:
    """Keeps the notes of one pouch.

    Args:
        tx: the transaction.
        identity: this node.
        partner: who sent the pouch.
        card: the card whose log pair signed it.
        came: the notes in it, by digest.
    """

    def __init__(
        self, tx: Transaction, identity: Identity, partner: Partner, card: Card, came: Mapping[str, Note]
    ) -> None:
        self._tx = tx
        self._identity = identity
        self._partner = partner
        self._card = card
        self._came = came
        self._kept: set[tuple[str, str]] = set()

    def keep(self, new: Sequence[bytes]) -> Partner:
        """Keep what new entries name; without one of these notes no head is taken.

        Returns:
            The partner, with its newest card.

        Raises:
            PeerError: a note did not come, or is not what it must be.
        """
        for data in new:
            try:
                entry = Entry.parse(data)
            except PeerError:
                continue
            done = (str(entry.facts.get("act")), str(entry.facts.get("note")))
            # Once for each act and note: a thousand entries that name one text must not cost a thousand times
            # what verifying it costs, in the one transaction that all partners wait for.
            if KINDS[entry.kind].note and done not in self._kept:
                self._keep(entry, done[1])
                self._kept.add(done)
        return self._partner

    def _keep(self, entry: Entry, name: str) -> None:
        stored = self._tx.ledger.note(name)
        came = self._came.get(name)
        if came is None and stored is None:
            raise MalformedError("an entry names a note that did not come", where=entry.kind, got=name)
        note = came or Note.parse(stored or b"", limit=NOTE_MAX)
        if entry.kind == "card":
            note = self._known_card(name, stored) or note
            self._new_card(note, entry.at)
            self._entered = max(self._entered, Card.parse(note.text).serial)
        elif stored:
            note = self._stored_agreement(Note.parse(stored, limit=NOTE_MAX), note, str(entry.facts["act"]))
        else:
            self._agreement(note, str(entry.facts["act"]))
        self._tx.ledger.put_note(name, bytes(note))

    def _known_card(self, name: str, stored: bytes | None) -> Note | None:
        """A card that is here: its lines were verified, and no others may take their place.

        They prove whose log keys those were, long after the card: whoever sends it again with spoiled lines
        would make every receipt under them worthless.
        """
        if stored is None and name == card_of(self._partner).digest:
            stored = self._partner.card
        return Note.parse(stored, limit=NOTE_MAX) if stored else None

    def _stored_agreement(self, stored: Note, came: Note, act: str) -> Note:
        """Likewise for a text, to which signatures may be added."""
        if act == "suspend":
            # The log key is enough (4), and what is not in force is void in the record: no line is asked of
            # a text whose authorities may both have changed since they signed it.
            return stored
        note = merge(stored, came)
        self._agreement(note, act)
        return note

    def _agreement(self, note: Note, act: str) -> None:
        """What an ``agreement`` entry names: signed as its act needs it (protocol 4)."""
        if act in {"resume", "terminate"}:
            _by_one(verify_declaration, note, self._theirs())
            return
        # A text that is suspended, or was entered before, was signed then, however long ago.
        before = act == "suspend" or self._has_entered(note)
        _by_one(verify_partly, note, self._known() if before else self._theirs())
        if act in {"activate", "suspend"}:
            _by_one(verify_partly, note, self._ours)
        else:
            # A spoiled line of ours would stand where our own belongs, and the text could never be signed.
            verify(note, signers(self._identity.card).values())

    def _has_entered(self, note: Note) -> bool:
        """Whether the partner has entered this text before."""
        thing = self._tx.ledger.thing(self._partner.own, digest(note))
        side = sorted((self._partner.own.author, self._partner.origin)).index(self._partner.origin)
        return thing is not None and bool(thing.value(side))

    @cached_property
    def _ours(self) -> list[Card]:
        """Our cards: what our authority has signed stays signed when another follows it.

        The partner may not know our newest one yet, and its log cannot wait for that: in force a text is only
        when we have activated it too, which takes our authority of that day.
        """
        return [self._identity.card, *cards_before(self._tx, self._identity.card, self._came)]

    def _theirs(self) -> list[Card]:
        """The partner's cards that may be in force where an entry stands.

        That is from the one before the newest that stands ahead of it in its log, since a card is entered
        before it is in force, up to the newest that we know: it may have been typed in.
        """
        return [card for card in self._known() if card.serial >= self._entered - 1]

    def _known(self) -> list[Card]:
        """All of the partner's cards."""
        return [self._card, card_of(self._partner), *self._before]

    @cached_property
    def _before(self) -> list[Card]:
        """The cards before the partner's newest: it may have been typed in long before the log came."""
        return list(cards_before(self._tx, card_of(self._partner), self._came))

    @cached_property
    def _entered(self) -> int:
        """Serial of the newest card in the partner's log so far."""
        note = self._tx.ledger.note(self._tx.logs.row(self._partner.mirror).state.card)
        return parse_card(note).serial if note else 0

    def _new_card(self, note: Note, at: int) -> None:
        """A card takes effect at once; the pair before it is good until the first pouch under the new one."""
        current = card_of(self._partner)
        if digest(note) == current.digest:
            return
        if Card.parse(note.text).serial < current.serial:
            # It stands in the log and takes no effect any more.
            verify_older_card(note, current, self._before)
            return
        origin = self._partner.origin
        accepted = accept_card(
            note,
            # By the time that it was entered: a card that has ended since must not stop the log behind it.
            now=min(at, self._identity.now()),
            previous=current,
            known=known_pairs(self._tx, self._identity, origin),
            known_sealing=known_sealing(self._tx, self._identity),
        )
        if accepted.closes and accepted.closes.log == str(self._partner.mirror):
            raise MalformedError(
                "a card that closes the log in which it stands",
                where=accepted.closes.log,
                todo="it is carried by people: mithaq card add",
            )
        self._partner = replace(self._partner, previous=self._partner.card, card=bytes(note))
        self.__dict__.pop("_before", None)


def _by_one(check: Callable[[Note, Card], object], note: Note, cards: Iterable[Card]) -> None:
    """Check a note against the authority of each of these cards, until one has signed it.

    Raises:
        ForgedError: none of them has.
        LimitError, MalformedError: it is none of its kind.
    """
    failure = ForgedError("signed by no card", got="no card")
    for card in {card.authority: card for card in cards}.values():  # to parse a text again is not for nothing
        try:
            check(note, card)
        except ForgedError as error:
            failure = error
        else:
            return
    raise failure
