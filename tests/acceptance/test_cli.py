"""Two authorities, two ``mithaq node serve``, and everything that an operator does, by command.

The nodes are processes of their own over loopback; other commands run in this process to save time, but for
those that a program must be able to call.
"""

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from mithaq.cli.main import app
from mithaq.crypto.private_files import create_private
from mithaq.formats import stix
from stix_samples import indicator
from taxii_desk import OBJECTS, Tool
from taxii_desk import indicator as taxii_indicator

pytestmark = pytest.mark.slow
PATIENCE = 30
MITHAQ = [sys.executable, "-m", "mithaq.cli"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*arguments):
    """Exit code, and what a command says as JSON."""
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    with contextlib.redirect_stdout(out):
        code = app.meta([*(str(each) for each in arguments), "--json"])
    return code, json.loads(out.buffer.getvalue())


def done(*arguments):
    code, value = run(*arguments)
    assert code == 0, value
    return value


def wait(look):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError("nothing came")


@dataclass
class Side:
    """One party: its authority's directory, its node, and the files that both may see."""

    root: Path
    origin: str
    port: int
    process: subprocess.Popen | None = None

    @property
    def node(self):
        return self.root / "node"

    @property
    def secret(self):
        return ["--passphrase-file", self.root / "passphrase"]

    @property
    def card(self):
        return self.root / "card"

    def do(self, *arguments):
        return done(*arguments, "--dir", self.node, *self.secret)

    def fails(self, code, *arguments):
        got, value = run(*arguments, "--dir", self.node, *self.secret)
        assert got == code == value["error"]["exit_code"], value
        return value["error"]

    def sign(self, what, draft, output):
        """On the authority's machine: nothing but its directory and a file."""
        return done(what, "sign", draft, "--authority", self.root / "authority", "-o", output, *self.secret)

    def make(self):
        self.root.mkdir()
        create_private(self.root / "passphrase", b"exercise\n")
        public = done("authority", "init", self.root / "authority", "--origin", self.origin, *self.secret)
        made = done(
            *("node", "init", self.node, "--origin", self.origin, "--url", f"http://localhost:{self.port}"),
            *("--listen", f"127.0.0.1:{self.port}", "--name", "en=Ministry", "--name", "ar=وزارة"),
            *("--authority-public", public["public"], *self.secret),
        )
        assert self.fails(3, "inbox", "x.example")["message"] == "this node has no card"
        signed = self.sign("card", made["draft"], self.card)
        assert signed["signed"] == ["authority", "log", "mirror"]
        assert self.do("card", "install", self.card)["fingerprint"] == public["fingerprint"]
        assert self.do("card", "show")["names"]["ar"] == "وزارة"

    def serve(self):
        command = [*MITHAQ, "node", "serve", *map(str, self.secret)]
        environment = os.environ | {"MITHAQ_DIR": str(self.node)}
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe)
        # Not by asking: a command that finds no running node would open the store itself.
        wait(lambda: self.process.poll() is not None or (self.node / "control").exists())
        assert self.do("node", "status")["running"]

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=PATIENCE)
        code, self.process = self.process.returncode, None
        return code, out


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    root = tmp_path_factory.mktemp("cli")
    both = [Side(root / name, f"spoc.{name}.example", free_port()) for name in ("atlas", "lindmark")]
    for side in both:
        side.make()
    yield both
    for side in both:
        if side.process:
            side.stop()


