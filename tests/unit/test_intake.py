"""Taking what a partner says: held, judged, wanted; honest, late, spoiled and lying."""

import pytest

from mithaq.domain.entry import Entry
from mithaq.domain.handling import Handling
from mithaq.domain.moment import DAY
from mithaq.errors import StaleError
from mithaq.exchange.packing import PROMPT_BODY_MAX, Lane
from mithaq.formats.stix import MEDIA_TYPE
from nodes import TEXT, A, B, alert, settle
from pouches import (
    body_part,
    check_equal,
    come_to_rest,
    deliver,
    draft_of,
    entries,
    exchange,
    forge,
    lie,
    lie_bytes,
    own,
    pack,
    rows,
    take_answer,
)
from stix_samples import domain_object, indicator, plain_bundle

LARGE = bytes([65]) * (PROMPT_BODY_MAX + 1)
STATUS = {"status": "exercise"}


def last_held(node, partner):
    """What the node said of the partner's log, newest first."""
    return [
        Entry.parse(row.data).facts for row in reversed(rows(node, own(node, partner))) if row.kind == "held"
    ]


def outcome(node, log, index):
    return rows(node, log)[index].outcome.decode()


def opened(liar, partner, draft, index, ordinal=0):
    """Salt and content of a body of the liar's, as they travel."""
    from mithaq.exchange.packing import load_body

    data = load_body(liar.identity, liar.store, own(liar, partner), (index, ordinal))
    return data[:32], data[32:]


# --- the ladder -------------------------------------------------------------------------------------------


def test_an_alert_is_held_cosigned_and_accepted_by_one_pouch(pair):
    a, b = pair
    sent = a.service.send(B, alert())
    exchange(a, b)
    item, status = a.service.item(B, sent.leaf), a.service.status(B)
    assert item.reading == "accepted"
    assert item.held >= sent.at
    assert sent.index < status.cosigned == status.have
    assert b.service.content(A, sent.leaf, 0) == b"flood"


def test_cosignature_and_held_have_one_time(pair):
    a, b = pair
    a.service.send(B, alert())
    settle(a, b)
    cosigned = a.store.read(lambda tx: tx.logs.newest_cosignature(own(a, b)))
    (facts, *_) = last_held(b, a)
    assert (facts["size"], facts["root"], facts["time"]) == (
        cosigned.size,
        cosigned.root.hex(),
        cosigned.time,
    )


def test_held_alone_makes_no_held_due(pair):
    """Else two nodes would answer each other's receipts for ever (protocol 6)."""
    a, b = pair
    a.service.send(B, alert())
    settle(a, b)
    sizes = [a.service.status(B).own_size, b.service.status(A).own_size]
    assert settle(a, b) == 0
    for _ in range(3):
        deliver(b, forge(a, b))
    assert [a.service.status(B).own_size, b.service.status(A).own_size] == sizes


def test_held_time_never_goes_back(pair):
    a, b = pair
    a.service.send(B, alert())
    settle(a, b)
    before = last_held(b, a)[0]["time"]
    b.clock.offset = -200
    a.service.send(B, alert())
    settle(a, b)
    assert last_held(b, a)[0]["time"] >= before
    check_equal(a, b)


# --- large contents ---------------------------------------------------------------------------------------


def test_an_alert_overtakes_a_large_content(pair):
    """The large one is held with a gap, the alert behind it is judged at once; then the gap closes."""
    a, b = pair
    large = a.service.send(B, alert(contents=((TEXT, LARGE),)))
    urgent = a.service.send(B, alert("behind it"))
    exchange(a, b)
    assert [a.service.item(B, sent.leaf).reading for sent in (large, urgent)] == ["sent", "accepted"]
    assert last_held(b, a)[0]["missing"] == [{"from": large.index, "to": large.index + 1, "reason": "absent"}]
    assert a.service.item(B, large.leaf).held == 0
    assert b.service.status(A).wanted == 1
    with pytest.raises(StaleError):
        b.service.content(A, large.leaf, 0)
    exchange(a, b, Lane.BULK)
    assert a.service.item(B, large.leaf).reading == "accepted"
    assert last_held(b, a)[0]["came"] == [{"from": large.index, "to": large.index + 1}]
    assert a.service.item(B, large.leaf).held > 0
    assert b.service.content(A, large.leaf, 0) == LARGE
    assert b.service.status(A).wanted == 0
    come_to_rest(a, b)


