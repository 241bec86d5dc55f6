"""The manifest of a pouch: what its sender has, what it lacks, and the parts that follow (protocol 7).

A signed note whose text is one line of canonical JSON; the signature lines are those of the sender's log pair
and bear the log's name. A member without a value is left out, since canonical JSON knows no empty list.

::

    {"have":{"root":"…","size":3},"id":"…","log":"a.example/to/b.example/1","mine":7,"n":1764000000000000,
     "of":"b.example/to/a.example/1","parts":[{"kind":"head","sha256":"…","size":4190}],"time":1764000000}
"""

import re
from dataclasses import dataclass
from typing import Any, Self, cast

from mithaq.crypto import notes
from mithaq.crypto.keys import SigningPair
from mithaq.domain import canonical
from mithaq.domain.entry import BODY_MAX, SALT_SIZE
from mithaq.domain.party import LogName, PublicPair
from mithaq.domain.shapes import Members, Shape, hexadecimal, listing, log_name, number, word
from mithaq.errors import MalformedError
from mithaq.tlog.head import HEAD_MAX
from mithaq.tlog.merkle import EMPTY_ROOT

TYPE = "mithaq/pouch/1"
_BEGINNING = re.compile(
    rb'\{(?:"answers":"[0-9a-f]{64}",)?"have":\{"root":"[0-9a-f]{64}","size":[0-9]{1,16}\},'
    rb'"id":"[0-9a-f]{64}","log":"([ -!#-\[\]-~]{1,250})",'
)
"""How canonical JSON has the first members, up to the log."""
WANT_MAX = 1_000
"""Bodies that one pouch may ask for: the rest is asked for next time (protocol 7)."""
PARTS_MAX = 1_400
"""Parts of a pouch: each costs some 150 bytes of the manifest, which has 256 KiB."""
NOTE_MAX = 256 * 1024
"""Bytes of a card or an agreement with its signatures (protocol 5)."""
ENTRIES_MAX = 16 * 2**20
"""Bytes of entries in one pouch: a batch under one head has no more (protocol 6)."""
PAD_MAX = 16 * 2**20
"""Zeros at the end: a Padmé length is at most 12 % above the contents, and a pouch at most 64 MiB."""

LIMITS = {
    "head": HEAD_MAX,
    "entries": ENTRIES_MAX,
    "body": BODY_MAX + SALT_SIZE,
    "cosignature": HEAD_MAX,
    "note": NOTE_MAX,
    "yours": 4 + HEAD_MAX + ENTRIES_MAX,
    "zeros": PAD_MAX,
}
"""The kinds of parts, and the bytes that one of each may have: what a reader holds in memory at once."""


@dataclass(frozen=True, slots=True)
class Part:
    """One row of ``parts``.

    Args:
        kind: a key of ``LIMITS``.
        size: bytes of the part.
        sha256: its hash in hex; empty for zeros, whose bytes say nothing.
        index: of the entry that a body belongs to, or of the first of ``entries`` or ``yours``.
        ordinal: of a body among those of its entry.
    """

    kind: str
    size: int
    sha256: str = ""
    index: int | None = None
    ordinal: int | None = None

    @classmethod
    def parse(cls, value: Any, where: str) -> Self:
        """Read one part; raises MalformedError."""
        if not isinstance(value, dict):
            raise MalformedError("not a part", where=where, expected="an object", got=value)
        row = cast("dict[str, Any]", value)
        kind = row.get("kind")
        if not isinstance(kind, str) or kind not in LIMITS:  # a list has no hash, and would not be found
            raise MalformedError("unknown part", where=where, expected=" ".join(LIMITS), got=kind)
        _part_shape(kind)(row, where)
        return cls(kind, row["size"], row.get("sha256", ""), row.get("index"), row.get("ordinal"))

    def members(self) -> dict[str, Any]:
        """The value in ``parts``."""
        value = {"sha256": self.sha256, "index": self.index, "ordinal": self.ordinal}
        present = {name: member for name, member in value.items() if member not in ("", None)}
        return {"kind": self.kind, "size": self.size} | present


