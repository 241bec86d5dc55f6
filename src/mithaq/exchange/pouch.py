"""The pouch: one sealed thing that carries everything, over HTTPS or as a file (protocol section 7).

::

    "mithaq-pouch/1" 0A 00 | SHA-256(sealing key) | u32 length | HPKE(K | u32 length | manifest | zeros)
    | box 0 | box 1 | …

``write`` gives the bytes piece by piece, ``open_pouch`` reads them from any ``read(n)``. The manifest comes
first and is opened, and verified by the caller, before anything after it is read; then one part at a time:
memory is one part. Nothing here knows a store, a network or what a part means.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from mithaq.crypto import sealing
from mithaq.crypto.keys import SealingKey, SigningPair
from mithaq.crypto.notes import Note
from mithaq.errors import ForgedError, LimitError, MalformedError
from mithaq.exchange.manifest import NOTE_MAX, PARTS_MAX, Manifest, Part, claimed_log
from mithaq.exchange.ports import Random

MAGIC = b"mithaq-pouch/1\n\0"
POUCH_MAX = 64 * 2**20
"""Bytes of a pouch: a reader on a slow line gets it in minutes; larger backlogs are several (protocol 7)."""
MANIFEST_STEP = 4096
"""A sealed manifest is a multiple of this, so that its length tells little (protocol 7)."""
MANIFEST_MAX = 256 * 1024
"""Bytes of a sealed manifest: what a stranger can make a node read."""
POUCH_ENTRIES_MAX = 4_000
"""Entries in one pouch: four full batches; 16 MiB of the smallest would keep a fold busy for minutes."""
HEADER_SIZE = len(MAGIC) + 32 + 4
K_SIZE = 32

Read = Callable[[int], bytes]
"""``read(n)`` gives n bytes, fewer only at the end."""


@dataclass(frozen=True, slots=True)
class Content:
    """A part to be sent: its row, and where its bytes come from when its turn comes."""

    part: Part
    load: Callable[[], bytes]


def part_of(kind: str, data: bytes, index: int | None = None) -> Content:
    """A part whose bytes are at hand."""
    return Content(Part(kind, len(data), hashlib.sha256(data).hexdigest(), index), lambda: data)


def hpke_info(key_id: bytes) -> bytes:
    """What the seal is bound to: the sealing key's SHA-256."""
    return b"mithaq/1 pouch\n" + key_id


def sealed_size(parts: Sequence[Part]) -> int:
    """Bytes of the boxes of these parts."""
    return sum(part.size + sealing.TAG_SIZE for part in parts)


