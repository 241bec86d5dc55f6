"""Signed notes: text that several keys sign below it, as on paper (C2SP signed-note v1.0, protocol 3 and 13).

::

    This is the text, it ends with a newline.
                                                      <- the last empty line parts text and signatures
    — spoc.interior.example.ma 62WS/s…                <- Ed25519 line, signature type 0x01
    — spoc.interior.example.ma gue65C…                <- ML-DSA line, signature type 0xff, of the same pair

``Note.parse`` reads the form and trusts nothing; ``verify`` says which signers count; ``require`` refuses the
note unless all those named do. A signer counts only if both lines of its pair verify. Notes are byte
compatible with C2SP; this reader is stricter in three points: base64 must be canonical, a known key signs at
most once, and there are at most 16 lines. Checkpoints and cosignatures (types 0x04 and 0x06) are built by
``tlog`` from ``NoteLine`` and ``vkeys.VerifierKey``.
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from mithaq.crypto.keys import SigningPair, verify_ed25519, verify_ml_dsa
from mithaq.crypto.vkeys import (
    ED25519_TYPE,
    KEY_ID_SIZE,
    NAME_MAX,
    VerifierKey,
    check_name,
    ml_dsa_type,
    unbase64,
)
from mithaq.domain.party import PublicPair
from mithaq.errors import ForgedError, LimitError, MalformedError

LINES_MAX = 16
"""Signature lines of a note: C2SP asks for 16 at least; more would only make work (protocol 3)."""

_DASH = "— "
_FORBIDDEN = bytes(code for code in range(0x20) if code != 0x0A)


def ml_dsa_message(name: str, ed25519: bytes, text: bytes) -> bytes:
    """What the plain-note ML-DSA line signs (protocol 13); it binds the line to the pair and to the name."""
    encoded = name.encode()
    head = b"mithaq-note/v1\n\0" + bytes([len(encoded)]) + encoded + ed25519
    return head + len(text).to_bytes(4) + text


def _check_characters(text: bytes) -> None:
    """By ``translate``, ten times as fast as a pattern: a stranger's note may be large."""
    if len(text.translate(None, _FORBIDDEN)) != len(text):
        at = next(at for at, code in enumerate(text) if code in _FORBIDDEN)
        raise MalformedError("control character in a note", where=f"byte {at}", got=text[at : at + 1])


