"""A disk that is full, read-only or fails: refused, never half done, and well again without a restart."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from faults import Disk, failing_database
from mithaq.crypto.keyfiles import KeyFiles
from mithaq.crypto.private_files import TEMPORARY, create_private
from mithaq.domain.party import LogName, origin
from mithaq.errors import KeyStoreError, MithaqError, StoreError
from mithaq.exchange.packing import Lane
from mithaq.exchange.ports import BodyKey
from mithaq.store.anchor import Anchor, Line
from mithaq.store.sqlite import open_store
from nodes import A, B, alert, settle
from pouches import deliver, own, pack, take_answer

FAULTS = ("full", "read-only", "fsync")
LOG = LogName(origin("a.example"), origin("b.example"))


def line(size: int) -> Line:
    return Line(LOG, size, bytes(32))


def accepted(a, b, sent) -> bool:
    settle(a, b)
    assert a.service.record_lines(b.origin) == b.service.record_lines(a.origin)
    return b.service.item(a.origin, sent.leaf).verdict == "accepted"


# --- acts on a failing disk -------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [0, 1, 2, 3])
@pytest.mark.parametrize("fault", FAULTS)
def test_to_send_is_refused_or_done_and_works_afterwards(pair, fault, after):
    """Day key, commit and anchor: whichever fails, nothing is acknowledged, and the next one goes."""
    a, b = pair
    first = a.service.send(B, alert("before"))
    disk, sent = Disk(a.directory, fault, after), None
    with disk.failing():
        try:
            sent = a.service.send(B, alert("on a failing disk", keep_days=77))
        except (StoreError, KeyStoreError):
            assert disk.failed
    assert accepted(a, b, first)
    assert accepted(a, b, a.service.send(B, alert("after", keep_days=77)))
    assert sent is None or b.service.item(A, sent.leaf).verdict == "accepted"


@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("fault", FAULTS)
def test_to_take_a_pouch_is_refused_or_done_and_works_afterwards(pair, fault, after):
    a, b = pair
    sent = a.service.send(B, alert("to a failing disk", keep_days=77))
    carried = pack(a, b)
    disk, answer = Disk(b.directory, fault, after), b""
    with disk.failing():
        try:
            answer = deliver(b, carried.data)
        except (StoreError, KeyStoreError):
            assert disk.failed
    take_answer(a, carried, answer or deliver(b, carried.data))
    assert accepted(a, b, sent)


@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_a_database_that_takes_nothing_new(pair, fault):
    a, b = pair
    sent = a.service.send(B, alert("x" * 300_000))
    carried = pack(a, b)
    with failing_database(b, fault):
        with pytest.raises(StoreError):
            deliver(b, carried.data)
        with pytest.raises(StoreError):
            b.service.send(A, alert("x" * 300_000))
        assert b.service.status(A).mirror_size < a.service.status(B).own_size
    take_answer(a, carried, deliver(b, carried.data))
    assert accepted(a, b, sent)
    assert b.service.sent(A) == []


def test_a_disk_that_fails_while_keys_are_destroyed(pair):
    """The key stays, the failure is told, the next look destroys it."""
    a, _ = pair
    a.service.send(B, alert("ends", keep_days=1))
    a.service.housekeep()
    kept = a.identity.files.names("day")
    a.clock.offset = 3 * 86_400
    a.service.housekeep()
    a.clock.offset += 3_600
    with Disk(a.directory, "fsync").failing(), pytest.raises(MithaqError):
        a.service.housekeep()
    assert a.identity.files.names("day") == kept
    a.clock.offset += 3_600
    a.service.housekeep()
    assert a.identity.files.names("day") == []


# --- the anchor -------------------------------------------------------------------------------------------


def test_half_a_line_that_could_not_be_cut_off_is_cut_off_by_the_next(tmp_path):
    """Written behind half a line, the next one would damage the anchor for good."""
    anchor = Anchor(tmp_path / "heads", create=True)
    anchor.append([line(1)])
    real = os.write

    def half(handle, data):
        real(handle, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "full")

    with (
        mock.patch.object(os, "write", half),
        mock.patch.object(os, "ftruncate", side_effect=OSError(errno.EROFS, "read-only")),
        pytest.raises(StoreError),
    ):
        anchor.append([line(2)])
    assert not (tmp_path / "heads").read_bytes().endswith(b"\n")
    anchor.append([line(3)])
    assert anchor.read() == {LOG: line(3)}
    anchor.close()


def test_what_could_not_be_anchored_is_by_the_next_look(pair):
    """Else a node with nothing to write would never speak again."""
    a, b = pair
    with Disk(a.directory / "anchor", "fsync").failing(), pytest.raises(StoreError):
        a.service.send(B, alert("committed, and not acknowledged"))
    with Disk(a.directory / "anchor", "fsync").failing(), pytest.raises(StoreError, match="anchor"):
        a.service.pouch(B, Lane.PROMPT)
    settle(a, b)
    assert [item.verdict for item in b.service.inbox(A)] == ["accepted"]
    signed = a.store.read(lambda tx: tx.logs.newest_signed())
    assert {log: each.size for log, each in a.store._anchor.read().items()} == {
        log: each.size for log, each in signed.items()
    }


# --- key files --------------------------------------------------------------------------------------------


def test_what_a_kill_left_of_a_key_file_is_removed(tmp_path):
    """It may hold a key that is destroyed later."""
    keys = KeyFiles(tmp_path, bytes(32), os.urandom)
    keys.create("day/2026-11-25", bytes(32))
    left = tmp_path / "day" / f"{TEMPORARY}x"
    create_private(left, b"half a key")
    assert KeyFiles(tmp_path, bytes(32), os.urandom).names("day") == ["day/2026-11-25"]
    assert not left.exists()


def test_contents_that_do_not_open_stop_nothing_else(pair):
    """A key that a disk lost ends the pouch that wanted it, and no other."""
    a, b = pair
    lost = a.service.send(B, alert("its key is lost", keep_days=3))
    sent = a.service.send(B, alert("all is well", keep_days=9))
    (first, *_) = a.identity.files.names("day")
    a.identity.files.destroy(first)
    outgoing = a.service.pouch(B, Lane.PROMPT)
    with pytest.raises(KeyStoreError):
        b"".join(outgoing.pieces)
    a.service.failed(outgoing)
    assert accepted(a, b, sent)
    assert b.service.item(A, lost.leaf).verdict == ""
    for node in pair:
        node.clock.offset = 5 * 86_400
    settle(a, b)
    b.service.send(A, alert("good morning"))
    settle(a, b)
    b.service.housekeep()
    settle(a, b)
    assert b.service.item(A, lost.leaf).codes == ("expired",)


# --- a real disk that is full -----------------------------------------------------------------------------

SMALL = """
import sys
from pathlib import Path
from mithaq.errors import KeyStoreError, StoreError
from nodes import A, B, alert, make_node
node = make_node(Path(sys.argv[1]), "a", A)
sent = []
try:
    while True:
        sent.append(node.service.send(B, alert("x" * 200_000)).leaf)
