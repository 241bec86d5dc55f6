"""The fold, act by act: what is legal has its effect, what is not has none and says why."""

from dataclasses import replace

import pytest

from mithaq.domain import record
from mithaq.domain.effect import CODES
from mithaq.domain.enacted import TEXTS_MAX
from mithaq.domain.moment import DAY, Moment
from mithaq.domain.outcome import LogState, Outcome, Result
from mithaq.domain.record import check_record, feed
from mithaq.domain.replay import Memory, fold_logs
from mithaq.domain.rules import RULES
from pair import NOW, PAIR, Talk, make_card, make_text, roots_at


@pytest.fixture
def talk():
    return Talk()


@pytest.fixture
def text(talk):
    return talk.begin()


def illegal(code):
    return Outcome(Result.ILLEGAL, code)


def codes(talk, side):
    return [step.outcome.code or step.outcome.result.value for step in talk.steps[side]]


class TestOutcomes:
    def test_bytes(self):
        assert Outcome(Result.MALFORMED).data == b"malformed"
        assert illegal("unseen").data == b"illegal unseen"
        assert Outcome(Result.DONE).data == b"done"
        assert Outcome(Result.DONE, changes=(("k", "sent"), ("cut", "3"))).data == b"done k=sent cut=3"

    def test_digest_chains_leaf_and_outcome(self, talk):
        import hashlib

        talk.cards()
        step = talk.steps[0][0]
        leaf = hashlib.sha256(b"\0" + talk.logs[0][0]).digest()
        assert step.state.digest == hashlib.sha256(bytes(32) + leaf + step.outcome.data).digest()
        assert step.outcome.data == b"done card=" + make_card(PAIR[0]).digest.encode()

    def test_codes_of_fold_and_policy_are_apart_and_identifiers(self):
        both = [*CODES, *(rule.code for rule in RULES)]
        assert len(set(both)) == len(both)
        assert all(code.replace("-", "").isalpha() and code == code.lower() for code in both)


class TestAnyBytes:
    def test_malformed_bytes_are_counted_and_without_effect(self, talk, text):
        before = talk.state(0)
        step = talk.append(0, b"\xff")
        assert step.outcome == Outcome(Result.MALFORMED)
        assert (step.ref, step.entry, step.things) == (None, None, ())
        assert replace(step.state, size=before.size, digest=before.digest) == before

    def test_an_entry_of_another_log_is_malformed(self, talk, text):
        assert talk.append(0, talk.share(1, text).data).outcome.result is Result.MALFORMED

    def test_the_same_bytes_twice(self, talk, text):
        data = talk.share(0, text).data
        assert talk.append(0, data).outcome.legal
        again = talk.append(0, data)
        assert again.outcome == illegal("repeated")
        assert again.ref is None

    def test_bytes_put_into_the_other_log_first_do_not_take_the_place_of_the_entry(self, talk, text):
        entry = talk.share(0, text)
        talk.append(1, entry.data)
        assert talk.append(0, entry.data).outcome.legal


class TestCards:
    def test_a_log_begins_with_its_authors_card(self, talk):
        key = {"sealing": "00" * 1216}
        assert talk.say(0, "keys", facts=key).outcome == illegal("no-card")
        foreign = talk.note(make_card(PAIR[1]).text())
        assert talk.say(0, "card", facts={"act": "publish", "note": foreign}).outcome == illegal("note")
        assert talk.say(0, "keys", facts=key).outcome == illegal("no-card")
        talk.cards()
        step = talk.say(0, "keys", facts=key)
        assert step.outcome.data == b"done keys=" + step.ref.leaf.hex().encode()

    def test_serials_of_cards_rise(self, talk):
        talk.cards()
        first = make_card(PAIR[0])
        second = talk.note(make_card(PAIR[0], 2, first.digest).text())
        publish = {"act": "publish", "note": second}
        assert talk.say(0, "card", facts=publish).state.card == second
        assert talk.say(0, "card", facts=publish).outcome == illegal("serial")
        publish = {"act": "publish", "note": first.digest}
        assert talk.say(0, "card", facts=publish).outcome == illegal("serial")

    @pytest.mark.parametrize("note", [b"", b"no card", make_text().text()])
    def test_a_note_that_is_no_card(self, talk, note):
        facts = {"act": "publish", "note": talk.note(note)}
        assert talk.say(0, "card", facts=facts).outcome == illegal("note")

    def test_a_note_that_is_not_there(self, talk):
        assert talk.say(0, "card", facts={"act": "publish", "note": "00" * 32}).outcome == illegal("note")


