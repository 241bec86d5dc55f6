"""What is said about an exchange, in the fold: whose it is to say, when, and what it does."""

import pytest

from mithaq.domain.about import HOLD_MAX
from mithaq.domain.moment import DAY
from mithaq.domain.outcome import Outcome, Result
from mithaq.domain.terms import Onward
from mithaq.domain.things import consent_key, contents_key, feedback_key, item_key
from pair import Talk, make_terms, make_text

THIRD = "third.example"
HELD = {"reason": "supervision"}
ORDER = {"reason": "order"}
MISTAKEN = {"reason": "mistaken"}
OUTDATED = {"reason": "outdated"}


@pytest.fixture
def talk():
    return Talk()


@pytest.fixture
def text(talk):
    fields = make_text().fields | {"security": make_terms(onward=Onward.CONSENT)}
    return talk.begin(make_text(fields=fields))


@pytest.fixture
def shared(talk, text):
    """An entry of side 0 that side 1 has accepted, and side 0 knows."""
    entry = talk.share(0, text)
    talk.append(0, entry.data)
    talk.hold(1)
    talk.verdict(1, entry.leaf)
    talk.hold(0)
    return entry


def illegal(code):
    return Outcome(Result.ILLEGAL, code)


@pytest.fixture
def say(talk, text, shared):
    def act(side, kind, *leaves, **changes):
        leaves = leaves or (shared.leaf,)
        return talk.append(side, talk.about(side, kind, text, *leaves, **changes).data).outcome

    return act


def reading(talk, key):
    return talk.view.thing(key).reading


class TestWhatItMayBeAbout:
    def test_something_seen(self, talk, text, say):
        later = talk.share(0, text)
        talk.append(0, later.data)
        assert say(1, "acknowledgement", later.leaf) == illegal("unseen")
        assert say(1, "acknowledgement", bytes(32)) == illegal("unseen")

    def test_a_legal_exchange_entry(self, talk, text, say):
        void = talk.share(0, text, field="sport")
        talk.append(0, void.data)
        talk.hold(1)
        assert say(1, "acknowledgement", void.leaf) == illegal("no-exchange")
        held = talk.steps[0][-1].ref.leaf
        assert say(0, "withdrawal", held, facts={"reason": "mistaken"}) == illegal("no-exchange")

    def test_under_its_text_and_field(self, say, text):
        assert say(1, "acknowledgement", field="life") == illegal("other-text")

    def test_after_the_card_of_its_author_has_ended(self, talk, say):
        talk.now += 400 * DAY
        assert say(1, "acknowledgement") == illegal("card-expired")


class TestAcknowledgement:
    def test_by_who_accepted_it(self, talk, say, shared):
        assert say(0, "acknowledgement") == illegal("not-yours")
        assert say(1, "acknowledgement").legal
        assert reading(talk, shared.leaf.hex()) == "acknowledged"
        assert say(1, "acknowledgement") == illegal("no-such-step")

    def test_of_several_at_once_as_a_whole_or_not_at_all(self, talk, text, say, shared):
        other = talk.share(0, text)
        talk.append(0, other.data)
        talk.hold(1)
        assert say(1, "acknowledgement", shared.leaf, other.leaf) == illegal("no-such-step")
        assert reading(talk, shared.leaf.hex()) == "accepted"
        talk.verdict(1, other.leaf)
        assert say(1, "acknowledgement", shared.leaf, other.leaf).legal


class TestFeedback:
    def test_by_its_reader_who_may_think_again(self, talk, say, shared):
        assert say(0, "feedback", facts={"usefulness": "useful"}) == illegal("not-yours")
        assert say(1, "feedback", facts={"usefulness": "useful"}).legal
        assert say(1, "feedback", facts={"usefulness": "not-useful"}).legal
        assert reading(talk, feedback_key(shared.leaf.hex())) == "not useful"

    def test_only_about_what_was_accepted(self, talk, text, say):
        other = talk.share(0, text)
        talk.append(0, other.data)
        talk.hold(1)
        talk.verdict(1, other.leaf, codes=("content",))
        assert say(1, "feedback", other.leaf, facts={"usefulness": "useful"}) == illegal("no-such-step")


class TestCorrection:
    def test_of_ones_own(self, talk, say, shared):
        assert say(1, "correction", facts=OUTDATED) == illegal("not-yours")
        assert say(0, "correction", facts=OUTDATED).legal
        assert reading(talk, shared.leaf.hex()) == "accepted, then corrected"
        assert say(0, "correction", facts=OUTDATED).legal

    def test_by_a_later_entry_of_ones_own(self, talk, text, say, shared):
        mine, theirs = talk.share(0, text), talk.share(1, text)
        talk.append(0, mine.data)
        talk.append(1, theirs.data)
        talk.sync()
        assert say(0, "correction", shared.leaf, theirs.leaf, facts=OUTDATED) == illegal("replacement")
        assert say(0, "correction", mine.leaf, shared.leaf, facts=OUTDATED) == illegal("replacement")
        assert say(0, "correction", shared.leaf, mine.leaf, facts=OUTDATED).legal
        assert reading(talk, mine.leaf.hex()) == "sent"


