"""Makes the vectors for signed notes beside it: ``python tests/vectors/notes/make.py``.

Everything comes from fixed seeds. ML-DSA signatures are randomised, so they are kept in ``ml-dsa.json``, and
only what is not there is signed: running this again changes no byte. ``test_notes.py`` checks that.

A case is a directory ``NN-name-ok`` or ``NN-name-fail``:

- ``README``: one line, what the case shows;
- ``note``: the bytes that a reader gets;
- ``keys``: the known signers, one a line: the vkey of the Ed25519 line, a space, the vkey of the ML-DSA line;
- ``required``: the names that must count, one a line;
- ``expected``: ``ok``, or the family of the error: ``MalformedError``, ``LimitError`` or ``ForgedError``.
"""

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mithaq.crypto.keys import SigningPair
from mithaq.crypto.notes import NoteLine, Signer, ml_dsa_message
from mithaq.domain.party import Role

HERE = Path(__file__).parent
KEPT = HERE / "ml-dsa.json"
TEXT = b"This is an example message.\n"
LONG_TEXT = "Ognuno sta solo sul cuor della terra\n\ned è subito sera.\n".encode()
MA, DE = "spoc.interior.example.ma", "spoc.interior.example.de"
ELSEWHERE = "elsewhere.example"
LIMIT = 16_384
"""Bytes that a reader of these cases allows."""


def pair(label: str, role: Role = Role.LOG) -> SigningPair:
    """The pair whose seeds are hashes of ``label``."""
    halves = (f"mithaq vector {label} {half}".encode() for half in ("ed25519", "ml-dsa"))
    return SigningPair(role, *(hashlib.sha256(half).digest() for half in halves))


A, B, OTHER = pair("a"), pair("b"), pair("other")
A87 = pair("a", Role.AUTHORITY)
MIXED = SigningPair(Role.LOG, A.ed25519_seed, OTHER.ml_dsa_seed)
STOLEN = SigningPair(Role.LOG, OTHER.ed25519_seed, A.ml_dsa_seed)
SIGNER_A, SIGNER_B = Signer(MA, A.public), Signer(DE, B.public)
SIGNER_A87, SIGNER_A_AS_DE = Signer(MA, A87.public), Signer(DE, A.public)
BOTH = (SIGNER_A, SIGNER_B), (MA, DE)

signatures: dict[str, str] = json.loads(KEPT.read_bytes()) if KEPT.exists() else {}


def ed25519(text: bytes, name: str, by: SigningPair) -> NoteLine:
    return NoteLine(name, Signer(name, by.public).ed25519.key_id, by.sign_ed25519(text))


def ml_dsa(text: bytes, name: str, by: SigningPair, under: Signer) -> NoteLine:
    """An ML-DSA signature by ``by`` of the message of ``by``, under the key id of ``under``."""
    message = ml_dsa_message(name, by.public.ed25519, text)
    place = hashlib.sha256(by.public.ml_dsa + message).hexdigest()
    if place not in signatures:
        signatures[place] = base64.b64encode(by.sign_ml_dsa(message)).decode()
    return NoteLine(name, under.ml_dsa.key_id, base64.b64decode(signatures[place]))


def lines(text: bytes, name: str, by: SigningPair) -> list[NoteLine]:
    """The Ed25519 and the ML-DSA line of ``by``."""
    return [ed25519(text, name, by), ml_dsa(text, name, by, Signer(name, by.public))]


def join(text: bytes, lines: Iterable[NoteLine]) -> bytes:
    """A note, well formed or not."""
    return text + b"\n" + b"".join(bytes(line) for line in lines)


def uncanonical(line: NoteLine) -> bytes:
    """The line with an unused bit of its base64 set."""
    raw = line.key_id + line.signature
    encoded = base64.b64encode(raw).decode()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = len(encoded.rstrip("=")) - 1
    changed = encoded[:last] + alphabet[alphabet.index(encoded[last]) | 1] + encoded[last + 1 :]
    assert changed != encoded
    assert base64.b64decode(changed) == raw
    return f"— {line.name} {changed}\n".encode()


def changed(data: bytes, a: bytes, b: bytes) -> bytes:
    """``data`` with the first ``a`` turned into ``b``."""
    assert a in data
    return data.replace(a, b, 1)


def flipped(line: NoteLine) -> NoteLine:
    """The line with one bit of its signature turned."""
    return NoteLine(line.name, line.key_id, bytes([line.signature[0] ^ 1]) + line.signature[1:])


