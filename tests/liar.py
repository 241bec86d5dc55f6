"""The lying partner: it holds the true keys of a real partner, and says whatever it likes.

``Liar`` makes any pouch; nothing that it says is judged by its own node. ``Scene`` is where it lies: a victim
that knows it and a third party, all with texts in force. Every attack ends in one of two ways::

    scene.refused(data, ForgedError)      # our own error, and the victim is as it was
    scene.taken(data)                     # it counts for what it is; what it did is asked then

and after each, honest alerts pass in every direction of every pair (``scene.flows``): nothing else is
disturbed. The alerts are of a field that protects life.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mithaq.crypto.keys import SigningPair
from mithaq.crypto.notes import Note, NoteLine
from mithaq.domain.entry import Body, Entry
from mithaq.domain.handling import Handling
from mithaq.domain.moment import DAY
from mithaq.domain.party import LogName, Origin, Role
from mithaq.errors import PeerError
from mithaq.exchange.contents import Place
from mithaq.exchange.packing import Lane
from mithaq.exchange.pair import Draft
from mithaq.exchange.pouch import Content, _seal_manifest, part_of
from nodes import TEXT, A, B, Node, agree, alert, introduce, make_node, make_pair, settle
from pouches import (
    batch,
    body_part,
    cosignature,
    deliver,
    entries,
    forge,
    head,
    lie,
    lie_bytes,
    own,
    root_of,
    rows,
    snapshot,
)

C = Origin("spoc.interior-medan.example")
"""The third party, whom the victim knows too."""


@dataclass
class Liar:
    """A partner that lies to one other.

    Args:
        node: its whole node, with true keys.
        victim: to whom it lies.
    """

    node: Node
    victim: Node

    @property
    def log(self) -> LogName:
        """The liar's log for the victim."""
        return own(self.node, self.victim)

    @property
    def pair(self) -> SigningPair:
        """Its log pair."""
        return self.node.identity.log

    @property
    def said(self) -> list[bytes]:
        """Every entry of its log."""
        return entries(self.node, self.log)

    @property
    def heard(self) -> list[bytes]:
        """Every entry of the victim's log, as the liar holds it."""
        return entries(self.node, self.log.other)

    # --- entries ----------------------------------------------------------------------------------------

    def entry(self, kind: str, **members: Any) -> bytes:
        """Bytes of an entry of its log, judged by nobody and stored nowhere."""
        at = members.pop("at", self.node.identity.now())
        draft = Draft(members.pop("id", self.node.identity.random(16).hex()), kind, **members)
        return draft.entry(members.pop("log", self.log), at).data

    def alert(self, content: bytes = b"a lie", **members: Any) -> tuple[bytes, Callable[[int], Content]]:
        """An alert with one content: its entry, and its body's part once the entry has an index."""
        salt, entry_id = bytes(32), self.node.identity.random(16).hex()
        media, objects = members.pop("media", TEXT), members.pop("objects", 1)
        commit = Place(self.log, entry_id, 0).commit(media, salt, content)
        (text,) = self.node.service.agreements(self.victim.origin)
        now = members.get("at", self.node.identity.now())
        data = self.entry(
            **{
                "kind": "alert",
                "id": entry_id,
                "agreement": text.key,
                "field": "civil-protection",
                "facts": {"urgency": "immediate", "status": "exercise"},
                "handling": Handling("green"),
                "keep_until": now + 10 * DAY,
                "bodies": (Body(media, len(content), objects, commit),),
            }
            | members
        )
        return data, lambda index: body_part(index, 0, salt, content)

    def held(self, **changes: Any) -> bytes:
        """A ``held`` of all that it holds of the victim's log, but for the changes."""
        facts = {
            "of": str(self.log.other),
            "size": len(self.heard),
            "root": root_of(self.heard).hex(),
            "time": self.node.identity.now(),
        }
        return self.entry("held", facts=facts | changes)

    def enter(self, data: bytes) -> int:
        """Append any bytes to its own log, judged by nobody; gives their index."""
        return lie_bytes(self.node, self.victim, data)

    def enter_draft(self, draft: Draft, bodies: Sequence[Any] = ()) -> Entry:
        """Append a draft with its contents."""
        return lie(self.node, self.victim, draft, bodies).entry

    # --- parts ------------------------------------------------------------------------------------------

    def head(self, said: Sequence[bytes], *, pair: SigningPair | None = None) -> Content:
        """A head over these entries."""
        return head(self.log, said, pair or self.pair)

    def tells(self, *more: bytes) -> tuple[Content, Content]:
        """Head and entries: those of its log, and more that its own store does not have."""
        said = [*self.said, *more]
        return self.head(said), batch(said, len(said) - len(more))

    def cosignature(self, size: int, root: bytes, **changes: Any) -> Content:
        """Its mirror's lines over a head of the victim's log."""
        members = {
            "log": self.log.other,
            "name": f"{self.node.origin}/mirror",
            "pair": self.node.identity.mirror,
        } | changes
        return cosignature(members.pop("log"), size, root, members.pop("name"), **members)

    def note(self, note: Note) -> Content:
        """A card or a text."""
        return part_of("note", bytes(note))

    # --- pouches ----------------------------------------------------------------------------------------

    def pouch(self, *parts: Content, **changes: Any) -> bytes:
        """Any parts under any manifest (``pouches.forge``)."""
        return forge(self.node, self.victim, *parts, **changes)

    def under(self, note: Note) -> bytes:
        """A pouch with this note as its manifest, and an empty box."""
        public = self.node.service.partner(self.victim.origin).sealing
        return _seal_manifest(note, public, self.node.identity.random)[1] + bytes(16)


