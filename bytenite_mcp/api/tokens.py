"""Exchanges the API key for an access token, once for all waiting calls, and finds which header form is accepted."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import anyio
from pydantic import SecretStr

from bytenite_mcp.api.errors import ByteNiteError, TokenRefused, Unauthenticated
from bytenite_mcp.api.values import JsonObject, to_number

DEFAULT_LIFETIME = 3600.0
RENEWAL_MARGIN = 60.0

RENEWAL_PAUSE = 5.0
"""Seconds before a failed renewal is retried while the token is still valid."""

RAW, BEARER = "", "Bearer "
"""The prefix of the token in the header: none [D, R, C]; ByteNite's generated client sends `Bearer` [I]."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Tokens:
    """Holds the access token of one key and renews it.

    Args:
        exchange: Asks the API for a new token, and returns the body of its answer.
        clock: A monotonic clock in seconds.
    """

    def __init__(self, exchange: Callable[[], Awaitable[JsonObject]], clock: Callable[[], float]) -> None:
        self._exchange = exchange
        self._clock = clock
        self._token = SecretStr("")
        self._scheme = RAW
        self._renew_at = 0.0
        self._valid_until = 0.0
        self._exchanges = 0
        self._failure: ByteNiteError | None = None
        self._lock = anyio.Lock()

    async def authorize(self, send: Callable[[str], Awaitable[T]]) -> T:
        """Send a request; if the token is refused, retry with a fresh token, and then with the other header form.

        The header form that was accepted is kept.

        Args:
            send: Sends the request with a value of the Authorization header.

        Raises:
            TokenRefused: A fresh token was refused in both forms.
            ByteNiteError: `send` or the exchange failed.
        """
        token = await self.get()
        with suppress(Unauthenticated):
            return await send(self._scheme + token)
        token, refused = await self.get(refused=token), self._scheme
        with suppress(Unauthenticated):
            return await send(refused + token)
        self._scheme = RAW if refused else BEARER
        _log.info("a fresh token was refused; retrying %s `Bearer`", "without" if refused else "with")
        try:
            return await send(self._scheme + token)
        except Unauthenticated as refusal:
            self._scheme = RAW
            raise TokenRefused(refusal.status, refusal.detail) from refusal

    async def get(self, refused: str = "") -> str:
        """Return a valid token.

        Args:
            refused: A token that the API no longer accepts; if it is still the cached one, a new one is fetched.

        Raises:
            ByteNiteError: The exchange failed and no valid token is left. All calls that waited get the same error.
        """
        # While another call renews the token, use the old one as long as it is valid.
        usable_until = self._valid_until if self._lock.locked() else self._renew_at
        if not refused and self._clock() < usable_until:
            return self._token.get_secret_value()
        before = self._exchanges
        async with self._lock:
            if self._exchanges > before and self._failure:
                raise self._failure
            if refused == self._token.get_secret_value():
                self._renew_at = self._valid_until = 0.0
            if self._clock() >= self._renew_at:
                await self._renew()
            return self._token.get_secret_value()

    async def _renew(self) -> None:
        self._failure = None
        try:
            answer = await self._exchange()
        except ByteNiteError as failure:
            if self._clock() >= self._valid_until:
                self._failure = failure
                raise
            _log.info("the access token could not be renewed, and is still valid: %s", failure)
            self._renew_at = self._clock() + RENEWAL_PAUSE
            return
        finally:
            self._exchanges += 1
        # expiresIn is a string of seconds [D].
        seconds = to_number(answer.get("expiresIn")) or 0.0
        lifetime = seconds if seconds > 0 else DEFAULT_LIFETIME
        self._token = SecretStr(str(answer["token"]))
        self._valid_until = self._clock() + lifetime
        self._renew_at = self._valid_until - min(RENEWAL_MARGIN, lifetime / 2)
