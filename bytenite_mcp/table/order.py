"""The order of rows."""

from dataclasses import dataclass
from typing import Self

from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.fields import Kind, find_field

_DIRECTIONS = {"asc": "asc", "ascending": "asc", "desc": "desc", "descending": "desc"}


@dataclass(frozen=True, slots=True)
class Order:
    """The order of rows.

    Attributes:
        field: A dotted name; "" for the API's own order, newest first [U].
        direction: `asc` or `desc`; "" without a field. The API's spelling is undocumented.
    """

    field: str = ""
    direction: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `createdAt`, `createdAt desc` or `-createdAt`.

        Raises:
            BadQuery: There is no such field or direction.
        """
        name, direction = split_order(text)
        if not name:
            return cls()
        field = find_field(name, "order_by")
        if field.kind is Kind.LIST:
            raise BadQuery("order_by", f"{field.name} is a list and has no order")
        return cls(field.name, direction or "asc")

    def __str__(self) -> str:
        return f"{self.field} {self.direction}".strip()


NEWEST_FIRST = Order()


def split_order(text: str) -> tuple[str, str]:
    """Split an order into its field and its direction, which is `asc`, `desc` or "".

    Raises:
        BadQuery: There is no such direction.
    """
    name, _, direction = " ".join(text.split()).partition(" ")
    if name.startswith("-") and not direction:
        name, direction = name[1:], "desc"
    if direction and direction.lower() not in _DIRECTIONS:
        raise BadQuery("order_by", 'wants a field, or a field and asc or desc, such as "createdAt desc"')
    return name, _DIRECTIONS.get(direction.lower(), "")
