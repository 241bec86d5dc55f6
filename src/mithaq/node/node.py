"""The composition root: everything of one node put together, started and stopped."""

import os
import ssl
import threading
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import structlog

from mithaq.audit.cards import CARD_NOTE_MAX
from mithaq.crypto.keyfiles import KeyFiles
from mithaq.crypto.keystore import open_keystore
from mithaq.crypto.notes import Note
from mithaq.crypto.passphrase import Passphrase
from mithaq.domain.card import Card
from mithaq.domain.moment import DAY
from mithaq.domain.party import Role
from mithaq.errors import ConfigError, MithaqError
from mithaq.exchange.identity import Identity
from mithaq.exchange.service import Service
from mithaq.node import backup
from mithaq.node.control import Control
from mithaq.node.courier import Couriers
from mithaq.node.directory import Config, Directory
from mithaq.store.sqlite import open_store
from mithaq.taxii.application import application
from mithaq.taxii.endpoints import Endpoints
from mithaq.taxii.server import TaxiiServer
from mithaq.wire.client import PouchClient
from mithaq.wire.http import is_loopback
from mithaq.wire.server import PouchServer

HOUSEKEEPING = 3_600
"""Seconds between two looks at what is due by the clock, if no day ends before: then it is looked at once."""
LOG_KEY = "log-{serial}"
MIRROR_KEY = "mirror-{serial}"
"""Names of the node's pairs in its key store, by the serial of the card that brought them."""

_log = structlog.get_logger("mithaq.node")


def identity(directory: Directory, config: Config, passphrase: Passphrase) -> Identity:
    """Who the node is: its card, and the pairs in its key store that the card names.

    Raises:
        ConfigError: there is no card yet.
        KeyStoreError: the key store does not open, or lacks a pair of the card.
    """
    try:
        note = Note.parse(directory.card.read_bytes(), limit=CARD_NOTE_MAX)
    except OSError as error:
        raise ConfigError(
            "this node has no card", where=str(directory.card), got=error, todo="make one: mithaq node init"
        ) from None
    card = Card.parse(note.text)
    keys = open_keystore(config.keystore, passphrase, os.urandom)
    pairs = {pair.public: pair for name in keys.names() if (pair := keys.load(name))}
    lacking = [role for role in (Role.LOG, Role.MIRROR) if card.pairs[role] not in pairs]
    if lacking:
        raise ConfigError(
            "the key store lacks a pair of the card",
            where=" ".join(lacking),
            todo="put back the keys that the card was made with",
        )
    return Identity(
        card=card,
        card_note=note,
        log=pairs[card.pairs[Role.LOG]],
        mirror=pairs[card.pairs[Role.MIRROR]],
        files=KeyFiles(directory.keyfiles, keys.secret("keyfiles"), os.urandom),
        clock=time.time,
        random=os.urandom,
    )


@contextmanager
def opened(path: Path, passphrase: Passphrase) -> Generator[Service]:
    """A node that does not run, opened by this process alone.

    Raises:
        ConfigError: it runs, or is none.
    """
    directory = Directory(path)
    config = directory.config()
    with directory.locked(), ExitStack() as undo:
        who = identity(directory, config, passphrase)
        store = open_store(directory.store, who.origin, anchor=directory.anchor, create=False)
        undo.callback(store.close)
        service = Service(who, store, reserved=0)
        service.clear()
        yield service


class Node:
    """A node that serves.

    Args:
        path: its directory.
        passphrase: unlocks its key store.
    """

    def __init__(self, path: Path, passphrase: Passphrase) -> None:
        self._directory = Directory(path)
        self._config = self._directory.config()
        self._passphrase = passphrase
        self._undo = ExitStack()
        self._stopping = threading.Event()

    def start(self) -> None:
        """Take the lock, open everything, listen, carry.

        Raises:
            MithaqError: something of it cannot be had; what was opened is closed again.
        """
        try:
            self._start()
        except BaseException:
            self._undo.close()
            raise

    def _start(self) -> None:
        self._undo.enter_context(self._directory.locked())
        who = identity(self._directory, self._config, self._passphrase)
        store = open_store(self._directory.store, who.origin, anchor=self._directory.anchor, create=False)
        self._undo.callback(store.close)
        client = PouchClient(_client_tls(self._config))
        self._undo.callback(client.close)
        couriers = Couriers(lambda: service, client, os.urandom)
        service = Service(who, store, couriers.wake)
        self._undo.callback(couriers.stop)
        service.clear()  # before anything is served: the store may have been put back from a backup
        for failure in service.take_up():
            _log.warning("pair_not_taken_up", error=failure)
        server = PouchServer()
        host, port = self._config.address
        server.start(host, port, lambda body: service.receive(body, body.known), _server_tls(self._config))
        self._undo.callback(server.stop)
        if self._config.taxii:
            self._undo.callback(_serve_taxii(service, who, self._config).stop)
        control = Control(self._directory.control, service)
        self._undo.callback(control.stop)
        keeper = threading.Thread(target=self._keep, args=(service,), name="housekeeping", daemon=True)
        keeper.start()
        self._undo.callback(keeper.join)
        self._undo.callback(self._stopping.set)
        for partner in service.partners():
            couriers.wake(partner.origin)
        _log.info("node_serves", origin=who.origin, host=host, port=server.port)

    def _keep(self, service: Service) -> None:
        while True:
            works = (
                service.housekeep,
                lambda: _ring(service),
                lambda: backup.expire_known(self._directory, int(time.time())),
            )
            for work in works:
                try:
                    work()
                except Exception as error:  # noqa: BLE001 - one failure must not end what destroys keys
                    unknown = not isinstance(error, MithaqError)
                    _log.error("housekeeping_failed", error=str(error), exc_info=unknown)
            if self._stopping.wait(until_due(time.time())):
                return

    def stop(self) -> None:
        """Stop in the reverse order of starting: nothing new first, the store last."""
        self._undo.close()


def _serve_taxii(service: Service, who: Identity, config: Config) -> TaxiiServer:
    host, port = config.taxii_address
    if not config.certificate and not is_loopback(host):
        raise ConfigError(
            "plain HTTP is for this machine only", where="taxii", got=host, todo="give a certificate"
        )
    endpoints = Endpoints(who.origin, service.library, service.librarian, service.admission)
    server = TaxiiServer(application(endpoints))
    server.start(host, port, config.certificate, config.private_key)
    _log.info("taxii_serves", host=host, port=server.port)
    return server


def _ring(service: Service) -> None:
    for alarm in service.alarms():
        _log.error("alarm", partner=alarm.partner, what=alarm.sentence, evidence=alarm.evidence)


def until_due(now: float) -> float:
    """Seconds to the next look: the keys of a day are destroyed when it ends, in UTC (protocol 8)."""
    return min(HOUSEKEEPING, DAY - now % DAY)


def _server_tls(config: Config) -> ssl.SSLContext | None:
    if not config.certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        # With a passphrase given, though an empty one, OpenSSL asks nobody for that of the key.
        context.load_cert_chain(config.certificate, config.private_key, password="")
    except OSError as error:
        raise ConfigError("the certificate cannot be used", where=config.certificate, got=error) from None
    return context


def _client_tls(config: Config) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=config.authorities or None)
    except OSError as error:
        raise ConfigError("authorities cannot be read", where=config.authorities, got=error) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context
