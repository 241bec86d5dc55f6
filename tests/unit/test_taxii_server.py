"""The TAXII server answers when ``start`` returns, over TLS with a certificate; else it says why not."""

import http.client
import socket
import ssl

import pytest

from certificates import certificate
from mithaq.errors import ConfigError
from mithaq.taxii.server import TaxiiServer


async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def test_it_answers_over_tls(tmp_path):
    files = certificate(tmp_path / "files")
    server = TaxiiServer(app)
    server.start("127.0.0.1", 0, **files)
    trusted = ssl.create_default_context(cafile=files["certificate"])
    connection = http.client.HTTPSConnection("localhost", server.port, context=trusted, timeout=10)
    try:
        connection.request("GET", "/")
        assert connection.getresponse().status == 204
        assert connection.sock.version() == "TLSv1.3"
    finally:
        connection.close()
        server.stop()


def test_an_address_that_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(ConfigError, match="cannot listen"):
        TaxiiServer(app).start("127.0.0.1", other.getsockname()[1])


def test_a_key_that_cannot_be_used(tmp_path):
    files = certificate(tmp_path / "files")
    (tmp_path / "none").write_text("no key\n")
    with pytest.raises(ConfigError, match="does not start"):
        TaxiiServer(app).start("127.0.0.1", 0, files["certificate"], str(tmp_path / "none"))
