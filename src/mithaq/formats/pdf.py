"""PDF: its structure, what it would do when opened, and who its metadata names (ISO 32000-1).

No parser of PDF is at hand, and none is needed: what matters stands in dictionaries as names. So the bytes
are read once from the front in the lexical form of the standard (comments, strings, names, streams), and
names are looked at wherever they stand. Object streams are opened within a bound and read likewise.

Readers find objects by offsets, not from the front. So that none finds an object where this reading sees a
comment, a string or the inside of a stream, each of those is refused if it contains the beginning of one.

Problem codes: ``damaged``, ``active`` (scripts, forms that send, programs), ``embedded`` (files inside),
``encrypted``, ``metadata`` (cannot be read).
"""

import re
import zlib
from dataclasses import dataclass, field

from mithaq.formats import jpeg, xmp
from mithaq.formats.seen import Seen

STARTS = (b"%PDF-1.", b"%PDF-2.")
"""How a PDF begins, at its first byte."""

TOKENS_MAX = 500_000
"""Names, strings, parentheses in them, comments and streams that are read: two seconds of work at most."""
OPENED_MAX = 32 * 2**20
"""Bytes of all object streams and metadata when they are open (a bomb opens to a thousandfold)."""
HEAD_OPENED = 1_024
"""Bytes that are opened of any other stream, to see whether it is XMP under no name."""

_TAIL = 1_024
"""Bytes at the end in which the trailer stands (annex H.3, note 18)."""
_END = re.compile(rb"startxref\s+([0-9]{1,10})\s+%%EOF\s*\Z")
_TABLE = re.compile(rb"\s*(?:xref\s|[0-9]{1,10}\s+[0-9]{1,5}\s+obj\b)")

_NAME = rb"/[^\x00\t\n\x0c\r ()<>\[\]{}/%]*"
_NEXT = re.compile(rb"[%(]|" + _NAME + rb"|\bobj\b|(?<![A-Za-z])stream\b")
_COMMENT = re.compile(rb"[^\r\n]*")
_PARENTHESIS = re.compile(rb"[()\\]")
_STREAM_END = re.compile(rb"endstream\s+endobj\b")
_OBJECT = re.compile(rb"[0-9]\s+[0-9]+\s+obj\b|trailer\s*<<")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_SPACE = re.compile(rb"(?:[\s\x00]|%[^\r\n]*[\r\n])*")
_VALUE = re.compile(rb"\(|<([0-9A-Fa-f\s]*)>|[0-9]+\s+[0-9]+\s+R\b")

_ACTIVE = frozenset(
    b"JavaScript JS Launch XFA RichMedia ImportData SubmitForm Rendition Movie Sound GoToE".split()
)
_EMBEDDED = frozenset(b"EmbeddedFile EmbeddedFiles EF Collection".split())
_AUTHORS = frozenset(b"Author Manager LastModifiedBy ContactInfo".split())
_MARKUP = frozenset(
    b"Text FreeText Highlight Underline StrikeOut Squiggly Ink Line Square Circle Polygon PolyLine Caret"
    b" Stamp Redact Popup".split()
)
_OTHER_FILTERS = frozenset(b"ASCIIHexDecode ASCII85Decode LZWDecode RunLengthDecode Crypt Predictor".split())


def is_pdf(content: bytes) -> bool:
    """A header, and a trailer whose last line leads to a cross-reference table or stream."""
    if not content.startswith(STARTS):
        return False
    end = _END.search(content[-_TAIL:])
    return end is not None and _TABLE.match(content, int(end[1])) is not None


def look(seen: Seen, content: bytes) -> None:
    """Look into a PDF."""
    _Reading(seen).read(content)


