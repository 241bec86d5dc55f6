"""``make demo`` as somebody runs it: two processes, one page, exit code 0; and nothing shared on the way."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from mithaq.audit.receipt import Receipt
from mithaq.demo.cairo import CAIRO
from mithaq.demo.exercise import LANGUAGES, mark
from mithaq.demo.rabat import ORIGINS
from mithaq.demo.summary import LINES_MAX
from mithaq.domain.entry import leaf_hash

pytestmark = pytest.mark.slow
SECONDS = 110
SIDES = ("atlas", "lindmark")
LIAR = Path(__file__).parents[1] / "lying_node.py"


def command(*options):
    return [sys.executable, "-m", "mithaq.cli", "demo", *options]


def children(pid):
    """The processes below one, at any depth."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found, todo = [], [pid]
    while todo:
        parent = todo.pop()
        below = [child for child, of in parents.items() if of == parent]
        found += below
        todo += below
    return found


def open_files(pid):
    """The paths that a process holds open."""
    found = set()
    for fd in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            found.add(str(fd.readlink()))
        except OSError:
            continue
    return found


def arguments(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except OSError:
        return []


@dataclass
class Run:
    """One whole demo, watched."""

    code: int
    out: str
    err: str
    seconds: float
    root: Path
    opened: dict[int, set[str]]
    commands: dict[int, list[str]]
    own: set[str]

    def nodes(self, side):
        """For each process that served a side, its command and what it held open."""
        serving = [pid for pid, said in self.commands.items() if "serve" in said]
        return [
            (self.commands[pid], self.opened[pid])
            for pid in serving
            if any(f"/{side}/" in each for each in self.commands[pid])
        ]


def watch(root, *options):
    began = time.monotonic()
    process = subprocess.Popen(
        command("--exit", "--keep", str(root), *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    opened, commands, own = defaultdict(set), {}, set()
    while process.poll() is None and time.monotonic() - began < SECONDS:
        own |= open_files(process.pid)
        for pid in children(process.pid):
            opened[pid] |= open_files(pid)
            if any(said := arguments(pid)):  # a process that is ending has none any more
                commands[pid] = said
        time.sleep(0.02)
    out, err = process.communicate(timeout=10)
    return Run(process.returncode, out, err, time.monotonic() - began, root, opened, commands, own)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return watch(tmp_path_factory.mktemp("demo") / "kept", "--lang", "fr", "--liar", str(LIAR))


def test_it_ends_well(run):
    assert (run.code, run.err) == (0, "")


def test_each_node_ran_as_a_process_of_its_own(run):
    """One is stopped for the time of the liar, and while files are carried."""
    assert len(run.nodes("atlas")) == 1
    lindmark = [said for said, _ in run.nodes("lindmark")]
    assert [str(LIAR) in said for said in lindmark] == [False, True, False, False]


@pytest.mark.parametrize(("mine", "theirs"), [SIDES, SIDES[::-1]])
def test_neither_opened_a_file_of_the_other(run, mine, theirs):
    under = str(run.root)
    found = run.nodes(mine)
    assert found
    for _, files in found:
        assert any(each.startswith(f"{under}/{mine}/node/") for each in files)
        inside = {each for each in files if each.startswith(under)}
        assert all(each.startswith(f"{under}/{mine}/node") for each in inside)
        assert not any(f"/{theirs}/" in each for each in files)


def test_the_demo_opened_no_store(run):
    assert not [each for each in run.own if "/node/" in each and "sqlite" in each]
    assert not [each for each in run.own if "/store" in each]


def test_the_page_is_short_and_in_the_language(run):
    page = run.out[run.out.rindex(mark("fr")) : run.out.rindex("Tout est conservé")]
    assert len(page.splitlines()) <= LINES_MAX
    assert "preuve de remise" in page
    assert re.search(r"25\u202f\d{3} objets STIX", page)
    assert "80\u00a0Mio" in page


def test_everything_is_marked_as_an_exercise(run):
    assert run.out.startswith(mark("fr"))
    proof = run.root / "proof"
    text = (proof / "agreement.note").read_text("utf-8")
    assert all(mark(language) in text for language in LANGUAGES)
    for side in SIDES:
        card = (proof / f"{side}.card").read_text("utf-8")
        assert mark("en") in card
        assert f'origin = "{ORIGINS[SIDES.index(side)]}"' in card
    entry = Receipt.parse((proof / "alert.receipt").read_bytes()).entry.extra
    assert json.loads(entry)["facts"]["status"] == "exercise"


def test_both_records_list_every_entry_and_are_the_same(run):
    mine, theirs = ((run.root / "proof" / f"record-{side}.jsonl").read_bytes() for side in SIDES)
    assert mine == theirs
    lines = [json.loads(line) for line in mine.splitlines()]
    assert lines[0]["parties"] == sorted(ORIGINS)
    states = [line["state"] for line in lines if line.get("held") and line["outcome"].startswith("done")]
    assert sorted(states) == ["accepted"] * 7 + ["withdrawn: to be erased"]


def test_what_the_liar_said_is_void_and_refused_on_both_sides(run):
    lines = map(json.loads, (run.root / "proof" / "record-atlas.jsonl").read_bytes().splitlines())
    (void,) = [line for line in lines if line.get("outcome", "").startswith("illegal")]
    assert (void["kind"], void["codes"], void["state"]) == ("alert", ["kind"], "void and refused")


def test_contents_are_gone_and_the_proof_holds(run):
    """The receipt, verified apart after that, has its reader's own statement."""
    receipt = Receipt.parse((run.root / "proof" / "expertise.receipt").read_bytes())
    assert receipt.erasure
    leaf = leaf_hash(receipt.entry.extra).hex()
    lines = [
        json.loads(line) for line in (run.root / "proof" / "record-atlas.jsonl").read_bytes().splitlines()
    ]
    said = {(line["kind"], line["log"]) for line in lines if leaf in line.get("outcome", "")}
    assert {("withdrawal", 0), ("erasure", 1)} <= said


def test_files_were_carried(run):
    for name in ("there", "back"):
        assert (run.root / "carried" / f"{name}.pouch").read_bytes().startswith(b"mithaq-pouch/1")
    log = (run.root / "atlas" / "node.log").read_text("utf-8")
    assert "Connection refused" in log


def test_it_leaves_nothing_running(run):
    assert not [pid for pid in run.commands if arguments(pid) == run.commands[pid]]


@contextmanager
def on_a_terminal(tmp_path, *options):
    """The demo on a terminal of its own: its process and the terminal's other end."""
    master, slave = os.openpty()
    process = subprocess.Popen(
        command(*options),
        stdin=slave,
        stdout=slave,
        stderr=subprocess.PIPE,
        env=os.environ | {"TMPDIR": str(tmp_path), "TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(slave)
    with process:
        try:
            yield process, master
        finally:
            process.terminate()
            os.close(master)


def read_until(terminal, words):
    shown, end = b"", time.monotonic() + SECONDS
    while words not in shown and time.monotonic() < end:
        try:
            shown += os.read(terminal, 65536)
        except OSError:  # nobody writes there any more
            break
    return shown


def test_on_a_terminal_the_nodes_serve_until_interrupted(tmp_path_factory):
    """In Arabic; Ctrl-C as a terminal sends it, to the whole group."""
    short = tmp_path_factory.mktemp("t")  # a socket's path is 100 bytes at most
    with on_a_terminal(short, "--lang", "ar") as (process, terminal):
        shown = read_until(terminal, b"Ctrl-C")
        assert b"\x1b[1m" in shown
        nodes = [pid for pid in children(process.pid) if "serve" in arguments(pid)]
        assert len(nodes) == 2
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=30) == 0
        assert process.stderr.read() == b""
    assert not [pid for pid in nodes if "serve" in arguments(pid)]
    assert not list(short.iterdir())


def test_a_file_that_is_no_stix_ends_it_with_a_reason(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text("{}")
    done = subprocess.run(
        command("--exit", "--stix", str(path)), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert str(path) in done.stderr


@pytest.fixture(scope="module")
def cairo(tmp_path_factory):
    return watch(
        tmp_path_factory.mktemp("demo") / "kept", "--scenario", "cairo", "--json", "--liar", str(LIAR)
    )


def test_another_text_and_one_json_value(cairo):
    assert (cairo.code, cairo.err) == (0, "")
    value = json.loads(cairo.out)
    assert value["scenario"] == "cairo"
    assert [told["verdict"] for told in value["told"]] == ["accepted"] * 8
    fields = {"capacity-building", "education", "economy-and-trade", "agriculture", "security"}
    assert {told["field"] for told in value["told"]} == fields
    assert value["shown"]["refused-before-it-left"]["codes"] == ["media-type", "data-class"]
    assert value["shown"]["refused-on-arrival"]["codes"] == ["media-type"]
    mine, theirs = (cairo.root / "proof" / f"record-{side}.jsonl" for side in CAIRO.states)
    assert mine.read_bytes() == theirs.read_bytes()
    assert value["record"]["sha256"] == hashlib.sha256(mine.read_bytes()).hexdigest()


def test_a_failure_is_one_json_value_too(tmp_path):
    done = subprocess.run(
        command("--json", "--keep", str(tmp_path)), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["message"] == "the directory must be new"


def test_it_overwrites_no_directory(tmp_path):
    done = subprocess.run(
        command("--exit", "--keep", str(tmp_path)), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "must be new" in done.stderr
