import json
import os
import shutil
import stat

import pytest

from mithaq.crypto import filestore
from mithaq.crypto.keys import SigningPair
from mithaq.crypto.keystore import create_keystore, open_keystore
from mithaq.domain.party import Role
from mithaq.errors import KeyStoreError

PAIRS = {
    name: SigningPair.generate(role, os.urandom)
    for name, role in (("authority", Role.AUTHORITY), ("log", Role.LOG), ("mirror", Role.MIRROR))
}


def passphrase() -> bytes:
    return b"correct horse"


def never() -> bytes:
    raise AssertionError("asked for the passphrase")


def make(directory):
    store = create_keystore(f"file:{directory}", passphrase, os.urandom)
    for name, pair in PAIRS.items():
        store.store(name, pair)
    return directory


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    return make(tmp_path_factory.mktemp("store") / "keys")


@pytest.fixture
def directory(tmp_path, template):
    """A store with three pairs, made with the full cost of Argon2id once for all tests."""
    return shutil.copytree(template, tmp_path / "keys")


def reopen(directory, phrase=passphrase):
    return open_keystore(f"file:{directory}", phrase, os.urandom)


def test_one_derivation_unlocks_all_pairs(directory):
    asked = []

    def once():
        asked.append(1)
        return passphrase()

    store = reopen(directory, once)
    assert store.names() == sorted(PAIRS)
    assert {name: store.load(name) for name in store.names()} == PAIRS
    assert asked == [1]


def test_wrong_passphrase(directory):
    with pytest.raises(KeyStoreError, match="check the passphrase"):
        reopen(directory, lambda: b"correct horse ")


def test_files_are_private_and_show_no_seed(directory):
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    for path in directory.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        for pair in PAIRS.values():
            assert pair.ed25519_seed not in path.read_bytes()
            assert pair.ed25519_seed.hex().encode() not in path.read_bytes()
    assert sorted(path.name for path in directory.iterdir()) == [
        "authority.key",
        "log.key",
        "mirror.key",
        "store.json",
    ]


class TestCheaply:
    @pytest.fixture
    def directory(self, tmp_path, monkeypatch):
        """Argon2id as weak as it goes, for tests of something else."""
        monkeypatch.setattr(filestore, "MEMORY_KIB", 32)
        monkeypatch.setattr(filestore, "ITERATIONS", 1)
        return make(tmp_path / "keys")

    def test_nothing_is_overwritten(self, directory):
        before = {path.name: path.read_bytes() for path in directory.iterdir()}
        with pytest.raises(KeyStoreError, match="already"):
            reopen(directory).store("log", SigningPair.generate(Role.LOG, os.urandom))
        with pytest.raises(KeyStoreError, match="already"):
            create_keystore(f"file:{directory}", passphrase, os.urandom)
        assert {path.name: path.read_bytes() for path in directory.iterdir()} == before

    @pytest.mark.parametrize("file", ["store.json", "log.key"])
    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
    def test_files_that_others_may_use_are_refused(self, directory, file, mode):
        (directory / file).chmod(mode)
        with pytest.raises(KeyStoreError, match="others may use"):
            reopen(directory).load("log")

    def test_a_directory_that_others_may_enter_is_refused(self, tmp_path):
        (tmp_path / "open").mkdir(mode=0o755)
        with pytest.raises(KeyStoreError, match="others may use"):
            create_keystore(f"file:{tmp_path}/open", passphrase, os.urandom)

    def test_a_pair_in_the_place_of_another_is_refused(self, directory):
        (directory / "mirror.key").write_bytes((directory / "log.key").read_bytes())
        with pytest.raises(KeyStoreError, match="does not open"):
            reopen(directory).load("mirror")

    def test_a_pair_of_another_store_is_refused(self, directory, tmp_path):
        create_keystore(f"file:{tmp_path}/two", passphrase, os.urandom).store("log", PAIRS["log"])
        (directory / "log.key").write_bytes((tmp_path / "two" / "log.key").read_bytes())
        with pytest.raises(KeyStoreError, match="does not open"):
            reopen(directory).load("log")

    def test_every_changed_byte_of_a_pair_is_found(self, directory):
        store, path = reopen(directory), directory / "log.key"
        good = path.read_bytes()
        for at in range(len(good)):
            path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
            with pytest.raises(KeyStoreError):
                store.load("log")
        for cut in (0, 10, 25, len(good) - 1):
            path.write_bytes(good[:cut])
            with pytest.raises(KeyStoreError):
                store.load("log")

    def test_pairs_that_are_not_there(self, directory):
        store = reopen(directory)
        with pytest.raises(KeyStoreError, match="no such pair"):
            store.load("log-2")
        for name in ("", "../log", "Log", "log/x", ".new-x"):
            with pytest.raises(KeyStoreError, match="not the name"):
                store.load(name)

    def test_foreign_files_are_not_listed(self, directory):
        (directory / ".new-abc.key").write_bytes(b"")
        (directory / "NOTES.key").write_bytes(b"")
        assert reopen(directory).names() == sorted(PAIRS)

    def test_secrets_last_and_differ_by_purpose(self, directory):
        store, again = reopen(directory), reopen(directory)
        assert store.secret("keyfiles") == again.secret("keyfiles")
        assert store.secret("keyfiles") != store.secret("fingerprints")
        assert len(store.secret("keyfiles")) == 32

    def test_a_header_that_was_changed_within_the_bounds_does_not_open(self, directory):
        path = directory / "store.json"
        header = json.loads(path.read_bytes())
        path.write_text(json.dumps({**header, "lanes": header["lanes"] - 1}))
        with pytest.raises(KeyStoreError, match="does not open"):
            reopen(directory)

    @pytest.mark.parametrize("wrapped", ["", "00", "00" * 12, "00" * 60])
    def test_a_wrapped_secret_that_is_none(self, directory, wrapped):
        path = directory / "store.json"
        path.write_text(json.dumps({**json.loads(path.read_bytes()), "wrapped": wrapped}))
        with pytest.raises(KeyStoreError, match="does not open"):
            reopen(directory)


