"""The server of POST /pouch against raw sockets: what a hostile client can try is tried here."""

import gc
import os
import select
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from handlers import MIB, Slow, echo, stranger
from mithaq.errors import BusyError, ConfigError, ForgedError, StoreError
from mithaq.wire import http
from mithaq.wire.client import PouchClient
from mithaq.wire.server import PouchServer
from mithaq.wire.visit import Limits

NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@contextmanager
def serving(handler, **limits) -> Iterator[PouchServer]:
    server = PouchServer(Limits(**limits))
    server.start("127.0.0.1", 0, handler)
    try:
        yield server
    finally:
        server.stop()
        assert not [t for t in threading.enumerate() if t.name.startswith("pouch-")]
        gc.collect()


def dial(server: PouchServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def head(
    length: int | None, *more: str, method: str = "POST", path: str = "/pouch", version: str = "1.1"
) -> bytes:
    lines = [f"{method} {path} HTTP/{version}", "Host: x", *more]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode()


def read_all(sock: socket.socket) -> bytes:
    whole = b""
    while piece := sock.recv(65536):
        whole += piece
    return whole


def ask(server: PouchServer, *pieces: bytes) -> bytes:
    """Send, and read until the server closes."""
    with closing(dial(server)) as sock:
        for piece in pieces:
            sock.sendall(piece)
        return read_all(sock)


def read_one(sock: socket.socket) -> bytes:
    """One chunked answer, up to its last chunk."""
    whole = b""
    while not whole.endswith(b"0\r\n\r\n"):
        piece = sock.recv(65536)
        assert piece, whole
        whole += piece
    return whole


def flood(server: PouchServer, total: int = 64 * MIB) -> tuple[int, bytes]:
    """Send as a stranger who ignores every answer; gives what the kernel took, and the answer."""
    with closing(socket.socket()) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        sock.connect(("127.0.0.1", server.port))
        sock.settimeout(10)
        sock.sendall(head(total))
        sent = 0
        with suppress(OSError):
            while sent < total:
                sent += sock.send(bytes(65536))
        try:
            return sent, read_all(sock)
        except ConnectionResetError:
            return sent, b""


def test_a_pouch_is_answered_with_a_pouch():
    with serving(echo) as server, closing(dial(server)) as sock:
        sock.sendall(head(5) + b"pouch")
        answer = read_one(sock)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"answer:pouch" in answer
    assert b"server" not in answer.lower()
    assert b"date" not in answer.lower()


def test_a_connection_is_used_again():
    with serving(echo) as server, closing(dial(server)) as sock:
        for n in range(3):
            body = b"pouch %d" % n
            sock.sendall(head(len(body)) + body)
            assert body in read_one(sock)
        ours = [thread for thread in threading.enumerate() if thread.name.startswith("pouch-")]
        assert len(ours) <= 2


def test_connection_close_is_obeyed():
    with serving(echo) as server:
        answer = ask(server, head(1, "Connection: close") + b"x")
    assert b"answer:x" in answer
    assert b"connection: close" in answer.lower()


def test_who_waits_for_100_continue_gets_it():
    with serving(echo) as server, closing(dial(server)) as sock:
        sock.sendall(head(5, "Expect: 100-continue"))
        assert sock.recv(1000).startswith(b"HTTP/1.1 100")
        sock.sendall(b"pouch")
        assert b"answer:pouch" in read_one(sock)


def test_what_the_handler_leaves_unread_is_discarded():
    with serving(lambda read: [read(3)]) as server, closing(dial(server)) as sock:
        for _ in range(2):
            sock.sendall(head(MIB) + b"abc" + bytes(MIB - 3))
            assert b"abc" in read_one(sock)


@pytest.mark.parametrize(
    "request_",
    [
        head(None, method="GET"),
        head(None, method="HEAD"),
        head(0, method="PUT"),
        head(0, method="CONNECT"),
        head(None, method="OPTIONS", path="*"),
        head(0, path="/"),
        head(0, path="/pouch/"),
        head(0, path="/pouch?x"),
        head(0, path="//pouch"),
        head(0, path="http://x/pouch"),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_everything_else_is_not_found_in_the_same_bytes(request_):
    with serving(echo) as server:
        assert ask(server, request_) == NOT_FOUND


def test_a_strangers_pouch_is_not_found_in_the_same_bytes():
    with serving(stranger) as server:
        assert ask(server, head(5) + b"wrong") == NOT_FOUND


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (head(5, "Transfer-Encoding: chunked"), 411),
        (head(None, "Transfer-Encoding: chunked") + b"0\r\n\r\n", 411),
        (head(None), 411),
        (head(5, "Transfer-Encoding: gzip, chunked"), 400),
        (head(5, "Content-Length: 6"), 400),
        (head(5, "Content-Length: -1"), 400),
        (head(None, "Content-Length: +5"), 400),
        (head(None, "Content-Length: 0x5"), 400),
        (head(5, "Bad Name: x"), 400),
        (head(5, "X: a\r\n\tfolded\x00"), 400),
        (head(5, version="1.0"), 400),
        (b"POST /pouch HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (head(5, version="2.0"), 400),
        (head(5, *(f"X-{n}: {'y' * 1000}" for n in range(200))), 431),
        (head(http.POUCH_MAX + 1), 413),
        (head(10**19), 413),
    ],
)
def test_what_could_smuggle_or_overflow_is_refused(request_, status):
    called = []
    with serving(lambda read: called.append(1) or [b""]) as server:
        answer = ask(server, request_)
    assert answer == http.REFUSALS[status]
    assert not called


def test_a_stranger_is_refused_while_it_still_sends():
    """It reaches the manifest's bytes, what the kernels hold, and LINGER_BYTES; never its 64 MiB."""
    with serving(stranger) as server:
        began = time.monotonic()
        sent, answer = flood(server)
        assert sent < 4 * MIB
        assert answer in (NOT_FOUND, b"")  # it did not listen: a reset may have overtaken the answer
        assert time.monotonic() - began < 5


def test_a_stranger_who_listens_gets_the_refusal_at_once():
    for _ in range(5):
        with serving(stranger) as server, closing(dial(server)) as sock:
            sock.sendall(head(64 * MIB) + bytes(http.FIRST_MAX))
            assert select.select([sock], [], [], 5)[0]
            assert read_all(sock) == NOT_FOUND


def test_the_refusal_survives_bytes_that_nobody_read():
    """Closing upon unread bytes would send a reset; `linger` takes what was on its way (LINGER_BYTES)."""
    with serving(stranger) as server:
        for _ in range(5):
            assert ask(server, head(64 * MIB) + bytes(http.FIRST_MAX + 100_000)) == NOT_FOUND


def test_an_oversize_pouch_is_refused_before_its_first_byte():
    with serving(echo) as server:
        sent, _ = flood(server, http.POUCH_MAX + 1)
        assert sent < 4 * MIB


def test_nothing_is_read_ahead_of_the_handler():
    """Back pressure: while the handler sleeps, the sender is stopped by the kernel's buffers."""
    release = threading.Event()

    def slow(read):
        read(http.FIRST_MAX)
        release.wait(10)
        raise ForgedError("at last")

    with serving(slow) as server, closing(dial(server)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        sock.sendall(head(64 * MIB))
        sock.settimeout(0.5)
        sent = 0
        with suppress(TimeoutError):
            while sent < 64 * MIB:
                sent += sock.send(bytes(65536))
        release.set()
        assert sent < 4 * MIB


def test_memory_stays_bounded_with_eight_large_pouches():
    script = textwrap.dedent(
        """
        import resource, sys
        from mithaq.wire.server import PouchServer
        def handler(read):
            while read(100_000):
                pass
            return [b"done"]
        server = PouchServer()
        server.start("127.0.0.1", 0, handler)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(server.port, flush=True)
        sys.stdin.read()
        server.stop()
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
        """
    )
    child = [sys.executable, "-c", script]
    with subprocess.Popen(child, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        url = f"http://127.0.0.1:{process.stdout.readline().strip()}"
        with PouchClient() as client:
            threads = [threading.Thread(target=send_large, args=(client, url, 32)) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        grown_kib = int(process.communicate(timeout=20)[0])
    assert grown_kib < 24 * 1024


def send_large(client, url, mib):
    with client.post(url, (bytes(MIB) for _ in range(mib)), mib * MIB) as answer:
        assert answer.read(100) == b"done"


def test_a_slow_head_is_closed():
    with serving(echo, head=0.3) as server, closing(dial(server)) as sock:
        began = time.monotonic()
        assert drip(sock, b"POST /pouch HTTP/1.1\r\n") == b""
        assert time.monotonic() - began < 3


def test_a_silent_connection_is_closed():
    with serving(echo, head=0.2) as server, closing(dial(server)) as sock:
        assert read_all(sock) == b""


def test_an_unused_connection_is_closed():
    with serving(echo, keep=0.2) as server, closing(dial(server)) as sock:
        sock.sendall(head(1) + b"x")
        read_one(sock)
        assert read_all(sock) == b""


def test_a_slow_manifest_is_refused_and_takes_no_place():
    with serving(echo, first=0.6, pouches=1) as server, closing(dial(server)) as slow:
        slow.sendall(head(1000) + b"a")
        assert b"answer:" in ask(server, head(1, "Connection: close") + b"x")
        assert drip(slow, b"x" * 999) == http.REFUSALS[408]


@pytest.mark.parametrize("limits", [{"idle": 0.3}, {"total": 0.5}])
def test_a_slow_body_is_refused(limits):
    with serving(echo, **limits) as server, closing(dial(server)) as sock:
        sock.sendall(head(MIB) + bytes(http.FIRST_MAX))
        answer = drip(sock, b"x" * 999) if "total" in limits else read_all(sock)
        assert answer == http.REFUSALS[408]


def drip(sock: socket.socket, data: bytes) -> bytes:
    """One byte at a time, until an answer or the end comes."""
    for byte in data:
        if select.select([sock], [], [], 0.05)[0]:
            break
        sock.send(bytes([byte]))
    else:
        pytest.fail("never refused")
    return read_all(sock)


def test_who_does_not_take_its_answer_is_dropped():
    with serving(lambda read: [bytes(64 * MIB)], idle=0.3) as server, closing(dial(server)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        sock.sendall(head(0))
        time.sleep(1)
        with pytest.raises((ConnectionResetError, AssertionError)):
            read_one(sock)


def test_a_pouch_cut_short_is_not_answered():
    ends = []

    def handler(read):
        try:
            return echo(read)
        except Exception as error:
            ends.append(error)
            raise

    with serving(handler) as server:
        for length, part in ((1000, 10), (2 * MIB, MIB)):
            with closing(dial(server)) as sock:
                sock.sendall(head(length) + bytes(part))
                sock.shutdown(socket.SHUT_WR)
                assert read_all(sock) == b""
    assert len(ends) == 1  # the first one never reached the handler
    assert "not HTTP/1.1" in str(ends[0])


def test_past_its_places_the_server_says_when_to_come_back():
    inside, release = threading.Semaphore(0), threading.Event()

    def slow(read):
        inside.release()
        release.wait(10)
        return [b"done"]

    with serving(slow, pouches=2) as server:
        busy = [dial(server) for _ in range(2)]
        for sock in busy:
            sock.sendall(head(1) + b"x")
            assert inside.acquire(timeout=5)
        refused = ask(server, head(1) + b"x")
        release.set()
        for sock in busy:
            assert b"done" in read_one(sock)
            sock.close()
        assert b"done" in ask(server, head(1, "Connection: close") + b"x")
    assert refused == http.REFUSALS[429]
    assert b"\r\nRetry-After: 5\r\n" in refused


def test_refusals_give_their_places_back():
    with serving(stranger, pouches=1) as server:
        for _ in range(3):
            assert ask(server, head(1) + b"x") == NOT_FOUND


def _raising(error):
    def handler(read):
        raise error

    return handler


def _raising_late(error):
    def handler(read):
        yield from ()
        raise error

    return handler


@pytest.mark.parametrize("late", [_raising, _raising_late])
@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ForgedError("secret detail"), 404),
        (BusyError("wait"), 429),
        (StoreError("disk full"), 503),
        (ValueError("a fault"), 503),
        (RecursionError(), 503),
    ],
)
def test_whatever_the_handler_raises_the_bytes_are_fixed(late, error, status):
    with serving(late(error)) as server:
        assert ask(server, head(1) + b"x") == http.REFUSALS[status]


def test_an_answer_that_fails_midway_is_cut_short():
    def handler(read):
        yield bytes(MIB)
        raise StoreError("disk failed")

    with serving(handler) as server:
        answer = ask(server, head(1) + b"x")
    assert answer.startswith(b"HTTP/1.1 200")
    assert not answer.endswith(b"0\r\n\r\n")


def test_an_answer_that_nobody_takes_is_closed():
    """What the handler holds open while it answers is given back at once, not some time later."""
    closed = threading.Event()
    answers = []

    def answer():
        try:
            while True:
                yield bytes(MIB)
        finally:
            closed.set()

    with serving(lambda read: answers.append(answer()) or answers[0]) as server:
        with closing(dial(server)) as sock:
            sock.sendall(head(0))
            sock.recv(10)
        assert closed.wait(5)


def test_a_flood_of_silent_connections_does_not_shut_a_partner_out():
    with serving(echo, connections=4) as server:
        with closing(dial(server)) as partner:
            partner.sendall(head(1) + b"a")
            read_one(partner)
            silent = [dial(server) for _ in range(12)]
            partner.sendall(head(1) + b"b")  # it has brought a pouch before: strangers go first
            assert b"answer:b" in read_one(partner)
            with closing(dial(server)) as newcomer:
                newcomer.sendall(head(1) + b"c")
                assert b"answer:c" in read_one(newcomer)
        assert len([t for t in threading.enumerate() if t.name == "pouch-visit"]) <= 5
        for sock in silent:
            sock.close()


def test_pouches_under_work_are_not_evicted():
    slow = Slow()

    with serving(slow, connections=1) as server, closing(dial(server)) as sock:
        sock.sendall(head(1) + b"s")
        assert slow.inside.wait(5)
        assert ask(server) == b""
        slow.release.set()
        assert b"done" in read_one(sock)


def test_who_waits_goes_before_who_works():
    slow = Slow()

    with serving(slow, connections=2) as server, closing(dial(server)) as works:
        works.sendall(head(1) + b"s")
        assert slow.inside.wait(5)
        with closing(dial(server)), closing(dial(server)) as newcomer:
            newcomer.sendall(head(1) + b"x")
            assert b"done" in read_one(newcomer)
        slow.release.set()
        assert b"done" in read_one(works)


def test_a_stop_lets_the_pouch_under_work_finish():
    slow = Slow()

    with serving(slow) as server, closing(dial(server)) as sock, closing(dial(server)):
        sock.sendall(head(1) + b"s")
        assert slow.inside.wait(5)
        stopper = threading.Thread(target=server.stop)
        stopper.start()
        time.sleep(0.2)
        slow.release.set()
        assert b"done" in read_all(sock)
        stopper.join(5)
        assert not stopper.is_alive()


def test_a_stop_cuts_off_who_takes_too_long():
    inside = threading.Event()

    def endless(read):
        inside.set()
        while read(10):
            pass
        return [b"never"]

    server = PouchServer(Limits(stop=0.2))
    server.start("127.0.0.1", 0, endless)
    with closing(dial(server)) as sock:
        sock.sendall(head(MIB) + bytes(http.FIRST_MAX))
        assert inside.wait(5)
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 3
    server.stop()  # again: nothing to do


def test_a_server_starts_again_after_its_stop():
    server = PouchServer()
    for _ in range(2):
        server.start("127.0.0.1", 0, echo)
        assert b"answer:x" in ask(server, head(1, "Connection: close") + b"x")
        with pytest.raises(ConfigError, match="already"):
            server.start("127.0.0.1", 0, echo)
        server.stop()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_plain_http_is_for_this_machine_only(host):
    with pytest.raises(ConfigError, match="plain HTTP"):
        PouchServer().start(host, 0, echo)


def test_a_taken_port_is_said():
    with serving(echo) as server, pytest.raises(ConfigError, match="cannot listen"):
        PouchServer().start("127.0.0.1", server.port, echo)
    with pytest.raises(ConfigError, match="cannot listen"):
        PouchServer().start("127.0.0.1", 70000, echo)


def test_it_listens_on_ipv6_too():
    server = PouchServer()
    try:
        server.start("::1", 0, echo)
    except ConfigError:
        pytest.skip("no IPv6 on this machine")
    try:
        with closing(socket.create_connection(("::1", server.port), timeout=5)) as sock:
            sock.sendall(head(1) + b"x")
            assert b"answer:x" in read_one(sock)
    finally:
        server.stop()


def test_running_out_of_file_descriptors_does_not_end_the_server():
    """In a process of its own: the limit is lowered, filled, and freed again."""
    script = textwrap.dedent(
        """
        import os, resource, socket, time
        from mithaq.wire.client import PouchClient
        from mithaq.wire.server import PouchServer
        server = PouchServer()
        server.start("127.0.0.1", 0, lambda read: [b"done"])
        waiting = socket.socket()
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        taken = []
        try:
            while True:
                taken.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            pass
        waiting.connect(("127.0.0.1", server.port))
        time.sleep(0.4)
        for handle in taken:
            os.close(handle)
        waiting.close()
        with PouchClient() as client, client.post(f"http://127.0.0.1:{server.port}", [b"x"], 1) as answer:
            print(answer.read(10).decode())
        server.stop()
        """
    )
    env = {**os.environ, "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True, timeout=30, env=env
    )
    assert done.stdout.strip() == "done", done.stderr
    assert done.stderr == ""