@dataclass(frozen=True, slots=True)
class NoteLine:
    """One signature line: ``— name base64(key id ‖ signature)``.

    Attributes:
        name: the key's name.
        key_id: 4 bytes.
        signature: at least one byte, for cosignatures with the timestamp in front.

    Raises:
        MalformedError: a member is not of this form.
    """

    name: str
    key_id: bytes
    signature: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.key_id) != KEY_ID_SIZE or not self.signature:
            raise MalformedError(
                "not a signature line",
                where=self.name,
                expected="4 bytes of key id and a signature",
                got=f"{len(self.key_id)} and {len(self.signature)} bytes",
            )

    def __bytes__(self) -> bytes:
        encoded = base64.b64encode(self.key_id + self.signature)
        return _DASH.encode() + self.name.encode() + b" " + encoded + b"\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a line without its newline.

        Raises:
            MalformedError: it is not of the one form that ``bytes`` gives back.
        """
        if not text.startswith(_DASH):
            raise MalformedError("not a signature line", expected="em dash and space first", got=text)
        name, _, encoded = text[len(_DASH) :].partition(" ")
        decoded = unbase64(encoded, f"line of {name[:NAME_MAX]}")
        return cls(name, decoded[:KEY_ID_SIZE], decoded[KEY_ID_SIZE:])


@dataclass(frozen=True, slots=True)
class Note:
    """A signed text; ``bytes(note)`` is its one encoding.

    Attributes:
        text: UTF-8 with its final newline, without the empty line that follows it.
        lines: 1 to ``LINES_MAX`` signature lines, in the order in which they stand.

    Raises:
        MalformedError: the text is not valid UTF-8, has control characters or no final newline; no lines.
        LimitError: more than ``LINES_MAX`` lines.
    """

    text: bytes
    lines: tuple[NoteLine, ...]

    def __post_init__(self) -> None:
        try:
            self.text.decode()
        except UnicodeDecodeError:
            raise MalformedError("text of a note is not UTF-8") from None
        _check_characters(self.text)
        if not self.text.endswith(b"\n"):
            raise MalformedError("text of a note has no final newline")
        if not self.lines:
            raise MalformedError("note without a signature line")
        if len(self.lines) > LINES_MAX:
            raise LimitError("too many signature lines", expected=f"at most {LINES_MAX}", got=len(self.lines))

    def __bytes__(self) -> bytes:
        return self.text + b"\n" + b"".join(bytes(line) for line in self.lines)

    @classmethod
    def parse(cls, data: bytes, *, limit: int) -> Self:
        """Read a note of at most ``limit`` bytes; nothing in it is believed yet.

        Raises:
            LimitError: more than ``limit`` bytes or ``LINES_MAX`` lines.
            MalformedError: anything else that is not the one encoding of a note.
        """
        if len(data) > limit:
            raise LimitError("note is too large", expected=f"at most {limit} bytes", got=len(data))
        at = data.rfind(b"\n\n")
        if at < 0:
            raise MalformedError("note without an empty line before its signatures")
        if not data.endswith(b"\n"):
            raise MalformedError("note without a final newline")
        signatures = data[at + 2 :]
        if signatures.count(b"\n") > LINES_MAX:
            raise LimitError("too many signature lines", expected=f"at most {LINES_MAX}")
        try:
            lines = signatures.decode().split("\n")[:-1]
        except UnicodeDecodeError:
            raise MalformedError("signature line is not UTF-8") from None
        return cls(data[: at + 1], tuple(NoteLine.parse(line) for line in lines))

    def line(self, name: str, identifier: bytes) -> NoteLine | None:
        """The line of the key (``name``, ``identifier``), or None: it did not sign.

        Raises:
            ForgedError: two lines bear that key.
        """
        found = [line for line in self.lines if line.name == name and line.key_id == identifier]
        if len(found) > 1:
            raise ForgedError("two lines of one key", where=name, expected="one", got=len(found))
        return found[0] if found else None


def digest(note: Note) -> str:
    """SHA-256 of the text in hex: what identifies an agreement or a card (protocol 13)."""
    return hashlib.sha256(note.text).hexdigest()


@dataclass(frozen=True, slots=True)
class Signer:
    """A name and the pair whose two lines under that name count as one signature.

    Attributes:
        name: the name on both lines.
        pair: the public halves.
        ed25519: the verifier key of the Ed25519 line.
        ml_dsa: the verifier key of the ML-DSA line.

    Raises:
        MalformedError: not the name of a key.
    """

    name: str
    pair: PublicPair
    ed25519: VerifierKey = field(init=False, repr=False, compare=False)
    ml_dsa: VerifierKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ml_dsa = ml_dsa_type(self.pair.parameters) + self.pair.ml_dsa
        object.__setattr__(self, "ed25519", VerifierKey(self.name, ED25519_TYPE + self.pair.ed25519))
        object.__setattr__(self, "ml_dsa", VerifierKey(self.name, ml_dsa))

    def signed(self, note: Note) -> bool:
        """Whether both of its lines stand under ``note``, every line of its keys having been verified.

        Raises:
            ForgedError: a line of one of its keys does not verify, or stands there twice.
        """
        ed25519 = note.line(self.name, self.ed25519.key_id)
        ml_dsa = note.line(self.name, self.ml_dsa.key_id)
        if ed25519 is not None:
            verify_ed25519(self.pair.ed25519, ed25519.signature, note.text)
        if ml_dsa is not None:
            message = ml_dsa_message(self.name, self.pair.ed25519, note.text)
            verify_ml_dsa(self.pair.ml_dsa, ml_dsa.signature, message)
        return ed25519 is not None and ml_dsa is not None


def sign(text: bytes, name: str, pair: SigningPair) -> tuple[NoteLine, NoteLine]:
    """The two lines of ``pair`` under ``text``, the Ed25519 line first.

    The ML-DSA line is randomised: keep it, since signing again gives other bytes.

    Raises:
        MalformedError: ``name`` is not the name of a key.
    """
    signer = Signer(name, pair.public)
    message = ml_dsa_message(name, pair.public.ed25519, text)
    return (
        NoteLine(name, signer.ed25519.key_id, pair.sign_ed25519(text)),
        NoteLine(name, signer.ml_dsa.key_id, pair.sign_ml_dsa(message)),
    )


def verify(note: Note, signers: Iterable[Signer]) -> frozenset[Signer]:
    """Those of the known ``signers`` that count: both lines of the pair are there and verify (protocol 3).

    Lines of unknown keys are ignored. The answer may be empty; where a signature is needed, use ``require``.

    Raises:
        ForgedError: a line of a known key does not verify or stands there twice: the whole note is refused.
    """
    return frozenset(signer for signer in signers if signer.signed(note))


def require(note: Note, *signers: Signer) -> None:
    """Refuse ``note`` unless every one of ``signers`` counts; an empty list refuses every note.

    Raises:
        ForgedError: one of them has not signed with both keys, or a line of one does not verify.
    """
    counted = verify(note, signers)
    missing = [signer.name for signer in signers if signer not in counted]
    if missing or not signers:
        raise ForgedError(
            "note lacks a signature",
            expected="an Ed25519 and an ML-DSA line of one pair of each signer",
            got=f"none of {', '.join(missing) or 'nobody'}",
        )
