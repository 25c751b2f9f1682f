"""Asking again: after which failures, how often, and how long to wait before."""

import email.utils
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial

import anyio

from bytenite_mcp.api.errors import ByteNiteError, Refusal, TooManyRequests

LONGEST_WAIT = 15.0
"""Seconds we wait when asked to; hosts give up on a call after about a minute."""

FIRST_BACKOFF = 0.2
LONGEST_BACKOFF = 4.0
JITTER = 0.3
"""Seconds: a wait is twice the one before, from the first to the longest, and at random a little longer."""

_log = logging.getLogger(__name__)


class Retries:
    """Decides when a client asks again, and holds all its requests back while ByteNite limits them.

    No wait is begun that would end after the deadline of the caller, which is that of its cancel scopes.

    Args:
        most: Retries of one request.
        clock: Seconds that only go up.
        sleep: How waiting is done.
    """

    def __init__(
        self, most: int, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._most = most
        self._clock = clock
        self._sleep = sleep
        self._limit: partial[Refusal] | None = None
        self._resume_at = 0.0

    async def hold_back(self) -> None:
        """Wait while ByteNite limits requests; not all return at the same moment.

        Raises:
            Refusal: ByteNite's limit, which outlasts the caller's time.
        """
        left = self._resume_at - self._clock()
        if left <= 0 or not self._limit:
            return
        wait = left + random.uniform(0, min(left, 1.0))  # noqa: S311  # spreading, not secrecy
        if not _is_in_time(wait):
            raise self._limit(left)
        await self._sleep(wait)

    async def wait_after(self, failure: ByteNiteError, retries: int) -> None:
        """Wait until it is time to ask again.

        Args:
            failure: What the request failed with.
            retries: How often it was made again before.

        Raises:
            ByteNiteError: The failure, if asking again cannot help, or not in time.
        """
        asked = failure.retry_after if isinstance(failure, Refusal) else None
        if not failure.transient or retries >= self._most or (asked or 0.0) > LONGEST_WAIT:
            raise failure
        backoff = min(FIRST_BACKOFF * 2**retries, LONGEST_BACKOFF) + random.uniform(0, JITTER)  # noqa: S311
        wait = max(asked or 0.0, backoff)
        if isinstance(failure, Refusal) and (asked or isinstance(failure, TooManyRequests)):
            # Not the failure itself: it would keep the frames it came through.
            self._limit = partial(type(failure), failure.status, failure.detail)
            self._resume_at = max(self._resume_at, self._clock() + wait)
        if not _is_in_time(wait):
            _log.debug("giving up, as a wait of %.2f s would end too late: %s", wait, failure)
            raise failure
        _log.debug("trying again in %.2f s (%d of %d): %s", wait, retries + 1, self._most, failure)
        await self._sleep(wait)


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After, seconds or an HTTP date, as seconds from now."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    until = _parse_date(value)
    if until is None:
        return None
    # By the clock that the date is of; ours may be another.
    now = read_date(headers) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def read_date(headers: Mapping[str, str]) -> datetime | None:
    """Read when an answer was given, on the server's clock."""
    return _parse_date(headers.get("date", ""))


def _parse_date(value: str) -> datetime | None:
    try:
        return email.utils.parsedate_to_datetime(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _is_in_time(wait: float) -> bool:
    return anyio.current_time() + wait < anyio.current_effective_deadline()
