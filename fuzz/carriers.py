"""HTTP from either end, and the operator's socket (protocol 7.3): whatever comes, there is an answer."""

import re
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress

import h11
import msgspec

from fuzz.pouches import bench
from fuzz.target import target
from mithaq.errors import BusyError, ForgedError, PeerError, ReachError
from mithaq.node.control import CALLS, _answer
from mithaq.wire.address import Address
from mithaq.wire.client import Patience, PouchClient
from mithaq.wire.http import POUCH_MAX, REFUSALS, Body
from mithaq.wire.link import Link
from mithaq.wire.places import Places
from mithaq.wire.visit import Limits, Visit
from nodes import A, B

HTTP = (
    "POST /pouch HTTP/1.1\r\n",
    "Host: x\r\n",
    "Content-Length: ",
    "Transfer-Encoding: chunked\r\n",
    "\r\n\r\n",
)
HTTP += (
    "Expect: 100-continue\r\n",
    "Connection: close\r\n",
    "HTTP/1.1 200 OK\r\n",
    "0\r\n\r\n",
    "Retry-After: 5\r\n",
)
ANSWER = b"HTTP/1.1 200 \r\n"


def _requests() -> Iterator[bytes]:
    for more in (
        "",
        "Expect: 100-continue\r\n",
        "Connection: close\r\n",
        "Upgrade: h2c\r\nConnection: upgrade\r\n",
    ):
        yield f"POST /pouch HTTP/1.1\r\nHost: x\r\n{more}Content-Length: 5\r\n\r\nhello".encode() * 2
    yield b"POST /pouch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    yield b"GET / HTTP/1.0\r\n\r\n"


class _Local(socket.socket):
    """One end of a pair of sockets that takes what ``Link`` says to TCP."""

    def setsockopt(self, level: int, *arguments: object) -> None:
        if level != socket.IPPROTO_TCP:
            super().setsockopt(level, *arguments)  # type: ignore[call-overload]


def _connected() -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    return _Local(fileno=ours.detach()), theirs


def _handle(body: Body) -> Iterable[bytes]:
    match body(1):
        case b"p":
            raise ForgedError("no")
        case b"b":
            raise BusyError("no")
        case first:
            return [first, body(3)]


@target(
    "wire.visit.Visit._run", "wire.link.Link.event", seeds=_requests, refusals=(), words=HTTP, longest=16_384
)
def http_request(data: bytes) -> None:
    """All that one client sends; it gets whole answers of the kinds that there are, and nothing else."""
    ours, theirs = _connected()
    with theirs:
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        visit = Visit(
            Link(ours, h11.SERVER),
            _handle,
            Limits(),
            places=Places(1),
            stopping=threading.Event(),
            left=lambda _: None,
        )
        visit._run()
        theirs.setblocking(False)
        answer = b"".join(iter(lambda: theirs.recv(65_536), b""))
    assert answer != REFUSALS[503], "this node failed"
    while answer:
        if answer in REFUSALS.values():
            return
        match = re.match(rb"HTTP/1\.1 (?:100 \r\n\r\n|200 \r\n(?:[^\r\n]+\r\n)+\r\n)", answer)
        assert match, answer
        answer = answer[match.end() :]
        while chunked := re.match(rb"([0-9a-f]+)\r\n", answer):
            size = int(chunked[1], 16)
            answer = answer[chunked.end() + size + 2 :]
            if not size:
                break


class _Answered(Link):
    """A connection whose other side speaks when it is listened to, or, early, at once."""

    def __init__(self, answer: bytes, *, early: bool) -> None:
        ours, self._theirs = _connected()
        self._answer, self._silent = answer, True
        super().__init__(ours, h11.CLIENT)
        if early:
            self._speak()

    def _speak(self) -> None:
        self._theirs.sendall(self._answer)
        self._theirs.shutdown(socket.SHUT_WR)
        self._silent = False

    def receive(self) -> bytes:
        if self._silent:
            self._speak()
        return super().receive()

    def close(self) -> None:
        super().close()
        self._theirs.close()


class _Dialled(PouchClient):
    """A client whose connection is there already."""

    def __init__(self, link: Link) -> None:
        super().__init__(patience=Patience(1, 1, 1, 1, 1))
        self._link = link

    def _connect(self, address: Address) -> Link:  # noqa: ARG002 - the other end is fixed
        return self._link


def _responses() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    yield b"HTTP/1.1 200 OK\r\n\r\nhello"
    yield b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    yield b"HTTP/1.1 101 Switching Protocols\r\n\r\nx"
    yield from REFUSALS.values()


@target(
    "wire.client.PouchClient.post",
    "wire.client.PouchAnswer.read",
    seeds=_responses,
    refusals=(ReachError, PeerError),
    words=HTTP,
    longest=16_384,
)
def http_response(data: bytes) -> None:
    """All that one server sends, before it has the pouch (inputs of odd length) or after."""
    link = _Answered(data, early=len(data) % 2 == 1)
    with _Dialled(link) as client, client.post("http://localhost:1", [b"hello"], 5) as answer:
        assert len(answer.read(POUCH_MAX)) <= len(data)


def _calls() -> Iterator[bytes]:
    for name in CALLS:
        for arguments in ({}, {"origin": B}, {"origin": B, "leaf": "ab" * 32}, {"origin": B, "limit": 5}):
            yield msgspec.msgpack.encode({"name": name, "arguments": arguments})
    message = {
        "kind": "alert",
        "field": "civil-protection",
        "contents": [["text/plain", b"x"]],
        "facts": {"a": 1},
    }
    yield msgspec.msgpack.encode({"name": "send", "arguments": {"origin": B, "message": message}})
    yield msgspec.msgpack.encode({"name": "inbox", "arguments": {"origin": B, "limit": 2**63}})
    yield msgspec.msgpack.encode(
        {"name": "content", "arguments": {"origin": B, "leaf": "ab" * 32, "ordinal": -(2**63)}}
    )


@target(
    "node.control._answer",
    seeds=_calls,
    refusals=(),
    words=(*CALLS, A, B, "name", "arguments", "origin", "limit"),
)
def control(data: bytes) -> None:
    """A frame at the operator's socket: every one has an answer that can be sent."""
    a, _ = bench().nodes()
    before = a.service.status(B)
    try:
        answer = _answer(a.service, data)
        assert len(answer) >= 1
        msgspec.msgpack.encode(answer)
    finally:
        with suppress(Exception):
            if a.service.status(B) != before:
                bench().used()
