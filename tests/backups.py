"""What tests of backups and erasure share: nodes with everything that a backup copies, and an intruder."""

import os
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from mithaq.crypto.bodies import SealedBody
from mithaq.crypto.keyfiles import KeyFiles
from mithaq.crypto.keystore import create_keystore
from mithaq.crypto.private_files import create_private
from mithaq.domain.entry import Entry
from mithaq.errors import KeyStoreError, PeerError
from mithaq.exchange.contents import Place
from mithaq.node import backup
from mithaq.node.backup import Report, Shelves
from mithaq.node.directory import Config, Directory
from nodes import Node

SECRET = bytes(32)
"""Of the key files of every node in ``nodes``: the intruder has the passphrase, as it were."""


def equip(node: Node) -> None:
    """Give a node of ``nodes`` the files that a node made by ``mithaq node init`` has."""
    directory = Directory(node.directory)
    if not directory.config_file.exists():
        keys = create_keystore(f"file:{directory.keys}", lambda: b"exercise", os.urandom)
        keys.store("log-1", node.identity.log)
        keys.store("mirror-1", node.identity.mirror)
        config = Config(node.origin, "127.0.0.1:9", f"file:{directory.keys}")
        create_private(directory.config_file, config.text().encode())


def back_up(node: Node, where: Path) -> Report:
    """Take a backup at the node's own time."""
    equip(node)
    return backup.create(Directory(node.directory), Shelves.at(where, None), int(node.clock()))


def keys_below(*places: Path) -> Iterator[bytes]:
    """Every 32-byte key in any key file below these places, whatever it is for."""
    for folder in {file.parent.parent for place in places for file in place.rglob("*/*") if file.is_file()}:
        for name in ("day", "sealing"):
            if (folder / name).is_dir():
                files = KeyFiles(folder, SECRET, os.urandom)
                for each in files.names(name):
                    yield files.get(each)


def sealed_below(*places: Path) -> Iterator[tuple[bytes, bytes]]:
    """Context and sealed bytes of every content in any database below these places."""
    for database in {file for place in places for file in place.rglob("*.db")}:
        connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
        rows = connection.execute(
            'SELECT l.name, s."index", s.ordinal, e.data, s.data FROM sealed s JOIN logs l ON l.id = s.log'
            ' JOIN entries e ON e.log = s.log AND e."index" = s."index"'
            ' ORDER BY s.log, s."index", s.ordinal, s.chunk'
        ).fetchall()
        connection.close()
        for _, chunks in groupby(rows, key=lambda row: row[:3]):
            found = list(chunks)
            entry = Entry.parse(found[0][3])
            yield Place(entry.log, entry.id, found[0][2]).context, b"".join(row[4] for row in found)


def opened_below(*places: Path) -> list[bytes]:
    """Contexts of contents that open with any key that is left."""
    keys, found = list(keys_below(*places)), []
    for context, sealed in sealed_below(*places):
        for key in keys:
            try:
                list(SealedBody(key, context, sealed).chunks())
            except (PeerError, KeyStoreError):
                continue
            found.append(context)
    return found


def bytes_below(*places: Path) -> bytes:
    """Every byte of every file below these places: databases, journals, whatever else lies there."""
    return b"\0".join(file.read_bytes() for place in places for file in place.rglob("*") if file.is_file())
