"""Entries: what a party says to its partner, one line of its log each (protocol section 5).

An entry is canonical JSON and carries no content: ``bodies`` commit to contents that travel and die apart.
``Entry.parse`` is the only way in from bytes, ``bytes(entry)`` the only way out; they are inverse.
Whether an entry is *allowed* is for ``policy``, what it *does* is for ``record``.
"""

import dataclasses
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Self

from mithaq.domain import canonical
from mithaq.domain.handling import Handling
from mithaq.domain.kinds import KINDS, Family, Kind
from mithaq.domain.moment import MOMENT_MAX
from mithaq.domain.party import LogName
from mithaq.domain.shapes import Members, hexadecimal, identifier, media_type, number, word
from mithaq.errors import LimitError, MalformedError

VERSION = 1
"""The value of ``v`` that this software writes."""
ENTRY_MAX = 65_535
"""Bytes of an entry: a u16 holds its length in a bundle of entries (protocol 5)."""
BODY_MAX = 32 * 2**20
"""Bytes of one body: what a node holds in memory at once; larger contents are several bodies (protocol 5)."""
SALT_SIZE = 32
"""Bytes of the salt of a body (protocol 5)."""
LOGS_KEPT = 64
"""Names of logs in memory that were parsed before: those of the pairs that talk at the same time."""
OFFICERS = ("duty-officer", "analyst", "approver", "operator")
"""Roles that ``by`` can name."""


_log_name = lru_cache(LOGS_KEPT)(LogName.parse)


def leaf_hash(data: bytes) -> bytes:
    """The hash of an entry's bytes as a leaf, by which other entries name it (RFC 9162 section 2.1.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def commit(  # noqa: PLR0917 - the order of protocol 13
    log: LogName, entry_id: str, ordinal: int, media: str, salt: bytes, content: bytes
) -> str:
    """The commitment to one content in one place, in hex (protocol sections 5 and 13).

    Args:
        log: the log of the entry that will carry it.
        entry_id: ``id`` of that entry, 32 hex digits.
        ordinal: place among the entry's bodies, from 0.
        media: its media type.
        salt: 32 random bytes, without which the commitment reveals nothing.
        content: the bytes.
    """
    name, kind = str(log).encode(), media.encode()
    h = hashlib.sha256(b"mithaq/1 content\n")
    h.update(bytes([len(name)]) + name + bytes.fromhex(entry_id) + ordinal.to_bytes(2))
    h.update(bytes([len(kind)]) + kind + salt + len(content).to_bytes(8))
    h.update(content)
    return h.hexdigest()


@dataclass(frozen=True, slots=True)
class Body:
    """What an entry says of one of its bodies.

    Args:
        type: media type.
        size: bytes of the content.
        objects: how many objects it holds; 1 for a document.
        commit: see ``commit``; 64 hex digits.
    """

    type: str
    size: int
    objects: int
    commit: str

    @classmethod
    def parse(cls, value: Any, where: str) -> Self:
        """Read one member of ``bodies``; raises MalformedError."""
        _BODY(value, where)
        return cls(value["type"], value["size"], value["objects"], value["commit"])

    def members(self) -> dict[str, Any]:
        """The value in ``bodies``."""
        return {"type": self.type, "size": self.size, "objects": self.objects, "commit": self.commit}


_BODY = Members(
    {"type": media_type, "size": number(0, BODY_MAX), "objects": number(1), "commit": hexadecimal(32)}
)


def _officer_number(value: Any, where: str) -> None:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Z0-9-]{1,16}", value):
        raise MalformedError(
            "not an officer number", where=where, expected="1 to 16 of A-Z, 0-9, -", got=value
        )


_BY = Members({"role": word(*OFFICERS), "number": _officer_number})


@dataclass(frozen=True)
class Entry:
    """One entry; made by ``parse`` or by an author, checked either way.

    Members are those of protocol section 5; an empty string, zero or empty tuple means that it is absent.
    """

    log: LogName
    id: str
    kind: str
    at: int
    agreement: str = ""
    field: str = ""
    by: tuple[str, str] | None = None
    re: tuple[str, ...] = ()
    handling: Handling | None = None
    keep_until: int = 0
    facts: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    bodies: tuple[Body, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise MalformedError("unknown kind", where="kind", expected=" ".join(KINDS), got=self.kind)
        _check_identity(self)
        _check_shape(self, KINDS[self.kind])
        if len(self.data) > ENTRY_MAX:
            raise LimitError("the entry is too long", expected=f"{ENTRY_MAX} bytes", got=len(self.data))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read an entry.

        Raises:
            MalformedError: not an entry of a known version, or with an unknown member.
            LimitError: too long or too deep.
        """
        value = canonical.decode(data, ENTRY_MAX)
        _OUTER(value, "")
        handling, by = value.get("handling"), value.get("by")
        return cls(
            log=_log_name(value["log"]),
            id=value["id"],
            kind=value["kind"],
            at=value["at"],
            agreement=value.get("agreement", ""),
            field=value.get("field", ""),
            by=(by["role"], by["number"]) if by else None,
            re=tuple(value.get("re", ())),
            handling=Handling.parse(handling) if handling else None,
            keep_until=value.get("keep_until", 0),
            facts=value.get("facts", {}),
            bodies=tuple(Body.parse(body, f"bodies.{i}") for i, body in enumerate(value.get("bodies", ()))),
        )

    def members(self) -> dict[str, Any]:
        """The entry as the object that is encoded."""
        optional = {
            "agreement": self.agreement,
            "field": self.field,
            "by": self.by and {"role": self.by[0], "number": self.by[1]},
            "re": list(self.re),
            "handling": self.handling and self.handling.members(),
            "keep_until": self.keep_until,
            "facts": self.facts,
            "bodies": [body.members() for body in self.bodies],
        }
        value: dict[str, Any] = {
            "v": VERSION,
            "log": str(self.log),
            "id": self.id,
            "kind": self.kind,
            "at": self.at,
        }
        return value | {name: member for name, member in optional.items() if member}

    @cached_property
    def data(self) -> bytes:
        """The entry's bytes: the leaf of its log."""
        return canonical.encode(self.members())

    @cached_property
    def leaf(self) -> bytes:
        """Its leaf hash, 32 bytes."""
        return leaf_hash(self.data)

    @property
    def family(self) -> Family:
        """The family of its kind."""
        return KINDS[self.kind].family


