"""The log says what happened, in one form for programs, and never what was in memory."""

import io
import json

import pytest
import structlog

from mithaq.node import log

SECRET = "a passphrase that nobody may read"
HOSTILE = "\x1b]0;gone\x07"


@pytest.fixture(params=[False, True], ids=["file", "terminal"])
def err(request, monkeypatch):
    stream = io.StringIO()
    stream.isatty = lambda: request.param
    monkeypatch.setattr("sys.stderr", stream)
    log.configure()
    yield stream
    structlog.reset_defaults()


def fails():
    passphrase = SECRET
    raise ValueError(len(passphrase))


def test_a_trace_without_the_values_of_variables(err):
    """A partner that makes us stumble must not have our keys written into a file."""
    try:
        fails()
    except ValueError:
        structlog.get_logger().exception("it_failed")
    assert "ValueError" in err.getvalue()
    assert "in fails" in err.getvalue()
    assert SECRET not in err.getvalue()


def test_bytes_of_a_partner_move_no_terminal(err):
    structlog.get_logger().info("refused", error=HOSTILE, names=[HOSTILE])
    assert HOSTILE not in err.getvalue()
    assert "x1b]0;gone" in err.getvalue() or "u001b]0;gone" in err.getvalue()


def test_one_object_a_line(err, capsys):
    structlog.get_logger().debug("too much")
    structlog.get_logger().warning("one", size=1)
    structlog.get_logger().info("two")
    assert len(err.getvalue().splitlines()) == 2
    assert capsys.readouterr().out == ""
    if not err.isatty():
        first = json.loads(err.getvalue().splitlines()[0])
        assert first.pop("timestamp").endswith("Z")
        assert first == {"event": "one", "level": "warning", "size": 1}