class TestAgreements:
    def test_neither_side_alone_puts_a_text_into_force(self, talk):
        talk.cards()
        digest = make_text().digest
        assert talk.activate(0, make_text(), "propose").outcome.data == f"done {digest}=proposed".encode()
        talk.sync()
        assert talk.append(0, talk.share(0, digest).data).outcome == illegal("no-text")
        assert talk.activate(1, make_text()).outcome.legal
        talk.sync()
        assert talk.append(0, talk.share(0, digest).data).outcome == illegal("no-text")
        assert talk.append(1, talk.share(1, digest).data).outcome == illegal("no-text")
        assert talk.activate(0, make_text()).outcome.legal
        assert talk.append(0, talk.share(0, digest).data).outcome.legal
        # The other side has not seen the activation yet.
        assert talk.append(1, talk.share(1, digest).data).outcome == illegal("no-text")
        talk.hold(1)
        assert talk.append(1, talk.share(1, digest).data).outcome.legal
        assert talk.view.thing(digest).reading == "agreed"

    def test_steps_that_are_not_there(self, talk, text):
        for act in ("propose", "activate"):
            assert talk.activate(0, make_text(), act).outcome == illegal("no-such-step")

    def test_sign_by_counts_by_at_to_the_second(self, talk):
        talk.cards()
        talk.now = NOW + 10 * DAY
        assert talk.activate(0, make_text()).outcome.legal
        talk.now += 1
        assert talk.activate(1, make_text()).outcome == illegal("late")

    def test_a_side_activates_one_text_of_a_serial(self, talk):
        talk.cards()
        rivals = [make_text(), make_text(notice_days=1)]
        assert talk.activate(0, rivals[0]).outcome.legal
        assert talk.activate(0, rivals[1]).outcome == illegal("serial")
        assert talk.activate(1, rivals[1]).outcome.legal
        talk.sync()
        for side, text in ((0, rivals[0]), (1, rivals[1])):
            assert talk.append(side, talk.share(side, text.digest).data).outcome == illegal("no-text")
        third = make_text(2)
        assert talk.activate(0, third).outcome.legal
        assert talk.activate(1, third).outcome.legal
        talk.sync()
        assert talk.append(0, talk.share(0, third.digest).data).outcome.legal

    def test_an_amendment_names_the_text_in_force_and_takes_over_at_its_start(self, talk, text):
        assert talk.activate(0, make_text(2, "ab" * 32)).outcome == illegal("previous")
        assert talk.activate(0, make_text(2)).outcome == illegal("previous")
        second = make_text(2, text, starts=Moment(NOW + DAY))
        for side in (0, 1):
            assert talk.activate(side, second).outcome.legal
        request = talk.share(0, text, "request")
        assert talk.append(0, request.data).outcome.legal
        talk.sync()
        assert talk.append(0, talk.share(0, second.digest).data).outcome == illegal("not-started")
        assert talk.append(0, talk.share(0, text).data).outcome.legal
        talk.now = NOW + DAY
        assert talk.append(0, talk.share(0, text).data).outcome == illegal("superseded")
        assert talk.append(0, talk.share(0, second.digest).data).outcome.legal
        # What is about the older request is judged by the older text for good.
        assert talk.verdict(1, request.leaf).outcome.legal
        wrong = talk.reply(1, second.digest, request.leaf, 1)
        assert talk.append(1, wrong.data).outcome == illegal("other-text")
        assert talk.append(1, talk.reply(1, text, request.leaf, 1).data).outcome.legal

    def test_a_text_between_others(self, talk):
        talk.cards()
        foreign = make_text(parties=(PAIR[0], "third.example"))
        assert talk.activate(0, foreign).outcome == illegal("note")
        assert talk.say(
            0, "agreement", facts={"act": "propose", "note": talk.note(b"no text")}
        ).outcome == illegal("note")
        assert talk.append(0, talk.share(0, foreign.digest).data).outcome == illegal("no-text")

    def test_relations_are_apart(self, talk, text):
        other = make_text(relation="other")
        assert talk.activate(0, other).outcome.legal
        assert talk.append(0, talk.share(0, text).data).outcome.legal

    def test_a_side_enters_a_limited_number_of_texts(self, talk, text):
        for n in range(TEXTS_MAX - 1):
            assert talk.activate(0, make_text(5, notice_days=n), "propose").outcome.legal
        assert talk.activate(0, make_text(6), "propose").outcome == illegal("too-many-texts")
        assert talk.activate(1, make_text(6), "propose").outcome.legal
        assert talk.activate(0, make_text(6), "activate").outcome == illegal("too-many-texts")


