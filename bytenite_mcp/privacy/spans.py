"""Spans of a text: joins them, and cuts them out."""

from collections.abc import Iterable

Span = tuple[int, int]

WITHHELD = "[withheld]"


def join(spans: Iterable[Span]) -> list[Span]:
    """Sort spans, and merge those that touch."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        elif start < end:
            joined.append((start, end))
    return joined


def cut(text: str, spans: Iterable[Span]) -> str:
    """Replace each span by the mark of withheld text."""
    parts, position = [], 0
    for start, end in spans:
        parts += [text[position:start], WITHHELD]
        position = end
    return "".join([*parts, text[position:]])


def cut_lines(lines: list[str], spans: list[Span]) -> list[str]:
    """Cut spans of a text out of its lines; the number of lines stays the same."""
    shown, offset, first = [], 0, 0
    for line in lines:
        end = offset + len(line)
        while first < len(spans) and spans[first][1] <= offset:
            first += 1
        own = []
        for start, stop in spans[first:]:
            if start >= end:
                break
            own.append((max(start - offset, 0), min(stop, end) - offset))
        shown.append(cut(line, own))
        offset = end + 1
    return shown
