"""Attacks by documents: what they do when opened, whom they name, and what they pretend to be.

Each test fails when the check that it names is taken out.
"""

import time
import tracemalloc
from zlib import compress as packed

import pytest

import documents as make
import stix_samples
from mithaq.formats import exif, jpeg, media, office, pdf, plain_json, png, strict_xml
from mithaq.formats.seen import TOLD_MAX

SECONDS = 20
"""More than any examination may take here; the bytes of these tests would cost hours without the bounds."""


def codes(media_type, content):
    found = media.examine(media_type, content)
    return {each.code for each in found.problems}


def persons(media_type, content):
    found = media.examine(media_type, content)
    assert found.persons == bool(found.persons_at)
    return [each.path for each in found.persons_at]


def memory(media_type, content):
    """Bytes that the examination took at most."""
    media.examine(media_type, content[:100])  # what is made once
    tracemalloc.start()
    media.examine(media_type, content)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


# --- PDF --------------------------------------------------------------------------------------------------

ACTIVE = {
    "javascript": (b"<</S/JavaScript/JS(app.alert\\(1\\))>>", "active"),
    "javascript spelt with escapes": (b"<</S/J#61vaScript>>", "active"),
    "javascript behind a comment": (b"<<%x\n/JS 2 0 R>>", "active"),
    "launch": (b"<</S/Launch/F(a.exe)>>", "active"),
    "form that sends": (b"<</S/SubmitForm>>", "active"),
    "XFA": (b"<</XFA 2 0 R>>", "active"),
    "embedded file": (b"<</Type/EmbeddedFile>>", "embedded"),
    "attachment": (b"<</Names<</EmbeddedFiles 2 0 R>>>>", "embedded"),
    "file specification": (b"<</Type/Filespec/EF<</F 2 0 R>>>>", "embedded"),
}


@pytest.mark.parametrize(("item", "code"), ACTIVE.values(), ids=ACTIVE)
@pytest.mark.parametrize("hidden", [False, True], ids=["open", "in an object stream"])
def test_a_pdf_that_does_something(item, code, hidden):
    if hidden:
        item = make.deflated(b"/Type/ObjStm/N 1/First 4", b"1 0 " + item)
    assert codes(media.PDF, make.pdf(b"<</Type/Catalog>>", item)) == {code}


def test_a_pdf_that_cannot_be_read():
    assert "encrypted" in codes(media.PDF, make.pdf(trailer=b"/Root 1 0 R/Encrypt 2 0 R"))


NAMED = {
    "author": b"<</Author(Jane Doe)>>",
    "author spelt with escapes": b"<</#41uthor(Jane Doe)>>",
    "author in hexadecimal": b"<</Author<4A616E65>>>",
    "author in UTF-16": b"<</Author(\xfe\xff\x00J\x00a)>>",
    "author elsewhere": b"<</Author 7 0 R>>",
    "author behind a comment": b"<</Author%x\n(Jane Doe)>>",
    "author behind white space": b"<</Author( \\t Jane)>>",
    "annotation": b"<</Subtype/Highlight/T(Jane Doe)>>",
    "annotation, its members in another order": b"<</T(Jane Doe)/Subtype/Text>>",
    "signature": b"<</Type/Sig/ByteRange[0 1 2 3]>>",
}


@pytest.mark.parametrize("item", NAMED.values(), ids=NAMED)
@pytest.mark.parametrize("hidden", [False, True], ids=["open", "in an object stream"])
def test_a_pdf_that_names_somebody(item, hidden):
    if hidden:
        item = make.deflated(b"/N 1/First 4", b"1 0 " + item)
    assert persons(media.PDF, make.pdf(b"<</Type/Catalog>>", item))


def test_a_pdf_that_names_somebody_in_xmp():
    by_type = make.pdf(make.stream(b"/Type/Metadata/Subtype/XML", make.NAMED_XMP))
    packed = make.pdf(make.deflated(b"/Type/Metadata/Subtype/XML", make.NAMED_XMP))
    untyped = make.pdf(make.stream(b"", make.NAMED_XMP))
    untyped_and_packed = make.pdf(make.deflated(b"", make.NAMED_XMP))
    for content in (by_type, packed, untyped, untyped_and_packed):
        assert persons(media.PDF, content) == ["Metadata.creator"]


