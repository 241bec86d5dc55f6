"""Looking up a partner: by its log, and its card in force."""

from functools import lru_cache

from mithaq.audit.cards import CARD_NOTE_MAX
from mithaq.crypto.notes import Note
from mithaq.domain.card import Card
from mithaq.domain.party import LogName
from mithaq.errors import ForgedError
from mithaq.exchange.ports import Partner, Transaction

CARDS_KEPT = 256
"""Parsed cards in memory: two for each of more partners than an authority has."""


@lru_cache(CARDS_KEPT)
def parse_card(note: bytes) -> Card:
    """The card in a note that was verified when it was accepted: every pouch needs it; parsing takes 1 ms."""
    return Card.parse(Note.parse(note, limit=CARD_NOTE_MAX).text)


def card_of(partner: Partner) -> Card:
    """The partner's card in force."""
    return parse_card(partner.card)


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