def _string(value: Any, where: str) -> None:
    if not isinstance(value, str) or not value:
        raise MalformedError("not a string", where=where, got=value)


def _object(value: Any, where: str) -> None:
    if not isinstance(value, dict):
        raise MalformedError("not an object", where=where, got=value)


def _list(value: Any, where: str) -> None:
    if not isinstance(value, list):
        raise MalformedError("not a list", where=where, got=value)


_OUTER = Members(
    {"v": number(VERSION, VERSION), "log": _string, "id": hexadecimal(16), "kind": _string, "at": number(1)},
    {
        "agreement": _string,
        "field": _string,
        "by": _BY,
        "re": _list,
        "handling": _object,
        "keep_until": number(1, MOMENT_MAX),
        "facts": _object,
        "bodies": _list,
    },
)


def _check_identity(entry: Entry) -> None:
    hexadecimal(16)(entry.id, "id")
    number(1)(entry.at, "at")
    number(0, MOMENT_MAX)(entry.keep_until, "keep_until")
    if entry.by:
        _BY({"role": entry.by[0], "number": entry.by[1]}, "by")
    digest = hexadecimal(32)
    for place, name in enumerate(entry.re):
        digest(name, f"re.{place}")
    if len(set(entry.re)) != len(entry.re):
        raise MalformedError("re names an entry twice", where="re")


def _check_shape(entry: Entry, kind: Kind) -> None:
    for name, (low, high), count in (
        ("bodies", kind.bodies, len(entry.bodies)),
        ("re", kind.re, len(entry.re)),
    ):
        if not low <= count <= high:
            raise MalformedError(
                f"wrong number of {name}", where=name, expected=f"{low} to {high}", got=count
            )
    kind.facts(entry.facts, "facts")
    needs_text = kind.family is not Family.HOUSEKEEPING
    if needs_text != bool(entry.agreement) or needs_text != bool(entry.field):
        raise MalformedError(
            "agreement and field go with an exchange, and only with it", where="agreement", got=entry.kind
        )
    if needs_text:
        hexadecimal(32)(entry.agreement, "agreement")
        identifier(entry.field, "field")
    has_bodies = bool(entry.bodies)
    if has_bodies != bool(entry.handling) or has_bodies != bool(entry.keep_until):
        raise MalformedError("handling and keep_until go with bodies, and only with them", where="bodies")
