"""The life of a text: propose, sign on both sides, activate on both sides; suspend, resume, end (protocol 4).

The authority's key is never on a node: what comes here is a note that was signed elsewhere. A proposal
carries at least our own authority's signature; an activation needs both, verified against both cards. To
suspend needs no signature but the log's; to resume or to terminate is the authority's to declare.
"""

from mithaq.audit.cards import signers
from mithaq.crypto.notes import Note, digest, verify
from mithaq.domain.declaration import Declaration
from mithaq.domain.entry import Entry
from mithaq.domain.party import LogName
from mithaq.errors import LimitError, UsageError
from mithaq.exchange.identity import Identity
from mithaq.exchange.pair import Draft, Pair
from mithaq.exchange.partners import card_of
from mithaq.exchange.ports import Partner, Store, Transaction
from mithaq.exchange.signing import NOTE_MAX, merge, verify_agreement, verify_declaration, verify_partly

LINES_KEPT = 12
"""Lines that come by hand under a text: of both parties, under an authority and the one after it, are eight,
and four of the sixteen that a note may have are left for what the partner's log brings."""


def _keep(tx: Transaction, identity: Identity, note: Note) -> Note:
    """Store a text with the signatures that we have of it, old and new.

    Whoever brings a file by hand could otherwise kill the pair: a spoiled line would stand where the true one
    belongs, or lines of nobody where there is no room for it, and the partner's next entry about this text
    would be refused with its pouch.
    """
    name = digest(note)
    cards = [identity.card, *(card_of(partner) for partner in tx.ledger.partners())]
    verify(note, [signer for card in cards for signer in signers(card).values()])
    stored = tx.ledger.note(name)
    if stored:
        note = merge(Note.parse(stored, limit=NOTE_MAX), note)
    if len(note.lines) > LINES_KEPT:
        raise LimitError("too many lines under this text", expected=f"{LINES_KEPT} at most", where=name)
    tx.ledger.put_note(name, bytes(note))
    return note


def keep(identity: Identity, store: Store, data: bytes) -> str:
    """Keep signatures of a text that is here already; returns its digest.

    Raises:
        UsageError: no such text.
        MalformedError: not a note.
        ForgedError: a line of ours or of a partner fails.
        LimitError: more lines than leave room for those to come.
    """
    note = Note.parse(data, limit=NOTE_MAX)
    name = digest(note)

    def work(tx: Transaction) -> None:
        if tx.ledger.note(name) is None:
            raise UsageError("nobody has proposed this text", got=name, todo="propose it first")
        _keep(tx, identity, note)

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
        _keep(tx, identity, note)
        _say(tx, identity, partner.own, "propose", digest(note))
        return digest(note)

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


def suspend(identity: Identity, store: Store, partner: Partner, name: str, field: str = "") -> str:
    """Suspend a field of the text in force, or everything; returns the leaf hash that a resumption names.

    The node's log key is enough, and it takes effect at once. Fields that protect life go on.

    Raises:
        RefusedError: it is not the text in force, has no such field, or we have suspended that already.
    """

    def work(tx: Transaction) -> str:
        return _say(tx, identity, partner.own, "suspend", name, field).leaf.hex()

    return store.write(work)


def declare(identity: Identity, store: Store, partner: Partner, data: bytes) -> Declaration:
    """Enter what our authority has declared: a resumption, or notice of termination, which is final.

    Raises:
        ForgedError: our authority has not signed it.
        RefusedError: it lifts no suspension of ours, or the text that it names is not in force.
    """
    note = Note.parse(data, limit=NOTE_MAX)
    declaration = verify_declaration(note, identity.card)

    def work(tx: Transaction) -> Declaration:
        tx.ledger.put_note(digest(note), bytes(note))
        _say(tx, identity, partner.own, declaration.act.value, digest(note))
        return declaration

    return store.write(work)


def _say(  # noqa: PLR0917 - what an entry of this kind is made of
    tx: Transaction, identity: Identity, own: LogName, act: str, name: str, field: str = ""
) -> Entry:
    facts = {"act": act, "note": name} | ({"field": field} if field else {})
    return Pair.of(tx, identity, own).say(Draft(identity.random(16).hex(), "agreement", facts=facts)).entry
