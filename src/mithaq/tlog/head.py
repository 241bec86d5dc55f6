"""A log's head: a checkpoint signed by its author with both keys of the log pair (protocol 6).

The Ed25519 line is the plain one of a note (0x01), the ML-DSA-44 line the timestamped one (0x06); both bear
the log's name. C2SP lets the author's timestamp be 0, a cosigner's never.
"""

from mithaq.crypto.keys import SigningPair, verify_ed25519
from mithaq.crypto.notes import Note, NoteLine
from mithaq.crypto.vkeys import ED25519_TYPE, key_id
from mithaq.domain.party import PublicPair, Role
from mithaq.errors import ForgedError, UsageError
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.cosignature import sign_ml_dsa_line, verify_ml_dsa_line

HEAD_MAX = 65_536
"""Bytes of a signed head: 16 lines, half of them ML-DSA-44 lines of 3.5 KiB, with room to spare."""


def sign_head(checkpoint: Checkpoint, pair: SigningPair, time: int) -> Note:
    """Sign the head of one's own log.

    Whether it extends every head signed before is the caller's to make sure (protocol 6); its ML-DSA line is
    randomised, so the note is kept and not made again.

    Args:
        checkpoint: its origin, the log's name, is the name on both lines.
        pair: of the role ``log``.
        time: the author's time, POSIX seconds, 0 to make no statement about it.

    Raises:
        UsageError: another role's pair, or a time that cannot be signed.
    """
    name = checkpoint.origin
    if pair.role is not Role.LOG:
        raise UsageError("only a log pair signs heads", where=name, expected=Role.LOG, got=pair.role)
    identifier = key_id(name, ED25519_TYPE + pair.public.ed25519)
    ed25519 = NoteLine(name, identifier, pair.sign_ed25519(checkpoint.text))
    return Note(checkpoint.text, (ed25519, sign_ml_dsa_line(checkpoint, name, pair, time)))


def verify_head(note: Note, name: str, public: PublicPair) -> Checkpoint:
    """Prove that a head is that of a log.

    1. Its text is a checkpoint whose origin is the log's name.
    2. Both lines of the log pair are there, each once, and verify; lines of other keys are ignored.

    Args:
        note: the signed head.
        name: of the log.
        public: of the log pair that was valid for it.

    Raises:
        MalformedError: the text is not a checkpoint.
        ForgedError: one of these does not hold.
    """
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != name:  # 1
        raise ForgedError("head of another log", where="origin", expected=name, got=checkpoint.origin)
    ed25519 = note.line(name, key_id(name, ED25519_TYPE + public.ed25519))  # 2
    if ed25519 is None:
        raise ForgedError("head lacks an Ed25519 line", where=name, expected="both lines of the pair")
    verify_ed25519(public.ed25519, ed25519.signature, note.text)
    verify_ml_dsa_line(note, checkpoint, name, public)
    return checkpoint
