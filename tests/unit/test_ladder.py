"""Coverage by ``held``: compared with sets of indexes, the simplest way to say it."""

from hypothesis import given
from hypothesis import strategies as st

from mithaq.domain.ladder import Coverage, Range, compact

REASONS = ("absent", "size", "hash", "declined", "throttled")


def indexes(ranges) -> set[int]:
    return {index for each in ranges for index in range(each.start, each.end)}


@given(st.data())
def test_coverage_is_what_sets_say(data):
    coverage, size, missing = Coverage(), 0, set()
    for _ in range(data.draw(st.integers(1, 5))):
        new = size + data.draw(st.integers(0, 12))
        lacking = {index for index in range(size, new) if data.draw(st.booleans())}
        came = {index for index in range(size) if data.draw(st.booleans())}
        facts = {
            "size": new,
            "missing": [
                each.members()
                for each in compact((index, data.draw(st.sampled_from(REASONS))) for index in lacking)
            ],
            "came": [each.members() for each in compact((index, "") for index in came)],
        }
        coverage, full = coverage.feed({name: value for name, value in facts.items() if value != []})
        assert indexes(full) == set(range(size, new)) - lacking | came & missing
        assert sum(each.end - each.start for each in full) == len(indexes(full))
        assert not any(each.reason for each in full)
        missing = missing - came | lacking
        size = new
        assert coverage.size == size
        assert indexes(coverage.missing) == missing
        assert list(coverage.missing) == sorted(coverage.missing)
        assert all(each.reason in REASONS for each in coverage.missing)


def test_compact_joins_neighbours_of_one_reason():
    assert compact([(5, "absent"), (1, "absent"), (2, "absent"), (3, "size")]) == [
        Range(1, 3, "absent"),
        Range(3, 4, "size"),
        Range(5, 6, "absent"),
    ]
    assert compact([]) == []
