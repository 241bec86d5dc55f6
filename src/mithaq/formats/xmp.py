"""Who is named in an XMP packet, the metadata that PDF, JPEG and PNG share (ISO 16684-1)."""

from mithaq.errors import PeerError
from mithaq.formats import strict_xml
from mithaq.formats.seen import Seen

MARKS = (b"<x:xmpmeta", b"<rdf:RDF", b"W5M0MpCehiHzreSzNTczkc9d")
"""How a packet in UTF-8 is known among its first bytes."""

AUTHORS = frozenset(
    {
        "Artist",
        "Author",
        "AuthorsPosition",
        "By-line",
        "CameraOwnerName",
        "CaptionWriter",
        "Contact",
        "CreatorContactInfo",
        "Credit",
        "LastModifiedBy",
        "Manager",
        "Owner",
        "OwnerName",
        "PersonInImage",
        "RegionInfo",
        "contributor",
        "creator",
    }
)
"""Local names of members that name persons: Dublin Core, PDF, TIFF, EXIF, IPTC, and office programs."""


def look(seen: Seen, where: str, packet: bytes) -> None:
    """Look into a packet.

    Args:
        seen: takes what is found; a packet that cannot be read is the problem ``metadata``.
        where: the path of the packet in its document.
        packet: its bytes.
    """
    try:
        root = strict_xml.parse(packet.strip(b"\x00 \t\r\n"))
    except PeerError as error:
        seen.problem("metadata", where, f"expected XMP that can be read, got: {error.message}")
        return
    for element in root.walk():
        if element.name in AUTHORS:
            seen.author(f"{where}.{element.name}", element.all_text())
        elif element.name.startswith("GPS"):
            seen.person(f"{where}.{element.name}", "it tells where somebody was")
        for name, value in element.attributes.items():
            local = name.rpartition(" ")[2]
            if local in AUTHORS:
                seen.author(f"{where}.{local}", value)
            elif local.startswith("GPS"):
                seen.person(f"{where}.{local}", "it tells where somebody was")
