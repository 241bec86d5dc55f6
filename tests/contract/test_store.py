"""What every store must do (``exchange.ports``), whichever backend keeps it."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from mithaq.domain.moves import Sort
from mithaq.domain.outcome import LogState
from mithaq.domain.party import LogName, origin
from mithaq.domain.things import Thing
from mithaq.errors import BehindError, BusyError, MalformedError, StoreError
from mithaq.exchange.ports import (
    BodyKey,
    Cosignature,
    DefaultHandling,
    EntryRow,
    Head,
    LogRow,
    Partner,
    SealingRow,
    StoredBody,
)
from mithaq.store.anchor import Line
from mithaq.store.bodies import END_BYTES, END_ROWS
from mithaq.store.entries import BEGINNING_MAX, PAGE_ENTRIES
from mithaq.store.writer import GROUP_MAX
from mithaq.tlog.merkle import EMPTY_ROOT, leaf_hash
from mithaq.tlog.tiles import root_at
from pair import Talk
from stores import BACKENDS, ME, MIRROR, OWN, Tiles, body, frontier_of, grow, sign


@pytest.fixture(params=BACKENDS)
def backend(request, tmp_path):
    return BACKENDS[request.param](tmp_path)


@pytest.fixture
def store(backend):
    with backend.opened() as store:
        yield store


def together(store, *works):
    """Run works in one group: they queue up behind one that waits. Gives results or errors."""
    gate = threading.Event()
    with ThreadPoolExecutor(len(works) + 1) as threads:
        first = threads.submit(store.write, lambda _: gate.wait(10))
        time.sleep(0.05)
        futures = []
        for work in works:
            futures.append(threads.submit(store.write, work))
            time.sleep(0.01)
        gate.set()
        assert first.result()
        return [future.exception() or future.result() for future in futures]


# --- logs -------------------------------------------------------------------------------------------------


def test_a_log_that_is_not_there_is_empty(store):
    row = store.read(lambda tx: tx.logs.row(MIRROR))
    assert (row.name, row.size, row.frontier.root(), row.state) == (
        MIRROR,
        0,
        EMPTY_ROOT,
        LogState.start(1),
    )
    assert store.read(lambda tx: tx.logs.entries(OWN, 0, 10)) == []
    assert store.read(lambda tx: tx.logs.tile(OWN, 0, 0)) == b""


def test_entries_come_back_as_they_were_appended(store):
    data = [b"entry %d" % n for n in range(300)]
    row = store.write(lambda tx: grow(tx, OWN, *data[:100]))
    row = store.write(lambda tx: grow(tx, OWN, *data[100:]))
    assert store.read(lambda tx: tx.logs.row(OWN)) == row
    entries = store.read(lambda tx: tx.logs.entries(OWN, 90, 110))
    assert [each.data for each in entries] == data[90:110]
    assert entries[0] == EntryRow(90, data[90], leaf_hash(data[90]), "information", b"done", b"\1" * 32)
    assert store.read(lambda tx: len(tx.logs.tile(OWN, 0, 1))) == 44 * 32
    root = store.read(lambda tx: root_at(200, Tiles(tx, OWN)))
    assert root == frontier_of(*data[:200]).root()
    assert store.read(lambda tx: tx.logs.row(MIRROR).size) == 0


def test_a_row_can_be_set_without_entries(store):
    row = store.write(lambda tx: grow(tx, OWN, b"1"))
    row = replace(row, state=replace(row.state, at=99, card="ab"))
    store.write(lambda tx: tx.logs.append(row, 1, [], []))
    assert store.read(lambda tx: tx.logs.row(OWN)) == row


def test_the_second_who_appends_at_one_size_is_told(store):
    store.write(lambda tx: grow(tx, OWN, b"1", b"2"))
    row = LogRow(OWN, frontier_of(b"1", b"3"), LogState(0, 2))
    late = [EntryRow(1, b"3", leaf_hash(b"3"), "held", b"done", bytes(32))]
    with pytest.raises(BusyError):
        store.write(lambda tx: tx.logs.append(row, 1, late, []))
    assert store.read(lambda tx: [each.data for each in tx.logs.entries(OWN, 0, 9)]) == [b"1", b"2"]


def test_of_threads_that_race_for_a_size_one_wins(store):
    def work(number):
        def append(tx):
            return grow(tx, OWN, b"%d" % number, expected=0 if number % 2 else None)

        try:
            return store.write(append).size
        except (BusyError, StoreError):
            return None

    with ThreadPoolExecutor(8) as threads:
        sizes = [size for size in threads.map(work, range(40)) if size]
    assert sorted(sizes) == list(range(1, len(sizes) + 1))
    assert 20 <= len(sizes) <= 21
    assert store.read(lambda tx: tx.logs.row(OWN)).size == len(sizes)


def test_entries_must_lead_to_the_size_of_the_row(store):
    row = LogRow(OWN, frontier_of(b"1", b"2"), LogState(0, 2))
    with pytest.raises(StoreError, match="do not lead"):
        store.write(lambda tx: tx.logs.append(row, 0, [], []))


def test_entries_are_found_by_kind(store):
    def work(tx):
        for n in range(PAGE_ENTRIES + 5):
            grow(tx, OWN, b"h%d" % n, kind="held")
            if n % 100 == 0:
                grow(tx, OWN, b"a%d" % n, kind="alert")
        grow(tx, MIRROR, b"other", kind="held")

    store.write(work)
    held = store.read(lambda tx: list(tx.logs.of_kind(OWN, "held")))
    assert [each.data for each in held] == [b"h%d" % n for n in range(PAGE_ENTRIES + 5)]
    latest = store.read(lambda tx: tx.logs.latest(OWN, ("alert", "held"), 7))
    assert [each.data for each in latest] == [b"h260", b"h259", b"h258", b"h257", b"h256", b"h255", b"h254"]
    latest = store.read(lambda tx: tx.logs.latest(OWN, ("alert", "request"), 2))
    assert [each.data for each in latest] == [b"a200", b"a100"]
    assert store.read(lambda tx: tx.logs.newest(OWN, "alert")).data == b"a200"
    assert store.read(lambda tx: tx.logs.newest(OWN, "card")) is None


def test_the_last_legal_rules_are_found_as_of_any_place(store):
    def work(tx):
        grow(tx, OWN, b"0", kind="rules", outcome=b"done rules=0")
        grow(tx, OWN, b"1", kind="rules", outcome=b"illegal serial")
        grow(tx, OWN, b"2", kind="alert", outcome=b"done")
        grow(tx, OWN, b"3", kind="rules", outcome=b"done rules=3")
        grow(tx, OWN, b"4", kind="rules", outcome=b"illegal closes")
        grow(tx, OWN, b"5", kind="", outcome=b"malformed")
        grow(tx, MIRROR, b"other", kind="rules", outcome=b"done")

    assert store.read(lambda tx: tx.logs.rules(OWN)) is None
    store.write(work)
    places = (None, 6, 4, 3, 2, 1, 0)
    found = [store.read(lambda tx, place=place: tx.logs.rules(OWN, place)) for place in places]
    assert [each and each.data for each in found] == [b"3", b"3", b"3", b"0", b"0", b"0", None]


def test_entries_are_found_by_the_beginning_of_their_leaf(store):
    data = [b"entry %d" % n for n in range(200)]
    store.write(lambda tx: grow(tx, OWN, *data))
    leaf = leaf_hash(data[77]).hex()
    for digits in (64, 20, 7):
        found = store.read(lambda tx, digits=digits: tx.logs.beginning(OWN, leaf[:digits]))
        assert [each.data for each in found] == [data[77]]
    expected = [each for each in data if leaf_hash(each).hex().startswith(leaf[:1])]
    found = store.read(lambda tx: tx.logs.beginning(OWN, leaf[:1]))
    assert len(found) == min(BEGINNING_MAX, len(expected))
    assert {each.data for each in found} <= set(expected)
    for nonsense in ("", "xyz", "AB", " 1", "a" * 65):
        assert store.read(lambda tx, leaf=nonsense: tx.logs.beginning(OWN, leaf)) == []


def test_heads_and_cosignatures_are_kept_in_order(store):
    def work(tx):
        for n in range(1, 6):
            row = sign(tx, OWN, b"%d" % n)
            tx.logs.put_cosignature(OWN, Cosignature(n, row.frontier.root(), n * 10, b"theirs"))

    store.write(work)
    heads = store.read(lambda tx: tx.logs.heads(OWN, 1, 3))
    assert heads == [
        Head(n, frontier_of(*(b"%d" % k for k in range(1, n + 1))).root(), b"note") for n in (2, 3, 4)
    ]
    cosignatures = store.read(lambda tx: tx.logs.cosignatures(OWN, 3, 10))
    assert [(each.size, each.time, each.lines) for each in cosignatures] == [
        (4, 40, b"theirs"),
        (5, 50, b"theirs"),
    ]
    assert store.read(lambda tx: tx.logs.newest_cosignature(OWN)) == cosignatures[-1]
    assert store.read(lambda tx: tx.logs.newest_cosignature(MIRROR)) is None


def test_one_size_never_has_two_roots(store):
    root = store.write(lambda tx: sign(tx, OWN, b"1")).frontier.root()
    store.write(lambda tx: tx.logs.put_head(OWN, Head(1, root, b"again")))
    assert store.read(lambda tx: tx.logs.heads(OWN, 0, 9)) == [Head(1, root, b"again")]
    with pytest.raises(StoreError, match="another root"):
        store.write(lambda tx: tx.logs.put_head(OWN, Head(1, b"\2" * 32, b"fork")))
    store.write(lambda tx: tx.logs.put_cosignature(OWN, Cosignature(1, root, 1, b"lines")))
    with pytest.raises(StoreError, match="another root"):
        store.write(lambda tx: tx.logs.put_cosignature(OWN, Cosignature(1, b"\2" * 32, 1, b"fork")))


@pytest.mark.parametrize(
    "put",
    [
        lambda tx: tx.logs.put_head(OWN, Head(2, b"\2" * 32, b"fork")),
        lambda tx: tx.logs.put_head(OWN, Head(3, b"\2" * 32, b"too far")),
        lambda tx: tx.logs.put_cosignature(MIRROR, Cosignature(2, b"\2" * 32, 1, b"never stored")),
    ],
)
def test_nothing_is_signed_that_is_not_stored(backend, put):
    with backend.opened() as store:
        store.write(lambda tx: grow(tx, OWN, b"1", b"2"))
        with pytest.raises(StoreError, match="not what is stored"):
            store.write(put)
        assert store.read(lambda tx: tx.logs.heads(OWN, 0, 9)) == []
    assert backend.anchor.read_bytes() == b""


# --- bodies -----------------------------------------------------------------------------------------------


def test_bodies_come_back(store):
    key = BodyKey(MIRROR, 3, 1)
    store.write(lambda tx: tx.bodies.put(key, body()))
    assert store.read(lambda tx: tx.bodies.get(key)) == body()
    assert store.read(lambda tx: tx.bodies.get(BodyKey(OWN, 3, 1))) is None
    store.write(lambda tx: tx.bodies.put(key, body(b"sealed again")))
    assert store.read(lambda tx: tx.bodies.get(key)).sealed == b"sealed again"


def test_what_is_present_is_told_without_its_bytes(store):
    def work(tx):
        for index, ordinal in ((1, 0), (2, 0), (2, 1), (4, 0)):
            tx.bodies.put(BodyKey(OWN, index, ordinal), body())

    store.write(work)
    present = store.read(lambda tx: tx.bodies.present(OWN, 2, 4))
    assert present == {(2, 0): body(b""), (2, 1): body(b"")}


def test_a_content_is_found_by_its_mark_as_long_as_it_is_there(store):
    def work(tx):
        for log, index, mark in ((OWN, 1, b"one"), (MIRROR, 2, b"one"), (MIRROR, 3, b"other")):
            tx.bodies.put(BodyKey(log, index, 0), replace(body(), mark=mark))

    store.write(work)
    places = {BodyKey(OWN, 1, 0), BodyKey(MIRROR, 2, 0)}
    assert set(store.read(lambda tx: tx.bodies.marked(b"one"))) == places
    assert store.read(lambda tx: tx.bodies.get(BodyKey(OWN, 1, 0))).mark == b"one"
    store.write(lambda tx: tx.bodies.drop(MIRROR, 2))
    store.write(lambda tx: tx.bodies.put(BodyKey(OWN, 1, 0), replace(body(), mark=b"new")))
    assert store.read(lambda tx: tx.bodies.marked(b"one")) == []
    assert store.read(lambda tx: tx.bodies.marked(b"")) == []


def test_what_is_wanted_is_taken_off_by_what_comes(store):
    store.write(
        lambda tx: tx.bodies.want(MIRROR, [(5, 1, b"c"), (5, 0, b"c"), (2, 0, b"c"), (9, 0, b"c")], 7)
    )
    store.write(lambda tx: tx.bodies.want(MIRROR, [(2, 0, b"c")], 7))
    store.write(lambda tx: tx.bodies.want(MIRROR, [], 7))
    store.write(lambda tx: tx.bodies.put(BodyKey(MIRROR, 5, 0), body()))
    assert store.read(lambda tx: tx.bodies.wanted(MIRROR, 9)) == [(2, 0), (5, 1), (9, 0)]
    assert store.read(lambda tx: tx.bodies.wanted(MIRROR, 2)) == [(2, 0), (5, 1)]
    store.write(lambda tx: tx.bodies.drop(MIRROR, 5))
    assert store.read(lambda tx: tx.bodies.wanted(MIRROR, 9)) == [(2, 0), (9, 0)]
    assert store.read(lambda tx: tx.bodies.present(MIRROR, 0, 99)) == {}


def test_what_has_ended_goes_a_part_at_a_time(store):
    """Bounded by rows and by bytes, the oldest day first; what still lives stays."""

    def work(tx):
        for index in range(END_ROWS + 1):
            tx.bodies.put(BodyKey(OWN, index, 0), replace(body(), day=7))
        for index in range(3):
            tx.bodies.put(BodyKey(MIRROR, index, 0), replace(body(), day=8, size=END_BYTES + 1))
        tx.bodies.put(BodyKey(MIRROR, 9, 0), replace(body(), day=9))

    store.write(work)
    ended = []
    while places := store.write(lambda tx: tx.bodies.end(9)):
        ended.append(len(places))
    assert ended == [END_ROWS, 1, 1, 1, 1]
    assert store.read(lambda tx: tx.bodies.present(OWN, 0, 9_999)) == {}
    assert list(store.read(lambda tx: tx.bodies.present(MIRROR, 0, 99))) == [(9, 0)]


def test_what_was_wanted_too_long_is_told_by_entry(store):
    store.write(lambda tx: tx.bodies.want(MIRROR, [(5, 0, b"c"), (5, 1, b"c"), (4, 0, b"c")], 7))
    store.write(lambda tx: tx.bodies.want(MIRROR, [(6, 0, b"c")], 8))
    assert store.read(lambda tx: tx.bodies.overdue(MIRROR, 7, 9)) == []
    assert store.read(lambda tx: tx.bodies.overdue(MIRROR, 8, 9)) == [4, 5]
    assert store.read(lambda tx: tx.bodies.overdue(MIRROR, 9, 1)) == [4]
    assert store.read(lambda tx: tx.bodies.overdue(OWN, 9, 9)) == []


def test_what_is_wanted_is_counted_and_shown_from_anywhere_on(store):
    store.write(lambda tx: tx.bodies.want(MIRROR, [(n, 0, b"c") for n in range(5)], 7))
    assert store.read(lambda tx: tx.bodies.count_wanted(MIRROR)) == 5
    assert store.read(lambda tx: tx.bodies.count_wanted(OWN)) == 0
    assert store.read(lambda tx: tx.bodies.wanted(MIRROR, 2, 1)) == [(1, 0), (2, 0)]
    assert store.read(lambda tx: tx.bodies.wanted(MIRROR, 9, 4)) == [(4, 0)]
    assert store.read(lambda tx: tx.bodies.is_wanted(BodyKey(MIRROR, 4, 0)))
    assert not store.read(lambda tx: tx.bodies.is_wanted(BodyKey(MIRROR, 4, 1)))


def test_contents_are_found_by_the_day_of_their_key(store):
    def work(tx):
        for index, ordinal, day in ((1, 0, 5), (1, 1, 5), (2, 0, 7), (3, 0, 5)):
            tx.bodies.put(BodyKey(OWN, index, ordinal), replace(body(), day=day))

    store.write(work)
    assert store.read(lambda tx: tx.bodies.days(OWN)) == [5, 7]
    assert store.read(lambda tx: tx.bodies.of_day(OWN, 5)) == [1, 3]
    assert store.read(lambda tx: tx.bodies.days(MIRROR)) == []


def test_what_a_pair_has_asked_for(store):
    assert store.read(lambda tx: tx.ledger.asked(OWN)) == ""
    for asked in ("one", "two"):
        store.write(lambda tx, asked=asked: tx.ledger.put_asked(OWN, asked))
        assert store.read(lambda tx: tx.ledger.asked(OWN)) == asked
    assert store.read(lambda tx: tx.ledger.asked(MIRROR)) == ""
    store.write(lambda tx: tx.ledger.put_asked(OWN, ""))
    assert store.read(lambda tx: tx.ledger.asked(OWN)) == ""


def test_a_partner_is_dropped_and_its_logs_stay(store):
    store.write(lambda tx: grow(tx, OWN, b"1"))
    store.write(lambda tx: tx.ledger.put_partner(Partner(OWN, "", b"card")))
    store.write(lambda tx: tx.ledger.put_partner(Partner(LogName(ME, OWN.reader, 2), "", b"card")))
    store.write(lambda tx: tx.ledger.drop_partner(OWN))
    assert [each.own.n for each in store.read(lambda tx: tx.ledger.partners())] == [2]
    assert store.read(lambda tx: tx.logs.row(OWN)).size == 1
    assert store.read(lambda tx: tx.logs.row(LogName(ME, OWN.reader, 2))).state.n == 2


def test_a_head_of_our_own_that_came_back_is_kept_once_and_not_anchored_again(store):
    row = store.write(lambda tx: grow(tx, OWN, b"1"))
    head = Head(1, row.frontier.root(), b"came back")
    store.write(lambda tx: tx.logs.restore_head(OWN, head))
    assert store.read(lambda tx: tx.logs.heads(OWN, 0, 9)) == [head]
    with pytest.raises(StoreError):
        store.write(lambda tx: tx.logs.restore_head(OWN, replace(head, root=b"\2" * 32)))


def erased(backend, secret):
    """Wait until no byte is left on the disk: a reader may hold the journal for a while."""
    for _ in range(100):
        if secret not in backend.files():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("size", [100, 300_000])
def test_what_is_dropped_leaves_nothing_on_the_disk(backend, store, size):
    secret = b"a content that has to go"
    key = BodyKey(MIRROR, 7, 0)
    store.write(lambda tx: tx.bodies.put(key, body(secret * (size // len(secret)))))
    assert secret in backend.files()
    store.write(lambda tx: tx.bodies.drop(MIRROR, 7))
    assert store.read(lambda tx: tx.bodies.get(key)) is None
    assert secret not in backend.files()


def test_what_is_dropped_beside_a_reader_goes_when_the_reader_does(backend, store):
    secret = b"a content that has to go"
    key = BodyKey(MIRROR, 7, 0)
    store.write(lambda tx: tx.bodies.put(key, body(secret)))
    reading, done = threading.Event(), threading.Event()

    def read(tx):
        found = tx.bodies.get(key)
        reading.set()
        done.wait(10)
        return found

    with ThreadPoolExecutor(1) as threads:
        reader = threads.submit(store.read, read)
        reading.wait(10)
        store.write(lambda tx: tx.bodies.drop(MIRROR, 7))
        assert secret in backend.files()
        done.set()
        assert reader.result() == body(secret)
    assert erased(backend, secret)


# --- ledger -----------------------------------------------------------------------------------------------


def test_things_are_kept_by_pair(store):
    one = Thing("ab" * 32, Sort.EXCHANGE, 1, "cd" * 32, "security", 2, registers=((), ((0, "sent"),)))
    text = Thing("ef" * 32, Sort.AGREEMENT, relation="atlas-lindmark", serial=3)
    store.write(lambda tx: tx.ledger.put_things(OWN, [one, text]))
    store.write(lambda tx: tx.ledger.put_things(OWN, []))
    assert store.read(lambda tx: tx.ledger.thing(OWN, one.key)) == one
    assert store.read(lambda tx: tx.ledger.agreements(OWN)) == [text]
    moved = one.move(0, "accept", 9)
    store.write(lambda tx: tx.ledger.put_things(OWN, [moved]))
    assert store.read(lambda tx: tx.ledger.thing(OWN, one.key)) == moved
    assert store.read(lambda tx: tx.ledger.thing(MIRROR, one.key)) is None
    assert store.read(lambda tx: tx.ledger.agreements(MIRROR)) == []


def test_entries_are_found_as_the_fold_named_them(store):
    """``find`` gives ``Step.ref`` back, for legal, illegal, repeated, foreign and malformed entries."""
    talk = Talk(pair=(ME, OWN.reader))
    text = talk.begin()
    request = talk.share(0, text, "request")
    talk.append(0, request.data)
    talk.append(0, request.data)
    talk.append(1, request.data)
    talk.sync()
    talk.verdict(1, request.leaf)
    talk.append(1, talk.reply(1, text, request.leaf, 1).data)
    talk.append(1, talk.share(1, text, field="nowhere").data)
    talk.append(1, b"{}")
    talk.append(1, b"no entry")
    talk.append(1, b"no entry")
    talk.verdict(0, b"\x09" * 32)

    def work(tx):
        for side, log in enumerate((OWN, MIRROR)):
            for index, step in enumerate(talk.steps[side]):
                data = talk.logs[side][index]
                row = LogRow(log, frontier_of(*talk.logs[side][: index + 1]), step.state)
                kind = step.entry.kind if step.entry else ""
                entry = EntryRow(index, data, leaf_hash(data), kind, step.outcome.data, step.state.digest)
                tx.logs.append(row, index, [entry], [])

    store.write(work)
    refs = {step.ref.leaf: step.ref for steps in talk.steps for step in steps if step.ref}
    assert {(ref.kind, ref.legal) for ref in refs.values()} >= {("information", False), ("request", True)}
    for data in (*talk.logs[0], *talk.logs[1]):
        leaf = leaf_hash(data)
        assert store.read(lambda tx, leaf=leaf: tx.ledger.find(OWN, leaf)) == refs.get(leaf)
    assert store.read(lambda tx: tx.ledger.find(OWN, b"\x09" * 32)) is None
    assert store.read(lambda tx: tx.logs.row(OWN)).state == talk.state(0)


def test_notes_are_kept_by_digest(store):
    store.write(lambda tx: tx.ledger.put_note("ab" * 32, b"text"))
    store.write(lambda tx: tx.ledger.put_note("ab" * 32, b"text and signatures"))
    assert store.read(lambda tx: tx.ledger.note("ab" * 32)) == b"text and signatures"
    assert store.read(lambda tx: tx.ledger.note("cd" * 32)) is None


def test_partners_come_by_origin(store):
    names = ["spoc.b.example", "spoc.c.example", "spoc.a.example"]
    partners = [Partner(LogName(ME, origin(name)), f"https://{name}", b"card") for name in names]
    for partner in partners:
        store.write(lambda tx, partner=partner: tx.ledger.put_partner(partner))
    changed = replace(
        partners[0], newest=5, sent=6, have=7, problem="fork", sealing=b"k", card=b"new", previous=b"card"
    )
    store.write(lambda tx: tx.ledger.put_partner(changed))
    assert store.read(lambda tx: tx.ledger.partners()) == [partners[2], changed, partners[1]]


def test_default_handling_by_field(store):
    green, red = DefaultHandling("security", "green", "", 1), DefaultHandling("health", "red", "amber", 2)
    assert store.read(lambda tx: tx.ledger.default_handling(OWN)) == []
    for default in (replace(green, tlp="clear"), red, green):
        store.write(lambda tx, default=default: tx.ledger.put_default_handling(OWN, default))
    assert store.read(lambda tx: tx.ledger.default_handling(OWN)) == [red, green]
    assert store.read(lambda tx: tx.ledger.default_handling(MIRROR)) == []
    store.write(lambda tx: tx.ledger.drop_default_handling(OWN, "health"))
    assert store.read(lambda tx: tx.ledger.default_handling(OWN)) == [green]


def test_sealing_keys_come_oldest_first(store):
    older, newer = SealingRow(b"z" * 1216, 3, 100), SealingRow(b"a" * 1216, 8, 200)
    for key in (newer, older):
        store.write(lambda tx, key=key: tx.ledger.put_sealing_key(OWN, key))
    assert store.read(lambda tx: tx.ledger.sealing_keys(OWN)) == [older, newer]
    newer = replace(newer, acknowledged=300)
    store.write(lambda tx: tx.ledger.put_sealing_key(OWN, newer))
    store.write(lambda tx: tx.ledger.drop_sealing_key(OWN, older.public))
    assert store.read(lambda tx: tx.ledger.sealing_keys(OWN)) == [newer]


# --- works ------------------------------------------------------------------------------------------------


def test_a_work_that_fails_leaves_nothing(store):
    def work(tx):
        sign(tx, OWN, b"1")
        tx.ledger.put_note("ab" * 32, b"text")
        raise KeyError("mine")

    with pytest.raises(KeyError):
        store.write(work)
    assert store.read(lambda tx: tx.logs.row(OWN)).size == 0
    assert store.read(lambda tx: tx.ledger.note("ab" * 32)) is None
    assert store.write(lambda tx: sign(tx, OWN, b"2")).size == 1


class Batch:
    def __init__(self, tx, closed, error=None):
        self.tx, self.closed, self.error, self.data = tx, closed, error, []

    def close(self):
        self.closed.append(len(self.data))
        if self.error:
            raise self.error
        sign(self.tx, OWN, *self.data)


def test_works_that_wait_share_a_commit_and_its_batches(store):
    closed = []

    def add(number):
        def work(tx):
            batch = tx.batches.setdefault(OWN, Batch(tx, closed))
            batch.data.append(b"%d" % number)
            return number, id(tx)

        return work

    results = together(store, *map(add, range(10)))
    assert [number for number, _ in results] == list(range(10))
    assert len({tx for _, tx in results}) == 1
    assert closed == [10]
    assert [head.size for head in store.read(lambda tx: tx.logs.heads(OWN, 0, 99))] == [10]


def test_a_group_is_bounded(store):
    transactions = together(store, *[lambda transaction: transaction] * (GROUP_MAX + 1))
    assert len(set(map(id, transactions))) == 2


def test_only_the_guilty_work_of_a_group_fails(store):
    runs = []

    def add(number):
        def work(tx):
            runs.append(number)
            size = sign(tx, OWN, b"%d" % number).size
            if number == 3:
                raise MalformedError("guilty")
            return size

        return work

    results = together(store, *map(add, range(6)))
    assert isinstance(results.pop(3), MalformedError)
    assert results == [1, 2, 3, 4, 5]
    entries = store.read(lambda tx: tx.logs.entries(OWN, 0, 99))
    assert [each.data for each in entries] == [b"0", b"1", b"2", b"4", b"5"]
    assert runs == [0, 1, 2, 3, 0, 1, 2, 3, 4, 5]


def test_a_batch_that_fails_harms_no_other_work(store):
    def bad(tx):
        tx.batches[MIRROR] = Batch(tx, [], error=MalformedError("bad batch"))

    results = together(store, lambda tx: grow(tx, OWN, b"1").size, bad, lambda tx: grow(tx, OWN, b"2").size)
    assert isinstance(results[1], MalformedError)
    assert [results[0], results[2]] == [1, 2]


def test_a_batch_may_open_another(store):
    def work(tx):
        class Outer(Batch):
            def close(self):
                self.tx.batches[OWN] = inner = Batch(self.tx, [])
                inner.data.append(b"inner")

        tx.batches[MIRROR] = Outer(tx, [])

    store.write(work)
    assert store.read(lambda tx: tx.logs.row(OWN)).size == 1


def test_an_error_carries_no_content(store):
    """Into a log, say, with its traceback."""
    wrong = StoredBody(commit=b"", size="six", day="today", sealed=b"", findings=b"a finding", part=object())
    with pytest.raises(StoreError) as caught:
        store.write(lambda tx: tx.bodies.put(BodyKey(OWN, 0, 0), wrong))
    assert "a finding" not in "".join(traceback.format_exception(caught.value))


def test_a_work_must_not_write(store):
    with pytest.raises(StoreError, match="another work"):
        store.write(lambda _: store.write(lambda _: None))


def test_a_read_cannot_write(store):
    with pytest.raises(StoreError):
        store.read(lambda tx: tx.ledger.put_note("ab" * 32, b"text"))
    assert store.read(lambda tx: tx.ledger.note("ab" * 32)) is None


def test_a_read_sees_one_snapshot_and_blocks_nobody(store):
    store.write(lambda tx: grow(tx, OWN, b"1"))

    def read(tx):
        before = tx.logs.row(OWN).size
        with ThreadPoolExecutor(1) as threads:
            assert threads.submit(store.write, lambda tx: grow(tx, OWN, b"2").size).result(10) == 2
        return before, tx.logs.row(OWN).size, len(tx.logs.entries(OWN, 0, 9))

    assert store.read(read) == (1, 1, 1)
    assert store.read(lambda tx: tx.logs.row(OWN)).size == 2


def test_close_finishes_what_waits(backend):
    store = backend.open()
    gate = threading.Event()
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(store.write, lambda _: gate.wait(10))
        time.sleep(0.05)
        second = threads.submit(store.write, lambda tx: grow(tx, OWN, b"1").size)
        time.sleep(0.05)
        closing = threads.submit(store.close)
        time.sleep(0.05)
        gate.set()
        closing.result(10)
        assert (first.result(), second.result()) == (True, 1)
    store.close()
    for use in (store.read, store.write):
        with pytest.raises(StoreError, match="closed"):
            use(lambda tx: tx.logs.row(OWN))
    with backend.opened(create=False) as store:
        assert store.read(lambda tx: tx.logs.row(OWN)).size == 1


def test_an_interrupted_caller_leaves_the_rest_alone(store):
    gate = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(store.write, lambda _: gate.wait(10))
        time.sleep(0.05)
        timer = threading.Timer(0.1, signal.pthread_kill, (threading.get_ident(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            store.write(lambda tx: grow(tx, OWN, b"never begun"))
        gate.set()
        assert first.result(10)
    assert store.write(lambda tx: tx.logs.row(OWN).size) == 0


# --- disk -------------------------------------------------------------------------------------------------


def test_nobody_else_may_look(backend, store):
    store.write(lambda tx: sign(tx, OWN, b"1"))
    assert stat.S_IMODE(backend.directory.stat().st_mode) == 0o700
    for path in (*backend.directory.iterdir(), backend.anchor):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_full_disk_is_told_and_outlived(backend, store):
    store.write(lambda tx: sign(tx, OWN, b"1"))
    backend.fill_disk(store, full=True)
    key = BodyKey(OWN, 0, 0)
    with pytest.raises(StoreError, match="full"):
        store.write(lambda tx: tx.bodies.put(key, body(bytes(500_000))))
    assert store.read(lambda tx: tx.logs.row(OWN)).size == 1
    small, large = together(
        store,
        lambda tx: tx.ledger.put_note("ab" * 32, b"small"),
        lambda tx: tx.bodies.put(key, body(bytes(500_000))),
    )
    assert small is None
    assert isinstance(large, StoreError)
    backend.fill_disk(store, full=False)
    store.write(lambda tx: tx.bodies.put(key, body(bytes(500_000))))
    assert store.read(lambda tx: tx.bodies.present(OWN, 0, 1))


def test_a_database_that_somebody_keeps_locked_is_told_and_outlived(backend, store):
    """To everybody who waits: none of the works is run."""
    runs = []
    with backend.locked(store), ThreadPoolExecutor(3) as threads:
        for future in [threads.submit(store.write, runs.append) for _ in range(3)]:
            with pytest.raises(StoreError, match="locked"):
                future.result()
        assert runs == []
        assert store.read(lambda tx: tx.logs.row(OWN)).size == 0
    assert store.write(lambda tx: sign(tx, OWN, b"1")).size == 1


@pytest.mark.parametrize("backend_name", BACKENDS)
def test_what_was_acknowledged_survives_a_kill(backend_name, tmp_path):
    backend = BACKENDS[backend_name](tmp_path)
    paths = [Path(__file__).parents[1], Path(__file__).parents[2] / "src"]
    process = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("load.py"), backend_name, tmp_path],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
    )
    acknowledged = [process.stdout.readline() for _ in range(150)]
    process.kill()
    rest = process.stdout.read().splitlines(keepends=True)
    process.wait()
    process.stdout.close()
    acknowledged += [line for line in rest if line.endswith(b"\n")]
    lines = [Line.parse(line) for line in backend.anchor.read_bytes().splitlines()]
    with backend.opened(create=False) as store:
        assert store.behind == {}
        row = store.read(lambda tx: tx.logs.row(OWN))
        entries = store.read(lambda tx: tx.logs.entries(OWN, 0, row.size))
        assert {b"entry " + line.strip() for line in acknowledged} <= {each.data for each in entries}
        assert frontier_of(*(each.data for each in entries)) == row.frontier
        for entry in entries:
            stored = store.read(lambda tx, index=entry.index: tx.bodies.get(BodyKey(OWN, index, 0)))
            assert stored.sealed == entry.data.removeprefix(b"entry ") * 5_000
        assert max(line.size for line in lines) <= row.size
        assert store.write(lambda tx: sign(tx, OWN, b"on")).size == row.size + 1


# --- anchor -----------------------------------------------------------------------------------------------


def anchored(backend):
    lines = [Line.parse(line) for line in backend.anchor.read_bytes().splitlines()]
    return {line.log: line.size for line in lines}


def test_what_we_sign_is_anchored_and_nothing_else(backend, store):
    def work(tx):
        row = sign(tx, OWN, b"1", b"2")
        tx.logs.put_cosignature(OWN, Cosignature(2, row.frontier.root(), 1, b"theirs"))
        row = grow(tx, MIRROR, b"3")
        tx.logs.put_head(MIRROR, Head(1, row.frontier.root(), b"theirs"))

    store.write(work)
    assert anchored(backend) == {OWN: 2}
    store.write(lambda tx: sign(tx, MIRROR, b"4"))
    assert anchored(backend) == {OWN: 2, MIRROR: 2}


def test_a_commit_anchors_only_its_newest_head(backend, store):
    store.write(lambda tx: [sign(tx, OWN, b"%d" % n) for n in range(5)])
    assert backend.anchor.read_bytes().count(b"\n") == 1
    assert anchored(backend) == {OWN: 5}


def test_an_older_head_kept_again_does_not_hide_the_newest(backend, store):
    """The attack: a store as old as the older one would not be found out."""

    def work(tx):
        first = sign(tx, OWN, b"1")
        sign(tx, OWN, b"2")
        tx.logs.put_head(OWN, Head(1, first.frontier.root(), b"again"))

    store.write(work)
    assert anchored(backend) == {OWN: 2}


def test_a_store_ahead_of_its_anchor_writes_what_lacks(backend):
    with backend.opened() as store:
        store.write(lambda tx: sign(tx, OWN, b"1"))
        store.write(lambda tx: sign(tx, OWN, b"2"))
        store.write(lambda tx: sign(tx, MIRROR, b"3"))
    first, *_ = backend.anchor.read_bytes().splitlines(keepends=True)
    backend.anchor.write_bytes(first)
    with backend.opened() as store:
        assert store.behind == {}
        assert anchored(backend) == {OWN: 2, MIRROR: 1}
        store.write(lambda tx: sign(tx, OWN, b"4"))


@pytest.mark.parametrize("lost", [OWN, MIRROR])
def test_a_store_behind_its_anchor_signs_nothing_for_the_pair(backend, lost):
    third = LogName(ME, origin("spoc.third.example"))
    with backend.opened() as store:
        for log in (OWN, MIRROR, third):
            store.write(lambda tx, log=log: sign(tx, log, b"1"))
    backend.save()
    with backend.opened() as store:
        store.write(lambda tx: sign(tx, lost, b"lost"))
    backend.restore()
    with backend.opened() as store:
        assert {log: line.size for log, line in store.behind.items()} == {lost: 2}
        for log in (OWN, MIRROR):
            with pytest.raises(BehindError):
                store.write(lambda tx, log=log: sign(tx, log, b"a second history"))
            with pytest.raises(BehindError):
                store.write(lambda tx: tx.logs.recovered(OWN))
            # As long as the anchored one, and longer: still another history.
            with pytest.raises(BehindError):
                store.write(lambda tx, log=log: sign(tx, log, b"2", b"3", b"4"))
        assert store.write(lambda tx: sign(tx, third, b"2")).size == 2
        # What the partner signs is kept all the same: it is how the pair recovers.
        row = store.write(lambda tx: grow(tx, lost, b"lost"))
        root = row.frontier.root()
        if lost == OWN:
            store.write(lambda tx: tx.logs.put_cosignature(OWN, Cosignature(2, root, 1, b"theirs")))
        else:
            store.write(lambda tx: tx.logs.put_head(MIRROR, Head(2, root, b"theirs")))
        # Again as the anchor says: it goes on when the exchange says so, not before.
        with pytest.raises(BehindError):
            store.write(lambda tx: sign(tx, OWN, b"on"))
        assert set(store.behind) == {lost}
        store.write(lambda tx: tx.logs.recovered(OWN))
        assert store.behind == {}
        assert store.write(lambda tx: sign(tx, OWN, b"on")).size == row.size + (lost == OWN)
        assert store.behind == {}
        assert store.write(lambda tx: sign(tx, MIRROR, b"on")).size == row.size + (lost == MIRROR)
    with backend.opened() as store:
        assert store.behind == {}


def test_a_store_with_another_root_than_its_anchor_signs_nothing(backend):
    with backend.opened() as store:
        store.write(lambda tx: sign(tx, OWN, b"1"))
    backend.anchor.write_bytes(Line(OWN, 1, b"\5" * 32).encode())
    with backend.opened() as store:
        assert set(store.behind) == {OWN}
        with pytest.raises(BehindError):
            store.write(lambda tx: sign(tx, OWN, b"2"))


def test_a_store_lost_whole_is_behind(backend):
    with backend.opened() as store:
        store.write(lambda tx: sign(tx, OWN, b"1"))
    backend.save()
    for path in backend.directory.iterdir():
        path.unlink()
    with backend.opened() as store, pytest.raises(BehindError):
        store.write(lambda tx: sign(tx, OWN, b"a second history"))


def test_a_damaged_log_is_behind_alone(backend):
    """Damage in one log stops its pair; the store opens and serves the others."""
    with backend.opened() as store:
        row = store.write(lambda tx: grow(tx, OWN, b"1", b"2"))
        store.write(lambda tx: tx.logs.append(row, 2, [], [(0, 0, b"")]))
    line = Line(OWN, 1, frontier_of(b"1").root())
    backend.anchor.write_bytes(line.encode())
    with backend.opened() as store:
        assert store.behind == {OWN: line}
        assert store.write(lambda tx: sign(tx, LogName(ME, origin("spoc.third.example")), b"1")).size == 1


def test_a_store_whose_anchor_is_missing_does_not_open(backend):
    with backend.opened() as store:
        store.write(lambda tx: sign(tx, OWN, b"1"))
    backend.anchor.unlink()
    with pytest.raises(StoreError, match="anchor is missing"):
        backend.open(create=False)


class Refusing:
    """An anchor whose disk is full as long as the test says."""

    def __init__(self, anchor):
        self.anchor, self.full = anchor, True

    def append(self, lines):
        if self.full:
            raise StoreError("the anchor cannot be used", got="full")
        self.anchor.append(lines)

    def close(self):
        self.anchor.close()


def test_what_cannot_be_anchored_does_not_leave(backend, store):
    """Committed and not anchored: neither acknowledged nor shown, until it is anchored with what follows."""
    store._anchor = Refusing(store._anchor)
    runs = []

    def work(tx):
        runs.append(1)
        return sign(tx, OWN, b"1")

    for result in together(store, work, work):
        assert isinstance(result, StoreError)
    assert len(runs) == 2, "a committed work is not run again"
    for look in (
        lambda tx: tx.logs.heads(OWN, 0, 9),
        lambda tx: tx.logs.cosignatures(MIRROR, 0, 9),
        lambda tx: tx.logs.newest_cosignature(MIRROR),
    ):
        with pytest.raises(StoreError, match="anchor cannot be used"):
            store.read(look)
    assert store.read(lambda tx: tx.logs.row(OWN)).size == 2
    with pytest.raises(StoreError):
        store.write(lambda tx: tx.logs.heads(OWN, 0, 9))
    store._anchor.full = False
    assert store.read(lambda tx: len(tx.logs.heads(OWN, 0, 9))) == 2
    assert anchored(backend) == {OWN: 2}, "whoever looks next anchors it, also where nothing is written"
    assert [head.size for head in store.read(lambda tx: tx.logs.heads(OWN, 0, 9))] == [1, 2]


def test_a_head_is_not_shown_between_commit_and_anchor(store):
    committed, go = threading.Event(), threading.Event()
    anchor = store._anchor

    class Slow(Refusing):
        def append(self, lines):
            committed.set()
            go.wait(10)
            anchor.append(lines)

    store._anchor = Slow(anchor)
    with ThreadPoolExecutor(2) as threads:
        writing = threads.submit(store.write, lambda tx: sign(tx, OWN, b"1"))
        committed.wait(10)
        # Entries are shown at once; what is signed waits.
        assert store.read(lambda tx: tx.logs.row(OWN)).size == 1
        reading = threads.submit(store.read, lambda tx: tx.logs.heads(OWN, 0, 9))
        time.sleep(0.1)
        assert not reading.done()
        go.set()
        assert len(reading.result(10)) == 1
        writing.result(10)


# --- opening ----------------------------------------------------------------------------------------------


def test_a_store_is_not_made_unasked(backend):
    with pytest.raises(StoreError, match="no store"):
        backend.open(create=False)
    assert not backend.directory.exists()


def test_two_processes_may_use_one_store(backend, store):
    """A command beside a running node: both append by compare-and-set, both anchor."""
    with backend.opened(create=False) as other:
        for n in range(10):
            for each in (store, other):
                each.write(lambda tx, n=n: sign(tx, OWN, b"%d" % n))
        assert other.read(lambda tx: tx.logs.row(OWN)).size == 20
    assert anchored(backend) == {OWN: 20}
