"""STIX objects as a feed of MISP: files that a MISP pulls and makes events of.

A feed is ``<uuid>.json`` for each event, ``manifest.json`` with a line on each, ``hashes.csv`` with the MD5
of every value and the event that has it, and ours: ``losses.json``, what of the objects has no place.

**One event is one body.** A body never changes, is judged, erased and attributed as one, so its event is made
once, goes when the body goes, and nothing but one body is ever in memory:

    >>> made = event(Group("…/7/0", objects, at=1767225600, tlp="green", maker=Maker("Authority", uuid)))
    >>> made.name, made.file
    ('5f0c….json', b'{"Event":…')
    >>> b"".join(manifest([(made.uuid, made.row)])), b"".join(hashes([(made.uuid, made.digests)]))

**Every uuid is ours**, made of the body's name and the object's id. A partner who could choose one could
overwrite an event that the MISP at home has already.

Written are: ``published``, ``analysis`` 2 (complete), ``threat_level_id`` 4 (undefined), ``distribution`` 0
(this organisation only) and 5 (as the event): who may have it on is decided by whoever pulls.
"""

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from mithaq.formats.losses import Loss
from mithaq.formats.misp_feed_event import NAMES, Maker, Writer

LOSSES_NAME = "losses.json"
MANIFEST_NAME = "manifest.json"
HASHES_NAME = "hashes.csv"

_encode = msgspec.json.Encoder().encode


class Group(NamedTuple):
    """What becomes one event.

    Attributes:
        name: of the body, never given twice: the log, its index and the ordinal.
        objects: the JSON of each object.
        at: POSIX seconds when it was said; the time of an event whose objects tell none.
        tlp: of the entry: it holds for what is not marked itself.
        pap: of the entry, or empty.
        maker: who said it.
        info: what the event is called; the name of its one report where it is empty.
    """

    name: str
    objects: Iterable[bytes]
    at: int
    tlp: str
    maker: Maker
    pap: str = ""
    info: str = ""


class FeedEvent(NamedTuple):
    """One event of a feed.

    Attributes:
        uuid: of the event.
        file: the bytes of its file.
        row: its line of the manifest, without the uuid.
        digests: MD5 of its values, in hex.
        losses: what of the objects has no place.
    """

    uuid: str
    file: bytes
    row: Mapping[str, Any]
    digests: tuple[str, ...]
    losses: tuple[Loss, ...]

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"{self.uuid}.json"


def event(group: Group) -> FeedEvent:
    """The event of a body.

    Raises:
        MalformedError: an object is not strict JSON.
    """
    name = str(uuid.uuid5(NAMES, group.name))
    writer = Writer(name, group.tlp, group.pap, group.at)
    writer.take(group.objects)
    at = max(writer.modified, default=group.at)
    tags = [{"name": each} for each in writer.tags()]
    row = {
        "Orgc": {"name": group.maker.name, "uuid": group.maker.uuid},
        "Tag": tags,
        "info": group.info or writer.info or group.name,
        "date": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d"),
        "analysis": "2",
        "threat_level_id": "4",
        "timestamp": at,
    }
    whole = {
        **row,
        "uuid": name,
        "timestamp": str(at),
        "publish_timestamp": str(group.at),
        "published": True,
        "distribution": "0",
        "Attribute": writer.attributes,
        "Object": writer.objects,
        "EventReport": writer.reports,
    }
    digests = tuple(dict.fromkeys(digest for value in writer.values() for digest in _digests(*value)))
    return FeedEvent(name, _encode({"Event": whole}), row, digests, tuple(writer.losses))


def _digests(kind: str, value: str) -> Iterator[str]:
    """What MISP looks a value up by: each half of a pair on its own."""
    for each in value.split("|") if "|" in kind else (value,):
        yield hashlib.md5(each.encode(), usedforsecurity=False).hexdigest()


def manifest(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[bytes]:
    """``manifest.json`` piece by piece, of (uuid, row)."""
    return _by_uuid(rows)


def _by_uuid(members: Iterable[tuple[str, object]]) -> Iterator[bytes]:
    between = b"{"
    for name, value in members:
        yield between + _encode(name) + b":" + _encode(value)
        between = b","
    yield b"}" if between == b"," else b"{}"


def hashes(events: Iterable[tuple[str, Iterable[str]]]) -> Iterator[bytes]:
    """``hashes.csv`` piece by piece, of (uuid, digests)."""
    for name, digests in events:
        yield "".join(f"{digest},{name}\n" for digest in digests).encode()


def losses(events: Iterable[tuple[str, Iterable[Loss]]]) -> Iterator[bytes]:
    """``losses.json`` piece by piece: by uuid of the event, what of its objects has no place."""
    return _by_uuid((name, [each.parts() for each in found]) for name, found in events)
