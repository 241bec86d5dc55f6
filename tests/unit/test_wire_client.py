# ruff: noqa: SIM117 - what is asserted stands apart from what is set up
"""The client of POST /pouch, against our server and against liars made of sockets."""

import datetime as dt
import gc
import ipaddress
import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers import MIB, echo, stranger
from mithaq.errors import ConfigError, LimitError, PeerError, ReachError
from mithaq.wire import http
from mithaq.wire.address import Address
from mithaq.wire.client import Patience, PouchClient
from mithaq.wire.http import StatusError
from mithaq.wire.link import LINGER_BYTES, PouchReader, blocks
from mithaq.wire.server import PouchServer
from mithaq.wire.visit import Limits

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """(server context, client context that trusts only this certificate, client context that does not)."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "node.example")])
    now = dt.datetime.now(dt.UTC)
    day = dt.timedelta(days=1)
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - day).not_valid_after(now + day)
    cert = made.add_extension(x509.SubjectAlternativeName(names), critical=False).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (folder / "cert").write_bytes(cert.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key").write_bytes(private)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert", folder / "key")
    return server, ssl.create_default_context(cafile=str(folder / "cert")), ssl.create_default_context()


@contextmanager
def serving(handler, context=None, **limits):
    """A server of ours; gives its URL."""
    server = PouchServer(Limits(**limits))
    server.start("127.0.0.1", 0, handler, context)
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{server.port}"
    finally:
        server.stop()
        gc.collect()


@contextmanager
def liar(answer: bytes, *, before_reading=False, then_wait=0.0):
    """A server that reads a little, says ``answer`` and closes, for each connection; gives its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def run():
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with sock:
                if not before_reading:
                    sock.recv(65536)
                try:
                    sock.sendall(answer)
                except OSError:
                    continue
                over.wait(then_wait)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def ask(client, url, body=b"pouch"):
    with client.post(url, [body], len(body)) as answer:
        return answer.read(2 * http.POUCH_MAX)


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 300_000, 5 * MIB])
def test_a_pouch_comes_back(size):
    body = bytes(range(256)) * (size // 256 + 1)
    with serving(echo) as url, PouchClient() as client:
        assert ask(client, url, body[:size]) == b"answer:" + body[:size]


def test_read_gives_exactly_what_is_asked_for():
    with serving(echo) as url, PouchClient() as client, client.post(url, [b"abc", b"def"], 6) as answer:
        assert [answer.read(n) for n in (3, 0, 6, 10, 10)] == [b"ans", b"", b"wer:ab", b"cdef", b""]


def test_a_connection_is_used_again():
    threads = set()

    def handler(read):
        threads.add(threading.get_ident())
        return echo(read)

    with serving(handler) as url, PouchClient() as client:
        for _ in range(5):
            ask(client, url)
            with client.post(url, [b"x"], 1) as answer:
                answer.read(8)  # to the last byte, not past it
        assert len(threads) == 1


def test_an_answer_left_half_read_ends_its_connection():
    with serving(lambda read: [bytes(3 * MIB)]) as url, PouchClient() as client:
        with client.post(url, [b"x"], 1) as answer:
            answer.read(10)
        with pytest.raises(ZeroDivisionError), client.post(url, [b"x"], 1) as answer:
            raise ZeroDivisionError
        assert len(ask(client, url)) == 3 * MIB


def test_two_connections_are_kept_at_most():
    with serving(echo) as url, PouchClient() as client:
        answers = [client.post(url, [b"x"], 1) for _ in range(4)]
        for answer in answers:
            with answer:
                assert answer.read(100) == b"answer:x"
        (kept,) = client._kept.values()
        assert len(kept) == 2


def test_a_connection_that_the_server_closed_is_not_used():
    with serving(echo, keep=0.1) as url, PouchClient() as client:
        ask(client, url)
        time.sleep(0.4)
        assert ask(client, url) == b"answer:pouch"


def test_an_old_connection_is_not_used():
    with serving(echo) as url, PouchClient(patience=Patience(keep=0.0)) as client:
        ask(client, url)
        ((_, first),) = next(iter(client._kept.values()))
        ask(client, url)
        ((_, second),) = next(iter(client._kept.values()))
        assert first is not second


def test_a_connection_on_which_something_was_said_meanwhile_is_not_used():
    """A response to a request that was never made would answer the next one."""
    whole = CHUNKED + b"1\r\nx\r\n0\r\n\r\n"
    with liar(whole + whole, then_wait=0.3) as url, PouchClient() as client:
        for _ in range(2):
            assert ask(client, url) == b"x"


def test_a_closed_client_keeps_nothing():
    with serving(echo) as url:
        client = PouchClient()
        with client.post(url, [b"x"], 1) as answer:
            client.close()
            answer.read(100)
        assert not any(client._kept.values())


@pytest.mark.parametrize("secure", [False, True])
def test_an_early_refusal_ends_the_upload(tls, secure):
    """The client listens while it sends: of 64 MiB, a few have left its hands when the 404 is heard."""
    sent = 0

    def parts():
        nonlocal sent
        for _ in range(64):
            sent += MIB
            yield bytes(MIB)

    with serving(stranger, tls[0] if secure else None) as url, PouchClient(tls[1]) as client:
        for _ in range(5):
            sent = 0
            with pytest.raises(StatusError) as caught:
                client.post(url, parts(), 64 * MIB)
            assert caught.value.status == 404
            assert caught.value.retry_after == 0
            assert sent <= 8 * MIB


def test_an_early_refusal_is_heard_when_the_server_reads_nothing_more():
    """No close wakes the sender here: only listening while the send is blocked does."""
    refusal = http.REFUSALS[404]
    with liar(refusal, then_wait=3) as url, PouchClient() as client:
        began = time.monotonic()
        with pytest.raises(StatusError) as caught:
            client.post(url, (bytes(MIB) for _ in range(64)), 64 * MIB)
        assert caught.value.status == 404
        assert time.monotonic() - began < 2


def test_a_refusal_followed_by_a_reset_is_still_heard():
    heard = []
    with liar(http.REFUSALS[404], before_reading=True) as url, PouchClient() as client:
        for _ in range(5):
            with pytest.raises(ReachError) as caught:
                client.post(url, (bytes(MIB) for _ in range(64)), 64 * MIB)
            heard.append(getattr(caught.value, "status", 0))
    assert 404 in heard


def test_a_200_before_the_pouch_was_sent_is_no_answer():
    with liar(CHUNKED + b"0\r\n\r\n", then_wait=1) as url, PouchClient() as client:
        with pytest.raises(ReachError, match="before it had the pouch"):
            client.post(url, (bytes(MIB) for _ in range(64)), 64 * MIB)


def test_informational_responses_are_passed_over():
    early = b"HTTP/1.1 103 Early Hints\r\n\r\n" * 3
    with liar(early + CHUNKED + b"1\r\nx\r\n0\r\n\r\n") as url, PouchClient() as client:
        assert ask(client, url) == b"x"
    with liar(early + http.REFUSALS[429], then_wait=1) as url, PouchClient() as client:
        with pytest.raises(StatusError) as caught:
            client.post(url, (bytes(MIB) for _ in range(64)), 64 * MIB)
        assert (caught.value.status, caught.value.retry_after) == (429, 5)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("999999999", 3600),
        ("9" * 5000, 0),
        ("-1", 0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 0),
        ("²", 0),
    ],
)
def test_retry_after_is_believed_within_reason(value, seconds):
    answer = f"HTTP/1.1 429 Slow\r\nRetry-After: {value}\r\nContent-Length: 0\r\n\r\n".encode(
        "latin-1", "replace"
    )
    with liar(answer) as url, PouchClient() as client, pytest.raises(StatusError) as caught:
        ask(client, url)
    assert caught.value.retry_after == seconds


