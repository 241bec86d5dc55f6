"""National rules on a node: signed by its authority, told to every partner, enforced (protocol section 4).

The text in force is one note in the store, under ``CURRENT``. What it closes towards a partner is entered
into the log for that partner in the same transaction: so nothing is ever enforced that has not been told. A
store whose note is not the one that its own log names has been damaged: then nothing is said or judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mithaq.audit.cards import CARD_NOTE_MAX
from mithaq.crypto.notes import Note, digest
from mithaq.domain import national
from mithaq.domain.agreement import Agreement
from mithaq.domain.card import Card
from mithaq.domain.entry import Entry
from mithaq.domain.lifecycle import in_force
from mithaq.domain.narrowing import Narrowing, idle
from mithaq.domain.national import NationalRules
from mithaq.domain.party import LogName
from mithaq.domain.rules import SKEW
from mithaq.errors import MalformedError, PeerError, StaleError, StoreError
from mithaq.exchange.identity import Identity
from mithaq.exchange.pair import Draft, Pair
from mithaq.exchange.ports import EntryRow, Store, Transaction
from mithaq.exchange.signing import NOTE_MAX, verify_rules

CURRENT = "national-rules"
"""Where the note of the text in force is: a name that is no digest, so no entry can name it."""
NOTES_KEPT = 8
"""Texts of rules in memory: a node has one in force."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a text that was loaded.

    Args:
        digest, serial: of the text.
        idle: numbers, from 1, of its narrowings that are about no field of a text in force.
    """

    digest: str
    serial: int
    idle: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What a side has told of its national rules.

    Args:
        digest, serial: of its text.
        at: when, POSIX seconds.
        closes: each narrowing, as in the entry.
    """

    digest: str
    serial: int
    at: int
    closes: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class _Stored:
    """A text of rules, and its digest: every exchange needs both, and neither is worked out twice."""

    rules: NationalRules
    digest: str


# --- loading -----------------------------------------------------------------------------------------------


def load(identity: Identity, store: Store, data: bytes) -> Loaded:
    """Put a text in force and tell every partner; the same one again repairs what was damaged.

    Raises:
        ForgedError: our authority has not signed it.
        MalformedError: it is none, or from the future.
        StaleError: its serial does not rise.
    """
    note = Note.parse(data, limit=NOTE_MAX)
    rules = verify_rules(note, identity.card)
    if rules.issued > identity.now() + SKEW:
        raise MalformedError("rules from the future", got=rules.issued, todo="check this node's clock")

    def work(tx: Transaction) -> Loaded:
        serial, known = _newest(tx, identity)
        if rules.serial < serial or (rules.serial == serial and digest(note) != known):
            raise StaleError(
                "not newer than the rules known",
                where="serial",
                expected=f"{serial + 1} or more",
                got=rules.serial,
            )
        tx.ledger.put_note(CURRENT, bytes(note))
        tx.ledger.put_note(digest(note), bytes(note))
        pairs = _pairs(tx, identity, store)
        for pair in pairs:
            _tell(pair, identity, rules)
        return Loaded(digest(note), rules.serial, _idle(rules, pairs))

    return store.write(work)


def take_up(identity: Identity, store: Store) -> None:
    """Tell those partners who have not been told; checks what is stored.

    Raises:
        StoreError: what is stored is not what our logs name.
    """

    def work(tx: Transaction) -> None:
        for pair in _pairs(tx, identity, store):
            enforced(tx, identity, pair)

    store.write(work)


def _newest(tx: Transaction, identity: Identity) -> tuple[int, str]:
    """Serial and digest of the newest rules that our logs name, or the store: a damaged note says nothing."""
    newest = max(
        (Pair.of(tx, identity, partner.own).state.rules for partner in tx.ledger.partners()), default=(0, "")
    )
    try:
        stored = _stored(tx)
        if stored and stored.rules.serial > newest[0]:
            _check_signed(tx, identity, stored)
            return stored.rules.serial, stored.digest
    except StoreError:
        pass
    return newest


def _pairs(tx: Transaction, identity: Identity, store: Store) -> list[Pair]:
    """Every pair but those that can sign nothing now; they are told when they can."""
    logs = [partner.own for partner in tx.ledger.partners()]
    return [
        Pair.of(tx, identity, own)
        for own in logs
        if own not in store.behind and own.other not in store.behind
    ]


def _idle(rules: NationalRules, pairs: Sequence[Pair]) -> tuple[int, ...]:
    texts = {pair.own.reader: _in_force(pair) for pair in pairs}
    return tuple(
        number
        for number, narrowing in enumerate(rules.narrows, 1)
        if all(
            idle(narrowing, found) for partner, found in texts.items() if narrowing.partner in {"", partner}
        )
    )


