"""Two whole nodes in one process: real keys, real stores on disk, pouches as bytes from hand to hand."""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mithaq.audit.cards import CARD_NOTE_MAX
from mithaq.crypto.keyfiles import KeyFiles
from mithaq.crypto.notes import Note
from mithaq.demo.rabat import ORIGINS, rabat
from mithaq.domain.agreement import Agreement
from mithaq.domain.card import Card
from mithaq.domain.handling import Handling
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.party import Origin
from mithaq.errors import PeerError
from mithaq.exchange.authoring import Message
from mithaq.exchange.identity import Identity
from mithaq.exchange.packing import Lane
from mithaq.exchange.service import Outgoing, Service
from mithaq.exchange.signing import sign_agreement
from mithaq.store.engine import FILE_NAME
from mithaq.store.sqlite import SqliteStore, open_store
from signed_texts import Keys, card, keys

A, B = ORIGINS
TEXT = "text/plain;charset=utf-8"


@dataclass
class Clock:
    """A clock that a test moves; real time until it is first moved."""

    offset: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.offset


@dataclass
class Node:
    """One node and all that it is made of."""

    origin: Origin
    directory: Path
    keys: Keys
    identity: Identity
    store: SqliteStore
    service: Service
    clock: Clock = field(default_factory=Clock)
    label: str = ""

    def close(self) -> None:
        self.store.close()

    @property
    def fingerprint(self) -> str:
        return self.identity.card.fingerprint


def identity_of(
    directory: Path, owner: Keys, origin: Origin, clock: Callable[[], float], **changes: object
) -> Identity:
    kept = directory / "card.note"
    if not kept.exists():
        now = int(clock())
        until = Moment(now + 365 * DAY)
        mine = card(owner, origin, issued=Moment(now), valid_until=until, **changes)
        kept.write_bytes(bytes(owner.sign(mine)))
    note = Note.parse(kept.read_bytes(), limit=CARD_NOTE_MAX)
    files = KeyFiles(directory / "keyfiles", bytes(32), os.urandom)
    if f"sealing/{owner.sealing.id}" not in files.names("sealing"):
        files.create(f"sealing/{owner.sealing.id}", owner.sealing.seed)
    return Identity(Card.parse(note.text), note, owner.log, owner.mirror, files, clock, os.urandom)


def make_node(directory: Path, label: str, origin: Origin, **changes: object) -> Node:
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    (directory / "anchor").mkdir(exist_ok=True, mode=0o700)
    clock = Clock()
    owner = keys(label)
    who = identity_of(directory, owner, origin, clock, **changes)
    store = open_store(directory / "store", origin, anchor=directory / "anchor" / "heads", create=True)
    return Node(origin, directory, owner, who, store, Service(who, store), clock, label)


# --- backups ----------------------------------------------------------------------------------------------


def snapshot(node: Node) -> Path:
    """A backup of the node's store, made while it runs; its anchor and key files are in none."""
    backups = node.directory / "snapshots"
    backups.mkdir(exist_ok=True)
    kept = backups / str(len(list(backups.iterdir())))
    kept.mkdir()
    with (
        closing(sqlite3.connect(node.directory / "store" / FILE_NAME)) as source,
        closing(sqlite3.connect(kept / FILE_NAME)) as target,
    ):
        source.backup(target)
    return kept


def restore(node: Node, backup: Path, *, lost: Collection[str] = ()) -> Node:
    """Close a node, put a backup in the place of its store and open it again; gives the new one.

    Args:
        node: closed by this.
        backup: as ``snapshot`` gave it; it can be put back again.
        lost: key files that went with the disk: "sealing" for those announced in logs, "card" for the
            card's, "day" for those of contents.
    """
    node.close()
    shutil.rmtree(node.directory / "store")
    shutil.copytree(backup, node.directory / "store")
    node.directory.joinpath("store", FILE_NAME).chmod(0o600)
    fresh = make_node(node.directory, node.label, node.origin)
    fresh.clock.offset = node.clock.offset
    _lose(fresh, lost)
    return fresh