def _part_shape(kind: str) -> Members:
    required: dict[str, Shape] = {"kind": word(kind), "size": number(0, LIMITS[kind])}
    if kind != "zeros":
        required["sha256"] = hexadecimal(32)
    if kind in ("entries", "body", "yours"):
        required["index"] = number()
    if kind == "body":
        required["ordinal"] = number()
    return Members(required)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a pouch says.

    Args:
        log: the sender's log.
        id: 32 random bytes in hex.
        answers: the id of the pouch that it answers, or empty.
        n: rises with each pouch of this sender.
        time: the sender's clock, POSIX seconds.
        mine: size of the sender's log.
        have: size and root of the reader's log as the sender stores it.
        want: bodies of the reader's log that the sender lacks: (index, ordinal).
        parts: what follows.
    """

    log: LogName
    id: str
    n: int
    time: int
    mine: int
    have: tuple[int, bytes] = (0, EMPTY_ROOT)
    answers: str = ""
    want: tuple[tuple[int, int], ...] = ()
    parts: tuple[Part, ...] = ()

    def text(self) -> bytes:
        """The text of the note: one line of canonical JSON with its newline."""
        value: dict[str, Any] = {
            "type": TYPE,
            "log": str(self.log),
            "of": str(self.log.other),
            "id": self.id,
            "n": self.n,
            "time": self.time,
            "mine": self.mine,
            "have": {"size": self.have[0], "root": self.have[1].hex()},
        }
        optional = {
            "answers": self.answers,
            "want": [list(body) for body in self.want],
            "parts": [part.members() for part in self.parts],
        }
        return canonical.encode(value | {name: member for name, member in optional.items() if member}) + b"\n"

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read the text of a manifest; whose it is, only ``verify`` can say.

        Raises:
            MalformedError: not a manifest, or its two logs are not those of one pair.
            LimitError: too long or too deep.
        """
        if not text.endswith(b"\n"):
            raise MalformedError("a manifest is one line", where="manifest")
        value = canonical.decode(text[:-1], NOTE_MAX)
        _SHAPE(value, "manifest")
        log = LogName.parse(value["log"])
        if value["of"] != str(log.other):
            raise MalformedError(
                "not the logs of one pair", where="of", expected=str(log.other), got=value["of"]
            )
        return cls(
            log=log,
            id=value["id"],
            n=value["n"],
            time=value["time"],
            mine=value["mine"],
            have=(value["have"]["size"], bytes.fromhex(value["have"]["root"])),
            answers=value.get("answers", ""),
            want=tuple((index, ordinal) for index, ordinal in value.get("want", ())),
            parts=tuple(Part.parse(part, f"parts.{i}") for i, part in enumerate(value.get("parts", ()))),
        )

    def sign(self, pair: SigningPair) -> notes.Note:
        """The manifest as a note under the sender's log pair."""
        text = self.text()
        return notes.Note(text, notes.sign(text, str(self.log), pair))


def claimed_log(text: bytes) -> LogName:
    """The log that a manifest claims to be of, read before anything is known of its sender.

    Whose keys to try is all that it decides; ``Manifest.parse`` reads it again once they hold. To parse a
    stranger's quarter of a megabyte of JSON would cost ten times what its signature does (protocol 7).

    Raises:
        MalformedError: not how a manifest begins.
    """
    match = _BEGINNING.match(text)
    if match is None:
        raise MalformedError("not a manifest", where="manifest", got=text[:100])
    return LogName.parse(match[1].decode())


def _place(value: Any, where: str) -> None:
    if not isinstance(value, list) or len(cast("list[Any]", value)) != 2:
        raise MalformedError("not a place of a body", where=where, expected="[index, ordinal]")
    number()(value[0], where)
    number()(value[1], where)


def _anything(value: Any, where: str) -> None:
    """Parts are checked when they are read, each by its kind."""


_SHAPE = Members(
    {
        "type": word(TYPE),
        "log": log_name,
        "of": log_name,
        "id": hexadecimal(32),
        "n": number(),
        "time": number(),
        "mine": number(),
        "have": Members({"size": number(), "root": hexadecimal(32)}),
    },
    {"answers": hexadecimal(32), "want": listing(_place, WANT_MAX), "parts": listing(_anything, PARTS_MAX)},
)


def verify(note: notes.Note, log: LogName, log_pair: PublicPair) -> None:
    """Prove that a manifest is from the author of its log (protocol 3: manifest lines bear the log's name).

    Raises:
        ForgedError: one of the two lines lacks or fails.
    """
    notes.require(note, notes.Signer(str(log), log_pair))
