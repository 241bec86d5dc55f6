"""Pouches and what is in them (protocol 7): the envelope, the manifest, parts, entries, both logs folded."""

import hashlib
import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from fuzz.target import target
from fuzz.texts import KINDS, MEMBERS, files
from mithaq.crypto.keys import SealingKey
from mithaq.crypto.sealing import SEAL_OVERHEAD, seal
from mithaq.demo.rabat import rabat
from mithaq.domain.replay import fold_logs
from mithaq.errors import KeyStoreError, PeerError
from mithaq.exchange.manifest import LIMITS, Manifest, Part, claimed_log
from mithaq.exchange.manifest import verify as verify_manifest
from mithaq.exchange.pouch import (
    MAGIC,
    MANIFEST_STEP,
    Content,
    hpke_info,
    open_pouch,
    pack_entries,
    part_of,
    unpack_entries,
)
from mithaq.exchange.yours import Yours
from nodes import A, B, Node, alert, make_node, make_pair, settle
from pair import PAIR, Talk, make_text, roots_at
from pouches import cosignature, deliver, entries, forge, head, lie_bytes, own, root_of
from signed_texts import keys
from vectors.pouches.make import LOADED, MANIFEST, PARTS

KA, KB = keys("a"), keys("b")
K = bytes(range(32))


def key_of(name: str) -> SealingKey:
    if name != KB.sealing.id:
        raise KeyStoreError("no such key", where=name)
    return KB.sealing


def _manifests() -> Iterator[bytes]:
    yield MANIFEST.text()
    yield Manifest(MANIFEST.log, MANIFEST.id, 1, 1, 0, parts=PARTS).text()


@target(
    "exchange.manifest.Manifest.parse",
    "exchange.manifest.Part.parse",
    "exchange.manifest.claimed_log",
    seeds=_manifests,
    words=LIMITS,
)
def manifest(data: bytes) -> None:
    parsed = Manifest.parse(data)
    assert parsed.text() == data
    assert claimed_log(data) == parsed.log


@target(
    "exchange.pouch.open_pouch",
    "crypto.sealing.open_sealed",
    seeds=lambda: files("pouches/*/pouch"),
    refusals=(PeerError, KeyStoreError),
    words=(MAGIC.decode(),),
)
def pouch(data: bytes) -> None:
    """A whole pouch: without the key nobody gets past the seal, so this is about the envelope."""
    opened = open_pouch(io.BytesIO(data).read, key_of)
    list(opened.parts())


def _insides() -> Iterator[bytes]:
    note = bytes(Manifest(MANIFEST.log, MANIFEST.id, 1, 1, 0, parts=PARTS).sign(KA.log))
    yield len(note).to_bytes(4) + note
    yield len(note).to_bytes(4) + note + bytes(9)


@target("exchange.pouch.open_pouch", "exchange.manifest.verify", seeds=_insides, longest=2**18 - 4_096)
def pouch_inside(data: bytes) -> None:
    """What stands in a seal that opens: length, manifest, zeros."""
    key_id = hashlib.sha256(KB.sealing.public).digest()
    room = -(-(32 + len(data) + SEAL_OVERHEAD) // MANIFEST_STEP) * MANIFEST_STEP
    clear = K + data
    sealed = seal(KB.sealing.public, hpke_info(key_id), clear + bytes(room - SEAL_OVERHEAD - len(clear)))
    opened = open_pouch(io.BytesIO(MAGIC + key_id + room.to_bytes(4) + sealed).read, key_of)
    log = claimed_log(opened.note.text)
    verify_manifest(opened.note, log, KA.log.public)
    assert opened.manifest.log == log, "whose keys were tried is whose pouch it is"
    assert opened.manifest.text() == opened.note.text


@target(
    "exchange.pouch.unpack_entries",
    seeds=lambda: [pack_entries([b"{}", b"", b"x" * 300]), LOADED[1]],
    longest=20_000,
)
def entries_part(data: bytes) -> None:
    assert pack_entries(unpack_entries(data)) == data


def _lost() -> Iterator[bytes]:
    note = next(files("notes/*/note"))
    yield len(note).to_bytes(4) + note + pack_entries([b"{}", b"x" * 300])


@target("exchange.yours.Yours.parse", seeds=_lost, longest=70_000)
def yours_part(data: bytes) -> None:
    assert Yours.parse(0, data).pack() == data


# --- a whole node ------------------------------------------------------------------------------------------


class Bench:
    """Two nodes with a text in force; whatever a pouch changed is undone before the next."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._root = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="mithaq-fuzz-")))
        nodes = make_pair(self._root / "made")
        nodes[0].service.send(B, alert("seed"))
        settle(*nodes)
        for node in nodes:
            node.close()
        self._nodes: tuple[Node, Node] | None = None

    def nodes(self) -> tuple[Node, Node]:
        """Both nodes as they were made."""
        if self._nodes is None:
            place = self._root / "used"
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(self._root / "made", place)
            self._nodes = make_node(place / "a", "a", A), make_node(place / "b", "b", B)
        return self._nodes

    def used(self) -> None:
        """What is there now is no longer what was made."""
        for node in self._nodes or ():
            node.close()
        self._nodes = None


@cache
def bench() -> Bench:
    return Bench()


def chunks(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Pieces of an input: one byte, a u16 length, as many bytes as there are."""
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at + 1 : at + 3])
        yield data[at], data[at + 3 : at + 3 + size]
        at += 3 + size


