"""Small documents for tests: PDF, PNG, JPEG, EXIF, archives, alerts and calendars, valid as they are made."""

import io
import struct
import zipfile
import zlib

ALERT = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>X.1</identifier><sender>spoc.interior.example</sender><sent>2026-01-01T00:00:00-00:00</sent>
<status>Exercise</status><msgType>Alert</msgType><scope>Public</scope>
<info><language>en</language><category>Met</category><event>Flood</event><urgency>Immediate</urgency>
<severity>Severe</severity><certainty>Likely</certainty>
<eventCode><valueName>SAME</valueName><value>FFW</value></eventCode>
<contact>info@interior.example</contact>
<area><areaDesc>Coast</areaDesc><circle>32.9,-6.9 10</circle></area></info>
</alert>"""

CALENDAR = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//exercise//EN\r
BEGIN:VEVENT\r
UID:1\r
DTSTAMP:20260101T000000Z\r
SUMMARY:A meeting\r
 in two lines\r
ORGANIZER:mailto:info@interior.example\r
END:VEVENT\r
END:VCALENDAR\r
"""

TIFF = b"II*\x00" + struct.pack("<I", 8)


def pdf(*objects: bytes, trailer: bytes = b"/Root 1 0 R") -> bytes:
    """A PDF of these objects, numbered from 1; without any, of an empty catalogue."""
    written = b"%PDF-1.7\n"
    for number, item in enumerate(objects or (b"<</Type/Catalog>>",), 1):
        written += b"%d 0 obj\n%b\nendobj\n" % (number, item)
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer\n<<%b>>\nstartxref\n%d\n%%%%EOF\n"
    return written + table % (trailer, len(written))


def stream(members: bytes, data: bytes) -> bytes:
    return b"<<%b/Length %d>>\nstream\n%b\nendstream" % (members, len(data), data)


def deflated(members: bytes, data: bytes) -> bytes:
    return stream(members + b"/Filter/FlateDecode", zlib.compress(data))


def xmp(inside: str, attributes: str = "") -> bytes:
    spaces = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f"<rdf:Description {spaces} {attributes}>{inside}</rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    ).encode()


NAMED_XMP = xmp("<dc:creator><rdf:Seq><rdf:li>Jane Doe</rdf:li></rdf:Seq></dc:creator>")


def exif(*entries: tuple[int, int, int, bytes]) -> bytes:
    """A block of one directory: tag, type, count, and the value, behind the directory if it is long."""
    values, after = b"", 8 + 2 + 12 * len(entries) + 4
    directory = struct.pack("<H", len(entries))
    for tag, kind, count, value in entries:
        place = value.ljust(4, b"\x00") if len(value) <= 4 else struct.pack("<I", after + len(values))
        directory += struct.pack("<HHI", tag, kind, count) + place
        values += value if len(value) > 4 else b""
    return TIFF + directory + bytes(4) + values


NAMED_EXIF = exif((0x013B, 2, 9, b"Jane Doe\x00"))
GPS_EXIF = exif((0x8825, 4, 1, b"\x1a\x00\x00\x00"))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*chunks: bytes, width: int = 1, height: int = 1) -> bytes:
    header = chunk(b"IHDR", struct.pack(">II5B", width, height, 8, 0, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b"\x00\x00"))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + data + chunk(b"IEND", b"")


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def jpeg(*segments: bytes, width: int = 1, height: int = 1, scan: bytes = b"\x12\xff\x00\x34") -> bytes:
    frame = segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")
    start = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
    return b"\xff\xd8" + b"".join(segments) + frame + start + scan + b"\xff\xd9"


def archive(**files: bytes) -> bytes:
    """An archive; two underscores in a name are a slash, one at its end a dot before ``xml``."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"), content)
    return data.getvalue()


CORE = b'<cp:coreProperties xmlns:dc="x"><dc:creator>%b</dc:creator></cp:coreProperties>'


def samples() -> list[tuple[str, bytes]]:
    """One of each kind with as much inside as there is to read, by its media type."""
    typed = b"/Type/Metadata/Subtype/XML"
    app1 = segment(0xE1, b"Exif\0\0" + NAMED_EXIF) + segment(
        0xE1, b"http://ns.adobe.com/xap/1.0/\0" + NAMED_XMP
    )
    texts = chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(NAMED_XMP)) + chunk(
        b"eXIf", NAMED_EXIF
    )
    return [
        (
            "application/pdf",
            pdf(
                deflated(b"/Type/ObjStm/N 1/First 4", b"1 0 <</Author(Jane)>>"),
                deflated(typed, NAMED_XMP),
                stream(b"/Filter/DCTDecode", jpeg(app1)),
            ),
        ),
        ("image/jpeg", jpeg(app1)),
        ("image/png", png(texts)),
        ("application/cap+xml", ALERT.encode()),
        ("text/calendar", CALENDAR.encode()),
        ("application/json", b'{"a":[{"type":"identity","id":"1"},{"type":"first-name","value":"n"}]}'),
        ("application/octet-stream", archive(docProps__core_xml=CORE % b"Jane", word__document_xml=b"<w/>")),
        ("text/csv", b'a,b\n1,"2"\n'),
        ("text/markdown", b"# a\n[b](https://c.example/)\n"),
    ]
