"""Proof, in a file, that a leaf stands in a log (C2SP tlog-proof, ``.tlog-proof``).

::

    c2sp.org/tlog-proof@v1
    extra eyJhdCI6MTc...                              <- in a receipt: the bytes of the entry (protocol 9)
    index 1
    Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=      <- the inclusion proof, from the leaf's sibling up

    spoc.interior.example.ma/to/spoc.interior.example.de/1
    2
    ...                                               <- the signed head, cosignatures below

``extra`` is believed only as far as its leaf hash is proved. Which cosignatures must stand there is the
caller's rule: it verifies them against the checkpoint that ``verify`` gives back.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from mithaq.crypto.notes import Note
from mithaq.crypto.vkeys import unbase64
from mithaq.domain.party import PublicPair
from mithaq.errors import LimitError, MalformedError
from mithaq.tlog.checkpoint import Checkpoint, parse_number
from mithaq.tlog.head import HEAD_MAX, verify_head
from mithaq.tlog.merkle import HASH_SIZE, PROOF_MAX, SIZE_MAX, verify_inclusion

EXTRA_MAX = 65_535
"""Bytes of ``extra``: the largest entry (protocol 5)."""

TLOG_PROOF_MAX = HEAD_MAX + 4 * (EXTRA_MAX // 3) + PROOF_MAX * 45 + 256
"""Bytes of the file: head, extra and hashes in base64, and the words between them."""

_HEADER = "c2sp.org/tlog-proof@v1"
_EXTRA = "extra "
_INDEX = "index "


@dataclass(frozen=True, slots=True)
class TlogProof:
    """An inclusion proof together with the head that it leads to; ``bytes(proof)`` is its one encoding.

    Attributes:
        index: of the leaf, from 0.
        path: hashes from the leaf's sibling up, at most ``PROOF_MAX``.
        head: the signed head, with what cosignatures there are.
        extra: up to ``EXTRA_MAX`` bytes of the application's; empty for none.

    Raises:
        MalformedError: the index is out of range, something in the path is no hash, the head no checkpoint.
        LimitError: the path or ``extra`` is longer than it may be.
    """

    index: int
    path: tuple[bytes, ...]
    head: Note
    extra: bytes = b""

    def __post_init__(self) -> None:
        if not 0 <= self.index < SIZE_MAX:
            raise MalformedError("index out of range", expected=f"0 to {SIZE_MAX - 1}", got=self.index)
        if len(self.path) > PROOF_MAX:
            raise LimitError("proof is too long", expected=f"at most {PROOF_MAX} hashes", got=len(self.path))
        if not set(map(len, self.path)) <= {HASH_SIZE}:
            raise MalformedError("proof holds something that is no hash", expected=f"{HASH_SIZE} bytes each")
        if len(self.extra) > EXTRA_MAX:
            raise LimitError("extra is too long", expected=f"at most {EXTRA_MAX} bytes", got=len(self.extra))
        Checkpoint.parse(self.head.text)

    def __bytes__(self) -> bytes:
        lines = [_HEADER]
        if self.extra:
            lines.append(_EXTRA + _base64(self.extra))
        lines.append(f"{_INDEX}{self.index}")
        lines += map(_base64, self.path)
        return "\n".join(lines).encode() + b"\n\n" + bytes(self.head)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a proof; nothing in it is believed yet.

        Raises:
            LimitError: more than ``TLOG_PROOF_MAX`` bytes, or a part longer than it may be.
            MalformedError: anything else that is not of the one form that ``bytes`` gives back.
        """
        if len(data) > TLOG_PROOF_MAX:
            raise LimitError("proof is too large", expected=f"at most {TLOG_PROOF_MAX} bytes", got=len(data))
        above, _, head = data.partition(b"\n\n")
        lines = above.decode("ascii", "replace").split("\n", PROOF_MAX + 4)
        if lines.pop(0) != _HEADER:
            raise MalformedError("not a tlog-proof", where="line 1", expected=_HEADER, got=data)
        extra = _take(lines, _EXTRA)
        index = _take(lines, _INDEX)
        if extra == "" or index is None:
            raise MalformedError("not a tlog-proof", expected="extra with a value or none, then index")
        return cls(
            parse_number(index, "index"),
            _parse_path(lines),
            Note.parse(head, limit=HEAD_MAX),
            unbase64(extra or "", "extra"),
        )

    def verify(self, leaf: bytes, name: str, public: PublicPair) -> Checkpoint:
        """Prove that a leaf stands at this index of a log, under a head signed by its author.

        Args:
            leaf: the leaf hash, computed from the entry by the caller, in a receipt from ``extra``.
            name: of the log.
            public: of the log pair that was valid for the head.

        Returns:
            The checkpoint, for verifying the cosignatures in ``head.lines``.

        Raises:
            ForgedError: the head is not that of the log, or the leaf does not stand there.
        """
        checkpoint = verify_head(self.head, name, public)
        verify_inclusion(leaf, self.index, checkpoint.size, self.path, checkpoint.root)
        return checkpoint


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _take(lines: list[str], word: str) -> str | None:
    """The rest of the next line, taken off ``lines``, if it begins with ``word``."""
    if lines and lines[0].startswith(word):
        return lines.pop(0)[len(word) :]
    return None


def _parse_path(lines: Sequence[str]) -> tuple[bytes, ...]:
    if len(lines) > PROOF_MAX:
        raise LimitError("proof is too long", expected=f"at most {PROOF_MAX} hashes")
    return tuple(unbase64(line, f"hash {at}") for at, line in enumerate(lines))