@dataclass(frozen=True)
class Case:
    """What goes into one directory."""

    name: str
    readme: str
    expected: str
    note: bytes
    keys: tuple[Signer, ...] = (SIGNER_A,)
    required: tuple[str, ...] = (MA,)

    @property
    def files(self) -> dict[str, bytes]:
        return {
            "README": f"{self.readme}\n".encode(),
            "note": self.note,
            "keys": "".join(f"{s.ed25519} {s.ml_dsa}\n" for s in self.keys).encode(),
            "required": "".join(f"{name}\n" for name in self.required).encode(),
            "expected": f"{self.expected}\n".encode(),
        }


ED_A, ML_A = PAIR_A = lines(TEXT, MA, A)
PAIR_B = lines(TEXT, DE, B)
UNKNOWN = [NoteLine(ELSEWHERE, i.to_bytes(4), b"\x01" * 64) for i in range(16)]
NOTE_A = join(TEXT, PAIR_A)


def good() -> Iterable[Case]:
    """Notes that must be read, and whose required signers count."""
    yield Case("one-signer", "both lines of one pair", "ok", NOTE_A)
    yield Case("two-signers", "both parties, as under an agreement", "ok", join(TEXT, PAIR_A + PAIR_B), *BOTH)
    note = join(LONG_TEXT, lines(LONG_TEXT, MA, A))
    yield Case("empty-lines-in-text", "the last empty line parts text and signatures", "ok", note)
    note = join(TEXT, lines(TEXT, MA, A87))
    yield Case("authority-87", "an authority's pair has ML-DSA-87", "ok", note, (SIGNER_A87,))
    note = join(TEXT, UNKNOWN[:7] + PAIR_A + UNKNOWN[7:14])
    yield Case("unknown-lines", "lines of unknown keys are ignored, 16 lines are read", "ok", note)
    note = join(TEXT, [*PAIR_A, NoteLine(DE, ED_A.key_id, bytes(64))])
    yield Case("same-id-other-name", "a known key id under another name is an unknown key", "ok", note)
    yield Case("lines-in-any-order", "the ML-DSA line may stand first", "ok", join(TEXT, PAIR_A[::-1]))


def lacking() -> Iterable[Case]:
    """Notes in which every known line verifies and a required signer does not count."""
    family = "ForgedError"
    yield Case("ed25519-alone", "the ML-DSA line is missing: a signer needs both", family, join(TEXT, [ED_A]))
    yield Case("ml-dsa-alone", "the Ed25519 line is missing: a signer needs both", family, join(TEXT, [ML_A]))
    yield Case("second-signer-missing", "one of two parties has signed", family, NOTE_A, *BOTH)
    note = join(TEXT, PAIR_A + PAIR_B[:1])
    yield Case("second-signer-half", "the second party's Ed25519 line alone is nothing", family, note, *BOTH)
    note = join(TEXT, lines(TEXT, MA, MIXED))
    yield Case("copied-ed25519-key", "a pair with the known Ed25519 key gives only half", family, note)
    yield Case("role-swapped", "an ML-DSA-44 pair where ML-DSA-87 is known", family, NOTE_A, (SIGNER_A87,))
    note = join(TEXT, lines(TEXT, DE, A))
    yield Case("name-mismatch", "the known keys sign under the partner's name", family, note)
    note = join(NOTE_A, [NoteLine(ELSEWHERE, bytes(4), b"\x01")])
    yield Case("signatures-moved-into-text", "lines below a note make its lines text", family, note)
    note = join(TEXT + bytes(ED_A) + bytes(ML_A), UNKNOWN[:1])
    yield Case("fake-lines-in-text", "the text ends with what looks like the signer's lines", family, note)
    yield Case("only-unknown-lines", "no known key signed", family, join(TEXT, UNKNOWN[:2]))


