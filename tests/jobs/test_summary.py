"""What makes a group, and what it is called."""

from typing import Any

import pytest

from bytenite_mcp.jobs.summary import LABEL, Group, Summary
from tests.conftest import as_clean

TRACEBACK = (
    "Traceback (most recent call last):\n"
    '  File "/app/main.py", line 12, in <module>\n    main()\n'
    '  File "/app/main.py", line 8, in main\n    {}\n'
)


def counts(group: Group, values: list[Any], timezone: str = "UTC") -> dict[str, int]:
    summary = Summary([group], timezone)
    field = "createdAt" if group in (Group.HOUR, Group.DAY, Group.WEEK, Group.MONTH) else group.value
    summary.take(0, as_clean(*[{"id": str(number), field: value} for number, value in enumerate(values)]))
    return {name: count for name, count, *_ in summary.rank_groups(20)}


@pytest.mark.parametrize("frames", [1, 30, 1000])
def test_tracebacks_that_end_in_different_errors_are_different(frames: int) -> None:
    errors = [
        TRACEBACK.format("    step()\n" * frames) + end
        for end in ("MemoryError: 12 GiB", "ModuleNotFoundError: No module named 'cv2'", "MemoryError: 8 GiB")
    ]
    found = counts(Group.ERROR, errors)
    assert sorted(found.values()) == [1, 2]
    assert all(len(name) <= LABEL for name in found)
    assert {name.rpartition(" ")[2] for name in found} == {"GiB", "'cv#'"}


def test_long_names_that_end_differently_are_different() -> None:
    found = counts(Group.TEMPLATE, [f"{'a' * 100}@v{version}" for version in (0, 1, 1)])
    assert sorted(found.values()) == [1, 2]
    assert {name[-3:] for name in found} == {"@v0", "@v1"}
    assert all(len(name) == LABEL for name in found)


@pytest.mark.parametrize("group", [Group.HOUR, Group.DAY, Group.WEEK, Group.MONTH])
@pytest.mark.parametrize("timezone", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_dates_at_the_end_of_the_calendar_spoil_nothing(group: Group, timezone: str) -> None:
    found = counts(
        group, ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-02T15:00:00Z", None], timezone
    )
    assert sum(found.values()) == 4
    assert any(name.startswith(("2026-11", "2026-10")) for name in found)
    assert set(found) & {"(none)"}


def test_the_hour_that_comes_twice_is_two() -> None:
    times = ["2025-10-25T23:30:00Z", "2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z", "2025-10-26T02:30:00Z"]
    assert counts(Group.HOUR, times, "Europe/Berlin") == {
        "2025-10-26T01": 1,
        "2025-10-26T02+01:00": 1,
        "2025-10-26T02+02:00": 1,
        "2025-10-26T03": 1,
    }
    assert counts(Group.DAY, times, "Europe/Berlin") == {"2025-10-26": 4}
