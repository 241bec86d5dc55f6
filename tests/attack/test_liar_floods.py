"""A lying partner that floods, or is slow on purpose: past a limit it is told so, and holds up nobody."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest

from liar import C
from mithaq.errors import BusyError
from mithaq.exchange.packing import TRIES, TRY_AGAIN, Lane
from mithaq.exchange.rates import Allowance, Rates
from mithaq.exchange.service import Service
from mithaq.exchange.work import WORK_MAX
from mithaq.wire import http
from mithaq.wire.client import PouchClient
from mithaq.wire.http import StatusError
from mithaq.wire.places import PARTNER_PLACES, STALE_PLACES
from mithaq.wire.server import PouchServer
from mithaq.wire.visit import Limits
from nodes import A, B, alert, reader, settle
from pouches import deliver, exchange, own, pack, poll, rows, take_answer


def only(victim, **allowances):
    """Give the victim's partners these allowances."""
    rates = Rates(victim.clock, **allowances)
    victim.service._rates = victim.service._intake._rates = victim.service._packer._rates = rates
    return rates


# --- rates --------------------------------------------------------------------------------------------------


def test_a_flood_of_pouches(scene):
    """429 from the first one too many; the others notice nothing, and the liar is heard again later."""
    b = scene.victim
    only(b, pouches=Allowance(10, 0))
    for _ in range(10):
        scene.taken(scene.liar.pouch())
    with pytest.raises(BusyError, match="more than it may"):
        deliver(b, scene.liar.pouch())
    assert b.service.status(A).problem == ""
    scene.flows_past()
    only(b)
    scene.flows()


def test_a_flood_of_entries(scene):
    """What is kept for ever is counted in bytes; one pouch may overdraw, the next has to wait."""
    b = scene.victim
    only(b, log_bytes=Allowance(10_000, 0))
    for _ in range(40):
        scene.liar.enter(b"x" * 500)
    scene.taken(scene.liar.pouch(*scene.liar.tells()[:1], *pack(scene.a, b).outgoing.load.contents[1:]))
    with pytest.raises(BusyError):
        deliver(b, scene.liar.pouch())
    scene.flows_past()
    only(b)
    scene.flows()


def test_a_flood_of_contents(scene):
    """Not kept, ``throttled`` in ``held``, not asked for while there is no room; life has room of its own."""
    a, b = scene.a, scene.victim
    rates = only(b, content_bytes=Allowance(1_000, 10))
    field = {"field": "security", "facts": {"urgency": "immediate", "status": "exercise"}}
    sent = [a.service.send(B, alert("x" * 2_000, **field)) for _ in range(3)]
    exchange(a, b)
    held = b.store.read(lambda tx: tx.logs.newest(own(b, a), "held"))
    assert b'"reason":"throttled"' in held.data
    assert [b.service.item(A, each.leaf).present[0] for each in sent].count(True) == 1
    assert not rates.room(A)
    assert b.service.poll(A).load.manifest.want == ()
    scene.flows()
    for _ in range(2):
        b.clock.offset += 250
        asked = poll(b, a)
        take_answer(b, asked, deliver(a, asked.data))
        settle(a, b)
    assert {b.service.item(A, each.leaf).verdict for each in sent} == {"accepted"}


def test_contents_beyond_what_waits_in_memory_are_throttled(scene, monkeypatch):
    """The reader's matter, not the author's: it is said so, and what it had no room for is wanted again."""
    from mithaq.exchange import delivery

    monkeypatch.setattr(delivery, "STAGED_MAX", 1_000)
    monkeypatch.setattr(delivery, "BODY_MAX", 0)
    a, b = scene.a, scene.victim
    data = [a.service.send(B, alert(bytes(a.identity.random(1_500)).hex())) for _ in range(3)]
    exchange(a, b)
    held = b.store.read(lambda tx: tx.logs.newest(own(b, a), "held"))
    assert b'"reason":"throttled"' in held.data
    scene.flows()
    assert {b.service.item(A, each.leaf).verdict for each in data} == {"accepted"}


def test_a_flood_by_one_is_no_flood_by_another(scene):
    only(scene.victim, pouches=Allowance(30, 0))
    for _ in range(30):
        scene.taken(scene.liar.pouch())
    with pytest.raises(BusyError):
        deliver(scene.victim, scene.liar.pouch())
    scene.flows_past()