def _lose(node: Node, lost: Collection[str]) -> None:
    files, card_key = node.identity.files, f"sealing/{node.keys.sealing.id}"
    gone = [name for name in files.names("sealing") if name != card_key] if "sealing" in lost else []
    gone += [card_key] if "card" in lost else []
    gone += files.names("day") if "day" in lost else []
    for name in gone:
        files.destroy(name)


def reader(pieces: Iterable[bytes]) -> Callable[[int], bytes]:
    data, at = memoryview(b"".join(pieces)), 0

    def read(n: int) -> bytes:
        nonlocal at
        at += n
        return bytes(data[at - n : at])

    return read


def carry(sender: Node, receiver: Node, outgoing: Outgoing) -> None:
    """One pouch there, its answer back."""
    answer = receiver.service.receive(reader(outgoing.pieces))
    sender.service.answered(outgoing, reader(answer))


def settle(a: Node, b: Node, rounds: int = 50) -> int:
    """Carry pouches until nobody has anything to say; how many there were."""
    return _settle(a, b, rounds, carry)


def insist(a: Node, b: Node, rounds: int = 50) -> int:
    """The same with a courier's patience: what is refused counts as a 404 and is tried again."""
    return _settle(a, b, rounds, _carry_or_fail)


def _carry_or_fail(sender: Node, receiver: Node, outgoing: Outgoing) -> None:
    try:
        answer = receiver.service.receive(reader(outgoing.pieces))
    except PeerError:
        sender.service.failed(outgoing, 404)
        return
    try:
        sender.service.answered(outgoing, reader(answer))
    except PeerError:
        sender.service.failed(outgoing)


def _settle(a: Node, b: Node, rounds: int, carry: Callable[[Node, Node, Outgoing], None]) -> int:
    carried = 0
    for _ in range(rounds):
        quiet = True
        for sender, receiver in ((a, b), (b, a)):
            for lane in Lane:
                outgoing = sender.service.pouch(receiver.origin, lane)
                if outgoing:
                    quiet = False
                    carried += 1
                    carry(sender, receiver, outgoing)
        if quiet:
            return carried
    raise AssertionError("the nodes never settle")


def introduce(a: Node, b: Node) -> None:
    a.service.introduce(bytes(b.identity.card_note), b.fingerprint)
    b.service.introduce(bytes(a.identity.card_note), a.fingerprint)


def agree(a: Node, b: Node, **changes: object) -> Agreement:
    """Both authorities sign the sample text, both nodes activate it."""
    text = rabat(int(a.clock()), **changes).text()
    mine = sign_agreement(text, a.origin, a.keys.authority)
    theirs = sign_agreement(text, b.origin, b.keys.authority)
    name = a.service.propose(b.origin, bytes(mine))
    settle(a, b)
    b.service.cosign(bytes(theirs))
    b.service.activate(a.origin, name)
    settle(a, b)
    a.service.activate(b.origin, name)
    settle(a, b)
    return Agreement.parse(text)


def make_pair(directory: Path, urls: tuple[str, str] | None = None) -> tuple[Node, Node]:
    """Two nodes that know each other and have a text in force."""
    reach = [{"url": url} for url in urls] if urls else [{}, {}]
    a = make_node(directory / "a", "a", A, **reach[0])
    b = make_node(directory / "b", "b", B, **reach[1])
    introduce(a, b)
    settle(a, b)
    agree(a, b)
    return a, b


def alert(text: str = "flood", **changes: object) -> Message:
    members = {
        "kind": "alert",
        "field": "civil-protection",
        "contents": ((TEXT, text.encode()),),
        "handling": Handling("green"),
        "facts": {"urgency": "immediate", "status": "exercise"},
        "keep_days": 10,
    }
    return Message(**(members | changes))


def made(factory: Any, name: str, make: Callable[[Path], object]) -> Path:
    """The directory of closed nodes, made once for each process; once for many where MITHAQ_MADE is set."""
    kept = os.environ.get("MITHAQ_MADE")
    directory = Path(kept) / name if kept else factory.mktemp(name)
    if not kept or not directory.exists():
        directory.mkdir(parents=True, exist_ok=True)
        make(directory)
    return directory
