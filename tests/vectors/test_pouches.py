"""The cases in ``pouches``: each opens, or is refused by the family of error that it names."""

import io
import json
from pathlib import Path

import pytest

from mithaq import errors
from mithaq.crypto.keys import SealingKey
from mithaq.domain.party import PublicPair
from mithaq.exchange.manifest import verify
from mithaq.exchange.pouch import open_pouch, unpack_entries
from vectors.pouches.make import CASES, ENTRIES, LOADED

HERE = Path(__file__).parent / "pouches"
KEYS = json.loads((HERE / "keys.json").read_bytes())
PAIR = PublicPair(bytes.fromhex(KEYS["log"]["ed25519"]), bytes.fromhex(KEYS["log"]["ml_dsa"]))
SEALING = SealingKey(bytes.fromhex(KEYS["sealing_seed"]))
FOLDERS = sorted(file.parent for file in HERE.glob("*/case.json"))


def key(name):
    if name != SEALING.id:
        raise errors.KeyStoreError("no such key", where=name)
    return SEALING


def parts(folder):
    opened = open_pouch(io.BytesIO((folder / "pouch").read_bytes()).read, key)
    verify(opened.note, opened.log, PAIR)
    return [data for _, data in opened.parts()]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_case(folder):
    error = json.loads((folder / "case.json").read_bytes())["error"]
    if error is None:
        found = parts(folder)
        assert found == ([] if folder.name == "a-question" else list(LOADED))
        assert not found or unpack_entries(found[1]) == list(ENTRIES)
        return
    with pytest.raises(getattr(errors, error)) as caught:
        parts(folder)
    assert type(caught.value).__name__ == error


def test_every_case_was_made():
    assert {folder.name for folder in FOLDERS} == set(CASES)
