"""The fold over random histories of two parties: lawful acts, unlawful ones, garbage, in any order.

A plan is a list of acts. ``play`` writes both logs from it; ``flip`` plays it with the sides exchanged.
"""

from collections.abc import Iterator
from itertools import count, islice
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from mithaq.domain.entry import Entry
from mithaq.domain.kinds import KINDS
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.moves import Sort
from mithaq.domain.outcome import LogState, Step
from mithaq.domain.record import feed
from mithaq.domain.replay import Memory, Record, fold_logs
from mithaq.domain.terms import Onward
from pair import NOW, PAIR, Talk, make_card, make_declaration, make_terms, make_text, roots_at

FIRST = make_text(fields=make_text().fields | {"security": make_terms(onward=Onward.CONSENT)})
TEXTS = [
    FIRST,
    make_text(notice_days=1),
    make_text(2, FIRST.digest, starts=Moment(NOW + 50)),
    make_text(2, FIRST.digest, notice_days=2),
    make_text(3, FIRST.digest, ends=Moment(NOW + 90)),
    make_text(relation="other"),
]
ACTS = ["hold"] * 6 + ["share", "ask", "reply", "reply", "judge", "judge", "refuse", "text", "wait"]
ACTS += ["garbage", "foreign", "again", "void", "unlawful", "card", "keys", "rules", "record"]
ACTS += ["suspend", "suspend", "resume", "resume", "terminate"]
ACTS += ["acknowledgement", "feedback", "correction", "withdrawal", "erasure", "consent", "keep"]
PLANS = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(ACTS), st.integers(0, 30), st.integers(0, 5)),
    max_size=40,
)


