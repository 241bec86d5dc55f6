"""Verifier keys: name, signature type, public key, and the 4 bytes that stand for them (C2SP signed-note).

Example::

    example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k
    name            key id   base64(type and public key)
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Self

from mithaq.errors import MalformedError

NAME_MAX = 255
"""Bytes of a key's name: it is written as vec8 in the message of the ML-DSA line (protocol 13)."""

KEY_ID_SIZE = 4

ED25519_TYPE = b"\x01"
"""Signature type of a plain Ed25519 line (C2SP signed-note)."""


def ml_dsa_type(parameters: str) -> bytes:
    """Signature type of Mithaq's plain-note ML-DSA line: 0xff and an identifier (protocol 3).

    Args:
        parameters: ``ml-dsa-44`` or ``ml-dsa-87``.
    """
    return b"\xff" + f"mithaq/note/{parameters}\n".encode()


_NOT_IN_NAMES = re.compile(r"[\s+\x00-\x1f]")


def check_name(name: str) -> None:
    """Check the name of a key.

    Raises:
        MalformedError: it is empty, longer than ``NAME_MAX`` bytes, or has a space, a plus sign or a control
            character.
    """
    if not name or _NOT_IN_NAMES.search(name):
        raise MalformedError("not the name of a key", expected="no spaces, no plus sign, not empty", got=name)
    if len(_encode(name)) > NAME_MAX:
        raise MalformedError("name of a key is too long", expected=f"at most {NAME_MAX} bytes", got=name)


def key_id(name: str, type_and_key: bytes) -> bytes:
    """The 4 bytes that stand for a key on a line: SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4] (C2SP)."""
    return hashlib.sha256(name.encode() + b"\n" + type_and_key).digest()[:KEY_ID_SIZE]


def _encode(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise MalformedError("not valid Unicode", got=ascii(text)) from None


def unbase64(text: str, where: str) -> bytes:
    """The bytes that canonical base64 stands for.

    Raises:
        MalformedError: it is not base64, or not the one spelling of its bytes.
    """
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError("not base64", where=where, got=text) from None
    # Unused bits that are not zero would give one signature several spellings (protocol 3).
    if base64.b64encode(decoded).decode() != text:
        raise MalformedError("base64 is not canonical", where=where, got=text)
    return decoded


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name and signature type: a *vkey* of C2SP signed-note.

    Attributes:
        name: the name that its lines bear.
        type_and_key: signature type (one byte, or 0xff and an identifier) ‖ public key.

    Raises:
        MalformedError: not a key's name, or nothing after it.
    """

    name: str
    type_and_key: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.type_and_key) < 2:
            raise MalformedError("verifier key without a key", where=self.name)

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that stand for it on a line."""
        return key_id(self.name, self.type_and_key)

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self.type_and_key).decode()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``name+hex(key id)+base64(type ‖ key)``.

        Raises:
            MalformedError: not of this form, or the key id is not that of name and key.
        """
        parts = text.split("+", 2)
        if len(parts) != 3:
            raise MalformedError("not a verifier key", expected="name+hex+base64", got=text)
        name, identifier, encoded = parts
        key = cls(name, unbase64(encoded, "verifier key"))
        if key.key_id.hex() != identifier:
            raise MalformedError("wrong key id", where=name, expected=key.key_id.hex(), got=identifier)
        return key
