"""Null ports: the same node with nothing that proves or hides, to see what trust costs.

`install` puts functions of no work in the place of every signature, verification, seal, box and content hash
of this process. It lives here only: `src` has no switch for it.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from mithaq.crypto import notes, sealing
from mithaq.crypto.keys import SigningPair
from mithaq.domain.party import Role
from mithaq.exchange import contents, pouch
from mithaq.tlog import cosignature, head

TAG = bytes(sealing.TAG_SIZE)
SALT = contents.SALT_SIZE


class NullHash:
    """A hash of large contents that reads nothing."""

    def __init__(self, _: bytes = b"") -> None: ...

    def digest(self) -> bytes:
        return bytes(32)

    def hexdigest(self) -> str:
        return "00" * 32


class NullHashlib:
    """`hashlib` for pouches: short values (key ids) are still hashed, parts are not."""

    @staticmethod
    def sha256(data: bytes) -> Any:
        return hashlib.sha256(data) if len(data) == 1216 else NullHash()


class NullBody:
    """A body at rest that is not sealed."""

    def __init__(self, _key: bytes, _context: bytes, stored: bytes) -> None:
        self.salt, self._rest = stored[:SALT], memoryview(stored)[SALT:]

    def chunks(self) -> Iterator[bytes]:
        at = 0
        while at < len(self._rest):
            size = int.from_bytes(self._rest[at : at + 4])
            yield bytes(self._rest[at + 4 : at + 4 + size])
            at += 4 + size


def _seal_body(
    _key: bytes, _random: Any, _context: bytes, salt: bytes, chunks: Iterable[bytes]
) -> Iterator[bytes]:
    yield salt
    for chunk in chunks:
        yield len(chunk).to_bytes(4)
        yield chunk


def _nothing(*_: object) -> None: ...


def install() -> None:
    """Take trust out of this process."""
    sealing.box = lambda _key, _i, part: part + TAG
    sealing.unbox = lambda _key, _i, sealed: sealed[: -len(TAG)]
    sealing.seal = lambda _public, _info, clear: bytes(sealing.ENC_SIZE) + clear + TAG
    sealing.open_sealed = lambda _key, _info, sealed: sealed[sealing.ENC_SIZE : -len(TAG)]
    SigningPair.sign_ed25519 = lambda _self, _message: bytes(64)
    SigningPair.sign_ml_dsa = lambda self, _message: bytes(4627 if self.role is Role.AUTHORITY else 2420)
    for module in (notes, head, cosignature):
        module.verify_ed25519 = _nothing
        if hasattr(module, "verify_ml_dsa"):
            module.verify_ml_dsa = _nothing
    contents.seal_body = _seal_body
    contents.SealedBody = NullBody
    contents.commit = lambda *_: "00" * 32
    contents.hashlib = NullHashlib
    pouch.hashlib = NullHashlib
