"""Timestamped signatures of a head (C2SP tlog-cosignature): types Ed25519 0x04 and ML-DSA-44 0x06.

A reader **cosigns** with both keys of its mirror pair, at one time: it has stored the entries up to this head
(protocol 6). The author uses the ML-DSA type alone, as ``head`` says. Both lines are a u64 timestamp and the
signature; the Ed25519 message does not bind the signer's name, which is why a pair serves one role only.
"""

from collections.abc import Iterable

from mithaq.crypto.keys import SigningPair, verify_ed25519, verify_ml_dsa
from mithaq.crypto.notes import Note, NoteLine
from mithaq.crypto.vkeys import check_name, key_id
from mithaq.domain.party import PublicPair, Role
from mithaq.errors import ForgedError, UsageError
from mithaq.tlog.checkpoint import Checkpoint

ED25519_COSIGNATURE = b"\x04"
"""Signature type of an Ed25519 cosignature."""

ML_DSA_COSIGNATURE = b"\x06"
"""Signature type of an ML-DSA-44 cosignature."""

TIME_MAX = 2**63 - 1
"""The largest timestamp, in POSIX seconds, that C2SP tlog-cosignature allows."""

_TIME_SIZE = 8
_ED25519_SIZE = 64
_ML_DSA_SIZE = 2420


def cosign(checkpoint: Checkpoint, name: str, pair: SigningPair, time: int) -> tuple[NoteLine, NoteLine]:
    """Cosign a head with both keys of a mirror pair, the Ed25519 line first.

    The ML-DSA line is randomised: keep it, since signing again gives other bytes.

    Args:
        checkpoint: the head whose entries are stored.
        name: of the mirror, ``<origin>/mirror``.
        pair: of the role ``mirror``.
        time: POSIX seconds, the ``held.time`` of the same transaction.

    Raises:
        UsageError: another role's pair, a size of 0, or no time: a cosigner never signs such.
        MalformedError: ``name`` is not the name of a key.
    """
    check_name(name)
    if pair.role is not Role.MIRROR:
        raise UsageError("only a mirror pair cosigns", where=name, expected=Role.MIRROR, got=pair.role)
    if checkpoint.size == 0 or time == 0:
        raise UsageError("size 0 and time 0 are never cosigned", where=name, got=(checkpoint.size, time))
    identifier = key_id(name, ED25519_COSIGNATURE + pair.public.ed25519)
    signature = pair.sign_ed25519(_ed25519_message(checkpoint, time))
    return (
        NoteLine(name, identifier, _pack_time(time) + signature),
        sign_ml_dsa_line(checkpoint, name, pair, time),
    )


def verify_cosignature(
    checkpoint: Checkpoint, lines: Iterable[NoteLine], name: str, public: PublicPair
) -> int:
    """Prove that a mirror cosigned a head with both of its keys.

    1. Size 0 is never cosigned.
    2. Both lines of the pair are there, each once; lines of other keys are ignored.
    3. Both verify.
    4. Their timestamps are equal and above 0.

    Returns:
        The time of the cosignature, POSIX seconds.

    Raises:
        ForgedError: one of these does not hold.
        MalformedError: there are no lines, or ``name`` is not the name of a key.
        LimitError: more lines than a note may have.
    """
    check_name(name)
    note = Note(checkpoint.text, tuple(lines))
    if checkpoint.size == 0:  # 1
        raise ForgedError("size 0 is never cosigned", where=name)
    ed25519 = note.line(name, key_id(name, ED25519_COSIGNATURE + public.ed25519))  # 2
    if ed25519 is None:
        raise ForgedError("cosignature lacks its Ed25519 line", where=name, expected="both lines of the pair")
    time, signature = _unpack(ed25519, _ED25519_SIZE)
    time_ml_dsa = verify_ml_dsa_line(note, checkpoint, name, public)  # 3
    verify_ed25519(public.ed25519, signature, _ed25519_message(checkpoint, time))
    if time != time_ml_dsa or time == 0:  # 4
        raise ForgedError(
            "timestamps of a cosignature do not fit",
            where=name,
            expected="one time above 0 on both lines",
            got=f"{time} and {time_ml_dsa}",
        )
    return time


def sign_ml_dsa_line(checkpoint: Checkpoint, name: str, pair: SigningPair, time: int) -> NoteLine:
    """The ML-DSA-44 line (0x06) of a pair under a head, for ``cosign`` and ``head.sign_head``.

    Raises:
        UsageError: the time is below 0 or above ``TIME_MAX``.
    """
    signature = pair.sign_ml_dsa(_ml_dsa_message(checkpoint, name, time))
    identifier = key_id(name, ML_DSA_COSIGNATURE + pair.public.ml_dsa)
    return NoteLine(name, identifier, _pack_time(time) + signature)


def verify_ml_dsa_line(note: Note, checkpoint: Checkpoint, name: str, public: PublicPair) -> int:
    """Prove that the ML-DSA key of a pair signed a head, for ``verify_cosignature`` and ``head.verify_head``.

    Returns:
        The time on the line, POSIX seconds; 0 makes no statement about time.

    Raises:
        ForgedError: its line is missing, stands there twice, or does not verify.
    """
    line = note.line(name, key_id(name, ML_DSA_COSIGNATURE + public.ml_dsa))
    if line is None:
        raise ForgedError("head lacks an ML-DSA-44 line", where=name, expected="both lines of the pair")
    time, signature = _unpack(line, _ML_DSA_SIZE)
    verify_ml_dsa(public.ml_dsa, signature, _ml_dsa_message(checkpoint, name, time))
    return time


def _ed25519_message(checkpoint: Checkpoint, time: int) -> bytes:
    return b"cosignature/v1\ntime %d\n" % time + checkpoint.text


def _ml_dsa_message(checkpoint: Checkpoint, name: str, time: int) -> bytes:
    """``cosigned_message`` of C2SP: the subtree from 0 to the size, which is the whole tree."""
    start = 0
    return b"".join(
        (
            b"subtree/v1\n\0",
            _vec8(name),
            _pack_time(time),
            _vec8(checkpoint.origin),
            start.to_bytes(8),
            checkpoint.size.to_bytes(8),
            checkpoint.root,
        )
    )


def _vec8(text: str) -> bytes:
    data = text.encode()
    return bytes([len(data)]) + data


def _pack_time(time: int) -> bytes:
    if not 0 <= time <= TIME_MAX:
        raise UsageError("no time that can be signed", expected=f"0 to {TIME_MAX}", got=time)
    return time.to_bytes(_TIME_SIZE)


def _unpack(line: NoteLine, size: int) -> tuple[int, bytes]:
    """The timestamp and the signature, of ``size`` bytes, of a line."""
    time = int.from_bytes(line.signature[:_TIME_SIZE])
    if len(line.signature) != _TIME_SIZE + size or time > TIME_MAX:
        raise ForgedError(
            "not a timestamped signature",
            where=line.name,
            expected=f"a time up to {TIME_MAX} and {size} bytes",
            got=f"{time} in {len(line.signature)} bytes",
        )
    return time, line.signature[_TIME_SIZE:]