@pytest.fixture(scope="module")
def partners(sides):
    """Both serve, know each other, and have a text in force."""
    a, b = sides
    for side in sides:
        side.serve()
    heard = done("card", "show", b.card)["fingerprint"]
    wrong = a.fails(7, "card", "add", b.card, "--fingerprint", heard[::-1])
    assert heard not in json.dumps(wrong)
    assert a.do("card", "add", b.card, "--fingerprint", heard)["partner"] == b.origin
    b.do("card", "add", a.card, "--fingerprint", done("card", "show", a.card)["fingerprint"])
    text, one, both = (a.root / name for name in ("text", "signed by one", "signed by both"))
    digest = done("agreement", "new", "-o", text, "--parties", a.origin, b.origin)["digest"]
    assert done("agreement", "check", text)["lines_of"] == []
    a.sign("agreement", text, one)
    assert a.do("agreement", "propose", b.origin, one) == {"digest": digest}
    wait(lambda: run("agreement", "export", digest, "-o", b.root / "proposed", "--dir", b.node)[0] == 0)
    assert b.sign("agreement", b.root / "proposed", both)["lines_of"] == [a.origin, b.origin]
    assert b.fails(7, "agreement", "activate", a.origin, digest)["error"] == "ForgedError"
    b.do("agreement", "cosign", both)
    assert b.do("agreement", "activate", a.origin, digest)["reading"] == "awaited"
    a.do("agreement", "cosign", both)
    a.do("agreement", "activate", b.origin, digest)
    for side, other in ((a, b), (b, a)):
        wait(lambda side=side, other=other: readings(side, other) == ["agreed"])
    return a, b


def readings(side, other):
    return [each["reading"] for each in side.do("agreement", "show", other.origin)]


def write(side, name, content):
    (side.root / name).write_bytes(content)
    return side.root / name


def alert(side, other, name="alert.txt", *more):
    file = write(side, name, f"EXERCISE {name}".encode())
    return side.do(*sending("alert", other, file), "--urgency", "immediate", *more)["leaf"]


def sending(kind, other, *files, field="civil-protection", tlp="green"):
    return [
        "send",
        kind,
        other.origin,
        *files,
        "--field",
        field,
        "--tlp",
        tlp,
        "--keep-days",
        5,
        "--exercise",
    ]


def verdict(side, other, leaf):
    return wait(lambda: side.do("show", other.origin, leaf)["verdict"])


def test_one_of_each_kind(partners):
    a, b = partners
    warned = alert(a, b)
    assert verdict(a, b, warned) == "accepted"
    listed = b.do("inbox", a.origin, "--limit", 1)
    assert [(each["leaf"], each["present"]) for each in listed] == [(warned, [True])]
    assert a.do("sent", b.origin)[0]["leaf"] == warned
    (saved,) = b.do("show", a.origin, warned[:8], "--save", b.root / "saved")["files"]
    assert Path(saved).read_bytes() == b"EXERCISE alert.txt"

    question = write(a, "question.txt", b"EXERCISE what is it?")
    asked = a.do(
        *sending("request", b, question, field="security"),
        *("--urgency", "urgent", "--items", 2, "--by", "duty-officer:A-7"),
    )["leaf"]
    wait(lambda: asked in [each["leaf"] for each in b.do("inbox", a.origin)])
    assert b.do("show", a.origin, asked)["by"] == {"role": "duty-officer", "number": "A-7"}
    answer = write(b, "answer.txt", b"EXERCISE this.")
    said = [*sending("reply", a, answer, field="security"), "--answers", "1,2", "--re"]
    assert verdict(b, a, b.do(*said, asked[:10])["leaf"]) == "accepted"
    items = [line["items"] for line in a.do("record", b.origin) if line.get("leaf") == asked]
    assert items == [["answered", "answered"]]

    bundle = write(a, "bundle.json", stix.bundle(indicator(n) for n in range(1_200)))
    sent = a.do(*sending("information", b, bundle, field="security"))
    assert sent["bodies"] == 2
    assert verdict(a, b, sent["leaf"]) == "accepted"
    help_ = write(b, "help.txt", b"EXERCISE how to")
    assert verdict(b, a, b.do(*sending("expertise", a, help_))["leaf"]) == "accepted"


