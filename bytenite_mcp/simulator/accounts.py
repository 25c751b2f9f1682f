"""Finds the account of an API key or of an access token."""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from .errors import Unauthenticated
from .times import SECOND
from .world import World

TOKEN_LIFE = 3600
"""Seconds for which a token is valid [D]."""


class Accounts:
    """The accounts, and the tokens issued for their keys."""

    def __init__(self, worlds: Iterable[World]) -> None:
        self._worlds: dict[str, World] = {}
        self._tokens: dict[str, tuple[World, int]] = {}
        for world in worlds:
            if world.api_key in self._worlds:
                raise ValueError("two worlds share one api_key")
            self._worlds[world.api_key] = world

    def exchange(self, api_key: str) -> str:
        """Issue a token for an account's key."""
        if (world := self._worlds.get(api_key)) is None:
            raise Unauthenticated("invalid API key")
        token = sha256(f"{api_key}/{len(self._tokens)}".encode()).hexdigest()
        self._tokens[token] = world, world.now
        return token

    def find_world(self, headers: Mapping[str, str]) -> World:
        """Find the account of the token in the Authorization header, which has no prefix [D]."""
        token = headers.get("authorization", "")
        if not token:
            raise Unauthenticated("no access token")
        if token not in self._tokens:
            raise Unauthenticated("unknown access token")
        world, issued = self._tokens[token]
        if world.now >= issued + TOKEN_LIFE * SECOND:
            raise Unauthenticated("the access token has expired")
        return world
