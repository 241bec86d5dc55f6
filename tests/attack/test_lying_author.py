"""An author that skips its own checks: the reader refuses, keeps no contents, and both records say why."""

import dataclasses

import pytest

import pouches
from mithaq.demo.rabat import rabat
from mithaq.domain.entry import Entry
from mithaq.domain.handling import Handling
from mithaq.domain.moment import DAY
from mithaq.errors import StaleError
from mithaq.exchange import contents
from mithaq.exchange.contents import Place
from mithaq.exchange.packing import Lane
from mithaq.exchange.pair import Draft, Pair
from mithaq.exchange.ports import BodyKey
from mithaq.exchange.service import Service
from mithaq.exchange.signing import sign_agreement
from mithaq.formats import stix
from mithaq.formats.stix_markings import TLP_2
from nodes import TEXT, A, B, alert, carry, settle
from pouches import batch, deliver, draft_of, entries, forge, head, own
from stix_samples import domain_object


@pytest.fixture
def nodes(pair):
    return pair


def lie(a, media_type, content, *, kind="information", field="cross-border-crime", facts=None, **body):
    """Say it without asking the text about the contents; the header alone is judged by the fold."""
    log = a.service.partner(B).own
    entry_id = a.identity.random(16).hex()
    until = a.identity.now() + 5 * DAY
    row, stored = contents.new(a.identity, Place(log, entry_id, 0), media_type, content, until)
    (agreement,) = a.service.agreements(B)
    draft = Draft(
        entry_id,
        kind,
        agreement=agreement.key,
        field=field,
        handling=Handling("green"),
        keep_until=until,
        facts=facts or {"status": "exercise"},
        bodies=(dataclasses.replace(row, **body),),
    )

    def work(tx):
        logged = Pair.of(tx, a.identity, log).say(draft)
        tx.bodies.put(BodyKey(log, logged.index, 0), stored)
        return logged.entry.leaf.hex()

    return a.store.write(work)


def refused(a, b, leaf):
    """The codes, after everything has been carried and both sides agree on what happened."""
    settle(a, b)
    item = b.service.item(A, leaf)
    assert item.verdict == "refused"
    assert a.service.item(B, leaf).codes == item.codes
    assert item.present == (False,), "what was refused is kept"
    assert a.service.record_lines(B) == b.service.record_lines(A)
    return item.codes


def person():
    return stix.bundle([domain_object("identity", name="Somebody", identity_class="individual")])


def test_data_about_persons(nodes):
    assert "persons" in refused(*nodes, lie(nodes[0], stix.MEDIA_TYPE, person()))


def test_a_marking_above_what_was_declared(nodes):
    secret = stix.bundle([domain_object("tool", name="t", object_marking_refs=[TLP_2["red"]])])
    assert "tlp-content" in refused(*nodes, lie(nodes[0], stix.MEDIA_TYPE, secret))


def test_a_document_that_is_none(nodes):
    codes = refused(*nodes, lie(nodes[0], "application/pdf", b"not a PDF", kind="expertise"))
    assert "media-type-content" in codes or "content" in codes


def test_a_number_of_objects_that_is_not_so(nodes):
    one = stix.bundle([domain_object("tool", name="t")])
    assert "objects" in refused(*nodes, lie(nodes[0], stix.MEDIA_TYPE, one, objects=7))


@pytest.mark.parametrize("offset", [3_600, 301])
def test_a_clock_that_is_ahead(nodes, offset):
    a, b = nodes
    a.clock.offset = offset
    sent = a.service.send(B, alert())
    assert refused(a, b, sent.leaf) == ("clock",)


def test_a_clock_that_goes_back_behind_what_it_held(nodes, monkeypatch):
    a, b = nodes
    a.clock.offset, b.clock.offset = 1_200, 1_000
    b.service.send(A, alert())
    settle(a, b)
    a.clock.offset = 800
    monkeypatch.setattr("mithaq.exchange.clocks.at", lambda now, _: now)  # as no honest node would say it
    sent = a.service.send(B, alert())
    assert refused(a, b, sent.leaf) == ("clock",)


