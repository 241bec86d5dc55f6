"""Backups: damaged, mixed up, too old, half made, on a full disk, and put back (protocol 8)."""

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest

from backups import SECRET, back_up, bytes_below, equip, opened_below, sealed_below
from faults import Disk
from mithaq.crypto.keyfiles import KeyFiles
from mithaq.crypto.private_files import TEMPORARY, create_private
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.party import Role
from mithaq.errors import (
    BehindError,
    ConfigError,
    ForgedError,
    KeyStoreError,
    MithaqError,
    StaleError,
    StoreError,
    UsageError,
)
from mithaq.node import backup, inventory, restore, shelf
from mithaq.node.backup import Shelves
from mithaq.node.directory import Config, Directory
from nodes import A, B, alert, make_node, settle
from signed_texts import following
from signed_texts import pair as signing_pair

HERE = Path(__file__).parent.parent


@pytest.fixture
def made(pair, tmp_path):
    """Node a with an alert of five days sent, its backup, and where that is."""
    a, b = pair
    a.service.send(B, alert("the bridge is closed", keep_days=5))
    settle(a, b)
    return a, back_up(a, tmp_path / "backup"), Shelves.at(tmp_path / "backup", None)


def now(node):
    return int(node.clock())


def hash_again(directory):
    """Make the manifest agree with files that were changed: it bears no signature."""
    path = directory / shelf.MANIFEST
    manifest = inventory.Manifest.parse(path.read_bytes())
    rows = [shelf.measure(directory, row.path) for row in manifest.files]
    path.write_bytes(msgspec.structs.replace(manifest, files=rows).encode())


def change(report, statement, *values):
    connection = sqlite3.connect(report.data / "mithaq.db")
    assert connection.execute(statement, values).rowcount
    connection.commit()
    connection.close()
    hash_again(report.data)


# --- what is in it ----------------------------------------------------------------------------------------


def test_it_verifies_and_says_what_the_logs_are(made):
    a, report, shelves = made
    status = a.service.status(B)
    logs = {(log.size, log.root.hex()) for log in backup.verify(shelves, now(a)).logs}
    assert logs == {(status.own_size, status.own_root), (status.mirror_size, status.mirror_root)}
    assert report.days == 1


def test_nobody_else_may_look(made, tmp_path):
    made = [tmp_path / "backup" / sort for sort in ("data", "keys")]
    for each in (*made, *(each for place in made for each in place.rglob("*"))):
        assert each.stat().st_mode & 0o077 == 0, each


def test_neither_anchor_nor_rotating_sealing_keys_are_in_it(made, tmp_path):
    a, report, _ = made
    found = {each.name for each in (tmp_path / "backup").rglob("*")}
    assert "heads" not in found
    assert Directory(a.directory).anchor.read_bytes() not in bytes_below(tmp_path / "backup")
    (sealing,) = (report.keys / "sealing").iterdir()
    assert len(a.identity.files.names("sealing")) == 2
    assert bytes.fromhex(sealing.name) == hashlib.sha256(a.identity.card.sealing).digest()
    assert not [each for each in report.data.rglob("*") if each.suffix == ".key" or "day" in each.parts]


def test_keys_of_days_that_are_over_are_not_in_it(made, tmp_path, monkeypatch):
    """Never, not only until they are destroyed there."""
    a, *_ = made
    monkeypatch.setattr(backup, "expire", lambda *_: None)
    a.clock.offset = 6 * DAY
    assert back_up(a, tmp_path / "later").days == 0


def test_keys_that_were_never_finished_or_are_just_destroyed_are_not_in_it(made, tmp_path):
    a, *_ = made
    node = Directory(a.directory)
    for folder in (node.keys, node.keyfiles / "day"):
        create_private(folder / f"{TEMPORARY}left", b"half a key")
    (node.keyfiles / "day" / "99999").symlink_to("destroyed between the listing and the copying")
    report = back_up(a, tmp_path / "later")
    assert report.days == 1
    assert b"half a key" not in bytes_below(report.keys)


