"""A reader that lies about what it held: the author's receipt stays one that a third party accepts.

And whoever has honest receipts cannot make others of their rungs.
"""

import dataclasses
from typing import Any

import pytest

from mithaq.audit.receipt import Receipt
from mithaq.audit.verify import verify_receipt
from mithaq.errors import ForgedError
from mithaq.exchange.pair import Draft
from mithaq.exchange.pouch import part_of
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.cosignature import cosign
from nodes import B, alert, settle
from pouches import batch, deliver, entries, forge, head, lie, own, root_of

ABSENT: dict[str, Any] = {"missing": {"reason": "absent"}}
CAME: dict[str, Any] = {"came": {}}


def check(data, pair):
    cards = [bytes(node.identity.card_note) for node in pair]
    return verify_receipt(data, cards, [node.fingerprint for node in pair])


def held_by_hand(pair, *helds, late=0):
    """a's receipt after b said these ``held``, one a second, and cosigned ``late`` seconds after the first.

    Each names the entry as its members say.
    """
    a, b = pair
    sent = a.service.send(B, alert())
    said, now = entries(a, own(a, b)), b.identity.now()
    start, place = len(entries(b, own(b, a))), {"from": sent.index, "to": sent.index + 1}
    checkpoint = Checkpoint(str(own(a, b)), len(said), root_of(said))
    for after, ranges in enumerate(helds):
        facts = {"of": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}
        named = {name: [place | more] for name, more in ranges.items()}
        lie(b, a, Draft(b.identity.random(16).hex(), "held", facts=facts | {"time": now + after} | named))
    lie(b, a, Draft(b.identity.random(16).hex(), "verdict", re=(sent.leaf,), facts={"result": "accepted"}))
    lines = cosign(checkpoint, b.identity.mirror_name, b.identity.mirror, now + late)
    answer = entries(b, own(b, a))
    parts = (
        head(own(b, a), answer, b.identity.log),
        batch(answer, start),
        part_of("cosignature", checkpoint.text + b"\n" + b"".join(map(bytes, lines))),
    )
    deliver(a, forge(b, a, *parts))
    report = check(a.service.receipt(B, sent.leaf), pair)
    return (report.cosigned - now, report.held and report.held - now, report.verdict)


CASES = {
    "in full": ([{}], (0, 0, "accepted")),
    "without": ([ABSENT], (0, 0, "accepted")),
    "it came": ([ABSENT, CAME], (0, 1, "accepted")),
    "it came twice": ([ABSENT, CAME, CAME], (0, 1, "accepted")),
    "it came and went": ([ABSENT, CAME, ABSENT], (0, 1, "accepted")),
    "with and without": ([ABSENT | CAME], (0, 0, "")),
    "it never lacked": ([CAME], (0, 0, "")),
    "without, with and without": ([ABSENT, ABSENT | CAME], (0, 0, "accepted")),
    "in full and without": ([{}, ABSENT], (0, 0, "accepted")),
}
"""What is said, and seconds until cosigned and held, and the verdict, as far as the receipt proves them."""


@pytest.mark.parametrize("name", CASES)
def test_a_receipt_proves_what_can_be_proved(pair, name):
    helds, proved = CASES[name]
    assert held_by_hand(pair, *helds) == proved


@pytest.mark.parametrize("late", [-1, 1, 10**9])
def test_a_cosignature_at_another_time(pair, late):
    """Without the ``held`` that contradicts it; what is left still binds the reader."""
    assert held_by_hand(pair, {}, late=late) == (late, 0, "accepted")


def test_a_cosignature_at_another_time_than_a_held_that_says_what_else_came(pair):
    a, b = pair
    first = a.service.send(B, alert())
    said, now = entries(a, own(a, b)), b.identity.now()
    root = root_of(said)
    facts = {"of": str(own(a, b)), "size": len(said), "root": root.hex(), "time": now}
    lacks = {"missing": [{"from": first.index, "to": first.index + 1, "reason": "absent"}]}
    lie(b, a, Draft(b.identity.random(16).hex(), "held", facts=facts | lacks))
    second = a.service.send(B, alert("behind it"))
    said = entries(a, own(a, b))
    checkpoint = Checkpoint(str(own(a, b)), len(said), root_of(said))
    facts |= {"size": len(said), "root": checkpoint.root.hex(), "time": now + 5}
    came = {"came": [{"from": first.index, "to": first.index + 1}]}
    lie(b, a, Draft(b.identity.random(16).hex(), "held", facts=facts | came))
    lines = cosign(checkpoint, b.identity.mirror_name, b.identity.mirror, now + 9)
    answer = entries(b, own(b, a))
    parts = (
        head(own(b, a), answer, b.identity.log),
        batch(answer, a.service.status(B).mirror_size),
        part_of("cosignature", checkpoint.text + b"\n" + b"".join(map(bytes, lines))),
    )
    deliver(a, forge(b, a, *parts))
    assert check(a.service.receipt(B, first.leaf), pair).held == now + 5
    report = check(a.service.receipt(B, second.leaf), pair)
    assert (report.cosigned, report.held) == (now + 9, 0)


# --- rungs of other receipts --------------------------------------------------------------------------------


@pytest.fixture
def two_receipts(pair):
    """Two entries of a, held one after the other, with all their rungs."""
    a, b = pair
    leaves = []
    for text in ("one", "two"):
        leaves.append(a.service.send(B, alert(text)).leaf)
        settle(a, b)
    return [Receipt.parse(a.service.receipt(B, leaf)) for leaf in leaves]


SWAPS = {
    "the verdict on another entry": ({"verdict": "verdict"}, "something else"),
    "the held of an earlier size": ({"held": "held"}, "does not cover"),
    "a verdict as the held": ({"held": "verdict"}, "not the reader's answer"),
    "a held as the verdict": ({"verdict": "held"}, "not the reader's answer"),
    "the entry as its own verdict": ({"verdict": "entry"}, "not the reader's answer"),
    "a held as the entry": ({"entry": "held"}, "of an exchange"),
}


@pytest.mark.parametrize("name", SWAPS)
def test_rungs_of_another_receipt(pair, two_receipts, name):
    first, second = two_receipts
    changes, message = SWAPS[name]
    made = dataclasses.replace(second, **{to: getattr(first, rung) for to, rung in changes.items()})
    with pytest.raises(ForgedError, match=message):
        check(bytes(made), pair)


def test_a_rung_that_loses_lines(pair, two_receipts):
    """Neither the cosignature nor a half of one may be taken off a receipt that says held."""
    whole = two_receipts[0]
    for keep, message in ((2, "not cosigned"), (3, "lacks a")):
        note = dataclasses.replace(whole.entry.head, lines=whole.entry.head.lines[:keep])
        made = dataclasses.replace(whole, entry=dataclasses.replace(whole.entry, head=note))
        with pytest.raises(ForgedError, match=message):
            check(bytes(made), pair)


def test_the_cards_of_others(pair, two_receipts):
    a, _ = pair
    with pytest.raises(ForgedError, match="no card of this party"):
        verify_receipt(bytes(two_receipts[0]), [bytes(a.identity.card_note)], [a.fingerprint])