def test_a_clock_within_what_is_allowed(nodes):
    a, b = nodes
    a.clock.offset = 290
    sent = a.service.send(B, alert())
    settle(a, b)
    assert b.service.item(A, sent.leaf).verdict == "accepted"


def test_contents_that_were_to_go_before_they_came(nodes):
    a, b = nodes
    sent = a.service.send(B, alert(keep_days=1))
    b.clock.offset = 3 * DAY
    assert refused(a, b, sent.leaf) == ("expired",)


def test_contents_that_come_after_their_day(nodes):
    """The entry in time, its large contents too late: refused once, and not wanted for ever."""
    a, b = nodes
    sent = a.service.send(B, alert("x" * 3_000_000, keep_days=1))
    carry(a, b, a.service.pouch(B, Lane.PROMPT))
    bulk = a.service.pouch(B, Lane.BULK)
    b.clock.offset = 3 * DAY
    carry(a, b, bulk)
    assert refused(a, b, sent.leaf) == ("expired",)
    assert b.service.status(A).wanted == 0


def test_a_header_that_the_text_forbids(nodes):
    """What the fold finds illegal is mirrored, marked, refused with its code, and has no effect."""
    a, b = nodes
    lie_leaf = lie(a, TEXT, b"x", kind="alert", field="civil-protection", facts=alert().facts)
    said = entries(a, own(a, b))
    entry = Entry.parse(said[-1])
    assert entry.leaf.hex() == lie_leaf
    worse = dataclasses.replace(entry, handling=Handling("red"), id="ab" * 16)
    said = [*said, worse.data]
    deliver(b, forge(a, b, head(own(a, b), said, a.identity.log), batch(said, 0)))
    assert b'"outcome":"illegal tlp"' in b.service.record_lines(A)
    assert b'"codes":["tlp"]' in b.service.record_lines(A)


def test_a_clock_that_jumps_back_stops_nothing(nodes):
    """After a restart with a clock a day behind, our pouches must not look old to the partner."""
    a, b = nodes
    b.service.send(A, alert())
    settle(a, b)
    a.service = Service(a.identity, a.store)
    a.clock.offset -= DAY
    for text in ("one", "two"):
        b.service.send(A, alert(text))
        settle(a, b)
    assert b.service.partner(A).have == b.service.status(A).own_size
    assert a.service.record_lines(B) == b.service.record_lines(A)


def test_a_text_that_is_named_before_it_comes(pair):
    """Its reader has no such text; later it has. What it said of the entry must not change by that.

    An honest reader that folds its logs again would otherwise contradict the digests that it has signed.
    """
    a, b = pair
    leaf = a.service.send(B, alert("something to speak of")).leaf
    settle(a, b)
    later = rabat(int(a.clock()), serial=2)
    draft, _ = draft_of(
        a,
        b,
        (TEXT, b"x"),
        kind="reply",
        agreement=later.digest,
        re=(leaf,),
        facts={"status": "exercise", "items": [{"item": 1, "status": "answered"}]},
        handling=Handling("green"),
    )
    pouches.lie(a, b, draft)
    settle(a, b)
    a.service.propose(B, bytes(sign_agreement(later.text(), A, a.keys.authority)))
    settle(a, b)
    said = b.store.read(lambda tx: tx.logs.row(own(a, b)).state.digest)
    assert b.service.record(A).digests()[0] == said
    assert a.service.record_lines(B) == b.service.record_lines(A)


def test_what_has_no_verdict_is_not_read(nodes):
    """The attack: a second content never comes, so the first is never judged, and shown all the same."""
    a, b = nodes
    bad, never = (TEXT, b"\xff\xfe not text"), (TEXT, b"never sent")
    draft, bodies = draft_of(a, b, bad, never, handling=Handling("green"))
    leaf = pouches.lie(a, b, draft, bodies[:1]).entry.leaf.hex()
    settle(a, b)
    item = b.service.item(A, leaf)
    assert (item.verdict, item.present) == ("", (True, False))
    with pytest.raises(StaleError):
        b.service.content(A, leaf, 0)