@dataclass
class _Reading:
    """One reading from the front.

    Args:
        seen: takes what is found.
        names: those since the last object began.
        title: the ``T`` of it: who made an annotation, or what a field of a form is called.
        markup: whether it is an annotation of the kinds that people make.
    """

    seen: Seen
    names: set[bytes] = field(default_factory=set[bytes])
    title: str = ""
    markup: bool = False
    _previous: bytes = b""
    _tokens: int = 0
    _opened: int = 0

    def read(self, content: bytes, *, inside: bool = False) -> None:
        """Read a file, or with ``inside`` the open bytes of an object stream."""
        at = 0
        while found := _NEXT.search(content, at):
            self._tokens += 1
            if self._tokens > TOKENS_MAX:
                self.seen.problem("damaged", "", f"expected at most {TOKENS_MAX} names, strings and streams")
                return
            at = found.end()
            match content[found.start()]:
                case 0x25:  # %
                    end = _COMMENT.match(content, at)
                    at = self._skipped(content, at, end.end() if end else at, "comment")
                case 0x28:  # (
                    end = _string_end(content, at, TOKENS_MAX - self._tokens)
                    at = self._skipped(content, at, end, "string")
                case 0x2F:  # /
                    self._name(content, _ESCAPE.sub(lambda m: bytes([int(m[1], 16)]), found[0][1:]), at)
                case 0x6F:  # obj
                    self.names.clear()
                    self.title, self.markup = "", False
                case _:
                    if not inside:
                        at = self._stream(content, at)

    def _skipped(self, content: bytes, start: int, end: int, what: str) -> int:
        if _OBJECT.search(content, start, end):
            self.seen.problem("damaged", f"byte {start}", f"expected no object inside of a {what}")
        return end

    def _name(self, content: bytes, name: bytes, at: int) -> None:
        self.names.add(name)
        text = name[:60].decode("latin-1")
        if name in _ACTIVE:
            self.seen.problem("active", text, "expected a document that does nothing when it is opened")
        elif name in _EMBEDDED:
            self.seen.problem("embedded", text, "expected no files inside; send each as a content of its own")
        elif name == b"Encrypt":
            self.seen.problem("encrypted", text, "expected a document that can be read")
        elif name == b"ByteRange":
            self.seen.person(text, "a signature names who signed")
        elif name in _AUTHORS:
            self.seen.author(text, _value(content, at) or "")
        elif name == b"T":
            self.title = _value(content, at) or ""
        elif name in _MARKUP and self._previous == b"Subtype":
            self.markup = True
        if self.markup and self.title:
            self.seen.author("T", self.title)
            self.title = ""
        self._previous = name

    def _stream(self, content: bytes, at: int) -> int:
        """The stream whose keyword ends at ``at``; returns where it ends."""
        found = _STREAM_END.search(content, at)
        if not found:
            self.seen.problem("damaged", f"byte {at}", "expected the end of a stream")
            return len(content)
        start = at + (2 if content[at : at + 2] == b"\r\n" else 1)
        self._skipped(content, start, found.start(), "stream")
        data = memoryview(content)[start : found.start()]
        typed = {b"Metadata", b"XML"} <= self.names
        if b"ObjStm" in self.names or {b"N", b"First"} <= self.names:
            kept, self.names = self.names, set()
            self.read(self._open(data, start, kept) or b"", inside=True)
            self.names = kept
        elif typed or any(mark in self._head(data) for mark in xmp.MARKS):
            opened = self._open(data, start, self.names)
            if opened is not None:
                xmp.look(self.seen, "Metadata", opened)
        elif bytes(data[:3]) == jpeg.START and b"DCTDecode" in self.names:
            picture = Seen()  # only whom it names: a reader of PDF mends what a viewer of pictures would not
            jpeg.look(picture, f"byte {start} ", bytes(data))
            self.seen.persons += picture.persons
        return found.end()

    def _head(self, data: memoryview) -> bytes:
        """The first bytes of a stream, open if they open."""
        if b"FlateDecode" not in self.names and b"Fl" not in self.names:
            return bytes(data[:HEAD_OPENED])
        try:
            return zlib.decompressobj().decompress(data[:HEAD_OPENED], HEAD_OPENED)
        except zlib.error:
            return b""

    def _open(self, data: memoryview, at: int, names: set[bytes]) -> bytes | None:
        """The open bytes of a stream with these names; None, with a problem, where they cannot be had."""
        if names & _OTHER_FILTERS:
            self.seen.problem(
                "metadata", f"byte {at}", "expected a stream without a filter, or FlateDecode alone"
            )
            return None
        if b"FlateDecode" not in names and b"Fl" not in names:
            return bytes(data)
        left = max(OPENED_MAX - self._opened, 0)
        try:
            opened = zlib.decompressobj().decompress(data, left + 1)
        except zlib.error as error:
            self.seen.problem("damaged", f"byte {at}", f"expected a stream that opens, got: {error}")
            return None
        self._opened += len(opened)
        if len(opened) > left:
            self.seen.problem("damaged", f"byte {at}", f"expected at most {OPENED_MAX} bytes when open")
            return None
        return opened


def _string_end(content: bytes, at: int, most: int = TOKENS_MAX) -> int:
    """Where the string ends whose parenthesis opened before ``at``; the end of the bytes if it never does.

    One with more than ``most`` parentheses and escapes never does.
    """
    depth = 1
    while depth and most > 0 and (found := _PARENTHESIS.search(content, at)):
        most -= 1
        at = found.end() + (found[0] == b"\\")
        depth += {b"(": 1, b")": -1, b"\\": 0}[found[0]]
    return len(content) if depth else at


def _value(content: bytes, at: int) -> str | None:
    """The text behind a name; ``?`` for one that stands elsewhere, None if there is none."""
    space = _SPACE.match(content, at)
    found = _VALUE.match(content, space.end() if space else at)
    if not found:
        return None
    if found[0] == b"(":
        raw = re.sub(
            rb"\\(.)", rb"\1", content[found.end() : _string_end(content, found.end()) - 1], flags=re.DOTALL
        )
    elif found[1] is not None:
        digits = re.sub(rb"\s", b"", found[1])
        raw = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
    else:
        return "?"
    return raw.decode("utf-16" if raw.startswith((b"\xfe\xff", b"\xff\xfe")) else "latin-1", "replace")
