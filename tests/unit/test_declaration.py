"""What an authority declares alone: its form, and whose signature it bears."""

import pytest

from mithaq.crypto.notes import Note
from mithaq.domain.declaration import Declaration, Declared
from mithaq.domain.moment import Moment
from mithaq.errors import ForgedError, KeyStoreError, MalformedError
from mithaq.exchange.signing import sign_declaration, verify_declaration
from signed_texts import A, B, card, keys

KA, KB = keys("a"), keys("b")
MEMBERS = {
    "act": Declared.RESUME,
    "origin": A,
    "relation": "atlas-lindenau",
    "agreement": "5d" * 32,
    "lifts": "0a" * 32,
    "issued": Moment(1_800_000_000),
    "reason": {"en": "What was broken is mended."},
}
REFUSED = {
    "no party": {"origin": "somebody"},
    "a relation with a space": {"relation": "atlas lindenau"},
    "a short digest": {"agreement": "5d"},
    "a digest in capitals": {"agreement": "5D" * 32},
    "a resumption of nothing": {"lifts": ""},
    "a short leaf hash": {"lifts": "0a"},
    "notice that lifts": {"act": Declared.TERMINATE},
    "a reason in no language": {"reason": {"Plain English": "It is mended."}},
    "a reason without end": {"reason": {"en": "x" * 60_000}},
}


def test_it_reads_as_it_was_written():
    for changes in ({}, {"reason": {}}, {"act": Declared.TERMINATE, "lifts": ""}):
        declaration = Declaration(**MEMBERS | changes)
        assert Declaration.parse(declaration.text()) == declaration


@pytest.mark.parametrize("name", REFUSED)
def test_other_declarations_are_refused(name):
    with pytest.raises(MalformedError):
        Declaration(**MEMBERS | REFUSED[name])


def test_only_an_authority_declares():
    with pytest.raises(KeyStoreError):
        sign_declaration(Declaration(**MEMBERS), KA.log)


def test_nobody_declares_for_another_party():
    note = sign_declaration(Declaration(**MEMBERS), KA.authority)
    assert verify_declaration(note, card(KA, A)) == Declaration(**MEMBERS)
    with pytest.raises(ForgedError, match="another party"):
        verify_declaration(note, card(KB, B))
    forged = sign_declaration(Declaration(**MEMBERS), KB.authority)
    with pytest.raises(ForgedError, match="lacks"):
        verify_declaration(forged, card(KA, A))
    for left in range(len(note.lines)):
        half = Note(note.text, tuple(line for at, line in enumerate(note.lines) if at != left))
        with pytest.raises(ForgedError, match="lacks"):
            verify_declaration(half, card(KA, A))
