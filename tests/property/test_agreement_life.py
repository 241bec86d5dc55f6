"""The life of an agreement in every interleaving, against an oracle written from protocol section 4.

The oracle knows nothing of registers or tables: it keeps what each side has entered, and what of the other's
it had seen by then, and asks the sentences of the protocol one by one.
"""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from mithaq.domain.lifecycle import in_force
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.sight import Sight
from pair import NOW, PAIR, Talk, make_text

RELATION = "atlas-lindmark"
FIRST = make_text()
SECOND = make_text(2, FIRST.digest)
RIVAL = make_text(2, FIRST.digest, notice_days=2)
THIRD = make_text(3, FIRST.digest)
FOURTH = make_text(4, SECOND.digest)
SOON = make_text(3, FIRST.digest, sign_by=Moment(NOW + 3))
TEXTS = {text.digest: text for text in (FIRST, SECOND, RIVAL, THIRD, FOURTH, SOON)}
NAMES = list(TEXTS)
FIELDS = ("", "security", "life")

ACTS = st.one_of(
    st.tuples(st.just("activate"), st.integers(0, 1), st.sampled_from(NAMES)),
    st.tuples(st.just("activate"), st.integers(0, 1), st.sampled_from((SOON.digest, SECOND.digest))),
    st.tuples(st.just("suspend"), st.integers(0, 1), st.sampled_from(FIELDS)),
    st.tuples(st.just("resume"), st.integers(0, 1), st.integers(0, 2)),
    st.tuples(st.just("terminate"), st.integers(0, 1), st.just(0)),
    st.tuples(st.just("share"), st.integers(0, 1), st.sampled_from(("security", "life"))),
    st.tuples(st.sampled_from(("see", "see", "wait")), st.integers(0, 1), st.integers(0, 4)),
)


@dataclass
class Oracle:
    """What each side has entered, in order: (index, what, of what); and how far each has seen the other."""

    said: tuple[list, list] = field(default_factory=lambda: ([], []))
    cut: list[int] = field(default_factory=lambda: [0, 0])

    def seen(self, side: int, what: str) -> list[list]:
        """For each author, what a side knows of it."""
        return [
            [of for index, kind, of in self.said[author] if kind == what and self.knows(side, author, index)]
            for author in (0, 1)
        ]

    def knows(self, side: int, author: int, index: int) -> bool:
        return author == side or index < self.cut[side]

    def force(self, side: int) -> str:
        """Of the texts that both sides have activated, that of the highest serial."""
        mine, theirs = self.seen(side, "activate")
        both = [TEXTS[name] for name in mine if name in theirs]
        return max(both, key=lambda text: text.serial).digest if both else ""

    def suspended(self, side: int, name: str) -> bool:
        """Whether anybody has suspended the field, or all, and not lifted it since."""
        return any(
            of in ("", name)
            for author in (0, 1)
            for index, kind, of in self.said[author]
            if kind == "suspend" and self.knows(side, author, index)
            if not any(
                what == "resume" and lifted == index and self.knows(side, author, at)
                for at, what, lifted in self.said[author]
            )
        )

    def may_activate(self, side: int, name: str, now: int) -> bool:
        text, before = TEXTS[name], [TEXTS[each].serial for each in self.seen(side, "activate")[side]]
        return (
            now <= text.sign_by
            and text.serial > max(before, default=0)
            and text.previous == self.force(side)
            and not any(self.seen(side, "terminate"))
        )

    def may_share(self, side: int, name: str, now: int) -> bool:
        force = self.force(side)
        notices = [end for each in self.seen(side, "terminate") for end in each]
        return (
            bool(force)
            and (name == "life" or not self.suspended(side, name))
            and not any(now > end for end in notices)
        )


class Life:
    """Plays acts and asks the oracle about each."""

    def __init__(self) -> None:
        self.talk, self.oracle = Talk(), Oracle()
        self.talk.cards()
        for text in TEXTS.values():
            self.talk.note(text.text())
        self.suspensions: tuple[list, list] = ([], [])

    def play(self, act: str, side: int, what) -> None:
        index = len(self.talk.logs[side])
        expected, step, of = getattr(self, act)(side, what)
        if step is None:
            return
        assert step.outcome.legal == expected, (act, side, what, step.outcome)
        if step.outcome.legal:
            self.oracle.said[side].append((index, act, of))

    def activate(self, side, name):
        facts = {"act": "activate", "note": name}
        entered = name in self.oracle.seen(side, "activate")[side]
        expected = self.oracle.may_activate(side, name, self.talk.now) and not entered
        return expected, self.talk.say(side, "agreement", facts=facts), name

    def suspend(self, side, name):
        force = self.oracle.force(side)
        own = [(i, of) for i, kind, of in self.oracle.said[side] if kind == "suspend" and of == name]
        lifted = {of for _, kind, of in self.oracle.said[side] if kind == "resume"}
        expected = bool(force) and name != "life" and not any(i not in lifted for i, _ in own)
        step = self.talk.suspend(side, force or FIRST.digest, name)
        if step.outcome.legal:
            self.suspensions[side].append(step.ref)
        return expected, step, name

    def resume(self, side, n):
        """One of the newest suspensions of either side: only one's own that stands can be lifted."""
        found = self.suspensions[side] if n < 2 else self.suspensions[1 - side]
        if not found:
            return False, None, 0
        ref = found[-1 - n % len(found)]
        lifted = {of for _, kind, of in self.oracle.said[side] if kind == "resume"}
        expected = ref.side == side and ref.index not in lifted
        step = self.talk.declare(
            side, FIRST.digest, "resume", lifts=ref.leaf.hex(), issued=Moment(self.talk.now)
        )
        return expected, step, ref.index

    def terminate(self, side, _):
        force = self.oracle.force(side)
        expected = bool(force) and not self.oracle.seen(side, "terminate")[side]
        step = self.talk.declare(side, force or FIRST.digest, "terminate", issued=Moment(self.talk.now))
        end = self.talk.now + TEXTS[force or FIRST.digest].notice_days * DAY
        return expected, step, end

    def share(self, side, name):
        force = self.oracle.force(side)
        entry = self.talk.share(side, force or FIRST.digest, field=name)
        return self.oracle.may_share(side, name, self.talk.now), self.talk.append(side, entry.data), name

    def see(self, side, _):
        self.talk.hold(side)
        self.oracle.cut[side] = len(self.talk.logs[1 - side])
        return True, None, 0

    def wait(self, _side, n):
        self.talk.now += n
        return True, None, 0


@given(st.lists(ACTS, min_size=10, max_size=50))
@settings(max_examples=300, deadline=None)
def test_every_interleaving_does_what_the_protocol_says(acts):
    life = Life()
    start = [("activate", side, FIRST.digest) for side in (0, 1)] + [("see", side, 0) for side in (0, 1)]
    for act, side, what in start + acts:
        life.play(act, side, what)
    life.talk.sync()
    life.oracle.cut = [len(life.talk.logs[1]), len(life.talk.logs[0])]
    forces = []
    for side in (0, 1):
        texts = Sight(PAIR, life.talk.state(side), life.talk.view).texts(RELATION)
        force = in_force(texts)
        forces.append(force and force.digest)
        agreed = [text for text in texts if in_force([text])]
        assert len({text.serial for text in agreed}) == len(agreed), "two rivals are in force"
    assert forces[0] == forces[1] == (life.oracle.force(0) or None)