def test_a_day_that_ends_takes_its_key_from_older_backups_with_the_next(made, tmp_path):
    a, report, _ = made
    a.clock.offset = 6 * DAY
    back_up(a, tmp_path / "backup")
    assert list((report.keys / "day").iterdir()) == []


def test_a_shelf_that_fails_is_told_and_keeps_no_key_of_another_alive(made, tmp_path):
    """A folder in the place of a day key cannot be destroyed; it may come first or last."""
    a, report, _ = made
    node = Directory(a.directory)
    others = [back_up(a, tmp_path / name).keys for name in ("one", "two")]
    for keys in (report.keys, others[1]):
        (keys / "day" / "00000").mkdir()
    with pytest.raises(MithaqError):
        backup.expire_known(node, now(a) + 6 * DAY)
    assert list((others[0] / "day").iterdir()) == []


def test_what_a_crash_left_of_the_list_of_shelves_does_no_harm(made, tmp_path):
    a, *_ = made
    Directory(a.directory).backups.with_suffix(".new").write_bytes(b"half")
    keys = back_up(a, tmp_path / "other").keys
    backup.expire_known(Directory(a.directory), now(a) + 6 * DAY)
    assert list((keys / "day").iterdir()) == []


def test_what_was_erased_is_not_in_it(pair, tmp_path):
    """Not even in pages that nothing uses any more."""
    a, _ = pair
    sent = a.service.send(B, alert("x" * 100_000))
    ((_, sealed),) = sealed_below(a.directory)
    a.store.write(lambda tx: tx.bodies.drop(a.service.partner(B).own, sent.index))
    report = back_up(a, tmp_path / "backup")
    assert sealed[14:46] not in bytes_below(report.data)


def test_taken_while_the_node_serves(pair, tmp_path):
    a, b = pair
    equip(a)
    stop = threading.Event()
    errors = []

    def serve():
        try:
            while not stop.is_set():
                a.service.send(B, alert("y" * 20_000))
                settle(a, b)
        except MithaqError as error:
            errors.append(error)

    thread = threading.Thread(target=serve)
    thread.start()
    sizes = []
    for offset in range(1, 5):
        a.clock.offset = offset
        report = back_up(a, tmp_path / "backup")
        logs = backup.verify(Shelves.at(tmp_path / "backup", None), now(a)).logs
        sizes.append(sum(log.size for log in logs))
    assert list(sealed_below(report.data))
    stop.set()
    thread.join()
    assert errors == []
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


# --- damaged, mixed up ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mithaq.db", "card.note", "node.toml", "keys/log-1.key", "keys/store.json"])
def test_a_changed_byte(made, name):
    a, report, shelves = made
    path = (report.keys if name.startswith("keys/") else report.data) / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(StoreError, match="was changed"):
        backup.verify(shelves, now(a))


def test_a_file_that_lacks_or_is_too_many(made):
    a, report, shelves = made
    (report.keys / "keys" / "mirror-1.key").rename(report.keys / "keys" / "mirror-2.key")
    with pytest.raises(StoreError, match="not of this backup"):
        backup.verify(shelves, now(a))
    (report.keys / "keys" / "mirror-2.key").unlink()
    with pytest.raises(StoreError, match="lacks"):
        backup.verify(shelves, now(a))


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE entries SET data = data || x'20' WHERE kind = 'alert'", "damaged"),
        ("UPDATE entries SET data = zeroblob(9) WHERE kind = 'alert'", "its hash says"),
        ("DELETE FROM entries WHERE kind = 'alert'", "gap"),
        ("UPDATE tiles SET hashes = zeroblob(length(hashes))", "tile"),
        ("UPDATE logs SET edge = zeroblob(length(edge))", "what its entries give"),
        ("UPDATE logs SET size = size + 1", "what its entries give"),
        ("DELETE FROM heads WHERE size = (SELECT max(size) FROM heads)", "newest head"),
        ("UPDATE heads SET root = zeroblob(32)", "newest head"),
        ("UPDATE heads SET size = size + 1 WHERE size = (SELECT max(size) FROM heads)", "newest head"),
        ("UPDATE logs SET name = 'nobody' WHERE id = 1", "damaged"),
        ("DELETE FROM bodies", "damaged"),
    ],
)
def test_a_database_that_contradicts_itself(made, statement, message):
    """The manifest is made to agree: what is signed, hashed and counted inside does not."""
    a, report, shelves = made
    change(report, statement)
    with pytest.raises(StoreError, match=message):
        backup.verify(shelves, now(a))


