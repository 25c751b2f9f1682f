"""Meanings: undocumented interpretations of searches, any of which ByteNite may have."""

import json
from difflib import get_close_matches

from bytenite_mcp.simulator import filter_meanings, order_meanings, page_meanings
from bytenite_mcp.simulator.search import Search
from bytenite_mcp.simulator.world import World

READS = {**filter_meanings.READS, **order_meanings.READS, **page_meanings.READS}
ARRANGEMENTS = {**order_meanings.ARRANGEMENTS, **page_meanings.ARRANGEMENTS}
MEANINGS = tuple(READS | ARRANGEMENTS | page_meanings.TELLINGS)
"""The names of all meanings; docs/simulator.md explains each."""


def check_meaning(name: str) -> str:
    """Return the name of a meaning.

    Raises:
        ValueError: There is no such meaning; the message suggests similar names.
    """
    if name not in MEANINGS:
        alike = ", ".join(get_close_matches(name, MEANINGS))
        hint = f"Did you mean {alike}?" if alike else "docs/simulator.md lists them."
        raise ValueError(f"unknown meaning {name!r}. {hint}")
    return name


class Meanings:
    """The current meanings of a server, which may change while it runs."""

    def __init__(self) -> None:
        self.set()

    def set(self, *names: str) -> None:
        """Replace all meanings.

        Raises:
            ValueError: There is no such meaning.
        """
        for name in names:
            check_meaning(name)
        self._reads = [read for name, read in READS.items() if name in names]
        self._arrangements = [arrange for name, arrange in ARRANGEMENTS.items() if name in names]
        self._tellings = [tell for name, tell in page_meanings.TELLINGS.items() if name in names]

    def read(self, search: Search, world: World) -> Search:
        """Apply the meanings to a search."""
        for read in self._reads:
            search = read(search, world)
        return search

    def find(self, search: Search, world: World) -> list[int]:
        """Find the rows that match, and arrange them as the meanings say."""
        numbers = world.find(search)
        for arrange in self._arrangements:
            numbers = arrange(numbers, search, world)
        return numbers

    def tell(self, page: str, asked: Search, world: World) -> str:
        """Apply the meanings to a page, given as JSON."""
        if not self._tellings:
            return page
        body = json.loads(page)
        for tell in self._tellings:
            body = tell(body, asked, world)
        return json.dumps(body)
