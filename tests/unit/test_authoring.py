"""Saying something: every kind, every refusal before sending, and that a refusal leaves nothing."""

import pytest

from mithaq.domain.handling import Handling
from mithaq.domain.kinds import BODIES_MAX, EXCHANGE_KINDS
from mithaq.errors import MalformedError, RefusedError, UsageError
from mithaq.exchange.authoring import Message
from mithaq.exchange.packing import Lane
from mithaq.formats.stix import MEDIA_TYPE
from mithaq.formats.stix_markings import TLP_2
from nodes import TEXT, A, B, alert, introduce, make_node, settle
from pouches import check_equal, own, rows, snapshot
from stix_samples import domain_object, indicator, plain_bundle

STATUS = {"status": "exercise"}
PDF = (
    b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nxref\n0 1\n0000000000 65535 f \ntrailer\n<<>>\nstartxref\n29\n%%EOF\n"
)


def message(kind, *contents, field="migration", facts=STATUS, **changes):
    return Message(
        **{
            "kind": kind,
            "field": field,
            "contents": contents or ((TEXT, b"what is said"),),
            "handling": Handling("green"),
            "facts": facts,
        }
        | changes
    )


def request(items=3, **changes):
    facts = STATUS | {"urgency": "normal", "items": items}
    return message("request", facts=facts, **changes)


def reply(leaf, *items, **changes):
    facts = STATUS | {"items": [{"item": number, "status": "answered"} for number in items]}
    return message("reply", facts=facts, re=(leaf,), **changes)


def bundle(*objects):
    return (MEDIA_TYPE, plain_bundle(*objects))


def security(*contents, **changes):
    return message("information", *contents, field="security", **changes)


def states(node, partner):
    return {item.leaf: item.reading for item in node.service.sent(partner)}


def test_every_kind_is_sent_held_and_accepted_in_both_directions(pair):
    a, b = pair
    for author, other in ((a, b), (b, a)):
        asked = author.service.send(other.origin, request())
        settle(a, b)
        other.service.send(author.origin, reply(asked.leaf, 1, 2, 3))
        for each in (alert(), message("information"), message("expertise")):
            author.service.send(other.origin, each)
    settle(a, b)
    check_equal(a, b)
    for node, partner in ((a, B), (b, A)):
        said = node.service.sent(partner)
        assert {item.entry.kind for item in said} == set(EXCHANGE_KINDS)
        assert all((item.reading, item.verdict) == ("accepted", "accepted") and item.held for item in said)


def test_a_reply_answers_the_items_that_it_names(pair):
    a, b = pair
    asked = a.service.send(B, request(items=3))
    settle(a, b)
    b.service.send(A, reply(asked.leaf, 2))
    settle(a, b)
    for node, partner in ((a, B), (b, A)):
        things = node.service.record(partner).things
        request_ = things[asked.leaf]
        assert request_.item(2, things[f"{asked.leaf}/2"]).reading == "answered"
        assert f"{asked.leaf}/1" not in things
    b.service.send(A, reply(asked.leaf, 1, 3))
    settle(a, b)
    check_equal(a, b)
    assert b'"items":["answered","answered","answered"]' in a.service.record_lines(B)


def test_a_reply_names_the_text_of_its_request(pair):
    a, b = pair
    asked = a.service.send(B, request())
    settle(a, b)
    answer = b.service.send(A, reply(asked.leaf, 1))
    assert b.service.item(A, answer.leaf).entry.agreement == a.service.item(B, asked.leaf).entry.agreement


def test_several_contents_come_in_their_order(pair):
    a, b = pair
    sent = a.service.send(B, security((TEXT, b"first"), ("application/pdf", PDF), bundle(indicator())))
    assert (sent.bodies, sent.size) == (
        3,
        sum(body.size for body in a.service.item(B, sent.leaf).entry.bodies),
    )
    settle(a, b)
    item = b.service.item(A, sent.leaf)
    assert item.present == (True, True, True)
    assert b.service.content(A, sent.leaf, 0) == b"first"
    assert b.service.content(A, sent.leaf, 1) == PDF
    assert [body.objects for body in item.entry.bodies] == [1, 1, 1]


def test_what_is_sent_is_counted_in_objects(pair):
    a, _ = pair
    sent = a.service.send(B, security(bundle(*map(indicator, range(7)))))
    assert a.service.item(B, sent.leaf).entry.bodies[0].objects == 7


