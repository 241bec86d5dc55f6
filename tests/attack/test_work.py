"""What a partner can make this node work is in proportion to what it sends: calls are counted, not time."""

import sys

from mithaq.domain.entry import Entry
from mithaq.exchange.noted import Noted
from mithaq.exchange.partners import card_of
from nodes import B
from pouches import own


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
