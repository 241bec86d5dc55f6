"""This node's own files: a disk or a hand may have changed them, and what is said must be of our errors."""

import json
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import cache
from pathlib import Path

import msgspec

from fuzz.pouches import bench, chunk, chunks
from fuzz.target import target
from mithaq.crypto.bodies import SealedBody, _body_key, seal_body
from mithaq.crypto.filestore import FileStore
from mithaq.crypto.keyfiles import KeyFiles
from mithaq.crypto.keys import SigningPair
from mithaq.crypto.passphrase import passphrase_from
from mithaq.crypto.sealing import box
from mithaq.domain.outcome import LogState
from mithaq.domain.party import LogName, Role, commit_next
from mithaq.domain.things import Sort, Thing
from mithaq.errors import ConfigError, KeyStoreError, PeerError, StoreError
from mithaq.node.authority import PublicAuthority
from mithaq.node.directory import Config
from mithaq.node.inventory import FileRow, LogRow, Manifest
from mithaq.node.shelf import MANIFEST, Shelf
from mithaq.store.anchor import Anchor, Line
from mithaq.store.snapshot import copy, examine
from mithaq.store.values import Packed
from signed_texts import A, B, keys

KA = keys("a")
CONFIG = Config(A, "127.0.0.1:8443", "file:/var/lib/mithaq/keys", "a.pem", "b.pem")


