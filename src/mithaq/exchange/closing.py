"""The end of two logs after an unrecoverable loss, and the two that follow them (protocol 3; docs/adr/0011).

A card of either side closes its own log of number n at a size and root. **The pair moves**: both sides go on
with the two logs of number n + 1, which begin like any others. What stands in the old ones stays, to be read
and proved; what the card says of them and what the other side holds is compared and shown.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from mithaq.crypto.keys import SealingKey
from mithaq.domain.card import Card, Closing
from mithaq.domain.party import LogName
from mithaq.exchange.identity import Identity
from mithaq.exchange.introduction import begin, destroy_key
from mithaq.exchange.pair import TileView
from mithaq.exchange.partners import card_of, cards_before
from mithaq.exchange.ports import Partner, Store, Transaction
from mithaq.tlog import tiles
from mithaq.tlog.merkle import EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class Closed:
    """A log that a card has closed, beside what we hold of it.

    Args:
        log: which.
        size: at which the card closes it.
        held: entries that we hold.
        agrees: whether we hold no more than that, and the same as far as we can see.
    """

    log: LogName
    size: int
    held: int
    agrees: bool

    def __str__(self) -> str:
        text = f"{self.log} closed at {self.size}"
        return text if self.agrees else f"{text}, conflict: {self.held} entries are held here, all kept"


def closing(tx: Transaction, partner: Partner) -> Closing:
    """What our next card has to say to close our log for a partner where it stands."""
    row = tx.logs.row(partner.own)
    root = row.frontier.root() if row.size else EMPTY_ROOT
    return Closing(str(partner.own), row.size, root.hex())


def closed(tx: Transaction, identity: Identity, partner: Partner) -> list[Closed]:
    """Every log of a pair that a card of either side has closed, oldest first."""
    found = [
        _compare(tx, LogName.parse(each.log), each)
        for card in (identity.card, card_of(partner))
        for each in _closings(tx, card)
        if LogName.parse(each.log) in _earlier(partner)
    ]
    return sorted(found, key=lambda each: (each.log.n, each.log))


def _closings(tx: Transaction, card: Card) -> Iterator[Closing]:
    return (each.closes for each in (card, *cards_before(tx, card)) if each.closes)


def _earlier(partner: Partner) -> set[LogName]:
    own = [LogName(partner.own.author, partner.own.reader, n) for n in range(1, partner.own.n)]
    return {*own, *(log.other for log in own)}


def _compare(tx: Transaction, log: LogName, said: Closing) -> Closed:
    held = tx.logs.row(log).size
    agrees = held <= said.size
    if held == said.size and held:
        agrees = tiles.root_at(held, TileView(tx, log)).hex() == said.root
    return Closed(log, said.size, held, agrees)


def next_number(identity: Identity, partner: Partner, behind: Collection[LogName] = ()) -> int:
    """The number that a pair's logs have after what the cards in force of both sides close.

    Args:
        identity: this node.
        partner: the partner.
        behind: logs that the anchor knows and the store does not: a card before ours in force, or one that
            the store has forgotten, may have closed those before them.
    """
    ends = {partner.own.author, partner.own.reader}
    numbers = [partner.own.n, *(log.n for log in behind if {log.author, log.reader} == ends)]
    for card, log in ((identity.card, partner.own), (card_of(partner), partner.mirror)):
        said = LogName.parse(card.closes.log) if card.closes else None
        if said and (said.author, said.reader) == (log.author, log.reader):
            numbers.append(said.n + 1)
    return max(numbers)


def follow(identity: Identity, store: Store, partner: Partner) -> Partner:
    """Go on with the logs that follow, where a card has closed those of a pair.

    Returns:
        The partner as it stands then.
    """
    if next_number(identity, partner, store.behind) == partner.own.n:
        return partner
    key = SealingKey.generate(identity.random)

    def work(tx: Transaction) -> Partner:
        (known,) = (each for each in tx.ledger.partners() if each.origin == partner.origin)
        n = next_number(identity, known, store.behind)
        if n == known.own.n:
            return known
        own = LogName(known.own.author, known.own.reader, n)
        moved = Partner(own, known.url, known.card, sent=known.sent)
        tx.ledger.drop_partner(known.own)
        tx.ledger.put_partner(moved)
        # A log that the anchor knows and the store does not is no new one: it comes back from the partner.
        if not any(map(tx.logs.lacks, (own, own.other))):
            begin(tx, identity, own, key)
        return moved

    return store.write(work)


def destroy_keys(identity: Identity, store: Store, partner: Partner) -> None:
    """Destroy the sealing keys of earlier logs: nothing is sealed to them any more."""
    for n in range(1, partner.own.n):
        own = LogName(partner.own.author, partner.own.reader, n)
        for key in store.read(lambda tx, own=own: tx.ledger.sealing_keys(own)):
            destroy_key(identity, store, own, key)
