"""Finds the hours, days, weeks and months of a summary that are not whole, because they go on or a filter cuts them."""

from datetime import UTC, datetime, timedelta

from bytenite_mcp.table.groups import Group, Grouping

_FORMS = {Group.HOUR: "%Y-%m-%dT%H", Group.DAY: "%Y-%m-%d", Group.WEEK: "%Y-%m-%d", Group.MONTH: "%Y-%m"}
_HOUR = {"minute": 0, "second": 0, "microsecond": 0}


def find_cut_periods(grouping: Grouping, now: datetime | None) -> list[str]:
    """Return the labels of the periods in which a filter of the time begins or ends, or which are not over.

    Args:
        grouping: The groups, and the filters, as understood.
        now: The time until which jobs are known; None if that is unknown.
    """
    group = next((one for one in grouping.group_by if one in _FORMS), None)
    if not group:
        return []
    bounds = [
        datetime.fromisoformat(str(given.value))
        for given in grouping.filters
        if given.field == grouping.time and given.condition.orders and given.value
    ]
    times = [time.astimezone(grouping.zone) for time in (*bounds, now) if time]
    cut = {_start(time, group): time for time in times if time.replace(tzinfo=None) != _start(time, group)}
    offsets = group is Group.HOUR and grouping.zone is not UTC
    return [
        f"{start:{_FORMS[group]}}{cut[start].isoformat()[-6:] if offsets else ''}" for start in sorted(cut)
    ]


def _start(time: datetime, group: Group) -> datetime:
    """Return when the period of a local time begins, without its zone."""
    hour = time.replace(**_HOUR, tzinfo=None)
    if group is Group.HOUR:
        return hour
    day = hour.replace(hour=0)
    if group is Group.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if group is Group.MONTH else day
