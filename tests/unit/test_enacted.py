"""The life of an agreement in the fold: suspension, resumption, notice of termination."""

import pytest

from mithaq.domain.moment import DAY, Moment
from mithaq.domain.outcome import Outcome, Result
from mithaq.domain.things import notice_key, suspension_key
from pair import NOW, PAIR, Talk, make_declaration, make_text

RELATION = "atlas-lindmark"


@pytest.fixture
def talk():
    return Talk()


@pytest.fixture
def text(talk):
    return talk.begin()


def illegal(code):
    return Outcome(Result.ILLEGAL, code)


def share(talk, side, text, **changes):
    return talk.append(side, talk.share(side, text, **changes).data).outcome


class TestSuspension:
    def test_of_a_field_stops_what_begins_anew_in_it_for_both_and_nothing_else(self, talk, text):
        step = talk.suspend(0, text, "security")
        assert step.outcome.data == f"done {RELATION}/suspension/security=suspended".encode()
        talk.sync()
        for side in (0, 1):
            assert share(talk, side, text) == illegal("suspended")
            assert share(talk, side, text, field="life").legal

    def test_of_everything_spares_what_protects_life(self, talk, text):
        assert talk.suspend(1, text).outcome.legal
        talk.sync()
        for side in (0, 1):
            assert share(talk, side, text) == illegal("suspended")
            assert share(talk, side, text, field="culture") == illegal("suspended")
            assert share(talk, side, text, field="life").legal

    def test_a_field_that_protects_life_is_never_suspended(self, talk, text):
        assert talk.suspend(0, text, "life").outcome == illegal("protects-life")

    def test_what_had_not_seen_it_is_legal(self, talk, text):
        talk.suspend(0, text)
        assert share(talk, 1, text).legal
        talk.hold(1)
        assert share(talk, 1, text) == illegal("suspended")

    def test_its_author_is_bound_at_once(self, talk, text):
        talk.suspend(0, text)
        assert share(talk, 0, text) == illegal("suspended")

    def test_what_is_about_an_earlier_entry_goes_on(self, talk, text):
        request = talk.share(0, text, "request")
        talk.append(0, request.data)
        talk.hold(1)
        talk.verdict(1, request.leaf)
        talk.suspend(0, text)
        talk.sync()
        assert talk.append(1, talk.reply(1, text, request.leaf, 1).data).outcome.legal
        assert talk.append(1, talk.about(1, "acknowledgement", text, request.leaf).data).outcome.legal

    def test_twice_is_once(self, talk, text):
        talk.suspend(0, text, "security")
        assert talk.suspend(0, text, "security").outcome == illegal("no-such-step")
        assert talk.suspend(0, text).outcome.legal

    def test_of_another_text_or_field(self, talk, text):
        other = make_text(2, text)
        talk.note(other.text())
        assert talk.suspend(0, other.digest).outcome == illegal("not-in-force")
        assert talk.suspend(0, "00" * 32).outcome == illegal("note")
        assert talk.suspend(0, text, "sport").outcome == illegal("no-such-field")

    def test_a_later_text_does_not_lift_it(self, talk, text):
        """Else a side could lift the other's suspension by activating what both had signed before."""
        second = make_text(2, text)
        talk.activate(0, second)
        talk.suspend(0, text, "security")
        talk.hold(1)
        assert talk.activate(1, second).outcome.legal
        talk.sync()
        assert share(talk, 1, second.digest) == illegal("suspended")

    def test_a_field_only_where_something_is_suspended(self, talk, text):
        facts = {"act": "propose", "note": talk.note(make_text(2, text).text()), "field": "security"}
        assert talk.say(0, "agreement", facts=facts).outcome == illegal("no-such-field")


