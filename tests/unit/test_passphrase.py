import getpass
import os

import pytest

from mithaq.crypto.passphrase import passphrase_from
from mithaq.errors import KeyStoreError


@pytest.fixture
def credential(tmp_path):
    path = tmp_path / "credential"
    path.touch(0o600)
    return path


def pipe(data: bytes) -> int:
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    return reading


def test_from_a_credential_file(credential):
    credential.write_bytes(b"secret\n")
    assert passphrase_from(file=credential)() == b"secret"


def test_only_one_newline_is_left_out(credential):
    credential.write_bytes(b" secret \n\n")
    assert passphrase_from(file=credential)() == b" secret \n"


def test_credential_file_that_others_may_read(credential):
    credential.write_bytes(b"secret\n")
    credential.chmod(0o644)
    with pytest.raises(KeyStoreError, match="others may use"):
        passphrase_from(file=credential)()


def test_no_credential_file(tmp_path):
    with pytest.raises(KeyStoreError, match="no such credential"):
        passphrase_from(file=tmp_path / "none")()


def test_from_a_descriptor():
    fd = pipe(b"secret\n")
    assert passphrase_from(fd=fd)() == b"secret"
    with pytest.raises(KeyStoreError, match="cannot be read"):
        passphrase_from(fd=fd)()


def test_from_a_prompt(monkeypatch):
    shown = []
    monkeypatch.setattr(getpass, "getpass", lambda prompt: shown.append(prompt) or "secret")
    source = passphrase_from(prompt="Passphrase: ")
    assert shown == []
    assert source() == b"secret"
    assert shown == ["Passphrase: "]


def test_every_keyboard_gives_the_same():
    assert passphrase_from(fd=pipe("é".encode()))() == passphrase_from(fd=pipe("e\u0301".encode()))()


@pytest.mark.parametrize("data", [b"", b"\n", b"x" * 1025, b"x" * 5000, b"\xff"])
def test_what_is_no_passphrase(data):
    with pytest.raises(KeyStoreError, match="passphrase"):
        passphrase_from(fd=pipe(data))()


def test_exactly_one_source(tmp_path):
    with pytest.raises(KeyStoreError, match="one source"):
        passphrase_from()
    with pytest.raises(KeyStoreError, match="one source"):
        passphrase_from(fd=0, file=tmp_path)
