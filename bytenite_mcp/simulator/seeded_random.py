"""Random numbers from a seed."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class SeededRandom(Random):
    """Random with faster methods, because a large world draws millions of numbers."""

    def below(self, limit: int) -> int:
        """Draw an integer from 0 to below the limit."""
        return int(self.random() * limit)

    def between(self, least: int, limit: int) -> int:
        """Draw an integer from the least to below the limit."""
        return least + int(self.random() * (limit - least))

    def pick(self, choices: Sequence[T]) -> T:
        """Draw an item of a sequence."""
        return choices[int(self.random() * len(choices))]