def chunk(kind: int, data: bytes) -> bytes:
    return bytes([kind]) + len(data).to_bytes(2) + data


PART_KINDS = ("head", "entries", "note", "cosignature", "body", "say", "genuine")


def _parts() -> Iterator[bytes]:
    a, b = bench().nodes()
    said, log = entries(a, own(a, b)), own(a, b)
    for data in said:
        yield chunk(5, data) + chunk(6, b"")
    yield chunk(0, head(log, said, a.identity.log).load()) + chunk(1, pack_entries(said[1:]))
    root = root_of(entries(b, own(b, a))[:1])
    yield chunk(3, cosignature(own(b, a), 1, root, f"{A}/mirror", a.identity.mirror).load())
    yield chunk(4, bytes(32) + b"seed")
    yield chunk(2, bytes(a.identity.card_note)) + chunk(2, rabat(1).text())


@target(
    "exchange.service.Service.receive",
    "exchange.delivery.Unpacking.unpack",
    "exchange.intake.Intake.take",
    "exchange.intake.verify",
    "tlog.mirror.advance",
    seeds=_parts,
    words=(*KINDS, *MEMBERS),
    examples=20,
)
def delivery(data: bytes) -> None:
    """A partner signs and seals any parts: a real node takes them, or raises PeerError and is as before."""
    a, b = bench().nodes()
    log, parts, fresh = own(a, b), list[Content](), 0
    for kind, piece in list(chunks(data))[:8]:
        match PART_KINDS[kind % len(PART_KINDS)]:
            case "say":
                lie_bytes(a, b, piece)
                fresh += 1
            case "genuine":
                said = entries(a, log)
                parts += [
                    head(log, said, a.identity.log),
                    part_of("entries", pack_entries(said[-fresh:]), len(said) - fresh),
                ]
            case "entries":
                parts.append(part_of("entries", piece, 1))
            case "body":
                row = Part("body", len(piece), hashlib.sha256(piece).hexdigest(), 4, 0)
                parts.append(Content(row, lambda piece=piece: piece))
            case name:
                parts.append(part_of(name, piece))
    before = b.service.status(A)
    try:
        deliver(b, forge(a, b, *parts))
    except PeerError:
        assert b.service.status(A) == before or b.service.partner(A).problem
        raise
    finally:
        if fresh or b.service.status(A) != before:
            bench().used()


# --- both logs ---------------------------------------------------------------------------------------------


@cache
def _talk() -> Talk:
    """A history with one of each kind."""
    talk = Talk()
    text = talk.begin()
    for side in (0, 1):
        talk.say(side, "keys", facts={"sealing": "cd" * 1_216})
        talk.append(side, talk.share(side, text, "alert").data)
        asked = talk.append(side, talk.share(side, text, "request").data).ref
        talk.hold(1 - side, missing=[{"from": 4, "to": 5, "reason": "absent"}])
        assert asked
        talk.append(1 - side, talk.reply(1 - side, text, asked.leaf, 1).data)
        talk.verdict(1 - side, asked.leaf)
        talk.hold(1 - side, came=[{"from": 4, "to": 5}])
        talk.sync()
    later = make_text(2, text)
    for side in (0, 1):
        talk.activate(side, later, "propose")
        talk.activate(side, later)
    return talk


def _histories() -> Iterator[bytes]:
    logs = _talk().logs
    for first, second in ((len(logs[0]), len(logs[1])), (3, 3), (8, 8), (0, 5)):
        yield b"\n\n".join((b"\n".join(logs[0][:first]), b"\n".join(logs[1][:second])))


@target(
    "domain.replay.fold_logs", "domain.record.feed", seeds=_histories, refusals=(), words=(*KINDS, *MEMBERS)
)
def fold(data: bytes) -> None:
    """Two logs of any lines: every one has an outcome, and the record can be written."""
    first, _, second = data.partition(b"\n\n")
    logs = first.split(b"\n"), second.split(b"\n")
    record = fold_logs(PAIR, *logs, _talk().notes, roots_at)
    assert [len(steps) for steps in record.steps] == [len(log) for log in logs]
    assert list(record.lines())
