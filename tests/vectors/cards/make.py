"""Makes the vectors for cards beside it: ``PYTHONPATH=tests python tests/vectors/cards/make.py``.

A case is a directory ``NN-name-ok`` or ``NN-name-fail``: is this card accepted?

- ``README``: one line, what the case shows;
- ``note``: the signed card that comes;
- ``previous``: the text of the card known before; missing for a stranger;
- ``typed``: the fingerprint that was typed; missing if none was;
- ``now``: POSIX seconds;
- ``known``: a card of another party, whose keys are known; missing if nobody is;
- ``expected``: ``ok``, or the family of the error.

All keys come from fixed labels (``tests/signed_texts.py``). ML-DSA signatures are randomised, so a note whose
text and signers have not changed is kept: running this again changes no byte.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mithaq.audit.cards import CARD_NOTE_MAX
from mithaq.crypto.notes import Note
from mithaq.domain.card import Card
from mithaq.domain.moment import DAY
from signed_texts import NOW, B, card, following, keys, lines

HERE = Path(__file__).parent
K, EVE, OTHER = keys("a"), keys("eve"), keys("b")
FIRST = card(K)
SECOND = following(FIRST, K)
NEXT = K.but(authority=K.coming, coming=keys("a, third").authority)


@dataclass(frozen=True)
class Case:
    name: str
    readme: str
    note: Note
    expected: str = "ok"
    previous: Card | None = None
    typed: str = ""
    now: int = NOW + DAY
    known: Card | None = None

    def files(self) -> dict[str, bytes]:
        made = {
            "README": self.readme.encode() + b"\n",
            "note": bytes(self.kept()),
            "now": b"%d\n" % self.now,
            "expected": self.expected.encode() + b"\n",
            "typed": self.typed.encode() + b"\n" if self.typed else b"",
            "previous": self.previous.text() if self.previous else b"",
            "known": self.known.text() if self.known else b"",
        }
        return {name: data for name, data in made.items() if data}

    def kept(self) -> Note:
        """The note made before, if it differs in nothing but the chance in its signatures."""
        path = HERE / self.name / "note"
        if not path.exists():
            return self.note
        old = Note.parse(path.read_bytes(), limit=CARD_NOTE_MAX)
        same = [(x.name, x.key_id) for x in old.lines] == [(x.name, x.key_id) for x in self.note.lines]
        return old if same and old.text == self.note.text else self.note


def cases() -> Iterator[Case]:
    typed, first = FIRST.fingerprint, K.sign(FIRST)
    good = Case("01-stranger-ok", "A first card with the fingerprint that was heard", first, typed=typed)
    yield good
    yield Case("02-next-card-ok", "The second card follows the first", K.sign(SECOND), previous=FIRST)
    yield Case(
        "03-authority-rotated-ok",
        "The authority is the pair that card 1 committed to, and commits to a third",
        NEXT.sign(following(FIRST, NEXT)),
        previous=FIRST,
    )
    yield replace(
        good, name="04-no-fingerprint-fail", readme="Nobody typed it", typed="", expected="ForgedError"
    )
    yield replace(
        good,
        name="05-other-fingerprint-fail",
        readme="The fingerprint of somebody else was typed",
        typed=card(EVE).fingerprint,
        expected="ForgedError",
    )
    yield replace(
        good,
        name="06-log-proof-missing-fail",
        readme="The log pair does not prove possession",
        note=Note(first.text, first.lines[:2] + first.lines[4:]),
        expected="ForgedError",
    )
    yield replace(
        good,
        name="07-half-a-proof-fail",
        readme="Of the mirror pair only the Ed25519 line is there",
        note=Note(first.text, first.lines[:5]),
        expected="ForgedError",
    )
    yield Case("08-replay-fail", "Card 1 comes again after card 2", first, "StaleError", SECOND)
    yield replace(
        good,
        name="09-expired-fail",
        readme="One second after valid_until",
        now=FIRST.valid_until + 1,
        expected="StaleError",
    )
    thief = K.but(authority=EVE.authority)
    yield Case(
        "10-stolen-key-rotates-fail",
        "The current pair is stolen; the thief enters its own authority, which nobody committed to",
        thief.sign(following(FIRST, thief)),
        "ForgedError",
        FIRST,
    )
    thief = K.but(coming=EVE.authority)
    yield Case(
        "11-stolen-key-commits-fail",
        "The current pair is stolen; the thief keeps it and commits to its own next pair",
        thief.sign(following(FIRST, thief)),
        "ForgedError",
        FIRST,
    )
    swapped = K.but(log=K.mirror, mirror=K.log)
    yield Case(
        "12-roles-swapped-fail",
        "The mirror pair of card 1 is the log pair of card 2",
        swapped.sign(following(FIRST, swapped)),
        "ForgedError",
        FIRST,
    )
    rival = card(K, url="https://rival.example")
    yield Case(
        "13-previous-is-another-fail",
        "Card 2 names a rival of card 1 as the one before",
        K.sign(following(rival, K)),
        "ForgedError",
        FIRST,
    )
    stolen = K.but(log=OTHER.log)
    yield Case(
        "14-log-of-another-party-fail",
        "The log pair is that of a party known already",
        stolen.sign(card(stolen)),
        "ForgedError",
        typed=card(stolen).fingerprint,
        known=card(OTHER, B),
    )
    yield replace(
        good,
        name="15-unknown-member-fail",
        readme="A member that no card has",
        note=Note(lines(first.text, ("[names]", "secret = 1\n\n[names]")), first.lines),
        expected="MalformedError",
    )
    yield replace(
        good,
        name="16-url-changed-fail",
        readme="The address was changed after signing",
        note=Note(lines(first.text, ("https://spoc", "https://spot")), first.lines),
        expected="ForgedError",
    )


def main() -> None:
    for case in cases():
        (HERE / case.name).mkdir(exist_ok=True)
        for name, data in case.files().items():
            (HERE / case.name / name).write_bytes(data)


if __name__ == "__main__":
    main()
