"""Runs the vectors for cards and agreements, and makes them again: no byte may change."""

import importlib.util
from pathlib import Path

import pytest

from mithaq import errors
from mithaq.audit.cards import CARD_NOTE_MAX
from mithaq.crypto.notes import Note
from mithaq.domain.agreement import Agreement
from mithaq.domain.card import Card
from mithaq.exchange.cards import accept_card

HERE = Path(__file__).parent
CARDS = sorted(path for path in (HERE / "cards").iterdir() if (path / "expected").exists())
AGREEMENTS = sorted(path for path in (HERE / "agreements").iterdir() if (path / "expected").exists())


def maker(kind):
    spec = importlib.util.spec_from_file_location(f"make_{kind}", HERE / kind / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def named(path):
    return path.name


def card_of(path):
    return Card.parse(path.read_bytes()) if path.exists() else None


@pytest.mark.parametrize("case", CARDS, ids=named)
def test_cards(case):
    def run():
        known = card_of(case / "known")
        return accept_card(
            Note.parse((case / "note").read_bytes(), limit=CARD_NOTE_MAX),
            now=int((case / "now").read_text()),
            previous=card_of(case / "previous"),
            known=list(known.pairs.values()) if known else (),
            typed=(case / "typed").read_text() if (case / "typed").exists() else "",
        )

    expected = (case / "expected").read_text().strip()
    assert case.name.endswith("-ok" if expected == "ok" else "-fail")
    if expected == "ok":
        run()
        return
    with pytest.raises(errors.PeerError) as caught:
        run()
    assert type(caught.value).__name__ == expected


@pytest.mark.parametrize("case", AGREEMENTS, ids=named)
def test_agreements(case):
    text = (case / "text").read_bytes()
    expected, _, digest = (case / "expected").read_text().strip().partition(" ")
    if expected == "ok":
        assert Agreement.parse(text).digest == digest
        return
    with pytest.raises(errors.PeerError) as caught:
        Agreement.parse(text)
    assert type(caught.value).__name__ == expected


def test_the_makers_make_these_bytes():
    cards, agreements = maker("cards"), maker("agreements")
    made = {HERE / "cards" / case.name: case.files() for case in cards.cases()}
    made |= {HERE / "agreements" / name: files for name, files in agreements.cases()}
    assert sorted(made) == sorted(CARDS + AGREEMENTS)
    for folder, files in made.items():
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == files, folder.name
