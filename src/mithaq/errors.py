"""Every error that Mithaq raises, in families by whose fault it is.

::

    MithaqError
    ├── UsageError            what the person at the keyboard asked for cannot be done as asked
    │   ├── ConfigError       a setting or a file of this node is missing or wrong
    │   ├── KeyStoreError     a key cannot be read, or its passphrase is wrong
    │   └── RefusedError      the signed text or national rules do not allow it (codes of what refused)
    ├── PeerError             bytes that came from outside are not what they must be
    │   ├── MalformedError    they do not parse
    │   ├── LimitError        they are larger, more or deeper than a named limit
    │   ├── ForgedError       a signature, a proof, a hash or a seal does not hold
    │   ├── ForkError         one size with two roots: evidence against the log's author
    │   └── StaleError        true once, no longer: an old card, an old text, a replay
    ├── ReachError            the partner could not be reached, or answered nothing usable
    └── StoreError            this node's own disk or database
        ├── BusyError         somebody else moved it first: read again and repeat
        └── BehindError       the store is older than its anchor: it signs nothing until recovered

A message says what was expected, what came, where, and what to do. ``str(error)`` is one line for a log;
``error.fields()`` gives the parts apart, for ``--json`` and for people.
"""

from typing import ClassVar


class MithaqError(Exception):
    """The root of the tree: one sentence, and its parts where they are known.

    Args:
        message: what went wrong, in one English sentence without a final full stop. It and what follows are
            cut, since any of them may quote an attacker.
        where: the path of the offending member, file or line.
        expected: what should have stood there.
        got: what stood there; cut shorter, to ``GOT_MAX``.
        todo: what the reader can do now.
    """

    exit_code: ClassVar[int] = 1
    GOT_MAX: ClassVar[int] = 200
    """Characters of what stood there."""
    PART_MAX: ClassVar[int] = 1_000
    """Characters of any other part: the longest of ours has 300, and a log must not grow by an attacker's."""

    def __init__(
        self, message: str, *, where: str = "", expected: str = "", got: object = "", todo: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message[: self.PART_MAX]
        self.where = where[: self.PART_MAX]
        self.expected = expected[: self.PART_MAX]
        self.got = str(got)[: self.GOT_MAX]
        self.todo = todo[: self.PART_MAX]

    def fields(self) -> dict[str, str]:
        """The parts that are known, for ``--json``: error, message, where, expected, got, todo."""
        parts = {
            "error": type(self).__name__,
            "message": self.message,
            "where": self.where,
            "expected": self.expected,
            "got": self.got,
            "todo": self.todo,
        }
        return {name: value for name, value in parts.items() if value}

    def __str__(self) -> str:
        text = self.message
        if self.where:
            text += f", at {self.where}"
        if self.expected:
            text += f": expected {self.expected}"
        if self.got:
            text += f"{',' if self.expected else ':'} got {self.got!r}"
        if self.todo:
            text += f"; {self.todo}"
        return text


class UsageError(MithaqError):
    """What was asked for cannot be done as asked."""

    exit_code = 2


class ConfigError(UsageError):
    """A setting or a file of this node is missing or wrong."""

    exit_code = 3


class KeyStoreError(UsageError):
    """A private key cannot be read, written or unlocked."""

    exit_code = 4


class RefusedError(UsageError):
    """The signed text, or this side's national rules, do not allow it; nothing has left the node.

    Args:
        message: one sentence.
        codes: the codes of the rules that refused (``domain.policy``), most telling first.
        by: whose rules they are: those of the signed text, or the sender's own (``domain.national``).
        reasons: what in the contents was refused, where that is known: code, path, message, and of an object
            its index and id.
    """

    exit_code = 5

    def __init__(
        self,
        message: str,
        *,
        codes: tuple[str, ...],
        where: str = "",
        todo: str = "",
        by: str = "text",
        reasons: tuple[dict[str, str | int], ...] = (),
    ) -> None:
        super().__init__(message, where=where, got=" ".join(codes), todo=todo)
        self.codes = codes
        self.by = by
        self.reasons = reasons


class PeerError(MithaqError):
    """Bytes that came from outside are not what they must be."""

    exit_code = 6


class MalformedError(PeerError):
    """They do not parse."""


class LimitError(PeerError):
    """They are larger, more or deeper than a named limit allows."""


class ForgedError(PeerError):
    """A signature, a proof, a hash or a seal does not hold."""

    exit_code = 7


class ForkError(PeerError):
    """One log shows two histories; the evidence is kept and the log stops."""

    exit_code = 8


class StaleError(PeerError):
    """It was true once and is no longer."""


class ReachError(MithaqError):
    """The partner could not be reached or gave no usable answer; it is tried again."""

    exit_code = 9


class StoreError(MithaqError):
    """This node's own disk or database failed or refused."""

    exit_code = 10


class BusyError(StoreError):
    """The row moved between reading and writing; read again and repeat."""


class BehindError(StoreError):
    """The store is older than its anchor: it signs nothing until it has been recovered."""

    exit_code = 11