class TestHeld:
    def test_moves_the_cut(self, talk):
        talk.cards()
        step = talk.hold(0)
        assert (step.state.cut, step.state.held_time) == (1, NOW)
        assert step.outcome.data == b"done cut=1 time=%d" % NOW

    def test_time_never_falls(self, talk):
        talk.cards()
        talk.hold(0)
        talk.now -= 100
        step = talk.hold(0)
        assert step.state.held_time == NOW
        assert step.state.at == NOW
        assert step.outcome.data == b"done cut=1 time=%d" % NOW

    @pytest.mark.parametrize(
        "changes",
        [
            {"root": "00" * 32},
            {"of": f"{PAIR[0]}/to/{PAIR[1]}/1"},
            {"of": f"{PAIR[1]}/to/{PAIR[0]}/2"},
            {"size": 99},
            {"size": 1},
        ],
    )
    def test_void(self, talk, text, changes):
        before = talk.state(0).cut
        facts = talk.held_facts(0) | changes
        if changes == {"size": 1}:
            facts = talk.held_facts(0, 1)
        step = talk.say(0, "held", facts=facts)
        assert step.outcome == illegal("void-held")
        assert step.state.cut == before

    @pytest.mark.parametrize(
        "ranges",
        [
            {"missing": [(3, 3)]},
            {"missing": [(4, 6), (5, 7)]},
            {"missing": [(5, 6), (4, 5)]},
            {"missing": [(2, 4)]},
            {"missing": [(6, 9)]},
            {"came": [(2, 4)]},
            {"came": [(1, 1)]},
        ],
    )
    def test_ranges_that_cannot_be(self, talk, text, ranges):
        assert talk.state(0).cut == 3
        while len(talk.logs[1]) < 8:
            talk.append(1, b"x")
        facts = {name: self.members(name, pairs) for name, pairs in ranges.items()}
        assert talk.hold(0, **facts).outcome == illegal("ranges")

    @staticmethod
    def members(name, pairs):
        reason = {"reason": "absent"} if name == "missing" else {}
        return [{"from": start, "to": end, **reason} for start, end in pairs]

    def test_ranges_that_can(self, talk, text):
        while len(talk.logs[1]) < 8:
            talk.append(1, b"x")
        missing, came = self.members("missing", [(3, 4), (4, 8)]), self.members("came", [(0, 3)])
        assert talk.hold(0, missing=missing, came=came).outcome.legal

    def test_ranges_are_limited_together(self, talk, text):
        for n in range(1_200):
            talk.logs[1].append(b"%d" % n)
        from mithaq.domain.entry import leaf_hash

        leaves = [leaf_hash(each) for each in talk.logs[1]]
        talk.view.roots[1].update(roots_at(leaves, [len(leaves)]))
        missing = self.members("missing", [(n, n + 1) for n in range(10, 1_009)])
        came = self.members("came", [(0, 1)])
        assert talk.hold(
            0, missing=missing, came=[*came, *self.members("came", [(1, 2)])]
        ).outcome == illegal("ranges")
        assert talk.hold(0, missing=missing, came=came).outcome.legal


class TestVerdicts:
    def test_moves_the_readers_register(self, talk, text):
        entry = talk.share(0, text)
        talk.append(0, entry.data)
        talk.hold(1)
        step = talk.verdict(1, entry.leaf)
        assert [thing.reading for thing in step.things] == ["accepted"]
        assert talk.verdict(1, entry.leaf, codes=("tlp",)).outcome == illegal("no-such-step")

    def test_on_many_as_a_whole_or_not_at_all(self, talk, text):
        entries = [talk.share(0, text) for _ in range(3)]
        for entry in entries:
            talk.append(0, entry.data)
        talk.hold(1)
        assert talk.verdict(1, entries[0].leaf).outcome.legal
        assert talk.verdict(1, entries[1].leaf, entries[0].leaf).outcome == illegal("no-such-step")
        assert talk.view.thing(entries[1].leaf.hex()).reading == "sent"
        assert talk.verdict(1, entries[1].leaf, entries[2].leaf).outcome.legal

    def test_only_of_what_its_author_had_seen(self, talk, text):
        entry = talk.share(0, text)
        talk.append(0, entry.data)
        assert talk.verdict(1, entry.leaf).outcome == illegal("unseen")
        assert talk.verdict(1, bytes(32)).outcome == illegal("unseen")

    def test_only_of_exchange_entries_of_the_other_side(self, talk, text):
        own = talk.share(1, text)
        talk.append(1, own.data)
        assert talk.verdict(1, own.leaf).outcome == illegal("not-due")
        assert talk.verdict(1, talk.steps[0][0].ref.leaf).outcome == illegal("not-due")

    def test_refused_means_codes(self, talk, text):
        entry = talk.share(0, text)
        talk.append(0, entry.data)
        talk.hold(1)
        re = (entry.leaf.hex(),)
        for facts in ({"result": "refused"}, {"result": "accepted", "codes": ["tlp"]}):
            assert talk.say(1, "verdict", re=re, facts=facts).outcome == illegal("codes")

    def test_a_void_entry_can_be_refused_once_and_never_accepted(self, talk, text):
        entry = talk.share(0, text, field="sport")
        assert talk.append(0, entry.data).outcome == illegal("field")
        assert talk.view.thing(entry.leaf.hex()) is None
        talk.hold(1)
        assert talk.verdict(1, entry.leaf).outcome == illegal("not-legal")
        step = talk.verdict(1, entry.leaf, codes=("field",))
        assert [thing.reading for thing in step.things] == ["void and refused"]
        assert talk.verdict(1, entry.leaf, codes=("field",)).outcome == illegal("no-such-step")


