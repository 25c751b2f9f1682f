"""The order rows are asked for, and whether they came in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

from bytenite_mcp.jobs.errors import BadQuery
from bytenite_mcp.jobs.fields import find_field
from bytenite_mcp.jobs.match import UNSORTABLE, sort_key
from bytenite_mcp.privacy.redact import CleanRecord

_DIRECTIONS = {"asc": "asc", "ascending": "asc", "desc": "desc", "descending": "desc"}


@dataclass(frozen=True, slots=True)
class Order:
    """How rows are to be sorted.

    Attributes:
        field: A dotted name; empty for the API's own order, newest first [U].
        direction: `asc`, `desc`, or empty to leave it to the API: its syntax is undocumented.
    """

    field: str = ""
    direction: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Understand `createdAt`, `createdAt desc` or `-createdAt`.

        Raises:
            BadQuery: There is no such field or direction.
        """
        name, _, direction = " ".join(text.split()).partition(" ")
        if not name:
            return cls()
        if name.startswith("-") and not direction:
            name, direction = name[1:], "desc"
        if direction and direction.lower() not in _DIRECTIONS:
            raise BadQuery("order_by", 'wants a field, or a field and asc or desc, such as "createdAt desc"')
        return cls(find_field(name, "order_by").name, _DIRECTIONS.get(direction.lower(), ""))

    def __str__(self) -> str:
        return f"{self.field} {self.direction}".strip()

    @property
    def reversed(self) -> Self:
        """The same field from its other end."""
        return replace(self, direction="asc" if self.direction == "desc" else "desc")

    def holds(self, records: Sequence[CleanRecord]) -> bool:
        """Whether records stand in this order, unset ones last; without a direction either will do, and any end."""
        if not self.field:
            return True
        every = list(map(sort_key(self.field), records))
        keys = [key for key in every if key != UNSORTABLE]
        rising = all(a <= b for a, b in pairwise(keys))
        falling = all(a >= b for a, b in pairwise(keys))
        unset_last = every[: len(keys)] == keys
        return {"asc": rising and unset_last, "desc": falling and unset_last}.get(
            self.direction, rising or falling
        )
