"""Whether records came in the order they were asked for."""

from collections.abc import Sequence
from itertools import pairwise

from bytenite_mcp.jobs.match import UNSORTABLE, sort_key
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.table.order import Order


def stand_in(order: Order, records: Sequence[CleanRecord]) -> bool:
    """Whether records stand in an order, unset ones last; without a direction either will do, and any end."""
    if not order.field:
        return True
    every = list(map(sort_key(order.field), records))
    keys = [key for key in every if key != UNSORTABLE]
    rising = all(a <= b for a, b in pairwise(keys))
    falling = all(a >= b for a, b in pairwise(keys))
    unset_last = every[: len(keys)] == keys
    return {"asc": rising and unset_last, "desc": falling and unset_last}.get(
        order.direction, rising or falling
    )
