"""The command line by itself: what it loads, how errors read, where passphrases and contents come from."""

import contextlib
import dataclasses
import io
import json
import os
import signal
import stat
import subprocess
import sys
import uuid
from types import SimpleNamespace

import pytest

from mithaq.cli import card, failure, mailbox, progress, send
from mithaq.cli.answer import PRIVATE, STANDARD_INPUT, listing, moment, read_file, table, write_file
from mithaq.cli.main import COMMANDS, SINGLE, app
from mithaq.cli.session import Source
from mithaq.crypto.private_files import create_private
from mithaq.domain import narrowing
from mithaq.domain.effect import CODES
from mithaq.domain.rules import RULES
from mithaq.errors import KeyStoreError, RefusedError, UsageError
from mithaq.formats import media, stix
from mithaq.node.authority import Authority
from mithaq.words import LANGUAGES, Words
from nodes import B, alert, make_pair

NAMES = uuid.UUID(int=0)
EVERY = [[group, *name.split()] for group, (_, names) in COMMANDS.items() for name in names] + [
    [name] for name in SINGLE
]


def run(*arguments):
    """Exit code, standard output and standard error of a command in this process."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = app.meta([str(each) for each in arguments])
    return code or 0, out.buffer.getvalue().decode(), err.getvalue()


# --- commands ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", EVERY, ids=" ".join)
def test_every_command_has_help(command):
    code, out, _ = run(*command, "--help")
    assert code == 0
    assert out.startswith(f"Usage: mithaq {' '.join(command)}")
    assert "--json" in out


def test_help_loads_nothing_that_it_does_not_need():
    program = (
        "import sys; from mithaq.cli.main import app; app.meta(['--help']);"
        "print([name for name in sys.modules if name.startswith("
        "('sqlalchemy', 'cryptography', 'mithaq.exchange', 'mithaq.store', 'mithaq.node'))], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_version():
    code, out, _ = run("--version")
    assert (code, out.count(".")) == (0, 2)


@pytest.mark.parametrize(
    "wrong", [["nothing"], ["node", "nothing"], ["send"], ["send", "alert"], ["node", "status", "--nothing"]]
)
def test_what_cannot_be_understood(wrong):
    code, out, err = run(*wrong)
    assert (code, out) == (2, "")
    assert err.startswith("UsageError: ")
    code, out, err = run(*wrong, "--json")
    assert (code, err) == (2, "")
    assert json.loads(out)["error"]["exit_code"] == 2


def test_no_node_was_named(monkeypatch):
    monkeypatch.delenv("MITHAQ_DIR", raising=False)
    code, out, _ = run("inbox", B, "--json")
    assert (code, json.loads(out)["error"]["todo"]) == (3, "give --dir DIR, or set MITHAQ_DIR")


def test_no_node_there(tmp_path, monkeypatch):
    monkeypatch.setenv("MITHAQ_DIR", str(tmp_path))
    assert run("inbox", B)[0] == 3


def test_nobody_is_there_to_type(tmp_path):
    command = [sys.executable, "-W", "ignore", "-m", "mithaq.cli", "authority", "init", str(tmp_path / "a")]
    done = subprocess.run(
        [*command, "--origin", "a.example", "--json"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        start_new_session=True,
        check=False,
    )
    assert (done.returncode, json.loads(done.stdout)["error"]["message"]) == (2, "nobody is there to type")


def test_a_reader_that_has_gone():
    command = [sys.executable, "-m", "mithaq.cli", "authority", "public", "nowhere", "--json"]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


# --- errors -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_says_the_sentence_of_each_rule(language):
    words = Words(language)
    codes = tuple(rule.code for rule in RULES)
    error = RefusedError("the signed text does not allow this alert", codes=codes, where="migration")
    shown = failure.lines(error, words)
    for rule, line in zip(RULES, shown[1:], strict=False):
        assert line.startswith(f"  {rule.code}: ")
        assert "{" not in line
        names = {"field": words("“{text}”", text="migration"), "kind": words("“{text}”", text=words("Alert"))}
        assert line.endswith(words(rule.sentence, **names))


def test_codes_of_the_record_have_words_and_unknown_ones_stand_as_they_are():
    words = Words("en")
    assert failure.sentences(words, ["void-held", "unknown"], field="f", kind="k") == [
        CODES["void-held"],
        "unknown",
    ]


@pytest.mark.parametrize("by", ["sender", "receiver"])
def test_a_refusal_by_national_rules_has_their_sentences(by):
    words = Words("en")
    codes = tuple(narrowing.SENTENCES)
    shown = failure.sentences(words, codes, field="migration", kind="alert", by=by)
    assert all("ational rules" in line and "“migration”" in line and "{" not in line for line in shown)
    error = RefusedError("our national rules do not allow this alert", codes=codes, where="migration", by=by)
    assert [line.partition(": ")[2] for line in failure.lines(error, words)[1:-1]] == shown
    assert failure.value(error)["error"]["by"] == by
    unknown = failure.sentences(words, ["content"], field="f", kind="k", by=by)
    assert unknown == ["content"], "no rule of that name is national"


def test_errors_say_their_parts():
    error = UsageError("it cannot be", where="here", expected="this", got="that", todo="do so")
    assert failure.lines(error, Words("en")) == [
        "UsageError: it cannot be",
        "  where: here",
        "  expected: this",
        "  got: that",
        "  todo: do so",
    ]


@pytest.mark.parametrize(
    "hostile", ["\x1b]0;gone\x07", "\x9b2J", "two\nlines", "\u202eesrever", "\U000e0041"]
)
def test_what_an_attacker_wrote_moves_no_terminal(hostile):
    (*_, line) = failure.lines(UsageError("it cannot be", got=hostile), Words("en"))
    assert line.startswith("  got: ")
    assert line.isprintable()


def test_a_hostile_card_moves_no_terminal(tmp_path):
    (tmp_path / "card").write_bytes('type = "x"\n\n\u2014 a\x1b]0;gone\x07 YWJj\n'.encode())
    code, _, err = run("card", "show", tmp_path / "card")
    assert code == 6
    assert "\\x1b" in err
    assert "\x1b" not in err


# --- passphrases ------------------------------------------------------------------------------------------


@pytest.fixture
def secret(tmp_path, monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    path = tmp_path / "passphrase"
    path.touch(0o600)
    path.write_text("secret\n")
    return path


def test_from_a_file(secret):
    assert Source(file=secret).passphrase("?")() == b"secret"


def test_from_a_descriptor_once_though_asked_for_twice(secret):
    unlocks = Source(fd=os.open(secret, os.O_RDONLY)).passphrase("?")
    assert (unlocks(), unlocks()) == (b"secret", b"secret")


def test_from_systemd(secret, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(secret.parent))
    assert Source().passphrase("?")() == b"secret"


def test_both_options(secret):
    with pytest.raises(KeyStoreError, match="one source"):
        Source(fd=0, file=secret).passphrase("?")


def typed(monkeypatch, *lines):
    answers = list(lines)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _: answers.pop(0))


def test_a_new_one_is_typed_twice(monkeypatch):
    typed(monkeypatch, "secret", "secret")
    assert Source().passphrase("?", new=True)() == b"secret"
    typed(monkeypatch, "secret", "sekret")
    with pytest.raises(KeyStoreError, match="differ"):
        Source().passphrase("?", new=True)()
    typed(monkeypatch, "secret")
    assert Source().passphrase("?")() == b"secret"


# --- files ------------------------------------------------------------------------------------------------


def test_a_file_that_is_there_is_left_as_it_is(tmp_path):
    write_file(tmp_path / "x", b"one")
    with pytest.raises(UsageError, match="already"):
        write_file(tmp_path / "x", b"two")
    assert read_file(tmp_path / "x") == b"one"


def test_files_that_cannot_be_used(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_file(tmp_path / "nothing")
    with pytest.raises(UsageError, match="cannot be written"):
        write_file(tmp_path / "nothing" / "x", b"")
    write_file(tmp_path / "large", bytes(11))
    with pytest.raises(UsageError, match="too large"):
        read_file(tmp_path / "large", 10)


def test_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"typed")))
    assert list(send._contents(STANDARD_INPUT, [])) == [(media.TEXT, b"typed")]


def test_contents_are_saved_for_their_reader_only(tmp_path):
    write_file(tmp_path / "x", b"one", PRIVATE)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o600


def test_tables():
    assert table([["a", "bb"], ["ccc", "d"]]) == ["a    bb", "ccc  d"]
    assert table([["\u660e", "a"], ["cc", "b"]]) == ["\u660e  a", "cc  b"]  # one character, two cells
    assert table([]) == []
    assert listing({"one": 1, "none": "", "zero": 0}) == ["one   1", "zero  0"]


# --- making a node ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    root = tmp_path_factory.mktemp("authority")
    create_private(root / "passphrase", b"secret")
    Authority.create(root / "authority", "a.example", lambda: b"secret")
    return root


def init(authority, node, /, **changes):
    options = {
        "origin": "a.example",
        "url": "https://a.example",
        "listen": "127.0.0.1:0",
        "name": "en=A",
        "authority-public": authority / "authority" / "authority.toml",
        "passphrase-file": authority / "passphrase",
    } | changes
    given = [each for name, value in options.items() if value for each in (f"--{name}", value)]
    return run("node", "init", node, *given, "--json")


def test_a_card_that_cannot_be_so_is_typed_again(authority, tmp_path):
    """A wrong address leaves a node that goes on with the right one, under the same keys."""
    node = tmp_path / 'a "quoted" node'
    code, out, _ = init(authority, node, url="a.example")
    assert (code, json.loads(out)["error"]["where"]) == (2, "url")
    assert init(authority, node, listen="127.0.0.1:1")[0] == 3
    code, out, _ = init(authority, node)
    assert (code, json.loads(out)["draft"]) == (0, str(node / "card.draft"))
    code, out, _ = init(authority, node)
    assert (code, json.loads(out)["error"]["message"]) == (3, "there is a node already")


@pytest.mark.parametrize("wrong", [{"origin": "A.example"}, {"name": "x"}, {"listen": "here"}])
def test_what_was_typed_wrong_leaves_nothing(authority, tmp_path, wrong):
    assert init(authority, tmp_path / "node", **wrong)[0] in {2, 3}
    assert not (tmp_path / "node").exists()


def test_another_passphrase_of_the_authority_leaves_nothing(authority, tmp_path):
    create_private(tmp_path / "other", b"other")
    with_authority = {"authority-public": "", "authority": authority / "authority"}
    other = {"authority-passphrase-file": tmp_path / "other"}
    assert init(authority, tmp_path / "node", **with_authority, **other)[0] == 4
    assert not (tmp_path / "node").exists()


def test_the_prompt_is_no_answer(monkeypatch, capsys):
    monkeypatch.setattr("builtins.input", lambda *shown: "".join(shown))
    assert card._heard(SimpleNamespace(origin=B)) == ""
    shown = capsys.readouterr()
    assert (shown.out, B in shown.err) == ("", True)


# --- progress ---------------------------------------------------------------------------------------------


def worked():
    with progress.working("[red]one"):
        pass
    return list(progress.each(iter("abc"), "[red]three", 3))


def test_no_bar_where_nobody_watches(monkeypatch):
    err = io.StringIO()
    monkeypatch.setattr("sys.stderr", err)
    assert (worked(), err.getvalue()) == (list("abc"), "")


def test_a_bar_on_a_terminal_and_nothing_in_the_answer(monkeypatch, capsys):
    err = io.StringIO()
    err.isatty = lambda: True
    monkeypatch.setattr("sys.stderr", err)
    monkeypatch.setenv("TERM", "xterm")
    assert worked() == list("abc")
    assert "[red]three" in err.getvalue()
    assert capsys.readouterr().out == ""


# --- contents ---------------------------------------------------------------------------------------------


def contents(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    return list(send._contents(tmp_path / name, []))


def test_the_real_type_counts(tmp_path):
    assert contents(tmp_path, "a.txt", b"text") == [(media.TEXT, b"text")]
    assert contents(tmp_path, "a.json", b"[]") == [(media.JSON, b"[]")]
    assert contents(tmp_path, "a.csv", b"a,b") == [(media.CSV, b"a,b")]
    assert contents(tmp_path, "a.dat", b"\x00") == [(media.OCTETS, b"\x00")]


@pytest.mark.parametrize(("name", "data"), [("a.pdf", b"text"), ("a.txt", b"\x00"), ("a.STIX", b"[]")])
def test_a_name_that_says_something_else(tmp_path, name, data):
    with pytest.raises(UsageError, match="not what its name says"):
        contents(tmp_path, name, data)


def test_too_large_for_a_content(tmp_path):
    with pytest.raises(UsageError, match="too large for a content") as caught:
        contents(tmp_path, "a.txt", b"x" * (stix.CONTENT_MAX + 1))
    assert "split it" in caught.value.todo


def objects(count):
    return [
        {"type": "domain-name", "id": f"domain-name--{uuid.uuid5(NAMES, str(n))}", "value": f"c{n}.example"}
        for n in range(count)
    ]


def test_a_small_bundle_stays_as_it_is(tmp_path):
    data = stix.bundle(objects(3)).replace(b"{", b"{ ")
    assert contents(tmp_path, "b.json", data) == [(stix.MEDIA_TYPE, data)]


def test_a_large_bundle_is_split(tmp_path):
    made = contents(tmp_path, "b.json", stix.bundle(objects(2_500)))
    assert [len(json.loads(data)["objects"]) for _, data in made] == [1_000, 1_000, 500]
    assert [each for _, data in made for each in json.loads(data)["objects"]] == objects(2_500)


@pytest.mark.parametrize(
    "data",
    [
        b'{"type":"bundle","id":"x","objects":[],"objects":[{}]}',
        b'{"type":"bundle","id":"x"}',
        b'{"type":"bundle","id":"x","objects":[]}',
    ],
)
def test_a_bundle_that_hides_something_or_holds_nothing(tmp_path, data):
    with pytest.raises(UsageError):
        contents(tmp_path, "b.json", data)


@pytest.mark.parametrize(
    ("kind", "urgency", "items", "answers", "facts"),
    [
        ("alert", "immediate", None, "", {"urgency": "immediate"}),
        ("request", "today", None, "", {"urgency": "today", "items": 1}),
        ("request", "today", 3, "", {"urgency": "today", "items": 3}),
        ("reply", "", None, "1,2", {"items": [{"item": n, "status": "answered"} for n in (1, 2)]}),
        ("information", "", None, "", {}),
    ],
)
def test_facts_of_a_kind(kind, urgency, items, answers, facts):
    assert send._facts(kind, urgency, items, answers) == facts


@pytest.mark.parametrize(
    ("kind", "urgency", "items", "answers"),
    [
        ("alert", "", None, ""),
        ("alert", "immediate", 1, ""),
        ("request", "", 1, ""),
        ("request", "today", None, "1"),
        ("reply", "", None, ""),
        ("reply", "", None, "one"),
        ("reply", "today", None, "1"),
        ("information", "today", None, ""),
        ("expertise", "", None, "1"),
    ],
)
def test_options_of_another_kind(kind, urgency, items, answers):
    with pytest.raises(UsageError):
        send._facts(kind, urgency, items, answers)


def test_who_acts():
    assert send._by("duty-officer:7") == ("duty-officer", "7")
    assert send._by("") is None
    with pytest.raises(UsageError):
        send._by("somebody")


# --- what is shown ----------------------------------------------------------------------------------------


def test_what_could_move_a_terminal_is_not_shown(tmp_path):
    """A partner that lies about a media type writes nothing to our screen."""
    a, b = make_pair(tmp_path)
    leaf = a.service.send(B, alert("readable")).leaf

    def shown(content):
        service = SimpleNamespace(item=a.service.item, content=lambda *_: content)
        session = SimpleNamespace(words=Words("en"), service=lambda: contextlib.nullcontext(service))
        return mailbox.show(B, leaf, session=session).lines

    assert shown(b"readable\nverdict  accepted")[-2:] == ["> readable", "> verdict  accepted"]
    for hostile in (b"\x1b[2Jgone", b"a\x9bb", "\u202eabc".encode(), b"\xff"):
        assert shown(hostile) == shown(b"\x00")
    assert not [line for line in shown(b"\x1b]0;x\x07") if "\x1b" in line]
    a.close()
    b.close()


def test_a_short_leaf_is_long_enough(tmp_path):
    a, b = make_pair(tmp_path)
    leaf = a.service.send(B, alert()).leaf
    item = a.service.item(B, leaf[: mailbox.SHORT])
    assert mailbox._value(item)["leaf"] == leaf
    assert dataclasses.is_dataclass(item)
    a.close()
    b.close()


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, ""),
        (1, "1970-01-01 00:00:01 UTC"),
        (253_402_300_799, "9999-12-31 23:59:59 UTC"),
        (2**53 - 1, "9007199254740991"),
    ],
)
def test_times_that_a_partner_writes_beyond_every_calendar_are_shown(seconds, shown):
    """The attack: one entry with such a time, and no list of what came can be shown any more."""
    assert moment(seconds) == shown
