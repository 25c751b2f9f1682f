"""What all passes over the list show together: whether jobs are missing, and what to tell about that."""

from dataclasses import dataclass, field

from bytenite_mcp.table.evidence import Evidence
from bytenite_mcp.table.status import LIMITED, ODD, UNPROVEN


@dataclass(slots=True)
class Passes:
    """What the passes of one complete reading show.

    Attributes:
        each: What each shows, in order; there is at least one when anything is asked.
    """

    each: list[Evidence] = field(default_factory=list)

    @property
    def last(self) -> Evidence:
        """What the last pass shows."""
        return self.each[-1]

    @property
    def totals_add_up(self) -> bool:
        """Whether ByteNite's totals can be the number of jobs."""
        return all(one.totals_add_up for one in self.each)

    @property
    def met(self) -> set[int]:
        """The identities of the jobs that were read."""
        return set[int]().union(*(one.met for one in self.each))

    @property
    def found(self) -> int:
        """The number of rows that all passes found together."""
        return len(self.met) + self.last.unreadable

    @property
    def most_met(self) -> int:
        """The number of jobs that the longest pass read."""
        return max(len(one.met) for one in self.each)

    def is_sure(self, gap: int, steady: bool = True) -> bool:
        """Whether no job is missing.

        That is so if ByteNite counts as many as were found; or if no row can have been missed between pages, and
        ByteNite counts `gap` more, as before, while the pass was `steady`: it found no new job.
        """
        last = self.last
        counted = last.counted or (last.ended and set(last.totals) == {self.found})
        return counted or (last.proven and last.missed == gap and (steady or not gap))

    def missed(self, sure: bool) -> int:
        """Return how many more rows ByteNite counts than were read, if no job is missing by all passes together."""
        return max(0, self.last.missed - (self.found - self.last.rows)) if sure else self.last.missed

    def find_flaw(self, sure: bool) -> str:
        """Say what is wrong with the list; "" if nothing is."""
        last, found = self.last, self.found
        if last.goes_on:
            return LIMITED
        if last.rows + last.missed > found:
            return f"ByteNite counts {last.rows + last.missed:,} jobs, and lists {found:,}"
        if not sure:
            return UNPROVEN
        return ODD if last.unreadable else ""
