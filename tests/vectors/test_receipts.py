"""The cases in ``receipts``: each holds, or is refused by the family of error that it names."""

import json
from pathlib import Path

import pytest

from mithaq import errors
from mithaq.audit.verify import verify_receipt
from vectors.receipts.make import CASES

HERE = Path(__file__).parent / "receipts"
FOLDERS = sorted(file.parent for file in HERE.glob("*/case.json"))
PROVED = {
    "accepted": (2, 60, 60, "accepted", ()),
    "accepted-and-erased": (2, 60, 60, "accepted", (), 120),
    "accepted-with-cosigned-answers": (2, 60, 60, "accepted", ()),
    "refused": (1, 60, 120, "refused", ("media-type",)),
    "refused-by-the-receiver": (2, 60, 60, "refused", ("field",)),
    "came-at-an-equal-size": (1, 60, 120, "", ()),
    "held-only": (2, 60, 60, "", ()),
    "judged-and-not-held": (1, 60, 0, "refused", ("not-in-force",)),
    "said-only": (2, 0, 0, "", ()),
    "under-an-older-card": (2, 60, 60, "accepted", ()),
}
"""Index, when cosigned and held (seconds after the cards were issued), verdict, codes, when erased."""


def check(folder):
    files = {path.name: path.read_bytes() for path in (*HERE.glob("*"), *folder.iterdir()) if path.is_file()}
    cards = [data for name, data in files.items() if name.endswith(".card")]
    return verify_receipt(files["receipt"], cards, files["fingerprints"].decode().splitlines())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_case(folder):
    error = json.loads((folder / "case.json").read_bytes())["error"]
    if error is None:
        report = check(folder)
        start = report.entry.at - report.index
        cosigned, held, erased = (
            time and time - start for time in (report.cosigned, report.held, report.erased)
        )
        proved = (report.index, cosigned, held, report.verdict, report.codes)
        assert proved + ((erased,) if erased else ()) == PROVED[folder.name]
        by = "receiver" if folder.name.endswith("by-the-receiver") else "text"
        assert report.refused_by == (by if report.codes else "")
        assert report.leaf == report.entry.leaf.hex()
        return
    with pytest.raises(getattr(errors, error)) as caught:
        check(folder)
    assert type(caught.value).__name__ == error


def test_every_case_was_made():
    assert {folder.name for folder in FOLDERS} == set(CASES)
    assert {name for name, (_, error) in CASES.items() if error is None} == set(PROVED)
