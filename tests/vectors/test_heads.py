"""The cases in ``heads``: each holds, or is refused by the family of error that it names."""

import json
from pathlib import Path

import pytest

from mithaq import errors
from mithaq.crypto.notes import Note
from mithaq.domain.party import PublicPair
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.cosignature import verify_cosignature
from mithaq.tlog.head import HEAD_MAX, verify_head
from mithaq.tlog.merkle import leaf_hash
from mithaq.tlog.mirror import LeafFork, RootFork, verify_fork
from mithaq.tlog.proof import TlogProof
from vectors.heads.make import CASES, LOG, MIRROR, TIME

HERE = Path(__file__).parent / "heads"
KEYS = {
    name: PublicPair(bytes.fromhex(pair["ed25519"]), bytes.fromhex(pair["ml_dsa"]))
    for name, pair in json.loads((HERE / "keys.json").read_bytes()).items()
}
FOLDERS = sorted(file.parent for file in HERE.glob("*/case.json"))


def note(file):
    return Note.parse(file.read_bytes(), limit=HEAD_MAX)


def proof(file):
    return TlogProof.parse(file.read_bytes())


def head(folder):
    verify_head(note(folder / "head"), LOG, KEYS["log"])


def cosignature(folder):
    whole = note(folder / "head")
    assert verify_cosignature(Checkpoint.parse(whole.text), whole.lines, MIRROR, KEYS["mirror"]) == TIME


def proof_of_entry(folder):
    whole = proof(folder / "file.tlog-proof")
    whole.verify(leaf_hash(whole.extra), LOG, KEYS["log"])


def root_fork(folder):
    verify_fork(RootFork(note(folder / "first"), note(folder / "second")), LOG, KEYS["log"])


def leaf_fork(folder):
    first, second = proof(folder / "first.tlog-proof"), proof(folder / "second.tlog-proof")
    verify_fork(LeafFork(first, second), LOG, KEYS["log"])


CHECKS = {
    "head": head,
    "cosignature": cosignature,
    "proof": proof_of_entry,
    "root-fork": root_fork,
    "leaf-fork": leaf_fork,
}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_case(folder):
    wanted = json.loads((folder / "case.json").read_bytes())
    check = CHECKS[wanted["check"]]
    if wanted["error"] is None:
        check(folder)
    else:
        with pytest.raises(getattr(errors, wanted["error"])) as caught:
            check(folder)
        assert type(caught.value).__name__ == wanted["error"]


def test_every_case_was_made():
    assert {folder.name for folder in FOLDERS} == set(CASES)
