"""Whatever the network does, both nodes end with the same logs, and every entry has one verdict (protocol 7).

Pouches and answers lie on the way as bytes. A schedule that hypothesis draws says things, packs pouches,
delivers any of them in any order and as often as it likes, forgets some, and moves the clocks.
"""

import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mithaq.domain.handling import Handling
from mithaq.errors import PeerError, RefusedError
from mithaq.exchange.authoring import Message
from mithaq.exchange.packing import PROMPT_BODY_MAX, Lane
from mithaq.exchange.service import Outgoing
from nodes import TEXT, A, B, Node, alert, make_node
from pouches import come_to_rest, deliver, reader

STATUS = {"status": "exercise"}
MARK = Handling("green")
LARGE = bytes([65]) * (PROMPT_BODY_MAX + 1)


def request() -> Message:
    facts = STATUS | {"urgency": "normal", "items": 2}
    return Message("request", "migration", ((TEXT, b"question"),), MARK, facts)


def reply(leaf: str, item: int) -> Message:
    facts = STATUS | {"items": [{"item": item, "status": "answered"}]}
    return Message("reply", "migration", ((TEXT, b"answer"),), MARK, facts, re=(leaf,))


@dataclass
class Way:
    """What lies between two nodes."""

    nodes: tuple[Node, Node]
    pouches: list[tuple[int, Outgoing, bytes]] = field(default_factory=list)
    """From which side, and the bytes."""
    answers: list[tuple[int, Outgoing, bytes]] = field(default_factory=list)
    """To which side."""
    sent: list[tuple[int, str]] = field(default_factory=list)

    def say(self, side: int, what: str, pick: int) -> None:
        node, partner = self.nodes[side], self.nodes[1 - side]
        if what == "reply":
            asked = [i for i in node.service.inbox(partner.origin) if i.entry.kind == "request"]
            if not asked:
                return
            message = reply(asked[pick % len(asked)].leaf, pick % 2 + 1)
        elif what == "request":
            message = request()
        else:
            contents = {"small": (b"s",), "large": (LARGE,), "mixed": (b"s", LARGE)}[what]
            message = alert(contents=tuple((TEXT, content) for content in contents))
        with suppress(RefusedError if what == "reply" else ()):  # its item may have been answered already
            self.sent.append((side, node.service.send(partner.origin, message).leaf))

    def pack(self, side: int, lane: Lane) -> None:
        node, partner = self.nodes[side], self.nodes[1 - side]
        outgoing = node.service.pouch(partner.origin, lane)
        if outgoing:
            self.pouches.append((side, outgoing, b"".join(outgoing.pieces)))

    def poll(self, side: int) -> None:
        outgoing = self.nodes[side].service.poll(self.nodes[1 - side].origin)
        self.pouches.append((side, outgoing, b"".join(outgoing.pieces)))

    def arrive(self, pick: int, *, again: bool) -> None:
        if self.pouches:
            at = pick % len(self.pouches)
            side, outgoing, data = self.pouches[at] if again else self.pouches.pop(at)
            self.answers.append((side, outgoing, deliver(self.nodes[1 - side], data)))

    def answer(self, pick: int, *, again: bool) -> None:
        if self.answers:
            at = pick % len(self.answers)
            side, outgoing, data = self.answers[at] if again else self.answers.pop(at)
            self.nodes[side].service.answered(outgoing, reader([data]))

    def swap(self, pick: int) -> None:
        """Hand an answer to the other question: it does not count."""
        if len(self.answers) > 1:
            one, other = self.answers[pick % len(self.answers)], self.answers[(pick + 1) % len(self.answers)]
            if one[1].id != other[1].id:
                with pytest.raises(PeerError):
                    self.nodes[one[0]].service.answered(one[1], reader([other[2]]))

    def lose(self, pick: int) -> None:
        """The sender hears nothing."""
        if self.pouches:
            side, outgoing, _ = self.pouches.pop(pick % len(self.pouches))
            self.nodes[side].service.failed(outgoing)

    def forget(self, pick: int) -> None:
        """A node restarts: what it remembers of its partner is gone."""
        self.nodes[pick % 2].service._outboxes.clear()
        self.pouches = [each for each in self.pouches if each[0] != pick % 2]
        self.answers = [each for each in self.answers if each[0] != pick % 2]

    def wait(self, seconds: float) -> None:
        for node in self.nodes:
            node.clock.offset += seconds


SIDE = st.integers(0, 1)
PICK = st.integers(0, 7)
STEP = st.one_of(
    st.tuples(st.just("say"), SIDE, st.sampled_from(["small", "large", "mixed", "request", "reply"]), PICK),
    st.tuples(st.just("pack"), SIDE, st.sampled_from(list(Lane))),
    st.tuples(st.just("pack"), SIDE, st.sampled_from(list(Lane))),
    st.tuples(st.sampled_from(["arrive", "answer"]), PICK, st.booleans()),
    st.tuples(st.sampled_from(["arrive", "answer"]), PICK, st.booleans()),
    st.tuples(st.just("poll"), SIDE),
    st.tuples(st.sampled_from(["lose", "forget", "swap"]), PICK),
    st.tuples(st.just("wait"), st.sampled_from([0.5, 3.0])),
)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(STEP, min_size=15, max_size=40))
def test_logs_and_records_end_equal_and_each_entry_has_one_verdict(made_pair, steps):
    with tempfile.TemporaryDirectory() as directory:
        shutil.copytree(made_pair, directory, dirs_exist_ok=True)
        nodes = tuple(
            make_node(Path(directory) / label, label, origin) for label, origin in (("a", A), ("b", B))
        )
        try:
            run(Way(nodes), steps)
        finally:
            for node in nodes:
                node.close()


def run(way: Way, steps) -> None:
    for name, *arguments in steps:
        if name in {"arrive", "answer"}:
            getattr(way, name)(arguments[0], again=arguments[1])
        else:
            getattr(way, name)(*arguments)
    for side, outgoing, _ in way.pouches:  # whoever waits gives up
        way.nodes[side].service.failed(outgoing)
    a, b = way.nodes
    come_to_rest(a, b)
    for side, leaf in way.sent:
        assert way.nodes[side].service.item(way.nodes[1 - side].origin, leaf).reading == "accepted"
