"""Everything that an operator does after a loss, by command and over files; nothing serves here."""

import contextlib
import io
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from mithaq.cli.main import app
from mithaq.crypto.private_files import create_private

pytestmark = pytest.mark.slow


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


@dataclass
class Side:
    """One party: its authority's directory, its node, and a place for files."""

    root: Path
    origin: str

    @property
    def node(self):
        return self.root / "node"

    @property
    def secret(self):
        return ["--passphrase-file", self.root / "passphrase"]

    def do(self, *arguments):
        return done(*arguments, "--dir", self.node, *self.secret)

    def fails(self, code, *arguments):
        got, value = run(*arguments, "--dir", self.node, *self.secret)
        assert got == code, value
        return value["error"]["message"]

    def sign(self, what, draft, output, authority="authority"):
        return done(what, "sign", draft, "--authority", self.root / authority, "-o", output, *self.secret)

    def make(self):
        self.root.mkdir()
        create_private(self.root / "passphrase", b"exercise\n")
        done("authority", "init", self.root / "authority", "--origin", self.origin, *self.secret)
        done(
            *("node", "init", self.node, "--origin", self.origin, "--url", f"https://{self.origin}"),
            *("--listen", "127.0.0.1:0", "--name", "en=Ministry", "--authority", self.root / "authority"),
            *("--authority-passphrase-file", self.root / "passphrase", *self.secret),
        )
        return done("card", "show", self.node / "card.note")["fingerprint"]

    def pair(self, other):
        (found,) = [each for each in self.do("node", "status")["pairs"] if each["partner"] == other.origin]
        return found


def carry(a, b, times=1):
    """A pouch of a to b, the answer back."""
    for _ in range(times):
        for name in ("question", "answer"):
            (a.root / name).unlink(missing_ok=True)
        a.do("pouch", "write", b.origin, a.root / "question")
        b.do("pouch", "read", a.root / "question", "-o", a.root / "answer")
        a.do("pouch", "answer", a.root / "answer")


def settle(a, b):
    for _ in range(3):
        carry(a, b)
        carry(b, a)


