"""The real media type of a body."""

import pytest

import stix_samples as make
from mithaq.demo import paper
from mithaq.errors import LimitError, MalformedError
from mithaq.formats import media, stix

PAPER = paper.expertise_pdf("en")
BUNDLE = stix.bundle([make.indicator()])
PERSON = make.domain_object("identity", name="n", identity_class="individual")


def codes(declared: str, content: bytes) -> list[str]:
    return [problem.code for problem in media.examine(declared, content).problems]


@pytest.mark.parametrize(
    ("content", "real"),
    [
        (PAPER, media.PDF),
        (b"%PDF-1.4 and then nothing of the kind", media.OCTETS),
        (PAPER[:-30], media.OCTETS),
        (PAPER.replace(b"startxref\n", b"startxref\n9"), media.OCTETS),
        (PAPER + b"\x00" * 2_000, media.OCTETS),
        (b"MZ\x90\x00", media.OCTETS),
        ("Überflutung · فيضان\n\tzwei".encode(), media.TEXT),
        ("Überflutung".encode("latin-1"), media.OCTETS),
        (b"bell \x07", media.OCTETS),
        ("read backwards \u202e".encode(), media.OCTETS),
        ("unseen \U000e0041".encode(), media.OCTETS),
        (BUNDLE, stix.MEDIA_TYPE),
        (b' \n{"x":1,"type":"bundle"}', stix.MEDIA_TYPE),
        (b'{"type":"report"}', media.JSON),
        (b"[" * 100_000, media.TEXT),
    ],
)
def test_real_type(content, real):
    assert media.real_type(content) == real
    whole = [] if not content.startswith(b"%PDF") else ["disguised"]
    assert codes(media.OCTETS, content) == (whole if real == media.OCTETS else ["media-type"])


def test_documents():
    found = media.examine(media.PDF, PAPER)
    assert (found.media_type, found.objects, found.problems) == (media.PDF, 1, ())
    assert codes(media.TEXT, b"text\n") == []


def test_a_bundle_is_examined():
    found = media.examine(stix.MEDIA_TYPE, BUNDLE)
    assert found == stix.examine(BUNDLE)
    with pytest.raises(MalformedError):
        media.examine(stix.MEDIA_TYPE, b'{"type":"bundle"}')


def test_a_pdf_that_is_none():
    assert codes(media.PDF, b"MZ\x90\x00") == ["media-type"]
    assert codes(stix.MEDIA_TYPE, b"text") == ["media-type"]


@pytest.mark.parametrize("declared", [media.TEXT, media.OCTETS, media.PDF])
def test_persons_under_another_name_are_seen(declared):
    found = media.examine(declared, stix.bundle([PERSON]))
    assert found.persons
    assert [problem.code for problem in found.problems] == ["media-type"]


def test_a_broken_bundle_under_another_name():
    assert codes(media.TEXT, b'{"type":"bundle"}') == ["media-type"]


@pytest.mark.parametrize("declared", ["image/gif", "text/html", "application/stix+json", "", "TEXT/plain"])
def test_unknown_types(declared):
    assert codes(declared, b"text") == ["unknown-media-type"]


def test_nothing():
    assert codes(media.TEXT, b"") == ["empty"]


def test_too_large(monkeypatch):
    monkeypatch.setattr(stix, "CONTENT_MAX", 10)
    with pytest.raises(LimitError):
        media.examine(media.TEXT, b"x" * 11)


def test_an_object_without_a_type_is_no_bundle():
    assert media.real_type(b"{}") != stix.MEDIA_TYPE
