"""A pouch as a file."""

import os
import stat

import pytest

from mithaq.errors import LimitError, StoreError, UsageError
from mithaq.wire.file import open_pouch, write_pouch
from mithaq.wire.http import POUCH_MAX

MIB = 1024 * 1024


def test_a_pouch_comes_back(tmp_path):
    path = tmp_path / "one.pouch"
    assert write_pouch(path, [b"abc", b"", b"def"]) == 6
    with open_pouch(path) as pouch:
        assert [pouch.read(n) for n in (2, 3, 9, 9)] == [b"ab", b"cde", b"f", b""]


def test_only_its_owner_reads_it(tmp_path):
    path = tmp_path / "one.pouch"
    old = os.umask(0)
    try:
        write_pouch(path, [b"abc"])
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "one.pouch"
    write_pouch(path, [b"old"])

    def parts():
        yield b"new"
        assert path.read_bytes() == b"old"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_pouch(path, parts())
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    write_pouch(path, [b"new"])
    assert path.read_bytes() == b"new"


def test_it_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    """fsync of the file before the rename, of the folder after it: a power cut leaves no empty pouch."""
    path = tmp_path / "one.pouch"
    synced = []
    fsync = os.fsync
    monkeypatch.setattr(
        os,
        "fsync",
        lambda handle: (
            synced.append((stat.S_ISDIR(os.fstat(handle).st_mode), path.exists())) or fsync(handle)
        ),
    )
    write_pouch(path, [b"abc"])
    assert synced == [(False, False), (True, True)]


def test_a_symbolic_link_is_replaced_not_followed(tmp_path):
    victim, path = tmp_path / "victim", tmp_path / "one.pouch"
    victim.write_bytes(b"precious")
    path.symlink_to(victim)
    write_pouch(path, [b"abc"])
    assert victim.read_bytes() == b"precious"
    assert path.read_bytes() == b"abc"


def test_no_pouch_is_larger_than_any_may_be(tmp_path):
    path = tmp_path / "one.pouch"
    part = bytes(13 * MIB)
    with pytest.raises(LimitError):
        write_pouch(path, [part] * 5 + [b"x"])
    assert list(tmp_path.iterdir()) == []
    with path.open("wb") as file:
        file.truncate(POUCH_MAX + 1)
    with pytest.raises(LimitError):
        open_pouch(path)


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_what_is_no_file_is_not_read(tmp_path, kind):
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    if kind == "pipe":
        os.mkfifo(path)  # nobody writes: a plain open would wait for ever
    with pytest.raises(UsageError):
        open_pouch(path)


def test_a_disk_that_refuses_is_said(tmp_path):
    with pytest.raises(StoreError, match="cannot write"):
        write_pouch(tmp_path / "missing" / "one.pouch", [b"abc"])
    (tmp_path / "taken").mkdir()
    with pytest.raises(StoreError, match="cannot write"):
        write_pouch(tmp_path / "taken", [b"abc"])
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_disk_that_fails_while_reading_is_said(tmp_path):
    path = tmp_path / "one.pouch"
    write_pouch(path, [b"abc"])
    with open_pouch(path) as pouch:
        real = pouch._file.fileno()
        other = os.open(tmp_path, os.O_RDONLY)  # reading a folder fails as a bad disk does
        os.dup2(other, real)
        os.close(other)
        with pytest.raises(StoreError, match="cannot read"):
            pouch.read(3)
