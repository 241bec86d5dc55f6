"""National rules on two nodes: loaded, told, enforced on both sides, and shown."""

import dataclasses
from typing import Any

import pytest
from sqlalchemy import delete

from mithaq.crypto.notes import Note, sign
from mithaq.domain.entry import Entry
from mithaq.domain.handling import Handling
from mithaq.domain.moment import Moment
from mithaq.domain.narrowing import Narrowing
from mithaq.domain.national import NationalRules
from mithaq.domain.party import Origin, commit_next
from mithaq.errors import ForgedError, MalformedError, RefusedError, StaleError, StoreError
from mithaq.exchange import national
from mithaq.exchange.alarms import RULES
from mithaq.exchange.national import CURRENT
from mithaq.exchange.packing import PROMPT_BODY_MAX
from mithaq.exchange.service import Service
from mithaq.exchange.signing import sign_rules
from mithaq.store.schema import notes
from nodes import TEXT, A, B, Node, alert, introduce, make_node, settle
from pouches import check_equal, deliver, draft_of, entries, exchange, lie, own, pack, rows, take_answer
from signed_texts import following, keys

FIELD = "civil-protection"
CLOSED = Narrowing(field=FIELD, closed="field")
GREEN = Narrowing(field=FIELD, tlp="clear")
LARGE = bytes([65]) * (PROMPT_BODY_MAX + 1)


def rules(node: Node, *narrows: Narrowing, serial: int = 1, **changes: Any) -> NationalRules:
    members = {
        "origin": node.origin,
        "serial": serial,
        "issued": Moment(node.identity.now()),
        "title": {"en": "Rules of the Ministry"},
        "narrows": narrows,
    }
    return NationalRules(**members | changes)


def signed(node: Node, *narrows: Narrowing, **changes: Any) -> bytes:
    text = rules(node, *narrows, **changes).text()
    return bytes(sign_rules(text, node.origin, node.keys.authority))


def load(node: Node, *narrows: Narrowing, **changes: Any):
    return node.service.load_rules(signed(node, *narrows, **changes))


def told(node: Node, partner: Node) -> list[dict[str, Any]]:
    """The facts of every entry of kind ``rules`` in a node's log."""
    found = [Entry.parse(data) for data in entries(node, own(node, partner))]
    return [entry.facts for entry in found if entry.kind == "rules"]


def both(a: Node, b: Node, leaf: str):
    """Whose rules refused an entry of a, the codes, and whether it is borne out: the same on both sides."""
    items = a.service.item(B, leaf), b.service.item(A, leaf)
    (first, second) = ((item.refused_by, item.codes, item.borne_out) for item in items)
    assert first == second
    check_equal(a, b)
    return first


# --- loading and telling -----------------------------------------------------------------------------------


def test_what_is_loaded_is_told_in_the_same_moment(pair):
    a, b = pair
    loaded = load(a, CLOSED)
    assert (loaded.serial, loaded.idle) == (1, ())
    assert told(a, b) == [
        {"digest": loaded.digest, "serial": 1, "closes": [{"field": FIELD, "closed": "field"}]}
    ]
    settle(a, b)
    ours, theirs = b.service.told_rules(A)
    assert ours is None
    assert (theirs.digest, theirs.serial, theirs.closes) == (loaded.digest, 1, tuple(told(a, b)[0]["closes"]))
    assert a.service.told_rules(B) == (theirs, None)
    check_equal(a, b)


def test_loading_the_same_again_tells_nothing_new(pair):
    a, b = pair
    note = signed(a, CLOSED)
    first = a.service.load_rules(note)
    assert a.service.load_rules(note) == first
    assert len(told(a, b)) == 1


def test_a_later_text_takes_the_place_of_the_one_before(pair):
    a, b = pair
    load(a, CLOSED)
    load(a, serial=5)
    assert [facts.get("closes") for facts in told(a, b)] == [[{"field": FIELD, "closed": "field"}], None]
    a.service.send(B, alert())


