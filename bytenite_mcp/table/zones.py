"""Time zones: finds them by name, and lists their offsets."""

import difflib
from bisect import bisect_left
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from bytenite_mcp.table.errors import BadQuery

_EVER = datetime.min.replace(tzinfo=UTC)
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_WEEK, _MINUTE = timedelta(weeks=1), timedelta(minutes=1)


def find_zone(name: str) -> tzinfo:
    """Find a time zone, in any case.

    Raises:
        BadQuery: There is no such zone; the message suggests one of a city with a similar name, if there is one.
    """
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        known = {zone.lower(): zone for zone in available_timezones()}
        if spelt := known.get(name.strip().lower().replace(" ", "_")):
            return ZoneInfo(spelt)
        hint = suggest_zone(name[:60]) or "should be an IANA name such as 'Europe/Berlin' or 'UTC'"
        raise BadQuery("timezone", f"there is no time zone {name[:60]!r}; {hint}") from None


def suggest_zone(name: str) -> str:
    """Suggest a zone by its city only: the names most similar to `CEST` or `utc+2` would be hours off; "" if none."""
    cities = {
        zone.rpartition("/")[2].lower(): zone
        for zone in sorted(available_timezones())
        if "/" in zone and not zone.startswith("Etc/")
    }
    city = name.rpartition("/")[2].strip().lower().replace(" ", "_")
    near = difflib.get_close_matches(city, cities, n=1, cutoff=0.8)
    return f"most likely meant: {cities[near[0]]!r}" if near else ""


@lru_cache(64)
def find_offsets(zone: tzinfo) -> list[tuple[datetime, timedelta]]:
    """Return the offsets of a zone in this century with the times from which they apply, in order.

    DuckDB's own time zone data is that of its release, and so older than the system's, with which dates are read.
    """
    weeks = [_FIRST + _WEEK * week for week in range((_LAST - _FIRST) // _WEEK)]
    changes = [
        _find_change(zone, start)
        for start, end in pairwise(weeks)
        if _offset(zone, start) != _offset(zone, end)
    ]
    return [(_EVER, _offset(zone, _FIRST)), *((since, _offset(zone, since)) for since in changes)]


def _find_change(zone: tzinfo, start: datetime) -> datetime:
    """Find the minute in a week at which the offset changes."""
    before = _offset(zone, start)
    minutes = range(_WEEK // _MINUTE)
    return start + _MINUTE * bisect_left(
        minutes, True, key=lambda minute: _offset(zone, start + _MINUTE * minute) != before
    )


def _offset(zone: tzinfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)
