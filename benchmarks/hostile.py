"""What hostile pouches cost a node: strangers before they are refused, partners at the limits of one pouch.

Each cost is the median over a few pouches, in milliseconds of one thread, from the bytes to the answer or the
refusal. Protocol 7: a stranger costs under a millisecond.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from liar import Liar
from mithaq.crypto.keys import SigningPair
from mithaq.crypto.notes import Note, sign
from mithaq.domain.party import LogName, Origin, Role
from mithaq.errors import PeerError
from mithaq.exchange.manifest import PARTS_MAX, WANT_MAX, Part
from mithaq.exchange.pouch import POUCH_ENTRIES_MAX, _seal_manifest
from mithaq.exchange.work import NOTE_WORK, WORK_MAX
from nodes import B, Node, make_pair
from pouches import deliver, manifest

LARGE = {
    "parts": (*(Part("body", 1, "ab" * 32, n, 0) for n in range(PARTS_MAX - 10)), Part("zeros", 0)),
    "want": tuple((n, 0) for n in range(WANT_MAX)),
}
SMALL = {"parts": (Part("zeros", 0),)}


def strangers(liar: Liar) -> Iterator[tuple[str, bytes]]:
    """Pouches of those who know no more than the card, sealed to its key."""
    foreign = SigningPair.generate(Role.LOG, os.urandom)
    public = liar.victim.identity.card.sealing
    logs = {"an unknown log": LogName(Origin("spoc.other.example"), B), "a partner's log": liar.log}
    for size, members in (("small", SMALL), ("large", LARGE)):
        for who, log in logs.items():
            note = manifest(liar.node, liar.victim, log=log, **members).sign(foreign)
            yield f"{size}, {who}", _seal_manifest(note, public, os.urandom)[1]
        text = manifest(liar.node, liar.victim, **members).text()
        true, false = sign(text, str(liar.log), liar.pair), sign(text + b"x\n", str(liar.log), liar.pair)
        for name, lines in (("first", (false[0], true[1])), ("second", (true[0], false[1]))):
            sealed = _seal_manifest(Note(text, lines), public, os.urandom)[1]
            yield f"{size}, the {name} signature spoiled", sealed


def partners(liar: Liar) -> Iterator[tuple[str, Callable[[], list[bytes]]]]:
    """Pouches of a partner at the limits of what one may ask for."""
    refs = tuple(f"{n:064x}" for n in range(64))
    facts = {"result": "accepted"}
    yield "verdicts", lambda: [liar.entry("verdict", re=refs, facts=facts) for _ in range(WORK_MAX // 65)]
    name = liar.node.service.agreements(B)[0].key
    noted = {"act": "propose", "note": name}
    yield "notes", lambda: [liar.entry("agreement", facts=noted) for _ in range(WORK_MAX // (NOTE_WORK + 1))]
    yield "garbage", lambda: [b"%d" % n for n in range(POUCH_ENTRIES_MAX)]
    yield "helds", lambda: [liar.held(size=2, root="01" * 32) for _ in range(POUCH_ENTRIES_MAX)]
    yield "alerts", lambda: [liar.alert(b"%d" % n)[0] for n in range(1_000)]


def cost(run: Callable[[], object], rounds: int) -> float:
    """Median milliseconds."""
    times: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1_000


def run() -> dict[str, dict[str, float]]:
    """All of it."""
    results: dict[str, dict[str, float]] = {"strangers_ms": {}, "partner_ms": {}}
    with tempfile.TemporaryDirectory() as directory:
        a, b = make_pair(Path(directory))
        liar = Liar(a, b)
        for name, data in strangers(liar):
            results["strangers_ms"][name] = cost(lambda data=data: refused(b, data), 30)
        for name, entries in partners(liar):
            said = entries()
            data = liar.pouch(*liar.tells(*said))
            results["partner_ms"][f"{name} ({len(said)})"] = cost(lambda data=data: deliver(b, data), 1)
            for each in said:
                liar.enter(each)
        a.close()
        b.close()
    return results


def refused(node: Node, data: bytes) -> None:
    """Deliver what must be refused."""
    try:
        deliver(node, data)
    except PeerError:
        return
    raise AssertionError("a stranger was let in")


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
