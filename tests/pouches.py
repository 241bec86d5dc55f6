"""Pouches by hand: as bytes that can be kept, repeated and reordered, and as a liar writes them.

A liar has a whole node with the keys of a real partner; it says what no honest node would say: entries that
nobody judged (``lie``), parts that fit nothing (``forge``), signatures of the wrong pair.
"""

import dataclasses
import hashlib
import time
from collections.abc import Sequence
from typing import Any

from mithaq.crypto.keys import SigningPair
from mithaq.domain import record
from mithaq.domain.entry import Entry
from mithaq.domain.moment import DAY
from mithaq.domain.outcome import Step
from mithaq.domain.party import LogName
from mithaq.exchange import contents, pouch
from mithaq.exchange.contents import Place
from mithaq.exchange.manifest import Manifest, Part
from mithaq.exchange.packing import Lane
from mithaq.exchange.pair import Draft, Logged, Pair, _row
from mithaq.exchange.ports import BodyKey, EntryRow
from mithaq.exchange.pouch import Content, part_of
from mithaq.exchange.service import GRACE, Outgoing
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.cosignature import cosign
from mithaq.tlog.head import sign_head
from mithaq.tlog.merkle import EMPTY_ROOT, Frontier
from nodes import Node, reader, settle


def own(node: Node, partner: Node) -> LogName:
    return LogName(node.origin, partner.origin)


def rows(node: Node, log: LogName) -> list[EntryRow]:
    return node.store.read(lambda tx: tx.logs.entries(log, 0, tx.logs.row(log).size))


def entries(node: Node, log: LogName) -> list[bytes]:
    return [row.data for row in rows(node, log)]


def root_of(said: Sequence[bytes]) -> bytes:
    leaves = [hashlib.sha256(b"\0" + data).digest() for data in said]
    return Frontier().append_many(leaves)[0].root() if leaves else EMPTY_ROOT


# --- honest pouches, as bytes -----------------------------------------------------------------------------


@dataclasses.dataclass
class Carried:
    """A pouch of an honest node on its way."""

    outgoing: Outgoing
    data: bytes


def pack(sender: Node, to: Node, lane: Lane = Lane.PROMPT) -> Carried:
    """The next pouch; there must be one."""
    outgoing = sender.service.pouch(to.origin, lane)
    assert outgoing, "there is nothing to say"
    return Carried(outgoing, b"".join(outgoing.pieces))


def poll(sender: Node, to: Node) -> Carried:
    outgoing = sender.service.poll(to.origin)
    return Carried(outgoing, b"".join(outgoing.pieces))


def deliver(receiver: Node, data: bytes) -> bytes:
    """Hand a pouch over; gives the answer."""
    return b"".join(receiver.service.receive(reader([data])))


def take_answer(sender: Node, carried: Carried, answer: bytes) -> None:
    sender.service.answered(carried.outgoing, reader([answer]))


def exchange(sender: Node, receiver: Node, lane: Lane = Lane.PROMPT) -> None:
    carried = pack(sender, receiver, lane)
    take_answer(sender, carried, deliver(receiver, carried.data))


# --- what a liar writes -----------------------------------------------------------------------------------


def manifest(liar: Node, reader: Node, **changes: Any) -> Manifest:
    """What an honest node would say now, but for the changes."""
    log = own(liar, reader)
    mine, theirs = entries(liar, log), entries(liar, log.other)
    members = {
        "log": log,
        "id": liar.identity.random(32).hex(),
        "n": liar.service._outbox(liar.service.partner(reader.origin)).next_n(liar.clock()),
        "time": int(time.time()),
        "mine": len(mine),
        "have": (len(theirs), root_of(theirs)),
    }
    return Manifest(**(members | changes))


def forge(
    liar: Node,
    to: Node,
    *parts: Content,
    pair: SigningPair | None = None,
    public: bytes = b"",
    **changes: Any,
) -> bytes:
    """A pouch with any parts, signed by any pair, sealed to the key that the reader expects."""
    public = public or liar.service.partner(to.origin).sealing
    sealed = pouch.write(
        manifest(liar, to, **changes), parts, pair or liar.identity.log, public, liar.identity.random
    )
    return b"".join(sealed.pieces)


def head(log: LogName, said: Sequence[bytes], pair: SigningPair) -> Content:
    return part_of("head", bytes(sign_head(Checkpoint(str(log), len(said), root_of(said)), pair, 1)))


def batch(said: Sequence[bytes], start: int) -> Content:
    return part_of("entries", pouch.pack_entries(said[start:]), start)


