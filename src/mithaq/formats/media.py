"""The real media type of a body, found by its structure, and the one door to examining it.

A declared type is a claim of the author. It must be the real one: a STIX bundle declared as a plain file
would otherwise pass by the check for persons, and a program declared as a PDF would reach somebody's desk.
What programs would read in two ways (an archive behind a picture, a page inside a text) is refused.

Types: those of ``MEDIA_TYPES``; ``OCTETS`` is what everything else is. Plain text, Markdown and CSV are one
in structure, so for these the author's word counts if the text fits.

Problem codes: ``media-type`` (declared one, found another), ``unknown-media-type``, ``empty``, ``disguised``
(more than one thing at once), and those of ``stix_precise`` and of the readers of documents.
"""

from collections.abc import Callable
from typing import Literal

import msgspec

from mithaq.domain.findings import Findings, Problem
from mithaq.errors import PeerError
from mithaq.formats import cap, ical, jpeg, office, pdf, plain_json, png, stix, stix_fast, strict_xml, texts
from mithaq.formats.seen import Seen

CALENDAR = "text/calendar"
CAP = "application/cap+xml"
CSV = "text/csv"
HTML = "text/html"
JPEG = "image/jpeg"
JSON = "application/json"
MARKDOWN = "text/markdown"
OCTETS = "application/octet-stream"
PDF = "application/pdf"
PNG = "image/png"
TEXT = "text/plain;charset=utf-8"
XML = "application/xml"

MEDIA_TYPES = frozenset(
    {CALENDAR, CAP, CSV, JPEG, JSON, MARKDOWN, OCTETS, PDF, PNG, TEXT, XML, stix.MEDIA_TYPE}
)
"""What this version can examine, in the one spelling that entries use. Pages for browsers are not in it."""

_WORDS = frozenset({TEXT, MARKDOWN, CSV})
_READABLE = frozenset({CALENDAR, CAP, JSON, TEXT, XML})
_BOM = b"\xef\xbb\xbf"
_HEAD = 1_024
"""Bytes at the start among which readers of PDF look for its header (ISO 32000-1, annex H.3, note 13)."""


class _Bundle(msgspec.Struct):
    """Any JSON object with the type of a bundle."""

    type: Literal["bundle"]


_BUNDLE = msgspec.json.Decoder(_Bundle)


def real_type(content: bytes) -> str:
    """The media type that the structure of ``content`` shows. Never raises."""
    for start, structure, media_type in _STARTS:
        if content.startswith(start):
            return media_type if structure(content) else OCTETS
    if _is_bundle(content):
        return stix.MEDIA_TYPE
    text = texts.decoded(content)
    start = content.removeprefix(_BOM).lstrip()[:1]
    if start in (b"{", b"[") and _is_json(content):
        return JSON
    if start == b"<" or content.startswith((b"\xff\xfe", b"\xfe\xff")):
        found = _xml_type(content)
        if found:
            return found
    if text is None:
        return OCTETS
    if texts.is_html(text):
        return HTML
    return CALENDAR if content[: len(ical.START)].upper() == ical.START else TEXT


def readable(content: bytes) -> str | None:
    """The text of a document that may be shown as it is: nothing in it moves a terminal or hides itself."""
    return texts.decoded(content) if real_type(content) in _READABLE else None


def fits(declared: str, real: str) -> bool:
    """Whether a content of a real type may be declared so."""
    return declared == real or (declared in _WORDS and real == TEXT)


def examine(media_type: str, content: bytes) -> Findings:
    """What stands in a body that was declared as ``media_type``.

    Raises:
        LimitError: it is larger than ``stix.CONTENT_MAX``, or passes a limit of ``stix_precise``.
        MalformedError: it is a STIX bundle by its type and not by its bytes.
    """
    stix.check_size(content)
    if media_type == stix.MEDIA_TYPE and (proven := stix_fast.prove(content)):
        return proven  # what is proven to be such a bundle is of no other type
    real = real_type(content)
    problems = _problems(media_type, real, content)
    if stix.MEDIA_TYPE in (media_type, real):
        return _mislabelled(real, content, problems) if problems else stix.check(content)
    seen = Seen()
    _look(seen, media_type, real, content)
    return Findings(
        media_type=media_type if fits(media_type, real) else real,
        objects=1,
        unmarked=1,
        persons=bool(seen.persons),
        problems=(*problems, *seen.problems),
        persons_at=tuple(seen.persons),
    )


