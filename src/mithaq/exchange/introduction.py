"""Getting to know a partner, and the keys that the pair renews (protocol 3 and 7).

The first card of a stranger needs its fingerprint typed as heard. With it the own log begins: our card, then
a sealing key, then what our national rules close, if we have any. Later cards need no fingerprint, since each
names the one before and is signed by the same authority.
"""

import hashlib
from dataclasses import replace

from mithaq.audit.cards import CARD_NOTE_MAX
from mithaq.crypto.keys import SealingKey
from mithaq.crypto.notes import Note, NoteLine, digest
from mithaq.domain.card import Card
from mithaq.domain.entry import Entry
from mithaq.domain.moment import DAY
from mithaq.domain.party import LogName, Origin, PublicPair
from mithaq.errors import ForgedError, UsageError
from mithaq.exchange import national
from mithaq.exchange.cards import accept_card
from mithaq.exchange.identity import Identity
from mithaq.exchange.pair import Draft, Pair
from mithaq.exchange.partners import card_of, cards_before, parse_card
from mithaq.exchange.ports import Cosignature, Head, Partner, SealingRow, Store, Transaction
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.cosignature import cosign, verify_cosignature
from mithaq.tlog.head import HEAD_MAX, sign_head, verify_head

ROTATE_AFTER = 7 * DAY
"""Age in seconds at which an acknowledged sealing key gets a successor, and that such a successor has when
the older key is destroyed: what was recorded on the way does not open later (protocol 7)."""

BACKLOG_MAX = 100_000
"""Heads that are signed again after a change of keys: a hundred million entries that no partner has taken."""


def card_key(identity: Identity) -> str:
    """SHA-256 in hex of our card's sealing key, which serves first contact."""
    return hashlib.sha256(identity.card.sealing).hexdigest()


def introduce(identity: Identity, store: Store, card: bytes, typed: str) -> Partner:
    """Accept a card, first or later, that came by any channel.

    Raises:
        PeerError: it is not what it must be, or the typed fingerprint is another.
        UsageError: it is our own.
    """
    note = Note.parse(card, limit=CARD_NOTE_MAX)
    origin = Card.parse(note.text).origin
    if origin == identity.origin:
        raise UsageError("this is our own card", got=origin, todo="add the card of the partner")
    key = SealingKey.generate(identity.random)

    def work(tx: Transaction) -> Partner:
        known = {partner.origin: partner for partner in tx.ledger.partners()}
        current = known.get(origin)
        accepted = accept_card(
            note,
            now=identity.now(),
            previous=card_of(current) if current else None,
            known=known_pairs(tx, identity, origin),
            known_sealing=known_sealing(tx, identity),
            typed=typed,
        )
        # After a loss of the whole store only the anchor knows how many logs there were before.
        numbers = [log.n for log in store.behind if (log.author, log.reader) == (identity.origin, origin)]
        own = LogName(identity.origin, origin, max(numbers, default=1))
        partner = current or Partner(own, "", b"")
        partner = replace(partner, url=accepted.url, card=bytes(note), previous=partner.card)
        tx.ledger.put_note(digest(note), bytes(note))  # those that follow it name it
        tx.ledger.put_partner(partner)
        # A log that the anchor knows and the store does not is no new one: it comes back from the partner.
        if current is None and not tx.logs.lacks(own):
            begin(tx, identity, own, key)
        return partner

    return store.write(work)


def begin(tx: Transaction, identity: Identity, own: LogName, key: SealingKey) -> None:
    """Begin a log: our card, then a sealing key, then what our national rules close."""
    _say_card(tx, identity, own, identity.card_note)
    _say_key(tx, identity, own, key)
    national.enforced(tx, identity, Pair.of(tx, identity, own))


def known_pairs(tx: Transaction, identity: Identity, origin: str) -> list[PublicPair]:
    """Every pair that a card of ``origin`` must not bring again.

    That is everybody else's, ours included, of today and before; and those of this party that have been
    replaced: whoever found a retired key must not become somebody with it.
    """
    known: list[PublicPair] = []
    for card in (identity.card, *map(card_of, tx.ledger.partners())):
        same = card.origin == origin
        pairs = card.pairs.values()
        known += () if same else pairs
        for older in cards_before(tx, card):
            known += (pair for pair in older.pairs.values() if not (same and pair in pairs))
    return known


def known_sealing(tx: Transaction, identity: Identity) -> list[bytes]:
    """Our own sealing keys, which nobody else may bring.

    Those of third parties are not among them: a sealing key proves no possession, so whoever copied a
    partner's public key first could otherwise have that partner's own card refused (docs/adr/0008).
    """
    rows = (row for partner in tx.ledger.partners() for row in tx.ledger.sealing_keys(partner.own))
    return [identity.card.sealing, *(row.public for row in rows)]


def is_pair_key(tx: Transaction, own: LogName, key_id: str) -> bool:
    """Whether a sealing key is one that we announced in this log: contents come under no other (7)."""
    return any(hashlib.sha256(row.public).hexdigest() == key_id for row in tx.ledger.sealing_keys(own))


def next_card(identity: Identity, store: Store, card: bytes) -> Note:
    """The card that is to follow ours, checked as every partner will check it.

    Raises:
        PeerError: it does not follow ours.
    """
    note = Note.parse(card, limit=CARD_NOTE_MAX)
    known = store.read(lambda tx: known_pairs(tx, identity, identity.origin))
    accept_card(note, now=identity.now(), previous=identity.card, known=known)
    return note


def keep_card(store: Store, note: Note) -> str:
    """Keep a card of ours, so that it can be put in force; gives the log that it closes, if any."""
    store.write(lambda tx: tx.ledger.put_note(digest(note), bytes(note)))
    closes = parse_card(bytes(note)).closes
    return closes.log if closes else ""


