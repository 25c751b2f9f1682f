"""Parses times as people write them: dates, date-times, and date maths as in Grafana and Elasticsearch."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

_STEPS = {
    "μs": timedelta(microseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
}
_DAYS = {"d": timedelta(days=1), "w": timedelta(weeks=1)}
_MATHS = re.compile(
    r"(?P<anchor>(?i:now)|[^|]+\|\|)(?P<steps>(?:[+-]\d{1,6}[smhdwMy]|/[smhdwMy])*)", re.ASCII
)
_WORDS = {"today": "now/d", "yesterday": "now-1d/d"}
_STEP = re.compile(r"([+-])(\d{1,6})([smhdwMy])|/([smhdwMy])", re.ASCII)
_BELOW = (("microsecond", 0), ("second", 0), ("minute", 0), ("hour", 0), ("day", 1), ("month", 1))
_BELOW_COUNT = {"s": 1, "m": 2, "h": 3, "d": 4, "M": 5, "y": 6}
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?", re.ASCII)
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d(?P<m>:\d\d(?P<s>:\d\d(?P<fraction>\.\d{1,6}(?P<below>\d{0,3}))?)?)?"
    r"( ?([Zz]|[+-]\d\d(:?\d\d)?))?",
    re.ASCII,
)
_UNITS = "smhdwMy"
_OUTSIDE = "outside the years 1 to 9999"
NO_TIME = "no date, date-time or date maths"
_PRECISION = {4: "y", 7: "M", 10: "d"}


@dataclass(frozen=True, slots=True)
class Span:
    """The meaning of a written time: one instant, or a whole second, minute, day….

    Attributes:
        start: The first instant, in UTC.
        end: The first instant after the span; equal to `start` for a single instant.
    """

    start: datetime
    end: datetime

    @property
    def is_moment(self) -> bool:
        """Whether it is an instant, or at most a second."""
        return self.end - self.start <= _STEPS["s"]


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def parse(text: str, now: datetime) -> Span:
    """Parse a written time.

    `2026-11-02` is that whole day in the zone of `now`, `2026-11` the month. A date-time, in that zone unless it has an
    offset, is the whole of its last unit: `2026-11-02T15` the hour, `T15:00` the minute, `T15:00:00` the second, so
    that a time as shown finds its job. With a fraction it is an instant, or a whole microsecond if it has more than
    six digits. `now-7d` is an instant; a rounded time (`now/d`, `now-1M/M`, `now/d-1d`) is the whole unit, as in
    Elasticsearch; `2026-11-02||+1M/d` has another anchor than now. `today` and `yesterday` are days.

    Raises:
        ValueError: It is none of these, or there is no such time; the message says which.
    """
    text, zone = _WORDS.get(text.strip().lower(), text.strip()), now.tzinfo or UTC
    if _DATE.fullmatch(text):
        start = datetime.fromisoformat(text + "-01-01"[: 10 - len(text)]).replace(tzinfo=zone)
        return Span(_in_zone(start, UTC), _end_of(_PRECISION[len(text)], start))
    if found := _MATHS.fullmatch(text):
        anchor = now if found["anchor"].lower() == "now" else parse(found["anchor"][:-2], now).start
        return _calculated(_in_zone(anchor, zone), found["steps"])
    if not (found := _DATE_TIME.fullmatch(text)):
        raise ValueError(NO_TIME)
    moment = datetime.fromisoformat(re.sub(" (?=[Z+-])", "", text.upper()))
    moment = _in_zone(moment if moment.tzinfo else moment.replace(tzinfo=zone), UTC)
    if not found["fraction"]:
        return Span(moment, _end_of("s" if found["s"] else "m" if found["m"] else "h", moment))
    return Span(moment, shift(moment, 1, "μs") if found["below"].strip("0") else moment)


def is_relative(text: str) -> bool:
    """Whether the meaning of a written time depends on the current time."""
    return text.strip().lower().startswith(("now", *_WORDS))


def _in_zone(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError as error:
        raise ValueError(_OUTSIDE) from error


def _end_of(unit: str, start: datetime) -> datetime:
    """Return the end of a unit, in UTC; the last ones of the calendar, which often mean "never", end with it."""
    try:
        return _in_zone(shift(start, 1, unit), UTC)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)


def _calculated(start: datetime, steps: str) -> Span:
    end, rounded = start, ""
    for sign, count, unit, rounding in _STEP.findall(steps):
        if rounding:
            start = floor(start, rounding)
            end, rounded = shift(start, 1, rounding), rounding
        else:
            # The day before a whole day is a whole day; eight hours after its start is an instant.
            whole = rounded and _UNITS.index(unit) >= _UNITS.index(rounded)
            start, end = (shift(bound, int(sign + count), unit) for bound in (start, end if whole else start))
    return Span(_in_zone(start, UTC), _in_zone(end, UTC))


def floor(moment: datetime, unit: str) -> datetime:
    """Round down to the start of a unit; weeks start on Monday."""
    if unit == "w":
        return floor(moment, "d") - timedelta(days=moment.weekday())
    zeroed = _BELOW[: _BELOW_COUNT[unit]]
    return moment.replace(**dict(zeroed))  # type: ignore[arg-type]


def shift(moment: datetime, count: int, unit: str) -> datetime:
    """Add a number of units; days and longer units follow the zone's calendar, and a short month gives its last day.

    Raises:
        ValueError: The result is outside of the years 1 to 9999.
    """
    try:
        if unit in _DAYS:
            return moment + count * _DAYS[unit]
        if unit in _STEPS:
            return (moment.astimezone(UTC) + count * _STEPS[unit]).astimezone(moment.tzinfo)
        months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "y" else 1)
        year, month = months // 12, months % 12 + 1
        day = min(moment.day, calendar.monthrange(year, month)[1])
        return moment.replace(year=year, month=month, day=day)
    except (OverflowError, ValueError) as error:
        raise ValueError(_OUTSIDE) from error


def to_wire(moment: datetime) -> str:
    """Format an instant as RFC 3339 in UTC, with a fraction only if it has one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
