"""The server of ``POST /pouch``: a thread for each connection, h11 for HTTP, blocking reads for the handler.

Rules:

1. A refusal goes out as soon as it is known, while the pouch may still be arriving; then the connection ends.
2. Nothing is read that the handler has not asked for, except the first ``FIRST_MAX`` bytes: what a stranger
   sends too much stays in its own machine.
3. A place among the pouches under work is taken only when those first bytes are there; once the sender is
   known, one of its own (``places``).
4. Every wait has an end. When all connections are taken, the one that waits longest goes, strangers first.
5. Whatever the handler raises, the answer is one of ``http.REFUSALS``.

What happens on one connection is in ``visit``. Neither knows what a pouch is, or one partner from another.
"""

import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import cast

import h11
import structlog

from mithaq.errors import ConfigError
from mithaq.wire.http import PouchHandler, is_loopback
from mithaq.wire.link import Link
from mithaq.wire.places import Places
from mithaq.wire.visit import Limits, Visit

_log = structlog.get_logger(__name__)


class PouchServer:
    """Listens, gives each connection a thread, and hands each pouch to the handler.

    Args:
        limits: what it grants.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.port = 0
        self._places = Places(self.limits.pouches)
        self._lock = threading.Lock()
        self._visits: set[Visit] = set()
        self._stopping = threading.Event()
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def start(
        self, host: str, port: int, handler: PouchHandler, context: ssl.SSLContext | None = None
    ) -> None:
        """Listen on ``host`` and ``port`` (0: any free one, then in ``self.port``) and return.

        Raises:
            ConfigError: no TLS on an address that others reach, the address is taken, or it runs already.
        """
        if context is None and not is_loopback(host):
            raise ConfigError(
                "plain HTTP is for this machine only",
                got=host,
                todo="give a certificate, or listen on 127.0.0.1",
            )
        if self._thread is not None:
            raise ConfigError("the server runs already", got=host)
        if not 0 <= port <= 65535:
            raise ConfigError("cannot listen", where=host, expected="a port from 0 to 65535", got=port)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._listener = socket.create_server((host, port), family=family, backlog=128)
        except OSError as error:
            raise ConfigError("cannot listen", where=f"{host}:{port}", got=error) from error
        self.port = cast("int", self._listener.getsockname()[1])
        self._stopping.clear()
        self._thread = threading.Thread(
            target=self._accept, args=(self._listener, handler, context), name="pouch-accept", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, let pouches under work finish (``Limits.stop``), end every thread."""
        self._stopping.set()
        if self._thread is None or self._listener is None:
            return
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self._thread.join()
        self._listener.close()
        self._thread = self._listener = None
        end = time.monotonic() + self.limits.stop
        visits = self._each_visit()
        for visit in visits:
            visit.leave()
        for visit in visits:
            visit.thread.join(max(0.0, end - time.monotonic()))
            visit.link.abort()
        for visit in visits:
            visit.thread.join()

    def _accept(self, listener: socket.socket, handler: PouchHandler, context: ssl.SSLContext | None) -> None:
        while not self._stopping.is_set():
            try:
                sock, _ = listener.accept()
            except OSError:  # stopped, or out of file descriptors: then it is better soon
                self._stopping.wait(0.1)
                continue
            try:
                if context is not None:
                    sock = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
                self._admit(sock, handler)
            except (OSError, RuntimeError) as error:  # gone again already; or no thread to be had
                _log.warning("pouch_not_admitted", error=str(error))
                sock.close()

    def _admit(self, sock: socket.socket, handler: PouchHandler) -> None:
        if len(self._visits) >= self.limits.connections and not self._evict():
            sock.close()
            return
        visit = Visit(
            Link(sock, h11.SERVER),
            handler,
            self.limits,
            places=self._places,
            stopping=self._stopping,
            left=self._left,
        )
        with self._lock:
            self._visits.add(visit)
        try:
            visit.thread.start()
        except RuntimeError:
            self._left(visit)
            raise

    def _evict(self) -> bool:
        """End the connection that waits longest, those that never brought a pouch first."""
        waiting = [visit for visit in self._each_visit() if visit.waits]
        if not waiting:
            return False
        victim = min(waiting, key=lambda visit: (visit.served, visit.since))
        victim.leave()
        victim.thread.join(1.0)
        return not victim.thread.is_alive()

    def _each_visit(self) -> list[Visit]:
        with self._lock:
            return list(self._visits)

    def _left(self, visit: Visit) -> None:
        with self._lock:
            self._visits.discard(visit)