def _seal_manifest(note: Note, public: bytes, random: Random) -> tuple[bytes, bytes]:
    """K, and header with sealed manifest."""
    data, key_id, k = bytes(note), hashlib.sha256(public).digest(), random(K_SIZE)
    clear = k + len(data).to_bytes(4) + data
    size = len(clear) + sealing.SEAL_OVERHEAD
    room = -(-size // MANIFEST_STEP) * MANIFEST_STEP
    if room > MANIFEST_MAX:
        raise LimitError("the manifest is too long", expected=f"{MANIFEST_MAX} bytes", got=room)
    sealed = sealing.seal(public, hpke_info(key_id), clear + bytes(room - size))
    return k, MAGIC + key_id + room.to_bytes(4) + sealed


@dataclass(frozen=True, slots=True)
class Sealed:
    """A pouch that is ready to go: its length in bytes, and the pieces when they are asked for."""

    manifest: Manifest
    size: int
    pieces: Iterator[bytes]


def write(
    manifest: Manifest, contents: Sequence[Content], pair: SigningPair, public: bytes, random: Random
) -> Sealed:
    """Seal a pouch.

    Args:
        manifest: without parts; they are filled in here, with zeros up to a Padmé length.
        contents: the parts in order.
        pair: the sender's log pair.
        public: the reader's sealing key.
        random: draws K.

    Raises:
        LimitError: more parts, or more bytes, than a pouch may have.
    """
    parts = tuple(content.part for content in contents)
    zeros = _padding(parts)
    filled = replace(manifest, parts=(*parts, Part("zeros", zeros)))
    if len(filled.parts) > PARTS_MAX:
        raise LimitError(
            "too many parts in one pouch", expected=f"{PARTS_MAX} at most", got=len(filled.parts)
        )
    k, head = _seal_manifest(filled.sign(pair), public, random)
    size = len(head) + sealed_size(filled.parts)
    if size > POUCH_MAX:
        raise LimitError("the pouch is too large", expected=f"{POUCH_MAX} bytes", got=size)
    return Sealed(filled, size, _pieces(head, k, contents, zeros))


def _padding(parts: Sequence[Part]) -> int:
    """Zeros that bring the boxes to a Padmé length; the manifest is padded by itself."""
    size = sealed_size(parts) + sealing.TAG_SIZE
    return sealing.padme(size) - size


def _pieces(head: bytes, k: bytes, contents: Sequence[Content], zeros: int) -> Iterator[bytes]:
    yield head
    for i, content in enumerate(contents):
        yield sealing.box(k, i, content.load())
    yield sealing.box(k, len(contents), bytes(zeros))


def _exactly(read: Read, size: int, what: str) -> bytes:
    data = read(size)
    if len(data) != size:
        raise MalformedError("the pouch ends too early", where=what, expected=f"{size} bytes", got=len(data))
    return data


class OpenPouch:
    """A pouch whose manifest has been opened, and not yet verified.

    Args:
        note: the signed manifest.
        to: SHA-256 of the sealing key that it is sealed to, in hex.
        size: bytes read so far.
        k: the key of the boxes.
        read: gives what follows.

    Raises:
        MalformedError: it does not begin as a manifest does.
    """

    def __init__(self, note: Note, to: str, size: int, k: bytes, read: Read) -> None:
        self.note = note
        self.log = claimed_log(note.text)
        """The log that it claims to be of: all that is read before its signatures."""
        self.to = to
        self._size = size
        self._k = k
        self._read = read

    @cached_property
    def manifest(self) -> Manifest:
        """What it says; to be asked for after verification.

        Raises:
            MalformedError: not a manifest, or its parts are out of order.
            LimitError: the whole is larger than allowed.
        """
        manifest = Manifest.parse(self.note.text)
        _check_size(manifest, self._size)
        return manifest

    @property
    def log_bytes(self) -> int:
        """Bytes of entries and notes in it, which are kept for ever; to be asked for after verification."""
        return sum(part.size for part in self.manifest.parts if part.kind in {"entries", "note"})

    def parts(self) -> Iterator[tuple[Part, bytes]]:
        """Each part with its bytes, in order, zeros left out; to be called once, after verification.

        Raises:
            MalformedError: the pouch ends too early, or goes on after its last part.
            ForgedError: a box does not open, or its bytes are not those of the manifest.
        """
        for i, part in enumerate(self.manifest.parts):
            box = _exactly(self._read, part.size + sealing.TAG_SIZE, f"part {i}")
            data = sealing.unbox(self._k, i, box)
            if part.kind == "zeros":
                continue
            if hashlib.sha256(data).hexdigest() != part.sha256:
                raise ForgedError(
                    "a part is not what the manifest says", where=f"part {i}", expected=part.sha256
                )
            yield part, data
        if self._read(1):
            raise MalformedError("bytes after the last part", where="pouch")


def open_pouch(read: Read, keys: Callable[[str], SealingKey]) -> OpenPouch:
    """Read the header and open the sealed manifest; what it says is read once its sender is known.

    Args:
        read: gives the pouch's bytes.
        keys: gives the sealing key with this SHA-256 (hex); raises KeyStoreError where there is none.

    Raises:
        MalformedError: not a pouch.
        LimitError: the manifest is larger than allowed.
        ForgedError: the manifest does not open.
        KeyStoreError: sealed to no key of ours.
    """
    header = _exactly(read, HEADER_SIZE, "header")
    if not header.startswith(MAGIC):
        raise MalformedError("not a pouch", where="header", expected=repr(MAGIC), got=header[: len(MAGIC)])
    key_id, room = header[len(MAGIC) : len(MAGIC) + 32], int.from_bytes(header[-4:])
    if room % MANIFEST_STEP or not MANIFEST_STEP <= room <= MANIFEST_MAX:
        raise LimitError(
            "a sealed manifest of a wrong length", expected=f"up to {MANIFEST_MAX} bytes", got=room
        )
    key = keys(key_id.hex())
    clear = sealing.open_sealed(key, hpke_info(key_id), _exactly(read, room, "manifest"))
    note = _unpad(clear)
    return OpenPouch(note, key_id.hex(), HEADER_SIZE + room, clear[:K_SIZE], read)


def _unpad(clear: bytes) -> Note:
    start = K_SIZE + 4
    size = int.from_bytes(clear[K_SIZE:start])
    rest = clear[start + size :]
    if start + size > len(clear) or rest.count(0) != len(rest):
        raise MalformedError("a manifest is followed by zeros only", where="manifest", got=size)
    return Note.parse(clear[start : start + size], limit=NOTE_MAX)


def _check_size(manifest: Manifest, head: int) -> None:
    size = head + sealed_size(manifest.parts)
    if size > POUCH_MAX:
        raise LimitError("the pouch is too large", expected=f"{POUCH_MAX} bytes", got=size)
    kinds = [part.kind for part in manifest.parts]
    if (
        kinds.count("zeros") != 1
        or kinds[-1] != "zeros"
        or any(kinds.count(kind) > 1 for kind in ("head", "entries", "yours"))
    ):
        raise MalformedError(
            "parts out of order", where="parts", expected="one head, one entries, one yours, zeros last"
        )


def pack_entries(entries: Sequence[bytes]) -> bytes:
    """Entries as one part: u16 length and bytes of each."""
    return b"".join(len(entry).to_bytes(2) + entry for entry in entries)


def unpack_entries(data: bytes) -> list[bytes]:
    """The entries of a part.

    Raises:
        MalformedError: it ends within an entry.
        LimitError: more than ``POUCH_ENTRIES_MAX``.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 2])
        entry = data[at + 2 : at + 2 + size]
        if len(entry) != size or at + 2 > len(data):
            raise MalformedError("entries are cut short", where="entries", got=f"byte {at} of {len(data)}")
        if len(entries) == POUCH_ENTRIES_MAX:
            raise LimitError("too many entries in one pouch", expected=f"{POUCH_ENTRIES_MAX} at most")
        entries.append(entry)
        at += 2 + size
    return entries
