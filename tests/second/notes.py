"""Keys, notes, heads and cosignatures (docs/protocol.md, 3.2, 3.3, 6)."""

import hashlib
import re
from functools import cache
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey, MLDSA87PublicKey

from second.words import TIME_MAX, Refused, decimal, need, unbase64, vec8

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


class Pair(NamedTuple):
    """An Ed25519 and an ML-DSA key."""

    ed25519: bytes
    ml_dsa: bytes

    @property
    def parameters(self) -> bytes:
        return {1_312: b"44", 2_592: b"87"}[len(self.ml_dsa)]


@cache
def check_point(key: bytes) -> None:
    """A canonical point of prime order (3.2)."""
    y, sign = int.from_bytes(key, "little") & (2**255 - 1), key[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    if root * root % P != square:
        root = root * pow(2, (P - 1) // 4, P) % P
    need(y < P and root * root % P == square and (root or not sign), "no canonical point of the curve")
    point = ((P - root if root & 1 != sign else root), y)

    def add(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
        (ax, ay), (bx, by) = a, b
        product = D * ax * bx * ay * by % P
        return (
            (ax * by + ay * bx) * pow(1 + product, -1, P) % P,
            (ay * by + ax * bx) * pow(1 - product, -1, P) % P,
        )

    def times(factor: int) -> tuple[int, int]:
        result = (0, 1)
        for bit in f"{factor:b}":
            result = add(result, result)
            result = add(result, point) if bit == "1" else result
        return result

    need(times(8) != (0, 1) and times(ORDER) == (0, 1), "a point of small or mixed order")


def verify(
    public: Ed25519PublicKey | MLDSA44PublicKey | MLDSA87PublicKey, signature: bytes, message: bytes
) -> None:
    try:
        public.verify(signature, message)
    except InvalidSignature:
        raise Refused("a signature does not verify") from None


def verify_ed25519(pair: Pair, signature: bytes, message: bytes) -> None:
    verify(Ed25519PublicKey.from_public_bytes(pair.ed25519), signature, message)


def verify_ml_dsa(pair: Pair, signature: bytes, message: bytes) -> None:
    kind = MLDSA44PublicKey if pair.parameters == b"44" else MLDSA87PublicKey
    verify(kind.from_public_bytes(pair.ml_dsa), signature, message)


def key_id(name: str, kind: bytes, key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + kind + key).digest()[:4]


class Note(NamedTuple):
    """A text and its lines: name, key id, signature."""

    text: bytes
    lines: list[tuple[str, bytes, bytes]]

    def line(self, name: str, kind: bytes, key: bytes) -> bytes | None:
        """The signature of a key, which may stand there once."""
        found = [line[2] for line in self.lines if line[:2] == (name, key_id(name, kind, key))]
        need(len(found) <= 1, "two lines of one key")
        return found[0] if found else None


def read_note(data: bytes) -> Note:
    """The form of a note (3.3): nothing is verified."""
    at = data.rfind(b"\n\n")
    need(at >= 0 and data.endswith(b"\n"), "no note")
    text, rest = data[: at + 1], data[at + 2 :]
    try:
        written, lines = text.decode(), rest.decode().split("\n")[:-1]
    except UnicodeDecodeError:
        raise Refused("a note that is not UTF-8") from None
    need(not re.search(r"[\x00-\x09\x0b-\x1f]", written), "a control character in a note")
    need(1 <= len(lines) <= 16, "no or too many lines")
    found: list[tuple[str, bytes, bytes]] = []
    for line in lines:
        need(line.startswith("— "), "no signature line")
        name, _, encoded = line[2:].partition(" ")
        need(
            name and not re.search(r"[\s+\x00-\x1f]", name) and len(name.encode()) <= 255, "no name of a key"
        )
        need(encoded.isascii(), "not base64")
        signature = unbase64(encoded.encode())
        need(len(signature) > 4, "no signature")
        found.append((name, signature[:4], signature[4:]))
    return Note(text, found)


def check_signed(note: Note, name: str, pair: Pair) -> None:
    """Both lines of a plain note (3.3)."""
    kind = b"\xffmithaq/note/ml-dsa-" + pair.parameters + b"\n"
    first, second = note.line(name, b"\x01", pair.ed25519), note.line(name, kind, pair.ml_dsa)
    if first is None or second is None:
        raise Refused(f"{name} has not signed")
    verify_ed25519(pair, first, note.text)
    message = b"mithaq-note/v1\n\0" + vec8(name.encode()) + pair.ed25519
    verify_ml_dsa(pair, second, message + len(note.text).to_bytes(4) + note.text)


class Head(NamedTuple):
    """What a checkpoint says (6.1)."""

    log: str
    size: int
    root: bytes


def read_head(text: bytes) -> Head:
    lines = text.split(b"\n")
    need(len(lines) == 4 and not lines[3], "no checkpoint")
    head = Head(lines[0].decode(), decimal(lines[1]), unbase64(lines[2]))
    need(len(head.root) == 32, "no root")
    return head


def check_timed(note: Note, head: Head, name: str, pair: Pair) -> int:
    """The ML-DSA line of type 06 (6.2); its time."""
    signature = note.line(name, b"\x06", pair.ml_dsa)
    need(signature and len(signature) == 8 + 2_420, f"no ML-DSA line of {name}")
    assert signature
    message = b"subtree/v1\n\0" + vec8(name.encode()) + signature[:8] + vec8(head.log.encode())
    message += bytes(8) + head.size.to_bytes(8) + head.root
    verify_ml_dsa(pair, signature[8:], message)
    time = int.from_bytes(signature[:8])
    need(time <= TIME_MAX, "no time")
    return time


def check_head(note: Note, head: Head, pair: Pair) -> None:
    """Both lines of the author (6.1)."""
    signature = note.line(head.log, b"\x01", pair.ed25519)
    need(signature, f"no Ed25519 line of {head.log}")
    assert signature
    verify_ed25519(pair, signature, note.text)
    check_timed(note, head, head.log, pair)


def check_cosigned(note: Note, head: Head, name: str, pair: Pair) -> int:
    """Both lines of a mirror (6.2); their time."""
    signature = note.line(name, b"\x04", pair.ed25519)
    need(signature and len(signature) == 8 + 64 and head.size, f"no cosignature of {name}")
    assert signature
    time = check_timed(note, head, name, pair)
    need(time == int.from_bytes(signature[:8]) and time, "two times, or none")
    verify_ed25519(pair, signature[8:], b"cosignature/v1\ntime %d\n" % time + note.text)
    return time
