"""How a card is signed and when one is accepted (protocol section 3).

Which lines a card bears is ``audit.cards``'.

``accept_card`` refuses a card unless

1. its text is a card, in time, and shares a version with this software;
2. its keys are canonical, of prime order, and unequal to any other key known;
3. it follows the card before: serial one higher, its digest named, not issued earlier; a stranger's first
   card follows the fingerprint that somebody heard and typed;
4. the authority is the one before, and then the commitment to the next is unchanged; or it is the pair that
   the card before committed to. Who steals the current pair can therefore neither replace it nor choose what
   replaces it;
5. all three pairs have signed.

Closing a log by a card, and what is entered into a log about it, are not decided here.
"""

from collections.abc import Collection, Iterable

from mithaq.audit.cards import check_fingerprint, signers
from mithaq.crypto.keys import SigningPair, check_pair, check_sealing
from mithaq.crypto.notes import Note, NoteLine, require, sign
from mithaq.domain.card import Card
from mithaq.domain.party import PublicPair, commit_next
from mithaq.errors import ForgedError, KeyStoreError, MalformedError, StaleError

VERSIONS = (1, 1)
"""Versions of the protocol that this software speaks."""

CLOCK_SKEW = 300
"""Seconds by which the signer's clock may be ahead (protocol 10)."""


def sign_card(card: Card, authority: SigningPair, log: SigningPair, mirror: SigningPair) -> Note:
    """The card as a note that all its pairs have signed.

    Raises:
        KeyStoreError: a pair is not the one in the card.
    """
    text = card.text()
    lines: list[NoteLine] = []
    for (role, signer), pair in zip(signers(card).items(), (authority, log, mirror), strict=True):
        if pair.public != signer.pair:
            raise KeyStoreError("not the pair in the card", where=role, todo="sign with the pair it names")
        lines += sign(text, signer.name, pair)
    return Note(text, tuple(lines))


def accept_card(
    note: Note,
    *,
    now: int,
    previous: Card | None,
    known: Collection[PublicPair],
    known_sealing: Collection[bytes] = (),
    typed: str = "",
) -> Card:
    """Check a card that came by any channel.

    Args:
        note: the card with its lines.
        now: POSIX seconds.
        previous: the newest accepted card of this party; None for a stranger.
        known: pairs of everybody else, own ones included, and pairs of this party that have been replaced.
        known_sealing: likewise for sealing keys.
        typed: for a stranger, the fingerprint as heard and typed; spaces do not count.

    Raises:
        LimitError, MalformedError: rule 1 or 2, or the serial leaves a gap.
        StaleError: expired, or not newer than ``previous``.
        ForgedError: rule 2 to 5.
    """
    card = Card.parse(note.text)
    _check_time(card, now)
    _check_keys(card, previous, known, known_sealing)
    if previous is None:
        check_fingerprint(card, typed)
    else:
        _check_place(card, previous)
        _check_authority(card, previous)
    require(note, *signers(card).values())
    return card


def verify_older_card(note: Note, current: Card, before: Iterable[Card] = ()) -> None:
    """Check a card that came after the one that followed it: who types a card in may be quicker than the log.

    Args:
        note: the card with its lines.
        current: the newest accepted card of this party.
        before: those before it, which it vouches for by their digests: their authority may be long retired.

    Raises:
        MalformedError: not a card.
        ForgedError: of another party, not signed by all its pairs, or neither one of those before, nor of the
            current authority or one that is committed to it.
    """
    card = Card.parse(note.text)
    if card.origin != current.origin:
        raise ForgedError("a card of another party", expected=current.origin, got=card.origin)
    known = any(card.digest == each.digest for each in before)
    if (
        not known
        and card.authority != current.authority
        and card.next != commit_next(card.origin, current.authority)
    ):
        raise ForgedError("not a card that led to the one known", where="authority", got=card.serial)
    require(note, *signers(card).values())


def _check_time(card: Card, now: int) -> None:
    if now > card.valid_until:
        raise StaleError("the card has expired", got=card.valid_until, todo="ask the partner for a new one")
    if card.issued > now + CLOCK_SKEW:
        raise MalformedError("the card is from the future", got=card.issued, todo="check this node's clock")
    if card.versions[0] > VERSIONS[1] or card.versions[1] < VERSIONS[0]:
        raise MalformedError(
            "no version in common", where="versions", expected=str(VERSIONS), got=card.versions, todo="update"
        )


def _check_keys(
    card: Card, previous: Card | None, known: Collection[PublicPair], known_sealing: Collection[bytes]
) -> None:
    for role, pair in card.pairs.items():
        # An unchanged pair is known from the card before; in another role, or by one half, it is refused.
        before = previous.pairs.items() if previous else ()
        others = [other for own, other in before if own is not role or other != pair]
        check_pair(pair, role, [*known, *others])
    check_sealing(card.sealing, known_sealing)


def _check_place(card: Card, previous: Card) -> None:
    if card.origin != previous.origin:
        raise ForgedError("a card of another party", expected=previous.origin, got=card.origin)
    if card.serial <= previous.serial:
        raise StaleError("not newer than the card known", expected=str(previous.serial + 1), got=card.serial)
    if card.serial > previous.serial + 1:
        raise MalformedError(
            "cards are missing in between",
            where="serial",
            expected=str(previous.serial + 1),
            got=card.serial,
            todo="ask the partner for them",
        )
    if card.previous != previous.digest:
        raise ForgedError("it follows another card", expected=previous.digest, got=card.previous)
    if card.issued < previous.issued:
        raise ForgedError("issued before the card that it follows", got=card.issued)


def _check_authority(card: Card, previous: Card) -> None:
    if card.authority == previous.authority:
        if card.next != previous.next:
            raise ForgedError(
                "only a new authority pair commits to a new next one", where="next", expected=previous.next
            )
    elif commit_next(card.origin, card.authority) != previous.next:
        raise ForgedError(
            "the authority pair is not the one committed to", where="authority", expected=previous.next
        )