def test_redirects_are_not_followed():
    with serving(echo) as elsewhere:
        moved = f"HTTP/1.1 307 Go\r\nLocation: {elsewhere}/pouch\r\nContent-Length: 0\r\n\r\n".encode()
        with liar(moved) as url, PouchClient() as client, pytest.raises(StatusError) as caught:
            ask(client, url)
    assert caught.value.status == 307


def test_no_proxy_is_taken_from_the_environment(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:1")
    with serving(echo) as url, PouchClient() as client:
        assert ask(client, url) == b"answer:pouch"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 2",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        CHUNKED + b"5\r\nhel",
        CHUNKED + b"zz\r\nhello\r\n0\r\n\r\n",
    ],
)
def test_a_garbled_or_short_answer_is_no_answer(answer):
    with liar(answer) as url, PouchClient() as client, pytest.raises(ReachError):
        ask(client, url)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_an_answer_or_our_error(noise, headed):
    with liar((CHUNKED if headed else b"") + noise) as url, PouchClient() as client:
        with suppress(ReachError, PeerError):
            ask(client, url)


def test_an_answer_without_end_is_cut_at_the_largest_pouch():
    def endless(read):
        while True:
            yield bytes(MIB)

    with serving(endless) as url, PouchClient() as client, client.post(url, [b"x"], 1) as answer:
        with pytest.raises(LimitError):
            answer.read(2 * http.POUCH_MAX)


def test_a_silent_partner_is_given_up():
    with liar(b"", then_wait=5) as url, PouchClient(patience=Patience(answer=0.2)) as client:
        with pytest.raises(ReachError, match="too long"):
            ask(client, url)


def test_a_partner_that_takes_nothing_is_given_up():
    with liar(b"", then_wait=1.5) as url, PouchClient(patience=Patience(idle=0.3)) as client:
        with pytest.raises(ReachError, match="too long"):
            client.post(url, (bytes(MIB) for _ in range(64)), 64 * MIB)


def test_an_answer_that_stalls_is_given_up():
    with liar(CHUNKED + b"5\r\nhe", then_wait=1.0) as url, PouchClient(patience=Patience(idle=0.2)) as client:
        with client.post(url, [b"x"], 1) as answer, pytest.raises(ReachError, match="too long"):
            answer.read(5)


