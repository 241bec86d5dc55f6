"""Looking up a partner: by its log, its card in force, and the cards before."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from mithaq.audit.cards import CARD_NOTE_MAX
from mithaq.crypto.notes import Note
from mithaq.domain.card import Card
from mithaq.domain.party import LogName
from mithaq.errors import ForgedError, PeerError
from mithaq.exchange.ports import Partner, Transaction

CARDS_KEPT = 256
"""Parsed cards in memory: two for each of more partners than an authority has."""
CHAIN_MAX = 64
"""Cards before one that are looked at: a working life of yearly ones, and what a liar can make us read."""


@lru_cache(CARDS_KEPT)
def parse_card(note: bytes) -> Card:
    """The card in a note that was verified when it was accepted: every pouch needs it; parsing takes 1 ms."""
    return Card.parse(Note.parse(note, limit=CARD_NOTE_MAX).text)


def card_of(partner: Partner) -> Card:
    """The partner's card in force."""
    return parse_card(partner.card)


def cards_before(
    tx: Transaction, card: Card, came: Mapping[str, Note] = MappingProxyType({})
) -> Iterator[Card]:
    """The cards before one, newest first, as far as their notes are known.

    Each is named by the next one's ``previous``, so that a known card vouches for all of them.

    Args:
        tx: the transaction.
        card: one that was accepted.
        came: notes of a pouch, by digest, beside those in the store.
    """
    for _ in range(CHAIN_MAX):
        stored = None if card.previous in came else tx.ledger.note(card.previous)
        note = came.get(card.previous) or (Note.parse(stored, limit=CARD_NOTE_MAX) if stored else None)
        if not card.previous or note is None:
            return
        try:
            before = Card.parse(note.text)
        except PeerError:  # it names something else than a card: nothing is before it
            return
        if (before.origin, before.serial) != (card.origin, card.serial - 1):
            return
        card = before
        yield card


def find_partner(tx: Transaction, log: LogName) -> Partner:
    """The partner whose log this is.

    Raises:
        ForgedError: no partner of ours, or a pair that has stopped.
    """
    for partner in tx.ledger.partners():
        if partner.mirror == log:
            if partner.problem:
                raise ForgedError("this pair has stopped", where=str(log), got=partner.problem)
            return partner
    raise ForgedError("a stranger's pouch", where="log", got=str(log))