class TestRequests:
    @pytest.fixture
    def request_(self, talk, text):
        entry = talk.share(0, text, "request")
        talk.append(0, entry.data)
        talk.hold(1)
        return entry

    def test_items_are_answered_once_each(self, talk, text, request_):
        talk.verdict(1, request_.leaf)
        step = talk.append(1, talk.reply(1, text, request_.leaf, 2).data)
        assert [(thing.key, thing.value(1)) for thing in step.things[1:]] == [
            (f"{request_.leaf.hex()}/2", "answered")
        ]
        again = talk.reply(1, text, request_.leaf, 1, 2)
        assert talk.append(1, again.data).outcome == illegal("no-such-step")
        assert talk.append(1, talk.reply(1, text, request_.leaf, 1).data).outcome.legal

    def test_an_unjudged_or_refused_request_is_not_answered(self, talk, text, request_):
        reply = talk.reply(1, text, request_.leaf, 1)
        assert talk.append(1, reply.data).outcome == illegal("no-such-step")
        talk.verdict(1, request_.leaf, codes=("content",))
        reply = talk.reply(1, text, request_.leaf, 1)
        assert talk.append(1, reply.data).outcome == illegal("no-such-step")

    @pytest.mark.parametrize("items", [(3,), (1, 1), (1, 100)])
    def test_items_that_are_not_there(self, talk, text, request_, items):
        talk.verdict(1, request_.leaf)
        assert talk.append(1, talk.reply(1, text, request_.leaf, *items).data).outcome == illegal("no-item")

    def test_only_the_asked_side_replies(self, talk, text, request_):
        assert talk.append(0, talk.reply(0, text, request_.leaf, 1).data).outcome == illegal("no-request")

    def test_a_reply_to_what_is_no_request(self, talk, text):
        entry = talk.share(0, text)
        talk.append(0, entry.data)
        talk.hold(1)
        assert talk.append(1, talk.reply(1, text, entry.leaf, 1).data).outcome == illegal("no-request")

    def test_a_reply_to_two_requests(self, talk, text, request_):
        other = talk.share(0, text, "request")
        talk.append(0, other.data)
        talk.hold(1)
        talk.verdict(1, request_.leaf, other.leaf)
        reply = talk.reply(1, text, request_.leaf, 1)
        both = replace(reply, re=(request_.leaf.hex(), other.leaf.hex()))
        assert talk.append(1, both.data).outcome == illegal("no-request")

    def test_a_reply_to_a_void_request(self, talk, text):
        entry = talk.share(0, text, "request", field="culture")
        assert talk.append(0, entry.data).outcome == illegal("kind")
        talk.hold(1)
        assert talk.append(1, talk.reply(1, text, entry.leaf, 1).data).outcome == illegal("other-text")

    def test_a_reply_to_something_unseen(self, talk, text):
        assert talk.append(1, talk.reply(1, text, bytes(32), 1).data).outcome == illegal("unseen")

    def test_a_reply_is_still_legal_after_the_end(self, talk):
        text = talk.begin(make_text(ends=Moment(NOW + DAY)))
        entry = talk.share(0, text, "request")
        talk.append(0, entry.data)
        talk.hold(1)
        talk.verdict(1, entry.leaf)
        talk.now = NOW + 2 * DAY
        assert talk.append(0, talk.share(0, text).data).outcome == illegal("ended")
        assert talk.append(1, talk.reply(1, text, entry.leaf, 1).data).outcome.legal


