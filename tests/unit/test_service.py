"""The one door, on two real nodes: every kind, both lanes, the ladder, what people read."""

import pytest

from mithaq.domain.handling import Handling
from mithaq.errors import ForgedError, RefusedError, StaleError, UsageError
from mithaq.exchange.packing import Lane
from mithaq.formats import stix
from nodes import TEXT, A, B, alert, carry, make_pair, reader, settle
from stix_samples import domain_object

FIELD = "cross-border-crime"
STATUS = {"status": "exercise"}


@pytest.fixture
def nodes(tmp_path):
    a, b = make_pair(tmp_path)
    yield a, b
    a.close()
    b.close()


def request(items=2):
    facts = {"urgency": "other", "items": items, **STATUS}
    return alert("which vessel?", kind="request", field=FIELD, facts=facts)


def urgency(node):
    text = node.service.note(node.service.agreements(B if node.origin == A else A)[0].key)
    from mithaq.crypto.notes import Note
    from mithaq.domain.agreement import Agreement

    profile = Agreement.parse(Note.parse(text, limit=10**6).text).profile_of(FIELD)
    return next(name for name, each in profile.urgencies.items() if not each.grounds)


def said(sender, receiver, message):
    sent = sender.service.send(receiver.origin, message)
    settle(sender, receiver)
    return receiver.service.item(sender.origin, sent.leaf)


def information(n=3):
    content = stix.bundle([domain_object("tool", i, name=f"tool {i}") for i in range(n)])
    return alert("", kind="information", field=FIELD, facts=STATUS, contents=((stix.MEDIA_TYPE, content),))


def test_every_kind(nodes):
    a, b = nodes
    ask = request()
    ask.facts["urgency"] = urgency(a)
    for message in (alert(), information(), alert("paper", kind="expertise", facts=STATUS), ask):
        assert said(a, b, message).verdict == "accepted"
        assert said(b, a, message).verdict == "accepted"


def test_a_reply_answers_items(nodes):
    a, b = nodes
    ask = request()
    ask.facts["urgency"] = urgency(a)
    asked = said(a, b, ask)

    def reply(*items):
        facts = {"items": [{"item": n, "status": "answered"} for n in items], **STATUS}
        return alert("it is", kind="reply", field=FIELD, facts=facts, re=(asked.leaf,))

    assert said(b, a, reply(2)).verdict == "accepted"
    record = a.service.record_lines(B)
    assert b'"items":["received","answered"]' in record
    for twice in ((2,), (3,)):
        with pytest.raises(RefusedError):
            b.service.send(A, reply(*twice))
    with pytest.raises(RefusedError, match="no-request"):
        a.service.send(B, reply(1))


def test_what_the_text_forbids_does_not_leave(nodes):
    a, _ = nodes
    before = a.service.status(B)
    with pytest.raises(RefusedError) as error:
        a.service.send(B, alert(handling=Handling("red"), field="migration"))
    assert "kind" in error.value.codes
    assert "tlp" in error.value.codes
    with pytest.raises(RefusedError):
        a.service.send(B, alert(contents=(("application/pdf", b"no PDF"),)))
    assert a.service.status(B) == before
    assert a.service.sent(B) == []


def test_an_alert_overtakes_large_contents(nodes):
    a, b = nodes
    large = a.service.send(B, alert("x" * 3_000_000))
    carry(a, b, a.service.pouch(B, Lane.PROMPT))
    bulk = a.service.pouch(B, Lane.BULK)
    behind = a.service.send(B, alert("urgent"))
    carry(a, b, a.service.pouch(B, Lane.PROMPT))
    assert a.service.item(B, behind.leaf).verdict == "accepted"
    assert not a.service.item(B, large.leaf).held
    assert b.service.status(A).wanted == 1
    assert a.service.pouch(B, Lane.BULK) is None, "what is under way does not go twice"
    carry(a, b, bulk)
    carry(a, b, a.service.pouch(B, Lane.PROMPT))
    item = a.service.item(B, large.leaf)
    assert item.verdict == "accepted"
    assert item.held
    assert b.service.status(A).wanted == 0


def test_a_bulk_pouch_that_failed_goes_again(nodes):
    a, b = nodes
    large = a.service.send(B, alert("x" * 3_000_000))
    carry(a, b, a.service.pouch(B, Lane.PROMPT))
    a.service.failed(a.service.pouch(B, Lane.BULK))
    carry(a, b, a.service.pouch(B, Lane.BULK))
    assert b.service.item(A, large.leaf).verdict == "accepted"


def test_a_lost_answer(nodes):
    a, b = nodes
    sent = a.service.send(B, alert())
    outgoing = a.service.pouch(B, Lane.PROMPT)
    b.service.receive(reader(outgoing.pieces))
    a.service.failed(outgoing)
    settle(a, b)
    assert a.service.item(B, sent.leaf).verdict == "accepted"
    assert a.service.status(B).cosigned


def test_contents_are_read_where_they_are(nodes):
    a, b = nodes
    item = said(a, b, alert("what it says"))
    assert b.service.content(A, item.leaf, 0) == a.service.content(B, item.leaf[:12], 0) == b"what it says"
    with pytest.raises(StaleError):
        b.service.content(A, item.leaf, 1)


def test_items_are_named_by_their_leaf(nodes):
    a, b = nodes
    item = said(a, b, alert())
    assert b.service.inbox(A)[0] == item
    assert a.service.sent(B)[0].leaf == item.leaf
    for bad in ("xyz", item.leaf[:7], "0" * 64):
        with pytest.raises(UsageError):
            a.service.item(B, bad)


def test_strangers_are_no_partners(nodes):
    a, _ = nodes
    with pytest.raises(UsageError, match="card"):
        a.service.send("nobody.example", alert())
    with pytest.raises(UsageError):
        a.service.note("ab" * 32)


def test_a_kind_with_many_contents(nodes):
    a, b = nodes
    contents = tuple((TEXT, f"part {n}".encode()) for n in range(64))
    item = said(a, b, alert(contents=contents, kind="expertise", facts=STATUS))
    assert item.present == (True,) * 64
    assert b.service.content(A, item.leaf, 63) == b"part 63"


def test_our_own_pouch_is_not_for_us(nodes):
    a, _ = nodes
    with pytest.raises(ForgedError):
        a.service.receive(reader(a.service.poll(B).pieces))
