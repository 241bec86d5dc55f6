"""The anchor's file: torn, damaged, compacted, shared."""

import contextlib
import fcntl
import os
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mithaq.domain.party import LogName, origin
from mithaq.errors import MalformedError, PeerError, StoreError
from mithaq.store import anchor
from mithaq.store.anchor import Anchor, Line, check

LOG = LogName(origin("a.example"), origin("b.example"))


def line(size, log=LOG, root=b"\1" * 32):
    return Line(log, size, root)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "apart" / "anchor"


def write(path, *lines):
    file = Anchor(path, create=True)
    file.append(lines)
    file.close()


def read(path):
    file = Anchor(path, create=False)
    try:
        return file.read()
    finally:
        file.close()


def test_a_line_is_canonical_and_checked():
    data = line(7).encode()
    text = f"a.example/to/b.example/1 7 {'01' * 32} ".encode()
    assert data.startswith(text)
    assert len(data) == len(text) + 9
    assert Line.parse(data[:-1]) == line(7)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1],
        lambda data: data.replace(b" 7 ", b" 8 "),
        lambda data: data.replace(b" 7 ", b" 07 "),
        lambda data: data.replace(b"a.example", b"c.example"),
        lambda data: data.replace(b"0101", b"0102"),
        lambda data: data + b" ",
        lambda _: b"",
    ],
)
def test_a_line_that_was_changed_is_refused(change):
    with pytest.raises(MalformedError):
        Line.parse(change(line(7).encode()[:-1]))


@given(st.binary(max_size=300))
def test_any_bytes_parse_or_are_refused(data):
    with contextlib.suppress(PeerError):
        Line.parse(data)


def test_an_origin_is_checked_behind_a_right_check():
    text = b"A\xff/to/b.example/1 7 " + b"01" * 32
    with pytest.raises(MalformedError, match="origin"):
        Line.parse(text + b" " + anchor._check(text))


def test_the_newest_line_of_each_log_counts(path):
    write(path, line(3), line(9), line(4), line(2, LOG.other))
    assert read(path) == {LOG: line(9), LOG.other: line(2, LOG.other)}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_of_two_roots_at_one_size_the_first_counts(path):
    write(path, line(3), line(3, root=b"\2" * 32))
    assert read(path) == {LOG: line(3)}


@pytest.mark.parametrize("cut", [1, 5, 60, len(line(4).encode()) - 1])
def test_a_torn_end_is_cut_off(path, cut):
    write(path, line(3), line(4))
    good = line(3).encode()
    path.write_bytes(path.read_bytes()[:-cut])
    assert read(path) == {LOG: line(3)}
    assert path.read_bytes() == good
    write(path, line(5))
    assert path.read_bytes() == good + line(5).encode()


def test_blocks_that_never_reached_the_disk_are_cut_off(path):
    write(path, line(3))
    path.write_bytes(path.read_bytes() + bytes(400) + b"\nmore\n\n")
    assert read(path) == {LOG: line(3)}
    assert path.read_bytes() == line(3).encode()


@pytest.mark.parametrize("damage", [b"", b"junk\n", bytes(50)])
def test_damage_before_the_end_is_told(path, damage):
    write(path, line(3))
    path.write_bytes(line(3).encode()[:-4] + damage + line(4).encode() + line(5).encode())
    before = path.read_bytes()
    with pytest.raises(StoreError, match="damaged"):
        read(path)
    assert path.read_bytes() == before