class TestRecords:
    def facts(self, talk, own, partner):
        rows = [{"size": size, "digest": "00" * 32} for size in (own, partner)]
        return {"rules": record.RULES_VERSION, "own": rows[0], "partner": rows[1]}

    def test_only_of_sizes_that_its_author_had_seen(self, talk, text):
        own, cut = talk.state(0).size, talk.state(0).cut
        assert talk.say(0, "record", facts=self.facts(talk, own + 1, cut)).outcome == illegal("record")
        assert talk.say(0, "record", facts=self.facts(talk, own, cut + 1)).outcome == illegal("record")
        assert talk.say(0, "record", facts=self.facts(talk, own, cut)).outcome.data == b"done"

    def test_compares_with_our_own_values(self, talk, text):
        mine = fold_logs(PAIR, *talk.logs, talk.notes, roots_at)
        own, partner = mine.digest(0, 2), mine.digest(1, 1)
        facts = {
            "rules": 1,
            "own": {"size": 2, "digest": own.hex()},
            "partner": {"size": 1, "digest": partner.hex()},
        }
        entry = talk.entry(0, "record", facts=facts)
        assert check_record(entry, own, partner)
        assert not check_record(entry, partner, own)
        assert not check_record(entry, own, mine.digest(1, 2))
        assert not check_record(entry, own, None)


class TestReplay:
    def test_gives_what_feeding_gave(self, talk, text):
        entry = talk.share(0, text, "request")
        talk.append(0, entry.data)
        talk.hold(1)
        talk.verdict(1, entry.leaf)
        talk.append(1, talk.reply(1, text, entry.leaf, 1).data)
        talk.append(1, b"garbage")
        record = fold_logs(PAIR, *talk.logs, talk.notes, roots_at)
        assert record.digests() == (talk.state(0).digest, talk.state(1).digest)
        assert record.steps == (tuple(talk.steps[0]), tuple(talk.steps[1]))
        assert record.digest(0, 0) == bytes(32)
        assert dict(record.things) == talk.view.things

    def test_lists_every_entry_with_the_rungs_of_its_ladder(self, talk, text):
        import json

        first, second = talk.share(0, text, "request"), talk.share(0, text)
        for entry in (first, second):
            talk.append(0, entry.data)
        at = talk.state(0).size
        talk.now += 10
        talk.hold(1, missing=[{"from": at - 1, "to": at, "reason": "absent"}])
        talk.verdict(1, first.leaf)
        talk.now += 10
        talk.hold(1, came=[{"from": at - 1, "to": at}])
        talk.verdict(1, second.leaf, codes=("objects", "persons"))
        talk.append(0, b"garbage")
        lines = [json.loads(line) for line in fold_logs(PAIR, *talk.logs, talk.notes, roots_at).lines()]
        assert sum("index" in line for line in lines) == sum(map(len, talk.logs))
        rows = {line["leaf"]: line for line in lines if "leaf" in line}
        asked, told = rows[first.leaf.hex()], rows[second.leaf.hex()]
        assert (asked["state"], asked["held"], asked["items"]) == ("accepted", NOW + 10, ["received"] * 2)
        assert (told["state"], told["held"], told["codes"]) == ("refused", NOW + 20, ["objects", "persons"])
        assert {"outcome": "malformed"}.items() <= lines[-3 - len(talk.logs[1])].items()
        assert lines[-2] == {"agreement": text, "state": "agreed"}
        assert lines[-1]["digests"] == [talk.state(side).digest.hex() for side in (0, 1)]

    def test_two_bogus_helds_that_wait_for_each_other_are_void(self, talk):
        talk.cards()
        for side in (0, 1):
            facts = talk.held_facts(side, 2) | {"root": "11" * 32}
            talk.say(side, "held", facts=facts)
        record = fold_logs(PAIR, *talk.logs, talk.notes, roots_at)
        assert [steps[-1].outcome.code for steps in record.steps] == ["void-held", "void-held"]

    def test_something_like_a_held_waits_for_nothing(self, talk, text):
        foreign = talk.entry(1, "held", facts=talk.held_facts(1, 1)).data
        for data in (b'{"kind":"held"}', b'"kind":"held"' * 9_999, foreign):
            talk.append(0, data)
        record = fold_logs(PAIR, *talk.logs, talk.notes, roots_at)
        assert record.digests() == (talk.state(0).digest, talk.state(1).digest)


def test_a_view_of_nothing():
    step = feed(
        PAIR, LogState.start(0), Talk().entry(0, "held", facts=Talk().held_facts(0, 1)).data, Memory({})
    )
    assert step.outcome == illegal("no-card")