REFUSALS = {
    "field": alert(field="sport"),
    "kind": message("alert", facts={"urgency": "future", **STATUS}),
    "media-type": alert(contents=(bundle(indicator()),)),
    "size": alert(contents=((TEXT, bytes([65]) * (8 * 2**20 + 1)),)),
    "tlp": alert(handling=Handling("amber")),
    "pap": alert(handling=Handling("green", pap="clear")),
    "expiry": alert(keep_days=91),
    "urgency": request() and message("request", facts=STATUS | {"urgency": "now", "items": 1}),
    "content": security((TEXT, b"")),
    "media-type-content": alert(contents=((TEXT, b"%PDF-1.7 \0"),)),
    "persons": security(bundle(domain_object("identity", name="N", identity_class="individual"))),
    "tlp-content": security(bundle(indicator(object_marking_refs=[TLP_2["amber"]]))),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_names_its_rule_and_leaves_nothing(pair, code):
    a, b = pair
    before = snapshot(a, b)
    with pytest.raises(RefusedError) as caught:
        a.service.send(B, REFUSALS[code])
    assert code in caught.value.codes
    assert snapshot(a, b) == before
    assert a.store.read(lambda tx: tx.bodies.present(own(a, b), 0, 10_000)) == {}
    assert a.service.pouch(B, Lane.PROMPT) is None


def test_a_reply_without_the_request_in_sight_is_refused(pair):
    a, b = pair
    asked = a.service.send(B, request())
    for leaf in (asked.leaf, "ab" * 32):  # b has seen neither
        with pytest.raises(RefusedError) as caught:
            b.service.send(A, reply(leaf, 1))
        assert caught.value.codes[0] in {"unseen", "other-text"}
    settle(a, b)
    with pytest.raises(RefusedError, match="no-item"):
        b.service.send(A, reply(asked.leaf, 4))
    b.service.send(A, reply(asked.leaf, 1))
    with pytest.raises(RefusedError, match="no-such-step"):
        b.service.send(A, reply(asked.leaf, 1))
    with pytest.raises(RefusedError, match="no-request"):
        a.service.send(B, reply(asked.leaf, 1))


@pytest.mark.parametrize(
    "spoiled",
    [
        message("poem"),
        message("held"),
        alert(contents=()),
        alert(contents=((TEXT, b"x"),) * (BODIES_MAX + 1)),
        alert(facts={"urgency": "immediate"}),
        alert(facts=STATUS | {"urgency": "immediate", "remark": "free text"}),
        alert(by=("duty-officer", "Mister Smith")),
        alert(re=("not hex",)),
    ],
)
def test_what_is_no_entry_is_an_error_of_ours_and_leaves_nothing(pair, spoiled):
    a, b = pair
    before = snapshot(a, b)
    with pytest.raises((UsageError, MalformedError)):
        a.service.send(B, spoiled)
    assert snapshot(a, b) == before


def test_a_person_who_acted_is_named_by_role_and_number(pair):
    a, b = pair
    sent = a.service.send(B, alert(by=("duty-officer", "A-17")))
    settle(a, b)
    assert b.service.item(A, sent.leaf).entry.by == ("duty-officer", "A-17")


def test_without_a_text_in_force_nothing_is_said(tmp_path):
    a, b = make_node(tmp_path / "a", "a", A), make_node(tmp_path / "b", "b", B)
    introduce(a, b)
    settle(a, b)
    with pytest.raises(UsageError, match="no text is in force"):
        a.service.send(B, alert())
    with pytest.raises(UsageError, match="no such partner"):
        a.service.send("spoc.nobody.example", alert())
    a.close()
    b.close()


def test_entries_said_at_once_share_heads_and_lose_nothing(pair):
    """A thousand and one entries in one commit need two heads (protocol 6)."""
    from mithaq.exchange.pair import BATCH_MAX, Draft, Pair

    a, b = pair
    log = own(a, b)
    before = len(rows(a, log))
    key = bytes(a.identity.card.sealing).hex()

    def work(tx):
        for _ in range(BATCH_MAX + 1):
            Pair.of(tx, a.identity, log).say(
                Draft(a.identity.random(16).hex(), "keys", facts={"sealing": key})
            )

    a.store.write(work)
    heads = a.store.read(lambda tx: tx.logs.heads(log, before, 10))
    assert [head.size - before for head in heads] == [BATCH_MAX, BATCH_MAX + 1]
