"""What one partner sent does not go to another without its owner's consent, bound to entry and recipient."""

import hashlib
import os

import pytest

from mithaq.crypto.keyfiles import KeyFiles
from mithaq.errors import RefusedError
from mithaq.exchange.about import About
from nodes import TEXT, A, B, agree, alert, introduce, make_node, settle

C = "spoc.interior-medan.example"


@pytest.fixture
def three(tmp_path):
    """A node with two partners, and both of these."""
    a, b, c = (
        make_node(tmp_path / label, label, origin) for label, origin in zip("abc", (A, B, C), strict=True)
    )
    for other in (b, c):
        introduce(a, other)
        settle(a, other)
        agree(a, other, origins=tuple(sorted((A, other.origin))))
    yield a, b, c
    for node in (a, b, c):
        node.close()


def security(text):
    return alert(text, field="security", keep_days=5)


def test_only_with_consent_to_this_recipient(three):
    a, b, _ = three
    sent = b.service.send(A, security("the pattern"))
    settle(a, b)
    with pytest.raises(RefusedError, match="onward"):
        a.service.send(C, security("the pattern"))
    a.service.send(C, security("another pattern"))
    a.service.about(B, About("consent", (sent.leaf,), {"act": "ask", "to": C}))
    with pytest.raises(RefusedError, match="onward"):
        a.service.send(C, security("the pattern"))
    settle(a, b)
    b.service.about(A, About("consent", (sent.leaf,), {"act": "grant", "to": "fourth.example"}))
    settle(a, b)
    with pytest.raises(RefusedError, match="onward"):
        a.service.send(C, security("the pattern"))
    b.service.about(A, About("consent", (sent.leaf,), {"act": "grant", "to": C}))
    settle(a, b)
    a.service.send(C, security("the pattern"))
    b.service.about(A, About("consent", (sent.leaf,), {"act": "revoke", "to": C}))
    settle(a, b)
    with pytest.raises(RefusedError, match="onward"):
        a.service.send(C, security("the pattern"))


def test_back_to_its_owner_and_of_ones_own(three):
    a, b, c = three
    b.service.send(A, security("theirs"))
    settle(a, b)
    a.service.send(B, security("theirs"))
    for partner in (B, C):
        a.service.send(partner, security("ours"))
    settle(a, c)


def test_what_a_partner_sends_back_stays_ours(three):
    """The attack: whoever hears an alert says it again, and its author may tell it to nobody else."""
    a, b, _ = three
    a.service.send(B, security("ours"))
    settle(a, b)
    for node in (a, b):
        node.clock.offset += 2
    b.service.send(A, security("ours"))
    b.service.send(A, security("theirs"))
    settle(a, b)
    a.service.send(C, security("ours"))
    with pytest.raises(RefusedError, match="onward"):
        a.service.send(C, security("theirs"))


def test_what_was_passed_on_with_consent_does_not_become_ours(three):
    a, b, _ = three
    sent = b.service.send(A, security("theirs"))
    settle(a, b)
    b.service.about(A, About("consent", (sent.leaf,), {"act": "grant", "to": C}))
    settle(a, b)
    a.clock.offset += 2
    a.service.send(C, security("theirs"))
    b.service.about(A, About("consent", (sent.leaf,), {"act": "revoke", "to": C}))
    settle(a, b)
    with pytest.raises(RefusedError, match="onward"):
        a.service.send(C, security("theirs"))


def test_one_content_of_several_is_enough(three):
    a, b, _ = three
    b.service.send(A, security("the pattern"))
    settle(a, b)
    both = ((TEXT, b"harmless"), (TEXT, b"the pattern"))
    with pytest.raises(RefusedError, match="onward"):
        a.service.send(C, alert(contents=both, field="security", keep_days=5))


def test_what_is_erased_is_not_known_any_more(three):
    a, b, _ = three
    sent = b.service.send(A, security("the pattern"))
    settle(a, b)
    log = a.service.partner(B).mirror
    a.store.write(lambda tx: tx.bodies.drop(log, sent.index))
    assert a.store.read(lambda tx: tx.bodies.marked(a.identity.files.mark(b"the pattern"))) == []


def test_a_mark_tells_nothing_without_the_nodes_secret(tmp_path):
    marks = {KeyFiles(tmp_path / name, name.encode() * 32, os.urandom).mark(b"x") for name in "ab"}
    assert len(marks) == 2
    assert hashlib.sha256(b"x").digest() not in marks
