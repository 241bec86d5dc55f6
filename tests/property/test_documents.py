"""Whatever happens to a document, examining it gives findings or one of our errors, and soon."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import documents as make
from mithaq.domain.findings import Findings
from mithaq.errors import PeerError
from mithaq.formats import media

SAMPLES = make.samples()
PIECES = st.sampled_from(
    b'< > ( ) / /Author stream endobj obj % PK\5\6 ; " BEGIN:A\r\n \x1c\x02\x50 /Filter/FlateDecode \xff\xda'
    b" \xff\xff\xff\xff <!DOCTYPE".split(b" ")
)
STARTS = (
    b"%PDF-1.7\n",
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"<?xml",
    b"BEGIN:VCALENDAR\r\n",
    b"PK\3\4",
    b"[",
)


def examined(declared: str, content: bytes) -> None:
    with suppress(PeerError):
        found = media.examine(declared, content)
        assert isinstance(found, Findings)
        assert found.persons == bool(found.persons_at)
    assert media.real_type(content)


@pytest.mark.parametrize(("declared", "sample"), SAMPLES, ids=[name for name, _ in SAMPLES])
@settings(max_examples=150)
@given(data=st.data())
def test_a_damaged_document(declared, sample, data):
    at = data.draw(st.integers(0, len(sample)))
    cut = data.draw(st.integers(0, 30))
    put = data.draw(st.binary(max_size=6) | PIECES)
    examined(declared, sample[:at] + put + sample[at + cut :])


@settings(max_examples=100)
@given(st.sampled_from(SAMPLES), st.sampled_from(SAMPLES), st.integers(0, 400), st.integers(0, 400))
def test_two_documents_in_one(first, second, end, start):
    examined(first[0], first[1][:end] + second[1][start:])


@settings(max_examples=200)
@given(st.sampled_from([name for name, _ in SAMPLES]), st.lists(PIECES | st.binary(max_size=4), max_size=12))
def test_pieces_behind_a_beginning(declared, pieces):
    for start in STARTS:
        examined(declared, start + b"".join(pieces))