def in_role(pair: SigningPair, role: Role) -> SigningPair:
    """The keys of one role, used in another of the same parameters."""
    return SigningPair(role, pair.ed25519_seed, pair.ml_dsa_seed)


def spoiled(lines: Sequence[NoteLine]) -> list[NoteLine]:
    """The same lines with the last byte of each signature changed; times in front of them stay."""
    return [
        NoteLine(line.name, line.key_id, line.signature[:-1] + bytes([line.signature[-1] ^ 1]))
        for line in lines
    ]


@dataclass
class Scene:
    """Victim, liar and an honest third party; everybody has a text in force with the victim."""

    liar: Liar
    victim: Node
    third: Node

    @property
    def a(self) -> Node:
        """The liar's node, where it is honest."""
        return self.liar.node

    def refused(self, data: bytes, error: type[PeerError], match: str | None = None) -> None:
        """The victim refuses a pouch with our own error, is as it was, and everything flows on."""
        self.all_refused([data], error, match)

    def all_refused(self, pouches: Iterable[bytes], error: type[PeerError], match: str | None = None) -> None:
        """Likewise for several pouches, one after the other."""
        before = snapshot(self.victim, self.a)
        for data in pouches:
            with pytest.raises(error, match=match):
                deliver(self.victim, data)
            assert snapshot(self.victim, self.a) == before, "a refused pouch has left something"
        self.flows()

    def taken(self, data: bytes) -> None:
        """The victim takes a pouch for what it is."""
        deliver(self.victim, data)

    def says(self, data: bytes, *bodies: Callable[[int], Content]) -> int:
        """The liar says an entry that nobody has judged, with these bodies; gives its index."""
        index = len(self.liar.said)
        deliver(self.victim, self.liar.pouch(*self.liar.tells(data), *(body(index) for body in bodies)))
        assert self.liar.enter(data) == index
        return index

    def outcome(self, index: int) -> bytes:
        """What the victim's fold made of an entry of the liar."""
        return rows(self.victim, self.liar.log)[index].outcome

    def refusal(self, leaf: bytes) -> tuple[str, ...]:
        """The codes of the victim's verdict on an entry, as the liar has it too."""
        item = self.victim.service.item(A, leaf.hex())
        assert item.verdict == "refused"
        assert self.a.service.item(B, leaf.hex()).codes == item.codes
        assert not any(item.present), "what was refused is kept"
        return item.codes

    def flows(self) -> None:
        """Alerts in a field that protects life pass in every direction between all of them."""
        self.flows_between(self.a, self.victim)
        self.flows_past()

    def flows_past(self) -> None:
        """Likewise between the victim and the third party, who notices nothing."""
        self.flows_between(self.third, self.victim)
        assert self.victim.service.status(C).problem == ""

    @staticmethod
    def flows_between(one: Node, other: Node) -> None:
        """An alert each way; afterwards both have the same logs and records."""
        there = one.service.send(other.origin, alert("honest"))
        back = other.service.send(one.origin, alert("honest too"))
        settle(one, other, rounds=200)
        assert other.service.item(one.origin, there.leaf).verdict == "accepted"
        assert one.service.item(other.origin, back.leaf).verdict == "accepted"
        for author, reader in ((one, other), (other, one)):
            assert entries(author, own(author, reader)) == entries(reader, own(author, reader))
        assert one.service.record_lines(other.origin) == other.service.record_lines(one.origin)

    def fork_told(self) -> str:
        """The victim has stopped the liar's log, kept the evidence and says so; gives its digest."""
        problem = self.victim.service.status(A).problem
        assert problem.startswith("fork ")
        assert all(self.victim.service.pouch(A, lane) is None for lane in Lane)
        self.flows_past()
        return problem.removeprefix("fork ")

    def close(self) -> None:
        """Close every node."""
        for node in (self.a, self.victim, self.third):
            node.close()


def make_scene(directory: Path) -> Scene:
    """Three nodes that know each other, from nothing."""
    a, b = make_pair(directory)
    c = make_node(directory / "c", "c", C)
    introduce(c, b)
    settle(c, b)
    agree(c, b, origins=(C, B))
    return Scene(Liar(a, b), b, c)


def open_scene(directory: Path) -> Scene:
    """The same three from their directories; nobody has anything to say."""
    names = {"a": A, "b": B, "c": C}
    a, b, c = (make_node(directory / label, label, origin) for label, origin in names.items())
    settle(a, b)
    settle(c, b)
    return Scene(Liar(a, b), b, c)