def test_names_that_meet_no_field_are_told_to_whoever_loads(pair):
    a, _ = pair
    loaded = load(
        a,
        Narrowing(field="civil-protecshun", closed="field"),
        CLOSED,
        Narrowing(partner="spoc.third.example", field=FIELD, closed="field"),
        Narrowing(partner=B, relation="other", tlp="green"),
    )
    assert loaded.idle == (1, 3, 4)


def test_rules_from_the_future_are_refused(pair):
    a, _ = pair
    with pytest.raises(MalformedError, match="future"):
        load(a, issued=Moment(a.identity.now() + 400))
    assert a.service.rules() == b""


def test_who_is_introduced_later_is_told_at_once(tmp_path):
    a, b = make_node(tmp_path / "a", "a", A), make_node(tmp_path / "b", "b", B)
    load(a, CLOSED)
    introduce(a, b)
    assert [Entry.parse(data).kind for data in entries(a, own(a, b))] == ["card", "keys", "rules"]
    settle(a, b)
    assert b.service.told_rules(A)[1].serial == 1
    for node in (a, b):
        node.close()


def test_a_node_that_starts_tells_what_was_not_told(pair):
    """Killed between loading and telling is not possible; an old copy of a log may lack it all the same."""
    a, b = pair
    note = signed(a, CLOSED)
    a.store.write(lambda tx: tx.ledger.put_note(CURRENT, note))
    a.service.take_up()
    a.service.take_up()
    assert [facts["serial"] for facts in told(a, b)] == [1]


def test_rules_survive_a_restart(pair, tmp_path):
    a, b = pair
    load(a, CLOSED)
    a.close()
    again = make_node(a.directory, "a", A)
    again.service.take_up()
    assert len(told(again, b)) == 1
    with pytest.raises(RefusedError):
        again.service.send(B, alert())
    again.close()


def test_rules_outlast_the_authority_that_signed_them(pair, tmp_path):
    """After a change of the authority nothing that was told ends, and whoever comes later is told it too."""
    a, _ = pair
    load(a, CLOSED)
    owner = a.keys.but(authority=a.keys.coming)
    card = following(a.identity.card, owner, next=commit_next(A, keys("x").authority.public))
    identity = dataclasses.replace(a.identity, card=card, card_note=owner.sign(card))
    service = Service(identity, a.store)
    with pytest.raises(RefusedError):
        service.send(B, alert())
    third = make_node(tmp_path / "c", "c", Origin("spoc.third.example"))
    service.introduce(bytes(third.identity.card_note), third.fingerprint)
    assert [facts["serial"] for facts in told(a, third)] == [1]
    with pytest.raises(ForgedError):
        service.load_rules(signed(a, CLOSED, serial=2))
    text = rules(a, CLOSED, serial=2).text()
    assert service.load_rules(bytes(sign_rules(text, A, owner.authority))).serial == 2
    third.close()


# --- the three who refuse ----------------------------------------------------------------------------------


def test_own_rules_refuse_before_sending(pair):
    a, b = pair
    load(a, CLOSED)
    before = entries(a, own(a, b))
    with pytest.raises(RefusedError, match="our national rules") as caught:
        a.service.send(B, alert())
    assert (caught.value.codes, caught.value.by) == (("field",), "sender")
    assert entries(a, own(a, b)) == before


def test_the_text_refuses_first(pair):
    a, _ = pair
    load(a, GREEN)
    with pytest.raises(RefusedError, match="signed text") as caught:
        a.service.send(B, alert(handling=Handling("red")))
    assert (caught.value.codes, caught.value.by) == (("tlp",), "text")


def test_rules_loaded_while_contents_are_sealed_still_refuse(pair, monkeypatch):
    """The attack: the judgment before the transaction saw no rules; the entry would stand behind them."""
    a, b = pair
    monkeypatch.setattr(national, "closes", lambda *_: ())
    load(a, CLOSED)
    with pytest.raises(RefusedError) as caught:
        a.service.send(B, alert())
    assert caught.value.by == "sender"
    assert "alert" not in {row.kind for row in rows(a, own(a, b))}


