"""Putting a backup back into an empty directory (protocol 8).

Files are put together in ``.restore``, synced, and get their names one by one, ``node.toml`` last: until then
there is no node, and whoever was killed begins again.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mithaq.crypto.private_files import create_private, make_directory, sync_directory
from mithaq.errors import ConfigError, StoreError
from mithaq.exchange.contents import day_name, day_of
from mithaq.node.backup import CARD, CONFIG, Report, Shelves, remember, verify
from mithaq.node.directory import Directory
from mithaq.node.shelf import copy, sync_below
from mithaq.store.engine import FILE_NAME

UNFINISHED = ".restore"
"""Where files are put together in a node's directory before they get their names there."""


def restore(node: Directory, shelves: Shelves, now: int, name: str = "") -> Report:
    """Put a backup into an empty directory; an anchor that is there stays, and finds an old store out.

    Day keys of days that are over are not put back. What both logs say is erased goes before the node serves:
    ``Service.clear``, by whoever opens it. Killed, it is begun again by the next call.

    Raises:
        ConfigError: something else is in the directory.
        UsageError, StoreError, ForgedError, StaleError: as ``verify``, or the disk refuses.
    """
    report = verify(shelves, now, name)
    make_directory(node.path)
    with node.locked():
        staging = _staging(node)
        try:
            config = Directory(report.data).config()
            for folder in ("store", "keys", "keyfiles", "keyfiles/day", "keyfiles/sealing"):
                make_directory(staging / folder)
            for source, target in _placed(report, now):
                copy(source, staging / target)
            config = replace(config, keystore=f"file:{node.keys.resolve()}")
            create_private(staging / CONFIG, config.text().encode())
            remember(staging / node.backups.name, shelves.keys)  # day keys on it end when the node's do
            sync_below(staging)
            for each in (
                "store",
                "keys",
                "keyfiles",
                node.backups.name,
                CARD,
                CONFIG,
            ):  # the last makes a node
                (staging / each).rename(node.path / each)
            staging.rmdir()
            sync_directory(node.path)
        except OSError as error:
            raise StoreError("the backup cannot be put back", where=str(node.path), got=error) from None
    return report


def _placed(report: Report, now: int) -> Iterator[tuple[Path, str]]:
    """Files of a backup and where they go."""
    today = day_name(day_of(now))
    yield report.data / FILE_NAME, f"store/{FILE_NAME}"
    yield report.data / CARD, CARD
    for file in sorted(each for each in report.keys.rglob("*") if each.is_file()):
        path = str(file.relative_to(report.keys))
        if path.startswith("keys/"):
            yield file, path
        elif path.startswith("sealing/") or (path.startswith("day/") and path >= today):
            yield file, f"keyfiles/{path}"


def _staging(node: Directory) -> Path:
    """An empty directory in the node's; what an unfinished restore has left there goes."""
    staging = node.path / UNFINISHED
    if staging.exists() and not node.config_file.exists():
        for each in ("store", "keys", "keyfiles", UNFINISHED):
            shutil.rmtree(node.path / each, ignore_errors=True)
        node.backups.unlink(missing_ok=True)
        node.card.unlink(missing_ok=True)
    others = {each.name for each in node.path.iterdir()} - {"anchor", "lock"}
    if others:
        raise ConfigError(
            "the directory is not empty",
            where=str(node.path),
            expected="nothing but the anchor",
            got=" ".join(sorted(others)),
        )
    make_directory(staging)
    return staging
