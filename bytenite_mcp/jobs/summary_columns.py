"""The columns of a summary: counts, sums and percentiles of a group, and how each is worked out."""

from array import array
from collections.abc import Iterable, Sequence
from statistics import quantiles
from typing import Any

from bytenite_mcp.api.models import JobState

STATISTICS = (
    "count", "complete", "failed", "successRate", "bycTotal", "bycMean", "chunks",
    "secondsTotal", "secondsMean", "p50", "p95", "max", "first", "last",
)  # fmt: skip
"""The statistics of a group: byc is paymentAmount; seconds, p50, p95, max are duration; first and last createdAt."""


class Tally:
    """The running totals of a group."""

    __slots__ = ("chunks", "complete", "count", "durations", "failed", "first", "last", "paid")

    def __init__(self) -> None:
        self.count = self.complete = self.failed = 0
        self.paid = self.chunks = 0.0
        self.durations = array("d")
        self.first = self.last = ""

    def add(self, state: object, paid: float, chunks: float, duration: float, created: str) -> None:
        """Count one job; a duration of 0 means it never ran, as does one that is unset [R]."""
        self.count += 1
        if state == JobState.COMPLETE:
            self.complete += 1
        elif state == JobState.FAILED:
            self.failed += 1
        self.paid += paid
        self.chunks += chunks
        if duration > 0:
            self.durations.append(duration)
        self._note_time(created, created)

    def merge(self, other: "Tally") -> None:
        """Add the totals of another group."""
        self.count += other.count
        self.complete += other.complete
        self.failed += other.failed
        self.paid += other.paid
        self.chunks += other.chunks
        self.durations.extend(other.durations)
        self._note_time(other.first, other.last)

    def compute_statistics(self) -> list[Any]:
        """Give the values of `STATISTICS`, not rounded; None where there is nothing to tell from."""
        finished = self.complete + self.failed
        seconds = self.durations
        p50, p95 = find_percentiles(seconds)
        return [
            self.count,
            self.complete,
            self.failed,
            self.complete / finished if finished else None,
            self.paid,
            self.paid / self.count if self.count else None,
            int(self.chunks),
            sum(seconds),
            sum(seconds) / len(seconds) if seconds else None,
            p50,
            p95,
            max(seconds, default=None),
            self.first[:10] or None,
            self.last[:10] or None,
        ]

    def _note_time(self, first: str, last: str) -> None:
        if first and (not self.first or first < self.first):
            self.first = first
        if last > self.last:
            self.last = last


def merge_tallies(tallies: Iterable[Tally]) -> Tally:
    """Add the totals of several groups."""
    total = Tally()
    for tally in tallies:
        total.merge(tally)
    return total


def find_percentiles(values: Sequence[float]) -> tuple[float | None, float | None]:
    """Give the 50th and 95th percentile, interpolated linearly; None without values."""
    if len(values) < 2:
        return (values[0], values[0]) if values else (None, None)
    cuts = quantiles(values, n=100, method="inclusive")
    return cuts[49], cuts[94]