def test_the_receivers_rules_refuse_and_keep_nothing(pair):
    a, b = pair
    load(b, CLOSED)
    settle(a, b)
    sent = a.service.send(B, alert())
    settle(a, b)
    assert both(a, b, sent.leaf) == ("receiver", ("field",), True)
    assert b.service.item(A, sent.leaf).present == (False,)
    assert b.service.status(A).wanted == 0


def test_what_its_receiver_closes_is_not_even_wanted(pair):
    """A large content would come in a pouch of its own: it is not asked for."""
    a, b = pair
    load(b, Narrowing(field=FIELD, body_max=PROMPT_BODY_MAX))
    settle(a, b)
    sent = a.service.send(B, alert(contents=((TEXT, LARGE), (TEXT, b"small"))))
    settle(a, b)
    assert both(a, b, sent.leaf) == ("receiver", ("size",), True)
    held = [Entry.parse(row.data) for row in rows(b, own(b, a)) if row.kind == "held"]
    assert all("missing" not in each.facts for each in held[-2:])


def test_the_sender_breaks_what_it_told(pair):
    """The attack: a party tells its partner that its law closes a field, and uses it when it suits it."""
    a, b = pair
    load(a, CLOSED)
    draft, bodies = draft_of(a, b, (TEXT, b"in spite of it"), handling=Handling("green"))
    said = lie(a, b, draft, bodies)
    settle(a, b)
    assert both(a, b, said.entry.leaf.hex()) == ("sender", ("field",), True)
    assert rows(b, own(a, b))[said.index].outcome.startswith(b"done"), "legal for the record all the same"


def test_the_sender_is_named_before_the_receiver(pair):
    a, b = pair
    load(a, GREEN)
    load(b, CLOSED)
    draft, bodies = draft_of(a, b, (TEXT, b"for both"), handling=Handling("green"))
    said = lie(a, b, draft, bodies)
    settle(a, b)
    assert both(a, b, said.entry.leaf.hex()) == ("sender", ("tlp",), True)


def test_the_text_is_named_before_either(pair):
    a, b = pair
    load(a, CLOSED)
    load(b, CLOSED)
    draft, bodies = draft_of(a, b, (TEXT, b"void"), handling=Handling("red"))
    said = lie(a, b, draft, bodies)
    settle(a, b)
    assert both(a, b, said.entry.leaf.hex()) == ("text", ("tlp",), True)


def test_an_author_is_judged_by_what_it_had_told_before_its_entry(pair):
    """Rules that come behind an entry in one pouch do not reach back; those in force at its place count."""
    a, b = pair
    load(a, CLOSED)
    load(a, GREEN, serial=2)
    draft, bodies = draft_of(a, b, (TEXT, b"between"), handling=Handling("clear"))
    said = lie(a, b, draft, bodies)
    load(a, CLOSED, serial=3)
    draft, bodies = draft_of(a, b, (TEXT, b"behind"), handling=Handling("clear"))
    late = lie(a, b, draft, bodies)
    settle(a, b)
    assert both(a, b, said.entry.leaf.hex()) == ("", (), True)
    assert both(a, b, late.entry.leaf.hex()) == ("sender", ("field",), True)


def test_what_its_receiver_closed_meanwhile_is_not_completed(pair):
    a, b = pair
    sent = a.service.send(B, alert(contents=((TEXT, LARGE), (TEXT, b"small"))))
    exchange(a, b)
    assert b.service.item(A, sent.leaf).present == (False, True)
    load(b, CLOSED)
    settle(a, b)
    assert both(a, b, sent.leaf) == ("receiver", ("field",), True)
    assert b.service.item(A, sent.leaf).present == (False, False)
    assert b.service.status(A).wanted == 0


