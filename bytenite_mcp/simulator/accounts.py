"""Which account a request belongs to: API keys, and the tokens they were exchanged for."""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from .refusals import unauthenticated
from .times import SECOND
from .world import World

TOKEN_LIFE = 3600
"""Seconds a token is good for [D]."""


class Accounts:
    """The worlds behind their API keys; a token belongs to one of them."""

    def __init__(self, worlds: Iterable[World]) -> None:
        self._worlds: dict[str, World] = {}
        self._tokens: dict[str, tuple[World, int]] = {}
        for world in worlds:
            if world.api_key in self._worlds:
                raise ValueError("two worlds share one api_key")
            self._worlds[world.api_key] = world

    def exchange(self, api_key: str) -> str:
        """A new token for an account's key."""
        if (world := self._worlds.get(api_key)) is None:
            raise unauthenticated("invalid API key")
        token = sha256(f"{api_key}/{len(self._tokens)}".encode()).hexdigest()
        self._tokens[token] = world, world.now
        return token

    def world_of(self, headers: Mapping[str, str]) -> World:
        """The account whose token the request carries, raw and without a prefix [D]."""
        token = headers.get("authorization", "")
        if not token:
            raise unauthenticated("no access token")
        if token not in self._tokens:
            raise unauthenticated("unknown access token")
        world, issued = self._tokens[token]
        if world.now >= issued + TOKEN_LIFE * SECOND:
            raise unauthenticated("the access token has expired")
        return world
