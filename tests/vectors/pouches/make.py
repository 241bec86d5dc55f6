"""Makes the pouches beside it, most of which must be refused.

    PYTHONPATH=tests python tests/vectors/pouches/make.py

A case is a function whose docstring becomes the case's README; it returns the pouch. All keys come from fixed
labels (``tests/signed_texts.py``). Pouches that the project would not write are put together by hand.
"""

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from mithaq.crypto import notes, sealing
from mithaq.crypto.keys import SigningPair
from mithaq.crypto.notes import Note
from mithaq.domain.party import LogName
from mithaq.exchange import pouch
from mithaq.exchange.manifest import Manifest, Part
from mithaq.exchange.pouch import MAGIC, MANIFEST_STEP, Content, pack_entries, part_of
from signed_texts import NOW, A, B, keys, seed

HERE = Path(__file__).parent
KA, KB, EVE = keys("a"), keys("b"), keys("eve")
LOG = LogName(A, B)
K = seed("the key of the boxes")
MANIFEST = Manifest(
    log=LOG,
    id=seed("pouch").hex(),
    n=NOW * 1_000_000,
    time=NOW,
    mine=9,
    have=(4, seed("root")),
    answers=seed("asked").hex(),
    want=((1, 0), (3, 2)),
)
ENTRIES = (b'{"first":1}', b'{"second":2}')
BODY = bytes(range(32)) + b"flood"
CONTENTS = (
    part_of("head", b"head"),
    part_of("entries", pack_entries(ENTRIES), 7),
    Content(Part("body", len(BODY), hashlib.sha256(BODY).hexdigest(), 8, 0), lambda: BODY),
    part_of("note", b"note"),
)
LOADED = tuple(content.load() for content in CONTENTS)
PARTS = (*(content.part for content in CONTENTS), Part("zeros", 20))

CASES: dict[str, tuple[Callable[[], bytes], str | None]] = {}


def case(error: str | None) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    def add(make: Callable[[], bytes]) -> Callable[[], bytes]:
        CASES[make.__name__.replace("_", "-")] = (make, error)
        return make

    return add