def test_an_index_that_its_table_does_not_give(made):
    """Wherever a leaf hash stands in the file: in a table, a tile, or the index by which it is found."""
    a, report, shelves = made
    path = report.data / "mithaq.db"
    (item,) = a.service.sent(B)
    whole, leaf = path.read_bytes(), bytes.fromhex(item.leaf)
    assert whole.count(leaf) > 1
    at = whole.find(leaf)
    while at >= 0:
        path.write_bytes(whole[:at] + bytes(32) + whole[at + 32 :])
        hash_again(report.data)
        with pytest.raises(StoreError):
            backup.verify(shelves, now(a))
        at = whole.find(leaf, at + 1)


def test_an_older_head_in_the_place_of_the_newest(made):
    """Its author has signed it; but not this size and root, which the node would show under its signature."""
    a, report, shelves = made
    change(report, "UPDATE heads SET note = (SELECT note FROM heads AS h WHERE h.log = heads.log LIMIT 1)")
    with pytest.raises(ForgedError, match="something else"):
        backup.verify(shelves, now(a))


def test_a_head_under_the_card_before_the_newest_is_its_authors(made, tmp_path):
    """Taken when a card has just been entered: the head over it is under the log pair before."""
    a, *_, shelves = made
    owner = a.keys.but(log=signing_pair("a renewed log", Role.LOG))
    card = a.identity.card
    fresh = owner.sign(following(card, owner, issued=Moment(now(a)), url=card.url))
    a.service.publish_card(bytes(fresh))
    a.clock.offset = 5
    report = back_up(a, tmp_path / "backup")
    assert backup.verify(shelves, now(a)).data == report.data


def test_keys_of_its_own_time_go_with_an_older_backup(made, tmp_path):
    a, first, shelves = made
    a.clock.offset = 5
    second = back_up(a, tmp_path / "backup")
    for report in (first, second):
        assert backup.verify(shelves, now(a), report.data.name).keys == report.keys


def test_a_head_that_its_author_has_not_signed(made):
    a, report, shelves = made
    connection = sqlite3.connect(report.data / "mithaq.db")
    note = connection.execute("SELECT note FROM heads ORDER BY size DESC").fetchone()[0]
    connection.close()
    line = note.splitlines()[-1]
    forged = note.replace(line, line[:-12] + b"AAAAAAAAAAA=")
    change(report, "UPDATE heads SET note = ? WHERE note = ?", forged, note)
    with pytest.raises((ForgedError, MithaqError)):
        backup.verify(shelves, now(a))


def test_a_log_cut_off_is_not_what_the_manifest_says(made, tmp_path):
    """An older database of the same node in the place of the newer one."""
    a, first, shelves = made
    a.service.send(B, alert("later"))
    a.clock.offset = 5
    report = back_up(a, tmp_path / "backup")
    shutil.copy(first.data / "mithaq.db", report.data / "mithaq.db")
    hash_again(report.data)
    with pytest.raises(StoreError, match="not what the manifest says"):
        backup.verify(shelves, now(a))


def test_keys_of_another_party(made, pair, tmp_path):
    a, report, shelves = made
    other = back_up(pair[1], tmp_path / "other")
    shutil.rmtree(report.keys)
    shutil.copytree(other.keys, report.keys)
    with pytest.raises(StoreError, match="different parties"):
        backup.verify(shelves, now(a))


def test_one_sort_in_the_place_of_the_other(made):
    a, report, shelves = made
    shutil.rmtree(report.keys)
    shutil.copytree(report.data, report.keys)
    with pytest.raises(StoreError, match="another sort"):
        backup.verify(shelves, now(a))


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "keys/../../x", "a/b/c/d", ".new-x", ""])
def test_a_path_that_leads_out(made, path):
    a, report, shelves = made
    manifest = report.keys / shelf.MANIFEST
    value = json.loads(manifest.read_bytes())
    value["files"][0]["path"] = path
    manifest.write_bytes(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())
    with pytest.raises(StoreError, match="manifest is damaged"):
        backup.verify(shelves, now(a))


