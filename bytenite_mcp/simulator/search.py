"""What is searched for: filters, an order, and a page."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Filter:
    """One condition on one field; ``operand`` is any JSON value."""

    field: str
    condition: str
    operand: Any


@dataclass(frozen=True)
class Search:
    """Which jobs, in which order, and which rows of them; a ``limit`` of 0 means the default."""

    limit: int = 0
    offset: int = 0
    order_by: str = ""
    filters: tuple[Filter, ...] = ()
