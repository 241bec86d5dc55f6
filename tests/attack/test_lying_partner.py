"""A partner that lies within its rights: with its own keys, in its own log, in forms that all parse.

Signatures and hashes stop strangers; what is left is a partner that says at its own cost what spoils ours:
receipts that no third party would accept, times beyond every calendar, questions that cost us pouches.
"""

import json

import pytest

from mithaq.audit.verify import verify_receipt
from mithaq.crypto.keys import SigningPair
from mithaq.crypto.notes import Note
from mithaq.domain import canonical
from mithaq.domain.party import Role
from mithaq.errors import PeerError
from mithaq.exchange.contents import Place
from mithaq.exchange.packing import PROMPT_BODY_MAX, Lane, load_body
from mithaq.exchange.pair import Draft
from mithaq.exchange.pouch import part_of
from mithaq.tlog.checkpoint import Checkpoint
from mithaq.tlog.cosignature import cosign
from mithaq.tlog.head import sign_head
from nodes import TEXT, A, B, alert, settle
from pouches import (
    batch,
    body_part,
    come_to_rest,
    deliver,
    entries,
    forge,
    head,
    lie,
    lie_bytes,
    own,
    pack,
    poll,
    root_of,
    take_answer,
)

LARGE = bytes([65]) * (PROMPT_BODY_MAX + 1)


def proved(node, partner, leaf):
    """What a third party reads in the receipt that a node gives out."""
    cards = [bytes(each.identity.card_note) for each in (node, partner)]
    heard = [each.fingerprint for each in (node, partner)]
    return verify_receipt(node.service.receipt(partner.origin, leaf), cards, heard)


# --- receipts that nobody would accept ----------------------------------------------------------------------


def stray(log, checkpoint, liar, count):
    """Lines of keys that stand in no card, under the name of the log."""
    pairs = (SigningPair.generate(Role.LOG, liar.identity.random) for _ in range(count))
    return [line for pair in pairs for line in sign_head(checkpoint, pair, 1).lines[:1]]


@pytest.mark.parametrize("count", [1, 14])
def test_a_head_with_lines_of_strangers_spoils_no_receipt(pair, count):
    """The attack: a receipt has no line that does not count, so the author's own could not be shown."""
    a, b = pair
    sent = a.service.send(B, alert())
    log = own(a, b)
    said = entries(a, log)
    checkpoint = Checkpoint(str(log), len(said), root_of(said))
    honest = pack(a, b).outgoing.load.contents
    signed = Note.parse(honest[0].load(), limit=65_536)
    note = Note(signed.text, (*stray(log, checkpoint, a, count), *signed.lines))
    deliver(b, forge(a, b, part_of("head", bytes(note)), *honest[1:]))
    report = proved(b, a, sent.leaf)
    assert (report.leaf, report.verdict) == (sent.leaf, "accepted")
    come_to_rest(a, b)


@pytest.mark.parametrize("count", [1, 14])
def test_a_cosignature_with_lines_of_strangers_spoils_no_receipt(pair, count):
    """The attack: the reader denies what it held, by a line that makes the author's receipt worthless."""
    a, b = pair
    sent = a.service.send(B, alert())
    deliver(b, pack(a, b).data)
    log = own(a, b)
    cosigned = b.store.read(lambda tx: tx.logs.newest_cosignature(log))
    checkpoint = Checkpoint(str(log), cosigned.size, cosigned.root)
    strangers = b"".join(map(bytes, stray(log, checkpoint, b, count)))
    lines = strangers + cosigned.lines
    deliver(a, forge(b, a, part_of("cosignature", checkpoint.text + b"\n" + lines)))
    assert a.service.status(B).cosigned == cosigned.size
    come_to_rest(a, b)
    assert proved(a, b, sent.leaf).verdict == "accepted"


def test_a_cosignature_of_another_time_than_the_held_spoils_no_receipt(pair):
    """The attack: the reader's two statements differ, so a receipt with both is refused."""
    a, b = pair
    sent = a.service.send(B, alert())
    deliver(b, pack(a, b).data)
    log = own(a, b)
    cosigned = b.store.read(lambda tx: tx.logs.newest_cosignature(log))
    checkpoint = Checkpoint(str(log), cosigned.size, cosigned.root)
    lines = cosign(checkpoint, b.identity.mirror_name, b.identity.mirror, cosigned.time - 1)
    deliver(a, forge(b, a, part_of("cosignature", checkpoint.text + b"\n" + b"".join(map(bytes, lines)))))
    come_to_rest(a, b)
    assert proved(a, b, sent.leaf).verdict == "accepted"


# --- numbers at their ends ----------------------------------------------------------------------------------

MOST = 2**53 - 1


@pytest.mark.parametrize(
    "changes",
    [{"keep_until": MOST}, {"keep_until": 1}, {"at": MOST}, {"at": 1}],
    ids=["keep_until-most", "keep_until-least", "at-most", "at-least"],
)
def test_a_time_beyond_every_calendar(pair, changes):
    """The attack: a date that cannot be computed takes the reader down, or leaves a day key for ever."""
    a, b = pair
    salt, content = bytes(32), b"content"
    honest = a.service.send(B, alert("a model"))
    deliver(b, pack(a, b).data)
    days = b.identity.files.names("day")
    model = json.loads(entries(a, own(a, b))[honest.index])
    model["id"] = "ab" * 16
    model["bodies"][0] |= {
        "commit": Place(own(a, b), model["id"], 0).commit(TEXT, salt, content),
        "size": len(content),
    }
    data = canonical.encode(model | changes)
    index = len(entries(a, own(a, b)))
    assert lie_bytes(a, b, data) == index
    log, said = own(a, b), entries(a, own(a, b))
    signed = head(log, said, a.identity.log)
    deliver(b, forge(a, b, signed, batch(said, index), body_part(index, 0, salt, content)))
    assert entries(b, own(a, b))[index] == data
    assert b.identity.files.names("day") == days
    settle(a, b)
    assert a.service.record_lines(B) == b.service.record_lines(A)