@pytest.mark.parametrize("data", [b"", b"{}", b"{", b"[]", b"\xff", b'{"type":1}', b"[" * 100_000])
def test_what_is_no_manifest(made, data):
    a, report, shelves = made
    (report.data / shelf.MANIFEST).write_bytes(data)
    with pytest.raises(StoreError, match="manifest is damaged"):
        backup.verify(shelves, now(a))


def test_a_link_in_the_place_of_a_file(made, tmp_path):
    a, report, shelves = made
    shutil.move(report.data / "mithaq.db", tmp_path / "elsewhere")
    (report.data / "mithaq.db").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="cannot be read"):
        backup.verify(shelves, now(a))


@pytest.mark.parametrize("name", ["20200101T000000Z", "../data", "nothing"])
def test_a_backup_that_is_not_there(made, name):
    a, _, shelves = made
    with pytest.raises(UsageError, match="no such backup"):
        backup.verify(shelves, now(a), name)


# --- seven days -------------------------------------------------------------------------------------------


def test_day_keys_older_than_seven_days_are_refused(made, tmp_path):
    """A copy of the keys that nobody destroyed: it is neither verified nor put back."""
    _, report, shelves = made
    later = report.time + 7 * DAY
    assert backup.verify(shelves, later)
    for work in (lambda: backup.verify(shelves, later + 1), lambda: restored(tmp_path, shelves, later + 1)):
        with pytest.raises(StaleError, match="older than"):
            work()
    shutil.rmtree(report.keys / "day")
    assert backup.verify(shelves, later + 1).days == 0


# --- put back ---------------------------------------------------------------------------------------------


def restored(tmp_path, shelves, at):
    node = Directory(tmp_path / "restored")
    restore.restore(node, shelves, at)
    return node


def test_it_is_put_back_beside_its_anchor(made, tmp_path):
    a, _, shelves = made
    size = a.service.status(B).own_size
    shutil.copytree(a.directory / "anchor", tmp_path / "restored" / "anchor")
    (tmp_path / "restored").chmod(0o700)
    node = restored(tmp_path, shelves, now(a))
    config = node.config()
    assert config == Config(A, "127.0.0.1:9", f"file:{node.keys}")
    assert all(each.stat().st_mode & 0o077 == 0 for each in node.path.rglob("*"))
    assert len(KeyFiles(node.keyfiles, SECRET, os.urandom).names("sealing")) == 1
    back = make_node(node.path, "a", A)
    assert back.service.status(B).own_size == size
    (item,) = back.service.sent(B)
    assert back.service.content(B, item.leaf, 0) == b"the bridge is closed"
    back.service.send(B, alert("it goes on"))
    back.close()


def test_an_anchor_that_is_there_finds_an_old_one_out(made, tmp_path):
    a, _, shelves = made
    a.service.send(B, alert("after the backup"))
    a.close()
    shutil.copytree(a.directory / "anchor", tmp_path / "restored" / "anchor")
    (tmp_path / "restored").chmod(0o700)
    back = make_node(restored(tmp_path, shelves, now(a)).path, "a", A)
    with pytest.raises(BehindError):
        back.service.send(B, alert("a second history"))
    (item,) = back.service.sent(B)
    with pytest.raises(BehindError):
        back.service.content(B, item.leaf, 0)
    back.service.clear()
    back.close()


def test_ended_day_keys_do_not_come_back(made, tmp_path):
    a, report, shelves = made
    later = now(a) + 6 * DAY
    assert list((report.keys / "day").iterdir())
    node = restored(tmp_path, shelves, later)
    assert KeyFiles(node.keyfiles, SECRET, os.urandom).names("day") == []
    assert opened_below(node.path) == []
    back = make_node(node.path, "a", A)
    back.clock.offset = 6 * DAY
    back.service.clear()
    assert list(sealed_below(node.path)) == []
    back.close()