def _in_force(pair: Pair) -> list[Agreement]:
    relations = {thing.relation for thing in pair.agreements()}
    lives = (in_force(pair.sight.texts(relation)) for relation in relations)
    return [text for life in lives if life and (text := pair.sight.agreement(life.digest))]


# --- enforcing ---------------------------------------------------------------------------------------------


def enforced(tx: Transaction, identity: Identity, pair: Pair) -> tuple[Narrowing, ...]:
    """What our rules close towards a partner, told before anything is judged by it.

    Raises:
        StoreError: what is stored is not what our log names; nothing may be said or judged.
    """
    rules = _in_store(tx, identity, pair)
    if rules is None:
        return ()
    _tell(pair, identity, rules)
    return rules.towards(pair.own.reader)


def closes(tx: Transaction, identity: Identity, pair: Pair) -> tuple[Narrowing, ...]:
    """What our rules close towards a partner, told already or about to be; writes nothing.

    Raises:
        StoreError: what is stored is not what our log names.
    """
    rules = _in_store(tx, identity, pair)
    return rules.towards(pair.own.reader) if rules else ()


def told(tx: Transaction, log: LogName, before: int | None = None) -> Told | None:
    """What the author of a log has told of its rules, below an index if one is given."""
    return _told(tx.logs.rules(log, before))


def told_closes(tx: Transaction, log: LogName, before: int | None = None) -> tuple[Narrowing, ...]:
    """The same as narrowings; none before there are rules."""
    row = tx.logs.rules(log, before)
    return national.read(Entry.parse(row.data)) if row else ()


def _told(row: EntryRow | None) -> Told | None:
    if row is None:
        return None
    entry = Entry.parse(row.data)
    facts = entry.facts
    return Told(facts["digest"], facts["serial"], entry.at, tuple(facts.get("closes", ())))


def _tell(pair: Pair, identity: Identity, rules: NationalRules) -> None:
    if rules.serial > pair.state.rules[0]:
        pair.say(Draft(identity.random(16).hex(), "rules", facts=rules.facts(pair.own.reader)))


def check(tx: Transaction, own: LogName) -> None:
    """Whether the store holds the rules that a log of ours names, or newer ones.

    Raises:
        StoreError: it does not; nothing is said or judged.
    """
    _named(tx, tx.logs.row(own).state.rules)


def _named(tx: Transaction, said: tuple[int, str]) -> _Stored | None:
    """The text in force beside serial and digest that a log of ours names."""
    stored, (serial, named) = _stored(tx), said
    if stored is None and serial:
        raise _damaged("the national rules that were told are not in the store", named)
    if stored and stored.rules.serial <= serial and stored.digest != named:
        raise _damaged("the national rules in the store are not those that were told", named)
    return stored


def _in_store(tx: Transaction, identity: Identity, pair: Pair) -> NationalRules | None:
    stored = _named(tx, pair.state.rules)
    if stored and stored.rules.serial > pair.state.rules[0]:
        _check_signed(tx, identity, stored)
    return stored.rules if stored else None


def _damaged(message: str, expected: str = "") -> StoreError:
    return StoreError(
        message,
        expected=expected,
        todo="nothing is sent or judged until they are loaded again: mithaq rules load",
    )


@lru_cache(NOTES_KEPT)
def _parse(data: bytes) -> _Stored:
    note = Note.parse(data, limit=NOTE_MAX)
    return _Stored(NationalRules.parse(note.text), digest(note))


@lru_cache(NOTES_KEPT)
def _verified(note: bytes, card: bytes) -> bool:
    """Whether a note is signed by the authority of a card."""
    verify_rules(Note.parse(note, limit=NOTE_MAX), Card.parse(Note.parse(card, limit=CARD_NOTE_MAX).text))
    return True


def _stored(tx: Transaction) -> _Stored | None:
    data = tx.ledger.note(CURRENT)
    try:
        return _parse(data) if data is not None else None
    except PeerError as error:
        raise _damaged(f"the national rules in the store cannot be read: {error.message}") from None


def _check_signed(tx: Transaction, identity: Identity, stored: _Stored) -> None:
    """What this log does not name yet bears our authority's signature, or another log of ours names it.

    It is the authority of the card in force that signs; rules that were told before it changed stay good.
    """
    try:
        _verified(tx.ledger.note(CURRENT) or b"", bytes(identity.card_note))
    except PeerError as error:
        others = (tx.logs.row(partner.own).state.rules for partner in tx.ledger.partners())
        if (stored.rules.serial, stored.digest) not in others:
            raise _damaged(f"the national rules in the store are not ours: {error.message}") from None
