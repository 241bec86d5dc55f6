"""The operator's door: values and errors arrive as what they were, and nobody else may knock."""

import dataclasses
import socket
import stat
import threading
from dataclasses import dataclass

import msgspec
import pytest

from mithaq import errors
from mithaq.domain.declaration import Declaration, Declared
from mithaq.domain.moment import Moment
from mithaq.errors import ConfigError, ForkError, MithaqError, ReachError, RefusedError
from mithaq.exchange.packing import Lane
from mithaq.exchange.signing import sign_declaration
from mithaq.node import control
from mithaq.node.control import CALLS, Control, connect
from mithaq.tlog.mirror import LogForkError
from nodes import A, B, agree, alert, introduce, make_node, settle


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A node behind its socket, and its partner; they have a text in force."""
    root = tmp_path_factory.mktemp("control")
    a, b = make_node(root / "a", "a", A), make_node(root / "b", "b", B)
    introduce(a, b)
    settle(a, b)
    agree(a, b)
    served = Control(root / "socket", a.service)
    door = connect(root / "socket")
    yield a, b, door, root / "socket"
    door.close()
    served.stop()
    assert not (root / "socket").exists()
    a.close()
    b.close()


def test_nobody_else_may_use_it(world):
    *_, path = world
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_values_are_what_the_service_gives(world):
    a, b, door, _ = world
    sent = door.send(B, alert("through the door"))
    settle(a, b)
    item = door.item(B, sent.leaf[:8])
    assert item == a.service.item(B, sent.leaf)
    assert door.sent(B, limit=1) == [item]
    assert door.content(B, sent.leaf, 0) == b"through the door"
    assert door.agreements(B) == a.service.agreements(B)
    assert door.partners() == a.service.partners()
    assert door.status(B) == a.service.status(B)
    assert door.record_lines(B) == a.service.record_lines(B)
    assert door.unaware() == []
    assert b.service.take(door.write_pouch(B, Lane.PROMPT)) == A


def test_a_signed_text_passes_with_its_moments(world):
    a, _, door, _ = world
    (text,) = door.agreements(B)
    leaf = door.suspend(B, text.key, "security")
    said = Declaration(
        act=Declared.RESUME,
        origin=A,
        relation=text.relation,
        agreement=text.key,
        lifts=leaf,
        issued=Moment(int(a.clock())),
    )
    assert door.declare(B, bytes(sign_declaration(said, a.keys.authority))) == said


def test_a_refusal_has_its_codes(world):
    *_, door, _ = world
    with pytest.raises(RefusedError) as caught:
        door.send(B, alert(field="migration"))
    assert (caught.value.codes, caught.value.by) == (("kind",), "text")
    assert (caught.value.where, caught.value.todo) == ("migration", "nothing was sent")


def kinds(kind=MithaqError):
    yield kind
    for sub in kind.__subclasses__():
        if sub.__module__ == errors.__name__:
            yield from kinds(sub)


class Fails:
    """A service whose every call fails."""

    def __init__(self, error):
        self.error = error

    def unaware(self):
        raise self.error


@pytest.fixture
def failing(tmp_path):
    service = Fails(None)
    served = Control(tmp_path / "socket", service)
    door = connect(tmp_path / "socket")
    yield service, door
    door.close()
    served.stop()


@pytest.mark.parametrize("kind", list(kinds()))
def test_errors_travel_as_what_they_were(failing, kind):
    service, door = failing
    reasons = ({"code": "marking", "index": 3, "path": "objects[3]", "message": "m", "id": "i"},)
    codes = (
        {"codes": ("tlp", "kind"), "reasons": reasons}
        if kind is RefusedError
        else {"expected": "x", "got": "y"}
    )
    service.error = kind("it failed", where="here", todo="do that", **codes)
    with pytest.raises(kind) as caught:
        door.unaware()
    assert type(caught.value) is kind
    assert caught.value.fields() == service.error.fields()
    assert getattr(caught.value, "codes", None) == getattr(service.error, "codes", None)
    assert getattr(caught.value, "reasons", None) == getattr(service.error, "reasons", None)


def test_an_error_of_another_module_is_of_its_family(failing):
    service, door = failing
    service.error = LogForkError(None, where="a log")
    with pytest.raises(ForkError) as caught:
        door.unaware()
    assert caught.value.exit_code == ForkError.exit_code


def ask(path, name, **arguments):
    """A call as bytes, past the client's own checks."""
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(path))
        control._send(raw, control._Call(name, arguments))
        return msgspec.msgpack.decode(control._receive(raw))


