"""National rules as a weapon: forged, replayed, widened, lied about, or told by the million."""

from typing import Any

import pytest
from sqlalchemy import text as sql

from mithaq.audit.verify import verify_receipt
from mithaq.crypto.notes import Note, sign
from mithaq.domain.entry import Entry
from mithaq.domain.handling import Handling
from mithaq.domain.moment import Moment
from mithaq.domain.narrowing import Narrowing
from mithaq.domain.national import NationalRules
from mithaq.errors import ForgedError, KeyStoreError, LimitError, MalformedError, PeerError, StaleError
from mithaq.exchange import judging
from mithaq.exchange.judging import Judging
from mithaq.exchange.pair import Draft
from mithaq.exchange.signing import NOTE_MAX, sign_rules, verify_rules
from mithaq.store.entries import _RULES
from nodes import TEXT, A, B, alert, settle
from pouches import check_equal, deliver, draft_of, entries, lie, own, pack, rows
from signed_texts import keys, lines

FIELD = "civil-protection"
EVE = keys("eve")


def text(node, *narrows: Narrowing, **changes: Any) -> bytes:
    members = {
        "origin": node.origin,
        "serial": 1,
        "issued": Moment(node.identity.now()),
        "title": {"en": "Rules"},
        "narrows": narrows or (Narrowing(field=FIELD, closed="field"),),
    }
    return NationalRules(**members | changes).text()


def signed(node, *narrows: Narrowing, **changes: Any) -> bytes:
    return bytes(sign_rules(text(node, *narrows, **changes), node.origin, node.keys.authority))


def unchanged(a, b, note):
    """The note is refused, and nothing was stored or told."""
    before = entries(a, own(a, b)), a.service.rules()
    with pytest.raises(PeerError) as caught:
        a.service.load_rules(note)
    assert (entries(a, own(a, b)), a.service.rules()) == before
    return caught.value


# --- who signs ---------------------------------------------------------------------------------------------

SIGNERS = {
    "a stranger": lambda a, b: (EVE.authority, a.origin),
    "our log pair": lambda a, b: (a.keys.log, a.origin),
    "our log pair under its own name": lambda a, b: (a.keys.log, f"{a.origin}/log"),
    "our mirror pair": lambda a, b: (a.keys.mirror, a.origin),
    "our next authority": lambda a, b: (a.keys.coming, a.origin),
    "the partner's authority": lambda a, b: (b.keys.authority, b.origin),
    "the partner's authority under our name": lambda a, b: (b.keys.authority, a.origin),
    "our authority under another name": lambda a, b: (a.keys.authority, f"{a.origin}/log"),
}


@pytest.mark.parametrize("name", SIGNERS)
def test_only_our_authority_makes_rules_of_ours(pair, name):
    """The attack: whoever has the node, or is the partner, closes what hurts its owner, or opens it again."""
    a, b = pair
    signer, line_name = SIGNERS[name](a, b)
    forged = Note(text(a), sign(text(a), line_name, signer))
    assert isinstance(unchanged(a, b, bytes(forged)), ForgedError)


@pytest.mark.parametrize("kept", [0, 1], ids=["Ed25519", "ML-DSA"])
def test_one_of_two_schemes_is_no_signature(pair, kept):
    """The attack: one scheme has been broken."""
    a, b = pair
    note = Note.parse(signed(a), limit=NOTE_MAX)
    half = Note(note.text, (note.lines[kept],))
    assert isinstance(unchanged(a, b, bytes(half)), ForgedError)
    other = Note.parse(signed(a, serial=2), limit=NOTE_MAX).lines[1 - kept]
    mixed = Note(note.text, (note.lines[kept], other))
    assert isinstance(unchanged(a, b, bytes(mixed)), ForgedError)


