"""Reads and writes times in ByteNite's format: RFC 3339 in UTC, with 0 to 9 fractional digits.

A time is an ``int`` of nanoseconds since 1970, because ``datetime`` has only microseconds.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import cache

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR

_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_KEY_OFFSET = 10**11
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def read_wall_clock() -> datetime:
    """Return the current time, aware and in UTC."""
    return datetime.now(UTC)


def to_nanoseconds(aware: datetime) -> int:
    """Convert an aware ``datetime`` exactly."""
    since = aware - _UNIX
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds * 1000


def format_time(nanoseconds: int, digits: int) -> str:
    """Write a time with ``digits`` fractional digits, truncated."""
    day, within = divmod(nanoseconds, DAY)
    seconds, fraction = divmod(within, SECOND)
    text = f"{_format_date(day)}T{_format_clock(seconds)}"
    return f"{text}.{fraction:09d}"[: 20 + digits] + "Z" if digits else text + "Z"


# Cached, because a large world writes millions of times, which have few different days and seconds of a day.
@cache
def _format_date(day: int) -> str:
    return (_UNIX + timedelta(days=day)).date().isoformat()


@cache
def _format_clock(second: int) -> str:
    return (_UNIX + timedelta(seconds=second)).time().isoformat()


def to_sort_key(text: object) -> str | None:
    """Return a text that sorts as the time does, or None if it is not an RFC 3339 time.

    It is text because the nanoseconds of the years 1 to 9999 do not fit into 64 bits.
    """
    parts = _RFC3339.fullmatch(text) if isinstance(text, str) else None
    if parts is None:
        return None
    day, clock, fraction, zone = parts.groups()
    try:
        aware = datetime.fromisoformat(f"{day}T{clock}{zone.upper()}")
    except ValueError:
        return None
    since = aware - _UNIX
    return f"{since.days * 86_400 + since.seconds + _KEY_OFFSET:012d}{(fraction or ''):0<9}"


def from_sort_key(key: str) -> int:
    """Convert a key of ``to_sort_key`` to nanoseconds since 1970."""
    return int(key) - _KEY_OFFSET * SECOND
