"""The TAXII server of a node: granian, on a thread and an event loop of its own."""

import asyncio
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.types import ASGIApp

from mithaq.errors import ConfigError

START_SECONDS = 10
"""How long the server may take until it answers."""


class TaxiiServer:
    """Listens until it is stopped.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: Server | None = None
        self._failure = ""
        self.port = 0

    def start(self, host: str, port: int, certificate: str = "", private_key: str = "") -> None:
        """Listen on ``host`` and ``port`` (0: any free one, then in ``self.port``) and return.

        Args:
            host: an address of this machine.
            port: of it.
            certificate: PEM file, or empty for plain HTTP.
            private_key: PEM file in PKCS#8.

        Raises:
            ConfigError: the address is taken, or the certificate or its key cannot be used.
        """
        self.port = _free(host, port)
        self._thread = threading.Thread(
            target=self._run, args=(host, certificate, private_key), name="taxii", daemon=True
        )
        self._thread.start()
        if not self._answers(host):
            self.stop()
            raise ConfigError(
                "the TAXII server does not start", where=f"{host}:{self.port}", got=self._failure
            )

    def _answers(self, host: str) -> bool:
        """Whether it takes a connection before it ends or takes too long."""
        end = time.monotonic() + START_SECONDS
        while self._thread and self._thread.is_alive() and time.monotonic() < end:
            with suppress(OSError), socket.create_connection((host, self.port), 1):
                return True
            time.sleep(0.01)
        return False

    def _run(self, host: str, certificate: str, private_key: str) -> None:
        try:
            asyncio.run(self._serve(host, certificate, private_key))
        except BaseException as error:  # noqa: BLE001 - told by start
            self._failure = str(error)

    async def _serve(self, host: str, certificate: str, private_key: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._server = Server(
            self._app,
            address=host,
            port=self.port,
            interface=Interfaces.ASGI,
            websockets=False,
            log_enabled=False,
            ssl_cert=Path(certificate) if certificate else None,
            ssl_key=Path(private_key) if private_key else None,
        )
        await self._server.serve()

    def stop(self) -> None:
        """Stop listening and end the thread."""
        if self._thread and self._loop and self._server:
            with suppress(RuntimeError):  # its loop has ended by itself
                self._loop.call_soon_threadsafe(self._server.stop)
            self._thread.join(START_SECONDS)


def _free(host: str, port: int) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family) as listener:
            return int(listener.getsockname()[1])
    except OSError as error:
        raise ConfigError("cannot listen", where=f"{host}:{port}", got=error) from None
