"""The real media type of a body, found by its structure, and the one door to examining it.

A declared type is a claim of the author. It must be the real one: a STIX bundle declared as a plain file
would otherwise pass by the check for persons, and a program declared as a PDF would reach somebody's desk.

Types: ``PDF``, ``TEXT``, ``stix.MEDIA_TYPE`` and ``OCTETS``, which is what everything else is.
Problem codes: ``media-type`` (declared one, found another), ``unknown-media-type``, ``empty``, and those of
``stix_precise``.
"""

import re
from typing import Literal

import msgspec

from mithaq.domain.findings import Findings, Problem
from mithaq.errors import PeerError
from mithaq.formats import stix

PDF = "application/pdf"
TEXT = "text/plain;charset=utf-8"
OCTETS = "application/octet-stream"
MEDIA_TYPES = frozenset({PDF, TEXT, OCTETS, stix.MEDIA_TYPE})
"""What this version can examine, in the one spelling that entries use."""

_PDF_TAIL = 1_024
"""Bytes at the end of a PDF in which its trailer stands (ISO 32000-1, annex H.3, note 18)."""

_PDF_END = re.compile(rb"startxref\s+([0-9]{1,10})\s+%%EOF\s*\Z")
_PDF_TABLE = re.compile(rb"\s*(?:xref\s|[0-9]{1,10}\s+[0-9]{1,5}\s+obj\b)")

_NOT_TEXT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls, but for tab and line ends
    "\u202a-\u202e"  # embeddings and overrides make a line read otherwise than it is stored
    "\U000e0000-\U000e007f]"  # tag characters carry text that nobody sees
)


class _Bundle(msgspec.Struct):
    """Any JSON object with the type of a bundle."""

    type: Literal["bundle"]


_BUNDLE = msgspec.json.Decoder(_Bundle)


def real_type(content: bytes) -> str:
    """The media type that the structure of ``content`` shows. Never raises."""
    if _is_pdf(content):
        return PDF
    if _is_bundle(content):
        return stix.MEDIA_TYPE
    return TEXT if _is_text(content) else OCTETS


def examine(media_type: str, content: bytes) -> Findings:
    """What stands in a body that was declared as ``media_type``.

    Raises:
        LimitError: it is larger than ``stix.CONTENT_MAX``, or passes a limit of ``stix_precise``.
        MalformedError: it is a STIX bundle by its type and not by its bytes.
    """
    stix.check_size(content)
    real = real_type(content)
    problems = _problems(media_type, real, content)
    if stix.MEDIA_TYPE not in (media_type, real):
        return Findings(media_type=real, objects=1, unmarked=1, problems=problems)
    if not problems:
        return stix.examine(content)
    return _mislabelled(real, content, problems)


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
    if declared != real:
        return (Problem("media-type", "", f"declared as {declared}, found {real}"),)
    return ()


def _is_pdf(content: bytes) -> bool:
    """A header, and a trailer whose last line leads to a cross-reference table or stream."""
    if not content.startswith((b"%PDF-1.", b"%PDF-2.")):
        return False
    end = _PDF_END.search(content[-_PDF_TAIL:])
    return end is not None and _PDF_TABLE.match(content, int(end[1])) is not None


def _is_bundle(content: bytes) -> bool:
    try:
        _BUNDLE.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _is_text(content: bytes) -> bool:
    try:
        return _NOT_TEXT.search(content.decode()) is None
    except UnicodeDecodeError:
        return False
