"""Checking a signed agreement with nothing but files: no node, no network, no clock (protocol 3 and 4).

1. Every card is signed by all its pairs, and one of the fingerprints is its authority's (``cards``).
2. The text is an agreement in its one form.
3. No line of a known authority fails: one that does refuses the note. Lines of unknown keys are ignored.
4. Each of the two parties has signed with both keys of the authority of one of its cards.

Whether the text is, or was, in force is not said here: that takes both sides' activation in their logs.
"""

from collections.abc import Iterable

from mithaq.audit.cards import Trusted, signers
from mithaq.crypto.notes import Note, verify
from mithaq.domain.agreement import Agreement
from mithaq.domain.party import Role
from mithaq.errors import ForgedError

NOTE_MAX = 256 * 1024
"""Bytes of a note that an entry names (protocol 5)."""


def verify_agreement(data: bytes, cards: Iterable[bytes], fingerprints: Iterable[str]) -> Agreement:
    """Check an agreement and its signatures.

    Args:
        data: the signed note, as a file holds it.
        cards: signed cards of both parties, as files hold them.
        fingerprints: of both authorities, as read aloud.

    Raises:
        MalformedError, LimitError: something is not of its form.
        ForgedError: something does not hold, or a party has not signed.
    """
    trusted = Trusted(cards, fingerprints)  # 1
    note = Note.parse(data, limit=NOTE_MAX)
    agreement = Agreement.parse(note.text)  # 2
    authorities = {
        name: {signers(card)[Role.AUTHORITY] for card in trusted.of(name)} for name in agreement.origins
    }
    counted = verify(note, [each for known in authorities.values() for each in known])  # 3
    for name, known in authorities.items():  # 4
        if not counted & known:
            raise ForgedError("the party has not signed", where=name, expected="both lines of its authority")
    return agreement
