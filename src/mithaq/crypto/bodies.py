"""Bodies at rest: sealed under the day key of the day on which they must go, in chunks (protocol 8).

Format, byte exact, integers big-endian::

    body       = "mithaq-body/1" 0A | nonce (32 random bytes) | record 0 | record 1 | … | record m
    record i   = u32 length of box i | box i
    box i      = AES-256-GCM(key, nonce u88 i ‖ u8 last, no associated data, part i)
    last       = 1 for i = m, else 0
    key        = HKDF-SHA256(secret: day key, salt: nonce, info: "mithaq/1 body" 0A ‖ context, 32 bytes)
    part 0     = the 32-byte salt of the body's ``commit``; part i = chunk i - 1

So a body has a key of its own, bound to its day and to its ``context`` (log, id and ordinal, however the
caller writes them): a body put in another's place does not open. Index and ``last`` in the nonce make it the
STREAM construction (Hoang et al. 2015): chunks that were cut off, added, swapped or repeated do not open.
Chunks are as long as the caller cut them (about 1 MiB, between objects; compressed, if at all, before they
come here), and any one of them opens without the others. Whoever opens only one learns nothing of whether the
*others* are whole. Once the day key is destroyed, nothing here opens again.
"""

from collections.abc import Iterable, Iterator

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mithaq.crypto.keys import Random
from mithaq.crypto.sealing import box, unbox
from mithaq.errors import ForgedError, LimitError, MalformedError

CHUNK_MAX = 33 * 2**20
"""Bytes of a chunk: one object may fill a body of 32 MiB (protocol 5); compressing may add a little."""

SALT_SIZE = 32
"""Bytes of the salt of a body's ``commit`` (protocol 13)."""

_MAGIC = b"mithaq-body/1\n"
_NONCE_SIZE = 32
_HEAD_SIZE = len(_MAGIC) + _NONCE_SIZE
_LENGTH_SIZE = 4


def _body_key(day_key: bytes, nonce: bytes, context: bytes) -> bytes:
    info = b"mithaq/1 body\n" + context
    return HKDF(algorithm=SHA256(), length=32, salt=nonce, info=info).derive(day_key)


def _index(i: int, *, last: bool) -> int:
    return i << 8 | last


def seal_body(
    day_key: bytes, random: Random, context: bytes, salt: bytes, chunks: Iterable[bytes]
) -> Iterator[bytes]:
    """Seal a body; the pieces that come out, joined, are what is stored. Memory is two chunks.

    Args:
        day_key: 32 bytes.
        random: the source of the body's nonce.
        context: what the body belongs to; ``SealedBody`` needs the same bytes.
        salt: 32 bytes, the salt of the ``commit``.
        chunks: in order, each at most ``CHUNK_MAX`` bytes; there may be none.

    Raises:
        MalformedError: the salt is not 32 bytes long.
        LimitError: a chunk is longer than ``CHUNK_MAX``.
    """
    if len(salt) != SALT_SIZE:
        raise MalformedError("salt of a wrong length", expected=f"{SALT_SIZE} bytes", got=len(salt))
    nonce = random(_NONCE_SIZE)
    key = _body_key(day_key, nonce, context)
    yield _MAGIC + nonce
    part, i = salt, 0
    for chunk in chunks:
        yield from _record(key, _index(i, last=False), part)
        part, i = chunk, i + 1
    yield from _record(key, _index(i, last=True), part)


def _record(key: bytes, index: int, part: bytes) -> Iterator[bytes]:
    if len(part) > CHUNK_MAX:
        raise LimitError("chunk is too long", expected=f"at most {CHUNK_MAX} bytes", got=len(part))
    sealed = box(key, index, part)
    yield len(sealed).to_bytes(_LENGTH_SIZE)
    yield sealed


class SealedBody:
    """A stored body, opened chunk by chunk.

    Args:
        day_key: the 32-byte key of its day.
        context: what it was sealed for.
        stored: the joined pieces of ``seal_body``.

    Raises:
        MalformedError: ``stored`` is not of the format above.
        ForgedError: another day or context, or the salt's record was changed.
    """

    def __init__(self, day_key: bytes, context: bytes, stored: bytes) -> None:
        if not stored.startswith(_MAGIC) or len(stored) < _HEAD_SIZE:
            raise MalformedError("not a sealed body", expected=f"{_MAGIC!r} and a nonce")
        self._key = _body_key(day_key, stored[len(_MAGIC) : _HEAD_SIZE], context)
        self._stored = memoryview(stored)
        self._records = list(self._walk())
        self.salt = self._open(0)
        """The 32-byte salt of the body's ``commit``."""

    def _walk(self) -> Iterator[tuple[int, int]]:
        at, end = _HEAD_SIZE, len(self._stored)
        while at < end or at == _HEAD_SIZE:
            start = at + _LENGTH_SIZE
            at = start + int.from_bytes(self._stored[at:start])
            if at > end:
                raise MalformedError("sealed body is cut short", where=f"byte {start} of {end}")
            yield start, at

    def _open(self, i: int) -> bytes:
        start, end = self._records[i]
        index = _index(i, last=i == len(self._records) - 1)
        try:
            return unbox(self._key, index, bytes(self._stored[start:end]))
        except ForgedError:
            raise ForgedError(
                "stored body does not open", where=f"record {i}", todo="restore it or want it again"
            ) from None

    def __len__(self) -> int:
        """How many chunks there are."""
        return len(self._records) - 1

    def chunk(self, i: int) -> bytes:
        """Chunk ``i``, from 0, by itself.

        Raises:
            IndexError: there is no such chunk.
            ForgedError: it was changed, moved, or is the last one where another was (or the reverse).
        """
        if not 0 <= i < len(self):
            raise IndexError(i)
        return self._open(i + 1)

    def chunks(self) -> Iterator[bytes]:
        """All chunks in order.

        Raises:
            ForgedError: one was changed, moved, cut off or added; the chunks before it have been given out.
        """
        for i in range(len(self)):
            yield self.chunk(i)
