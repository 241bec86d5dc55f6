"""Putting a text in force: propose, sign on both sides, activate on both sides (protocol 4).

The authority's key is never on a node: what comes here is a note that was signed elsewhere. A proposal
carries at least our own authority's signature; an activation needs both, verified against both cards.
"""

from mithaq.crypto.notes import Note, digest
from mithaq.domain.entry import Entry
from mithaq.domain.moment import DAY
from mithaq.domain.party import LogName
from mithaq.domain.record import RULES_VERSION, check_record
from mithaq.errors import UsageError
from mithaq.exchange.identity import Identity
from mithaq.exchange.pair import Draft, Pair
from mithaq.exchange.partners import card_of
from mithaq.exchange.ports import Partner, Store, Transaction
from mithaq.exchange.signing import NOTE_MAX, merge, verify_agreement, verify_partly

RECORD_EVERY = DAY
"""Seconds between two ``record`` entries of ours: a difference alarms both sides that day (protocol 11)."""


def _keep(tx: Transaction, note: Note) -> Note:
    """Store a text with the signatures that we have of it, old and new."""
    name = digest(note)
    stored = tx.ledger.note(name)
    if stored:
        note = merge(Note.parse(stored, limit=NOTE_MAX), note)
    tx.ledger.put_note(name, bytes(note))
    return note


def keep(store: Store, data: bytes) -> str:
    """Keep signatures of a text that is here already; returns its digest.

    Raises:
        UsageError: no such text.
        MalformedError: not a note.
    """
    note = Note.parse(data, limit=NOTE_MAX)
    name = digest(note)

    def work(tx: Transaction) -> None:
        if tx.ledger.note(name) is None:
            raise UsageError("nobody has proposed this text", got=name, todo="propose it first")
        _keep(tx, note)

    store.write(work)
    return name


def propose(identity: Identity, store: Store, partner: Partner, data: bytes) -> str:
    """Enter a proposal; returns the text's digest.

    Raises:
        ForgedError: our authority has not signed it.
        RefusedError: it has been entered already.
    """
    note = Note.parse(data, limit=NOTE_MAX)
    agreement = verify_partly(note, identity.card)
    agreement.party(partner.origin)

    def work(tx: Transaction) -> str:
        _keep(tx, note)
        return _say(tx, identity, partner.own, "propose", digest(note))

    return store.write(work)


def activate(identity: Identity, store: Store, partner: Partner, name: str) -> None:
    """Enter our activation of a text that both authorities have signed.

    Raises:
        UsageError: no such text.
        ForgedError: one of the two signatures lacks or fails.
        RefusedError: too late, or it does not follow the text in force.
    """

    def work(tx: Transaction) -> None:
        stored = tx.ledger.note(name)
        if stored is None:
            raise UsageError(
                "no such text", got=name, todo="propose it first, or wait for the partner's proposal"
            )
        verify_agreement(Note.parse(stored, limit=NOTE_MAX), identity.card, card_of(partner))
        _say(tx, identity, partner.own, "activate", name)

    store.write(work)


def _say(tx: Transaction, identity: Identity, own: LogName, act: str, name: str) -> str:
    facts = {"act": act, "note": name}
    Pair.of(tx, identity, own).say(Draft(identity.random(16).hex(), "agreement", facts=facts))
    return name


def enter_record(identity: Identity, store: Store, partner: Partner) -> bool:
    """Enter the digests of both logs at our cut, once a day; whether it was due (protocol 11)."""

    def work(tx: Transaction) -> bool:
        pair = Pair.of(tx, identity, partner.own)
        own, cut = pair.state, pair.state.cut
        last = tx.logs.newest(partner.own, "record")
        if not cut or (last and identity.now() - Entry.parse(last.data).at < RECORD_EVERY):
            return False
        theirs = tx.logs.entries(partner.mirror, cut - 1, cut)[0].digest
        facts = {
            "rules": RULES_VERSION,
            "own": {"size": own.size, "digest": own.digest.hex()},
            "partner": {"size": cut, "digest": theirs.hex()},
        }
        pair.say(Draft(identity.random(16).hex(), "record", facts=facts))
        return True

    return store.write(work)


def compare_record(tx: Transaction, partner: Partner) -> str:
    """Whether the partner's newest ``record`` entry has the digests that we have at its sizes (protocol 11).

    Returns:
        ``agrees``, ``differs``, or nothing where it has entered none.
    """
    row = tx.logs.newest(partner.mirror, "record")
    if row is None or not row.outcome.startswith(b"done"):
        return ""
    entry = Entry.parse(row.data)
    theirs = _digest(tx, partner.mirror, entry.facts["own"]["size"])
    ours = _digest(tx, partner.own, entry.facts["partner"]["size"])
    return "agrees" if check_record(entry, theirs, ours) else "differs"


def _digest(tx: Transaction, log: LogName, size: int) -> bytes | None:
    """The running digest of a log at a size, or None where it has no such size."""
    if size == 0:
        return bytes(32)
    rows = tx.logs.entries(log, size - 1, size)
    return rows[0].digest if rows else None