def test_the_shelf_that_it_came_from_is_known_where_it_is_put_back(made, tmp_path):
    """Else its day keys would outlive their day: the node that made them is gone."""
    a, report, shelves = made
    node = restored(tmp_path, shelves, now(a))
    backup.expire_known(node, now(a) + 6 * DAY)
    assert list((report.keys / "day").iterdir()) == []


@pytest.mark.parametrize("name", ["node.toml", "store", "something"])
def test_not_into_a_directory_with_something_in_it(made, tmp_path, name):
    a, _, shelves = made
    (tmp_path / "restored").mkdir(mode=0o700)
    (tmp_path / "restored" / name).mkdir()
    with pytest.raises(ConfigError, match="not empty"):
        restored(tmp_path, shelves, now(a))
    assert {each.name for each in (tmp_path / "restored").iterdir()} <= {name, "lock"}


def test_twice_is_once(made, tmp_path):
    a, _, shelves = made
    restored(tmp_path, shelves, now(a))
    with pytest.raises(ConfigError, match="not empty"):
        restored(tmp_path, shelves, now(a))


def test_a_whole_node_is_not_taken_for_a_half_restored_one(made, tmp_path):
    """Killed after the last file got its name: to begin again would destroy it, and what it said since."""
    a, _, shelves = made
    node = restored(tmp_path, shelves, now(a))
    (node.path / restore.UNFINISHED).mkdir(mode=0o700)
    before = bytes_below(node.path)
    with pytest.raises(ConfigError, match="not empty"):
        restored(tmp_path, shelves, now(a))
    assert bytes_below(node.path) == before


def test_what_an_unfinished_restore_has_left_goes_and_is_put_back_anew(made, tmp_path):
    a, _, shelves = made
    node = restored(tmp_path, shelves, now(a))
    (node.path / restore.UNFINISHED).mkdir(mode=0o700)
    node.config_file.rename(node.path / restore.UNFINISHED / node.config_file.name)
    (node.store / "half").write_bytes(b"")
    restored(tmp_path, shelves, now(a))
    assert node.config()
    assert not (node.store / "half").exists()


def test_not_into_a_directory_that_another_process_uses(made, tmp_path):
    a, _, shelves = made
    node = Directory(tmp_path / "restored")
    node.path.mkdir(mode=0o700)
    with node.locked(), pytest.raises(ConfigError, match="another process"):
        restored(tmp_path, shelves, now(a))
    assert not node.config_file.exists()


@pytest.mark.parametrize("after", [0, 5, 9])
def test_a_disk_that_fails_while_it_is_put_back_is_told(made, tmp_path, after):
    """With an error of ours; what is there is no node, and the next call makes one of it."""
    a, _, shelves = made
    node = Directory(tmp_path / "restored")
    node.path.mkdir(mode=0o700)
    with Disk(node.path, "fsync", after).failing(), pytest.raises((StoreError, KeyStoreError)):
        restored(tmp_path, shelves, now(a))
    assert not node.config_file.exists()
    restored(tmp_path, shelves, now(a))
    assert node.config()


# --- killed, and on a full disk ---------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from pathlib import Path
left = int(sys.argv[1])
def dies(call):
    def counted(*arguments, **named):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **named)
    return counted
