"""Stretches of a list, and whether they continue each other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile


@dataclass(slots=True)
class Stretch:
    """Consecutive rows of a list.

    Attributes:
        start: The offset of the first.
        met: The identities of the rows.
        new: The number of rows that are new in this pass.
    """

    start: int
    met: list[int] = field(default_factory=list)
    new: int = 0


def find_gaps(stretches: Sequence[Stretch], length: int) -> list[int]:
    """Return the positions of stretches to read again, because rows may have been missed before or after them.

    Args:
        stretches: The stretches of a list in order, of which each overlaps the next.
        length: The number of rows of a full stretch.
    """
    places = []
    for place, (one, next_one) in enumerate(pairwise(stretches)):
        if next_one.met and not _continues(one.met, next_one.met):
            places.append(place + 1)
        elif not next_one.met and len(one.met) >= length:
            places.append(place)
    return places


def _continues(rows: Sequence[int], next_rows: Sequence[int]) -> bool:
    """Whether rows begin with the last of those before them.

    One of these may be gone by now, and rows of one time may have changed places.
    """
    shared = len(list(takewhile(set(rows).__contains__, next_rows)))
    return len(set(rows[-shared - 2 :]) & set(next_rows[:shared])) >= max(1, shared - 1)
