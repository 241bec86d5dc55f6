"""What one commit does to the two logs of a pair."""

import pytest

from mithaq.crypto.notes import Note
from mithaq.domain.party import Role
from mithaq.errors import BusyError, MalformedError, RefusedError
from mithaq.exchange import pair as pair_module
from mithaq.exchange.pair import Draft, Pair
from mithaq.tlog.head import HEAD_MAX, verify_head
from mithaq.tlog.merkle import EMPTY_ROOT
from nodes import A, B, alert, settle
from pouches import come_to_rest, entries, own, root_of, rows


def draft(node, kind="keys", **members):
    if kind == "keys":
        members |= {"facts": {"sealing": node.identity.card.sealing.hex()}}
    return Draft(node.identity.random(16).hex(), kind, **members)


def say(node, log, count):
    def work(tx):
        return [Pair.of(tx, node.identity, log).say(draft(node)).index for _ in range(count)]

    return node.store.write(work)


def test_entries_of_one_commit_have_one_head(pair):
    a, b = pair
    log = own(a, b)
    before = len(rows(a, log))
    assert say(a, log, 3) == [before, before + 1, before + 2]
    (head,) = a.store.read(lambda tx: tx.logs.heads(log, before, 10))
    assert head.size == before + 3
    checkpoint = verify_head(Note.parse(head.note, limit=HEAD_MAX), str(log), a.identity.card.pairs[Role.LOG])
    assert checkpoint.root == root_of(entries(a, log))


def test_a_batch_has_bounds_in_bytes_too(pair, monkeypatch):
    a, b = pair
    log = own(a, b)
    before = len(rows(a, log))
    monkeypatch.setattr(pair_module, "ENTRIES_MAX", 9_000)  # three entries of 2.7 KB
    say(a, log, 7)
    heads = a.store.read(lambda tx: tx.logs.heads(log, before, 10))
    assert [head.size - before for head in heads] == [3, 6, 7]
    come_to_rest(a, b)


def test_a_work_that_fails_says_nothing(pair):
    a, b = pair
    log = own(a, b)
    before = rows(a, log)

    def work(tx):
        Pair.of(tx, a.identity, log).say(draft(a))
        raise RuntimeError("after saying")

    with pytest.raises(RuntimeError):
        a.store.write(work)
    assert rows(a, log) == before
    say(a, log, 1)
    assert len(rows(a, log)) == len(before) + 1


def test_an_illegal_entry_is_refused_with_its_code(pair):
    a, b = pair
    log = own(a, b)
    before = rows(a, log)
    for members, code in (
        ({"kind": "verdict", "re": ("ab" * 32,), "facts": {"result": "accepted"}}, "unseen"),
        ({"kind": "card", "facts": {"act": "publish", "note": "ab" * 32}}, "note"),
    ):
        with pytest.raises(RefusedError) as caught:
            a.store.write(lambda tx, m=members: Pair.of(tx, a.identity, log).say(draft(a, **m)))
        assert caught.value.codes == (code,)
    with pytest.raises(MalformedError):
        a.store.write(lambda tx: Pair.of(tx, a.identity, log).say(draft(a, "poem")))
    assert rows(a, log) == before


def test_one_entry_sees_the_one_before_it_in_the_same_commit(pair):
    """An item answered twice in one commit is refused the second time."""
    a, b = pair
    log = own(a, b)

    def work(tx):
        first = Pair.of(tx, a.identity, log)
        one = draft(a)
        first.say(one)
        first.say(one)

    with pytest.raises(RefusedError, match="repeated"):
        a.store.write(work)


def test_one_pair_for_all_works_of_a_commit(pair):
    a, b = pair
    log = own(a, b)

    def work(tx):
        return Pair.of(tx, a.identity, log) is Pair.of(tx, a.identity, log)

    assert a.store.write(work)


def test_two_that_append_at_once_do_not_both(pair):
    """The size is set only if it is still the expected one (protocol 6)."""
    a, b = pair
    log = own(a, b)

    def work(tx):
        stale = Pair(tx, a.identity, log)
        Pair.of(tx, a.identity, log).say(draft(a))
        stale.say(draft(a))
        tx.batches.pop(log).close()
        stale.close()

    with pytest.raises(BusyError):
        a.store.write(work)
    say(a, log, 1)
    come_to_rest(a, b)


def test_roots_at_every_size(pair):
    a, b = pair
    a.service.send(B, alert())
    settle(a, b)
    said = {log: entries(a, log) for log in (own(a, b), own(b, a))}

    def work(tx):
        seen = Pair(tx, a.identity, own(a, b))
        for side in (0, 1):
            leaves = said[seen.log(side)]
            for size in range(len(leaves) + 1):
                assert seen.root(side, size) == root_of(leaves[:size])
            assert seen.root(side, len(leaves) + 1) is None
        assert seen.root(0, 0) == EMPTY_ROOT

    a.store.read(work)


def test_both_sides_name_the_logs_alike(pair):
    a, b = pair
    pairs = [
        node.store.read(lambda tx, n=node, p=partner: Pair(tx, n.identity, own(n, p)))
        for node, partner in ((a, b), (b, a))
    ]
    assert pairs[0].origins == pairs[1].origins == tuple(sorted((A, B)))
    assert {one.side for one in pairs} == {0, 1}
    assert [pairs[0].log(side) for side in (0, 1)] == [pairs[1].log(side) for side in (0, 1)]


def test_an_entry_gets_its_time_with_its_index(pair):
    a, _ = pair
    a.clock.offset = 1_000
    sent = a.service.send(B, alert())
    assert abs(sent.at - a.identity.now()) <= 2
    assert a.service.item(B, sent.leaf).entry.at == sent.at
