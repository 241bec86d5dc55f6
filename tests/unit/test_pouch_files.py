"""Pouches on a disk that somebody carries: no process remembers another; files come late or twice."""

import pytest

from mithaq.errors import ForgedError, MalformedError, UsageError
from mithaq.exchange.packing import PROMPT_BODY_MAX, Lane
from mithaq.exchange.service import Service
from nodes import TEXT, A, B, alert, introduce, make_node, make_pair


def restarted(node):
    """The same node in another process: what was kept in memory is gone."""
    node.service = Service(node.identity, node.store)
    return node.service


def exchange(sender, receiver):
    """A pouch there, its answer back, each in a process of its own."""
    pouch = restarted(sender).write_pouch(receiver.origin, Lane.PROMPT)
    answer = restarted(receiver).answer_pouch(pouch)
    assert restarted(sender).take(answer) == receiver.origin


@pytest.fixture
def pair(tmp_path):
    a, b = make_pair(tmp_path)
    yield a, b
    a.close()
    b.close()


def test_first_contact(tmp_path):
    a, b = make_node(tmp_path / "a", "a", A), make_node(tmp_path / "b", "b", B)
    introduce(a, b)
    exchange(a, b)
    exchange(b, a)
    assert a.service.partner(B).sealing
    assert b.service.partner(A).sealing
    a.close()
    b.close()


def test_an_alert_and_its_verdict(pair):
    a, b = pair
    sent = a.service.send(B, alert("carried"))
    exchange(a, b)
    assert b.service.content(A, sent.leaf, 0) == b"carried"
    exchange(b, a)
    assert a.service.item(B, sent.leaf).verdict == "accepted"
    assert a.service.record_lines(B) == b.service.record_lines(A)


def test_a_large_content_follows_what_was_said_to_lack(pair):
    a, b = pair
    large = b"x" * (PROMPT_BODY_MAX + 1)
    sent = a.service.send(B, alert(contents=((TEXT, large),)))
    answer = b.service.answer_pouch(a.service.write_pouch(B, Lane.PROMPT))
    with pytest.raises(UsageError, match="lacks no content"):
        a.service.write_pouch(B, Lane.BULK)
    a.service.take(answer)
    bulk = a.service.write_pouch(B, Lane.BULK)
    assert a.service.write_pouch(B, Lane.BULK)  # nobody knows whether the first disk arrives
    b.service.take(bulk)
    assert b.service.content(A, sent.leaf, 0) == large


def test_files_that_come_twice_or_late(pair):
    a, b = pair
    a.service.send(B, alert("one"))
    first = a.service.write_pouch(B, Lane.PROMPT)
    last = a.service.send(B, alert("two"))
    second = a.service.write_pouch(B, Lane.PROMPT)
    answers = [b.service.answer_pouch(pouch) for pouch in (second, first, second)]
    for answer in (*answers, answers[0]):
        a.service.take(answer)
    assert [item.verdict for item in a.service.sent(B)] == ["accepted", "accepted"]
    assert a.service.status(B).have > last.index


def test_nothing_to_say_is_a_question(pair):
    a, b = pair
    exchange(a, b)
    before = b.service.status(A).mirror_size
    exchange(a, b)
    assert b.service.status(A).mirror_size == before


def test_a_pouch_for_somebody_else(pair):
    a, _ = pair
    with pytest.raises(ForgedError):
        a.service.take(a.service.write_pouch(B, Lane.PROMPT))


def test_one_changed_byte(pair):
    a, b = pair
    a.service.send(B, alert("carried"))
    pouch = bytearray(a.service.write_pouch(B, Lane.PROMPT))
    pouch[len(pouch) // 2] ^= 1
    with pytest.raises(ForgedError):
        b.service.take(bytes(pouch))
    assert b.service.inbox(A) == []


@pytest.mark.parametrize("pouch", [b"", b"mithaq", bytes(5_000)])
def test_no_pouch(pair, pouch):
    with pytest.raises(MalformedError):
        pair[0].service.take(pouch)


def test_a_partner_that_lost_its_sealing_keys(pair):
    a, b = pair
    for name in b.identity.files.names("sealing"):
        if name != f"sealing/{b.keys.sealing.id}":
            b.identity.files.destroy(name)
    a.service.send(B, alert("not to the card's key"))
    with pytest.raises(ForgedError):
        b.service.take(a.service.write_pouch(B, Lane.PROMPT))
    b.service.take(a.service.write_pouch(B, Lane.PROMPT, to_card=True))
    item = b.service.inbox(A)[0]
    assert item.present == (False,)
    with pytest.raises(UsageError):
        a.service.write_pouch(B, Lane.BULK, to_card=True)
