"""XML from outside, read so that nothing but elements, attributes and text is in it.

A document type declaration is refused, and with it every entity, external subset and default value: they are
the ways to make a parser fetch a file or grow without end. Memory is bounded by the size of the bytes and the
number of elements, the stack by ``DEPTH_MAX``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from mithaq.errors import LimitError, MalformedError

SIZE_MAX = 4 * 2**20
"""Bytes of an XML document: the largest real alert has 200 KB; a tree takes ten times its bytes."""
DEPTH_MAX = 32
"""Nesting: CAP needs 5, XMP about 10."""
ELEMENTS_MAX = 50_000
"""Elements and attributes together: a parsed one takes half a kilobyte."""
ENCODINGS = frozenset({"utf-8", "us-ascii", "iso-8859-1", "utf-16"})
"""Encodings that an XML declaration may name, in lower case; those that expat itself reads."""


@dataclass(slots=True)
class Element:
    """One element.

    Args:
        space: its namespace; empty without one.
        name: its local name.
        attributes: by name, with the namespace and a space in front where there is one.
        children: its elements, in order.
        text: its own text, without that of its children.
    """

    space: str
    name: str
    attributes: dict[str, str]
    children: list["Element"] = field(default_factory=list["Element"])
    text: str = ""

    def walk(self) -> Iterator["Element"]:
        """Itself and everything below, in the order of the document."""
        level: list[Element] = [self]
        while level:
            element = level.pop()
            yield element
            level.extend(reversed(element.children))

    def all_text(self) -> str:
        """Its text and that of everything below."""
        return "".join(each.text for each in self.walk())


def parse(content: bytes) -> Element:
    """The root of a document.

    Raises:
        MalformedError: not well-formed, in another encoding, or with a document type declaration.
        LimitError: ``SIZE_MAX``, ``DEPTH_MAX`` or ``ELEMENTS_MAX`` is passed.
    """
    if len(content) > SIZE_MAX:
        raise LimitError(
            "an XML document is too large", expected=f"at most {SIZE_MAX} bytes", got=len(content)
        )
    builder = _Builder()
    try:
        builder.parser.Parse(content, True)
    except expat.ExpatError as error:
        raise MalformedError("not well-formed XML", where=f"line {error.lineno}", got=error) from error
    except (LookupError, ValueError) as error:  # an encoding that nobody knows, or of several bytes
        raise MalformedError("an encoding that is not read", got=error) from error
    return builder.root


class _Builder:
    """Makes elements of what expat reports."""

    def __init__(self) -> None:
        self.root = Element("", "", {})
        self._open = [self.root]
        self._texts: list[list[str]] = [[]]
        self._count = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype
        self.parser.XmlDeclHandler = self._declaration

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ENCODINGS:
            raise MalformedError(
                "an encoding that is not read", expected=", ".join(sorted(ENCODINGS)), got=encoding
            )

    def _doctype(self, *_: object) -> None:
        raise MalformedError("a document type declaration", expected="elements, attributes and text only")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1 + len(attributes)
        if len(self._open) > DEPTH_MAX:
            raise LimitError("XML is nested too deeply", expected=f"{DEPTH_MAX} levels")
        if self._count > ELEMENTS_MAX:
            raise LimitError("too many elements", expected=f"at most {ELEMENTS_MAX}")
        space, _, name = tag.rpartition(" ")
        element = Element(space, name, attributes)
        if len(self._open) == 1:
            self.root = element
        else:
            self._open[-1].children.append(element)
        self._open.append(element)
        self._texts.append([])

    def _end(self, _tag: str) -> None:
        self._open.pop().text = "".join(self._texts.pop())

    def _text(self, text: str) -> None:
        self._texts[-1].append(text)