def _look(seen: Seen, declared: str, real: str, content: bytes) -> None:
    """Read a document by its real type; and see whether other programs would read it as something else."""
    if real == OCTETS and content.startswith(office.START):
        office.look(seen, content)
        return
    if office.is_archive(content):
        seen.problem("disguised", "", "expected one thing, got one with an archive behind it")
    if real == OCTETS and content.startswith(tuple(start for start, _, _ in _STARTS)):
        seen.problem("disguised", "", "expected a whole document of the type that its first bytes say")
    elif real != PDF and any(start in content[: _HEAD + 8] for start in pdf.STARTS):
        seen.problem("disguised", "", "expected no header of a PDF in something that is none")
    reader = _READERS.get(real)
    if reader:
        reader(seen, content)
    elif real == TEXT:
        _look_at_words(seen, declared, content.decode())


def _look_at_words(seen: Seen, declared: str, text: str) -> None:
    if declared == MARKDOWN:
        texts.look_markdown(seen, text)
    elif declared == CSV:
        texts.look_csv(seen, text)


def _look_at_xml(seen: Seen, content: bytes) -> None:
    try:
        strict_xml.parse(content)
    except PeerError as error:
        seen.problem("xml", error.where, error.message)


_STARTS: tuple[tuple[bytes, Callable[[bytes], bool], str], ...] = (
    *((start, pdf.is_pdf, PDF) for start in pdf.STARTS),
    (png.START, lambda _: True, PNG),
    (jpeg.START, lambda _: True, JPEG),
)
"""First bytes that say what follows, what must then be true of it, and what it is."""

_READERS: dict[str, Callable[[Seen, bytes], None]] = {
    CALENDAR: lambda seen, content: ical.look(seen, content.decode()),
    CAP: cap.look,
    JPEG: lambda seen, content: jpeg.look(seen, "", content),
    JSON: plain_json.look,
    PDF: pdf.look,
    PNG: lambda seen, content: png.look(seen, "", content),
    XML: _look_at_xml,
}


def _mislabelled(real: str, content: bytes, problems: tuple[Problem, ...]) -> Findings:
    """A bundle under another name is still looked into, so that persons in it are seen."""
    try:
        found = stix.examine(content)
    except PeerError:
        return Findings(media_type=real, objects=1, unmarked=1, problems=problems)
    return Findings(
        media_type=real,
        objects=found.objects,
        tlp=found.tlp,
        pap=found.pap,
        unmarked=found.unmarked,
        persons=found.persons,
        technical=found.technical,
        problems=problems + found.problems,
        persons_at=found.persons_at,
    )


def _problems(declared: str, real: str, content: bytes) -> tuple[Problem, ...]:
    if not content:
        return (Problem("empty", "", "expected content, got none"),)
    if declared not in MEDIA_TYPES:
        return (Problem("unknown-media-type", "", f"expected one of {', '.join(sorted(MEDIA_TYPES))}"),)
    if not fits(declared, real):
        return (Problem("media-type", "", f"declared as {declared}, found {real}"),)
    return ()


def _is_bundle(content: bytes) -> bool:
    try:
        _BUNDLE.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _is_json(content: bytes) -> bool:
    try:
        msgspec.json.decode(content, type=msgspec.Raw)  # read to its end, and nothing made of it
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _xml_type(content: bytes) -> str | None:
    """CAP by its root; XML also where it says so and cannot be read; None for what only begins with ``<``."""
    try:
        return CAP if cap.is_alert(strict_xml.parse(content)) else XML
    except PeerError:
        head = content[:200].replace(b"\x00", b"")
        return XML if b"<?xml" in head or (b"<!DOCTYPE" in head and b"html" not in head.lower()) else None