class Play:
    """One history, as a plan says it."""

    def __init__(self, plan, *, flip: int = 0) -> None:
        self.talk = Talk()
        self.flip = flip
        start = [(side, "card", 0, 0) for side in (0, 1)] + [(side, "text", 0, 1) for side in (0, 1)]
        for side, act, n, m in start + plan:
            getattr(self, act)(side ^ flip, n, m)

    def pick(self, side: int, n: int, kinds=("request", "information"), default: bytes = bytes(32)) -> bytes:
        """The leaf hash of one of a side's entries, the newest first; perhaps of none."""
        refs = [step.ref for step in self.talk.steps[side] if step.ref and step.ref.kind in kinds]
        leaves = [ref.leaf for ref in refs[::-1] if ref.legal or n % 4 == 0]
        return leaves[n % len(leaves)] if leaves else default

    def hold(self, side, n, m):
        """Take some of what is new, sometimes without its contents; or what came of those."""
        cut, size = self.talk.state(side).cut, len(self.talk.logs[1 - side])
        new = min(size, cut + n)
        missing = [{"from": cut, "to": new, "reason": "absent"}] if m == 1 and new > cut else None
        came = [{"from": max(0, cut - m), "to": cut}] if m > 2 and cut else None
        more = {"missing": missing, "came": came}
        if new:
            self.talk.hold(side, new, **{name: value for name, value in more.items() if value})

    def share(self, side, n, m):
        self.talk.append(side, self.talk.share(side, TEXTS[m].digest if n > 25 else FIRST.digest).data)

    def ask(self, side, n, m):
        self.talk.append(side, self.talk.share(side, FIRST.digest, "request").data)

    def reply(self, side, n, m):
        leaf = self.pick(1 - side, n, ("request",) if m else ("request", "information"))
        self.talk.append(side, self.talk.reply(side, FIRST.digest, leaf, 1 + n % 2).data)

    def judge(self, side, n, m):
        self.talk.verdict(side, self.pick(1 - side, m, ("request", "information", "reply")))

    def refuse(self, side, n, m):
        leaf = self.pick(1 - side, n, ("request", "information", "held"))
        self.talk.verdict(side, leaf, codes=("content",), by=["text", "sender", "receiver"][m % 3])

    def text(self, side, n, m):
        self.talk.activate(side, TEXTS[n % len(TEXTS)], "activate" if m else "propose")

    def wait(self, side, n, m):
        self.talk.now += n - 2

    def garbage(self, side, n, m):
        self.talk.append(side, bytes([n]) * m)

    def foreign(self, side, n, m):
        other = self.talk.logs[1 - side]
        self.talk.append(side, other[n % len(other)] if other else b"")

    def again(self, side, n, m):
        own = self.talk.logs[side]
        self.talk.append(side, own[n % len(own)] if own else b"")

    def void(self, side, n, m):
        """A ``held`` of a wrong size, of an old one, of a wrong root, or with ranges that cannot be."""
        facts = self.talk.held_facts(side, n + 1)
        if m == 1:
            facts["root"] = "22" * 32
        elif m == 2:
            facts["of"] = facts["of"] + "0"
        elif m > 2:
            facts["missing"] = [{"from": n, "to": n + m, "reason": "size"}]
        self.talk.say(side, "held", facts=facts)

    def unlawful(self, side, n, m):
        changes = [
            {"field": "sport"},
            {"at": 1},
            {"keep_until": 1},
            {"field": "culture"},
            {"at": NOW + 900 * DAY},
        ]
        self.talk.append(side, self.talk.share(side, FIRST.digest, "request", **changes[m % 5]).data)

    def card(self, side, n, m):
        # A card differs by its party only in the origin: what sorts first must not matter.
        name = PAIR[side] if m < 5 else PAIR[1 - side]
        card = make_card(name, 1 + m, "" if m == 0 else "00" * 32)
        self.talk.say(side, "card", facts={"act": "publish", "note": self.talk.note(card.text())})

    def keys(self, side, n, m):
        self.talk.say(side, "keys", facts={"sealing": f"{n:02x}" * 1216})

    def rules(self, side, n, m):
        """Rules of a serial that may have been, and now and then narrowings that none can have."""
        closes = [{"field": "security", "closed": "field"}, {"tlp": "clear"}, {"closed": "field"}][m % 3]
        facts = {"digest": f"{n:02x}" * 32, "serial": 1 + n} | ({"closes": [closes]} if m else {})
        self.talk.say(side, "rules", facts=facts)

    def record(self, side, n, m):
        row = {"size": n, "digest": "00" * 32}
        self.talk.say(side, "record", facts={"rules": 1, "own": row, "partner": {**row, "size": m}})

    def suspend(self, side, n, m):
        if n > 10:
            return
        field = {"field": ["security", "life", "sport"][m - 3]} if m > 2 else {}
        note = self.talk.note(TEXTS[n % 2 * m].text())
        self.talk.say(side, "agreement", facts={"act": "suspend", "note": note, **field})

    def declare(self, side, act, **changes):
        name = PAIR[side] if changes.pop("own", True) else PAIR[1 - side]
        note = self.talk.note(make_declaration(name, FIRST.digest, act, **changes).text())
        self.talk.say(side, "agreement", facts={"act": act, "note": note})

    def resume(self, side, n, m):
        lifts = self.pick(side if m < 5 else 1 - side, n // 10, ("agreement",))
        self.declare(side, "resume", lifts=lifts.hex(), own=n != 1)

    def terminate(self, side, n, m):
        if m == 5:
            self.declare(side, "terminate", own=n != 1)

    def about(self, kind, side, n, m, **facts):
        leaf = self.pick(side ^ (m > 2), n % 4, ("request", "information", "reply", "alert"))
        more = {"facts": facts} if facts else {}
        field = {"field": "culture"} if n == 30 else {}
        self.talk.append(side, self.talk.about(side, kind, FIRST.digest, leaf, **more, **field).data)

    def acknowledgement(self, side, n, m):
        self.about("acknowledgement", side, n, m)

    def feedback(self, side, n, m):
        self.about("feedback", side, n, m, usefulness=["useful", "not-useful"][n % 2])

    def correction(self, side, n, m):
        self.about("correction", side, n, m, reason="outdated")

    def withdrawal(self, side, n, m):
        self.about("withdrawal", side, n, m, reason="mistaken")

    def erasure(self, side, n, m):
        self.about("erasure", side, n, m, reason="order")

    def keep(self, side, n, m):
        self.about("hold", side, n, m, reason="court", until=self.talk.now + n)

    def consent(self, side, n, m):
        act = ["ask", "grant", "refuse", "revoke"][n % 4]
        self.about("consent", side, n, m, act=act, to="third.example")

    def fold(self, sizes: tuple[int, int] | None = None) -> Record:
        a, b = sizes or (len(self.talk.logs[0]), len(self.talk.logs[1]))
        logs = self.talk.logs
        return fold_logs(PAIR, logs[0][:a], logs[1][:b], self.talk.notes, roots_at)


def covers(talk: Talk, side: int, index: int) -> int:
    """Entries of the other log that come before this one: what a ``held`` with a true root covers."""
    entry = talk.steps[side][index].entry
    if entry is None or entry.kind != "held":
        return 0
    root = talk.view.roots[1 - side].get(entry.facts["size"])
    return entry.facts["size"] if root and root.hex() == entry.facts["root"] else 0


def deliver(talk: Talk, choices: Iterator[int]) -> Iterator[tuple[int, int]]:
    """An order of arrival as (side, index): each log in order, no ``held`` before what it covers."""
    fed = [0, 0]
    while fed != [len(log) for log in talk.logs]:
        ready = [
            side
            for side in (0, 1)
            if fed[side] < len(talk.logs[side]) and covers(talk, side, fed[side]) <= fed[1 - side]
        ]
        side = ready[next(choices) % len(ready)]
        yield side, fed[side]
        fed[side] += 1


def feed_in(talk: Talk, order) -> tuple[tuple[list[Step], list[Step]], Memory]:
    """Feed in an order, knowing of each log only what has been fed."""
    view, steps = Memory(talk.notes, ({}, {})), ([], [])
    for side, index in order:
        state = steps[side][-1].state if index else LogState.start(side)
        step = feed(PAIR, state, talk.logs[side][index], view)
        view.put(step)
        view.roots[side][index + 1] = talk.view.roots[side][index + 1]
        steps[side].append(step)
    return steps, view


def said(steps) -> list[tuple]:
    """What steps say for good; their things are whole and show what else has been fed."""
    return [(step.outcome, step.state, step.ref, step.entry) for step in steps]


@given(PLANS, st.data())
@settings(max_examples=80, deadline=None)
def test_every_order_of_arrival_gives_the_same_record(plan, data):
    play = Play(plan)
    record = play.fold()
    assert list(map(said, record.steps)) == list(map(said, play.talk.steps))
    order = deliver(play.talk, iter(lambda: data.draw(st.integers(0, 1)), None))
    steps, view = feed_in(play.talk, order)
    assert list(map(said, steps)) == list(map(said, record.steps))
    assert view.things == record.things
    assert record.digests() == tuple(each[-1].state.digest for each in steps)
    other = Record(PAIR, tuple(map(tuple, steps)), record.leaves, view.things)
    assert b"".join(other.lines()) == b"".join(record.lines())


@given(PLANS, st.integers(0, 2**64 - 1), st.integers(0, 60))
@settings(max_examples=80, deadline=None)
def test_what_comes_later_never_rewrites_an_outcome(plan, bits, length):
    play = Play(plan)
    whole = play.fold()
    order = list(islice(deliver(play.talk, (bits >> n & 1 for n in count())), length))
    sizes = (sum(side == 0 for side, _ in order), sum(side == 1 for side, _ in order))
    part = play.fold(sizes)
    for side in (0, 1):
        assert said(part.steps[side]) == said(whole.steps[side])[: sizes[side]]
        assert part.digest(side, sizes[side]) == whole.digest(side, sizes[side])


def told(play: Play) -> list[list[tuple]]:
    """Every outcome, with hashes replaced by where they stand, sides as in the plan."""
    record, names = play.fold(), {}
    for ref in (step.ref for steps in record.steps for step in steps if step.ref):
        names[ref.leaf.hex()] = f"{ref.side ^ play.flip}.{ref.index}"
    for digest in play.talk.notes:
        names.setdefault(digest, "card" if digest not in {text.digest for text in TEXTS} else digest)

    def name(key: str) -> str:
        head, slash, item = key.partition("/")
        return names.get(head, head) + slash + item

    def changes(step: Step) -> tuple:
        return tuple(
            (name(key), name(value) if key in ("keys", "rules", "card") else value)
            for key, value in step.outcome.changes
        )

    def rows(side: int) -> list[tuple]:
        return [
            (step.outcome.result, step.outcome.code, changes(step)) for step in record.steps[side ^ play.flip]
        ]

    values = sorted(
        (name(key), *(thing.value(side ^ play.flip) for side in (0, 1)))
        for key, thing in record.things.items()
    )
    return [rows(0), rows(1), values]


@given(PLANS)
@settings(max_examples=80, deadline=None)
def test_the_sides_exchanged_give_the_record_exchanged(plan):
    assert told(Play(plan)) == told(Play(plan, flip=1))


@given(st.lists(st.binary(max_size=60), max_size=8), st.lists(st.binary(max_size=60), max_size=8))
def test_any_bytes_fold(log_a, log_b):
    record = fold_logs(PAIR, log_a, log_b, {}, roots_at)
    assert all(line.endswith(b"\n") for line in record.lines())


@given(PLANS, st.data())
@settings(max_examples=60, deadline=None)
def test_changed_bytes_never_raise_and_void_what_rests_on_them(plan, data):
    play = Play(plan)
    side = data.draw(st.integers(0, 1))
    index = data.draw(st.integers(0, len(play.talk.logs[side]) - 1))
    entry = bytearray(play.talk.logs[side][index])
    if not entry:
        return
    entry[data.draw(st.integers(0, len(entry) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    before = play.fold()
    play.talk.logs[side][index] = bytes(entry)
    after = play.fold()
    # A ``held`` of the other side that covered the entry as it was is void now: its root is another.
    for old, new in zip(before.steps[1 - side], after.steps[1 - side], strict=True):
        if old.outcome.legal and old.entry.kind == "held" and old.entry.facts["size"] > index:
            assert new.outcome.code in ("void-held", "no-card")


def test_the_plans_reach_what_they_are_for():
    """Every legal kind of act and most codes occur when each act is tried often enough."""
    random = Random(5)
    records = [
        Play(
            [
                (random.randrange(2), random.choice(ACTS), random.randrange(31), random.randrange(6))
                for _ in range(150)
            ]
        ).fold()
        for _ in range(40)
    ]
    steps = [step for record in records for side in record.steps for step in side]
    kinds = {step.entry.kind for step in steps if step.outcome.legal}
    assert kinds == set(KINDS) - {"alert", "expertise"}
    assert {thing.sort for record in records for thing in record.things.values()} == set(Sort)
    codes = {step.outcome.code for step in steps}
    assert len(codes) > 25, codes
    assert isinstance(steps[0].entry, Entry)
