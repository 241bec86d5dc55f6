import pytest

from mithaq.domain.moment import MOMENT_MAX, Moment
from mithaq.errors import MalformedError


@pytest.mark.parametrize("seconds", [0, 1_795_600_000, MOMENT_MAX])
def test_round_trip(seconds):
    assert Moment.parse(str(Moment(seconds))) == seconds


def test_written_form():
    assert str(Moment(0)) == "1970-01-01T00:00:00Z"
    assert str(Moment(MOMENT_MAX)) == "9999-12-31T23:59:59Z"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-02-30T00:00:00Z",
        "2026-11-25T24:00:00Z",
        "2026-11-25T09:00:60Z",
        "2026-11-25T09:00:00",
        "2026-11-25T09:00:00z",
        "2026-11-25 09:00:00Z",
        "2026-11-25T09:00:00+00:00",
        "2026-11-25T09:00:00.0Z",
        "2026-11-25T09:00Z",
        "1969-12-31T23:59:59Z",
        "0000-01-01T00:00:00Z",
        "٢٠٢٦-11-25T09:00:00Z",
    ],
)
def test_other_forms_are_refused(text):
    with pytest.raises(MalformedError):
        Moment.parse(text)


@pytest.mark.parametrize("seconds", [-1, MOMENT_MAX + 1])
def test_range(seconds):
    with pytest.raises(MalformedError):
        Moment(seconds)
