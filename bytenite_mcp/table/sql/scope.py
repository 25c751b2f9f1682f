"""The relations and names that a SELECT sees, with the largest possible sizes of their values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bytenite_mcp.table.fields import EVERY_FIELD
from bytenite_mcp.table.rows import LONGEST_TEXT


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation in a FROM clause.

    Attributes:
        columns: The most columns it can have.
        cell: The largest possible size of a value, in bytes.
        collected: Whether a value may be as long as the table.
        cost: The size that it adds each time it is named.
    """

    columns: int
    cell: int
    collected: bool = False
    cost: int = 5_000


TABLES = {
    "jobs": Relation(len(EVERY_FIELD), LONGEST_TEXT),
    "stages": Relation(4, LONGEST_TEXT),
    "unfinished": Relation(len(EVERY_FIELD) + 3, LONGEST_TEXT),
}

Known = Mapping[str, Relation]


@dataclass(slots=True)
class Scope:
    """The names that are visible in a SELECT.

    Attributes:
        cell: The largest possible size of a column's value, in bytes.
        relations: The relations of FROM, here and in enclosing queries; a whole row of one is also a value.
        aliases: The aliases so far: the size of each value, and the size that expanding it again adds.
        sources: The number of its own relations.
        repeats: Whether a value of one row may be repeated in many.
        collects: Whether it makes one value of many.
    """

    cell: int = 0
    relations: dict[str, Relation] = field(default_factory=dict)
    aliases: dict[str, tuple[int, int]] = field(default_factory=dict)
    sources: list[Relation] = field(default_factory=list)
    repeats: bool = False
    collects: bool = False

    def add(self, name: str, relation: Relation) -> None:
        """Add a relation of FROM."""
        self.relations[name.lower()] = relation
        self.sources.append(relation)
        self.cell = max(self.cell, relation.cell)

    def inside(self) -> "Scope":
        """Return the scope of a nested SELECT."""
        return Scope(self.cell, dict(self.relations), dict(self.aliases))
