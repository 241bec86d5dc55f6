"""Meeting a partner, and the sealing keys that a pair renews by acknowledgement (protocol 3 and 7)."""

import pytest

from mithaq.domain.party import LogName
from mithaq.errors import ForgedError, KeyStoreError, MalformedError, PeerError, StaleError, UsageError
from mithaq.exchange.introduction import ROTATE_AFTER
from mithaq.exchange.packing import Lane
from nodes import A, B, alert, introduce, make_node, make_pair, reader, settle

DAY = 86_400


@pytest.fixture
def strangers(tmp_path):
    a, b = make_node(tmp_path / "a", "a", A), make_node(tmp_path / "b", "b", B)
    yield a, b
    a.close()
    b.close()


@pytest.fixture
def nodes(tmp_path):
    a, b = make_pair(tmp_path)
    yield a, b
    a.close()
    b.close()


def test_a_log_begins_with_its_authors_card(strangers):
    a, b = strangers
    introduce(a, b)
    rows = a.store.read(lambda tx: tx.logs.entries(LogName(A, B), 0, 10))
    assert [row.kind for row in rows] == ["card", "keys"]
    settle(a, b)
    assert b.service.partner(A).sealing
    assert b.service.partner(A).sealing != a.identity.card.sealing


def test_the_fingerprint_must_be_the_one_that_was_heard(strangers):
    a, b = strangers
    with pytest.raises(ForgedError):
        a.service.introduce(bytes(b.identity.card_note), a.fingerprint)
    assert a.service.partners() == []


def test_ones_own_card_is_no_partner(strangers):
    a, _ = strangers
    with pytest.raises(UsageError):
        a.service.introduce(bytes(a.identity.card_note), a.fingerprint)


def test_a_card_twice_is_no_newer_card(strangers):
    a, b = strangers
    introduce(a, b)
    with pytest.raises((StaleError, MalformedError)):
        a.service.introduce(bytes(b.identity.card_note), "")


def test_keys_of_somebody_else_are_refused(strangers, tmp_path):
    a, b = strangers
    introduce(a, b)
    twin = make_node(tmp_path / "twin", "b", "twin.example")
    with pytest.raises(PeerError):
        a.service.introduce(bytes(twin.identity.card_note), twin.fingerprint)
    twin.close()


def sealing_names(node):
    return set(node.identity.files.names("sealing"))


def later(days, *nodes):
    for node in nodes:
        node.clock.offset += days * DAY


def test_a_sealing_key_gets_a_successor_and_is_destroyed(nodes):
    a, b = nodes
    first = sealing_names(a)
    a.service.housekeep()
    later(8, a, b)
    a.service.housekeep()
    settle(a, b)
    both = sealing_names(a)
    assert len(both) == len(first) + 1
    a.service.housekeep()
    assert sealing_names(a) == both, "the older one stays until the newer has been acknowledged for a week"
    later(8, a, b)
    a.service.housekeep()
    gone = both - sealing_names(a)
    assert len(gone) == 1
    assert gone <= first
    settle(a, b)
    sent = b.service.send(A, alert("under the newest key"))
    settle(a, b)
    assert a.service.item(B, sent.leaf).verdict == "accepted"


def test_what_was_recorded_does_not_open_later(nodes):
    a, b = nodes
    a.service.housekeep()
    b.service.send(A, alert("recorded on the way"))
    recorded = b"".join(b.service.pouch(A, Lane.PROMPT).pieces)
    settle(a, b)
    for _ in range(2):
        later(8, a, b)
        a.service.housekeep()
        settle(a, b)
    later(8, a, b)
    a.service.housekeep()
    with pytest.raises(ForgedError, match="no key of ours"):
        a.service.receive(reader([recorded]))


def test_without_acknowledgement_no_key_changes(nodes):
    a, b = nodes
    a.service.housekeep()
    later(8, a)
    a.service.housekeep()
    before = sealing_names(a)
    later(60, a)
    a.service.housekeep()
    assert sealing_names(a) >= before
    settle(a, b)


def test_two_404s_lead_back_to_the_card(nodes):
    a, b = nodes
    sent = a.service.send(B, alert("not under the card's key"))
    for _ in range(2):
        a.service.failed(a.service.pouch(B, Lane.PROMPT), 404)
    outgoing = a.service.pouch(B, Lane.PROMPT)
    assert not outgoing.load.bodies
    a.service.answered(outgoing, reader(b.service.receive(reader(outgoing.pieces))))
    assert b.service.item(A, sent.leaf).present == (False,)
    settle(a, b)
    assert b.service.item(A, sent.leaf).verdict == "accepted"


def test_the_key_of_a_day_that_is_over_is_destroyed(nodes):
    a, b = nodes
    sent = a.service.send(B, alert("for a day", keep_days=1))
    settle(a, b)
    assert b.service.content(A, sent.leaf, 0)
    later(3, a, b)
    for node, partner in ((a, B), (b, A)):
        node.service.housekeep()
        assert not node.identity.files.names("day")
        with pytest.raises((KeyStoreError, StaleError)):
            node.service.content(partner, sent.leaf, 0)
    assert ROTATE_AFTER == 7 * DAY