def test_an_entry_waits_for_the_last_of_its_contents(pair):
    a, b = pair
    sent = a.service.send(B, alert(contents=((TEXT, b"small"), (TEXT, LARGE), (TEXT, LARGE))))
    exchange(a, b)
    assert b.service.item(A, sent.leaf).present == (True, False, False)
    assert b.service.item(A, sent.leaf).verdict == ""
    settle(a, b)
    assert b.service.item(A, sent.leaf).present == (True, True, True)
    check_equal(a, b)


def test_one_of_several_contents_completes_nothing(pair):
    a, b = pair
    sent = a.service.send(B, alert(contents=((TEXT, LARGE), (TEXT, LARGE))))
    exchange(a, b)
    held = len(last_held(b, a))
    salt, content = opened(a, b, None, sent.index, 0)
    deliver(b, forge(a, b, body_part(sent.index, 0, salt, content)))
    assert b.service.item(A, sent.leaf).present == (True, False)
    assert len(last_held(b, a)) == held
    come_to_rest(a, b)


def test_a_content_that_came_twice_is_judged_once(pair):
    a, b = pair
    sent = a.service.send(B, alert(contents=((TEXT, LARGE),)))
    exchange(a, b)
    bulk = pack(a, b, Lane.BULK)
    answers = [deliver(b, bulk.data) for _ in range(3)]
    take_answer(a, bulk, answers[0])
    come_to_rest(a, b)
    assert a.service.item(B, sent.leaf).verdict == "accepted"


# --- what does not fit its entry --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "change"), [("hash", lambda c: c[:-1] + b"X"), ("size", lambda c: c + b"X"), ("absent", None)]
)
def test_a_content_that_is_not_the_one_committed_to_is_missing_with_its_reason(pair, reason, change):
    a, b = pair
    sent = a.service.send(B, alert("committed to"))
    parts = list(
        a.service._packer.pack(
            a.service.partner(B), a.service._outbox(a.service.partner(B)), Lane.PROMPT
        ).contents
    )
    salt, content = opened(a, b, None, sent.index)
    kept = [part for part in parts if part.part.kind != "body"]
    spoiled = [body_part(sent.index, 0, salt, change(content))] if change else []
    deliver(b, forge(a, b, *kept, *spoiled))
    assert last_held(b, a)[0]["missing"] == [{"from": sent.index, "to": sent.index + 1, "reason": reason}]
    assert b.service.item(A, sent.leaf).present == (False,)
    assert b.service.item(A, sent.leaf).verdict == ""
    settle(a, b)  # the real one is wanted, and comes
    assert a.service.item(B, sent.leaf).verdict == "accepted"
    check_equal(a, b)


@pytest.mark.parametrize("salt", [b"", bytes(31)])
def test_a_content_without_its_salt_is_no_content(pair, salt):
    a, b = pair
    sent = a.service.send(B, alert(contents=((TEXT, LARGE),)))
    exchange(a, b)
    deliver(b, forge(a, b, body_part(sent.index, 0, salt, b"")))
    assert b.service.item(A, sent.leaf).present == (False,)


# --- liars ------------------------------------------------------------------------------------------------


def persons():
    return (MEDIA_TYPE, plain_bundle(domain_object("identity", name="N", identity_class="individual")))


SECURITY = {"kind": "information", "field": "security", "facts": STATUS, "handling": Handling("green")}


def test_persons_are_refused_on_arrival_and_destroyed(pair):
    """The attack: a sender that skips its own judgment."""
    a, b = pair
    draft, bodies = draft_of(a, b, persons(), (TEXT, b"with it"), **SECURITY)
    said = lie(a, b, draft, bodies)
    settle(a, b)
    item = b.service.item(A, said.entry.leaf.hex())
    assert (item.verdict, item.codes, item.present) == ("refused", ("persons",), (False, False))
    assert b.service.status(A).wanted == 0
    assert a.service.item(B, said.entry.leaf.hex()).codes == ("persons",)
    check_equal(a, b)


def test_refused_contents_are_dropped_when_the_last_one_comes(pair):
    a, b = pair
    named = domain_object("identity", name="N", identity_class="individual")
    large = (MEDIA_TYPE, plain_bundle(named, *map(indicator, range(2_900))))
    assert len(large[1]) > PROMPT_BODY_MAX
    draft, bodies = draft_of(a, b, large, (TEXT, b"harmless"), **SECURITY)
    said = lie(a, b, draft, bodies)
    exchange(a, b)
    assert b.service.item(A, said.entry.leaf.hex()).present == (False, True)
    settle(a, b)
    item = b.service.item(A, said.entry.leaf.hex())
    assert (item.verdict, item.codes, item.present) == ("refused", ("persons",), (False, False))
    check_equal(a, b)


