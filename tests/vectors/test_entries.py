"""The vectors in ``entries``: what parses, what does not, and the leaf hashes."""

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from mithaq.domain.entry import Entry
from mithaq.errors import PeerError

HERE = Path(__file__).parent / "entries"
INDEX = json.loads((HERE / "index.json").read_text())


@pytest.mark.parametrize("name", INDEX)
def test_entry(name):
    data = (HERE / f"{name}.entry").read_bytes()
    if INDEX[name]["parses"]:
        entry = Entry.parse(data)
        assert entry.data == data
        assert entry.leaf.hex() == INDEX[name]["leaf"]
    else:
        with pytest.raises(PeerError):
            Entry.parse(data)


def test_the_generator_makes_what_is_committed():
    spec = spec_from_file_location("make_entries", HERE / "make.py")
    make = module_from_spec(spec)
    spec.loader.exec_module(make)
    assert {path.stem for path in HERE.glob("*.entry")} == INDEX.keys() == make.VECTORS.keys()
    for name, (_, data, _) in make.VECTORS.items():
        assert (HERE / f"{name}.entry").read_bytes() == data
