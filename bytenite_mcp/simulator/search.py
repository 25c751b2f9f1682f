"""A search: conditions, an order, and a page; and the types of JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""Any JSON value, as requests have them."""

Record: TypeAlias = dict[str, Any]
"""A JSON object that the simulator makes itself, such as a job."""

Kind = Literal["text", "number", "time"]


@dataclass(frozen=True)
class Filter:
    """A condition on a field, as in a request.

    Args:
        field: The dotted name of a record's member.
        condition: The enum's name, for example ``FILTER_CONDITION_EQ``.
        operand: Any JSON value.
        kind: How values are compared; None means as the field's kind says.
        readings: Names from `search_sql.READINGS`, applied to the stored value before the comparison.
    """

    field: str
    condition: str
    operand: Json
    kind: Kind | None = None
    readings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The condition's name without the enum's prefix."""
        return self.condition.removeprefix("FILTER_CONDITION_")

    @property
    def operands(self) -> Sequence[Json]:
        """The items of its operand if that is a list, else the operand alone."""
        return self.operand if isinstance(self.operand, list) else [self.operand]


@dataclass(frozen=True)
class AllOf:
    """All parts hold; without parts, it matches every job."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one part holds; without parts, it matches no job."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class IsSet:
    """The field is set, or, with ``wanted=False``, is absent, null, or an empty string, object or list."""

    field: str
    wanted: bool = True


@dataclass(frozen=True)
class Pattern:
    """The field is a non-empty text that contains a regular expression."""

    field: str
    regex: str


Condition = Filter | AllOf | AnyOf | IsSet | Pattern
"""A request has filters only; the other conditions result from interpreting them."""


@dataclass(frozen=True)
class Search:
    """A search for a page of jobs.

    Args:
        limit: The most rows of the page; 0 means the default.
        offset: The number of rows to skip.
        order_by: A field, and a direction after a space; "" means newest first.
        filters: The conditions, all of which must hold.
        route: ``list`` for ``GET jobs``, ``filter`` for ``POST jobs/filter``.
        turn: The number of the request; some meanings answer each request differently.
    """

    limit: int = 0
    offset: int = 0
    order_by: str = ""
    filters: tuple[Condition, ...] = ()
    route: Literal["list", "filter"] = "list"
    turn: int = 0
