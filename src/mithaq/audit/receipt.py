"""The receipt: a file by which anybody can check that something was said, held and judged (protocol 9).

::

    mithaq-receipt/1
    entry 8125
    c2sp.org/tlog-proof@v1                     <- 8125 bytes: a tlog-proof, the entry's bytes as its extra,
    …                                             its head signed by the author and cosigned by the reader
    held 7001
    c2sp.org/tlog-proof@v1                     <- the reader's `held` that covers it, in the reader's log
    …
    verdict 6890
    c2sp.org/tlog-proof@v1                     <- the reader's `verdict` on it
    …
    erasure 6712
    c2sp.org/tlog-proof@v1                     <- the reader's statement that it has erased its contents
    …

Rungs stand in this order; those that have not been reached are left out, ``entry`` never is. There is
exactly one encoding; how it is verified is ``verify``.
"""

import re
from dataclasses import dataclass
from typing import Self

from mithaq.errors import LimitError, MalformedError
from mithaq.tlog.proof import TLOG_PROOF_MAX, TlogProof

HEADER = b"mithaq-receipt/1\n"
RUNGS = ("entry", "held", "verdict", "erasure")
RECEIPT_MAX = len(RUNGS) * (TLOG_PROOF_MAX + 32) + len(HEADER)
"""Bytes of a receipt: as many proofs as there are rungs."""

_RUNG = re.compile(rb"(entry|held|verdict|erasure) ([1-9][0-9]{0,7})\n")


@dataclass(frozen=True, slots=True)
class Receipt:
    """The proofs of a ladder, as far as it has been climbed.

    Args:
        entry: of the entry, in its author's log.
        held: of the reader's ``held``, or None.
        verdict: of the reader's ``verdict``, or None.
        erasure: of the reader's ``erasure``, or None.
    """

    entry: TlogProof
    held: TlogProof | None = None
    verdict: TlogProof | None = None
    erasure: TlogProof | None = None

    def __bytes__(self) -> bytes:
        pieces = [HEADER]
        for rung in RUNGS:
            proof: TlogProof | None = getattr(self, rung)
            if proof:
                data = bytes(proof)
                pieces += [f"{rung} {len(data)}\n".encode(), data]
        return b"".join(pieces)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a receipt; nothing in it is believed yet.

        Raises:
            LimitError: larger than a receipt can be.
            MalformedError: anything that is not of the one form that ``bytes`` gives back.
        """
        if len(data) > RECEIPT_MAX:
            raise LimitError("the receipt is too large", expected=f"{RECEIPT_MAX} bytes", got=len(data))
        if not data.startswith(HEADER):
            raise MalformedError(
                "not a receipt", where="line 1", expected=HEADER.decode().strip(), got=data[:40]
            )
        proofs: dict[str, TlogProof] = {}
        at = len(HEADER)
        while at < len(data):
            match = _RUNG.match(data, at)
            if match is None:
                raise MalformedError("not a rung of a receipt", where=f"byte {at}", expected="<rung> <bytes>")
            start, size = match.end(), int(match[2])
            proofs |= {match[1].decode(): TlogProof.parse(data[start : start + size])}
            at = start + size
        if "entry" not in proofs:
            raise MalformedError("a receipt without its entry", expected="entry first")
        receipt = cls(**proofs)
        if bytes(receipt) != data:
            raise MalformedError("a receipt in another form", expected=" ".join(RUNGS))
        return receipt
