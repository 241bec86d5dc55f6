"""First contact, cards that change, sealing keys that rotate by acknowledgement (protocol 3 and 7)."""

import dataclasses
import hashlib

import msgspec
import pytest

from mithaq.crypto.keys import SealingKey
from mithaq.crypto.notes import Note, NoteLine
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.party import Role
from mithaq.errors import ForgedError, KeyStoreError, MalformedError, StaleError, UsageError
from mithaq.exchange.identity import Identity
from mithaq.exchange.packing import Lane
from mithaq.exchange.pair import Draft
from mithaq.exchange.pouch import part_of
from mithaq.exchange.service import UNOPENED_MAX, Service
from nodes import A, B, alert, carry, introduce, make_node, settle
from pouches import batch, come_to_rest, deliver, forge, head, own, pack, poll, rows, take_answer
from signed_texts import following, keys
from signed_texts import pair as signing_pair


def strangers(tmp_path):
    return make_node(tmp_path / "a", "a", A), make_node(tmp_path / "b", "b", B)


@pytest.fixture
def two(tmp_path):
    """Two nodes that have never heard of each other."""
    nodes = strangers(tmp_path)
    yield nodes
    for node in nodes:
        node.close()


# --- first contact ----------------------------------------------------------------------------------------


def test_a_log_begins_with_the_card_and_a_sealing_key(two):
    a, b = two
    introduce(a, b)
    assert [row.kind for row in rows(a, own(a, b))] == ["card", "keys"]
    assert a.service.partner(B).url == f"https://{B}"


def test_the_fingerprint_is_typed_as_heard(two):
    a, b = two
    typed = b.fingerprint
    for wrong in ("", typed[:-1], typed.replace(typed[0], str((int(typed[0]) + 1) % 10)), a.fingerprint):
        with pytest.raises((ForgedError, MalformedError)):
            a.service.introduce(bytes(b.identity.card_note), wrong)
    assert a.service.partners() == []
    a.service.introduce(bytes(b.identity.card_note), typed.replace(" ", ""))


def test_our_own_card_is_no_partner(two):
    a, _ = two
    with pytest.raises(UsageError, match="our own card"):
        a.service.introduce(bytes(a.identity.card_note), a.fingerprint)


def test_a_card_with_our_own_keys_is_refused(tmp_path, two):
    """The attack: the copy of a node, or a party that signs for another."""
    a, _ = two
    twin = make_node(tmp_path / "twin", "a", B)
    with pytest.raises(ForgedError, match="in use already"):
        a.service.introduce(bytes(twin.identity.card_note), twin.fingerprint)
    twin.close()


def test_one_side_that_knows_nobody_yet_refuses_and_later_takes(two):
    a, b = two
    a.service.introduce(bytes(b.identity.card_note), b.fingerprint)
    first = pack(a, b)
    with pytest.raises(ForgedError, match="stranger"):
        deliver(b, first.data)
    a.service.failed(first.outgoing, 404)
    b.service.introduce(bytes(a.identity.card_note), a.fingerprint)
    come_to_rest(a, b)
    assert (a.service.partner(B).sealing, b.service.partner(A).sealing) != (b"", b"")


def test_first_contact_goes_to_the_card_and_then_never_again(two):
    a, b = two
    introduce(a, b)
    first = pack(a, b)
    card_id = hashlib.sha256(b.identity.card.sealing).digest()
    assert first.data[16:48] == card_id
    answer = deliver(b, first.data)
    assert answer[16:48] == hashlib.sha256(a.identity.card.sealing).digest()
    take_answer(a, first, answer)
    assert pack(a, b).data[16:48] == hashlib.sha256(a.service.partner(B).sealing).digest() != card_id


def test_contents_do_not_go_to_a_card(pair):
    """Until the partner's key is there, entries go and contents wait (protocol 7)."""
    a, b = pair
    sent = a.service.send(B, alert())
    for _ in range(UNOPENED_MAX):
        a.service.failed(pack(a, b).outgoing, 404)
    carried = pack(a, b)
    assert carried.data[16:48] == hashlib.sha256(b.identity.card.sealing).digest()
    assert carried.outgoing.load.bodies == ()
    assert a.service.pouch(B, Lane.BULK) is None
    take_answer(a, carried, deliver(b, carried.data))
    assert b.service.item(A, sent.leaf).present == (False,)
    # answered: its newest key is tried again, and the content follows
    settle(a, b)
    assert b.service.item(A, sent.leaf).present == (True,)
    come_to_rest(a, b)