def test_a_picture_in_a_pdf_that_names_somebody():
    picture = make.jpeg(make.segment(0xE1, b"Exif\0\0" + make.NAMED_EXIF))
    content = make.pdf(make.stream(b"/Subtype/Image/Filter/DCTDecode", picture))
    assert [path.split()[-1] for path in persons(media.PDF, content)] == ["exif.Artist"]


HIDING = {
    "in a comment": b"<<>>%\r5 0 obj <</Author 1 0 R>>",
    "in a string": b"<</Title(5 0 obj <</S 1 0 R>> endobj)>>",
    "in an open string": b"<</Title((5 0 obj <</S 1 0 R>> endobj)>>",
    "in a stream": make.stream(b"", b"5 0 obj <</S 1 0 R>> endobj"),
    "behind a comment that looks like a stream": b"<<%>> stream\n/Author(Jane)%endstream endobj\n>>",
    "a trailer in a string": b"<</Title(trailer <</Info 5 0 R>>)>>",
}


@pytest.mark.parametrize("item", HIDING.values(), ids=HIDING)
def test_an_object_where_a_reader_finds_it_and_this_one_would_not(item):
    content = make.pdf(item, b"<<>>")
    assert codes(media.PDF, content) | set(persons(media.PDF, content))


def test_a_name_in_a_comment_counts_for_nothing_and_hides_nothing():
    assert persons(media.PDF, make.pdf(b"<<%(\n/Author(Jane Doe)%)\n>>")) == ["Author"]
    assert persons(media.PDF, make.pdf(b"<</A(\\()/Author(Jane Doe)>>")) == ["Author"]


@pytest.mark.parametrize(
    "members", [b"/Filter[/ASCII85Decode]", b"/Filter/LZWDecode", b"/DecodeParms<</Predictor 12>>"]
)
def test_metadata_behind_another_filter(members):
    typed = b"/Type/Metadata/Subtype/XML" + members
    assert codes(media.PDF, make.pdf(make.stream(typed, make.xmp("<a/>")))) == {"metadata"}


def test_metadata_that_is_no_xml():
    for packet in (b"<x:xmpmeta><dc:creator>Jane", b"<!DOCTYPE a><x:xmpmeta/>"):
        assert codes(media.PDF, make.pdf(make.stream(b"/Type/Metadata/Subtype/XML", packet))) == {"metadata"}


def test_a_bomb_in_object_streams(monkeypatch):
    monkeypatch.setattr(pdf, "OPENED_MAX", 10_000)
    bomb = make.deflated(b"/Type/ObjStm/N 1/First 4", bytes(8_000))
    assert codes(media.PDF, make.pdf(bomb)) == set()
    assert codes(media.PDF, make.pdf(bomb, bomb)) == {"damaged"}
    assert codes(media.PDF, make.pdf(bomb, bomb, bomb)) == {"damaged"}
    assert memory(media.PDF, make.pdf(make.deflated(b"/N 1/First 4", bytes(40 * 2**20)))) < 2 * 2**20


def test_a_real_bomb():
    began = time.perf_counter()
    bomb = make.deflated(b"/Type/ObjStm/N 1/First 4", bytes(40 * 2**20))
    assert codes(media.PDF, make.pdf(bomb)) == {"damaged"}
    assert time.perf_counter() - began < SECONDS


@pytest.mark.parametrize("piece", [b"/a", b"(a)", b"%\n", b"<<>>stream\n\nendstream endobj\n"])
def test_tokens_without_end(monkeypatch, piece):
    monkeypatch.setattr(pdf, "TOKENS_MAX", 100)
    assert codes(media.PDF, make.pdf(piece * 40)) == set()
    assert codes(media.PDF, make.pdf(piece * 101)) == {"damaged"}


def test_parentheses_without_end():
    began = time.perf_counter()
    media.examine(media.PDF, make.pdf(b"(" * (8 * 2**20)))
    assert time.perf_counter() - began < SECONDS


def test_a_stream_without_end():
    assert codes(media.PDF, make.pdf(b"<<>>stream\nx")) == {"damaged"}


def test_object_streams_that_do_not_open():
    assert codes(media.PDF, make.pdf(make.stream(b"/Type/ObjStm/Filter/FlateDecode", b"x"))) == {"damaged"}


# --- pictures ---------------------------------------------------------------------------------------------

XMP = b"XML:com.adobe.xmp"