def publish_card(identity: Identity, store: Store, partner: Partner, note: Note) -> None:
    """Enter a card of ours into the log for a partner, if the newest one there is older.

    Raises:
        BehindError: the store is older than its anchor.
    """

    def work(tx: Transaction) -> None:
        entered = tx.ledger.note(Pair.of(tx, identity, partner.own).state.card)
        if entered is None or parse_card(entered).serial < parse_card(bytes(note)).serial:
            _say_card(tx, identity, partner.own, note)

    store.write(work)


def renew_lost_key(identity: Identity, store: Store, partner: Partner) -> None:
    """Enter a new sealing key where the newest one announced is not here: they are in no backup (protocol 7).

    Raises:
        BehindError: the store is older than its anchor.
    """

    def lost(tx: Transaction) -> bool:
        row = tx.logs.newest(partner.own, "keys")
        return row is None or not identity.has_sealing(bytes.fromhex(Entry.parse(row.data).facts["sealing"]))

    if store.read(lost):
        fresh = SealingKey.generate(identity.random)
        store.write(lambda tx: _say_key(tx, identity, partner.own, fresh))


def unaware(store: Store) -> list[Origin]:
    """Partners that have not acknowledged the newest card in our log for them."""

    def work(tx: Transaction) -> list[Origin]:
        newest = {partner: tx.logs.newest(partner.own, "card") for partner in tx.ledger.partners()}
        return [partner.origin for partner, row in newest.items() if row and partner.have <= row.index]

    return store.read(work)


def _say_card(tx: Transaction, identity: Identity, own: LogName, note: Note) -> None:
    tx.ledger.put_note(digest(note), bytes(note))
    facts = {"act": "publish", "note": digest(note)}
    Pair.of(tx, identity, own).say(Draft(identity.random(16).hex(), "card", facts=facts))


def _say_key(tx: Transaction, identity: Identity, own: LogName, key: SealingKey) -> None:
    # The seed is a file before the entry can be durable; a work that runs twice finds it there.
    if f"sealing/{key.id}" not in identity.files.names("sealing"):
        identity.files.create(f"sealing/{key.id}", key.seed)
    draft = Draft(identity.random(16).hex(), "keys", facts={"sealing": key.public.hex()})
    logged = Pair.of(tx, identity, own).say(draft)
    tx.ledger.put_sealing_key(own, SealingRow(key.public, logged.index, logged.entry.at))


def sign_again(identity: Identity, store: Store, partner: Partner) -> None:
    """After a change of node keys: sign with the new pairs what partners have still to take.

    A partner verifies a pouch, the head in it and our cosignature under one card; so kept heads that it does
    not have yet, and our newest cosignature, must not be left under the pairs of the card before. Each says
    again what it said.
    """

    def work(tx: Transaction) -> None:
        for head in tx.logs.heads(partner.own, partner.have, BACKLOG_MAX):
            _sign_head_again(tx, identity, partner.own, head)
        newest = tx.logs.newest_cosignature(partner.mirror)
        if newest:
            _cosign_again(tx, identity, partner.mirror, newest)

    store.write(work)


def _sign_head_again(tx: Transaction, identity: Identity, own: LogName, head: Head) -> None:
    note = Note.parse(head.note, limit=HEAD_MAX)
    try:
        verify_head(note, str(own), identity.log.public)
    except ForgedError:
        checkpoint = Checkpoint(str(own), head.size, head.root)
        tx.logs.put_head(own, replace(head, note=bytes(sign_head(checkpoint, identity.log, identity.now()))))


def _cosign_again(tx: Transaction, identity: Identity, mirror: LogName, newest: Cosignature) -> None:
    checkpoint = Checkpoint(str(mirror), newest.size, newest.root)
    lines = [NoteLine.parse(line) for line in newest.lines.decode().splitlines()]
    try:
        verify_cosignature(checkpoint, lines, identity.mirror_name, identity.mirror.public)
    except ForgedError:
        fresh = cosign(checkpoint, identity.mirror_name, identity.mirror, newest.time)
        tx.logs.put_cosignature(mirror, replace(newest, lines=b"".join(map(bytes, fresh))))


def rotate(identity: Identity, store: Store, partner: Partner) -> bool:
    """Renew our sealing key for a pair as acknowledgements allow; whether something was entered."""
    own, now = partner.own, identity.now()
    keys = [
        _acknowledge(store, own, key, now) if partner.have > key.index and not key.acknowledged else key
        for key in store.read(lambda tx: tx.ledger.sealing_keys(own))
    ]
    safe = [at for at, key in enumerate(keys) if key.acknowledged and now - key.acknowledged >= ROTATE_AFTER]
    for old in keys[: max(safe, default=0)]:
        destroy_key(identity, store, own, old)
    if keys and keys[-1].acknowledged and now - keys[-1].entered >= ROTATE_AFTER:
        fresh = SealingKey.generate(identity.random)
        store.write(lambda tx: _say_key(tx, identity, own, fresh))
        return True
    return False


def _acknowledge(store: Store, own: LogName, key: SealingRow, now: int) -> SealingRow:
    known = replace(key, acknowledged=now)
    store.write(lambda tx: tx.ledger.put_sealing_key(own, known))
    return known


def destroy_key(identity: Identity, store: Store, own: LogName, old: SealingRow) -> None:
    """First the file: a row without its file opens nothing, a file without its row would stay for ever."""
    identity.files.destroy(f"sealing/{hashlib.sha256(old.public).hexdigest()}")
    store.write(lambda tx: tx.ledger.drop_sealing_key(own, old.public))