def log_parts(liar: Node, to: Node, *more: bytes) -> tuple[Content, Content]:
    """Head and entries of the liar's log with entries that its store does not have."""
    log = own(liar, to)
    said = [*entries(liar, log), *more]
    return head(log, said, liar.identity.log), batch(said, len(said) - len(more))


def cosignature(
    log: LogName, size: int, root: bytes, name: str, pair: SigningPair, *, time: int = 7
) -> Content:
    checkpoint = Checkpoint(str(log), size, root)
    lines = cosign(checkpoint, name, pair, time)
    return part_of("cosignature", checkpoint.text + b"\n" + b"".join(bytes(line) for line in lines))


def body_part(index: int, ordinal: int, salt: bytes, content: bytes) -> Content:
    data = salt + content
    return Content(Part("body", len(data), hashlib.sha256(data).hexdigest(), index, ordinal), lambda: data)


def draft_of(liar: Node, to: Node, *bodies: tuple[str, bytes], **changes: Any) -> tuple[Draft, list[Any]]:
    """A draft with contents sealed for the liar's store; nobody has judged it."""
    entry_id, now = liar.identity.random(16).hex(), liar.identity.now()
    (text,) = liar.service.agreements(to.origin)
    members = {
        "kind": "alert",
        "agreement": text.key,
        "field": "civil-protection",
        "facts": {"urgency": "immediate", "status": "exercise"},
        "keep_until": now + 10 * DAY,
    } | changes
    made = [
        contents.new(liar.identity, Place(own(liar, to), entry_id, ordinal), kind, content, now + DAY)
        for ordinal, (kind, content) in enumerate(bodies)
    ]
    draft = Draft(entry_id, **{"bodies": tuple(row for row, _ in made)} | members)
    return draft, [stored for _, stored in made]


def lie(liar: Node, to: Node, draft: Draft, bodies: Sequence[Any] = ()) -> Logged:
    """Append an entry and its contents as the liar's node, judged by nobody."""

    def work(tx: Any) -> Logged:
        said = Pair.of(tx, liar.identity, own(liar, to))
        entry = draft.entry(said.own, liar.identity.now())
        index = append(said, entry.data)
        for ordinal, body in enumerate(bodies):
            tx.bodies.put(BodyKey(said.own, index, ordinal), body)
        return Logged(entry, index)

    return liar.store.write(work)


def lie_bytes(liar: Node, to: Node, data: bytes) -> int:
    """Append any bytes; gives their index."""
    return liar.store.write(lambda tx: append(Pair.of(tx, liar.identity, own(liar, to)), data))


def append(pair: Pair, data: bytes) -> int:
    """What ``Pair.say`` does, but for its refusal."""
    step: Step = record.feed(pair.origins, pair.state, data, pair)
    index = pair.state.size
    pair._said.append(_row(index, data, step))
    pair._keep(pair.side, step)
    return index


# --- what must be equal in the end ------------------------------------------------------------------------


def come_to_rest(a: Node, b: Node) -> None:
    """Let answers that never arrived be given up, carry everything, and compare."""
    for node in (a, b):
        node.clock.offset += GRACE + 1
    settle(a, b, rounds=200)
    check_equal(a, b)


def check_equal(a: Node, b: Node) -> None:
    """Logs, mirrors and records are the same, and every exchange entry has exactly one verdict."""
    for author, partner in ((a, b), (b, a)):
        log = own(author, partner)
        assert entries(author, log) == entries(partner, log)
    lines = a.service.record_lines(b.origin)
    assert lines == b.service.record_lines(a.origin)
    for author, partner in ((a, b), (b, a)):
        log = own(author, partner)
        verdicts = [Entry.parse(row.data) for row in rows(author, log.other) if row.kind == "verdict"]
        judged = [leaf for verdict in verdicts for leaf in verdict.re]
        assert len(set(judged)) == len(judged), "judged twice"
        for item in author.service.sent(partner.origin, limit=10_000):
            assert item.leaf in judged, "never judged"


def snapshot(node: Node, partner: Node) -> tuple[Any, ...]:
    """Everything that a refused pouch must leave as it was."""
    known = node.service.partner(partner.origin)
    return (
        node.service.status(partner.origin),
        node.service.record_lines(partner.origin),
        dataclasses.replace(known),
        node.store.read(lambda tx: tx.logs.newest_cosignature(known.own)),
        node.store.read(lambda tx: tx.bodies.present(known.mirror, 0, 10_000)),
        node.store.read(lambda tx: tx.bodies.wanted(known.mirror, 1_000)),
        sorted(node.identity.files.names("sealing")),
    )