def test_signatures_of_other_texts_do_not_count(pair):
    """The attack: an agreement, or older rules, lend their signatures."""
    a, b = pair
    (agreed,) = a.service.agreements(B)
    for lender in (a.service.note(agreed.key), bytes(a.identity.card_note), signed(a, serial=7)):
        lent = Note.parse(lender, limit=NOTE_MAX).lines
        assert isinstance(unchanged(a, b, bytes(Note(text(a), lent))), ForgedError)


def test_rules_of_another_origin_are_not_ours(pair):
    """The attack: the partner's rules, well signed by the partner, or ours with its origin in them."""
    a, b = pair
    assert isinstance(unchanged(a, b, signed(b)), ForgedError)
    theirs = text(b)
    assert isinstance(
        unchanged(a, b, bytes(Note(theirs, sign(theirs, a.origin, a.keys.authority)))), ForgedError
    )
    with pytest.raises(ForgedError, match="another party"):
        sign_rules(theirs, a.origin, a.keys.authority)


def test_nothing_else_signs_them(pair):
    a, _ = pair
    with pytest.raises(KeyStoreError, match="authority"):
        sign_rules(text(a), a.origin, a.keys.log)
    with pytest.raises(MalformedError):
        sign_rules(b"I owe you.\n", a.origin, a.keys.authority)


def test_a_text_that_was_changed_is_not_signed(pair):
    a, b = pair
    note = signed(a, Narrowing(field=FIELD, tlp="clear"))
    assert isinstance(unchanged(a, b, note.replace(b'tlp = "clear"', b'tlp = "amber"')), ForgedError)
    assert verify_rules(Note.parse(note, limit=NOTE_MAX), a.identity.card).serial == 1


# --- what they say -----------------------------------------------------------------------------------------

BYTES = {
    "empty": b"",
    "no note": b"nonsense",
    "no text": "\n\n— spoc.interior-atlas.example AAAAAAA=\n".encode(),
    "a card": None,
    "zeros": bytes(100),
    "bad UTF-8": b"\xff\xfe\n\n\xff\n",
    "too large": b"a" * (NOTE_MAX + 1),
}


@pytest.mark.parametrize("name", BYTES)
def test_other_bytes_are_no_rules(pair, name):
    a, b = pair
    data = BYTES[name]
    caught = unchanged(a, b, bytes(a.identity.card_note) if data is None else data)
    assert isinstance(caught, MalformedError | LimitError)


WIDER = {
    "a member that opens": ('closed = "field"', 'open = "field"'),
    "kinds that are allowed": ('closed = "field"', 'kinds_allowed = ["alert"]'),
    "a data class": ('closed = "field"', 'data = "persons"'),
    "onward": ('closed = "field"', 'onward = "consent"'),
    "nothing but a place": ('\nclosed = "field"', ""),
    "approvals": ('closed = "field"', "approvals = 2"),
}


@pytest.mark.parametrize("name", WIDER)
def test_there_is_no_way_to_say_wider(pair, name):
    """Even the authority cannot: no such member is read, and a whole text with one is none."""
    a, b = pair
    wider = lines(text(a), WIDER[name])
    note = Note(wider, sign(wider, a.origin, a.keys.authority))
    assert isinstance(unchanged(a, b, bytes(note)), MalformedError)


def test_looser_ceilings_than_the_text_allow_nothing_more(pair):
    """The attack: an authority writes down more than it signed with its partner."""
    a, b = pair
    loose = Narrowing(field=FIELD, tlp="red", pap="red", retention_days=3_650, body_max=32 * 2**20)
    a.service.load_rules(signed(a, loose))
    draft, bodies = draft_of(a, b, (TEXT, b"too secret"), handling=Handling("red"))
    said = lie(a, b, draft, bodies)
    settle(a, b)
    item = b.service.item(A, said.entry.leaf.hex())
    assert (item.refused_by, item.codes) == ("text", ("tlp",))