def test_other_failures_do_not_lead_to_the_card(pair):
    a, b = pair
    a.service.send(B, alert())
    for status in (0, 429, 503, 404):
        a.service.failed(pack(a, b).outgoing, status)
    assert pack(a, b).data[16:48] == hashlib.sha256(a.service.partner(B).sealing).digest()


# --- sealing keys -----------------------------------------------------------------------------------------


def sealing(node, partner):
    """Ids of the node's key files but for its card's, and of its rows."""
    card_id = hashlib.sha256(node.identity.card.sealing).hexdigest()
    files = {name.removeprefix("sealing/") for name in node.identity.files.names("sealing")} - {card_id}
    found = node.store.read(lambda tx: tx.ledger.sealing_keys(own(node, partner)))
    return files, [hashlib.sha256(row.public).hexdigest() for row in found]


def days(a, b, count, *, carried=True):
    for node in (a, b):
        node.clock.offset += count * DAY
        node.service.housekeep()
    if carried:
        settle(a, b)
        for node in (a, b):
            node.service.housekeep()


def test_a_key_is_renewed_after_seven_days_and_the_older_destroyed_seven_days_after(pair):
    a, b = pair
    days(a, b, 0)
    files, first = sealing(a, b)
    assert files == set(first)
    assert len(first) == 1
    days(a, b, 6)
    assert sealing(a, b)[1] == first
    days(a, b, 2)  # day 8: a new one, acknowledged at once; the older still opens
    files, ids = sealing(a, b)
    assert ids[0] == first[0]
    assert len(ids) == 2
    assert files == set(ids)
    assert hashlib.sha256(b.service.partner(A).sealing).hexdigest() == ids[1]
    days(a, b, 8)  # day 16: the older goes
    files, ids = sealing(a, b)
    assert first[0] not in files
    assert first[0] not in ids
    with pytest.raises(KeyStoreError):
        a.identity.sealing_key(first[0])
    a.service.send(B, alert("still talking"))
    come_to_rest(a, b)


def test_silence_rotates_nothing(pair):
    """However long it lasts, the key that the partner would use is there."""
    a, b = pair
    days(a, b, 8, carried=False)
    before = sealing(a, b)
    for _ in range(5):
        days(a, b, 30, carried=False)
    assert sealing(a, b) == before
    used = hashlib.sha256(b.service.partner(A).sealing).hexdigest()
    assert used in before[0]


def test_a_pouch_to_a_destroyed_key_does_not_open_and_its_contents_come_again(pair):
    a, b = pair
    a.service.send(B, alert("recorded on the way"))
    recorded = pack(a, b)
    days(a, b, 0)
    for _ in range(3):
        days(a, b, 8)
    with pytest.raises(ForgedError, match="no key of ours"):
        deliver(b, recorded.data)
    come_to_rest(a, b)


def test_a_lost_key_directory_is_survived_by_the_card(pair):
    """404 twice; then entries go to the card's key, and the partner's next key is used."""
    a, b = pair
    (newest,) = sealing(b, a)[1]
    b.identity.files.destroy(f"sealing/{newest}")
    sent = a.service.send(B, alert())
    for _ in range(UNOPENED_MAX):
        carried = pack(a, b)
        with pytest.raises(ForgedError, match="no key of ours"):
            deliver(b, carried.data)
        a.service.failed(carried.outgoing, 404)
    carry(a, b, a.service.pouch(B, Lane.PROMPT))
    assert b.service.item(A, sent.leaf).present == (False,)


# --- cards ------------------------------------------------------------------------------------------------


def renewed(node, label="renewed", **changes):
    """The next card of a node with new node keys, and the identity that goes with it."""
    owner = node.keys.but(
        log=signing_pair(f"{node.origin} {label}", Role.LOG),
        mirror=signing_pair(f"{node.origin} {label}", Role.MIRROR),
        **changes,
    )
    card = following(node.identity.card, owner, issued=Moment(int(node.clock())))
    note = owner.sign(card)
    return note, dataclasses.replace(
        node.identity, card=card, card_note=note, log=owner.log, mirror=owner.mirror
    )


def in_force(node, identity: Identity):
    node.identity = identity
    node.service = Service(identity, node.store)


