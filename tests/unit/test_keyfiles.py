import os
import stat
import threading

import pytest

from mithaq.crypto import keyfiles, private_files
from mithaq.crypto.keyfiles import KeyFiles
from mithaq.crypto.keys import SealingKey
from mithaq.errors import KeyStoreError

SECRET = bytes(range(32))
DAY = "day/2026-11-25"


@pytest.fixture
def files(tmp_path):
    return KeyFiles(tmp_path / "destroyable", SECRET, os.urandom)


def path(files: KeyFiles, name: str):
    return files._directory / name


def test_create_and_get(files):
    key = SealingKey.generate(os.urandom)
    files.create(f"sealing/{key.id}", key.seed)
    assert files.get(f"sealing/{key.id}") == key.seed
    assert files.names("sealing") == [f"sealing/{key.id}"]
    assert files.names("day") == []


def test_get_or_create(files):
    key = files.get_or_create(DAY)
    assert len(key) == 32
    assert files.get_or_create(DAY) == files.get(DAY) == key
    assert files.get_or_create("day/2026-11-26") != key
    assert files.names("day") == [DAY, "day/2026-11-26"]


def test_a_key_that_was_overwritten_and_not_removed_is_made_anew(files):
    """Who died in between, by a clock that was ahead, must not leave a day without a key."""
    key = files.get_or_create(DAY)
    file = path(files, DAY)
    file.write_bytes(bytes(file.stat().st_size))
    assert files.get_or_create(DAY) != key
    assert files.get(DAY) == files.get_or_create(DAY)


def test_another_object_sees_the_same(files):
    key = files.get_or_create(DAY)
    assert KeyFiles(files._directory, SECRET, os.urandom).get(DAY) == key


def test_all_who_ask_at_once_get_one_key(files):
    got, start = [], threading.Barrier(8)

    def ask():
        start.wait()
        got.append(files.get_or_create(DAY))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert len(set(got)) == 1


def test_the_slower_of_two_takes_the_key_of_the_quicker(files, monkeypatch):
    key = files.get_or_create(DAY)
    monkeypatch.setattr(type(path(files, DAY)), "exists", lambda self: False)
    assert files.get_or_create(DAY) == key


def test_never_overwritten(files):
    files.create(DAY, bytes(32))
    with pytest.raises(KeyStoreError, match="already"):
        files.create(DAY, bytes([1] * 32))
    assert files.get(DAY) == bytes(32)


def test_destroyed_is_gone(files):
    old = files.get_or_create(DAY)
    files.destroy(DAY)
    with pytest.raises(KeyStoreError, match="destroyed"):
        files.get(DAY)
    assert files.names("day") == []
    files.destroy(DAY)
    assert files.get_or_create(DAY) != old


def test_destroying_overwrites_before_it_removes(files):
    files.get_or_create(DAY)
    kept = files._directory / "hard-link"
    os.link(path(files, DAY), kept)
    files.destroy(DAY)
    assert set(kept.read_bytes()) == {0}


def test_files_are_private(files):
    files.get_or_create(DAY)
    assert stat.S_IMODE(path(files, DAY).stat().st_mode) == 0o600
    for folder in ("", "day", "sealing"):
        assert stat.S_IMODE((files._directory / folder).stat().st_mode) == 0o700
    assert os.listdir(files._directory / "day") == ["2026-11-25"]


def test_key_does_not_show(files):
    files.create(DAY, b"k" * 32)
    assert b"kkkk" not in path(files, DAY).read_bytes()


def test_files_that_others_may_use_are_refused(files):
    files.get_or_create(DAY)
    path(files, DAY).chmod(0o640)
    with pytest.raises(KeyStoreError, match="others may use"):
        files.get(DAY)
    files._directory.chmod(0o750)
    with pytest.raises(KeyStoreError, match="others may use"):
        KeyFiles(files._directory, SECRET, os.urandom)


def test_another_secret_opens_nothing(files):
    files.get_or_create(DAY)
    with pytest.raises(KeyStoreError, match="does not open"):
        KeyFiles(files._directory, bytes(32), os.urandom).get(DAY)


def test_a_key_in_the_place_of_another_is_refused(files):
    """A day key that should be gone must not come back under a later day."""
    files.get_or_create(DAY)
    os.link(path(files, DAY), path(files, "day/2027-01-01"))
    with pytest.raises(KeyStoreError, match="does not open"):
        files.get("day/2027-01-01")


def test_every_changed_byte_is_found(files):
    files.get_or_create(DAY)
    good = path(files, DAY).read_bytes()
    for at in range(len(good)):
        path(files, DAY).write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        with pytest.raises(KeyStoreError):
            files.get(DAY)
    for data in (b"", good[:20], good[:-1], good + b"\0"):
        path(files, DAY).write_bytes(data)
        with pytest.raises(KeyStoreError):
            files.get(DAY)


@pytest.mark.parametrize(
    "name", ["", "day", "day/x", "day/../../x", f"{DAY}\n", "sealing/" + "A" * 64, f"/{DAY}"]
)
def test_names(files, name):
    for act in (files.get, files.get_or_create, files.destroy, lambda n: files.create(n, bytes(32))):
        with pytest.raises(KeyStoreError, match="not the name"):
            act(name)


def test_key_of_a_wrong_length(files):
    with pytest.raises(KeyStoreError, match="32 bytes"):
        files.create(DAY, bytes(31))


def test_what_was_not_finished_is_not_listed(files):
    path(files, "day/.new-abc").write_bytes(b"")
    assert files.names("day") == []


def test_a_crash_while_writing_leaves_nothing(files, monkeypatch):
    def fails(fd):
        raise OSError("no space left")

    monkeypatch.setattr(private_files.os, "fsync", fails)
    with pytest.raises(KeyStoreError, match="no space left"):
        files.create(DAY, bytes(32))
    assert os.listdir(files._directory / "day") == []


def test_file_and_directory_are_synced(files, monkeypatch):
    synced, real = [], os.fsync

    def fsync(fd):
        synced.append(stat.S_ISDIR(os.fstat(fd).st_mode))
        real(fd)

    monkeypatch.setattr(private_files.os, "fsync", fsync)
    files.create(DAY, bytes(32))
    assert synced == [False, True]
    synced.clear()
    files.destroy(DAY)
    assert synced == [False, True]


def test_disk_that_refuses(files, monkeypatch, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(KeyStoreError, match="cannot be made"):
        KeyFiles(tmp_path / "file" / "x", SECRET, os.urandom)
    path(files, DAY).mkdir()
    with pytest.raises(KeyStoreError, match=r"regular file|cannot be read"):
        files.get(DAY)
    with pytest.raises(KeyStoreError, match="cannot be destroyed"):
        files.destroy(DAY)


def test_a_pipe_in_its_place_does_not_hang(files):
    os.mkfifo(path(files, DAY), 0o600)
    with pytest.raises(KeyStoreError, match="regular file"):
        files.get(DAY)


def test_a_folder_that_is_no_folder(files):
    path(files, "day").rmdir()
    path(files, "day").write_bytes(b"")
    with pytest.raises(KeyStoreError, match="cannot be read"):
        files.get(DAY)


def test_module_names_its_format():
    assert keyfiles._FILE_SIZE == 17 + 12 + 32 + 16
