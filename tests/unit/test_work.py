"""What entries cost their reader."""

import pytest

from mithaq.demo.rabat import ORIGINS
from mithaq.domain.party import LogName
from mithaq.errors import LimitError
from mithaq.exchange.pair import Draft, Pair
from mithaq.exchange.work import EXCHANGE_WORK, NOTE_WORK, WORK_MAX, check_work, named, work_of
from pouches import own, rows

LOG = LogName(*ORIGINS)
REFS = tuple(f"{n:064x}" for n in range(64))


def entry(kind, **members):
    return Draft("ab" * 16, kind, **members).entry(LOG, 1_800_000_000).data


@pytest.mark.parametrize(
    ("data", "work"),
    [
        (entry("keys", facts={"sealing": "ab" * 1_216}), 1),
        (entry("verdict", re=REFS, facts={"result": "accepted"}), 65),
        (entry("card", facts={"act": "publish", "note": "ab" * 32}), 1 + NOTE_WORK),
        (b'{"facts":{"items":[{"item":1},{"item":2}]},"kind":"reply","re":["x"]}', 4 + EXCHANGE_WORK),
        (b'{"bodies":[{},{}],"facts":{"items":7},"kind":"request"}', 3 + EXCHANGE_WORK),
        (b"", 1),
        (b"[1,2]", 1),
        (b'{"re":7}', 1),
        (b'{"re":["\xff"]}', 1),
        (b'{"a":' * 40_000, 1),
    ],
    ids=["plain", "verdict", "card", "reply", "request", "nothing", "list", "shape", "UTF-8", "deep"],
)
def test_work_of_any_bytes(data, work):
    assert work_of(data) == work


def test_the_limit_is_of_all_together():
    verdict = entry("verdict", re=REFS, facts={"result": "accepted"})
    check_work([verdict] * (WORK_MAX // 65))
    with pytest.raises(LimitError, match="too much work"):
        check_work([verdict] * (WORK_MAX // 65 + 1))


def test_only_leaf_hashes_are_looked_up():
    two = entry("verdict", re=REFS[:2], facts={"result": "accepted"})
    assert named(two) == [bytes.fromhex(leaf) for leaf in REFS[:2]]
    assert named(b'{"re":["AB","zz",7]}') == named(b"{}") == named(b"x") == []


def test_a_batch_ends_before_it_asks_for_too_much(pair, monkeypatch):
    """So that every head that is signed can be taken: several heads in one commit."""
    a, b = pair
    monkeypatch.setattr("mithaq.exchange.pair.WORK_MAX", 10)
    size = len(rows(a, own(a, b)))
    fact = {"sealing": a.identity.card.sealing.hex()}

    def work(tx):
        said = Pair.of(tx, a.identity, own(a, b))
        for _ in range(25):
            said.say(Draft(a.identity.random(16).hex(), "keys", facts=fact))

    a.store.write(work)
    heads = a.store.read(lambda tx: tx.logs.heads(own(a, b), size, 100))
    assert [head.size - size for head in heads] == [10, 20, 25]