def test_the_receiver_has_told_before_it_refuses(pair):
    """Rules and a refusal by them in one transaction: the rules stand first in the log."""
    a, b = pair
    sent = a.service.send(B, alert())
    carried = pack(a, b)
    note = signed(b, CLOSED)
    b.store.write(lambda tx: tx.ledger.put_note(CURRENT, note))
    take_answer(a, carried, deliver(b, carried.data))
    kinds = [row.kind for row in rows(b, own(b, a))]
    assert kinds.index("rules") < len(kinds) - 1 - kinds[::-1].index("verdict")
    settle(a, b)
    assert both(a, b, sent.leaf) == ("receiver", ("field",), True)


def test_other_fields_go_on(pair):
    a, b = pair
    for node in (a, b):
        load(node, Narrowing(field="security", closed="field"))
    sent = a.service.send(B, alert())
    settle(a, b)
    assert both(a, b, sent.leaf) == ("", (), True)


def test_whose_rules_refused_stands_in_the_record(pair):
    a, b = pair
    load(b, CLOSED)
    settle(a, b)
    a.service.send(B, alert())
    settle(a, b)
    lines = a.service.record_lines(B)
    assert lines == b.service.record_lines(A)
    assert b'"by":"receiver","codes":["field"]' in lines


# --- a damaged store ---------------------------------------------------------------------------------------


def destroy(node: Node, data: bytes) -> None:
    node.store.write(lambda tx: tx.ledger.put_note(CURRENT, data))


def older(node: Node) -> bytes:
    return signed(node, serial=1)


DAMAGES = {
    "no note": lambda _: b"nonsense",
    "no rules": lambda node: bytes(node.identity.card_note),
    "other rules": lambda node: signed(node, serial=2),
    "older rules": older,
    "cut short": lambda node: node.service.rules()[:-40],
    "a word changed": lambda node: node.service.rules().replace(b'tlp = "clear"', b'tlp = "green"'),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damaged_rules_stop_everything_that_they_would_judge(pair, name):
    """The attack: whoever can write into the store takes a rule away; nothing leaves, nothing is judged."""
    a, b = pair
    note = signed(a, GREEN, serial=2)
    a.service.load_rules(note)
    settle(a, b)
    destroy(a, DAMAGES[name](a))
    with pytest.raises(StoreError, match="national rules"):
        a.service.send(B, alert(handling=Handling("clear")))
    with pytest.raises(StoreError, match="national rules"):
        a.service.take_up()
    sent = b.service.send(A, alert(handling=Handling("clear")))
    carried = pack(b, a)
    with pytest.raises(StoreError, match="national rules"):
        deliver(a, carried.data)
    assert [alarm.sentence for alarm in a.service.alarms()] == [RULES]
    a.service.load_rules(note)
    assert a.service.alarms() == []
    a.service.send(B, alert(handling=Handling("clear")))
    b.service.failed(carried.outgoing)
    settle(a, b)
    assert b.service.item(A, sent.leaf).verdict == "accepted"
    check_equal(a, b)


def test_rules_that_are_gone_from_the_store_stop_it_too(pair):
    a, _ = pair
    load(a, GREEN)
    a.store.write(lambda tx: tx.ledger._run(delete(notes).where(notes.c.digest == CURRENT)))
    with pytest.raises(StoreError, match="not in the store"):
        a.service.send(B, alert())
    with pytest.raises(StaleError):
        load(a, serial=1)


def test_rules_that_nobody_signed_are_not_told(pair):
    """The attack: whoever can write into the store puts rules of its own there, of a higher serial."""
    a, b = pair
    load(a, GREEN)
    forged = rules(a, CLOSED, serial=9).text()
    for pair_of in (a.keys.log, b.keys.authority):
        lines = sign(forged, A, pair_of)
        destroy(a, bytes(Note(forged, lines)))
        with pytest.raises(StoreError, match="not ours"):
            a.service.send(B, alert(handling=Handling("clear")))
        with pytest.raises(StoreError, match="not ours"):
            a.service.take_up()
    assert [facts["serial"] for facts in told(a, b)] == [1]
    load(a, GREEN, serial=2)  # nor does what nobody signed keep our own from being loaded
    assert [facts["serial"] for facts in told(a, b)] == [1, 2]