@pytest.mark.parametrize("time", [1, MOST])
def test_a_held_at_any_time(pair, time):
    """Not even its author is harmed by it: contents end by its clock, our clocks and pouches go on."""
    a, b = pair
    mine = entries(b, own(b, a))
    facts = {"of": str(own(b, a)), "size": len(mine), "root": root_of(mine).hex(), "time": time}
    lie(a, b, Draft(a.identity.random(16).hex(), "held", facts=facts))
    sent = b.service.send(A, alert("to the liar"))
    settle(a, b)
    assert b.service.item(A, sent.leaf).codes == ()
    assert b.service.status(A).problem == ""
    assert a.service.record_lines(B) == b.service.record_lines(A)


@pytest.mark.parametrize("n", [0, MOST])
@pytest.mark.parametrize("mine", [0, MOST])
def test_a_manifest_with_any_numbers(pair, n, mine):
    a, b = pair
    deliver(b, forge(a, b, n=n, mine=mine, time=MOST))
    assert b.service.status(A).problem == ""
    sent = b.service.send(A, alert("to the liar"))
    settle(a, b)
    assert b.service.item(A, sent.leaf).verdict == "accepted"


# --- questions that cost ------------------------------------------------------------------------------------


def test_one_content_wanted_a_thousand_times_goes_once(pair):
    """The attack: a question of a few bytes has us send sixty megabytes."""
    a, b = pair
    sent = a.service.send(B, alert(contents=((TEXT, LARGE),)))
    deliver(b, pack(a, b).data)
    deliver(a, forge(b, a, want=((sent.index, 0),) * 1_000))
    assert pack(a, b, Lane.BULK).outgoing.load.bodies == ((sent.index, 0),)


def test_one_content_many_times_in_a_pouch_is_kept_once(pair):
    a, b = pair
    sent = a.service.send(B, alert())
    honest = pack(a, b).outgoing.load.contents
    false = body_part(sent.index, 0, bytes(32), b"flood")
    deliver(b, forge(a, b, *honest, *honest[2:], false, *honest[2:]))
    assert b.service.content(A, sent.leaf, 0) == b"flood"
    come_to_rest(a, b)


def test_a_head_without_entries(pair):
    """Of the size held it changes nothing, of another it is refused."""
    a, b = pair
    said = entries(a, own(a, b))
    before = b.service.status(A).mirror_size
    same = head(own(a, b), said, a.identity.log)
    deliver(b, forge(a, b, same, part_of("entries", b"", len(said))))
    for alone in (same, head(own(a, b), [*said, b"{}"], a.identity.log)):
        with pytest.raises(PeerError):
            deliver(b, forge(a, b, alone))
    assert b.service.status(A).mirror_size == before
    sent = a.service.send(B, alert())
    come_to_rest(a, b)
    assert a.service.item(B, sent.leaf).verdict == "accepted"


def test_an_answer_brought_as_a_question_and_a_question_as_an_answer(pair):
    """Whoever sits on the way swaps directions: signed statements stay what they are."""
    a, b = pair
    sent = a.service.send(B, alert())
    carried = pack(a, b)
    answer = deliver(b, carried.data)
    deliver(a, answer)
    asked = poll(b, a)
    with pytest.raises(PeerError):
        take_answer(a, carried, asked.data)
    come_to_rest(a, b)
    assert a.service.item(B, sent.leaf).verdict == "accepted"


def test_a_pouch_read_back_to_front(pair):
    """Bodies before entries, entries before their head: nothing is kept that no entry promised."""
    a, b = pair
    sent = a.service.send(B, alert())
    honest = pack(a, b).outgoing.load.contents
    deliver(b, forge(a, b, *reversed(honest)))
    come_to_rest(a, b)
    assert a.service.item(B, sent.leaf).verdict == "accepted"


def test_a_content_for_the_second_of_two_equal_entries_completes_nothing(pair):
    """The attack: accepted, and yet the content is not where the entry that counts has its own."""
    a, b = pair
    sent = a.service.send(B, alert(contents=((TEXT, LARGE),)))
    index = lie_bytes(a, b, entries(a, own(a, b))[sent.index])
    deliver(b, pack(a, b).data)
    data = load_body(a.identity, a.store, own(a, b), (sent.index, 0))
    deliver(b, forge(a, b, body_part(index, 0, data[:32], data[32:])))
    item = b.service.item(A, sent.leaf)
    assert (item.verdict, item.present) == ("", (False,))
    come_to_rest(a, b)
    assert b.service.content(A, sent.leaf, 0) == LARGE


@pytest.mark.parametrize("size", [0, 1, MOST])
def test_a_record_of_any_sizes_differs(pair, size):
    a, b = pair
    cut = len(entries(b, own(b, a)))
    facts = {
        "rules": 1,
        "own": {"size": size, "digest": "01" * 32},
        "partner": {"size": cut, "digest": "01" * 32},
    }
    lie(a, b, Draft(a.identity.random(16).hex(), "record", facts=facts))
    settle(a, b)
    assert b.service.status(A).record in {"differs", ""}
    b.service.housekeep()
    come_to_rest(a, b)
