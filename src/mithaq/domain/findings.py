"""What ``formats`` saw in a body: the facts that ``policy.judge`` weighs against the signed text.

Findings state what stands in the bytes, never whether it may be sent: that depends on the text in force.
They are equal on both sides, because both examine the same bytes with the same code.
"""

from dataclasses import dataclass
from typing import NamedTuple

from mithaq.domain.handling import PAP, TLP


class Key(NamedTuple):
    """Where one object lies inside a body, so that it is found again without parsing.

    ``version`` is the object's ``modified`` as written, or empty for objects without versions;
    ``content[offset : offset + length]`` is the object's JSON.
    """

    id: str
    version: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing in a body that keeps it from being what it says it is.

    Args:
        code: a word of a closed list, for programs: see ``formats.stix`` and ``formats.media``.
        path: the offending member, as in ``objects[3].created``; empty when it is the body as a whole.
        message: one English sentence for people, with what was expected.
        index: which object of a collection it is in; None when it is in none.
        id: that object's identifier, as written.
    """

    code: str
    path: str
    message: str
    index: int | None = None
    id: str = ""

    def parts(self) -> dict[str, str | int]:
        """What is known of it, for programs: code, path, message, index, id."""
        known: dict[str, str | int] = {
            "code": self.code,
            "path": self.path,
            "message": self.message,
            "id": self.id,
        }
        return known if self.index is None else known | {"index": self.index}


@dataclass(frozen=True, slots=True)
class Findings:
    """What a body holds, as far as a program can see.

    Args:
        media_type: the real media type, found by structure, whatever was declared.
        objects: how many objects a collection holds; 1 for a document.
        tlp: the strictest TLP marking seen, one of ``handling.TLP``; None when nothing is marked.
        pap: the strictest PAP marking seen, one of ``handling.PAP``; None when nothing is marked.
        unmarked: objects without a TLP marking of their own: they take the handling of the entry.
        persons: data about persons was recognised. False promises nothing about free text.
        technical: addresses, domains, accounts or hashes were recognised (data class ``technical``).
        problems: why the body is not acceptable under any text; empty when it is well formed.
        keys: one for each object, in order; empty for documents and when there are problems.
        persons_at: where data about persons was recognised; the first few, as with ``problems``.
    """

    media_type: str
    objects: int
    tlp: str | None = None
    pap: str | None = None
    unmarked: int = 0
    persons: bool = False
    technical: bool = False
    problems: tuple[Problem, ...] = ()
    keys: tuple[Key, ...] = ()
    persons_at: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        if self.tlp not in (None, *TLP):
            raise ValueError(f"not a TLP level: {self.tlp!r}")
        if self.pap not in (None, *PAP):
            raise ValueError(f"not a PAP level: {self.pap!r}")
