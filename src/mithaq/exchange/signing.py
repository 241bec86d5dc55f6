"""How the two parties sign an agreement, each where its authority pair is kept (protocol section 4).

Either side signs the same text on its own machine; ``merge`` puts the lines under one text. Nothing is signed
that does not parse as an agreement of the signing party. Whether the signed text is in force is not decided
here: that takes both sides' activation in their logs (``domain.lifecycle``).
"""

from mithaq.audit.agreement import NOTE_MAX
from mithaq.audit.cards import signers
from mithaq.crypto.keys import SigningPair
from mithaq.crypto.notes import Note, NoteLine, require, sign
from mithaq.domain.agreement import Agreement
from mithaq.domain.card import Card
from mithaq.domain.declaration import Declaration
from mithaq.domain.national import NationalRules
from mithaq.domain.party import Origin, Role
from mithaq.errors import ForgedError, KeyStoreError, MalformedError

__all__ = [
    "NOTE_MAX",
    "merge",
    "sign_agreement",
    "sign_declaration",
    "sign_rules",
    "verify_agreement",
    "verify_declaration",
    "verify_partly",
    "verify_rules",
]


def sign_agreement(text: bytes, party: Origin, authority: SigningPair) -> Note:
    """The text with the lines of one party.

    Raises:
        LimitError, MalformedError: it is no agreement, or not one of this party.
        KeyStoreError: the pair is not an authority pair.
    """
    Agreement.parse(text).party(party)
    return _sign(text, party, authority)


def sign_declaration(declaration: Declaration, authority: SigningPair) -> Note:
    """A declaration with the lines of the authority that makes it.

    Raises:
        KeyStoreError: the pair is not an authority pair.
    """
    return _sign(declaration.text(), declaration.origin, authority)


def sign_rules(text: bytes, party: Origin, authority: SigningPair) -> Note:
    """National rules with the lines of their party.

    Raises:
        LimitError, MalformedError: the text is none.
        ForgedError: they are another party's.
        KeyStoreError: the pair is not an authority pair.
    """
    _own_rules(text, party)
    return _sign(text, party, authority)


def _own_rules(text: bytes, party: Origin) -> NationalRules:
    rules = NationalRules.parse(text)
    if rules.origin != party:
        raise ForgedError("national rules of another party", expected=party, got=rules.origin)
    return rules


def _sign(text: bytes, party: Origin, authority: SigningPair) -> Note:
    if authority.role is not Role.AUTHORITY:
        raise KeyStoreError("only an authority pair signs such a text", got=authority.role)
    return Note(text, sign(text, party, authority))


def merge(mine: Note, theirs: Note) -> Note:
    """One text with the lines of both notes, by name; of two lines of one key the first stays.

    Both sides get the same bytes from the same lines. Nothing is verified.

    Raises:
        MalformedError: the texts differ.
        LimitError: more lines than a note may have.
    """
    if mine.text != theirs.text:
        raise MalformedError("signatures of two different texts", todo="sign the same bytes on both sides")
    lines: dict[tuple[str, bytes], NoteLine] = {}
    for line in (*mine.lines, *theirs.lines):
        lines.setdefault((line.name, line.key_id), line)
    return Note(mine.text, tuple(sorted(lines.values(), key=lambda line: line.name)))


def verify_partly(note: Note, card: Card) -> Agreement:
    """The agreement, if the party of ``card`` has signed it; the other may still be missing.

    Raises:
        LimitError, MalformedError: it is no agreement, or not one of this party.
        ForgedError: the party's authority has not signed it.
    """
    agreement = Agreement.parse(note.text)
    agreement.party(card.origin)
    require(note, signers(card)[Role.AUTHORITY])
    return agreement


def verify_agreement(note: Note, *cards: Card) -> Agreement:
    """The agreement, if both its parties' authorities have signed it.

    Args:
        note: the text with its lines.
        cards: one card of each party, in any order.

    Raises:
        LimitError, MalformedError: it is no agreement.
        ForgedError: the cards are not those of its two parties, or one has not signed.
    """
    agreement = Agreement.parse(note.text)
    if sorted(card.origin for card in cards) != list(agreement.origins):
        raise ForgedError(
            "not the cards of the two parties",
            expected=" ".join(agreement.origins),
            got=" ".join(card.origin for card in cards),
        )
    require(note, *(signers(card)[Role.AUTHORITY] for card in cards))
    return agreement


def verify_declaration(note: Note, card: Card) -> Declaration:
    """The declaration, if the authority of ``card`` has signed it.

    Raises:
        LimitError, MalformedError: it is no declaration.
        ForgedError: it is another party's, or its authority has not signed it.
    """
    declaration = Declaration.parse(note.text)
    if declaration.origin != card.origin:
        raise ForgedError("another party's declaration", expected=card.origin, got=declaration.origin)
    require(note, signers(card)[Role.AUTHORITY])
    return declaration


def verify_rules(note: Note, card: Card) -> NationalRules:
    """The national rules, if the authority of ``card`` has signed them.

    Raises:
        LimitError, MalformedError: the text is none.
        ForgedError: they are another party's, or its authority has not signed them with both keys.
    """
    rules = _own_rules(note.text, card.origin)
    require(note, signers(card)[Role.AUTHORITY])
    return rules
