"""Rates: what a partner may ask for at once, and for each second after that."""

import pytest

from mithaq.domain.party import Origin
from mithaq.errors import BusyError
from mithaq.exchange.rates import CONTENT_BYTES, LOG_BYTES, POUCHES, Allowance, Rates

A, B = Origin("a.example"), Origin("b.example")


class Clock:
    now = 1_000.0

    def __call__(self):
        return self.now


def test_a_burst_and_then_a_rate():
    clock = Clock()
    rates = Rates(clock, pouches=Allowance(2, 0.5))
    rates.pouch(A, 0)
    rates.pouch(A, 0)
    with pytest.raises(BusyError, match="told to wait"):
        rates.pouch(A, 0)
    rates.pouch(B, 0)  # everybody has a bucket
    clock.now += 1
    rates.pouch(A, 0)


def test_one_may_overdraw_and_the_next_waits():
    clock = Clock()
    rates = Rates(clock, log_bytes=Allowance(100, 10))
    rates.pouch(A, 1_000)
    for _ in range(2):
        with pytest.raises(BusyError):
            rates.pouch(A, 0)
        clock.now += 45
    clock.now += 1
    rates.pouch(A, 0)


def test_life_has_room_of_its_own():
    rates = Rates(Clock(), content_bytes=Allowance(100, 0))
    assert rates.content(A, 150, life=False)
    assert not rates.content(A, 1, life=False)
    assert not rates.room(A)
    assert rates.content(A, 150, life=True)
    assert not rates.content(A, 1, life=True)
    assert rates.room(B)


def test_a_clock_that_goes_back_fills_nothing():
    clock = Clock()
    rates = Rates(clock, pouches=Allowance(1, 1))
    rates.pouch(A, 0)
    clock.now -= 500
    with pytest.raises(BusyError):
        rates.pouch(A, 0)


def test_a_bucket_never_holds_more_than_its_burst():
    clock = Clock()
    rates = Rates(clock, pouches=Allowance(1, 1))
    clock.now += 1_000
    rates.pouch(A, 0)
    with pytest.raises(BusyError):
        rates.pouch(A, 0)


def test_honest_partners_are_far_below():
    """A million entries of the size of an alert at once, and four pouches a second for ever."""
    assert POUCHES.rate >= 4
    assert LOG_BYTES.burst >= 256 * 2**20
    assert CONTENT_BYTES.burst >= 2**30
