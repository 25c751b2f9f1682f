"""What is searched for: conditions, an order, and a page."""

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["text", "number", "time"]


@dataclass(frozen=True)
class Filter:
    """A condition on a field, as a request has it.

    Args:
        field: The dotted name of a record's member.
        condition: The enum's name, ``FILTER_CONDITION_EQ`` for instance.
        operand: Any JSON value.
        kind: How values compare; by default as the field's do.
        readings: Names of `stored_values.READINGS`: the stored value is read so before it is compared.
    """

    field: str
    condition: str
    operand: Any
    kind: Kind | None = None
    readings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The condition's name without the enum's prefix."""
        return self.condition.removeprefix("FILTER_CONDITION_")


@dataclass(frozen=True)
class AllOf:
    """Every part holds; without parts it matches every job."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one part holds; without parts it matches no job."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class IsSet:
    """The field is something else than null, absent, or an empty text, object or list; or it is not."""

    field: str
    wanted: bool = True


@dataclass(frozen=True)
class Pattern:
    """The field is a text, not empty, in which a regular expression is found."""

    field: str
    regex: str


Condition = Filter | AllOf | AnyOf | IsSet | Pattern
"""A request has filters only; the others say what a server may take a filter for."""


@dataclass(frozen=True)
class Search:
    """Which jobs, in which order, and which rows of them.

    Args:
        limit: The most rows of the page; 0 means the default.
        offset: How many rows to skip.
        order_by: A field, and a direction after a blank; empty means newest first.
        filters: All of them hold.
        route: ``list`` for ``GET jobs``, ``filter`` for ``POST jobs/filter``.
        turn: The number of the request, for what differs from one request to the next.
    """

    limit: int = 0
    offset: int = 0
    order_by: str = ""
    filters: tuple[Condition, ...] = ()
    route: Literal["list", "filter"] = "list"
    turn: int = 0
