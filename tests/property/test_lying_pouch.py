"""Whatever a partner signs and seals, its reader takes it or raises a PeerError, and goes on (protocol 7)."""

import dataclasses
import json
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mithaq.crypto.notes import Note
from mithaq.demo.rabat import rabat
from mithaq.domain import canonical
from mithaq.errors import PeerError
from mithaq.exchange.manifest import LIMITS
from mithaq.exchange.pouch import Content, pack_entries, part_of
from mithaq.exchange.signing import sign_agreement
from nodes import A, B, alert, make_node, settle
from pouches import (
    body_part,
    cosignature,
    deliver,
    entries,
    forge,
    head,
    lie_bytes,
    own,
    root_of,
)

MOST = 2**53 - 1
NUMBERS = st.sampled_from([0, 1, 2, 5, 6, 7, 8, 1_000, 2**31, 2**32, 2**40, MOST])
ODD = st.one_of(
    NUMBERS,
    st.sampled_from(["", "held", "ab" * 32, "ab" * 16, A, B, "red", "security", "\x00", "../x"]),
    st.lists(NUMBERS, max_size=3),
    st.dictionaries(
        st.sampled_from(["size", "root", "from", "to", "note", "act", "items"]), NUMBERS, max_size=3
    ),
)
WANTS = st.lists(st.tuples(NUMBERS, NUMBERS))
KINDS = sorted(set(LIMITS) - {"zeros"})


def changed(value, path, other):
    """The value with one member, found by the numbers of ``path``, replaced."""
    if not path or not value or not isinstance(value, dict | list):
        return other
    names = sorted(value) if isinstance(value, dict) else range(len(value))
    name = names[path[0] % len(names)]
    value[name] = changed(value[name], path[1:], other)
    return value


@st.composite
def statements(draw):
    """Which of the honest entries is said again, with which members changed."""
    return draw(st.integers(0, 30)), draw(
        st.lists(st.tuples(st.lists(st.integers(0, 12), min_size=1, max_size=4), ODD), max_size=3)
    )


PARTS = st.lists(
    st.one_of(
        st.tuples(
            st.just("raw"), st.sampled_from(sorted(set(LIMITS) - {"zeros"})), NUMBERS, st.binary(max_size=80)
        ),
        st.tuples(st.just("body"), NUMBERS, st.integers(0, 2), st.binary(max_size=40)),
        st.tuples(st.just("cosignature"), NUMBERS),
        st.tuples(st.just("note"), st.booleans()),
    ),
    max_size=4,
)
POUCH = st.fixed_dictionaries(
    {
        "say": st.lists(statements(), max_size=4),
        "start": st.integers(0, 9),
        "parts": PARTS,
        "manifest": st.fixed_dictionaries(
            {},
            optional={
                "n": NUMBERS,
                "time": NUMBERS,
                "mine": NUMBERS,
                "want": st.lists(st.tuples(NUMBERS, NUMBERS)),
            },
        ),
        "have": st.one_of(st.none(), st.tuples(NUMBERS, st.sampled_from([bytes(32), b"\1" * 32]))),
    }
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(POUCH, min_size=1, max_size=4))
def test_a_liar_is_refused_or_taken_and_the_reader_goes_on(made_pair, pouches):
    with tempfile.TemporaryDirectory() as directory:
        shutil.copytree(made_pair, directory, dirs_exist_ok=True)
        a, b = (make_node(Path(directory) / label, label, origin) for label, origin in (("a", A), ("b", B)))
        try:
            a.service.send(B, alert("a model"))
            settle(a, b)
            for said in pouches:
                lie(a, b, said)
            b.service.housekeep()
            b.service.record_lines(A)
            for item in b.service.inbox(A):
                b.service.item(A, item.leaf)
                b.service.receipt(A, item.leaf)
        finally:
            a.close()
            b.close()


def lie(a, b, said):
    models = [*entries(a, own(a, b)), *entries(b, own(b, a))]
    for which, changes in said["say"]:
        value = json.loads(models[which % len(models)])
        for path, other in changes:
            value = changed(value, path, other)
        with suppress(PeerError):  # what cannot be encoded cannot be said
            lie_bytes(a, b, canonical.encode(value))
    log = entries(a, own(a, b))
    start = min(said["start"], len(log))
    parts = [head(own(a, b), log, a.identity.log), part_of("entries", pack_entries(log[start:]), start)]
    parts += [part(a, b, *each) for each in said["parts"]]
    changes = dict(said["manifest"]) | ({"have": said["have"]} if said["have"] else {})
    if "want" in changes:
        changes["want"] = tuple(changes["want"])
    with suppress(PeerError):
        deliver(b, forge(a, b, *parts, **changes))


def part(a, b, what, *members):
    if what == "raw":
        kind, index, data = members
        made = part_of(kind, data)
        row = {
            "entries": {"index": index},
            "yours": {"index": index},
            "body": {"index": index, "ordinal": 0},
        }.get(kind, {})
        return Content(dataclasses.replace(made.part, **row), lambda: data)
    if what == "body":
        index, ordinal, content = members
        return body_part(index, ordinal, bytes(32), content)
    if what == "cosignature":
        log = own(b, a)
        root = root_of(entries(b, log)[: members[0]])
        return cosignature(log, max(members[0], 1), root, f"{A}/mirror", a.identity.mirror)
    text = rabat(int(a.clock()), serial=2).text()
    mine = sign_agreement(text, A, a.keys.authority)
    theirs = sign_agreement(text, B, b.keys.authority)
    return part_of("note", bytes(Note(text, (*mine.lines, *theirs.lines) if members[0] else mine.lines)))