except (KeyStoreError, StoreError) as error:
    print(error)
(Path(sys.argv[1]) / "ballast").unlink()
sent.append(node.service.send(B, alert("there is room again")).leaf)
node.close()
node = make_node(Path(sys.argv[1]), "a", A)
assert {item.leaf for item in node.service.sent(B)} >= set(sent), "acknowledged and lost"
assert len(sent) > 1
"""


@pytest.mark.slow
def test_a_small_disk_that_runs_full(made_pair, tmp_path):
    """In a mount of its own, where that may be made."""
    place = tmp_path / "small"
    place.mkdir()
    script = (
        f"mount -t tmpfs -o size=4m,mode=700 tmpfs {place} && cp -a {made_pair}/a/. {place}"
        f" && head -c 600000 /dev/zero > {place}/ballast || exit 77;"
        f" exec {sys.executable} -c '{SMALL}' {place}"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])}
    unshare = ["unshare", "--mount", "--map-root-user", "sh", "-c", script]
    try:
        done = subprocess.run(unshare, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no unshare")
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no mount may be made here")
    assert done.returncode == 0, done.stderr
    assert "full" in done.stdout or "No space" in done.stdout


# --- opening ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_to_open_on_a_failing_disk_is_told(tmp_path, fault):
    with Disk(tmp_path, fault).failing(), pytest.raises(StoreError):
        open_store(tmp_path / "store", A, anchor=tmp_path / "anchor" / "heads", create=True)
    open_store(tmp_path / "store", A, anchor=tmp_path / "anchor" / "heads", create=True).close()


def test_the_content_of_another_key_stops_nothing_either(pair):
    a, b = pair
    sent = a.service.send(B, alert("changed on the disk"))
    other = a.service.send(B, alert("all is well"))
    log = own(a, b)

    def spoil(tx):
        stored = tx.bodies.get(BodyKey(log, other.index, 0))
        tx.bodies.put(BodyKey(log, sent.index, 0), stored)

    a.store.write(spoil)
    outgoing = a.service.pouch(B, Lane.PROMPT)
    with pytest.raises(MithaqError):
        b"".join(outgoing.pieces)
    a.service.failed(outgoing)
    assert accepted(a, b, other)
