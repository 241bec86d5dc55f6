"""When a node looks at what is due: hourly, and when a day ends."""

import pytest

from mithaq.domain.moment import DAY
from mithaq.node.node import HOUSEKEEPING, until_due


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        (0.0, HOUSEKEEPING),
        (20_000 * DAY, HOUSEKEEPING),
        (20_000 * DAY + DAY - HOUSEKEEPING, HOUSEKEEPING),
        (20_000 * DAY + DAY - 90.5, 90.5),
        (20_000 * DAY + DAY - 0.25, 0.25),
    ],
)
def test_at_the_end_of_the_day_in_utc(now, seconds):
    assert until_due(now) == seconds