def test_what_the_text_does_not_allow(partners):
    a, b = partners
    before = [each["leaf"] for each in a.do("sent", b.origin)]
    file = write(a, "refused.txt", b"EXERCISE")
    arguments = [*sending("alert", b, file, field="migration", tlp="red"), "--urgency", "immediate"]
    assert a.fails(5, *arguments)["codes"] == ["kind", "tlp"]
    assert [each["leaf"] for each in a.do("sent", b.origin)] == before
    command = [*MITHAQ, *map(str, arguments), "--dir", str(a.node), "--lang", "fr"]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (shown.returncode, shown.stdout) == (5, "")
    assert "Le domaine « migration » n’admet pas ce type d’échange" in shown.stderr.replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_national_rules(partners):
    a, b = partners

    def load(serial, *changes):
        text, note = b.root / f"rules {serial}", b.root / f"rules {serial} signed"
        done("rules", "new", "--origin", b.origin, "--serial", serial, "-o", text)
        changed = text.read_text("utf-8")
        for old, by in changes:
            assert old in changed
            changed = changed.replace(old, by)
        text.write_text(changed, "utf-8")
        digest = done("rules", "check", text)["digest"]
        assert b.sign("rules", text, note)["digest"] == digest
        loaded = b.do("rules", "load", note)
        assert (loaded["digest"], loaded["serial"]) == (digest, serial)
        wait(lambda: (a.do("rules", "show", b.origin)["theirs"] or {}).get("serial") == serial)
        return loaded["idle"]

    assert b.do("rules", "show") is None
    assert load(1) == [1], "a field that no text has"
    closed = {"field": "civil-protection", "kinds": ["expertise"], "tlp": "green", "retention_days": 30}
    assert load(2, ('"example"', '"civil-protection"')) == []
    assert b.do("rules", "show")["narrows"] == [closed]
    assert a.do("rules", "show", b.origin)["theirs"]["closes"] == [closed]
    assert b.do("rules", "show", a.origin)["ours"]["closes"] == [closed]
    file = write(a, "closed.txt", b"EXERCISE how to")
    sent = a.do(*sending("expertise", b, file))["leaf"]
    assert verdict(a, b, sent) == "refused"
    for side, other in ((a, b), (b, a)):
        shown = side.do("show", other.origin, sent)
        assert (shown["refused_by"], shown["codes"], shown["borne_out"]) == ("receiver", ["kind"], True)
    refused = b.fails(5, *sending("expertise", a, file))
    assert (refused["codes"], refused["by"]) == (["kind"], "sender")
    command = [*MITHAQ, "show", b.origin, sent, "--dir", str(a.node), "--lang", "en"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert "The national rules of its receiver refused it." in lines
    assert "kind: National rules close the kind “Expertise” in the field “civil-protection”." in lines
    command = [*MITHAQ, "sent", b.origin, "--dir", str(a.node), "--lang", "en"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "refused by its receiver's national rules" in listed
    assert b.fails(6, "rules", "load", b.root / "rules 1 signed")["error"] == "StaleError"
    assert a.fails(7, "rules", "load", b.root / "rules 2 signed")["error"] == "ForgedError"
    load(3)


@pytest.mark.parametrize(
    "wrong",
    [
        ["--by", "nobody:7"],
        ["--by", "duty-officer:a name"],
        ["--keep-days", "-1"],
        ["--re", "00000000"],
        ["--urgency", "never"],
    ],
)
def test_what_cannot_be_said(partners, wrong):
    a, b = partners
    arguments = [*sending("alert", b, write(a, "wrong.txt", b"EXERCISE")), "--urgency", "immediate", *wrong]
    code, value = run(*arguments, "--dir", a.node)
    assert code in {2, 5}, value


def test_a_receipt_for_somebody_who_has_only_files(partners, tmp_path):
    a, b = partners
    leaf = alert(a, b, "proved.txt")
    verdict(a, b, leaf)
    receipt = tmp_path / "receipt"
    a.do("receipt", "export", b.origin, leaf, "-o", receipt)
    trusted = ["--card", a.card, "--card", b.card]
    for side in partners:
        trusted += ["--fingerprint", done("card", "show", side.card)["fingerprint"]]
    command = [*MITHAQ, "receipt", "verify", str(receipt), *map(str, trusted), "--json"]
    shown = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    report = json.loads(shown.stdout)
    assert (shown.returncode, report["leaf"], report["verdict"]) == (0, leaf, "accepted")
    assert report["held"]
    assert report["cosigned"]
    data = bytearray(receipt.read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "changed").write_bytes(data)
    assert run("receipt", "verify", tmp_path / "changed", *trusted)[0] in {6, 7}
    assert run("receipt", "verify", receipt, *trusted[:-1], "00000")[0] == 7


def test_both_records_are_equal(partners, tmp_path):
    a, b = partners

    def equal():
        data = []
        for side, other in ((a, b), (b, a)):
            path = tmp_path / f"{time.monotonic_ns()}"
            side.do("record", other.origin, "-o", path)
            data.append(path.read_bytes())
        return data[0] == data[1]

    assert wait(equal)


def test_what_is_said_about_an_entry(partners):
    a, b = partners
    leaf = alert(a, b, "noted.txt")
    verdict(a, b, leaf)
    b.do("acknowledge", a.origin, leaf[:10])
    b.do("feedback", a.origin, leaf[:10], "useful")
    wait(lambda: a.do("show", b.origin, leaf)["reading"] == "acknowledged")
    better = alert(a, b, "better.txt")
    said = a.do("correct", b.origin, leaf[:10], "--reason", "outdated", "--replaced-by", better[:10])
    assert said["re"] == [leaf, better]
    b.do("consent", a.origin, leaf[:10], "ask", "--to", "third.example")
    wait(lambda: b.do("show", a.origin, leaf)["reading"] == "acknowledged, then corrected")
    assert b.fails(5, "correct", a.origin, leaf[:10], "--reason", "outdated")["codes"] == ["not-yours"]


def test_suspended_by_a_node_and_resumed_by_its_authority(partners):
    a, b = partners
    digest = a.do("agreement", "show", b.origin)[0]["digest"]
    leaf = a.do("agreement", "suspend", b.origin, digest, "--field", "security")["leaf"]
    wait(lambda: b.do("agreement", "show", a.origin)[0]["halts"])
    (halt,) = b.do("agreement", "show", a.origin)[0]["halts"]
    assert (halt["field"], halt["reading"]) == ("security", "suspended")
    file = write(b, "stopped.txt", b"EXERCISE")
    stopped = [*sending("information", a, file, field="security")]
    assert b.fails(5, *stopped)["codes"] == ["suspended"]
    text, declared = a.root / "signed by both", a.root / "resumption"
    if not text.exists():
        a.do("agreement", "export", digest, "-o", text)
    declare = ["agreement", "declare", "resume", text, "--authority", a.root / "authority"]
    done(*declare, "--lifts", leaf, "-o", declared, *a.secret)
    assert a.fails(2, "agreement", "terminate", b.origin, declared)["error"] == "UsageError"
    assert a.do("agreement", "resume", b.origin, declared)["lifts"] == leaf
    wait(lambda: b.do("agreement", "show", a.origin)[0]["halts"][0]["reading"] == "resumed")
    assert verdict(b, a, b.do(*stopped)["leaf"]) == "accepted"


def test_files_instead_of_a_network(partners, tmp_path):
    """Nobody serves; each command opens the store by itself, and only files go between the two."""
    a, b = partners
    for side in partners:
        assert side.stop() == (0, b"")
        assert not side.node.joinpath("control").exists()
    leaf = alert(a, b, "carried.txt")
    large = write(a, "large.txt", b"EXERCISE " * 300_000)
    document = a.do(*sending("information", b, large, field="security"))["leaf"]
    pouch = Path(a.do("pouch", "write", b.origin, tmp_path)["file"])
    assert pouch.parent == tmp_path
    b.do("pouch", "read", pouch, "-o", tmp_path / "answer")
    (bulk,) = a.do("pouch", "answer", tmp_path / "answer", "--bulk", tmp_path / "bulk")["files"]
    b.do("pouch", "read", bulk, "-o", tmp_path / "second")
    a.do("pouch", "answer", tmp_path / "second")
    b.do("pouch", "write", a.origin, tmp_path / "third")
    a.do("pouch", "read", tmp_path / "third", "-o", tmp_path / "fourth")
    for each in (leaf, document):
        assert a.do("show", b.origin, each)["verdict"] == "accepted"
        assert all(b.do("show", a.origin, each)["present"])
    assert run("pouch", "read", a.card, "-o", tmp_path / "5", "--dir", b.node, *b.secret)[0] == 6
    for side in partners:
        side.serve()


def test_new_node_keys(partners):
    a, b = partners
    a.do("card", "rotate", "-o", a.root / "next.draft")
    a.sign("card", a.root / "next.draft", a.root / "next")
    assert a.fails(2, "card", "install", a.root / "next")["message"] == "this card has not been published"
    a.do("card", "publish", a.root / "next")
    wait(lambda: a.do("card", "publish")["unaware"] == [])
    a.do("card", "install", a.root / "next")
    assert a.stop(signal.SIGINT) == (0, b"")
    a.serve()
    assert a.do("card", "show")["serial"] == 2
    assert verdict(a, b, alert(a, b, "under new keys.txt")) == "accepted"


def test_one_process_serves(partners):
    a, _ = partners
    command = [*MITHAQ, "node", "serve", str(a.node), *map(str, a.secret), "--json"]
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 3
    assert json.loads(second.stdout)["error"]["message"] == "another process uses this node"
    assert a.do("node", "status")["running"]


def test_a_tool_is_let_in_by_commands(partners):
    """An operator adds an address, makes a collection and an account while the node runs; it starts again."""
    a, _ = partners
    port = free_port()
    a.stop()
    with (a.node / "node.toml").open("a") as file:
        file.write(f'taxii = "127.0.0.1:{port}"\n')
    a.serve()
    a.do("taxii", "root", "add", "agencies", "Our agencies")
    collection = a.do("taxii", "collection", "add", "agencies", "The CERT", "--alias", "cert")
    token = a.do("taxii", "account", "add", "opencti", "agencies")["token"]
    tool = Tool(port, token)
    assert tool.get(OBJECTS).status == 404
    a.do("taxii", "grant", "opencti", "cert", "--read", "--write")
    assert tool.post(taxii_indicator("one")).json["success_count"] == 1
    tool.connection.close()
    a.stop()
    a.serve()
    assert tool.get(OBJECTS).ids == [taxii_indicator("one")["id"]]
    tool.connection.close()
    shown = a.do("taxii", "show")
    assert shown["collections"] == [collection]
    assert shown["accounts"][0]["grants"] == {collection["id"]: {"read": True, "write": True}}
    assert token not in json.dumps(shown)
    assert a.fails(2, "taxii", "account", "add", "other", "nowhere")["todo"]
    a.do("taxii", "account", "drop", "opencti")
    assert tool.get(OBJECTS).status == 401
    tool.connection.close()
    a.do("taxii", "collection", "drop", "agencies", "cert")
    assert a.do("taxii", "show")["collections"] == []


def test_another_passphrase(sides, tmp_path):
    a, _ = sides
    create_private(tmp_path / "other", b"another")
    arguments = ["card", "sign", a.card, "--authority", a.root / "authority", "-o", tmp_path / "x"]
    assert run(*arguments, "--passphrase-file", tmp_path / "other")[0] == 4


def test_a_rehearsal_at_once(tmp_path):
    """The authority's directory at hand: the card is signed and installed by one command."""
    side = Side(tmp_path / "one", "one.example", free_port())
    side.root.mkdir()
    create_private(side.root / "passphrase", b"exercise")
    done("authority", "init", side.root / "authority", "--origin", side.origin, *side.secret)
    made = done(
        *("node", "init", side.node, "--origin", side.origin, "--url", "https://one.example"),
        *("--listen", "127.0.0.1:0", "--name", "en=One", "--authority", side.root / "authority"),
        *("--authority-passphrase-file", side.root / "passphrase", *side.secret),
    )
    assert side.do("card", "show")["fingerprint"] == made["fingerprint"]
    empty: dict[str, list[object]] = {"pairs": [], "alarms": []}
    assert side.do("node", "status") == {"origin": side.origin, "running": False} | empty
