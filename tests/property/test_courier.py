"""When to try again: waits grow, end, and are obeyed, whatever comes before."""

from hypothesis import given
from hypothesis import strategies as st

from mithaq.exchange.courier import FIRST, LONGEST, POLL, SPREAD, Decision, answered, failed

CHANCES = st.floats(0, 1, exclude_max=True)
BEFORE = st.builds(Decision, failures=st.integers(0, 10**9))
ASKED = st.floats(0, 10**9)


@given(st.booleans())
def test_an_answer_forgets_every_failure(more):
    assert answered(more=more) == Decision(0, 0.0 if more else POLL)


@given(BEFORE, CHANCES, ASKED)
def test_a_wait_has_bounds(before, chance, asked):
    decision = failed(before, chance=chance, retry_after=asked)
    assert decision.failures == before.failures + 1
    assert FIRST * (1 - SPREAD) <= decision.rest <= decision.wait <= LONGEST


@given(BEFORE, CHANCES, ASKED)
def test_what_the_partner_asked_for_is_obeyed(before, chance, asked):
    decision = failed(before, chance=chance, retry_after=asked)
    assert decision.rest >= min(asked, LONGEST)


@given(st.integers(0, 10**9), CHANCES)
def test_waits_never_shrink_while_it_fails(failures, chance):
    sooner = failed(Decision(failures), chance=chance)
    assert failed(sooner, chance=chance).wait >= sooner.wait


@given(BEFORE, CHANCES, CHANCES)
def test_chance_only_shortens_and_by_a_half_at_most(before, one, other):
    longest = failed(before, chance=0).wait
    assert longest * (1 - SPREAD) <= failed(before, chance=max(one, other)).wait <= longest


def test_a_partner_that_stays_away_is_asked_every_quarter_of_an_hour():
    decision = answered(more=True)
    for _ in range(40):
        decision = failed(decision, chance=0)
    assert decision.wait == LONGEST
