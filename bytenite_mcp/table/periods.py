"""Finds the days, weeks and months of a summary that are not whole, because they go on or a filter cuts them."""

from datetime import datetime, timedelta

from bytenite_mcp.table.groups import Group, Grouping

_PERIODS = (Group.DAY, Group.WEEK, Group.MONTH)
_MIDNIGHT = {"hour": 0, "minute": 0, "second": 0, "microsecond": 0}


def find_cut_periods(grouping: Grouping, now: datetime | None) -> list[str]:
    """Return the labels of the periods in which a filter of the time begins or ends, or which are not over.

    Args:
        grouping: The groups, and the filters, as understood.
        now: The time until which jobs are known; None if that is unknown.
    """
    group = next((one for one in grouping.group_by if one in _PERIODS), None)
    bounds = [
        datetime.fromisoformat(str(given.value))
        for given in grouping.filters
        if given.field == grouping.time and given.condition.orders and given.value
    ]
    times = [time.astimezone(grouping.zone) for time in (*bounds, now) if time]
    starts = {time: _start(time, group) for time in times} if group else {}
    cut = sorted({start for time, start in starts.items() if time.replace(tzinfo=None) != start})
    return [f"{start:%Y-%m}" if group is Group.MONTH else f"{start:%Y-%m-%d}" for start in cut]


def _start(time: datetime, group: Group) -> datetime:
    """Return when the period of a local time begins, without its zone."""
    day = time.replace(**_MIDNIGHT, tzinfo=None)
    if group is Group.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if group is Group.MONTH else day
