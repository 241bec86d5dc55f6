"""Backups of a node: taken while it serves, and verified (protocol 8); ``restore`` puts them back.

Two sorts on two shelves, since they must not be kept together:

* **data**: the database, the card, ``node.toml``. Kept as long as one likes: contents in it are sealed.
* **keys**: the key store, the day keys, the card's sealing key. Its day keys live for ``KEYS_KEEP`` at most,
  and each no longer than its day: whoever makes a backup or runs a node destroys those on the shelves that it
  knows. What is left after that opens no content.

In neither: the anchor, which tells an old store from a new one; the sealing keys that rotate (protocol 7).
The card's sealing key is there because nobody can reach a node that has come back without it; no contents
ever travel under it.
"""

import contextlib
import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from mithaq.audit.cards import CARD_NOTE_MAX
from mithaq.crypto.keystore import location
from mithaq.crypto.notes import Note
from mithaq.crypto.private_files import (
    TEMPORARY,
    create_private,
    destroy_private,
)
from mithaq.domain.card import Card
from mithaq.domain.moment import DAY
from mithaq.domain.party import Role
from mithaq.errors import ForgedError, MithaqError, StaleError, StoreError, UsageError
from mithaq.exchange.contents import day_name, day_of
from mithaq.node.directory import Config, Directory
from mithaq.node.inventory import LogRow, Manifest
from mithaq.node.shelf import Making, Shelf, as_store_error, time_of
from mithaq.store.engine import FILE_NAME
from mithaq.store.snapshot import Snapshot, SnapshotLog, examine
from mithaq.store.snapshot import copy as copy_database
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.head import HEAD_MAX, verify_head

KEYS_KEEP = 7 * DAY
"""Seconds that day keys stay in a backup, at most (protocol 8)."""
CARD, CONFIG = "card.note", "node.toml"
"""Files of data besides the database."""


@dataclass(frozen=True, slots=True)
class Shelves:
    """Where the two sorts of backups are: different directories, better different disks."""

    data: Shelf
    keys: Shelf

    @classmethod
    def at(cls, data: Path, keys: Path | None) -> "Shelves":
        """``data/`` and ``keys/`` below one directory, or keys in another of its own."""
        return cls(Shelf(data.resolve() / "data", "data"), Shelf((keys or data / "keys").resolve(), "keys"))


@dataclass(frozen=True, slots=True)
class Report:
    """A backup that was made, verified or put back.

    Args:
        data, keys: the two directories.
        time: when the data were taken, POSIX seconds.
        card: in the backup.
        logs: with size and root.
        days: day keys that are there.
    """

    data: Path
    keys: Path
    time: int
    card: Card
    logs: tuple[SnapshotLog, ...]
    days: int


# --- making -----------------------------------------------------------------------------------------------


def create(node: Directory, shelves: Shelves, now: int) -> Report:
    """Take a backup, whether or not the node runs; it is verified on the way.

    Raises:
        StoreError: a disk refuses, or the store is damaged; nothing that looks like a backup is left.
        UsageError: a shelf lies in the node's directory, or another process makes a backup there.
    """
    config = node.config()
    for shelf in (shelves.data, shelves.keys):
        if shelf.path.is_relative_to(node.path.resolve()) or not str(shelf.path).isprintable():
            raise UsageError(
                "a backup does not go there: into the node, or below a name that does not show",
                where=ascii(str(shelf.path)),
                todo="name another directory",
            )
    remember(node.backups, shelves.keys)
    # The database first: the key of every content in it is then among the keys, unless its day has ended.
    with shelves.data.making(now) as data, shelves.keys.making(now) as keys:
        copy_database(node.store, data.place / FILE_NAME)
        data.copy(node.card, CARD)
        data.copy(node.config_file, CONFIG)
        card = _card(data.place)
        _copy_keys(node, config, card, keys, now)
        snapshot = examine(data.place / FILE_NAME)
        logs = [LogRow(str(log.name), log.size, log.root.hex()) for log in snapshot.logs]
        keys.finish(Manifest(shelves.keys.type, now, card.origin, keys.rows()))
        data.finish(
            Manifest(shelves.data.type, now, card.origin, data.rows(), revision=snapshot.revision, logs=logs)
        )
    expire(shelves.keys, now)
    _remove_old(shelves.keys, now)
    return _report(data.final, keys.final, now, snapshot)


def _copy_keys(node: Directory, config: Config, card: Card, keys: Making, now: int) -> None:
    store = Path(location(config.keystore))
    for each in sorted(store.iterdir()):
        if not each.name.startswith(TEMPORARY):
            keys.copy(each, f"keys/{each.name}")
    today = day_name(day_of(now))
    for each in sorted((node.keyfiles / "day").iterdir()):
        if f"day/{each.name}" >= today and not each.name.startswith(TEMPORARY):
            with contextlib.suppress(FileNotFoundError):  # destroyed a moment ago: its day has ended
                keys.copy(each, f"day/{each.name}")
    sealing = f"sealing/{_sealing(card)}"
    if (node.keyfiles / sealing).exists():
        keys.copy(node.keyfiles / sealing, sealing)


def _sealing(card: Card) -> str:
    return hashlib.sha256(card.sealing).hexdigest()


# --- day keys end in backups too --------------------------------------------------------------------------


