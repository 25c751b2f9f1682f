"""The order in which rows are asked for."""

from dataclasses import dataclass, replace
from typing import Self

from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.fields import find_field

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
        name, direction = split_order(text)
        return cls(find_field(name, "order_by").name, direction) if name else cls()

    def __str__(self) -> str:
        return f"{self.field} {self.direction}".strip()

    @property
    def reversed(self) -> Self:
        """The same field from its other end."""
        return replace(self, direction="asc" if self.direction == "desc" else "desc")


def split_order(text: str) -> tuple[str, str]:
    """Split what an order is by from its direction, which is `asc`, `desc` or empty.

    Raises:
        BadQuery: There is no such direction.
    """
    name, _, direction = " ".join(text.split()).partition(" ")
    if name.startswith("-") and not direction:
        name, direction = name[1:], "desc"
    if direction and direction.lower() not in _DIRECTIONS:
        raise BadQuery("order_by", 'wants a field, or a field and asc or desc, such as "createdAt desc"')
    return name, _DIRECTIONS.get(direction.lower(), "")