PICTURES = {
    "jpeg artist": (make.jpeg(make.segment(0xE1, b"Exif\0\0" + make.NAMED_EXIF)), "exif.Artist"),
    "jpeg place": (make.jpeg(make.segment(0xE1, b"Exif\0\0" + make.GPS_EXIF)), "exif.GPSInfo"),
    "jpeg XMP": (
        make.jpeg(make.segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + make.NAMED_XMP)),
        "xmp.creator",
    ),
    "jpeg XMP place": (
        make.jpeg(
            make.segment(
                0xE1, b"http://ns.adobe.com/xap/1.0/\0" + make.xmp("", 'exif:GPSLatitude="33,59.1N"')
            )
        ),
        "xmp.GPSLatitude",
    ),
    "jpeg IPTC": (
        make.jpeg(make.segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x09\x1c\x02\x50\0\x04Jane")),
        "iptc",
    ),
    "jpeg behind a scan": (
        make.jpeg(scan=b"\x01" + make.segment(0xE1, b"Exif\0\0" + make.NAMED_EXIF)),
        "exif.Artist",
    ),
    "png author": (make.png(make.chunk(b"tEXt", b"Author\0Jane Doe")), "Author"),
    "png author, packed": (
        make.png(make.chunk(b"zTXt", b"Author\0\0" + packed(b"Jane"))),
        "Author",
    ),
    "png author, other case": (make.png(make.chunk(b"iTXt", b"AUTHOR\0\0\0\0\0Jane Doe")), "AUTHOR"),
    "png XMP": (
        make.png(make.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + make.NAMED_XMP)),
        "xmp.creator",
    ),
    "png XMP, packed": (
        make.png(make.chunk(b"iTXt", XMP + b"\0\1\0\0\0" + packed(make.NAMED_XMP))),
        "xmp.creator",
    ),
    "png EXIF": (make.png(make.chunk(b"eXIf", make.NAMED_EXIF)), "exif.Artist"),
}


@pytest.mark.parametrize(("content", "path"), PICTURES.values(), ids=PICTURES)
def test_a_picture_that_names_somebody(content, path):
    assert persons(media.real_type(content), content) == [path]


SPOILED = {
    "jpeg with something behind": make.jpeg() + b"PK",
    "jpeg that ends early": make.jpeg()[:-2],
    "jpeg without a scan": b"\xff\xd8\xff\xe0\x00\x10",
    "jpeg with a marker of size 0": b"\xff\xd8\xff\xe0\x00\x00\xff\xd9",
    "jpeg of too many pixels": make.jpeg(width=65_535, height=65_535),
    "jpeg of too many segments": make.jpeg(make.segment(0xE0, b"") * (jpeg.SEGMENTS_MAX + 1)),
    "png with something behind": make.png() + b"PK",
    "png with a wrong checksum": make.png().replace(b"IDATx\x9c", b"IDATx\xda"),
    "png with an unknown chunk": make.png(make.chunk(b"prIV", b"x")),
    "png with two headers": make.png(make.chunk(b"IHDR", bytes(13))),
    "png that ends early": make.png()[:-12],
    "png of too many pixels": make.png(width=2**20, height=2**20),
    "png of too many texts": make.png(make.chunk(b"tEXt", b"a\0b") * (png.TEXTS_MAX + 1)),
    "png of too many chunks": make.png(make.chunk(b"IDAT", b"") * (png.CHUNKS_MAX + 1)),
    "png with a bomb": make.png(make.chunk(b"zTXt", b"a\0\0" + packed(bytes(png.TEXT_MAX + 1)))),
    "png with a text that does not open": make.png(make.chunk(b"zTXt", b"a\0\0x")),
}


@pytest.mark.parametrize("content", SPOILED.values(), ids=SPOILED)
def test_a_picture_that_is_not_one(content):
    assert codes(media.real_type(content), content) == {"damaged"}


UNREADABLE = {
    "no header": b"nothing of the kind",
    "directory outside": make.TIFF[:4] + b"\xff\xff\xff\x7f",
    "text outside": make.exif((0x013B, 2, 900, b"abcdefgh")),
    "loop": make.TIFF + b"\x00\x00\x08\x00\x00\x00",
    "empty": b"",
}


@pytest.mark.parametrize("block", UNREADABLE.values(), ids=UNREADABLE)
def test_metadata_of_a_picture_that_cannot_be_read(block):
    assert codes(media.PNG, make.png(make.chunk(b"eXIf", block))) == {"metadata"}