def expire(shelf: Shelf, now: int) -> None:
    """Destroy day keys on a shelf whose day is over, and all of a backup that is older than ``KEYS_KEEP``.

    Raises:
        StoreError, KeyStoreError: the disk refuses.
    """
    today = day_name(day_of(now))
    with as_store_error("cannot be seen to", shelf.path):
        for name in shelf.names():
            # By its name: a manifest that is damaged must not keep a key alive.
            old = _too_old(time_of(name), now)
            for file in _days(shelf.path / name):
                if old or f"day/{file.name}" < today:
                    destroy_private(file)


def expire_known(node: Directory, now: int) -> None:
    """The same for every shelf of keys that ``create`` has used; one that is not there now is passed over.

    Raises:
        StoreError, KeyStoreError: a disk refuses; the other shelves have been seen to.
    """
    failures: list[MithaqError] = []
    for path in _known(node.backups):
        try:
            expire(Shelf(path, "keys"), now)
        except MithaqError as error:
            failures.append(error)
    for failure in failures:
        raise failure


def remember(backups: Path, shelf: Shelf) -> None:
    """Note a shelf of keys, so that ``expire_known`` finds it.

    Args:
        backups: the node's file of them (``Directory.backups``).
        shelf: the shelf.

    Raises:
        StoreError: the disk refuses.
    """
    known = _known(backups)
    if shelf.path not in known:
        with as_store_error("cannot be remembered", backups):
            fresh = backups.with_suffix(".new")
            fresh.unlink(missing_ok=True)
            create_private(
                fresh,
                "".join(f"{path}\n" for path in (*known, shelf.path)).encode("utf-8", "surrogateescape"),
            )
            fresh.replace(backups)


def _known(backups: Path) -> list[Path]:
    with as_store_error("cannot be looked up", backups):
        if not backups.exists():
            return []
        return [Path(line) for line in backups.read_text("utf-8", "replace").splitlines()]


def _remove_old(shelf: Shelf, now: int) -> None:
    """Remove backups of keys that a newer one has replaced, once their day keys are gone."""
    for name in shelf.names()[:-1]:
        if _too_old(time_of(name), now):
            shutil.rmtree(shelf.path / name)


def _too_old(time: int, now: int) -> bool:
    return now - time > KEYS_KEEP


def _days(backup: Path) -> list[Path]:
    folder = backup / "day"
    return sorted(folder.iterdir()) if folder.is_dir() else []


# --- verifying --------------------------------------------------------------------------------------------


def verify(shelves: Shelves, now: int, name: str = "") -> Report:
    """Check a backup: every file by its hash, the database by itself, every log from its entries to its head.

    Args:
        shelves: where.
        now: POSIX seconds.
        name: which; the newest where it is empty. Keys are those of the same name, else the newest.

    Raises:
        UsageError: there is none.
        StoreError: it is damaged.
        ForgedError: a head is not that of its log, or not signed by its author.
        StaleError: the backup of keys is older than day keys may be kept.
    """
    data = shelves.data.find(name)
    keys = shelves.keys.find(data.name if data.name in shelves.keys.names() else "")
    manifest = shelves.data.verify(data)
    key_manifest = shelves.keys.verify(keys, may_lack="day")
    if _too_old(key_manifest.time, now) and _days(keys):
        raise StaleError(
            "this backup of keys is older than day keys may be kept",
            where=str(keys),
            expected=f"{KEYS_KEEP // DAY} days at most",
            todo=f"destroy {keys / 'day'}: what those keys sealed is then lost",
        )
    if not manifest.origin == key_manifest.origin == _card(data).origin:
        raise StoreError(
            "data and keys of different parties", where=f"{data} {keys}", got=key_manifest.origin
        )
    snapshot = examine(data / FILE_NAME)
    _compare(manifest, snapshot)
    for log in snapshot.logs:
        _verify_head(log)
    return _report(data, keys, manifest.time, snapshot)


def _compare(manifest: Manifest, snapshot: Snapshot) -> None:
    logs = [LogRow(str(log.name), log.size, log.root.hex()) for log in snapshot.logs]
    said = (manifest.origin, manifest.revision, manifest.logs)
    if said != (snapshot.origin, snapshot.revision, logs):
        raise StoreError("the database is not what the manifest says", where=FILE_NAME, expected=str(said))


def _verify_head(log: SnapshotLog) -> None:
    """A head is the log's own, and good under one of its author's cards that stand in the log itself."""
    if not log.size:
        return
    note = Note.parse(log.head, limit=HEAD_MAX)
    whole = Checkpoint(str(log.name), log.size, log.root)
    if note.text != whole.text:  # an older one is signed as well
        raise ForgedError("a head of something else", where=str(log.name), got=note.text)
    for card in reversed(log.cards):
        pair = Card.parse(Note.parse(card, limit=CARD_NOTE_MAX).text).pairs[Role.LOG]
        with contextlib.suppress(ForgedError):
            verify_head(note, str(log.name), pair)
            return
    raise ForgedError("a head that its author has not signed", where=str(log.name), got=log.size)


def _card(data: Path) -> Card:
    return Card.parse(Note.parse((data / CARD).read_bytes(), limit=CARD_NOTE_MAX).text)


def _report(data: Path, keys: Path, time: int, snapshot: Snapshot) -> Report:
    return Report(data, keys, time, _card(data), snapshot.logs, len(_days(keys)))
