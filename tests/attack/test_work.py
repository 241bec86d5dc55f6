"""What a partner can make this node work is in proportion to what it sends: calls are counted, not time."""

import dataclasses
import sys

from mithaq.demo.rabat import rabat
from mithaq.domain.entry import Entry
from mithaq.exchange.delivery import PARSED_MAX, Unpacking
from mithaq.exchange.noted import Noted
from mithaq.exchange.pair import Draft
from mithaq.exchange.partners import card_of
from mithaq.exchange.rates import Rates
from mithaq.exchange.signing import sign_agreement
from nodes import A, B, alert, settle
from pouches import lie, own


def calls(work, name: str) -> int:
    """How often a function of this name is called in ``work``."""
    count = 0

    def watch(frame, event, argument):
        nonlocal count
        count += event == "call" and frame.f_code.co_name == name

    sys.setprofile(watch)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def test_many_entries_that_name_one_text_verify_it_once(pair):
    """A pouch of 4,000 entries of 250 bytes would otherwise hold the store's one writer for half a minute."""
    a, b = pair
    (text,) = a.service.agreements(B)
    partner = b.service.partners()[0]
    card = card_of(partner)

    def said(number, act="activate", name=text.key):
        facts = {"act": act, "note": name}
        kind = "card" if act == "publish" else "agreement"
        return Entry(own(a, b), f"{number:032x}", kind, b.identity.now(), facts=facts).data

    def count(entries) -> int:
        def work(tx):
            return calls(lambda: Noted(tx, b.identity, partner, card, {}).keep(entries), "verify_ml_dsa")

        return b.store.write(work)

    once = count([said(0)])
    assert once >= 2
    assert count([said(number) for number in range(50)]) == once
    each = [said(number, act) for number, act in enumerate(("activate", "propose", "suspend"))]
    assert count(each * 20) == sum(count([one]) for one in each)


def test_contents_of_large_entries_are_read_once_and_not_for_ever(pair):
    """A pouch of 230 KB, all of empty contents, would otherwise take five seconds of processor time."""
    a, b = pair
    closes = [{"field": f"f{n}", "kinds": ["information"] * 64} for n in range(60)]
    facts = {"digest": "ab" * 32, "serial": 1, "closes": closes}
    first, *_ = [lie(a, b, Draft(f"{n:032x}", "rules", facts=facts)) for n in range(60)]
    assert len(first.entry.data) > PARSED_MAX / 60
    settle(a, b)
    unpacking = Unpacking(b.identity, b.store, b.service.partner(A), Rates(b.clock))
    assert calls(lambda: [unpacking._entry(first.index) for _ in range(50)], "parse") < 5
    found = [unpacking._entry(first.index + n) for n in range(60)]
    assert found[0] is not None
    assert found[-1] is None


def test_texts_that_we_are_not_bound_by_are_not_read(pair):
    a, b = pair
    (force,) = a.service.agreements(B)
    text = rabat(int(a.clock()), serial=2, previous=force.key).text()
    name = a.service.propose(B, bytes(sign_agreement(text, A, a.keys.authority)))
    settle(a, b)
    unpacking = Unpacking(b.identity, b.store, b.service.partner(A), Rates(b.clock))
    entry = a.service.item(B, a.service.send(B, alert()).leaf).entry
    assert unpacking._terms(entry)
    assert unpacking._terms(dataclasses.replace(entry, agreement=name)) is None