def test_a_text_of_many_entries():
    """Each of a thousand entries may point to the same megabytes."""
    value = b" " * (8 * 2**20)
    content = make.png(make.chunk(b"eXIf", make.exif((0x013B, 2, len(value), value))))
    assert memory(media.PNG, content) < 12 * 2**20


def test_an_author_behind_more_white_space_than_is_read():
    value = b" " * exif.TEXT_MAX + b"Jane Doe"
    block = make.exif((0x013B, 2, len(value), value))
    assert persons(media.PNG, make.png(make.chunk(b"eXIf", block))) == ["exif.Artist"]


def test_metadata_in_other_forms():
    long = make.segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0x")
    assert codes(media.JPEG, make.jpeg(long)) == {"metadata"}
    raw = make.png(make.chunk(b"tEXt", b"Raw profile type exif\0\n"))
    assert codes(media.PNG, raw) == {"metadata"}


# --- archives ---------------------------------------------------------------------------------------------

OFFICE = {
    "author": make.archive(docProps__core_xml=make.CORE % b"Jane Doe"),
    "comment": make.archive(word__comments_xml=b'<w:comment w:id="0" w:author="Jane Doe"/>'),
    "people": make.archive(word__people_xml=b"<w15:people/>"),
    "open document": make.archive(meta_xml=b"<meta:initial-creator>Jane</meta:initial-creator>"),
}


@pytest.mark.parametrize("content", OFFICE.values(), ids=OFFICE)
def test_an_office_document_that_names_somebody(content):
    assert media.real_type(content) == media.OCTETS
    assert persons(media.OCTETS, content)


def test_archives_that_are_more_than_they_seem(monkeypatch):
    assert codes(media.OCTETS, make.archive(word__vbaProject_bin=b"x")) == {"active"}
    assert codes(media.OCTETS, make.archive(a_xml=b"<a/>")[:-10]) == {"damaged"}
    monkeypatch.setattr(office, "OPENED_MAX", 100)
    assert codes(media.OCTETS, make.archive(a_xml=b" " * 90)) == set()
    assert codes(media.OCTETS, make.archive(a_xml=b" " * 90, b_xml=b" " * 90)) == {"damaged"}
    monkeypatch.setattr(office, "NAMES_MAX", 2)
    assert codes(media.OCTETS, make.archive(a_xml=b"<author></author>" * 3)) == {"damaged"}
    monkeypatch.setattr(office, "MEMBERS_MAX", 0)
    assert codes(media.OCTETS, make.archive(a_xml=b"")) == {"damaged"}


# --- XML and CAP ------------------------------------------------------------------------------------------

DTD = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "%b">]><a>&b;</a>'
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%b">' % (i + 1, b"&%c;" % i * 10) for i in range(97, 107))
    + b"]><a>&k;</a>"
)
FILE = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'


@pytest.mark.parametrize(
    "content",
    [
        DTD % b"c",
        BOMB,
        FILE,
        b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "https://a.example/a.dtd"><a/>',
        b"<!DOCTYPE a><a/>",
        DTD.decode().replace("?>", ' encoding="UTF-16"?>', 1).encode("utf-16"),
    ],
    ids=["entity", "bomb", "file", "external subset", "bare", "UTF-16"],
)
def test_xml_with_a_document_type(content):
    began = time.perf_counter()
    assert media.real_type(content) == media.XML
    assert codes(media.XML, content) == {"xml"}
    assert codes(media.CAP, content) >= {"media-type"}
    assert time.perf_counter() - began < SECONDS


@pytest.mark.parametrize(
    "content",
    [
        b"<?xml version='1.0' encoding='utf-7'?><a/>",
        b"<?xml version='1.0' encoding='cp1252'?><a/>",
        b"<?xml version='1.0' encoding='big5'?><a/>",
        b"<?xml version='1.0'?><a>",
        b"<?xml version='1.0'?><a>&b;</a>",
        b"<?xml version='1.0'?><a/><b/>",
        b"<?xml version='1.0'?>" + b"<a>" * 40 + b"</a>" * 40,
        b"<?xml version='1.0'?><a>" + b"<b/>" * strict_xml.ELEMENTS_MAX + b"</a>",
        b"<?xml version='1.0'?><a>" + b" " * strict_xml.SIZE_MAX + b"</a>",
    ],
    ids=["utf-7", "cp1252", "big5", "open", "entity", "two roots", "deep", "many", "large"],
)
def test_xml_that_is_not_read(content):
    assert codes(media.XML, content) == {"xml"}


def changed(old, new):
    assert old in make.ALERT
    return make.ALERT.replace(old, new).encode()