def forged() -> Iterable[Case]:
    """Notes with a line of a known key that does not hold: the whole note is refused."""
    family = "ForgedError"
    note = join(TEXT, [ED_A, ml_dsa(TEXT, MA, OTHER, SIGNER_A)])
    yield Case("ml-dsa-of-another-pair", "another pair's ML-DSA line under the known key id", family, note)
    note = join(TEXT, [ED_A, ml_dsa(TEXT, MA, STOLEN, SIGNER_A)])
    yield Case("ml-dsa-bound-to-pair", "the message names another Ed25519 key", family, note)
    ids = SIGNER_A_AS_DE.ed25519.key_id, SIGNER_A_AS_DE.ml_dsa.key_id
    note = join(TEXT, [NoteLine(DE, i, line.signature) for i, line in zip(ids, PAIR_A, strict=True)])
    yield Case("name-changed", "lines given another known name", family, note, (SIGNER_A_AS_DE,), (DE,))
    note = changed(NOTE_A, b"example message", b"exbmple message")
    yield Case("text-changed", "one byte of the text is another", family, note)
    yield Case("ed25519-flipped", "one bit is another", family, join(TEXT, [flipped(ED_A), ML_A]))
    yield Case("ml-dsa-flipped", "one bit is another", family, join(TEXT, [ED_A, flipped(ML_A)]))
    note = join(TEXT, [*PAIR_A, NoteLine(DE, SIGNER_B.ed25519.key_id, bytes(64))])
    yield Case("bad-beside-good", "one signer holds, another known line does not", family, note, *BOTH)
    note = join(TEXT, [*PAIR_A, flipped(PAIR_B[0]), PAIR_B[1]])
    yield Case("bad-not-required", "a known line fails that nobody needs", family, note, BOTH[0], (MA,))
    note = join(TEXT, [ED_A, *PAIR_A])
    yield Case("duplicate-line", "the same known line twice: one line per key", family, note)


def malformed() -> Iterable[Case]:
    """Bytes that are not a note, or too much of one."""
    family = "LimitError"
    yield Case("seventeen-lines", "more than 16 lines", family, join(TEXT, PAIR_A + UNKNOWN[:15]))
    note = join(b"x" * LIMIT + b"\n", UNKNOWN[:1])
    yield Case("too-large", "more bytes than the reader allows", family, note)
    family = "MalformedError"
    note = TEXT + b"\n" + uncanonical(ED_A) + bytes(ML_A)
    yield Case("base64-not-canonical", "an unused bit of the base64 is set", family, note)
    note = changed(join(TEXT, [ED_A]), b"=\n", b"\n")
    yield Case("base64-unpadded", "the padding is missing", family, note)
    note = join(TEXT, [NoteLine(MA, b"\xff" * 4, b"\xff" * 64)]).replace(b"/", b"_")
    yield Case("base64-url-alphabet", "the alphabet for URLs", family, note)
    note = changed(NOTE_A, b"an example", b"an\texample")
    yield Case("control-character", "a tab in the text", family, note)
    yield Case("carriage-return", "lines that end with CR LF", family, NOTE_A.replace(b"\n", b"\r\n"))
    note = changed(NOTE_A, b"example", "exämple".encode("latin-1"))
    yield Case("not-utf-8", "the text is Latin-1", family, note)
    yield Case("final-newline-missing", "the last line has no newline", family, NOTE_A[:-1])
    note = TEXT + bytes(ED_A) + bytes(ML_A)
    yield Case("empty-line-missing", "no empty line between text and signatures", family, note)
    yield Case("no-lines", "an empty line and nothing below it", family, TEXT + b"\n")
    yield Case("empty-note", "no bytes", family, b"")
    yield Case("hyphen-for-dash", "a hyphen for the em dash", family, NOTE_A.replace("—".encode(), b"-"))
    note = NOTE_A + f"— {MA} {base64.b64encode(bytes(4)).decode()}\n".encode()
    yield Case("key-id-alone", "a line with a key id and no signature", family, note)
    note = changed(NOTE_A, MA.encode(), b"spoc.interior\xc2\xa0example.ma")
    yield Case("space-in-name", "a no-break space in a name", family, note)
    note = changed(NOTE_A, MA.encode(), b"spoc.interior+example.ma")
    yield Case("plus-in-name", "a plus sign in a name", family, note)
    yield Case("trailing-space", "a space after the base64", family, NOTE_A[:-1] + b" \n")


def directories() -> dict[str, dict[str, bytes]]:
    """The files of every case, by the name of its directory."""
    cases = [*good(), *lacking(), *forged(), *malformed()]
    return {
        f"{number:02d}-{case.name}-{'ok' if case.expected == 'ok' else 'fail'}": case.files
        for number, case in enumerate(cases, 1)
    }


def main() -> None:
    for directory, files in directories().items():
        (HERE / directory).mkdir(exist_ok=True)
        for name, data in files.items():
            (HERE / directory / name).write_bytes(data)
    KEPT.write_text(json.dumps(signatures, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
