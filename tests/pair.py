"""Two parties, their cards and texts, and a simulated pair of logs for tests of the domain.

``Talk`` writes both logs as two honest nodes would: an entry by either side, a delivery in either direction.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from mithaq.domain.agreement import Agreement
from mithaq.domain.card import Card
from mithaq.domain.declaration import Declaration, Declared
from mithaq.domain.entry import Body, Entry, leaf_hash
from mithaq.domain.handling import Handling
from mithaq.domain.instrument import Instrument
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.outcome import LogState, Step
from mithaq.domain.party import Origin, PublicPair, origin
from mithaq.domain.party_table import PartyTable
from mithaq.domain.profile import Common, Limit, Refusal, RequestProfile, Urgency
from mithaq.domain.record import feed
from mithaq.domain.replay import Memory
from mithaq.domain.sight import Pair, log_name
from mithaq.domain.terms import DataClass, FieldTerms, Onward
from mithaq.domain.texts import UtcOffset
from mithaq.tlog.merkle import Frontier

NOW = 1_800_000_000
PAIR: Pair = (origin("spoc.interior-atlas.example"), origin("spoc.interior-lindmark.example"))
TITLE = {"en": "Exercise"}


def digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def make_party(name: Origin) -> PartyTable:
    return PartyTable(
        origin=name,
        languages=("en",),
        name={"en": f"Office of {'Atlas' if 'atlas' in name else 'Lindmark'}"},
        signatory=TITLE,
        legal_basis=TITLE,
        supervisor=TITLE,
        contact=TITLE,
    )


def make_terms(**changes: Any) -> FieldTerms:
    members: dict[str, Any] = {
        "kinds": ("alert", "information", "reply", "request"),
        "data": DataClass.TECHNICAL,
        "tlp": "amber",
        "media_types": ("text/plain",),
        "body_max": 1_000,
        "retention_days": 30,
        "onward": Onward.NONE,
        "profile": "general",
        "title": TITLE,
    }
    return FieldTerms(**members | changes)


PROFILE = RequestProfile(
    title=TITLE,
    urgencies={"normal": Urgency(direct=Limit("7 days"), indirect=Limit("14 days"), title=TITLE)},
    refusals={"neutral": Refusal(common=Common.NEUTRAL, title=TITLE)},
)


def make_text(serial: int = 1, previous: str = "", *, parties: Pair = PAIR, **changes: Any) -> Agreement:
    members: dict[str, Any] = {
        "relation": "atlas-lindmark",
        "serial": serial,
        "previous": previous,
        "sign_by": Moment(NOW + 10 * DAY),
        "starts": Moment(NOW),
        "notice_days": 90,
        "utc_offset": UtcOffset("+01:00"),
        "title": TITLE,
        "prose": TITLE,
        "instrument": Instrument(
            kind="declaration-of-intent", date="2027-01-15", authentic=("en",), title=TITLE, place=TITLE
        ),
        "parties": tuple(make_party(name) for name in sorted(parties)),
        "fields": {
            "security": make_terms(),
            "life": make_terms(protects=("life",)),
            "culture": make_terms(kinds=("information",), data=DataClass.NONE, profile="", pap="green"),
        },
        "profiles": {"general": PROFILE},
    }
    return Agreement(**members | changes)


def make_card(name: Origin, serial: int = 1, previous: str = "", until: int = NOW + 300 * DAY) -> Card:
    def pair(seed: int, size: int) -> PublicPair:
        return PublicPair(bytes([seed]) * 32, bytes([seed]) * size)

    return Card(
        origin=name,
        serial=serial,
        previous=previous,
        issued=Moment(NOW - DAY),
        valid_until=Moment(until),
        versions=(1, 1),
        url=f"https://{name}",
        sealing=bytes(1_216),
        next="00" * 64,
        names=TITLE,
        authority=pair(serial, 2592),
        log=pair(serial + 50, 1312),
        mirror=pair(serial + 100, 1312),
    )


def make_declaration(name: Origin, agreement: str, act: str = "terminate", **changes: Any) -> Declaration:
    members: dict[str, Any] = {
        "act": Declared(act),
        "origin": name,
        "relation": "atlas-lindmark",
        "agreement": agreement,
        "issued": Moment(NOW),
    }
    return Declaration(**members | changes)


def roots_at(leaves: Sequence[bytes], sizes: Iterable[int]) -> dict[int, bytes]:
    """The roots of a log at several sizes."""
    frontier, roots = Frontier(), dict[int, bytes]()
    for size in sorted(set(sizes)):
        frontier, _ = frontier.append_many(leaves[frontier.size : size])
        roots[size] = frontier.root()
    return roots


@dataclass
class Talk:
    """Both logs of a pair, with the record that each append makes; every ``held`` covers all there is."""

    pair: Pair = PAIR
    notes: dict[str, bytes] = field(default_factory=dict)
    logs: tuple[list[bytes], list[bytes]] = field(default_factory=lambda: ([], []))
    steps: tuple[list[Step], list[Step]] = field(default_factory=lambda: ([], []))
    view: Memory = field(init=False)
    now: int = NOW
    count: int = 0

    def __post_init__(self) -> None:
        self.view = Memory(self.notes, ({}, {}))

    def state(self, side: int) -> LogState:
        return self.steps[side][-1].state if self.steps[side] else LogState.start(side)

    def note(self, text: bytes) -> str:
        self.notes[digest(text)] = text
        return digest(text)

    def entry(self, side: int, kind: str, **members: Any) -> Entry:
        self.count += 1
        members.setdefault("at", self.now)
        return Entry(log_name(self.pair, side), f"{self.count:032x}", kind, **members)

    def append(self, side: int, data: bytes) -> Step:
        """Feed any bytes as the next entry of a side."""
        step = feed(self.pair, self.state(side), data, self.view)
        self.view.put(step)
        self.logs[side].append(data)
        self.steps[side].append(step)
        leaves = [leaf_hash(each) for each in self.logs[side]]
        self.view.roots[side].update(roots_at(leaves, [len(leaves)]))
        return step

    def say(self, side: int, kind: str, **members: Any) -> Step:
        return self.append(side, self.entry(side, kind, **members).data)

    def held_facts(self, side: int, size: int | None = None, **more: Any) -> dict[str, Any]:
        size = len(self.logs[1 - side]) if size is None else size
        root = self.view.roots[1 - side].get(size, b"\1" * 32)
        return {
            "of": str(log_name(self.pair, 1 - side)),
            "size": size,
            "root": root.hex(),
            "time": self.now,
            **more,
        }

    def hold(self, side: int, size: int | None = None, **more: Any) -> Step:
        return self.say(side, "held", facts=self.held_facts(side, size, **more))

    def sync(self) -> None:
        """Each side takes what the other has said."""
        for side in (0, 1, 0):
            self.hold(side)

    def cards(self) -> None:
        for side in (0, 1):
            text = make_card(self.pair[side]).text()
            self.say(side, "card", facts={"act": "publish", "note": self.note(text)})

    def activate(self, side: int, text: Agreement, act: str = "activate") -> Step:
        return self.say(side, "agreement", facts={"act": act, "note": self.note(text.text())})

    def begin(self, text: Agreement | None = None) -> str:
        """Cards, and an agreement in force that both have seen; gives its digest."""
        text = text or make_text(parties=self.pair)
        self.cards()
        for side in (0, 1):
            self.activate(side, text)
        self.sync()
        return text.digest

    def body(self, **changes: Any) -> Body:
        members: dict[str, Any] = {"type": "text/plain", "size": 5, "objects": 1, "commit": "ab" * 32}
        return Body(**members | changes)

    def share(self, side: int, text: str, kind: str = "information", **changes: Any) -> Entry:
        """An exchange entry within the terms, not yet appended."""
        facts: dict[str, Any] = {"status": "exercise"}
        if kind == "request":
            facts |= {"urgency": "normal", "items": 2}
        if kind == "alert":
            facts |= {"urgency": "immediate"}
        members: dict[str, Any] = {
            "agreement": text,
            "field": "security",
            "handling": Handling("green"),
            "keep_until": self.now + DAY,
            "facts": facts,
            "bodies": (self.body(),),
        }
        return self.entry(side, kind, **members | changes)

    def reply(self, side: int, text: str, request: bytes, *items: int, **changes: Any) -> Entry:
        facts = {"status": "exercise", "items": [{"item": n, "status": "answered"} for n in items]}
        return self.share(side, text, "reply", facts=facts, re=(request.hex(),), **changes)

    def about(self, side: int, kind: str, text: str, *leaves: bytes, **changes: Any) -> Entry:
        """An entry about exchange entries of the field security, not yet appended."""
        re = tuple(leaf.hex() for leaf in leaves)
        return self.entry(side, kind, **{"agreement": text, "field": "security", "re": re} | changes)

    def suspend(self, side: int, text: str, field: str = "") -> Step:
        facts = {"act": "suspend", "note": text} | ({"field": field} if field else {})
        return self.say(side, "agreement", facts=facts)

    def declare(self, side: int, text: str, act: str, **changes: Any) -> Step:
        declaration = make_declaration(self.pair[side], text, act, **changes)
        return self.say(side, "agreement", facts={"act": act, "note": self.note(declaration.text())})

    def verdict(self, side: int, *leaves: bytes, codes: tuple[str, ...] = (), by: str = "text") -> Step:
        facts: dict[str, Any] = {"result": "refused" if codes else "accepted"}
        if codes:
            facts |= {"codes": list(codes), "by": by}
        return self.say(side, "verdict", re=tuple(leaf.hex() for leaf in leaves), facts=facts)