# --- replays -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("serial", [1, 2])
def test_an_older_or_equal_serial_is_refused(pair, serial):
    """The attack: rules that were looser once, well signed at the time."""
    a, b = pair
    looser = signed(a, Narrowing(tlp="amber"), serial=serial)
    a.service.load_rules(signed(a, serial=2))
    assert isinstance(unchanged(a, b, looser), StaleError)


@pytest.mark.parametrize("serial", [1, 2])
def test_a_lower_serial_in_the_log_is_void_for_both(pair, serial):
    """The attack: a party tells one thing and, when it suits it, goes back to an earlier one."""
    a, b = pair
    a.service.load_rules(signed(a, serial=2))
    facts = {"digest": "ab" * 32, "serial": serial}
    said = lie(a, b, Draft(a.identity.random(16).hex(), "rules", facts=facts))
    settle(a, b)
    for node in (a, b):
        assert rows(node, own(a, b))[said.index].outcome == b"illegal serial"
    assert b.service.told_rules(A)[1].closes == ({"field": FIELD, "closed": "field"},)
    draft, bodies = draft_of(a, b, (TEXT, b"as if it were open"), handling=Handling("green"))
    broken = lie(a, b, draft, bodies)
    settle(a, b)
    assert b.service.item(A, broken.entry.leaf.hex()).refused_by == "sender"
    check_equal(a, b)