def sealed_head(
    note: bytes,
    *,
    public: bytes = KB.sealing.public,
    named: bytes = KB.sealing.public,
    length: int | None = None,
    room: int = 0,
    tail: bytes = b"",
    info: bytes = b"mithaq/1 pouch\n",
) -> bytes:
    """Header and sealed manifest, with any lie in them."""
    key_id = hashlib.sha256(named).digest()
    clear = K + (len(note) if length is None else length).to_bytes(4) + note + tail
    size = len(clear) + sealing.SEAL_OVERHEAD
    room = room or -(-size // MANIFEST_STEP) * MANIFEST_STEP
    body = sealing.seal(public, info + key_id, clear + bytes(room - size))
    return MAGIC + key_id + room.to_bytes(4) + body


def signed(text: bytes, pair: SigningPair = KA.log, name: str = str(LOG)) -> bytes:
    return bytes(Note(text, notes.sign(text, name, pair)))


def boxes(parts: Sequence[bytes] = (*LOADED, bytes(20)), order: Sequence[int] = ()) -> bytes:
    nonces = order or range(len(parts))
    return b"".join(sealing.box(K, i, data) for i, data in zip(nonces, parts, strict=True))


def text(parts: Sequence[Part] = PARTS, **changes: object) -> bytes:
    return dataclasses.replace(MANIFEST, parts=tuple(parts), **changes).text()


def by_hand(parts: Sequence[Part] = PARTS, data: Sequence[bytes] = (*LOADED, bytes(20))) -> bytes:
    return sealed_head(signed(text(parts))) + boxes(data)


def good() -> bytes:
    written = pouch.write(MANIFEST, CONTENTS, KA.log, KB.sealing.public, lambda size: K[:size])
    return b"".join(written.pieces)


# What opens


@case(None)
def everything() -> bytes:
    """A head, entries, a content, a note, and zeros."""
    return good()


@case(None)
def a_question() -> bytes:
    """Nothing but the manifest: it asks."""
    written = pouch.write(MANIFEST, (), KA.log, KB.sealing.public, lambda size: K[:size])
    return b"".join(written.pieces)


# Header and seal


@case("MalformedError")
def other_magic() -> bytes:
    """A pouch of a version that does not exist yet."""
    return good().replace(b"mithaq-pouch/1", b"mithaq-pouch/2", 1)


@case("KeyStoreError")
def sealed_to_somebody_else() -> bytes:
    """Named for, and sealed to, a key that the reader does not have."""
    return sealed_head(signed(text()), public=EVE.sealing.public, named=EVE.sealing.public) + boxes()


@case("ForgedError")
def named_for_us_sealed_to_another() -> bytes:
    """The header names the reader's key, the seal is for another."""
    return sealed_head(signed(text()), public=EVE.sealing.public) + boxes()


@case("ForgedError")
def sealed_for_another_use() -> bytes:
    """Sealed to the right key, bound to another ``info``."""
    return sealed_head(signed(text()), info=b"mithaq/1 other\n") + boxes()


@case("ForgedError")
def seal_changed() -> bytes:
    """One bit of the sealed manifest."""
    data = bytearray(good())
    data[pouch.HEADER_SIZE + 2_000] ^= 1
    return bytes(data)


@case("LimitError")
def manifest_length_zero() -> bytes:
    """A sealed manifest of no bytes."""
    data = good()
    return data[: pouch.HEADER_SIZE - 4] + bytes(4) + data[pouch.HEADER_SIZE :]


@case("LimitError")
def manifest_length_off_step() -> bytes:
    """A sealed manifest whose length is no multiple of 4 KiB, but otherwise good."""
    return sealed_head(signed(text()), room=4096 * 2 + 16) + boxes()


@case("LimitError")
def manifest_length_oversize() -> bytes:
    """A sealed manifest of 260 KiB is announced; not a byte of it may be read."""
    data = good()
    return data[: pouch.HEADER_SIZE - 4] + (260 * 1024).to_bytes(4) + data[pouch.HEADER_SIZE :]


@case("MalformedError")
def manifest_length_inside_past_the_end() -> bytes:
    """The length inside the seal is larger than what is there."""
    return sealed_head(signed(text()), length=2**32 - 1) + boxes()


@case("MalformedError")
def manifest_followed_by_something() -> bytes:
    """A byte that is not zero behind the manifest: a place to hide things."""
    return sealed_head(signed(text()), tail=b"\0\0x") + boxes()


# Manifest


@case("ForgedError")
def signed_by_a_stranger() -> bytes:
    """Signed by a pair that is not the log pair of its author."""
    return sealed_head(signed(text(), EVE.log)) + boxes()


@case("ForgedError")
def signed_by_the_mirror_pair() -> bytes:
    """Signed by the author's other pair: one pair serves one role."""
    return sealed_head(signed(text(), KA.mirror)) + boxes()


@case("ForgedError")
def signed_for_another_log() -> bytes:
    """The lines bear the name of another log of the author."""
    return sealed_head(signed(text(), name=str(LogName(A, B, 2)))) + boxes()


@case("ForgedError")
def signed_another_text() -> bytes:
    """The signatures of another manifest of the same author."""
    other = notes.sign(text(mine=10), str(LOG), KA.log)
    return sealed_head(bytes(Note(text(), other))) + boxes()


@case("MalformedError")
def manifest_unknown_part() -> bytes:
    """A part of a kind that this version does not know."""
    return sealed_head(signed(text().replace(b'"kind":"note"', b'"kind":"nose"'))) + boxes()


@case("MalformedError")
def manifest_part_of_a_list() -> bytes:
    """The kind of a part is a list, which no table can look up."""
    return sealed_head(signed(text().replace(b'"kind":"note"', b'"kind":["note"]'))) + boxes()


@case("MalformedError")
def manifest_of_two_pairs() -> bytes:
    """``of`` is not the partner's log of the same number."""
    other = b'"of":"%s"' % str(LogName(B, A, 2)).encode()
    return sealed_head(signed(text().replace(b'"of":"%s"' % str(LOG.other).encode(), other))) + boxes()


@case("LimitError")
def pouch_of_65_mib() -> bytes:
    """The parts come to more than 64 MiB; none of them may be read."""
    claims = [Part("body", 32 * 2**20, "00" * 32, 0, ordinal) for ordinal in range(2)]
    return by_hand((*claims, Part("zeros", 2**20)), ())


@case("MalformedError")
def part_of_33_mib() -> bytes:
    """One part is larger than any of its kind may be."""
    return by_hand((Part("body", 33 * 2**20, "00" * 32, 0, 0), Part("zeros", 0)), ())


@case("MalformedError")
def two_heads() -> bytes:
    """Which of the two counts?"""
    head = PARTS[0]
    return by_hand((head, head, Part("zeros", 0)), (LOADED[0], LOADED[0], b""))


@case("MalformedError")
def zeros_before_the_end() -> bytes:
    """Zeros in the middle, a part after them."""
    return by_hand((Part("zeros", 20), PARTS[0]), (bytes(20), LOADED[0]))


@case("MalformedError")
def without_zeros() -> bytes:
    """No zeros at all: its length would tell the size of what it carries."""
    return by_hand(PARTS[:-1], LOADED)


# Parts


@case("ForgedError")
def box_changed() -> bytes:
    """One bit in the last box, which holds nothing but zeros."""
    data = bytearray(good())
    data[-1] ^= 1
    return bytes(data)


@case("ForgedError")
def boxes_swapped() -> bytes:
    """Two boxes of one length have changed places."""
    head = sealed_head(signed(text((PARTS[0], PARTS[3], Part("zeros", 0)))))
    return head + boxes((LOADED[3], LOADED[0], b""), (1, 0, 2))


@case("ForgedError")
def part_of_another_hash() -> bytes:
    """The second part is sealed well, and is not what the manifest says."""
    return by_hand(PARTS, (LOADED[0], LOADED[1][:-1] + b"x", *LOADED[2:], bytes(20)))


@case("MalformedError")
def truncated() -> bytes:
    """The last byte is missing."""
    return good()[:-1]


@case("MalformedError")
def truncated_in_the_header() -> bytes:
    """Forty bytes."""
    return good()[:40]


@case("MalformedError")
def trailing_byte() -> bytes:
    """One byte after the last box."""
    return good() + b"\0"


def main() -> None:
    public = {"ed25519": KA.log.public.ed25519.hex(), "ml_dsa": KA.log.public.ml_dsa.hex()}
    shared = {"log": public, "sealing_seed": KB.sealing.seed.hex()}
    (HERE / "keys.json").write_text(json.dumps(shared, indent=1) + "\n")
    for name, (make, error) in CASES.items():
        folder = HERE / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / "README.md").write_text(f"# {name}\n\n{make.__doc__}\n")
        (folder / "case.json").write_text(json.dumps({"error": error}) + "\n")
        (folder / "pouch").write_bytes(make())


if __name__ == "__main__":
    main()
