"""What stands in a node's directory: its configuration says what is wrong, one process holds its lock."""

import stat

import pytest

from mithaq.errors import ConfigError
from mithaq.node.directory import Config, Directory

GOOD = 'origin = "a.example"\nlisten = "127.0.0.1:4700"\nkeystore = "file:/keys"\n'


def test_text_and_back():
    config = Config.parse(GOOD + 'certificate = "c.pem"\nprivate_key = "k.pem"\nauthorities = "ca.pem"\n')
    assert Config.parse(config.text()) == config


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
        (GOOD + "unknown = 'x'\n", "node.toml"),
        (GOOD.replace("listen", "#listen"), "node.toml"),
        (GOOD.replace('"a.example"', "1"), "node.toml"),
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
