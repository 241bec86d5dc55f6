"""Documents as they come from honest programs: accepted, with what they hold."""

import pytest

import documents as make
from mithaq.demo import paper
from mithaq.formats import media

GOOD = {
    "pdf": (media.PDF, make.pdf()),
    "pdf of the demo": (media.PDF, paper.expertise_pdf("en")),
    "pdf with anonymous author": (media.PDF, make.pdf(b"<</Author(Anonymous)/Creator(A program)>>")),
    "pdf with empty author": (media.PDF, make.pdf(b"<</Author()/Title(A title)>>")),
    "pdf with empty author in UTF-16": (media.PDF, make.pdf(b"<</Author<FEFF>>>")),
    "pdf with form field": (media.PDF, make.pdf(b"<</Subtype/Widget/FT/Tx/T(place)>>")),
    "pdf with link": (media.PDF, make.pdf(b"<</Subtype/Link/A<</S/URI/URI(https://a.example/)>>>>")),
    "pdf with object stream": (
        media.PDF,
        make.pdf(make.deflated(b"/Type/ObjStm/N 1/First 4", b"1 0 <</Type/Catalog>>")),
    ),
    "pdf with words of the law in a string": (
        media.PDF,
        make.pdf(b"<</Title(/JS \\( (nested) \\) /Author (x))>>"),
    ),
    "pdf with XMP": (media.PDF, make.pdf(make.stream(b"/Type/Metadata/Subtype/XML", make.xmp("<a/>")))),
    "png": (media.PNG, make.png()),
    "png with text": (media.PNG, make.png(make.chunk(b"tEXt", b"Software\x00a program"))),
    "png with XMP": (
        media.PNG,
        make.png(make.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + make.xmp("<a/>"))),
    ),
    "jpeg": (media.JPEG, make.jpeg()),
    "jpeg with two scans and fill bytes": (
        media.JPEG,
        make.jpeg(scan=b"\x01\xff\xd0\x02\xff\xff\xda\x00\x02\x03\xff\x00"),
    ),
    "jpeg with EXIF": (
        media.JPEG,
        make.jpeg(make.segment(0xE1, b"Exif\0\0" + make.exif((0x0112, 3, 1, b"\1")))),
    ),
    "jpeg with EXIF of nobody": (
        media.JPEG,
        make.jpeg(make.segment(0xE1, b"Exif\0\0" + make.exif((0x013B, 2, 8, b"Unknown\0")))),
    ),
    "cap": (media.CAP, make.ALERT.encode()),
    "cap in UTF-16": (media.CAP, make.ALERT.replace("UTF-8", "UTF-16").encode("utf-16")),
    "cap with signature": (
        media.CAP,
        make.ALERT.replace(
            "</alert>", '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><a/></Signature></alert>'
        ).encode(),
    ),
    "calendar": (media.CALENDAR, make.CALENDAR.encode()),
    "json": (media.JSON, b' {"type": "report", "id": 3, "a": [1, {"b": null}]}'),
    "json list": (media.JSON, b"[]"),
    "xml": (media.XML, b"<a><b c='d'>e</b></a>"),
    "text": (media.TEXT, "Überflutung · فيضان\n\tzwei".encode()),
    "text with angle": (media.TEXT, b"<3 and 4 > 2"),
    "text with brace": (media.TEXT, b"{not JSON"),
    "markdown": (media.MARKDOWN, b"# A title\n\n[a page](https://a.example/) and <b>bold</b>, 1 < 2\n"),
    "csv": (media.CSV, b'a,b\r\n1,"two, or 3"\r\n-1,"4\n5"\r\n'),
    "archive": (media.OCTETS, make.archive(docProps__core_xml=make.CORE % b"", word__document_xml=b"<w/>")),
    "octets": (media.OCTETS, b"\x00\x01\x02"),
}


@pytest.mark.parametrize(("media_type", "content"), GOOD.values(), ids=GOOD)
def test_good_documents(media_type, content):
    found = media.examine(media_type, content)
    assert (found.problems, found.persons_at) == ((), ())
    assert (found.media_type, found.objects, found.unmarked, found.technical) == (media_type, 1, 1, False)
    assert media.fits(media_type, media.real_type(content))


def test_words_are_one_in_structure():
    assert media.real_type(b"a,b\n") == media.TEXT
    assert media.fits(media.CSV, media.TEXT)
    assert not media.fits(media.TEXT, media.CSV)
    assert not media.fits(media.CSV, media.PDF)


def test_what_may_be_shown():
    for readable in (b"text", make.ALERT.encode(), make.CALENDAR.encode(), b"[1]", b"<a/>"):
        assert media.readable(readable) == readable.decode()
    for other in (b"\x1b[2J", "<a>\u202e</a>".encode(), make.pdf(), b'{"type":"bundle"}', b"<html>"):
        assert media.readable(other) is None