@pytest.mark.parametrize(
    "change",
    [
        {"memory": 65_535},
        {"memory": 2**20 + 1},
        {"memory": 2**62},
        {"iterations": 2},
        {"iterations": 65},
        {"lanes": 0},
        {"lanes": 17},
        {"salt": "00" * 15},
        {"salt": ""},
    ],
)
def test_parameters_out_of_bounds_are_refused_before_any_work(directory, change):
    path = directory / "store.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **change}))
    with pytest.raises(KeyStoreError, match="out of bounds"):
        reopen(directory, never)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"type": "mithaq/keystore/2"}, "not a key store"),
        ({"salt": "zz" * 16}, "malformed"),
        ({"wrapped": "z"}, "malformed"),
        ({"memory": "65536"}, "malformed"),
        ({"more": 1}, "malformed"),
    ],
)
def test_headers_that_are_none(directory, change, match):
    path = directory / "store.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **change}))
    with pytest.raises(KeyStoreError, match=match):
        reopen(directory, never)


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b'"' + b"\xff" * 9 + b'"', b"[" * 4000])
def test_header_files_that_do_not_parse(directory, data):
    (directory / "store.json").write_bytes(data)
    with pytest.raises(KeyStoreError, match="malformed"):
        reopen(directory, never)


def test_header_file_too_large(directory):
    (directory / "store.json").write_bytes(b" " * 4097)
    with pytest.raises(KeyStoreError, match="too large"):
        reopen(directory, never)


def test_no_store(tmp_path):
    with pytest.raises(KeyStoreError, match="no key store"):
        reopen(tmp_path, never)


@pytest.mark.parametrize("uri", ["", "keys", "/keys", "pkcs11:x", "file:", "https://a.example/keys"])
def test_uris(uri):
    with pytest.raises(KeyStoreError, match="no such kind"):
        open_keystore(uri, never, os.urandom)


def test_uri_with_an_empty_authority(directory):
    assert open_keystore(f"file://{directory}", passphrase, os.urandom).names() == sorted(PAIRS)