UNREADABLE = {
    "a field that is closed has no name": [{"closed": "field"}],
    "it closes nothing": [{"field": FIELD}],
    "half of a pair of kinds": [{"kinds": ["request"]}],
    "an unknown kind": [{"kinds": ["gossip"]}],
    "unsorted": [{"kinds": ["information", "alert"]}],
    "for ever": [{"retention_days": 10**9}],
    "too large": [{"body_max": 2**50}],
    "one of two": [{"tlp": "green"}, {"closed": "field"}],
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_national_rules_is_void(pair, name):
    """The attack: narrowings that would break whoever judges by them."""
    a, b = pair
    facts = {"digest": "ab" * 32, "serial": 1, "closes": UNREADABLE[name]}
    said = lie(a, b, Draft(a.identity.random(16).hex(), "rules", facts=facts))
    sent = a.service.send(B, alert())
    settle(a, b)
    for node in (a, b):
        assert rows(node, own(a, b))[said.index].outcome == b"illegal closes"
    assert b.service.told_rules(A) == (None, None)
    assert b.service.item(A, sent.leaf).verdict == "accepted"
    check_equal(a, b)


@pytest.mark.parametrize(
    "facts",
    [
        {"serial": 1},
        {"digest": "ab" * 32},
        {"digest": "ab" * 32, "serial": 0},
        {"digest": "ab" * 32, "serial": 1, "closes": [{"partner": B, "tlp": "green"}]},
        {"digest": "ab" * 32, "serial": 1, "closes": [{"approvals": 2}]},
        {"digest": "ab" * 32, "serial": 1, "closes": [{"tlp": "green"}] * 65},
        {"digest": "ab" * 32, "serial": 1, "grounds": "because"},
    ],
    ids=["no digest", "no serial", "serial 0", "a partner", "approvals", "65", "free text"],
)
def test_other_facts_are_no_entry(pair, facts):
    a, _ = pair
    with pytest.raises(MalformedError):
        Draft("00" * 16, "rules", facts=facts).entry(own(a, pair[1]), 1)


def test_void_rules_by_the_thousand_are_not_looked_through(pair):
    """The attack: each entry that is judged later would cost a walk over all of them."""
    a, b = pair
    a.service.load_rules(signed(a, Narrowing(field="security", closed="field"), serial=2))
    for _ in range(200):
        facts = {"digest": "ab" * 32, "serial": 1}
        lie(a, b, Draft(a.identity.random(16).hex(), "rules", facts=facts))
    settle(a, b)
    explain, values = sql(f"EXPLAIN QUERY PLAN {_RULES}"), {"log": 1, "before": 9}
    plan = b.store.read(lambda tx: str(tx.logs._run(explain, values).all()))
    assert "USING INDEX legal_rules" in plan
    assert b.service.told_rules(A)[1].serial == 2


# --- lies about whose rules refused ------------------------------------------------------------------------


def refuse(liar, author, leaf, by, *codes):
    facts = {"result": "refused", "by": by, "codes": list(codes)}
    return lie(liar, author, Draft(liar.identity.random(16).hex(), "verdict", re=(leaf,), facts=facts))


def unjudged(a, b):
    """An entry of a that b holds and has not judged: its content is still under way."""
    draft, _ = draft_of(a, b, (TEXT, b"never sent"), handling=Handling("green"))
    said = lie(a, b, draft)
    settle(a, b)
    return said.entry.leaf.hex()


@pytest.mark.parametrize("by", ["sender", "receiver"])
def test_a_refusal_that_nothing_bears_out_is_shown_as_such_on_both_sides(pair, by):
    """The attack: "it was your own law", or "it is ours", where neither side has told of any."""
    a, b = pair
    leaf = unjudged(a, b)
    refuse(b, a, leaf, by, "field")
    settle(a, b)
    for node, other in ((a, B), (b, A)):
        item = node.service.item(other, leaf)
        assert (item.verdict, item.refused_by, item.borne_out) == ("refused", by, False)
    check_equal(a, b)


@pytest.mark.parametrize("by", ["sender", "receiver"])
@pytest.mark.parametrize("code", ["field", "tlp", "content", "nonsense"])
def test_rules_that_were_told_bear_out_what_they_say_and_no_more(pair, monkeypatch, by, code):
    a, b = pair
    monkeypatch.setattr(Judging, "_closed", lambda *_: False)  # b judges by hand
    teller = b if by == "receiver" else a
    teller.service.load_rules(signed(teller, Narrowing(field=FIELD, tlp="clear")))
    leaf = unjudged(a, b)
    refuse(b, a, leaf, by, code)
    settle(a, b)
    assert {a.service.item(B, leaf).borne_out, b.service.item(A, leaf).borne_out} == {code == "tlp"}


@pytest.mark.parametrize("codes", [("field",), ("kind", "content"), ("nonsense",), ("content",)])
def test_own_law_does_not_hide_behind_the_text(pair, codes):
    """The attack: "the text we both signed does not allow it", of an entry that it does allow."""
    a, b = pair
    leaf = unjudged(a, b)
    refuse(b, a, leaf, "text", *codes)
    settle(a, b)
    found = {node.service.item(other, leaf).borne_out for node, other in ((a, B), (b, A))}
    assert found == {codes == ("content",)}, "what a content holds only its reader has seen"


@pytest.mark.parametrize("code", ["tlp", "kind"])
def test_a_void_entry_was_refused_for_what_makes_it_void(pair, monkeypatch, code):
    a, b = pair
    monkeypatch.setattr(Judging, "arrive", lambda *_: None)  # b judges by hand
    draft, _ = draft_of(a, b, (TEXT, b"never sent"), handling=Handling("red"))
    leaf = lie(a, b, draft).entry.leaf.hex()
    settle(a, b)
    refuse(b, a, leaf, "text", code)
    settle(a, b)
    assert a.service.item(B, leaf).borne_out == (code == "tlp")


def test_rules_told_after_the_refusal_do_not_bear_it_out(pair):
    """The attack: refuse first, make the law for it afterwards."""
    a, b = pair
    leaf = unjudged(a, b)
    refuse(b, a, leaf, "receiver", "field")
    b.service.load_rules(signed(b))
    settle(a, b)
    assert not a.service.item(B, leaf).borne_out


def test_rules_that_the_sender_told_after_its_entry_do_not_bear_a_refusal_out(pair):
    """The attack: a reader reaches back with rules that did not yet bind whoever wrote."""
    a, b = pair
    leaf = unjudged(a, b)
    a.service.load_rules(signed(a))
    settle(a, b)
    refuse(b, a, leaf, "sender", "field")
    settle(a, b)
    assert {a.service.item(B, leaf).borne_out, b.service.item(A, leaf).borne_out} == {False}


@pytest.mark.parametrize(
    "facts",
    [
        {"result": "refused", "codes": ["field"]},
        {"result": "refused", "by": "receiver"},
        {"result": "accepted", "by": "receiver"},
        {"result": "accepted", "by": "text", "codes": ["field"]},
    ],
    ids=["codes alone", "by alone", "accepted by", "accepted with both"],
)
def test_a_verdict_that_does_not_say_whose_rules_is_void(pair, facts):
    """The attack: a refusal for which nobody answers."""
    a, b = pair
    leaf = unjudged(a, b)
    said = lie(b, a, Draft(b.identity.random(16).hex(), "verdict", re=(leaf,), facts=facts))
    settle(a, b)
    for node in (a, b):
        assert rows(node, own(b, a))[said.index].outcome == b"illegal codes"
    assert a.service.item(B, leaf).verdict == ""


def test_nobody_else_than_these_three_refuses(pair):
    a, b = pair
    with pytest.raises(MalformedError):
        refuse(b, a, "ab" * 32, "heaven", "field")


def test_a_receipt_says_whose_rules_refused(pair):
    a, b = pair
    b.service.load_rules(signed(b))
    settle(a, b)
    sent = a.service.send(B, alert())
    settle(a, b)
    cards = [bytes(node.identity.card_note) for node in pair]
    report = verify_receipt(a.service.receipt(B, sent.leaf), cards, [node.fingerprint for node in pair])
    assert (report.verdict, report.codes, report.refused_by) == ("refused", ("field",), "receiver")
    assert Entry.parse(rows(a, own(a, b))[sent.index].data) == report.entry


@pytest.mark.parametrize("code", ["suspended", "ended", "gone"])
def test_a_halt_that_nobody_called_bears_no_refusal_out(pair, code):
    """The attack: "it was suspended", of a field that neither log suspends: the safest of all excuses."""
    a, b = pair
    leaf = unjudged(a, b)
    refuse(b, a, leaf, "text", code)
    settle(a, b)
    assert not a.service.item(B, leaf).borne_out
    assert not b.service.item(A, leaf).borne_out


def test_a_suspension_bears_out_what_it_refused_and_nothing_before_it(pair):
    a, b = pair
    draft, bodies = draft_of(a, b, (TEXT, b"x"), handling=Handling("green"), field="security")
    before = lie(a, b, draft).entry.leaf.hex()
    settle(a, b)
    refuse(b, a, before, "text", "suspended")
    draft, bodies = draft_of(a, b, (TEXT, b"x"), handling=Handling("green"), field="security")
    after = lie(a, b, draft, bodies).entry.leaf.hex()
    b.service.suspend(A, draft.agreement, "security")
    deliver(b, pack(a, b).data)
    settle(a, b)
    found = [a.service.item(B, leaf) for leaf in (before, after)]
    assert [(item.codes, item.borne_out) for item in found] == [
        (("suspended",), False),
        (("suspended",), True),
    ]


def test_rules_are_read_once_for_all_that_stands_behind_them(pair, monkeypatch):
    """The attack: large rules, a thousand alerts, other rules: each alert would cost what the rules do."""
    a, b = pair
    for serial in (1, 2):
        lie(a, b, Draft(f"{serial:032x}", "rules", facts={"digest": "ab" * 32, "serial": serial}))
        for _ in range(5):
            draft, bodies = draft_of(a, b, (TEXT, b"x"), handling=Handling("green"))
            lie(a, b, draft, bodies)
    lie(a, b, Draft(f"{3:032x}", "rules", facts={"digest": "ab" * 32, "serial": 3}))
    counted = []
    monkeypatch.setattr(judging, "read", lambda entry: counted.append(entry) or ())
    deliver(b, pack(a, b).data)
    assert len(counted) <= 3