class TestResumption:
    def test_lifts_the_suspension_that_it_names(self, talk, text):
        leaf = talk.suspend(0, text, "security").ref.leaf.hex()
        talk.sync()
        step = talk.declare(0, text, "resume", lifts=leaf)
        assert step.outcome.data == f"done {RELATION}/suspension/security=resumed".encode()
        assert share(talk, 0, text).legal
        assert share(talk, 1, text) == illegal("suspended")
        talk.sync()
        assert share(talk, 1, text).legal

    def test_cannot_be_used_again_for_a_later_suspension(self, talk, text):
        leaf = talk.suspend(0, text).ref.leaf.hex()
        facts = {"act": "resume", "note": ""}
        facts["note"] = talk.note(make_declaration(PAIR[0], text, "resume", lifts=leaf).text())
        assert talk.say(0, "agreement", facts=facts).outcome.legal
        talk.suspend(0, text)
        assert talk.say(0, "agreement", facts=facts).outcome == illegal("lifts")

    def test_of_the_other_sides_suspension(self, talk, text):
        leaf = talk.suspend(0, text).ref.leaf.hex()
        talk.sync()
        assert talk.declare(1, text, "resume", lifts=leaf).outcome == illegal("lifts")
        assert talk.view.thing(suspension_key(RELATION)).reading == "suspended"

    def test_either_side_lifts_only_its_own(self, talk, text):
        leaves = [talk.suspend(side, text, "security").ref.leaf.hex() for side in (0, 1)]
        talk.sync()
        assert talk.declare(0, text, "resume", lifts=leaves[0]).outcome.legal
        talk.sync()
        assert share(talk, 0, text) == illegal("suspended")
        assert talk.declare(1, text, "resume", lifts=leaves[1]).outcome.legal

    def test_the_other_sides_at_the_same_place_in_its_log(self, talk, text):
        """Entries of two logs can have the same index: the leaf names one of them."""
        talk.hold(1)
        steps = [talk.suspend(side, text, "security") for side in (0, 1)]
        talk.sync()
        assert steps[0].ref.index == steps[1].ref.index
        lifts = steps[1].ref.leaf.hex()
        assert talk.declare(0, text, "resume", lifts=lifts).outcome == illegal("lifts")

    @pytest.mark.parametrize("act", ["resume", "terminate"])
    def test_that_is_none_of_its_authors(self, talk, text, act):
        leaf = talk.suspend(0, text).ref.leaf.hex()
        lifts = leaf if act == "resume" else ""
        foreign = talk.note(make_declaration(PAIR[1], text, act, lifts=lifts).text())
        for note in (foreign, text, "00" * 32):
            facts = {"act": act, "note": note}
            assert talk.say(0, "agreement", facts=facts).outcome == illegal("note")

    def test_a_notice_of_termination_resumes_nothing(self, talk, text):
        note = talk.note(make_declaration(PAIR[0], text, "terminate").text())
        facts = {"act": "resume", "note": note}
        assert talk.say(0, "agreement", facts=facts).outcome == illegal("note")


class TestTermination:
    def test_nothing_begins_once_notice_has_run(self, talk, text):
        step = talk.declare(0, text, "terminate")
        assert step.outcome.data == f"done {RELATION}/notice=given".encode()
        talk.sync()
        end = talk.now + 90 * DAY
        assert talk.view.thing(notice_key(RELATION)).until == (end, 0)
        request = talk.share(1, text, "request")
        talk.append(1, request.data)
        for side in (0, 1):
            assert share(talk, side, text, at=end, keep_until=end).legal
            assert share(talk, side, text, at=end + 1, keep_until=end + 1) == illegal("ended")
            late = {"field": "life", "at": end + 1, "keep_until": end + 1}
            assert share(talk, side, text, **late) == illegal("ended")
        talk.hold(0)
        talk.verdict(0, request.leaf)
        late = talk.reply(0, text, request.leaf, 1, at=end + 1, keep_until=end + 1)
        assert talk.append(0, late.data).outcome.legal

    @pytest.mark.parametrize("before", ["held", "exchange"])
    def test_dated_back_it_has_not_run_when_it_comes(self, talk, text, before):
        """The attack: the notice that both signed is cut to nothing by a date, and the text has ended."""
        talk.now += DAY
        if before == "held":
            talk.hold(0)
        else:
            talk.append(0, talk.share(0, text, "request").data)
        newest, talk.now = talk.now, talk.now - 91 * DAY
        talk.declare(0, text, "terminate")
        assert talk.view.thing(notice_key(RELATION)).until == (newest + 90 * DAY, 0)

    def test_the_earlier_of_two_notices_counts(self, talk, text):
        talk.declare(0, text, "terminate")
        talk.now += DAY
        talk.declare(1, text, "terminate")
        talk.sync()
        end = talk.now + 89 * DAY
        assert share(talk, 1, text, at=end + 1, keep_until=end + 1) == illegal("ended")

    def test_is_final(self, talk, text):
        talk.declare(0, text, "terminate")
        assert talk.declare(0, text, "terminate", issued=Moment(NOW + 1)).outcome == illegal("no-such-step")
        talk.sync()
        for side in (0, 1):
            assert talk.activate(side, make_text(2, text)).outcome == illegal("terminated")
        assert talk.activate(0, make_text(relation="another")).outcome.legal

    def test_of_a_text_that_is_not_in_force(self, talk, text):
        other = make_text(2, text)
        talk.note(other.text())
        assert talk.declare(0, other.digest, "terminate").outcome == illegal("not-in-force")
        declared = {"relation": "another"}
        assert talk.declare(0, text, "terminate", **declared).outcome == illegal("not-in-force")
