r"""A second verifier of receipts, written from docs/protocol.md alone; it imports nothing of the project.

    PYTHONPATH=tests python -m second.verify RECEIPT --card FILE --card FILE \
        --fingerprint DIGITS --fingerprint DIGITS

It prints what the receipt proves as JSON, or why it proves nothing, and ends with 1. Numbers in brackets are
sections of that page. Where the page was not enough, the page was mended: that is what this file is for.
"""

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

from second.cards import Trusted
from second.entries import EXCHANGE, read_entry
from second.notes import Head, check_cosigned, check_head, read_head, read_note
from second.words import Refused, decimal, need, read_log, unbase64


def root_from(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """RFC 9162, 2.1.3.2."""
    need(index < size, "an index beyond the log")
    number, last, root = index, size - 1, leaf
    for each in path:
        need(last, "a path that is too long")
        if number & 1 or number == last:
            root = hashlib.sha256(b"\1" + each + root).digest()
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            root = hashlib.sha256(b"\1" + root + each).digest()
        number, last = number >> 1, last >> 1
    need(not last, "a path that is too short")
    return root


class Proved(NamedTuple):
    """An entry under a signed head, and when it was cosigned (0: it was not)."""

    data: bytes
    entry: dict[str, Any]
    index: int
    head: Head
    cosigned: int


def prove(data: bytes, trusted: Trusted) -> Proved:
    """One proof, steps 2 to 4."""
    need(len(data) <= 155_602, "a proof that is too large")
    above, _, below = data.partition(b"\n\n")
    need(len(below) <= 65_536, "a head that is too large")
    match above.split(b"\n"):
        case [b"c2sp.org/tlog-proof@v1", extra, index, *path] if (
            extra[:6] == b"extra " and index[:6] == b"index "
        ):
            said, number = unbase64(extra[6:]), decimal(index[6:])
        case _:
            raise Refused("no proof of an entry")
    hashes = [unbase64(each) for each in path]
    need(len(hashes) <= 54 and all(len(each) == 32 for each in hashes), "no path")
    entry, note = read_entry(said), read_note(below)
    head = read_head(note.text)
    author, reader, _ = read_log(entry["log"])
    need(head.log == entry["log"], "a head of another log")
    trusted.any(author, "log", lambda pair: check_head(note, head, pair))
    leaf = hashlib.sha256(b"\0" + said).digest()
    need(root_from(leaf, number, head.size, hashes) == head.root, "the entry does not stand there")
    mirror, cosigned = f"{reader}/mirror", 0
    if any(line[0] == mirror for line in note.lines):
        cosigned = trusted.any(reader, "mirror", lambda pair: check_cosigned(note, head, mirror, pair))
    need(len(note.lines) == (4 if cosigned else 2), "lines that nobody vouches for")
    return Proved(said, entry, number, head, cosigned)


def read_receipt(data: bytes) -> dict[str, bytes]:
    """The proofs by rung."""
    need(len(data) <= 622_553 and data.startswith(b"mithaq-receipt/1\n"), "no receipt")
    at, rungs = data.index(b"\n") + 1, dict[str, bytes]()
    names = ["entry", "held", "verdict", "erasure"]
    while at < len(data):
        match = re.compile(rb"([a-z]+) ([1-9][0-9]{0,7})\n").match(data, at)
        need(match and match[1].decode() in names, "no rung, or one out of order")
        assert match
        name, size = match[1].decode(), int(match[2])
        names = names[names.index(name) + 1 :]
        at = match.end() + size
        need(at <= len(data), "a rung that is cut short")
        rungs[name] = data[match.end() : at]
    need("entry" in rungs, "no entry")
    return rungs


def verify_receipt(data: bytes, cards: list[bytes], fingerprints: list[str]) -> dict[str, Any]:
    """What a receipt proves; raises ``Refused``."""
    trusted = Trusted(cards, fingerprints)  # 1
    rungs = {name: prove(proof, trusted) for name, proof in read_receipt(data).items()}  # 2, 3
    said = rungs["entry"]
    need(said.entry["kind"] in EXCHANGE, "no exchange")
    author, reader, n = read_log(said.entry["log"])
    leaf = hashlib.sha256(b"\0" + said.data).hexdigest()
    report = {
        "leaf": leaf,
        "index": said.index,
        "cosigned": said.cosigned,
        "held": 0,
        "verdict": "",
        "codes": [],
        "refused_by": "",
        "erased": 0,
    }
    for name in ("held", "verdict", "erasure"):
        if name in rungs:
            need(said.cosigned, "answered, and not cosigned")  # 4
            entry = rungs[name].entry
            need(
                entry["kind"] == name and entry["log"] == f"{reader}/to/{author}/{n}",
                f"no {name} of the reader",
            )
    if "held" in rungs:  # 5
        report["held"] = check_held(rungs["held"].entry["facts"], said)
    if "verdict" in rungs:  # 6
        verdict = rungs["verdict"].entry
        need(leaf in verdict["re"], "a verdict on something else")
        facts = verdict["facts"]
        report |= {
            "verdict": facts["result"],
            "codes": facts.get("codes", []),
            "refused_by": facts.get("by", ""),
        }
        refused = facts["result"] == "refused"
        need(("codes" in facts) == refused == ("by" in facts), "a void verdict")
    if "erasure" in rungs:  # 7
        erasure = rungs["erasure"].entry
        need(leaf in erasure["re"], "an erasure of something else")
        report["erased"] = erasure["at"]
    return report


def check_held(facts: dict[str, Any], said: Proved) -> int:
    """Step 5; the time of holding."""
    need(facts["of"] == said.entry["log"], "a held of another log")
    lacks, came = (
        any(each["from"] <= said.index < each["to"] for each in facts.get(name, ()))
        for name in ("missing", "came")
    )
    need(said.index < facts["size"] and not lacks, "a held that does not cover the entry")
    if facts["size"] == said.head.size:
        need(facts["root"] == said.head.root.hex(), "held and head differ")
        need(came or facts["time"] == said.cosigned, "held and cosignature differ")
    return int(facts["time"])


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Verify a receipt with cards and fingerprints alone.")
    parser.add_argument("receipt", type=Path)
    parser.add_argument("--card", type=Path, action="append", default=[])
    parser.add_argument("--fingerprint", action="append", default=[])
    given = parser.parse_args()
    try:
        report = verify_receipt(
            given.receipt.read_bytes(), [card.read_bytes() for card in given.card], given.fingerprint
        )
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
