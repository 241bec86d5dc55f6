"""What stands in a node's directory: its configuration says what is wrong, one process holds its lock."""

import contextlib
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mithaq.domain.party import origin
from mithaq.errors import ConfigError
from mithaq.node.directory import Config, Directory

GOOD = 'origin = "a.example"\nlisten = "127.0.0.1:4700"\nkeystore = "file:/keys"\n'


def test_text_and_back():
    config = Config.parse(GOOD + 'certificate = "c.pem"\nprivate_key = "k.pem"\nauthorities = "ca.pem"\n')
    assert Config.parse(config.text()) == config


@given(st.text())
def test_any_path_comes_back_or_is_refused(path):
    """Quotes and backslashes of a directory's name are no TOML of their own."""
    try:
        config = Config(origin("a.example"), "127.0.0.1:0", f"file:{path}")
    except ConfigError:
        assert not path.isprintable()
    else:
        assert Config.parse(config.text()) == config


@given(st.text())
def test_any_text_is_a_configuration_or_is_refused(text):
    with contextlib.suppress(ConfigError):
        Config.parse(text)


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("127.0.0.1:4700", ("127.0.0.1", 4700)),
        ("[::1]:1", ("::1", 1)),
        ("node.example:0", ("node.example", 0)),
    ],
)
def test_addresses(listen, address):
    assert Config.parse(GOOD.replace("127.0.0.1:4700", listen)).address == address


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (GOOD + "unknown = 'x'\n", "unknown"),
        (GOOD.replace("listen", "#listen"), "listen"),
        (GOOD.replace('"a.example"', "1"), "origin"),
        (GOOD + 'authorities = ["ca.pem"]\n', "authorities"),
        (GOOD.replace("file:/keys", "file:/ke\\u001bys"), "keystore"),
        (GOOD.replace("a.example", "A.example"), "origin"),
        (GOOD.replace(":4700", ""), "listen"),
        (GOOD.replace(":4700", ":65536"), "listen"),
        (GOOD.replace("127.0.0.1", "a b"), "listen"),
        (GOOD + 'certificate = "c.pem"\n', "certificate"),
        (GOOD + 'private_key = "k.pem"\n', "certificate"),
        ("origin = ", "node.toml"),
    ],
)
def test_what_does_not_fit(text, where):
    with pytest.raises(ConfigError) as caught:
        Config.parse(text)
    assert caught.value.where == where


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_no_node_here(tmp_path, content):
    if content is not None:
        (tmp_path / "node.toml").write_bytes(content)
    with pytest.raises(ConfigError, match="no node here"):
        Directory(tmp_path).config()


def test_one_process_at_a_time(tmp_path):
    directory = Directory(tmp_path)
    with directory.locked():
        assert stat.S_IMODE((tmp_path / "lock").stat().st_mode) == 0o600
        with pytest.raises(ConfigError, match="another process"), directory.locked():
            pass
    with directory.locked():
        pass
