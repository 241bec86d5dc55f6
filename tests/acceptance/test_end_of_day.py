"""Two nodes that serve, over HTTP, while a day ends: what was due goes by itself, here and in a backup."""

import contextlib
import io
import json
import os
import socket
import time

import pytest

from backups import sealed_below
from mithaq.cli.main import app
from mithaq.demo.rabat import ORIGINS, rabat
from mithaq.domain.moment import DAY
from mithaq.errors import StaleError
from mithaq.exchange.signing import merge
from mithaq.node import setup
from mithaq.node.authority import Authority
from mithaq.node.control import connect
from mithaq.node.directory import Config, Directory
from mithaq.node.node import Node
from nodes import alert

pytestmark = pytest.mark.slow
A, B = ORIGINS
MARGIN = 14
"""Seconds before midnight at which the nodes start: enough to exchange contents on a busy machine."""
PATIENCE = 30


def unlocks():
    return b"exercise"


def wait(look):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError("nothing came")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make(path, origin):
    """A node's directory, its signed card with its fingerprint, and its authority."""
    port = free_port()
    authority = Authority.create(path.with_suffix(".authority"), origin, unlocks)
    setup.create(path, Config(origin, f"127.0.0.1:{port}", f"file:{path / 'keys'}"), unlocks)
    draft = setup.draft(path, unlocks, authority.public, {"en": "X"}, f"http://localhost:{port}")
    card = bytes(authority.sign_card(bytes(draft)))
    return (card, setup.install(path, card).fingerprint), authority


def agree(a, b, authorities):
    text = rabat(int(time.time())).text()
    notes = [authority.sign_agreement(text) for authority in authorities]
    name = a.propose(B, bytes(merge(*notes)))
    for door, partner in ((b, A), (a, B)):
        wait(lambda door=door, partner=partner: any(each.key == name for each in door.agreements(partner)))
        door.activate(partner, name)
    wait(lambda: all(each.reading == "agreed" for door, o in ((a, B), (b, A)) for each in door.agreements(o)))


def back_up(node, where):
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    with contextlib.redirect_stdout(out):
        assert not app.meta(["backup", "create", str(where), "--dir", str(node), "--json"])
    return json.loads(out.buffer.getvalue())


@pytest.fixture
def clock(monkeypatch):
    """The machine's clock, which the test moves."""
    real, offset = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + offset[0])

    def move(seconds):
        offset[0] += seconds

    return move


def test_what_is_due_goes_when_the_day_ends(tmp_path, clock):
    places = [tmp_path / "a", tmp_path / "b"]
    made = [make(place, origin) for place, origin in zip(places, ORIGINS, strict=True)]
    clock(DAY - time.time() % DAY - MARGIN)
    nodes = [Node(place, unlocks) for place in places]
    with contextlib.ExitStack() as undo:
        for node in nodes:
            node.start()
            undo.callback(node.stop)
        a, b = (undo.enter_context(contextlib.closing(connect(Directory(place).control))) for place in places)
        a.introduce(*made[1][0])
        b.introduce(*made[0][0])
        agree(a, b, [authority for _, authority in made])
        sent = a.send(B, alert("the bridge is closed", keep_days=1))
        wait(lambda: a.item(B, sent.leaf).verdict == "accepted")
        backup = back_up(places[0], tmp_path / "backup")
        assert backup["day_keys"] == 1
        clock(DAY)  # its last day, some seconds before it ends
        ends = (time.time() // DAY + 1) * DAY
        for door, partner in ((a, B), (b, A)):
            assert door.content(partner, sent.leaf, 0) == b"the bridge is closed"
        assert len(list(sealed_below(*places))) == 2
        assert time.time() < ends, "the machine was too slow for this test"
        time.sleep(ends - time.time())
        for door, partner in ((a, B), (b, A)):
            with pytest.raises(StaleError, match="has ended"):
                door.content(partner, sent.leaf, 0)
        wait(lambda: not list(sealed_below(*places)))
        assert [name for place in places for name in os.listdir(place / "keyfiles" / "day")] == []
        wait(lambda: not os.listdir(os.path.join(backup["keys"], "day")))
        assert time.time() < ends + 20
