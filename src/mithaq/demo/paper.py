"""The documents of the exercise: an expertise paper of a few kilobytes, and a large one in volumes."""

import hashlib

from mithaq.demo import pdf
from mithaq.demo.exercise import mark, paragraphs

LANGUAGES = ("de", "en", "fr")
"""Languages that the standard fonts of a PDF can write."""

VOLUME_MAX = 30 * 1024 * 1024
"""Bytes of a volume: below the 32 MiB of a body (protocol 5), with room for its pages."""

LARGE = 80 * 1024 * 1024
"""Bytes of the large document: more than two bodies hold."""

_ROW = 4_096


def expertise_pdf(*languages: str, sample: str = "rabat") -> bytes:
    """The paper of a sample, one page for each language, each with the mark of an exercise.

    Args:
        languages: some of ``LANGUAGES`` in which it is there; all of them when none is given.
        sample: whose contents.
    """
    return pdf.write([_page(sample, language) for language in languages or LANGUAGES])


def large_document(size: int = LARGE, seed: bytes = b"mithaq exercise") -> list[bytes]:
    """A document of about ``size`` bytes that no compression shortens, in volumes that are PDFs themselves.

    A body is judged by its own media type, so a large document travels as volumes and not as slices: a
    slice of a PDF is no PDF. The same ``size`` and ``seed`` give the same bytes.
    """
    count = -(-size // VOLUME_MAX)
    rows = max(size // count // _ROW, 1)
    return [_volume(rows, seed, number, count) for number in range(1, count + 1)]


def _volume(rows: int, seed: bytes, number: int, count: int) -> bytes:
    # SHAKE-256 stands in for the grain of a scan: quick to make, and as hard to compress.
    picture = hashlib.shake_256(b"%b %d" % (seed, number)).digest(rows * _ROW)
    title = f"Gauge records, volume {number} of {count}"
    page = pdf.Page(mark("en"), title, ["Scanned records of river gauges. Offices only, no persons."])
    return pdf.write([page], picture, _ROW)


def _page(sample: str, language: str) -> pdf.Page:
    title, *rest = paragraphs(sample, "expertise", language)
    return pdf.Page(mark(language), title, rest)
