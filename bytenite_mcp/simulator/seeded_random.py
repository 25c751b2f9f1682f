"""Random draws, repeatable from a seed."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class SeededRandom(Random):
    """Random, with draws several times quicker than its own: a large world makes millions of them."""

    def below(self, limit: int) -> int:
        """Draw a whole number from 0, less than the limit."""
        return int(self.random() * limit)

    def between(self, least: int, limit: int) -> int:
        """Draw a whole number from the least, less than the limit."""
        return least + int(self.random() * (limit - least))

    def pick(self, choices: Sequence[T]) -> T:
        """Draw a member of a sequence."""
        return choices[int(self.random() * len(choices))]
