"""Merkle proofs of transparency-dev/merkle: the excerpt always, the whole set where at hand."""

import json
from base64 import b64decode

import pytest

from mithaq.errors import ForgedError
from mithaq.tlog.merkle import verify_consistency, verify_inclusion
from vectors.merkle import excerpt

EXCERPT = json.loads((excerpt.HERE / "excerpt.json").read_bytes())
SOURCES = [
    pytest.param(EXCERPT, id="excerpt"),
    pytest.param(
        excerpt.whole(),
        id="whole",
        marks=pytest.mark.skipif(not excerpt.SHARED.is_dir(), reason="whole set not at hand"),
    ),
]


def verify(vector):
    proof = [b64decode(each) for each in vector["proof"] or ()]
    if "leafIdx" in vector:
        leaf, root = b64decode(vector["leafHash"] or ""), b64decode(vector["root"] or "")
        verify_inclusion(leaf, vector["leafIdx"], vector["treeSize"], proof, root)
    else:
        root1, root2 = b64decode(vector["root1"] or ""), b64decode(vector["root2"] or "")
        verify_consistency(vector["size1"], vector["size2"], root1, root2, proof)


def refused(vector):
    try:
        verify(vector)
    except ForgedError:
        return True
    return False


@pytest.mark.parametrize("vectors", SOURCES)
def test_proofs(vectors):
    wrong = {path: vector["desc"] for path, vector in vectors.items() if refused(vector) != vector["wantErr"]}
    assert wrong == {}
    assert len(vectors) >= len(EXCERPT) > 40