@cache
def place() -> Path:
    """A directory that this process leaves behind empty."""
    directory = tempfile.TemporaryDirectory(prefix="mithaq-fuzz-")
    _KEPT.append(directory)
    return Path(directory.name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


def put(name: str, data: bytes) -> Path:
    """A private file with these bytes."""
    path = place() / name
    path.parent.mkdir(mode=0o700, exist_ok=True, parents=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
    return path


@target(
    "node.directory.Config.parse",
    seeds=lambda: [
        CONFIG.text().encode(),
        b'origin = "a.example"\nlisten = "[::1]:0"\nkeystore = "file:x"\n',
    ],
    refusals=(ConfigError,),
    words=("origin = ", "listen = ", "[[", "[a]\n", " = [", "{", '"""', "'''", "0x", "1979-05-27T07:32:00Z"),
)
def node_toml(data: bytes) -> None:
    parsed = Config.parse(data.decode("utf-8", "replace"))
    assert Config.parse(parsed.text()) == parsed
    host, port = parsed.address
    assert 0 <= port <= 65_535, host


@target(
    "node.authority.PublicAuthority.parse",
    seeds=lambda: [PublicAuthority(A, KA.authority.public, commit_next(A, KA.coming.public)).text()],
    refusals=(ConfigError, PeerError),
)
def authority_toml(data: bytes) -> None:
    parsed = PublicAuthority.parse(data)
    assert PublicAuthority.parse(parsed.text()) == parsed


@cache
def _store() -> FileStore:
    made = FileStore.create(
        str(place() / "keys"), passphrase_from(file=put("passphrase", b"word")), os.urandom
    )
    made.store("log-1", SigningPair(Role.LOG, bytes(32), bytes(32)))
    return made


class _AskedError(Exception):
    """The header has been taken: what follows costs a fifth of a second."""


def _asked() -> bytes:
    raise _AskedError


def _headers() -> Iterator[bytes]:
    _store()
    yield (place() / "keys" / "store.json").read_bytes()


@target(
    "crypto.filestore._read_header",
    "crypto.filestore.FileStore.open",
    seeds=_headers,
    refusals=(KeyStoreError,),
)
def keystore_header(data: bytes) -> None:
    path = put("other/store.json", data)
    try:
        FileStore.open(str(path.parent), _asked, os.urandom)
    except _AskedError:
        salt = json.loads(data)["salt"]
        assert bytes.fromhex(salt).hex() == salt, "what Argon2id needs is checked before it is called"


def _pairs() -> Iterator[bytes]:
    _store()
    yield (place() / "keys" / "log-1.key").read_bytes()


@target("crypto.filestore.FileStore.load", seeds=_pairs, refusals=(KeyStoreError,))
def keystore_pair(data: bytes) -> None:
    store = _store()
    put("keys/log-1.key", data)
    store.load("log-1")


@cache
def _files() -> KeyFiles:
    return KeyFiles(place() / "keyfiles", bytes(32), os.urandom)


def _key_files() -> Iterator[bytes]:
    _files().get_or_create("day/2026-11-25")
    yield (place() / "keyfiles" / "day" / "2026-11-25").read_bytes()


@target(
    "crypto.keyfiles.KeyFiles.get",
    "crypto.private_files.read_private",
    seeds=_key_files,
    refusals=(KeyStoreError,),
)
def key_file(data: bytes) -> None:
    files = _files()
    put("keyfiles/day/2026-11-25", data)
    assert len(files.get("day/2026-11-25")) == 32


@target(
    "crypto.passphrase.passphrase_from",
    seeds=lambda: [b"word\n", "كلمة".encode(), b"a" * 1_025],
    refusals=(KeyStoreError,),
    longest=2_048,
)
def passphrase(data: bytes) -> None:
    word = passphrase_from(file=put("passphrase-2", data))()
    assert 0 < len(word) <= 1_024


def _anchors() -> Iterator[bytes]:
    lines = [Line(LogName(A, B), size, bytes([size]) * 32) for size in (1, 2, 9)]
    yield b"".join(line.encode() for line in lines)
    yield b"".join(line.encode() for line in lines)[:-3]


@target(
    "store.anchor.Line.parse", "store.anchor.Anchor.read", seeds=_anchors, refusals=(StoreError, PeerError)
)
def anchor(data: bytes) -> None:
    """What is read is what stands there; a torn end is cut off, and the file can be appended to."""
    kept = Anchor(put("heads", data), create=False)
    try:
        newest = kept.read()
        kept.append([Line(LogName(A, B), 2**53 - 1, bytes(32))])
        assert kept.read().keys() == newest.keys() | {LogName(A, B)}
    finally:
        kept.close()
    for line in data.splitlines()[:5]:
        assert Line.parse(line).encode() == line + b"\n"


DAY_KEY, CONTEXT = bytes(32), b"here"


def _bodies() -> Iterator[bytes]:
    whole = b"".join(seal_body(DAY_KEY, bytes, CONTEXT, bytes(32), [b"one", b"two"]))
    yield chunk(0, whole)
    yield chunk(1, b"salt" * 8) + chunk(1, b"one") + chunk(2, b"two")


@target(
    "crypto.bodies.SealedBody.__init__",
    "crypto.bodies.SealedBody.chunks",
    seeds=_bodies,
    refusals=(PeerError,),
    longest=20_000,
)
def stored_body(data: bytes) -> None:
    """Records as they are (0), or sealed in their place (1) or as the last one (2)."""
    nonce = bytes(32)
    whole, key = b"mithaq-body/1\n" + nonce, _body_key(DAY_KEY, nonce, CONTEXT)
    for place_, (kind, piece) in enumerate(chunks(data)):
        if kind % 3 == 0:
            whole = piece if not place_ else whole + piece
        else:
            sealed = box(key, place_ << 8 | (kind % 3 - 1), piece)
            whole += len(sealed).to_bytes(4) + sealed
    body = SealedBody(DAY_KEY, CONTEXT, whole)
    assert len(list(body.chunks())) == len(body)


KINDS = (LogState, Thing)
"""Values that the store keeps packed."""


def _values() -> Iterator[bytes]:
    pack = msgspec.msgpack.encode
    yield b"\0" + pack(LogState.start(0))
    yield b"\1" + pack(Thing("ab" * 32, Sort.EXCHANGE, items=2, registers=(((1, "sent"),), ())))


@target("store.values.Packed.unpack", seeds=_values, refusals=(StoreError,))
def stored_value(data: bytes) -> None:
    packed = Packed[object](KINDS[(data[0] if data else 0) % len(KINDS)])
    value = packed.unpack(data[1:])
    assert packed.unpack(packed.pack(value)) == value


def _manifests() -> Iterator[bytes]:
    file = FileRow("day/2026-11-25", 77, "ab" * 32)
    log = LogRow(f"{A}/to/{B}/1", 3, "cd" * 32)
    yield Manifest("mithaq/backup/keys/1", 1, A, [file]).encode()
    yield Manifest("mithaq/backup/data/1", 1, A, [file], revision="0001", logs=[log]).encode()


@target(
    "node.inventory.Manifest.parse",
    "node.shelf.Shelf.read",
    seeds=_manifests,
    refusals=(PeerError, StoreError),
)
def backup_manifest(data: bytes) -> None:
    """A manifest of a backup: nothing it names leads out of it."""
    parsed = Manifest.parse(data)
    assert parsed.encode() == data
    assert all(".." not in Path(file.path).parts and file.path[0] != "/" for file in parsed.files)
    put(f"shelf/20261125T000000Z/{MANIFEST}", data)
    Shelf(place() / "shelf", "data").read(place() / "shelf" / "20261125T000000Z")


@cache
def _database() -> Path:
    a, _ = bench().nodes()
    copy(a.directory / "store", place() / "made.db")
    return place() / "made.db"


def _changes() -> Iterator[bytes]:
    yield b""
    yield b'entries kind 3 "card"\nlogs size 1 7'
    yield b'entries data 2 null\nheads note 1 [1, 2]\nnotes note 1 "x"\nmeta value 1 5\nlogs name 2 "a"'
    yield b'entries kind 1 "held"\ntiles hashes 1 "x"\nlogs edge 1 ""\nheads root 2 [0]\nheads size 1 -1'


@target(
    "store.snapshot.examine",
    seeds=_changes,
    refusals=(StoreError,),
    words=(
        " ",
        "entries",
        "heads",
        "logs",
        "notes",
        "tiles",
        "meta",
        "data",
        "kind",
        "index",
        "leaf",
        "size",
    ),
    longest=2_000,
    examples=15,
)
def backup_database(data: bytes) -> None:
    """A copy in which somebody has changed values: table, column, row, JSON (a list for bytes)."""
    path = place() / "changed.db"
    shutil.copyfile(_database(), path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for line in data.decode("utf-8", "replace").split("\n"):
            match = re.fullmatch(r"([a-z]+) ([a-z_]+) ([0-9]{1,6}) (.*)", line)
            if match:
                with suppress(ValueError, TypeError, sqlite3.Error, OverflowError):
                    value = json.loads(match[4])
                    value = bytes(value) if isinstance(value, list) else value
                    statement = f'UPDATE {match[1]} SET "{match[2]}" = ? WHERE rowid = ?'
                    connection.execute(statement, (value, int(match[3])))
        connection.commit()
    examine(path)