def test_a_bundle_that_does_not_parse_is_refused_and_asked_for_no_more(pair):
    """The attack: bytes on which examination fails; they must not be carried again and again."""
    a, b = pair
    broken = b'{"type":"bundle","id":"bundle--1","objects":[{"type":"indicator"}],"objects":[]}'
    draft, bodies = draft_of(a, b, (MEDIA_TYPE, broken), **SECURITY)
    said = lie(a, b, draft, bodies)
    come_to_rest(a, b)
    item = b.service.item(A, said.entry.leaf.hex())
    assert (item.verdict, item.codes, item.present) == ("refused", ("content",), (False,))
    assert b.service.status(A).wanted == 0


def test_a_mark_above_the_ceiling_is_illegal_in_both_records(pair):
    a, b = pair
    draft, bodies = draft_of(a, b, (TEXT, b"too secret"), handling=Handling("red"))
    said = lie(a, b, draft, bodies)
    settle(a, b)
    for node in (a, b):
        assert outcome(node, own(a, b), said.index) == "illegal tlp"
    item = b.service.item(A, said.entry.leaf.hex())
    assert (item.reading, item.codes, item.present) == ("void and refused", ("tlp",), (False,))
    assert "missing" not in last_held(b, a)[0]
    assert b.service.status(A).wanted == 0
    assert a.service.record_lines(B) == b.service.record_lines(A)


@pytest.mark.parametrize("offset", [1_000, -1_000])
def test_a_wrong_clock_is_refused_and_the_right_one_is_not(pair, offset):
    a, b = pair
    a.clock.offset = b.clock.offset = DAY  # the text has been in force for a while
    b.service.send(A, alert("so that a says held"))
    settle(a, b)
    a.clock.offset += offset
    draft, bodies = draft_of(a, b, (TEXT, b"when?"), handling=Handling("green"))
    said = lie(a, b, draft, bodies)
    a.clock.offset -= offset
    sent = a.service.send(B, alert("right again"))
    settle(a, b)
    item = b.service.item(A, said.entry.leaf.hex())
    assert (item.verdict, item.codes, item.present) == ("refused", ("clock",), (False,))
    assert a.service.item(B, sent.leaf).verdict == "accepted"
    check_equal(a, b)


def unmarked(entry):
    """An entry of the exchange without handling, as no author can write it."""
    import json

    members = entry.members()
    del members["handling"]
    return json.dumps(members, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize("data", [b"{}", b"\xff", b'{"v":2}', b"x" * 65_535])
def test_what_is_no_entry_is_mirrored_counted_and_has_no_effect(pair, data):
    a, b = pair
    index = lie_bytes(a, b, data)
    sent = a.service.send(B, alert("behind it"))
    settle(a, b)
    for node in (a, b):
        assert outcome(node, own(a, b), index) == "malformed"
    assert entries(b, own(a, b))[index] == data
    assert a.service.item(B, sent.leaf).verdict == "accepted"
    check_equal(a, b)


def test_unmarked_contents_are_malformed(pair):
    a, b = pair
    draft, _ = draft_of(a, b, (TEXT, b"no mark"), handling=Handling("green"))
    data = unmarked(draft.entry(own(a, b), a.identity.now()))
    index = lie_bytes(a, b, data)
    settle(a, b)
    assert outcome(b, own(a, b), index) == "malformed"
    assert b.service.inbox(A) == []


def test_the_same_entry_twice_is_void_and_judged_once(pair):
    a, b = pair
    sent = a.service.send(B, alert("once"))
    settle(a, b)
    index = lie_bytes(a, b, entries(a, own(a, b))[sent.index])
    settle(a, b)
    assert outcome(b, own(a, b), index) == "illegal repeated"
    check_equal(a, b)


def test_a_lie_about_the_partner_is_void(pair):
    """A verdict on one's own entry, a held of a root that never was."""
    a, b = pair
    from mithaq.exchange.pair import Draft

    sent = a.service.send(B, alert())
    facts = {"of": str(own(b, a)), "size": 3, "root": "00" * 32, "time": 5}
    for kind, members, code in (
        ("verdict", {"re": (sent.leaf,), "facts": {"result": "accepted"}}, "not-due"),
        ("held", {"facts": facts}, "void-held"),
    ):
        index = lie(a, b, Draft(a.identity.random(16).hex(), kind, **members)).index
        settle(a, b)
        assert outcome(b, own(a, b), index) == f"illegal {code}"
    check_equal(a, b)
