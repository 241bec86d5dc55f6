"""Checking a receipt with nothing but files: no node, no network, no clock (protocol 9).

1. Every card is signed by all its pairs, and one of the fingerprints is its authority's (``cards``).
2. The entry parses, its log is the one that the head is of, and the author's log pair signed that head.
3. The entry's leaf stands in the log under that head.
4. The reader's mirror pair cosigned the head, if the receipt says that the entry was held.
5. ``held`` stands in the reader's log, is about the author's log, and covers the entry in full; if it is of
   the size that was cosigned, root and time are the cosignature's.
6. ``verdict`` stands in the reader's log and names the entry, with codes, and whose rules they are,
   if and only if it refuses.
7. ``erasure`` stands in the reader's log and names the entry, under the entry's text and field: a statement,
   which nobody can prove to be true.

What a receipt does not contain is reported as absent. Two things take both whole logs, and are the record's
to say (``domain.replay``): whether the entry was *legal*, and whether a *later* ``held`` of the reader stands
here in place of the first, which named the entry as missing. That the contents came, ``accepted`` proves.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from mithaq.audit.cards import Trusted
from mithaq.audit.receipt import Receipt
from mithaq.domain.card import Card
from mithaq.domain.entry import Entry, commit
from mithaq.domain.kinds import Family
from mithaq.domain.party import LogName, Role
from mithaq.errors import ForgedError
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.cosignature import verify_cosignature
from mithaq.tlog.proof import TlogProof

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReceiptReport:
    """What a receipt proves.

    Args:
        entry: what was said.
        index: its place in its author's log.
        leaf: its hash in hex.
        cosigned: when the reader's mirror cosigned a head that covers it, POSIX seconds; 0 if it did not.
        held: the reader's ``held.time``; 0 if the receipt has none.
        verdict: ``accepted``, ``refused``, or empty.
        codes: of a refusal.
        refused_by: whose rules refused it: ``text``, ``sender``, ``receiver``, or empty.
        erased: when the reader said that it had erased the contents, by its own clock; 0 if it did not.
    """

    entry: Entry
    index: int
    leaf: str
    cosigned: int
    held: int
    verdict: str
    codes: tuple[str, ...]
    refused_by: str
    erased: int


def verify_receipt(data: bytes, cards: Iterable[bytes], fingerprints: Iterable[str]) -> ReceiptReport:
    """Check a receipt.

    Args:
        data: the file.
        cards: signed cards of both parties, as files hold them.
        fingerprints: of both authorities, as read aloud.

    Raises:
        MalformedError, LimitError: something is not of its form.
        ForgedError: something does not hold; nothing of the receipt is to be believed.
    """
    trusted = Trusted(cards, fingerprints)  # 1
    receipt = Receipt.parse(data)
    proved = _proved(receipt.entry, trusted)  # 2 to 4
    entry, index = proved.entry, receipt.entry.index
    if entry.family is not Family.EXCHANGE:
        raise ForgedError("a receipt is of an exchange", got=entry.kind)
    if (receipt.held or receipt.verdict or receipt.erasure) and not proved.cosigned:
        raise ForgedError(
            "held, and not cosigned", where="entry", expected=f"lines of {entry.log.reader}/mirror"
        )
    held = _held(receipt.held, proved, index, trusted)  # 5
    verdict, codes, by = _verdict(receipt.verdict, entry, trusted)  # 6
    erased = _erased(receipt.erasure, entry, trusted)  # 7
    leaf = entry.leaf.hex()
    return ReceiptReport(entry, index, leaf, proved.cosigned, held, verdict, codes, by, erased)


def verify_content(entry: Entry, ordinal: int, salt: bytes, content: bytes) -> None:
    """Prove that a content is the one that an entry committed to, given its salt.

    Raises:
        ForgedError: it is not.
    """
    if not 0 <= ordinal < len(entry.bodies):
        raise ForgedError("the entry has no such content", expected=f"below {len(entry.bodies)}", got=ordinal)
    body = entry.bodies[ordinal]
    digest = commit(entry.log, entry.id, ordinal, body.type, salt, content)
    if len(content) != body.size or digest != body.commit:
        raise ForgedError(
            "this is not the content", where=f"bodies.{ordinal}", expected=body.commit, got=digest
        )


@dataclass(frozen=True, slots=True)
class _Proved:
    """An entry that stands under a signed head, and when its reader cosigned that head (0 if it did not)."""

    entry: Entry
    checkpoint: Checkpoint
    cosigned: int


def _proved(proof: TlogProof, trusted: Trusted) -> _Proved:
    """2 to 4 for one proof; every line below the head must count, so that no byte is without meaning."""
    entry = Entry.parse(proof.extra)
    checkpoint = _any(
        trusted.of(entry.log.author),
        lambda card: proof.verify(entry.leaf, str(entry.log), card.pairs[Role.LOG]),
    )
    mirror = f"{entry.log.reader}/mirror"
    cosigned = 0
    if any(line.name == mirror for line in proof.head.lines):
        cosigned = _any(
            trusted.of(entry.log.reader),
            lambda card: verify_cosignature(checkpoint, proof.head.lines, mirror, card.pairs[Role.MIRROR]),
        )
    lines = 4 if cosigned else 2
    if len(proof.head.lines) != lines:
        raise ForgedError(
            "lines that nobody vouches for",
            where=str(entry.log),
            expected=f"{lines} lines",
            got=len(proof.head.lines),
        )
    return _Proved(entry, checkpoint, cosigned)


def _any(cards: list[Card], check: Callable[[Card], T]) -> T:
    """What the first of a party's cards gives under which a check holds; the last failure if none does."""
    for card in cards[:-1]:
        try:
            return check(card)
        except ForgedError:
            continue
    return check(cards[-1])


