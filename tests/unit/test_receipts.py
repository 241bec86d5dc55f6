"""Receipts out of real nodes, checked by somebody who has files alone."""

from dataclasses import dataclass

import pytest

from mithaq.audit.receipt import Receipt
from mithaq.audit.verify import verify_content, verify_receipt
from mithaq.domain.party import LogName
from mithaq.errors import ForgedError, UsageError
from mithaq.exchange import contents, receipts, rungs
from mithaq.exchange.about import About
from mithaq.exchange.packing import Lane
from mithaq.exchange.pair import Pair
from mithaq.exchange.ports import BodyKey
from nodes import TEXT, A, B, alert, carry, make_pair, reader, settle


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    a, b = make_pair(tmp_path_factory.mktemp("nodes"))
    yield a, b
    a.close()
    b.close()


def check(data, nodes):
    return verify_receipt(
        data, [bytes(node.identity.card_note) for node in nodes], [node.fingerprint for node in nodes]
    )


def test_both_sides_prove_the_same(nodes):
    a, b = nodes
    sent = a.service.send(B, alert("flood"))
    settle(a, b)
    author = check(a.service.receipt(B, sent.leaf), nodes)
    reader = check(b.service.receipt(A, sent.leaf), nodes)
    assert author == reader
    item = a.service.item(B, sent.leaf)
    assert (author.leaf, author.index, author.entry) == (item.leaf, item.index, item.entry)
    assert (author.held, author.verdict, author.codes) == (item.held, "accepted", ())
    assert author.cosigned == author.held


def test_the_reader_s_entries_as_well(nodes):
    a, b = nodes
    sent = b.service.send(A, alert("storm"))
    settle(a, b)
    reports = {
        check(a.service.receipt(B, sent.leaf), nodes).leaf,
        check(b.service.receipt(A, sent.leaf), nodes).leaf,
    }
    assert reports == {sent.leaf}


def test_a_content_is_shown_with_its_salt(nodes):
    a, b = nodes
    sent = a.service.send(B, alert("shown"))
    settle(a, b)
    entry = check(a.service.receipt(B, sent.leaf), nodes).entry
    stored = b.store.read(lambda tx: tx.bodies.get(BodyKey(LogName(A, B), sent.index, 0)))
    salt, content = contents.load(b.identity, contents.Place(LogName(A, B), entry.id, 0), stored)
    verify_content(entry, 0, salt, content)
    with pytest.raises(ForgedError, match="not the content"):
        verify_content(entry, 0, bytes(32), content)


def test_rung_by_rung(nodes):
    a, b = nodes
    sent = a.service.send(B, alert("slowly"))
    said = check(a.service.receipt(B, sent.leaf), nodes)
    assert (said.cosigned, said.held, said.verdict) == (0, 0, "")
    b.service.receive(reader(a.service.pouch(B, Lane.PROMPT).pieces))
    assert check(a.service.receipt(B, sent.leaf), nodes) == said
    early = check(b.service.receipt(A, sent.leaf), nodes)
    assert early.held
    assert early.verdict == "accepted"
    settle(a, b)
    assert check(a.service.receipt(B, sent.leaf), nodes) == early


def test_a_content_that_comes_later(nodes):
    """What is too large for the prompt lane is held in full by a later ``held`` that says it came."""
    a, b = nodes
    sent = a.service.send(B, alert("", contents=((TEXT, b"x" * (2**21 + 1)),)))
    carry(a, b, a.service.pouch(B, Lane.PROMPT))
    for node, partner in ((a, B), (b, A)):
        early = check(node.service.receipt(partner, sent.leaf), nodes)
        assert early.cosigned
        assert (early.held, early.verdict) == (0, "")
    settle(a, b)
    data = a.service.receipt(B, sent.leaf)
    held = Receipt.parse(data).held
    assert held
    assert b'"came"' in held.extra
    report = check(data, nodes)
    assert report == check(b.service.receipt(A, sent.leaf), nodes)
    assert report.held >= report.cosigned
    assert report.verdict == "accepted"


def test_the_first_held_and_the_smallest_head(nodes):
    """Later heads and a later ``held`` say less about when."""
    a, b = nodes
    sent = a.service.send(B, alert("first"))
    settle(a, b)
    data = a.service.receipt(B, sent.leaf)
    for word in ("second", "third"):
        a.service.send(B, alert(word))
        settle(a, b)
    later = Receipt.parse(a.service.receipt(B, sent.leaf))
    assert later.entry == Receipt.parse(data).entry
    assert later.held
    assert later.held.extra == Receipt.parse(data).held.extra


def test_no_such_entry(nodes):
    a, _ = nodes
    log = LogName(A, B)
    with pytest.raises(UsageError, match="no such entry"):
        a.store.read(lambda tx: receipts.export(tx, Pair(tx, a.identity, log), log, 10**6))


def test_an_entry_that_no_head_covers(nodes):
    a, _ = nodes

    def work(tx):
        pair = Pair(tx, a.identity, LogName(A, B))
        return receipts.export(_Transaction(_Logs(tx.logs)), pair, LogName(A, B), 0)

    with pytest.raises(UsageError, match="no signed head"):
        a.store.read(work)


@dataclass
class _Logs:
    """The logs of a store that has lost its heads."""

    logs: object

    def heads(self, log, above, limit):
        return []

    def cosignatures(self, log, above, limit):
        return []

    def __getattr__(self, name):
        return getattr(self.logs, name)


@dataclass
class _Transaction:
    logs: _Logs


def test_a_statement_of_erasure_is_proved(nodes):
    a, b = nodes
    sent = a.service.send(B, alert("erased"))
    settle(a, b)
    assert check(a.service.receipt(B, sent.leaf), nodes).erased == 0
    b.service.about(A, About("acknowledgement", (sent.leaf,)))
    b.service.about(A, About("erasure", (sent.leaf,), {"reason": "order"}))
    settle(a, b)
    for node, partner in ((a, B), (b, A)):
        report = check(node.service.receipt(partner, sent.leaf), nodes)
        assert report.erased >= report.held > 0
        assert report.verdict == "accepted"
        assert node.service.item(partner, sent.leaf).verdict == "accepted"


@pytest.mark.parametrize("look", [1, 2, 64])
def test_the_first_held_is_found_however_far_back_it_is(nodes, monkeypatch, look):
    a, b = nodes
    monkeypatch.setattr(rungs, "LOOK", look)
    early = a.service.send(B, alert(f"early {look}"))
    settle(a, b)
    since = a.service.item(B, early.leaf).held
    for n in range(6):
        a.clock.offset, b.clock.offset = n, n
        a.service.send(B, alert(f"later {look} {n}"))
        settle(a, b)
    assert a.service.item(B, early.leaf).held == since > 0
    listed = {item.leaf: item.held for item in b.service.inbox(A)}
    assert listed[early.leaf] == since
    assert all(listed.values())
    a.clock.offset = b.clock.offset = 0