def test_nobody_there():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with PouchClient() as client, pytest.raises(ReachError, match="no connection"):
        ask(client, f"http://127.0.0.1:{port}")


def test_a_name_that_cannot_be_one():
    with (
        PouchClient(ssl.create_default_context()) as client,
        pytest.raises(ReachError, match="no connection"),
    ):
        ask(client, f"https://{'a' * 70}.invalid")


@pytest.mark.parametrize(("parts", "total"), [([b"abc"], 2), ([b"abc"], 4), ([], 1), ([bytes(MIB)], 10)])
def test_parts_that_are_not_their_total_are_our_fault(parts, total):
    with serving(echo) as url, PouchClient() as client, pytest.raises(ValueError, match="than its total"):
        client.post(url, parts, total)


def test_what_the_parts_raise_passes_through():
    def parts():
        yield bytes(MIB)
        raise ZeroDivisionError

    with serving(echo) as url, PouchClient() as client:
        with pytest.raises(ZeroDivisionError):
            client.post(url, parts(), 2 * MIB)
        assert ask(client, url) == b"answer:pouch"


def test_tls_carries_pouches_both_ways(tls):
    with serving(echo, tls[0]) as url, PouchClient(tls[1]) as client:
        for size in (10, 3 * MIB, 10):
            assert len(ask(client, url, bytes(size))) == size + 7


def test_a_certificate_that_nobody_vouches_for_is_refused(tls):
    with serving(echo, tls[0]) as url, PouchClient(tls[2]) as client:
        with pytest.raises(ReachError, match=r"(?i)certificate"):
            ask(client, url)


def test_a_certificate_for_another_name_is_refused(tls):
    with serving(echo, tls[0]) as url, PouchClient(tls[1]) as client:
        with pytest.raises(ReachError, match=r"(?i)certificate"):
            ask(client, url.replace("127.0.0.1", "localhost"))


def test_a_tls_server_survives_who_speaks_no_tls(tls):
    with serving(echo, tls[0], head=0.3) as url, PouchClient(tls[1]) as client:
        with pytest.raises(ReachError):
            ask(client, url.replace("https", "http"))
        port = int(url.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as silent:
            assert silent.recv(100) == b""  # its handshake has the time of a head, no more
        assert ask(client, url) == b"answer:pouch"


def test_https_needs_a_context():
    with PouchClient() as client, pytest.raises(ConfigError, match="no TLS context"):
        ask(client, "https://node.example")


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://node.example", "node.example", 443, "/pouch"),
        ("https://node.example:8443/", "node.example", 8443, "/pouch"),
        ("https://node.example/mithaq/", "node.example", 443, "/mithaq/pouch"),
        ("https://192.0.2.1", "192.0.2.1", 443, "/pouch"),
        ("https://[2001:db8::1]:8443", "2001:db8::1", 8443, "/pouch"),
        ("http://localhost:8000", "localhost", 8000, "/pouch"),
        ("http://127.0.0.1", "127.0.0.1", 80, "/pouch"),
        ("http://[::1]:8000", "::1", 8000, "/pouch"),
    ],
)
def test_addresses(url, host, port, path):
    address = Address.parse(url)
    assert (address.host, address.port, address.path) == (host, port, path)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "node.example",
        "http://node.example",
        "http://192.0.2.1:80",
        "http://0.0.0.0",
        "http://localhost.example",
        "ftp://localhost",
        "file:///etc/passwd",
        "https://",
        "https://user@node.example",
        "https://user:word@node.example",
        "http://127.0.0.1@node.example",
        "https://node.example/?q",
        "https://node.example/#f",
        "https://node.example:99999",
        "https://node.example:x",
        "https://[::1",
        "https://node.example/a b",
        "https://node.example/\r\nX: y",
        "https://nöde.example",
        "https://node.example:0",
    ],
)
def test_addresses_that_are_none(url):
    with pytest.raises(ConfigError, match="not the address of a node"):
        Address.parse(url)


@settings(deadline=None)
@given(st.text(max_size=60).map(lambda text: "https://" + text))
def test_any_text_is_an_address_or_a_config_error(url):
    try:
        address = Address.parse(url)
    except ConfigError:
        return
    assert address.tls
    assert address.path.isascii()


@given(st.lists(st.binary(max_size=300_000), max_size=5))
@settings(max_examples=30, deadline=None)
def test_blocks_carry_the_same_bytes(parts):
    cut = list(blocks(parts))
    assert b"".join(cut) == b"".join(parts)
    assert all(http.BLOCK <= len(block) < 2 * http.BLOCK for block in cut[:-1])


def test_a_reader_refuses_a_negative_length():
    """`del held[:-1]` would lose bytes without a word."""
    with pytest.raises(ValueError, match="negative"):
        PouchReader(lambda: b"").read(-1)


def test_lingering_is_short():
    assert LINGER_BYTES <= MIB
