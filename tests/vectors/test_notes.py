"""The vectors in ``notes/``: each comes out as it says, and ``make.py`` gives the bytes that are there."""

from pathlib import Path

import pytest

from mithaq import errors
from mithaq.crypto.notes import Note, Signer, require, verify
from mithaq.crypto.vkeys import ED25519_TYPE, VerifierKey, ml_dsa_type
from mithaq.domain.party import PublicPair
from vectors.notes import make

CASES = sorted(path.parent for path in make.HERE.glob("*/note"))


def signers(directory: Path) -> list[Signer]:
    """The known signers, read from their vkeys."""
    found = []
    for line in (directory / "keys").read_text().splitlines():
        ed25519, ml_dsa = (VerifierKey.parse(text) for text in line.split(" "))
        identifier = next(
            kind
            for kind in map(ml_dsa_type, ("ml-dsa-44", "ml-dsa-87"))
            if ml_dsa.type_and_key.startswith(kind)
        )
        public = PublicPair(
            ed25519.type_and_key.removeprefix(ED25519_TYPE), ml_dsa.type_and_key.removeprefix(identifier)
        )
        found.append(Signer(ed25519.name, public))
    return found


def read(directory: Path) -> Note:
    """Parse the note, verify it with all known signers, and require those named."""
    known = signers(directory)
    required = (directory / "required").read_text().splitlines()
    data = (directory / "note").read_bytes()
    note = Note.parse(data, limit=make.LIMIT)
    assert bytes(note) == data
    verify(note, known)
    require(note, *(signer for signer in known if signer.name in required))
    return note


@pytest.mark.parametrize("directory", CASES, ids=lambda path: path.name)
def test_case(directory):
    expected = (directory / "expected").read_text().strip()
    assert directory.name.endswith("-ok") == (expected == "ok")
    if expected == "ok":
        read(directory)
        return
    with pytest.raises(errors.PeerError) as caught:
        read(directory)
    assert type(caught.value).__name__ == expected


def test_generator_gives_the_bytes_that_are_there():
    made = make.directories()
    there = {
        path.name: {file.name: file.read_bytes() for file in path.iterdir()}
        for path in make.HERE.iterdir()
        if path.is_dir() and path.name[0].isdigit()
    }
    assert made.keys() == there.keys()
    assert [name for name in made if made[name] != there[name]] == []