def test_old_pouches_count_until_the_first_under_the_new_card(pair):
    a, b = pair
    note, identity = renewed(a)
    a.service.publish_card(bytes(note))
    assert a.service.unaware() == [B]
    a.service.send(B, alert("under the old keys"))
    old = pack(a, b)
    settle(a, b)
    assert a.service.unaware() == []
    assert b.service.partner(A).previous
    late = poll(a, b)
    deliver(b, late.data)  # still good: a has not changed over yet
    another = poll(a, b)
    in_force(a, identity)
    first = poll(a, b)
    take_answer(a, first, deliver(b, first.data))
    assert b.service.partner(A).previous == b""
    for data in (old.data, late.data, another.data):
        with pytest.raises(ForgedError):
            deliver(b, data)
    a.service.send(B, alert("under the new keys"))
    b.service.send(A, alert("and back"))
    come_to_rest(a, b)


def test_a_card_that_is_not_the_next_one_is_not_published(pair):
    a, _ = pair
    note, _ = renewed(a)
    lines = [NoteLine(line.name, line.key_id, bytes(len(line.signature))) for line in note.lines]
    with pytest.raises(ForgedError):
        a.service.publish_card(bytes(Note(note.text, tuple(lines))))
    with pytest.raises(StaleError):
        a.service.publish_card(bytes(a.identity.card_note))


def test_publishing_twice_enters_it_once(pair):
    a, b = pair
    note, _ = renewed(a)
    a.service.publish_card()
    assert [row.kind for row in rows(a, own(a, b))].count("card") == 1
    for _ in range(2):
        a.service.publish_card(bytes(note))
    assert [row.kind for row in rows(a, own(a, b))].count("card") == 2


def test_a_card_by_hand_and_then_in_the_log(pair):
    """The same card by two channels is taken once."""
    a, b = pair
    note, _ = renewed(a)
    b.service.introduce(bytes(note), "")
    assert b.service.partner(A).card == bytes(note)
    with pytest.raises(StaleError):
        b.service.introduce(bytes(note), "")
    a.service.publish_card(bytes(note))
    come_to_rest(a, b)
    assert b.service.partner(A).card == bytes(note)


def test_a_log_that_begins_with_an_older_card_than_the_one_typed_in(two):
    """b got to know a by its second card; a's log for b began under the first."""
    a, b = two
    a.service.introduce(bytes(b.identity.card_note), b.fingerprint)
    card = following(a.identity.card, a.keys, issued=Moment(int(a.clock())))
    note = a.keys.sign(card)
    a.service.publish_card(bytes(note))
    in_force(a, dataclasses.replace(a.identity, card=card, card_note=note))
    b.service.introduce(bytes(note), a.fingerprint)
    come_to_rest(a, b)
    assert b.service.partner(A).card == bytes(note)
    assert b.service.status(A).mirror_size == a.service.status(B).own_size


def test_after_its_card_has_expired_only_life_and_housekeeping_pass(pair):
    from mithaq.errors import RefusedError

    a, b = pair
    for node in (a, b):
        node.clock.offset = 366 * DAY
    with pytest.raises(RefusedError) as caught:
        a.service.send(B, alert(field="security"))
    assert caught.value.codes == ("card-expired",)
    a.service.send(B, alert("this field protects life"))
    come_to_rest(a, b)


def test_a_generated_key_is_a_file_before_it_is_announced(pair):
    a, b = pair
    key = SealingKey.generate(a.identity.random)
    from mithaq.exchange.introduction import _say_key

    a.identity.files.create(f"sealing/{key.id}", key.seed)  # the work ran before, and was not committed
    a.store.write(lambda tx: _say_key(tx, a.identity, own(a, b), key))
    assert sealing(a, b)[1][-1] == key.id


def test_an_older_card_that_never_led_to_the_one_known(two):
    """The attack: a node without its authority makes up a past for itself."""
    a, b = two
    a.service.introduce(bytes(b.identity.card_note), b.fingerprint)
    card = following(a.identity.card, a.keys, issued=Moment(int(a.clock())))
    b.service.introduce(bytes(a.keys.sign(card)), a.fingerprint)
    thief = a.keys.but(authority=keys("thief").authority)
    past = thief.sign(msgspec.structs.replace(a.identity.card, authority=thief.authority.public))
    unsigned = Note(a.identity.card_note.text, a.identity.card_note.lines[2:])
    for note in (past, unsigned):
        facts = {"act": "publish", "note": hashlib.sha256(note.text).hexdigest()}
        entry = Draft(a.identity.random(16).hex(), "card", facts=facts).entry(own(a, b), a.identity.now())
        log = own(a, b)
        parts = (
            head(log, [entry.data], a.identity.log),
            batch([entry.data], 0),
            part_of("note", bytes(note)),
        )
        data = forge(a, b, *parts, public=b.identity.card.sealing, mine=1)
        with pytest.raises(ForgedError):
            deliver(b, data)
