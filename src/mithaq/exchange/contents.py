"""Contents at rest: examined, compressed, and sealed under the day key of the day on which they end (protocol 8)."""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import msgspec

from mithaq.crypto.bodies import SealedBody, seal_body
from mithaq.domain.entry import SALT_SIZE, Body, commit
from mithaq.domain.findings import Findings
from mithaq.domain.party import LogName
from mithaq.errors import ForgedError
from mithaq.exchange.identity import Identity
from mithaq.exchange.ports import StoredBody
from mithaq.formats import media

CHUNK = 2**20
"""Clear bytes of a chunk: what one object costs to open (architecture, flow of one exchange)."""
DAY = 86_400
COMPRESSION = 1
"""zlib's fastest level: it halves the bytes that go to disk, which are the bottleneck; more costs more than it saves."""

_decode = msgspec.json.Decoder(Findings).decode


def context(log: LogName, entry_id: str, ordinal: int) -> bytes:
    """What a sealed body is bound to, so that it opens in its own place only."""
    return f"{log} {entry_id} {ordinal}".encode()


def day_name(day: int) -> str:
    """The key file of a day, counted from 1970-01-01 UTC."""
    return f"day/{date(1970, 1, 1) + timedelta(days=day)}"


def day_of(keep_until: int) -> int:
    """The day of ``keep_until``, in UTC: its key is destroyed when it has ended."""
    return (datetime.fromtimestamp(keep_until, UTC).date() - date(1970, 1, 1)).days


def _chunks(content: bytes) -> Iterator[bytes]:
    for at in range(0, len(content), CHUNK):
        yield zlib.compress(content[at : at + CHUNK], COMPRESSION)


def examine(media_type: str, content: bytes) -> Findings:
    """What ``formats`` sees, without the index of objects, which stays with the body."""
    return replace(media.examine(media_type, content), keys=())


def store(
    identity: Identity, log: LogName, entry_id: str, ordinal: int, body: Body, salt: bytes, content: bytes, keep_until: int
) -> StoredBody:
    """Make a content that matches ``body`` ready for the store: examined and sealed.

    Raises:
        KeyStoreError: the day key was destroyed or cannot be made.
    """
    day = day_of(keep_until)
    key = identity.files.get_or_create(day_name(day))
    pieces = seal_body(key, identity.random, context(log, entry_id, ordinal), salt, _chunks(content))
    return StoredBody(
        commit=bytes.fromhex(body.commit),
        part=hashlib.sha256(salt + content).digest(),
        size=len(content),
        day=day,
        sealed=b"".join(pieces),
        findings=msgspec.json.encode(examine(body.type, content)),
    )


def new(
    identity: Identity, log: LogName, entry_id: str, ordinal: int, media_type: str, content: bytes, keep_until: int
) -> tuple[Body, StoredBody]:
    """A content of our own: its row in the entry, and the content at rest."""
    salt = identity.random(SALT_SIZE)
    digest = commit(log, entry_id, ordinal, media_type, salt, content)
    objects = media.examine(media_type, content).objects
    body = Body(media_type, len(content), max(objects, 1), digest)
    return body, store(identity, log, entry_id, ordinal, body, salt, content, keep_until)


def matches(log: LogName, entry_id: str, ordinal: int, body: Body, salt: bytes, content: bytes) -> None:
    """Prove that salt and content are those that an entry committed to.

    Raises:
        ForgedError: another size or another commitment.
    """
    if len(content) != body.size:
        raise ForgedError("a content of another size", expected=str(body.size), got=len(content))
    if commit(log, entry_id, ordinal, body.type, salt, content) != body.commit:
        raise ForgedError("a content that does not match its commitment", expected=body.commit)


def findings(stored: StoredBody) -> Findings:
    """What was seen in it when it came."""
    return _decode(stored.findings)


def load(identity: Identity, log: LogName, entry_id: str, ordinal: int, stored: StoredBody) -> tuple[bytes, bytes]:
    """Salt and content.

    Raises:
        KeyStoreError: its day has ended.
        ForgedError: what is stored was changed.
    """
    key = identity.files.get(day_name(stored.day))
    sealed = SealedBody(key, context(log, entry_id, ordinal), stored.sealed)
    return sealed.salt, b"".join(zlib.decompress(chunk) for chunk in sealed.chunks())