def test_a_large_file_is_compacted(path):
    other = [line(n, LOG.other) for n in range(10)]
    many = [line(n) for n in range(1 + anchor.COMPACT_ABOVE // len(line(1).encode()))]
    write(path, *other, *many)
    assert path.read_bytes() == other[-1].encode() + many[-1].encode()
    assert [each.name for each in path.parent.iterdir()] == ["anchor"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_a_crash_left_of_compacting_does_no_harm(path):
    write(path, line(1))
    path.with_name("anchor.new").write_bytes(b"half")
    many = [line(n) for n in range(1 + anchor.COMPACT_ABOVE // len(line(1).encode()))]
    write(path, *many)
    assert path.read_bytes() == many[-1].encode()


def test_who_has_it_open_follows_a_compaction(path):
    """Else its lines would go to a file without a name."""
    mine = Anchor(path, create=True)
    many = [line(n) for n in range(1 + anchor.COMPACT_ABOVE // len(line(1).encode()))]
    write(path, *many)
    write(path, line(2, LOG.other))
    mine.append([line(10**6)])
    mine.close()
    assert read(path) == {LOG: line(10**6), LOG.other: line(2, LOG.other)}


def locked(path):
    """The file at a path, open and locked as another process has it."""
    handle = os.open(path, os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def test_who_waits_for_another_process_waits_for_the_file_it_compacts_too(path):
    """Else a line written while it compacts is lost, and a second history not found out."""
    write(path, line(3))
    mine = Anchor(path, create=False)
    old = locked(path)
    with ThreadPoolExecutor(1) as threads:
        appending = threads.submit(mine.append, [line(4)])
        time.sleep(0.1)
        assert path.read_bytes() == line(3).encode()
        fresh = path.with_name("compacted")
        fresh.write_bytes(line(3).encode())
        new = locked(fresh)
        fresh.replace(path)
        os.close(old)
        time.sleep(0.1)
        assert path.read_bytes() == line(3).encode()
        os.close(new)
        appending.result(10)
    mine.close()
    assert path.read_bytes() == line(3).encode() + line(4).encode()


def test_a_disk_that_refuses_to_compact_refuses_no_line(path):
    write(path)
    path.with_name("anchor.new").mkdir()
    many = [line(n) for n in range(1 + anchor.COMPACT_ABOVE // len(line(1).encode()))]
    write(path, *many)
    assert read(path) == {LOG: many[-1]}


APPEND = """
import sys
from pathlib import Path
from mithaq.domain.party import LogName
from mithaq.store.anchor import Anchor, Line
file = Anchor(Path(sys.argv[1]), create=False)
for size in range(int(sys.argv[2]), 200, 2):
    file.append([Line(LogName.parse("a.example/to/b.example/1"), size, bytes(32))])
"""

FULL = """
import resource, signal, sys
from pathlib import Path
from mithaq.domain.party import LogName
from mithaq.errors import StoreError
from mithaq.store.anchor import Anchor, Line
file = Anchor(Path(sys.argv[1]), create=False)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (150, 150))
try:
    file.append([Line(LogName.parse("a.example/to/b.example/1"), 4, bytes(32))])
except StoreError as error:
    sys.exit(7)
"""


def test_processes_append_to_one_file(path):
    write(path)
    processes = [subprocess.Popen([sys.executable, "-c", APPEND, path, str(n)]) for n in (0, 1)]
    assert [process.wait() for process in processes] == [0, 0]
    lines = [Line.parse(each) for each in path.read_bytes().splitlines()]
    assert sorted(each.size for each in lines) == list(range(200))


def test_what_a_full_disk_took_half_is_taken_back(path):
    """A limit on the file's size stands for the full disk: the write is short."""
    write(path, line(3))
    assert subprocess.run([sys.executable, "-c", FULL, path], check=False).returncode == 7
    assert path.read_bytes() == line(3).encode()


def test_an_anchor_is_not_made_unasked(path):
    with pytest.raises(StoreError, match="missing"):
        Anchor(path, create=False)


def test_what_the_disk_refuses_is_told(path):
    write(path, line(1))
    with pytest.raises(StoreError, match="cannot be opened"):
        Anchor(path / "below", create=True)
    file = Anchor(path, create=False)
    path.unlink()
    with pytest.raises(StoreError, match="cannot be used"):
        file.append([line(2)])
    file.close()


def test_check_tells_what_lacks_and_what_is_behind():
    roots = {LOG: {1: b"a", 2: b"b"}, LOG.other: {1: b"c"}}

    def root_at(log, size):
        return roots[log].get(size, b"")

    def at(log, size, root):
        return {log: Line(log, size, root)}

    assert check({}, at(LOG, 2, b"b"), root_at) == ([Line(LOG, 2, b"b")], {})
    assert check(at(LOG, 1, b"a"), at(LOG, 2, b"b"), root_at) == ([Line(LOG, 2, b"b")], {})
    assert check(at(LOG, 2, b"b"), at(LOG, 2, b"b"), root_at) == ([], {})
    assert check(at(LOG, 2, b"b"), at(LOG, 1, b"a"), root_at) == ([], {})
    behind = at(LOG, 3, b"d")
    assert check(behind, at(LOG, 2, b"b"), root_at) == ([], behind)
    other_root = at(LOG, 1, b"x")
    signed = at(LOG, 2, b"b") | at(LOG.other, 1, b"c")
    assert check(other_root, signed, root_at) == ([Line(LOG.other, 1, b"c")], other_root)