class TestWithdrawal:
    def test_of_ones_own_once(self, talk, say, shared):
        assert say(1, "withdrawal", facts=MISTAKEN) == illegal("not-yours")
        assert say(0, "withdrawal", facts=MISTAKEN).legal
        assert reading(talk, shared.leaf.hex()) == "withdrawn: to be erased"
        assert say(0, "withdrawal", facts=MISTAKEN) == illegal("no-such-step")
        assert say(0, "correction", facts={"reason": "outdated"}) == illegal("no-such-step")

    def test_of_a_request_ends_its_items_for_who_has_seen_it(self, talk, text, say):
        request = talk.share(0, text, "request")
        talk.append(0, request.data)
        talk.hold(1)
        talk.verdict(1, request.leaf)
        assert say(0, "withdrawal", request.leaf, facts=MISTAKEN).legal
        assert talk.append(1, talk.reply(1, text, request.leaf, 1).data).outcome.legal
        talk.sync()
        late = talk.reply(1, text, request.leaf, 2)
        assert talk.append(1, late.data).outcome == illegal("withdrawn")
        thing = talk.view.thing(request.leaf.hex())
        items = [thing.item(n, talk.view.thing(item_key(thing.key, n))).reading for n in (1, 2)]
        assert items == ["withdrawn and answered: the answer is to be erased", "withdrawn"]


class TestErasureAndHold:
    def test_each_side_says_it_of_its_own_copy(self, talk, say, shared):
        assert say(1, "erasure", facts=ORDER).legal
        assert reading(talk, contents_key(shared.leaf.hex())) == "erased by one side"
        assert say(0, "erasure", facts=ORDER).legal
        assert reading(talk, contents_key(shared.leaf.hex())) == "erased by both sides"
        assert say(1, "erasure", facts=ORDER) == illegal("no-such-step")

    def test_not_before_ones_own_hold_ends(self, talk, say, shared):
        until = talk.now + DAY
        assert say(1, "hold", facts=HELD | {"until": until}).legal
        assert reading(talk, contents_key(shared.leaf.hex())) == "held over by one side"
        assert say(1, "erasure", facts=ORDER) == illegal("on-hold")
        assert say(0, "erasure", facts=ORDER).legal
        talk.now = until
        assert say(1, "erasure", facts=ORDER).legal

    def test_a_hold_has_an_end(self, talk, say):
        for until in (talk.now, talk.now + HOLD_MAX * DAY + 1):
            assert say(1, "hold", facts=HELD | {"until": until}) == illegal("hold")
        assert say(1, "hold", facts=HELD | {"until": talk.now + HOLD_MAX * DAY}).legal
        assert say(1, "hold", facts=HELD | {"until": talk.now + DAY}).legal

    def test_what_is_erased_is_not_held(self, talk, say):
        say(1, "erasure", facts=ORDER)
        assert say(1, "hold", facts=HELD | {"until": talk.now + DAY}) == illegal("no-such-step")


class TestConsent:
    def test_is_bound_to_entry_and_recipient(self, talk, say, shared):
        assert say(1, "consent", facts={"act": "ask", "to": THIRD}).legal
        assert say(0, "consent", facts={"act": "grant", "to": THIRD}).legal
        assert reading(talk, consent_key(shared.leaf.hex(), THIRD)) == "consent granted"
        assert talk.view.thing(consent_key(shared.leaf.hex(), "fourth.example")) is None
        assert say(0, "consent", facts={"act": "revoke", "to": THIRD}).legal
        assert reading(talk, consent_key(shared.leaf.hex(), THIRD)) == "consent revoked"

    def test_is_asked_by_the_reader_and_given_by_the_owner(self, say):
        assert say(0, "consent", facts={"act": "ask", "to": THIRD}) == illegal("not-yours")
        for act in ("grant", "refuse", "revoke"):
            assert say(1, "consent", facts={"act": act, "to": THIRD}) == illegal("not-yours")
        assert say(0, "consent", facts={"act": "revoke", "to": THIRD}) == illegal("no-such-step")

    def test_only_where_the_field_knows_it_and_to_a_third_side(self, talk, text, say):
        other = talk.share(0, text, field="life")
        talk.append(0, other.data)
        talk.sync()
        facts = {"act": "grant", "to": THIRD}
        assert say(0, "consent", other.leaf, field="life", facts=facts) == illegal("no-consent")
        for party in talk.pair:
            assert say(0, "consent", facts={"act": "grant", "to": party}) == illegal("no-consent")