def _of_reader(proof: TlogProof, about: LogName, kind: str, trusted: Trusted) -> Entry:
    entry = _proved(proof, trusted).entry
    if entry.log != about.other or entry.kind != kind:
        raise ForgedError(
            "not the reader's answer",
            where=kind,
            expected=f"{kind} in {about.other}",
            got=f"{entry.kind} in {entry.log}",
        )
    return entry


def _held(proof: TlogProof | None, proved: _Proved, index: int, trusted: Trusted) -> int:
    if proof is None:
        return 0
    entry, checkpoint = proved.entry, proved.checkpoint
    facts = _of_reader(proof, entry.log, "held", trusted).facts
    if facts["of"] != str(entry.log):
        raise ForgedError("a held of another log", where="held.of", expected=str(entry.log), got=facts["of"])
    came = any(each["from"] <= index < each["to"] for each in facts.get("came", ()))
    lacks = any(each["from"] <= index < each["to"] for each in facts.get("missing", ()))
    if facts["size"] <= index or lacks:
        raise ForgedError("the held does not cover the entry", expected=f"index {index}", got=facts["size"])
    same = facts["size"] == checkpoint.size
    if same and facts["root"] != checkpoint.root.hex():
        raise ForgedError("held and head differ", where="held.root", expected=checkpoint.root.hex())
    if same and not came and facts["time"] != proved.cosigned:
        raise ForgedError("held and cosignature differ", where="held.time", expected=str(proved.cosigned))
    return int(facts["time"])


def _verdict(proof: TlogProof | None, entry: Entry, trusted: Trusted) -> tuple[str, tuple[str, ...], str]:
    if proof is None:
        return "", (), ""
    verdict = _of_reader(proof, entry.log, "verdict", trusted)
    if entry.leaf.hex() not in verdict.re:
        raise ForgedError("a verdict on something else", where="verdict.re", expected=entry.leaf.hex())
    result, codes = verdict.facts["result"], tuple(verdict.facts.get("codes", ()))
    by = verdict.facts.get("by", "")
    if {result == "refused", bool(by)} != {bool(codes)}:  # such a verdict is void for the record as well (11)
        raise ForgedError(
            "a verdict that is void",
            where="verdict.codes",
            expected="codes, and whose rules they are, with a refusal only",
            got=result,
        )
    return result, codes, by


def _erased(proof: TlogProof | None, entry: Entry, trusted: Trusted) -> int:
    if proof is None:
        return 0
    erasure = _of_reader(proof, entry.log, "erasure", trusted)
    if entry.leaf.hex() not in erasure.re:
        raise ForgedError("an erasure of something else", where="erasure.re", expected=entry.leaf.hex())
    if (erasure.agreement, erasure.field) != (entry.agreement, entry.field):  # void for the record (11)
        raise ForgedError(
            "an erasure under another text or field",
            where="erasure.field",
            expected=entry.field,
            got=erasure.field,
        )
    return erasure.at