@pytest.mark.parametrize("name", ["housekeep", "_seal", "_open", "receive", "nothing"])
def test_an_unknown_call(world, name):
    *_, door, path = world
    assert ask(path, name)["error"] == "ConfigError"
    with pytest.raises(AttributeError):
        getattr(door, name)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("status", {}), ("status", {"origin": [1]}), ("status", {"other": "x"}), ("content", {"origin": "x"})],
)
def test_a_call_that_does_not_fit(world, name, arguments):
    assert ask(world[-1], name, **arguments)["error"] == "ConfigError"


@pytest.mark.parametrize(
    "frame",
    [
        b"\xc1\xc1\xc1",
        b"\x82\xa4name\xa1\xff\xa9arguments\x80",
        b"\x82\xa4name\xa6status\xa9arguments\x81\xa6origin" + b"\x91" * 100_000,
        msgspec.msgpack.encode({"name": "sent", "arguments": {"origin": B, "limit": 2**64 - 1}}),
    ],
    ids=["no msgpack", "no text", "too deep", "too large a number"],
)
def test_bytes_that_are_no_call(world, frame):
    *_, path = world
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(path))
        raw.sendall(len(frame).to_bytes(4) + frame)
        assert msgspec.msgpack.decode(control._receive(raw))["error"] == "ConfigError"


def ended(thread):
    thread.join(10)
    return not thread.is_alive()


def handlers():
    return [each for each in threading.enumerate() if "process_request_thread" in each.name]


def test_half_a_call_ends_with_its_connection():
    """The attack: a thread of the node that waits, at full speed, for the rest."""
    mine, theirs = socket.socketpair()
    mine.sendall((100).to_bytes(4) + b"half")
    mine.close()
    errors = []

    def receive():
        try:
            control._receive(theirs)
        except ReachError as error:
            errors.append(error)

    reading = threading.Thread(target=receive, daemon=True)
    reading.start()
    assert ended(reading)
    assert len(errors) == 1
    theirs.close()


def test_who_hangs_up_before_the_answer_leaves_no_traceback(tmp_path, capfd):
    """What was asked and answered would stand in it."""
    asked, gone = threading.Event(), threading.Event()

    class Slow:
        def unaware(self):
            asked.set()
            gone.wait(10)
            return []

    before = handlers()
    served = Control(tmp_path / "socket", Slow())
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(tmp_path / "socket"))
        control._send(raw, control._Call("unaware", {}))
        assert asked.wait(10)
    gone.set()
    assert all(ended(each) for each in handlers() if each not in before)
    served.stop()
    assert capfd.readouterr().err == ""


def test_a_call_of_another_size_ends_that_connection_only(world, capfd):
    a, _, door, path = world
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(path))
        raw.sendall(b"\xff\xff\xff\xff")
        assert raw.recv(1) == b""
    assert door.partners() == a.service.partners()
    assert capfd.readouterr().err == ""


def test_every_call_is_one_of_the_service():
    assert list(CALLS) == sorted(CALLS)
    for name in CALLS:
        control._types(name)
        assert control._method(name).__doc__


def test_nobody_serves(tmp_path):
    with pytest.raises(ReachError, match="does not run"):
        connect(tmp_path / "socket")


def test_a_socket_that_a_crash_left(tmp_path):
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "socket"))
    with pytest.raises(ReachError):
        connect(tmp_path / "socket")
    served = Control(tmp_path / "socket", Fails(None))
    connect(tmp_path / "socket").close()
    served.stop()


def test_a_path_that_is_too_long(tmp_path):
    with pytest.raises(ConfigError, match="too long"):
        connect(tmp_path / ("x" * control.PATH_MAX))
    with pytest.raises(ConfigError, match="too long"):
        Control(tmp_path / ("x" * control.PATH_MAX), Fails(None))


def test_a_node_of_another_version(tmp_path):
    @dataclass
    class Old:
        size: int = 1

    class OldService(Fails):
        def status(self, origin):
            return dataclasses.asdict(Old())

    served = Control(tmp_path / "socket", OldService(None))
    door = connect(tmp_path / "socket")
    with pytest.raises(ReachError, match="another version"):
        door.status(B)
    door.close()
    served.stop()
