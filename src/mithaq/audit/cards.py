"""Whose keys are whose, for somebody who has cards as files and fingerprints as read aloud (protocol 3).

Every key in a card proves possession by two lines of its own, under these names: the authority pair under the
party's origin, the log pair under ``<origin>/log``, the mirror pair under ``<origin>/mirror``. A log pair
serves the logs to every partner, so it proves itself under a name that is no log's. The sealing key cannot
sign and proves nothing.

Expiry is not looked at: what was signed while a card was in force stays proved.
"""

import hmac
from collections.abc import Iterable

from mithaq.crypto.keys import check_pair
from mithaq.crypto.notes import Note, Signer, require
from mithaq.domain.card import Card
from mithaq.domain.party import PublicPair, Role
from mithaq.errors import ForgedError

CARD_NOTE_MAX = 128 * 1024
"""Bytes of a signed card: 32 KiB of text and at most 16 lines of 6 KiB (protocol 3)."""

_SUFFIX = {Role.AUTHORITY: "", Role.LOG: "/log", Role.MIRROR: "/mirror"}


def signers(card: Card) -> dict[Role, Signer]:
    """The name and pair of each line that a card must bear; ``authority`` also signs agreements."""
    return {role: Signer(card.origin + _SUFFIX[role], pair) for role, pair in card.pairs.items()}


def check_fingerprint(card: Card, typed: str) -> None:
    """Compare what somebody heard and typed with the card's fingerprint.

    Digits of every script count (people type Arabic ones), spaces do not.

    Raises:
        ForgedError: they differ; the expected value is not told, so that it is read aloud and not copied.
    """
    heard = "".join(str(int(c)) if c.isdecimal() else c for c in "".join(typed.split()))
    # What a terminal sends that is no UTF-8 comes as lone surrogates, which have no bytes.
    if not hmac.compare_digest(heard.encode("utf-8", "replace"), card.fingerprint.replace(" ", "").encode()):
        raise ForgedError(
            "the fingerprint is another",
            where=card.origin,
            todo="have the partner read it aloud again, over a line that you know",
        )


class Trusted:
    """The cards that a verifier believes.

    Args:
        cards: signed cards, as files hold them, of any party and serial.
        fingerprints: as read aloud, of any of their authorities.

    Raises:
        MalformedError, LimitError: something is no card.
        ForgedError: a card lacks a line, none of the fingerprints is its authority's, a key is bad or stands
            in the cards of two parties or in two roles.
    """

    def __init__(self, cards: Iterable[bytes], fingerprints: Iterable[str]) -> None:
        self._cards: dict[str, list[Card]] = {}
        heard = list(fingerprints)
        seen: dict[PublicPair, tuple[str, Role]] = {}
        for data in cards:
            note = Note.parse(data, limit=CARD_NOTE_MAX)
            card = Card.parse(note.text)
            _check_heard(card, heard)
            for role, pair in card.pairs.items():
                check_pair(
                    pair, role, [other for other, owner in seen.items() if owner != (card.origin, role)]
                )
                seen[pair] = (card.origin, role)
            require(note, *signers(card).values())
            self._cards.setdefault(card.origin, []).append(card)

    def of(self, origin: str) -> list[Card]:
        """The cards of a party, newest first.

        Raises:
            ForgedError: there is none.
        """
        if origin not in self._cards:
            raise ForgedError("no card of this party", got=origin, todo="add its card and fingerprint")
        return sorted(self._cards[origin], key=lambda card: -card.serial)


def _check_heard(card: Card, fingerprints: list[str]) -> None:
    for typed in fingerprints:
        try:
            check_fingerprint(card, typed)
        except ForgedError:
            continue
        return
    raise ForgedError("no fingerprint given is that of this card", where=card.origin, todo="type it as heard")
