"""The retry policy: which failures are retried, how often, and after how long."""

import email.utils
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial

import anyio

from bytenite_mcp.api.errors import ByteNiteError, Refusal, TooManyRequests

LONGEST_WAIT = 15.0
"""The longest wait before a request, in seconds; hosts give up on a call after about a minute."""

LONGEST_LIMIT = 60.0
"""Seconds for which a limit is remembered at most: a server may state a wrong one, such as a day."""

FIRST_BACKOFF = 0.2
LONGEST_BACKOFF = 4.0
JITTER = 0.3
"""In seconds. The wait doubles from the first backoff to the longest; a random part of the jitter is added."""

_log = logging.getLogger(__name__)


class Retries:
    """Decides when a client retries, and delays all of its requests while ByteNite limits them.

    A request is retried at most `most` times; times are in seconds. A wait of more than `LONGEST_WAIT`, or one that
    would outlast the caller's deadline, which its cancel scopes set, raises the failure at once.
    """

    def __init__(
        self, most: int, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._most = most
        self._clock = clock
        self._sleep = sleep
        self._limit: partial[Refusal] | None = None
        self._resume_at = 0.0
        self._limited_until = 0.0

    async def hold_back(self) -> None:
        """Wait while ByteNite limits requests, and up to a second more, so that not all resume at once.

        Raises:
            Refusal: The limit lasts too long, or outlasts the caller's deadline.
        """
        left = self._resume_at - self._clock()
        if left <= 0 or not self._limit:
            return
        wait = left + random.uniform(0, min(left, 1.0))  # noqa: S311  # no secret
        if left > LONGEST_WAIT or not _is_in_time(wait):
            raise self._limit(max(left, self._limited_until - self._clock()))
        await self._sleep(wait)

    async def wait_after(self, failure: ByteNiteError, retries: int) -> None:
        """Wait before the next retry of a request; `retries` have been made so far.

        Raises:
            ByteNiteError: The failure itself, if it is permanent, no retry is left, or the wait is too long.
        """
        if not failure.transient:
            raise failure
        asked = failure.retry_after if isinstance(failure, Refusal) else None
        backoff = min(FIRST_BACKOFF * 2**retries, LONGEST_BACKOFF) + random.uniform(0, JITTER)  # noqa: S311
        wait = max(asked or 0.0, backoff)
        if isinstance(failure, Refusal) and (asked or isinstance(failure, TooManyRequests)):
            # Not the failure itself, whose traceback would keep its frames alive.
            self._limit = partial(type(failure), failure.status, failure.detail)
            self._resume_at = max(self._resume_at, self._clock() + min(wait, LONGEST_LIMIT))
            self._limited_until = max(self._limited_until, self._clock() + wait)
        if retries >= self._most:
            raise failure
        if wait > LONGEST_WAIT or not _is_in_time(wait):
            _log.debug("giving up, because a wait of %.2f s would be too long: %s", wait, failure)
            raise failure
        _log.debug("retrying in %.2f s (%d of %d): %s", wait, retries + 1, self._most, failure)
        await self._sleep(wait)


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Read the Retry-After header, which holds seconds or an HTTP date, as seconds from now."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    until = _parse_date(value)
    if until is None:
        return None
    # By the server's clock, because ours may differ.
    now = read_date(headers) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def read_date(headers: Mapping[str, str]) -> datetime | None:
    """Read the Date header: when the answer was made, by the server's clock."""
    return _parse_date(headers.get("date", ""))


def _parse_date(value: str) -> datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(value)
        # HTTP's older formats name no zone.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _is_in_time(wait: float) -> bool:
    return anyio.current_time() + wait < anyio.current_effective_deadline()
