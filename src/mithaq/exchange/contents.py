"""Contents at rest: examined, compressed, sealed under the key of the day on which they end (protocol 8)."""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import msgspec

from mithaq.crypto.bodies import SealedBody, seal_body
from mithaq.domain.entry import SALT_SIZE, Body, commit
from mithaq.domain.findings import Findings, Problem
from mithaq.domain.party import LogName
from mithaq.errors import ForgedError, PeerError, StaleError
from mithaq.exchange.identity import Identity
from mithaq.exchange.ports import StoredBody
from mithaq.formats import media

CHUNK = 2**20
"""Clear bytes of a chunk: what one object costs to open (architecture, flow of one exchange)."""
COMPRESSION = 1
"""zlib's fastest level: it halves what goes to disk, the bottleneck; more costs more than it saves."""

_decode = msgspec.json.Decoder(Findings).decode


@dataclass(frozen=True, slots=True)
class Place:
    """Where a content belongs: the log, the ``id`` of its entry, the ordinal among that entry's bodies."""

    log: LogName
    entry_id: str
    ordinal: int

    @property
    def context(self) -> bytes:
        """What the sealed content is bound to, so that it opens in its own place only."""
        return f"{self.log} {self.entry_id} {self.ordinal}".encode()

    def commit(self, media_type: str, salt: bytes, content: bytes) -> str:
        """The commitment to a content in this place, in hex."""
        return commit(self.log, self.entry_id, self.ordinal, media_type, salt, content)


def day_name(day: int) -> str:
    """The key file of a day, counted from 1970-01-01 UTC."""
    return f"day/{date(1970, 1, 1) + timedelta(days=day)}"


def day_of(keep_until: int) -> int:
    """The day of ``keep_until``, in UTC: its key is destroyed when it has ended."""
    return (datetime.fromtimestamp(keep_until, UTC).date() - date(1970, 1, 1)).days


def _chunks(content: bytes) -> Iterator[bytes]:
    for at in range(0, len(content), CHUNK):
        yield zlib.compress(content[at : at + CHUNK], COMPRESSION)


def check_day(identity: Identity, day: int, where: str) -> None:
    """Refuse a day that is over: nothing is sealed for it and nothing of it opens, by the clock alone.

    Raises:
        StaleError: it is.
    """
    today = day_of(identity.now())
    if day < today:
        raise StaleError(
            "the content has ended",
            where=where,
            expected=f"{day_name(today)} or later",
            got=day_name(day),
        )


def examine(media_type: str, content: bytes) -> Findings:
    """What ``formats`` sees, without the index of objects, which stays with the body.

    What it cannot read at all is a finding like any other: its author is refused, and so is a liar.
    """
    try:
        return replace(media.examine(media_type, content), keys=())
    except PeerError as error:
        problem = Problem("unreadable", error.where, error.message)
        return Findings(media.real_type(content), objects=1, problems=(problem,))


def store(
    identity: Identity, place: Place, body: Body, *, salt: bytes, content: bytes, keep_until: int
) -> StoredBody:
    """Make a content that matches ``body`` ready for the store: examined and sealed.

    Raises:
        StaleError: its day has ended; a key is never made for a day that is over.
        KeyStoreError: the day key cannot be made.
    """
    day = day_of(keep_until)
    check_day(identity, day, str(place.log))
    key = identity.files.get_or_create(day_name(day))
    pieces = seal_body(key, identity.random, place.context, salt, _chunks(content))
    return StoredBody(
        commit=bytes.fromhex(body.commit),
        size=len(content),
        day=day,
        sealed=b"".join(pieces),
        findings=msgspec.json.encode(examine(body.type, content)),
        mark=identity.files.mark(content),
    )


def new(
    identity: Identity, place: Place, media_type: str, content: bytes, keep_until: int
) -> tuple[Body, StoredBody]:
    """A content of our own: its row in the entry, and the content at rest with the hash that travels."""
    salt = identity.random(SALT_SIZE)
    commitment = place.commit(media_type, salt, content)
    body = Body(media_type, len(content), 1, commitment)
    stored = store(identity, place, body, salt=salt, content=content, keep_until=keep_until)
    part = hashlib.sha256(salt + content).digest()
    return replace(body, objects=max(findings(stored).objects, 1)), replace(stored, part=part)


def matches(place: Place, body: Body, salt: bytes, content: bytes) -> None:
    """Prove that salt and content are those that an entry committed to.

    Raises:
        ForgedError: another size or another commitment.
    """
    if len(content) != body.size:
        raise ForgedError("a content of another size", expected=str(body.size), got=len(content))
    if place.commit(body.type, salt, content) != body.commit:
        raise ForgedError("a content that does not match its commitment", expected=body.commit)


def findings(stored: StoredBody) -> Findings:
    """What was seen in it when it came."""
    return _decode(stored.findings)


def load(identity: Identity, place: Place, stored: StoredBody) -> tuple[bytes, bytes]:
    """Salt and content.

    Raises:
        StaleError: its day has ended, whether or not its key has been destroyed yet.
        KeyStoreError: its key is not here.
        ForgedError: what is stored was changed.
    """
    check_day(identity, stored.day, str(place.log))
    sealed = SealedBody(identity.files.get(day_name(stored.day)), place.context, stored.sealed)
    return sealed.salt, b"".join(zlib.decompress(chunk) for chunk in sealed.chunks())


def seal_anew(identity: Identity, place: Place, stored: StoredBody, day: int) -> StoredBody:
    """The same content under another day: what is held over, or no longer.

    Raises:
        StaleError: its day has ended, or that one has.
        KeyStoreError, ForgedError: as ``load``.
    """
    for each in (stored.day, day):
        check_day(identity, each, str(place.log))
    old = SealedBody(identity.files.get(day_name(stored.day)), place.context, stored.sealed)
    key = identity.files.get_or_create(day_name(day))
    pieces = seal_body(key, identity.random, place.context, old.salt, old.chunks())
    mark = identity.files.mark(b"".join(map(zlib.decompress, old.chunks())))
    return replace(stored, day=day, sealed=b"".join(pieces), mark=mark)


def days_kept(identity: Identity) -> list[int]:
    """The days whose keys are here, the earliest first."""
    names = identity.files.names("day")
    return [(date.fromisoformat(name.removeprefix("day/")) - date(1970, 1, 1)).days for name in names]


def destroy_ended(identity: Identity) -> None:
    """Destroy the keys of days that are over: what they sealed never opens again (protocol 8).

    Raises:
        KeyStoreError: the disk refuses.
    """
    today = day_name(day_of(identity.now()))
    for name in identity.files.names("day"):
        if name < today:
            identity.files.destroy(name)
