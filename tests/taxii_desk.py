"""A node with a TAXII server, a domestic root with a collection, and a tool that talks to it over HTTP."""

import base64
import contextlib
import http.client
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mithaq.taxii.application import application
from mithaq.taxii.endpoints import Endpoints
from mithaq.taxii.negotiation import TAXII
from mithaq.taxii.server import TaxiiServer
from nodes import A, Node, make_node

OBJECTS = "/taxii2/agencies/collections/cert/objects/"
MANIFEST = "/taxii2/agencies/collections/cert/manifest/"


def indicator(name: str = "", **changes: Any) -> dict[str, Any]:
    """A new indicator; the same one for the same name."""
    id_ = uuid.uuid5(uuid.NAMESPACE_DNS, name) if name else uuid.uuid4()
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{id_}",
        "created": "2026-11-20T10:00:00.000Z",
        "modified": "2026-11-20T10:00:00.000Z",
        "indicator_types": ["malicious-activity"],
        "pattern": f"[domain-name:value = '{name or 'c2'}.example']",
        "pattern_type": "stix",
        "valid_from": "2026-11-20T10:00:00Z",
        **changes,
    }


def domain(name: str) -> dict[str, Any]:
    """A cyber-observable, which has no versions."""
    id_ = uuid.uuid5(uuid.NAMESPACE_DNS, name)
    return {
        "type": "domain-name",
        "spec_version": "2.1",
        "id": f"domain-name--{id_}",
        "value": f"{name}.example",
    }


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    data: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.data)

    @property
    def ids(self) -> list[str]:
        return [each["id"] for each in self.json.get("objects", [])]


@dataclass
class Tool:
    """A client with one connection.

    Args:
        port: of the server.
        token: it signs in with.
        name: of its account, for Basic; None for Bearer.
    """

    port: int
    token: str
    name: str | None = None

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def headers(self) -> dict[str, str]:
        basic = base64.b64encode(f"{self.name}:{self.token}".encode()).decode()
        return {
            "Authorization": f"Bearer {self.token}" if self.name is None else f"Basic {basic}",
            "Accept": TAXII,
        }

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str | None) -> Reply:
        """``headers`` with underscores for hyphens; None leaves one of the usual ones out."""
        given = self.headers() | ({"Content-Type": TAXII} if body is not None else {})
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in given.items() if value is not None}
        self.connection.request(method, path, body=body, headers=sent)
        answer = self.connection.getresponse()
        return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())

    def get(self, path: str, **headers: str | None) -> Reply:
        return self.ask("GET", path, **headers)

    def post(self, *objects: Any, path: str = OBJECTS) -> Reply:
        return self.ask("POST", path, json.dumps({"objects": list(objects)}).encode())


@dataclass
class Desk:
    """The node and its tool."""

    node: Node
    server: TaxiiServer
    undo: contextlib.ExitStack
    token: str

    def __post_init__(self) -> None:
        self.tool = self.made(self.token, "tool")

    def account(
        self, name: str, *, read: bool = True, write: bool = True, root: str = "agencies", **more: Any
    ) -> Tool:
        """Another tool."""
        librarian = self.node.service.librarian
        token = librarian.add_account(name, root, **more)
        if root == "agencies":
            librarian.grant(name, "cert", read, write)
        return self.made(token, name)

    def made(self, token: str, name: str | None = None) -> Tool:
        """A tool with this token; its connection is closed in the end."""
        tool = Tool(self.server.port, token, name)
        self.undo.callback(tool.connection.close)
        return tool


@contextlib.contextmanager
def desk(directory: Path) -> Iterator[Desk]:
    """Everything started, and stopped."""
    node = make_node(directory / "node", "a", A)
    service = node.service
    service.librarian.add_root("agencies", "Our agencies")
    service.librarian.add_collection("agencies", "The CERT", "cert", 30)
    token = service.librarian.add_account("tool", "agencies", rate=10_000)
    service.librarian.grant("tool", "cert", read=True, write=True)
    with _served(node) as server, contextlib.ExitStack() as undo:
        yield Desk(node, server, undo, token)


@contextlib.contextmanager
def reopened(directory: Path, token: str) -> Iterator[Desk]:
    """The same node in another process, as far as it remembers anything."""
    node = make_node(directory / "node", "a", A)
    with _served(node) as server, contextlib.ExitStack() as undo:
        yield Desk(node, server, undo, token)


@contextlib.contextmanager
def _served(node: Node) -> Iterator[TaxiiServer]:
    service = node.service
    server = TaxiiServer(application(Endpoints("A", service.library, service.librarian, service.admission)))
    server.start("127.0.0.1", 0)
    try:
        yield server
    finally:
        server.stop()
        node.close()
