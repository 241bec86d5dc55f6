"""Two nodes over TLS, as ``node.toml`` says it: only named authorities vouch, and nothing older than 1.3."""

import socket
import ssl
import time

import pytest

from certificates import certificate
from handlers import stranger
from mithaq.demo.rabat import ORIGINS
from mithaq.errors import ConfigError, ReachError
from mithaq.node import node as root
from mithaq.node import setup
from mithaq.node.authority import Authority
from mithaq.node.control import connect
from mithaq.node.directory import Config, Directory
from mithaq.node.node import Node
from mithaq.wire.client import PouchClient
from mithaq.wire.http import StatusError
from mithaq.wire.server import PouchServer

A, B = ORIGINS
PATIENCE = 10


def unlocks():
    return b"exercise"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    files = certificate(folder / "both")
    certificate(folder / "other")
    return files, str(folder / "both" / "cert"), str(folder / "other" / "cert")


def config(path, origin, **members):
    return Config(origin, "127.0.0.1:0", f"file:{path / 'keys'}", **members)


def make(path, origin, files, authorities):
    """A node's directory, installed, to listen with TLS; gives its card and fingerprint."""
    port = free_port()
    made = Config(origin, f"127.0.0.1:{port}", f"file:{path / 'keys'}", **files, authorities=authorities)
    authority = Authority.create(path.with_suffix(".authority"), origin, unlocks)
    setup.create(path, made, unlocks)
    draft = setup.draft(path, unlocks, authority.public, {"en": "X"}, f"https://localhost:{port}")
    card = bytes(authority.sign_card(bytes(draft)))
    return card, setup.install(path, card).fingerprint


def test_two_nodes_meet(tmp_path, tls):
    files, right, _ = tls
    places = [tmp_path / "a", tmp_path / "b"]
    cards = [make(place, origin, files, right) for place, origin in zip(places, ORIGINS, strict=True)]
    nodes = [Node(place, unlocks) for place in places]
    for node in nodes:
        node.start()
    doors = [connect(Directory(place).control) for place in places]
    for door, other in zip(doors, reversed(cards), strict=True):
        door.introduce(*other)
    late = time.monotonic() + PATIENCE
    while not all(door.status(other).have for door, other in zip(doors, (B, A), strict=True)):
        assert time.monotonic() < late
        time.sleep(0.02)
    for each in doors:
        each.close()
    for each in nodes:
        each.stop()


@pytest.fixture
def port(tmp_path, tls):
    """Of a server with the TLS of ``node.toml``."""
    server = PouchServer()
    server.start("127.0.0.1", 0, stranger, root._server_tls(config(tmp_path, A, **tls[0])))
    yield server.port
    server.stop()


def test_only_named_authorities_vouch(tmp_path, tls, port):
    _, right, other = tls
    for authorities, answer in ((right, StatusError), (other, ReachError), ("", ReachError)):
        context = root._client_tls(config(tmp_path, A, authorities=authorities))
        with PouchClient(context) as client, pytest.raises(answer):
            client.post(f"https://localhost:{port}", [b"x"], 1)


def test_nothing_older_than_tls_1_3(tmp_path, tls, port):
    _, right, _ = tls
    old = ssl.create_default_context(cafile=right)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", port)) as plain, pytest.raises(ssl.SSLError):
        old.wrap_socket(plain, server_hostname="localhost")
    assert root._client_tls(config(tmp_path, A)).minimum_version is ssl.TLSVersion.TLSv1_3


@pytest.mark.parametrize("lacking", ["certificate", "private_key"])
def test_a_file_that_is_not_there(tmp_path, tls, lacking):
    with pytest.raises(ConfigError, match="certificate cannot be used"):
        root._server_tls(config(tmp_path, A, **(tls[0] | {lacking: str(tmp_path / "nothing")})))
    with pytest.raises(ConfigError, match="authorities"):
        root._client_tls(config(tmp_path, A, authorities=str(tmp_path / "nothing")))


def test_a_key_of_another_certificate(tmp_path, tls):
    files, _, other = tls
    with pytest.raises(ConfigError, match="certificate cannot be used"):
        root._server_tls(config(tmp_path, A, certificate=other, private_key=files["private_key"]))


def test_a_key_under_a_passphrase_asks_nobody(tmp_path):
    """OpenSSL would stop at the terminal and ask; a service has none."""
    with pytest.raises(ConfigError, match="certificate cannot be used"):
        root._server_tls(config(tmp_path, A, **certificate(tmp_path / "locked", locked=True)))