def alert(side, other, text):
    file = side.root / "alert.txt"
    file.write_text(text)
    where = ("--field", "civil-protection", "--tlp", "green", "--keep-days", 5, "--exercise")
    return side.do("send", "alert", other.origin, file, *where, "--urgency", "immediate")["leaf"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two nodes with a text in force."""
    root = tmp_path_factory.mktemp("recovery")
    a, b = (Side(root / name, f"spoc.{name}.example") for name in ("atlas", "lindmark"))
    heard = a.make(), b.make()
    a.do("card", "add", b.node / "card.note", "--fingerprint", heard[1])
    b.do("card", "add", a.node / "card.note", "--fingerprint", heard[0])
    settle(a, b)
    agree(a, b)
    alert(a, b, "before")
    alert(b, a, "before")
    settle(a, b)
    return root, heard


def agree(a, b):
    text, one, both = (a.root / name for name in ("text", "signed by one", "signed by both"))
    for file in (text, one, both):
        file.unlink(missing_ok=True)
    digest = done("agreement", "new", "-o", text, "--parties", a.origin, b.origin)["digest"]
    a.sign("agreement", text, one)
    b.sign("agreement", one, both)
    a.do("agreement", "propose", b.origin, both)
    settle(a, b)
    b.do("agreement", "activate", a.origin, digest)
    settle(a, b)
    a.do("agreement", "activate", b.origin, digest)
    settle(a, b)


@pytest.fixture
def sides(made, tmp_path):
    root, heard = made
    shutil.copytree(root, tmp_path / "copy")
    a, b = (Side(tmp_path / "copy" / name, f"spoc.{name}.example") for name in ("atlas", "lindmark"))
    for side in (a, b):  # the key store is named by its path
        config = side.node / "node.toml"
        config.write_text(config.read_text().replace(str(root), str(tmp_path / "copy")))
    return a, b, heard


def lose(side):
    shutil.rmtree(side.node / "store")
    for folder in ("sealing", "day"):
        for file in (side.node / "keyfiles" / folder).iterdir():
            file.unlink()


def test_a_machine_that_burnt_with_everything_but_keys_card_and_anchor(sides):
    a, b, heard = sides
    sent = alert(a, b, "to be lost")
    settle(a, b)
    # The key of the card is kept with the card: without it, the authority issues a new one.
    keyfiles = [file.read_bytes() for file in (a.node / "keyfiles" / "sealing").iterdir()]
    names = [file.name for file in (a.node / "keyfiles" / "sealing").iterdir()]
    lose(a)
    assert a.fails(10, "node", "status") == "there is no store"
    a.do("node", "renew")
    assert a.fails(3, "node", "renew") == "there is a store"
    for name, data in zip(names, keyfiles, strict=True):
        create_private(a.node / "keyfiles" / "sealing" / name, data)
    a.do("card", "add", b.node / "card.note", "--fingerprint", heard[1])
    before = a.pair(b)
    assert before["anchored"] > before["own_size"] == 0
    assert a.fails(11, "send", "alert", b.origin, a.root / "alert.txt", *SENDING) == BEHIND
    carry(a, b)
    assert a.pair(b)["anchored"] == 0
    settle(a, b)
    lost = a.do("node", "status", b.origin, "--lost")["pairs"][0]["lost"]
    assert sent in [each["leaf"] for each in lost]
    assert {each["judged"] for each in lost} == {"accepted"}
    assert a.do("record", b.origin) == b.do("record", a.origin)
    alert(a, b, "on we go")
    settle(a, b)
    assert a.do("record", b.origin) == b.do("record", a.origin)


BEHIND = "the store is older than its anchor"
SENDING = (
    *("--field", "civil-protection", "--tlp", "green", "--keep-days", 5, "--exercise"),
    *("--urgency", "immediate"),
)


def test_without_its_anchor_no_store_is_made(sides):
    a, _, _ = sides
    lose(a)
    (a.node / "anchor" / "heads").unlink()
    assert a.fails(10, "node", "renew") == "the anchor is missing"


def test_an_authority_that_is_lost_is_followed_by_the_committed_one(sides):
    a, b, _ = sides
    (a.root / "authority" / "keys" / "authority-1.key").unlink()
    new = ("--new-passphrase-file", a.root / "passphrase")
    done("authority", "succeed", a.root / "authority", a.root / "next", *new, *a.secret)
    public = a.root / "next" / "authority.toml"
    a.do("card", "rotate", "-o", a.root / "draft", "--authority-public", public)
    a.sign("card", a.root / "draft", a.root / "card", "next")
    a.do("card", "publish", a.root / "card")
    settle(a, b)
    assert a.do("card", "publish", a.root / "card")["unaware"] == []
    a.do("card", "install", a.root / "card")
    settle(a, b)
    alert(a, b, "under the next authority")
    settle(a, b)
    assert a.do("sent", b.origin)[0]["verdict"] == "accepted"


def test_a_log_that_nobody_can_bring_back(sides):
    a, b, _ = sides
    backup = a.root / "backup"
    shutil.copytree(a.node / "store", backup)
    alert(a, b, "signed, and never carried")
    shutil.rmtree(a.node / "store")
    shutil.copytree(backup, a.node / "store")
    carry(a, b, 3)
    stands = a.pair(b)
    assert stands["anchored"] > stands["have"] == stands["own_size"]
    a.do("card", "rotate", "-o", a.root / "draft", "--close", b.origin)
    assert a.origin in done("card", "show", a.root / "draft")["closes"]
    a.sign("card", a.root / "draft", a.root / "card")
    a.do("card", "publish", a.root / "card")
    a.do("card", "install", a.root / "card")
    b.do("card", "add", a.root / "card")
    settle(a, b)
    agree(a, b)
    alert(a, b, "in the next log")
    settle(a, b)
    assert a.do("sent", b.origin)[0]["verdict"] == "accepted"
    assert a.do("record", b.origin) == b.do("record", a.origin)
    assert a.do("record", f"{b.origin}/1") == b.do("record", f"{a.origin}/1")
    assert b.pair(a)["closed"] == [f"{a.origin}/to/{b.origin}/1 closed at {stands['own_size']}"]
    assert (
        b.fails(2, "send", "alert", f"{a.origin}/1", b.root / "alert.txt", *SENDING) == "this log is closed"
    )
