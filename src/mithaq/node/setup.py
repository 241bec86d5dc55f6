"""Making a node, and giving it a card: the first, or one with new keys (protocol 3).

A card is drafted where the node's keys are and bears the lines of its log and mirror pairs; the authority
signs the draft elsewhere; ``install`` puts the result in force here.
"""

import os
import time
from pathlib import Path

from mithaq.audit.cards import CARD_NOTE_MAX, signers
from mithaq.crypto.keyfiles import KeyFiles
from mithaq.crypto.keys import SealingKey, SigningPair
from mithaq.crypto.keystore import KeyStore, create_keystore, open_keystore
from mithaq.crypto.notes import Note, require, sign
from mithaq.crypto.passphrase import Passphrase
from mithaq.crypto.private_files import create_private, make_directory
from mithaq.domain.card import Card, Closing
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.party import Role
from mithaq.errors import ConfigError, MalformedError, StoreError
from mithaq.exchange.cards import VERSIONS
from mithaq.node.authority import PublicAuthority
from mithaq.node.directory import Config, Directory
from mithaq.node.node import LOG_KEY, MIRROR_KEY
from mithaq.store.engine import FILE_NAME
from mithaq.store.sqlite import open_store

CARD_DAYS = 365
"""Days that a card is valid: within the 13 months that a card may be (protocol 3)."""


def create(path: Path, config: Config, passphrase: Passphrase) -> None:
    """Make a node's directory, empty key store and store.

    Raises:
        ConfigError: there is a node already.
        KeyStoreError, StoreError: the disk refuses.
    """
    directory = Directory(path)
    make_directory(path)
    if directory.config_file.exists():
        raise ConfigError("there is a node already", where=str(path))
    keys = create_keystore(config.keystore, passphrase, os.urandom)
    KeyFiles(directory.keyfiles, keys.secret("keyfiles"), os.urandom)
    make_directory(directory.anchor.parent)
    open_store(directory.store, config.origin, anchor=directory.anchor, create=True).close()
    create_private(directory.config_file, config.text().encode())


def renew(path: Path) -> None:
    """Make an empty store where the old one is gone without a backup.

    The anchor must be there: it is what makes every pair wait for what this node has said before.

    Raises:
        ConfigError: there is a store, or no node.
        StoreError: there is no anchor, or the disk refuses.
    """
    directory = Directory(path)
    config = directory.config()
    with directory.locked():
        if (directory.store / FILE_NAME).exists():
            raise ConfigError("there is a store", where=str(directory.store), todo="start the node with it")
        if not directory.anchor.is_file():
            raise StoreError(
                "the anchor is missing",
                where=str(directory.anchor),
                todo="put it back: without it a second history would be signed",
            )
        open_store(directory.store, config.origin, anchor=directory.anchor, create=True).close()


def draft(  # noqa: PLR0917 - what a card says
    path: Path,
    passphrase: Passphrase,
    authority: PublicAuthority,
    names: dict[str, str],
    url: str,
    closes: Closing | None = None,
) -> Note:
    """Draft the next card with new log, mirror and sealing keys; signed by the two pairs, not the authority.

    Args:
        path: of the node.
        passphrase: of its key store.
        authority: its public side.
        names: of the party by language.
        url: where partners reach the node.
        closes: a log of ours that ends with this card, after an unrecoverable loss.

    Raises:
        ConfigError: the authority is another party's.
    """
    directory = Directory(path)
    config = directory.config()
    if authority.origin != config.origin:
        raise ConfigError("the authority of another party", expected=config.origin, got=authority.origin)
    keys = open_keystore(config.keystore, passphrase, os.urandom)
    previous = _current(directory)
    serial = previous.serial + 1 if previous else 1
    log, mirror = _pairs(keys, serial)
    sealing = SealingKey.generate(os.urandom)
    now = int(time.time())
    card = Card(
        origin=config.origin,
        serial=serial,
        previous=previous.digest if previous else "",
        issued=Moment(now),
        valid_until=Moment(now + CARD_DAYS * DAY),
        versions=VERSIONS,
        url=url,
        sealing=sealing.public,
        next=authority.next,
        names=names,
        authority=authority.pair,
        log=log.public,
        mirror=mirror.public,
        closes=closes,
    )
    KeyFiles(directory.keyfiles, keys.secret("keyfiles"), os.urandom).create(
        f"sealing/{sealing.id}", sealing.seed
    )
    text, lines = card.text(), signers(card)
    signed = (sign(text, lines[role].name, pair) for role, pair in ((Role.LOG, log), (Role.MIRROR, mirror)))
    return Note(text, tuple(line for pair in signed for line in pair))


def install(path: Path, card: bytes) -> Card:
    """Put a card in force that the authority has signed; a running node takes it up when it starts again.

    Raises:
        ForgedError: a signature lacks.
        ConfigError, MalformedError: it is another party's, or does not follow the card in force.
    """
    directory = Directory(path)
    note = Note.parse(card, limit=CARD_NOTE_MAX)
    new, current = Card.parse(note.text), _current(directory)
    require(note, *signers(new).values())
    if new.origin != directory.config().origin:
        raise ConfigError("the card of another party", got=new.origin)
    if new.previous != (current.digest if current else ""):
        raise MalformedError("the card does not follow the one in force", where="previous", got=new.previous)
    fresh = directory.card.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    create_private(fresh, bytes(note))
    fresh.replace(directory.card)
    return new


def _current(directory: Directory) -> Card | None:
    try:
        return Card.parse(Note.parse(directory.card.read_bytes(), limit=CARD_NOTE_MAX).text)
    except FileNotFoundError:
        return None


def _pairs(keys: KeyStore, serial: int) -> tuple[SigningPair, SigningPair]:
    """The log and mirror pairs of a card, made if a draft before this one has not."""
    made: list[SigningPair] = []
    for role, form in ((Role.LOG, LOG_KEY), (Role.MIRROR, MIRROR_KEY)):
        name = form.format(serial=serial)
        if name not in keys.names():
            keys.store(name, SigningPair.generate(role, os.urandom))
        made.append(keys.load(name))
    return made[0], made[1]
