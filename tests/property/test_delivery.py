"""Any network: pouches and answers dropped, doubled, out of order; at the end both sides say the same."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mithaq.errors import PeerError
from mithaq.exchange.packing import Lane
from nodes import A, B, alert, make_node, make_pair, reader, settle

TEMPLATE = Path(tempfile.mkdtemp(prefix="mithaq-pair-"))


def setup_module():
    for node in make_pair(TEMPLATE):
        node.close()


def teardown_module():
    shutil.rmtree(TEMPLATE)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["send", "send", "large", "pack", "pack", "bulk", "poll", "deliver", "deliver", "deliver", "lose"]
        ),
        st.booleans(),
        st.integers(0, 20),
    ),
    max_size=40,
)


class Network:
    """Pouches on their way, as bytes; each can be delivered any number of times, or never."""

    def __init__(self, nodes):
        self.nodes = nodes
        self.pouches = []
        self.answers = []
        self.sent = []

    def step(self, act, first, choice):
        sender, receiver = self.nodes if first else self.nodes[::-1]
        if act in {"send", "large"}:
            text = f"exercise {len(self.sent)} " * (200_000 if act == "large" else 1)
            self.sent.append((sender, receiver, sender.service.send(receiver.origin, alert(text)).leaf))
        elif act == "poll":
            self.put(sender, receiver, sender.service.poll(receiver.origin))
        elif act in {"pack", "bulk"}:
            lane = Lane.PROMPT if act == "pack" else Lane.BULK
            self.put(sender, receiver, sender.service.pouch(receiver.origin, lane))
        elif act == "deliver" and (self.pouches or self.answers):
            self.deliver(choice)
        elif act == "lose" and self.pouches:
            sender, _, outgoing, _ = self.pouches.pop(choice % len(self.pouches))
            sender.service.failed(outgoing)

    def put(self, sender, receiver, outgoing):
        if outgoing:
            self.pouches.append((sender, receiver, outgoing, b"".join(outgoing.pieces)))

    def deliver(self, choice):
        """One pouch or answer, which stays on its way and may come again."""
        waiting = [*self.pouches, *self.answers]
        sender, receiver, outgoing, data = waiting[choice % len(waiting)]
        if (sender, receiver, outgoing, data) in self.answers:
            sender.service.answered(outgoing, reader([data]))
        else:
            answer = b"".join(receiver.service.receive(reader([data])))
            self.answers.append((sender, receiver, outgoing, answer))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_every_network_leads_to_one_record(steps):
    directory = Path(tempfile.mkdtemp(prefix="mithaq-net-"))
    shutil.copytree(TEMPLATE, directory, dirs_exist_ok=True)
    nodes = make_node(directory / "a", "a", A), make_node(directory / "b", "b", B)
    network = Network(nodes)
    try:
        for step in steps:
            network.step(*step)
        for sender, _, outgoing, _ in network.pouches:
            sender.service.failed(outgoing)
        for node in nodes:
            node.clock.offset += 10  # past the grace that an answer has
        settle(*nodes)
        a, b = nodes
        assert a.service.record_lines(B) == b.service.record_lines(A)
        for sender, receiver, leaf in network.sent:
            assert receiver.service.item(sender.origin, leaf).verdict == "accepted"
    finally:
        for node in nodes:
            node.close()
        shutil.rmtree(directory)


def test_an_answer_cannot_be_taken_for_another(tmp_path):
    a, b = make_pair(tmp_path)
    first = a.service.poll(B)
    answer = b"".join(b.service.receive(reader(first.pieces)))
    a.service.answered(first, reader([answer]))
    a.service.answered(first, reader([answer]))
    try:
        b.service.receive(reader([answer]))
    except PeerError:
        pass
    else:
        raise AssertionError("b took its own pouch")
    a.close()
    b.close()