os.fsync, Path.rename, os.link = dies(os.fsync), dies(Path.rename), dies(os.link)
from mithaq.node import backup, restore
from mithaq.node.directory import Directory
node, shelves, at = Directory(Path(sys.argv[3])), backup.Shelves.at(Path(sys.argv[4]), None), int(sys.argv[5])
getattr({"create": backup, "restore": restore}[sys.argv[2]], sys.argv[2])(node, shelves, at)
"""


def killed(point, what, node, place, at):
    """Run ``backup.<what>`` in a process that dies at the n-th sync, link or rename; whether it did."""
    command = [sys.executable, "-c", KILLED, str(point), what, str(node), str(place), str(at)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


@pytest.mark.slow
def test_killed_in_the_middle_of_a_backup(made, tmp_path):
    """At any point: what looks like a backup is one; the next one is made and leaves nothing half-made."""
    a, _, shelves = made
    point, at = 0, now(a)
    dying = True
    while dying:
        point, at = point + 1, at + 1
        dying = killed(point, "create", a.directory, tmp_path / "backup", at)
        for name in shelves.data.names():
            backup.verify(shelves, at, name)
    assert point > 15
    assert not [each for sort in ("data", "keys") for each in (tmp_path / "backup" / sort).glob(".new-*")]


@pytest.mark.slow
def test_killed_in_the_middle_of_putting_back(made, tmp_path):
    """At any point: it is no node yet, or a whole one; and the next call makes it one."""
    a, _, shelves = made
    point, dying = 0, True
    while dying:
        point += 1
        target = tmp_path / f"restored-{point}"
        shutil.copytree(a.directory / "anchor", target / "anchor")
        target.chmod(0o700)
        dying = killed(point, "restore", target, tmp_path / "backup", now(a))
        if not Directory(target).config_file.exists():
            restore.restore(Directory(target), shelves, now(a))
        back = make_node(target, "a", A)
        (item,) = back.service.sent(B)
        assert back.service.content(B, item.leaf, 0) == b"the bridge is closed"
        back.close()
        shutil.rmtree(target)
    assert point > 15


KEYS_FIRST = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from mithaq.domain.moment import DAY
from nodes import A, make_node
node = make_node(Path(sys.argv[2]), "a", A)
node.clock.offset = 6 * DAY
node.service.clear()
node.clock.offset += 3600  # a clock that has leapt is believed when it has run on
node.store.write = lambda work: os.kill(os.getpid(), signal.SIGKILL)
node.service.clear()
"""


def test_killed_between_the_key_and_its_rows(made):
    a, *_ = made
    a.close()
    done = subprocess.run([sys.executable, "-c", KEYS_FIRST, HERE, a.directory], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list(sealed_below(a.directory))) == 1
    assert opened_below(a.directory) == []
    back = make_node(a.directory, "a", A)
    back.clock.offset = 6 * DAY
    back.service.clear()
    assert list(sealed_below(a.directory)) == []
    back.close()


DROPPED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from nodes import A, B, make_node
node = make_node(Path(sys.argv[2]), "a", A)
node.store._tidy = node.store._writer._tidy = lambda: os.kill(os.getpid(), signal.SIGKILL)
(item,) = node.service.sent(B)
node.store.write(lambda tx: tx.bodies.drop(item.entry.log, item.index))
"""


def test_killed_between_erasing_and_emptying_the_journal(made):
    """The day key is there: what is left in the journal, or below it in the database, could be opened."""
    a, *_ = made
    ((_, sealed),) = sealed_below(a.directory)
    a.close()
    done = subprocess.run([sys.executable, "-c", DROPPED, HERE, a.directory], check=False)
    assert done.returncode == -signal.SIGKILL
    assert sealed[14:46] in bytes_below(a.directory)
    back = make_node(a.directory, "a", A)
    assert sealed[14:46] not in bytes_below(a.directory)
    back.close()


FULL = """
import resource, signal, sys
from pathlib import Path
from mithaq.errors import StoreError
from mithaq.node import backup
from mithaq.node.directory import Directory
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
try:
    backup.create(Directory(Path(sys.argv[2])), backup.Shelves.at(Path(sys.argv[3]), None), int(sys.argv[4]))
except StoreError:
    sys.exit(10)
"""


@pytest.mark.parametrize("room", [100, 1_000, 20_000, 100_000])
def test_on_a_full_disk(made, tmp_path, room):
    """Wherever the disk ends: an error of ours, and nothing half-made is taken for a backup."""
    a, report, shelves = made
    command = [sys.executable, "-c", FULL, str(room), a.directory, tmp_path / "backup", str(now(a) + 9)]
    done = subprocess.run(command, check=False)
    assert done.returncode == 10
    assert shelves.data.names() == [report.data.name]
    assert shelves.keys.names() == [report.keys.name]
    assert back_up(a, tmp_path / "other")