def test_one_content_wanted_for_ever(scene):
    """The attack: sixty megabytes for a few bytes, again and again, for as long as the line holds."""
    a, b = scene.a, scene.victim
    sent = b.service.send(A, alert("x" * 3_000_000))
    deliver(a, pack(b, a).data)
    gone = 0
    for _ in range(10):
        scene.taken(scene.liar.pouch(want=((sent.index, 0),)))
        outgoing = b.service.pouch(A, Lane.BULK)
        if outgoing:
            gone += 1
            b.service.answered(
                outgoing, reader([scene.liar.pouch(answers=outgoing.id, want=((sent.index, 0),))])
            )
    assert gone == TRIES
    scene.flows_past()
    b.clock.offset += TRY_AGAIN
    assert b.service.pouch(A, Lane.BULK).load.bodies == ((sent.index, 0),)


# --- work ---------------------------------------------------------------------------------------------------


def test_a_pouch_of_as_much_work_as_may_be_is_soon_done(scene):
    """The writer is everybody's: nobody waits for it longer than a few seconds."""
    liar = scene.liar
    refs = [row.leaf.hex() for row in rows(scene.a, liar.log)]
    refs += [f"{n:064x}" for n in range(64 - len(refs))]
    facts = {"result": "accepted"}
    said = [liar.entry("verdict", re=tuple(refs), facts=facts) for _ in range(WORK_MAX // 65)]
    data = liar.pouch(*liar.tells(*said))
    began = time.monotonic()
    scene.taken(data)
    assert time.monotonic() - began < 10
    scene.flows_past()


def test_an_honest_author_never_passes_the_limit_of_work(scene):
    """A backlog of verdicts that is worth several pouches goes in several, and settles."""
    a, b = scene.a, scene.victim
    only_work = 500
    with pytest.MonkeyPatch.context() as patch:
        for module in ("pair", "packing", "work"):
            patch.setattr(f"mithaq.exchange.{module}.WORK_MAX", only_work)
        for n in range(600):
            scene.liar.enter(b"%d" % n)
            if n % 300 == 0:
                b.service.send(A, alert("between"))
        carried = settle(a, b)
        assert carried > 1
        scene.flows()


# --- slow on purpose ----------------------------------------------------------------------------------------


@contextmanager
def serving(node, **limits) -> Iterator[PouchServer]:
    server = PouchServer(Limits(**limits))
    server.start("127.0.0.1", 0, lambda body: node.service.receive(body, body.known))
    try:
        yield server
    finally:
        server.stop()


def begun(server, data, length=None):
    """A connection on which a pouch has begun to arrive, as far as a node reads ahead."""
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    sock.sendall(
        f"POST /pouch HTTP/1.1\r\nHost: x\r\nContent-Length: {length or len(data)}\r\n\r\n".encode()
        + data[: http.FIRST_MAX]
    )
    return sock


def status(sock, seconds=20.0):
    """The status of an answer, or nothing if there is none so soon."""
    sock.settimeout(seconds)
    try:
        return sock.recv(12)[9:12]
    except TimeoutError:
        return b""


def statuses(socks, silent):
    """What each has been told, once no more than these few are without an answer; a moment later, if so."""
    told = [b""] * len(socks)
    end = time.monotonic() + 30
    while told.count(b"") > silent and time.monotonic() < end:
        told = [one or status(sock, 0.05) for one, sock in zip(told, socks, strict=True)]
    return [one or status(sock, 0.3) for one, sock in zip(told, socks, strict=True)]


def large_pouch(scene):
    """A pouch that goes on behind what is read ahead: an honest one, as it could be recorded on the way."""
    scene.a.service.send(B, alert("x" * 600_000))
    return pack(scene.a, scene.victim).data


def post(server, sender, receiver):
    """What an honest courier does: one pouch over HTTP, its answer taken."""
    outgoing = sender.service.pouch(receiver.origin, Lane.PROMPT)
    url = f"http://127.0.0.1:{server.port}"
    with PouchClient() as client, client.post(url, outgoing.pieces, outgoing.size) as answer:
        sender.service.answered(outgoing, answer.read)


def test_slow_pouches_of_one_partner_hold_its_own_places_alone(scene):
    """Six slow connections: two are under work, the rest hear 429, and the third party gets in at once."""
    with serving(scene.victim, pouches=2, connections=64) as server, ExitStack() as open_ones:
        fresh = [large_pouch(scene) for _ in range(6)]
        slow = [open_ones.enter_context(closing(begun(server, data))) for data in fresh]
        answers = statuses(slow, PARTNER_PLACES)
        assert answers.count(b"") == PARTNER_PLACES
        assert answers.count(b"429") == len(slow) - PARTNER_PLACES
        began = time.monotonic()
        sent = scene.third.service.send(B, alert("from the third party"))
        post(server, scene.third, scene.victim)
        assert time.monotonic() - began < http.IDLE_SECONDS / 2
        assert scene.victim.service.item(C, sent.leaf).verdict == "accepted"


def test_slow_replays_leave_the_partner_its_places(scene):
    """Whoever recorded pouches on the way sends them slowly, again and again: they have one place."""
    recorded = large_pouch(scene)
    deliver(scene.victim, recorded)
    settle(scene.a, scene.victim)
    with serving(scene.victim, pouches=2) as server, ExitStack() as open_ones:
        slow = [open_ones.enter_context(closing(begun(server, recorded))) for _ in range(6)]
        assert statuses(slow, STALE_PLACES).count(b"") == STALE_PLACES
        for _ in range(2):
            sent = scene.a.service.send(B, alert("fresh"))
            post(server, scene.a, scene.victim)
            assert scene.victim.service.item(A, sent.leaf).verdict == "accepted"


def test_a_body_below_the_rate_is_given_up(scene):
    """After its manifest a pouch has the time of its length, not a quarter of an hour."""
    with serving(scene.victim, body=0.5, idle=5.0) as server:
        data = large_pouch(scene)
        seconds = 0.5 + len(data) / http.BODY_RATE
        assert seconds < http.TOTAL_SECONDS / 10
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("mithaq.wire.visit.BODY_RATE", 10**9)
            with closing(begun(server, data)) as sock:
                began, answer = time.monotonic(), b""
                while not answer and time.monotonic() - began < 30:
                    sock.send(b"x")
                    answer = status(sock, 0.2)
                assert answer == b"408"
        sent = scene.a.service.send(B, alert("behind it"))
        post(server, scene.a, scene.victim)
        assert scene.victim.service.item(A, sent.leaf).verdict == "accepted"


def test_strangers_are_gone_before_anybody_waits(scene):
    """Fifty strangers with manifests of a quarter of a megabyte: an honest partner hardly notices."""
    rubbish = scene.liar.pouch(pair=scene.third.identity.log, want=((2**53 - 1, 2**53 - 1),) * 1_000)
    with serving(scene.victim, pouches=2) as server:
        stop = threading.Event()

        def flood():
            while not stop.is_set():
                with closing(begun(server, rubbish + bytes(1_000))) as sock:
                    assert status(sock, 2.0) in {b"404", b"429", b""}

        strangers = [threading.Thread(target=flood) for _ in range(4)]
        for each in strangers:
            each.start()
        try:
            for _ in range(5):
                sent = scene.a.service.send(B, alert("through the crowd"))
                post(server, scene.a, scene.victim)
                assert scene.victim.service.item(A, sent.leaf).verdict == "accepted"
        finally:
            stop.set()
            for each in strangers:
                each.join()
    scene.flows()


def test_a_flood_is_told_over_http(scene):
    only(scene.victim, pouches=Allowance(1, 0))
    with serving(scene.victim) as server:
        for data, told in ((scene.liar.pouch(), b"200"), (scene.liar.pouch(), b"429")):
            with closing(begun(server, data)) as sock:
                assert status(sock) == told
        scene.a.service.send(B, alert("has to wait"))
        with pytest.raises(StatusError) as caught:
            post(server, scene.a, scene.victim)
        assert (caught.value.status, caught.value.retry_after) == (429, http.RETRY_SECONDS)


def test_a_node_without_a_network_has_no_places(scene):
    """Pouches as files come one by one: nobody is counted there but by rate."""
    service = Service(scene.victim.identity, scene.victim.store)
    service.receive(reader([scene.liar.pouch()]))
    scene.flows()
