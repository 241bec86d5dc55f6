"""The courier's threads: what is said arrives unasked, failures are waited out, stopping ends all."""

import dataclasses
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from mithaq.errors import ReachError
from mithaq.exchange.packing import PROMPT_BODY_MAX
from mithaq.exchange.service import Service
from mithaq.node.courier import Couriers
from mithaq.wire.http import StatusError
from nodes import TEXT, A, B, alert, make_pair, reader

PATIENCE = 10


class Line:
    """A client whose other end is a node in this process; ``error`` is what it meets instead."""

    def __init__(self, receiver):
        self.receiver = receiver
        self.error = None
        self.tried = 0
        self.urls = set()

    @contextmanager
    def post(self, url, parts, total):
        self.tried += 1
        self.urls.add(url)
        if self.error:
            raise self.error
        data = b"".join(parts)
        assert len(data) == total
        yield SimpleNamespace(read=reader(self.receiver.service.receive(reader([data]))))


@pytest.fixture
def world(tmp_path):
    a, b = make_pair(tmp_path)
    line = Line(b)
    couriers = Couriers(lambda: a.service, line, lambda size: b"\xff" * size)
    a.service = Service(a.identity, a.store, couriers.wake)
    yield a, b, line, couriers
    couriers.stop()
    a.close()
    b.close()


def wait(look):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if look():
            return
        time.sleep(0.01)
    raise AssertionError("nothing came")


def lanes():
    return [thread for thread in threading.enumerate() if thread.name.startswith("courier-")]


def test_what_is_said_arrives(world):
    a, b, line, _ = world
    sent = a.service.send(B, alert("carried"))
    wait(lambda: a.service.item(B, sent.leaf).verdict)
    assert b.service.content(A, sent.leaf, 0) == b"carried"
    assert line.urls == {a.service.partner(B).url}


def test_a_large_content_goes_in_its_own_lane(world):
    a, b, *_ = world
    a.service.send(B, alert(contents=((TEXT, b"x" * (PROMPT_BODY_MAX + 1)),)))
    wait(lambda: [item.present for item in b.service.inbox(A)] == [(True,)])
    assert len(lanes()) == 2


def test_a_failure_is_waited_out_and_nothing_is_lost(world):
    a, b, line, _ = world
    line.error = ReachError("nobody answers")
    sent = a.service.send(B, alert("carried later"))
    wait(lambda: line.tried)
    time.sleep(0.2)
    assert line.tried == 1
    line.error = None
    wait(lambda: a.service.item(B, sent.leaf).verdict)
    assert b.service.content(A, sent.leaf, 0) == b"carried later"


def test_what_nobody_thought_of_does_not_end_the_lane(world, capsys):
    a, _, line, _ = world
    line.error = KeyError("a mistake of ours")
    sent = a.service.send(B, alert())
    wait(lambda: line.tried)
    line.error = None
    wait(lambda: a.service.item(B, sent.leaf).verdict)
    assert "Traceback" in capsys.readouterr().out


def test_what_the_partner_asked_for_is_waited(world):
    a, _, line, _ = world
    line.error = StatusError(429, where=B, retry_after=60)
    a.service.send(B, alert())
    wait(lambda: line.tried)
    line.error = None
    a.service.send(B, alert())
    time.sleep(1.2)
    assert line.tried == 1


def test_a_partner_without_an_address_is_not_called(world):
    a, _, line, couriers = world
    partner = dataclasses.replace(a.service.partner(B), url="")
    a.store.write(lambda tx: tx.ledger.put_partner(partner))
    couriers.wake(B)
    a.service.send(B, alert())
    time.sleep(0.3)
    assert line.tried == 0


def test_a_partner_that_says_nothing_does_not_keep_us_from_stopping(world):
    """Who accepts a connection and then stays silent holds a pouch for minutes."""
    a, _, line, _ = world
    silence = threading.Event()
    line.post = lambda *_: silence.wait(PATIENCE) and None
    couriers = Couriers(lambda: a.service, line, lambda size: b"\xff" * size, patience=0.2)
    a.service.send(B, alert())
    couriers.wake(B)
    time.sleep(0.2)
    began = time.monotonic()
    couriers.stop()
    assert time.monotonic() - began < 1
    silence.set()


def test_stopping_ends_every_lane(world):
    a, _, line, couriers = world
    couriers.wake(B)
    assert lanes()
    began = time.monotonic()
    couriers.stop()
    assert time.monotonic() - began < PATIENCE
    assert not lanes()
    tried = line.tried
    couriers.wake(B)
    a.service.send(B, alert())
    assert not lanes()
    assert line.tried == tried
