"""Two verifiers that share no line come to the same end on every receipt, good or forged."""

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.mutate import mutate
from fuzz.signed import HEARD, _said, signed_receipt
from fuzz.texts import files
from mithaq.audit.verify import verify_receipt
from mithaq.crypto.keys import check_pair
from mithaq.domain.card import Card
from mithaq.domain.entry import Entry
from mithaq.errors import PeerError
from second import verify as second
from second.cards import read_card, read_text
from second.entries import FACTS, read_entry
from second.words import Refused
from vectors.receipts.make import SIGNED_A, SIGNED_B

CASES = Path(__file__).parents[1] / "vectors" / "receipts"
FOLDERS = sorted(file.parent for file in CASES.glob("*/case.json"))


def both(data, cards=(SIGNED_A, SIGNED_B), heard=HEARD):
    """What both say, which must be the same."""
    try:
        first = verify_receipt(data, cards, heard)
    except PeerError as error:
        with pytest.raises(Refused):
            second.verify_receipt(data, list(cards), list(heard))
        return error
    report = second.verify_receipt(data, list(cards), list(heard))
    assert report == {
        "leaf": first.leaf,
        "index": first.index,
        "cosigned": first.cosigned,
        "held": first.held,
        "verdict": first.verdict,
        "codes": list(first.codes),
        "refused_by": first.refused_by,
        "erased": first.erased,
    }
    return report


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_case(folder):
    files = {path.name: path.read_bytes() for path in (*CASES.glob("*"), *folder.iterdir()) if path.is_file()}
    cards = [data for name, data in files.items() if name.endswith(".card")]
    said = both(files["receipt"], cards, files["fingerprints"].decode().splitlines())
    expected = json.loads(files["case.json"])["error"]
    assert isinstance(said, dict) == (expected is None)


TESTS = os.environ | {"PYTHONPATH": str(CASES.parents[1])}
CARDS = sorted(CASES.parent.glob("cards/*/note"))


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.parent.name)
def test_card(path):
    """Cards of every sort beside a good receipt; the fingerprint is what the card says it is."""
    data = path.read_bytes()
    try:
        heard = [read_card(data).fingerprint]
    except Refused:
        heard = []
    both((CASES / "accepted" / "receipt").read_bytes(), (SIGNED_A, SIGNED_B, data), [*HEARD, *heard])


FEW = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
MANY = settings(FEW, max_examples=2_000)
ENTRIES = [data for data in files("entries/*.entry") if len(data) < 9_000]
ENTRIES += [line for said in _said() for line in said.split(b"\n")]
TEXTS = [path.read_bytes().partition(b"\n\n\xe2\x80\x94")[0] + b"\n" for path in CARDS]


def takes(read, data, *refusals):
    try:
        return bool(read(data))
    except refusals:
        return False


def first_entry(data):
    """An entry of a kind that a receipt can hold: others are of no interest to it."""
    return Entry.parse(data).kind in FACTS


def first_text(data):
    card = Card.parse(data)
    for role, pair in card.pairs.items():
        check_pair(pair, role, [])
    return card


@MANY
@given(st.sampled_from(ENTRIES), st.integers(0, 2**64))
def test_entries(data, chance):
    data = mutate(data, Random(chance))
    assert takes(first_entry, data, PeerError) == takes(read_entry, data, Refused)


@FEW
@given(st.sampled_from(TEXTS), st.integers(0, 2**64))
def test_texts_of_cards(data, chance):
    data = mutate(data, Random(chance))
    assert takes(first_text, data, PeerError) == takes(read_text, data, Refused)


@FEW
@given(st.integers(0, len(list(_said())) - 1), st.integers(0, 2**64))
def test_whatever_its_authors_sign(which, chance):
    """Entries changed in every way, each signed and cosigned with real keys."""
    data = list(_said())[which]
    chance = Random(chance)
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    lines[at] = mutate(lines[at], chance)
    try:
        receipt = signed_receipt(b"\n".join(lines))
    except PeerError:
        return
    both(receipt)


@FEW
@given(st.sampled_from(FOLDERS), st.integers(0, 2**64))
def test_damaged_files(folder, chance):
    both(mutate((folder / "receipt").read_bytes(), Random(chance)))


def test_the_command_line(tmp_path):
    for name, data in (("a", SIGNED_A), ("b", SIGNED_B)):
        (tmp_path / name).write_bytes(data)
    command = [sys.executable, "-m", "second.verify", CASES / "accepted" / "receipt"]
    command += ["--card", tmp_path / "a", "--card", tmp_path / "b"]
    ran = subprocess.run(
        [*command, "--fingerprint", HEARD[0], "--fingerprint", HEARD[1]],
        capture_output=True,
        text=True,
        check=True,
        env=TESTS,
    )
    assert json.loads(ran.stdout)["verdict"] == "accepted"
    ran = subprocess.run(
        [*command, "--fingerprint", HEARD[0]], capture_output=True, text=True, check=False, env=TESTS
    )
    assert ran.returncode == 1
    assert "fingerprint" in ran.stderr


def test_it_imports_nothing_of_the_project():
    for path in Path(second.__file__).parent.glob("[!t]*.py"):
        assert "import mithaq" not in path.read_text("utf-8")
        assert "from mithaq" not in path.read_text("utf-8")