WRONG = {
    "lacks an element": changed("<identifier>X.1</identifier>", ""),
    "twice": changed("<scope>Public</scope>", "<scope>Public</scope><scope>Public</scope>"),
    "order": changed(
        "<status>Exercise</status><msgType>Alert</msgType>",
        "<msgType>Alert</msgType><status>Exercise</status>",
    ),
    "unknown element": changed("<info>", "<person>Jane</person><info>"),
    "element of another namespace": changed("<info>", '<info xmlns="x"/><info>'),
    "unknown value": changed("Exercise", "Real"),
    "value of another list": changed("<urgency>Immediate", "<urgency>Severe"),
    "time in Z": changed("00:00:00-00:00", "00:00:00Z"),
    "identifier with a space": changed("X.1", "X 1"),
    "empty event": changed("<event>Flood</event>", "<event> </event>"),
    "circle": changed("32.9,-6.9 10", "here"),
    "elements in a value": changed("<event>Flood</event>", "<event><b/></event>"),
    "restricted without restriction": changed("Public", "Restricted"),
    "update of nothing": changed("<msgType>Alert", "<msgType>Update"),
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
def test_an_alert_that_is_none(content):
    assert codes(media.CAP, content) == {"cap"}


def test_an_alert_of_another_version():
    content = changed("cap:1.2", "cap:1.1")
    assert media.real_type(content) == media.XML
    assert codes(media.CAP, content) == {"media-type"}


def test_an_alert_with_a_file_inside():
    inside = "<resourceDesc>a</resourceDesc><mimeType>image/png</mimeType><derefUri>AA==</derefUri>"
    content = changed("<area>", f"<resource>{inside}</resource><area>")
    assert codes(media.CAP, content) == {"embedded"}


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (changed(">FFW<", ">CAE<"), "alert.info.eventCode"),
        (changed("info@interior.example", "Jane Doe, +212 5"), "alert.info.contact"),
        (
            changed("<scope>Public</scope>", "<scope>Private</scope><addresses>jane@a.example</addresses>"),
            "alert.addresses",
        ),
    ],
)
def test_an_alert_about_a_person(content, path):
    assert persons(media.CAP, content) == [path]
    assert codes(media.CAP, content) == set()


# --- calendars --------------------------------------------------------------------------------------------


def calendar(old, new):
    assert old in make.CALENDAR
    return make.CALENDAR.replace(old, new).encode()


ORGANIZER = "ORGANIZER:mailto:info@interior.example"


@pytest.mark.parametrize(
    "line",
    [
        "ATTENDEE:mailto:jane.doe@a.example",
        "ATTENDEE;CN=Jane Doe:mailto:info@a.example",
        "organizer;cn=Jane:mailto:info@a.example",
        'ORGANIZER;ROLE=CHAIR;CN="Doe, Jane":mailto:info@a.example',
        "CONTACT:Jane Doe",
        "ATT\r\n ENDEE:mailto:jane.doe@a.example",
    ],
)
def test_a_calendar_that_names_somebody(line):
    assert len(persons(media.CALENDAR, calendar(ORGANIZER, line))) == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (calendar("END:VEVENT\r\n", ""), "calendar"),
        (calendar("END:VCALENDAR\r\n", ""), "calendar"),
        (calendar("VERSION:2.0\r\n", ""), "calendar"),
        (calendar("VERSION:2.0", "VERSION:1.0"), "calendar"),
        (calendar("UID:1", "no property"), "calendar"),
        (calendar("END:VCALENDAR", "END:VCALENDAR\r\nUID:2"), "calendar"),
        (calendar("UID:1", "BEGIN:X\r\n" * 9 + "UID:1"), "calendar"),
        (calendar("UID:1", "ATTACH;ENCODING=BASE64;VALUE=BINARY:AA=="), "embedded"),
        (calendar("UID:1", "ACTION:PROCEDURE"), "active"),
    ],
)
def test_a_calendar_that_is_none(content, code):
    assert codes(media.CALENDAR, content) == {code}


# --- text, tables, JSON -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a\n<script>1</script>",
        "a\n<iframe src=x>",
        "<img src=x onerror = 1>",
        "[a](javascript:1)",
        "[a]( < JavaScript:1>)",
        "[a]: data:text/html,1",
        "<FORM>",
    ],
)
def test_markdown_that_does_something(text):
    assert codes(media.MARKDOWN, text.encode()) == {"active"}


