"""The lines of a job's log, merged in order of time.

A job's own output and its tracebacks have level UNKNOWN [U], so a filter by level must keep them.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bytenite_mcp.api.models import LogLevel, to_text
from bytenite_mcp.api.values import reformat_time, to_nanoseconds
from bytenite_mcp.privacy.redact import LogRow
from bytenite_mcp.privacy.sanitize import shorten
from bytenite_mcp.table.regex import find_matches

LONGEST_LINE = 500
"""The most characters of a line that are shown."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SEVERITY = {level.value: rank for rank, level in enumerate(LogLevel)}


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    Attributes:
        at: Its time in nanoseconds since 1970; if it is unset or unreadable, the time of the line before.
        time: Its time in UTC to the second, or "".
        service: The part of the run that wrote it.
        task: The task's id, for lines of the task runner.
        level: The level; `UNKNOWN` for the job's own output.
        text: The text, redacted.
    """

    at: int
    time: str
    service: str
    task: str
    level: str
    text: str

    @property
    def moment(self) -> datetime:
        """Its time, to the microsecond."""
        return _EPOCH + timedelta(microseconds=self.at // 1000)

    def around(self, start: int) -> "Line":
        """Return the line; if its text is so long that a match would be cut off, without the beginning."""
        if len(self.text) <= LONGEST_LINE or start < LONGEST_LINE // 2:
            return self
        return replace(self, text=f"…{self.text[start - LONGEST_LINE // 5 :]}")

    def render(self) -> str:
        """Format the line: time, service, task, level, then the text, cut at `LONGEST_LINE`."""
        text = self.text.rstrip().replace("\n", "\n    ")
        head = (self.time, self.service, self.task[:8], self.level)
        return " ".join([*(part for part in head if part), shorten(text, LONGEST_LINE)])


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The part of a log that was asked for.

    Attributes:
        lines: The whole log.
        matching: The number of lines that match.
        selected: The matching lines with their context.
        unleveled: The number of matching lines that have no level, to which `minimum_level` does not apply.
    """

    lines: Sequence[Line]
    matching: int
    selected: Sequence[Line]
    unleveled: int


def cut_excerpt(
    log: Iterable[LogRow],
    *,
    before: datetime | None,
    service: str | None,
    contains: str,
    minimum_level: str | None,
    context: int,
) -> Excerpt:
    """Select the lines of a log before a time, as `select` does, with some lines of context.

    Raises:
        BadQuery: `contains` is not a valid regular expression.
    """
    lines = merge(log)
    earlier = [line for line in lines if before is None or line.moment < before]
    matching = select(earlier, service=service, contains=contains, minimum_level=minimum_level)
    positions = add_context(earlier, matching, context) if context else matching
    selected = [earlier[position].around(matching.get(position, 0)) for position in positions]
    unleveled = sum(earlier[at].level == LogLevel.UNKNOWN for at in matching) if minimum_level else 0
    return Excerpt(lines, len(matching), selected, unleveled)


def merge(rows: Iterable[LogRow]) -> list[Line]:
    """Merge the lines of all services in order of time."""
    lines: list[Line] = []
    latest: dict[tuple[str, str], int] = {}
    for row in rows:
        stream = row.service, row.task
        time, level = reformat_time(row.timestamp), to_text(row.level).upper()
        latest[stream] = (time and to_nanoseconds(row.timestamp)) or latest.get(stream, 0)
        known = level if level in _SEVERITY else LogLevel.UNKNOWN
        lines.append(Line(latest[stream], time, *stream, known, row.text))
    return sorted(lines, key=lambda line: line.at)


def select(
    lines: Sequence[Line],
    *,
    service: str | None = None,
    contains: str = "",
    minimum_level: str | None = None,
) -> dict[int, int]:
    """Select lines; return their positions, each with the position of the match in its text.

    Args:
        lines: The lines of a job's log.
        service: The part of the run that wrote the lines; any if None.
        contains: A text in the lines, or a regular expression between slashes, in any case.
        minimum_level: The least severe level; any if None. Lines of level UNKNOWN are always kept.

    Raises:
        BadQuery: `contains` is not a valid regular expression.
    """
    least = _SEVERITY[minimum_level] if minimum_level else 0
    chosen = [
        position
        for position, line in enumerate(lines)
        if (not service or line.service == service)
        and (line.level == LogLevel.UNKNOWN or _SEVERITY[line.level] >= least)
    ]
    if len(contains) > 2 and contains[0] == contains[-1] == "/":
        texts = [lines[position].text for position in chosen]
        matches = find_matches(contains[1:-1], texts, "contains")
        return {chosen[place]: start for place, start in matches.items()}
    wanted = contains.casefold()
    starts = ((position, lines[position].text.casefold().find(wanted)) for position in chosen)
    return {position: start for position, start in starts if start >= 0}


def add_context(lines: Sequence[Line], hits: Collection[int], count: int) -> list[int]:
    """Return positions of lines, with those of `count` lines of the same task before and after each."""
    streams: dict[tuple[str, str], list[int]] = {}
    for position, line in enumerate(lines):
        streams.setdefault((line.service, line.task), []).append(position)
    kept: set[int] = set()
    for stream in streams.values():
        for place, position in enumerate(stream):
            if position in hits:
                kept.update(stream[max(0, place - count) : place + count + 1])
    return sorted(kept)
