"""What a reader of documents saw: problems, and data about persons, each with its path."""

from mithaq.domain.findings import Problem

TOLD_MAX = 20
"""Problems and places that are told of a document, as many as of a collection."""

NEUTRAL = frozenset({"", "-", "anonymous", "n/a", "none", "unknown"})
"""What may stand where an author is named, in lower case: words by which programs say that nobody is.

An author that is an office cannot be told from one that is a person, so any other value counts as a person;
whoever sends a document for an office leaves the member empty."""


class Seen:
    """Collects what is found; the first few of each are kept.

    Attributes:
        problems: why the document is not acceptable under any text.
        persons: where data about persons was recognised.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.persons: list[Problem] = []

    def problem(self, code: str, path: str, message: str) -> None:
        """The document is not what it must be."""
        if len(self.problems) < TOLD_MAX:
            self.problems.append(Problem(code, path[:300], message[:300]))

    def person(self, path: str, reason: str) -> None:
        """The document holds data about a person."""
        if len(self.persons) < TOLD_MAX:
            self.persons.append(Problem("persons", path[:300], f"data about a person: {reason}"))

    def author(self, path: str, value: str) -> None:
        """Somebody is named as an author, unless the value says that nobody is."""
        if value.strip("\x00 \t\r\n").lower() not in NEUTRAL:
            self.person(path, "it names who made it; leave it empty")