@pytest.mark.parametrize("text", ["<!DOCTYPE html><p>", " <html>\n", "<script>1", "<svg onload=1>"])
@pytest.mark.parametrize("declared", [media.TEXT, media.MARKDOWN, media.CSV])
def test_a_page_as_a_text(text, declared):
    assert codes(declared, text.encode()) >= {"media-type"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a,=1+1\n", "active"),
        ('a,"\t@SUM(1)"\n', "active"),
        ("a,b\n1\n", "csv"),
        ('a,"b', "csv"),
        ("a," + "b" * 200_000, "csv"),
    ],
    ids=["formula", "formula behind a tab", "cells", "quotation", "large cell"],
)
def test_tables_that_are_none(text, code):
    assert codes(media.CSV, text.encode()) == {code}


@pytest.mark.parametrize(
    "item",
    [
        '{"type":"identity","id":"identity--1","identity_class":"individual","name":"n"}',
        '{"type":"email-addr","value":"a@b.example"}',
        '{"Event":{"Attribute":[{"type":"passport-number","value":"1"}]}}',
        '{"Attribute":[{"type":"email-src","value":"a@b.example"}]}',
    ],
)
@pytest.mark.parametrize("around", ["{}", '[[1, {{"a": {}}}]]'])
def test_persons_in_json_without_a_bundle(item, around):
    content = around.replace("{{", "{").replace("}}}", "}}").replace("{}", item, 1).encode()
    assert media.real_type(content) == media.JSON
    assert persons(media.JSON, content)
    assert persons(media.TEXT, content)  # under another name too


@pytest.mark.parametrize(
    "content",
    [
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":"\\ud800"}',
        b"[" * 100 + b"]" * 100,
        b"[" + b" " * plain_json.SIZE_MAX + b"]",
        b"[" + b"[]," * plain_json.NODES_MAX + b"[]]",
    ],
    ids=["twice", "NaN", "surrogate", "deep", "large", "many"],
)
def test_json_that_is_read_differently(content):
    found = media.examine(media.JSON, content)
    assert found.problems


# --- more than one thing ----------------------------------------------------------------------------------

ZIP = make.archive(a_xml=b"<a/>")

DISGUISED = {
    "archive behind a PDF": (media.OCTETS, make.pdf() + ZIP),
    "archive behind octets": (media.OCTETS, b"\x00\x01" + ZIP),
    "archive behind text": (media.OCTETS, b"text " + ZIP),
    "PDF behind a line": (media.OCTETS, b"\x00\n" + make.pdf()),
    "PDF behind a line of text": (media.TEXT, b"a text\n" + make.pdf().replace(b"\xff", b"")),
    "half a PDF": (media.OCTETS, make.pdf()[:-20]),
}


@pytest.mark.parametrize(("declared", "content"), DISGUISED.values(), ids=DISGUISED)
def test_two_things_at_once(declared, content):
    assert codes(declared, content) & {"disguised", "damaged"}


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        (media.JSON, b"[" + b"[]," * 500_000 + b"[]]"),
        (media.CALENDAR, b"BEGIN:VCALENDAR\n" + b"A:B\n" * 500_000),
        (media.CALENDAR, b"BEGIN:VCALENDAR\n" + b" A\n" * 500_000),
        (media.CSV, b"ab," * 1_100_000),
        (media.OCTETS, make.archive(a_xml=b"") + b"PK\1\2" * 500_000),
    ],
    ids=["json", "calendar", "folded calendar", "table", "archive"],
)
def test_small_pieces_without_end(media_type, content):
    """What is parsed takes many times its bytes; pieces are counted before."""
    assert codes(media_type, content)
    assert memory(media_type, content) < 8 * len(content)


def test_what_is_told_is_bounded():
    people = make.pdf(*[b"<</Author(Jane)/JS 1 0 R>>"] * 100)
    found = media.examine(media.PDF, people)
    assert (len(found.problems), len(found.persons_at)) == (TOLD_MAX, TOLD_MAX)
    long = make.archive(**{"x" * 5_000 + "__vbaProject_bin": b""})
    assert all(len(each.path) <= 300 for each in media.examine(media.OCTETS, long).problems)


def test_a_bundle_keeps_its_check_under_every_name():
    person = stix_samples.domain_object("identity", name="n", identity_class="individual")
    for declared in sorted(media.MEDIA_TYPES):
        assert media.examine(declared, stix_samples.plain_bundle(person)).persons
