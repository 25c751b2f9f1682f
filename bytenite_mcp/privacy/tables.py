"""Finds columns of secrets in tables in texts: CSV, TSV, Markdown, the output of psql, INSERT."""

import re
from collections.abc import Iterator, Sequence

from bytenite_mcp.privacy.classify import is_secret
from bytenite_mcp.privacy.extents import end_of_line
from bytenite_mcp.privacy.names import Strength, strength_of
from bytenite_mcp.privacy.spans import Span

_HEAD = re.compile(
    r"(?:^(?<!\|\n)|(?<=[:\]] )(?![^\n]{0,400}[,;] ))(?=[^\n]{0,400}(?:[,;\t|]|\S  ))[\w ,;\t|.\"'-]{3,400}$",
    re.MULTILINE,
)
_DELIMITER = re.compile(r"[,;\t|]")
_CELL = re.compile(
    r"""[ \t]*(?P<quote>["'])?(?P<cell>(?(quote)(?:(?!(?P=quote))[^\n])*+|[^,;\t|\n]*?))
    (?(quote)(?P=quote)|["']*)[ \t]*(?P<end>[,;\t|]|$)""",
    re.VERBOSE,
)
_ALIGNED_CELL = re.compile(r" *(?P<cell>\S+(?: \S+)*)(?P<end>  +|$) *")
_RULER = re.compile(r"[ \t]*(?=[^\w\n]*[+|\u2500-\u257f])[^\w\s][^\w\n]*$", re.MULTILINE)
_COLUMN = re.compile(
    r"""^[| ]{0,2}(?P<name>\w{1,60})[| ]{0,60}\n[|+ ]{0,2}-{3,60}[|+]?\n
    (?P<rows>(?:[| ]{0,2}\S{1,200}[| ]{0,60}\n){1,200}?)(?:\(\d{1,9}[ ]rows?\)|\+-)""",
    re.MULTILINE | re.VERBOSE,
)
"""The output of psql or mysql with a single column, which only its end shows to be no heading."""

_WORD = re.compile(r"[^|\s]+")
_INSERT = re.compile(r"\((?P<head>[^()]{3,2000})\)\s{0,40}values\s{0,40}(?=\()", re.IGNORECASE)
_STRING = r"'(?:[^'\\]|\\.|''){0,4000}+'"
_INSERTED = re.compile(rf"[\s,]{{0,40}}\((?P<row>(?:{_STRING}|[^()']){{1,4000}}+)\)", re.DOTALL)
_FIELD = re.compile(rf"\s*+(?P<cell>(?:{_STRING}|[^,'])*+)(?:,|$)", re.DOTALL)
_MOST_ROWS = 2000


def find_in_tables(text: str) -> Iterator[Span]:
    """Find the cells below a secret's name; the rows of a table have as many cells as its head."""
    end = 0
    for head in _HEAD.finditer(text):
        cell = _CELL if _DELIMITER.search(head[0]) else _ALIGNED_CELL
        names = _read_cells(text, *head.span(), cell) if head.start() >= end else []
        if any(start == end or text[start:end].isdecimal() for start, end in names) and "|" not in head[0]:
            continue
        strengths = [strength_of(text[slice(*name)]) for name in names]
        if len(names) < 2 or not any(strengths):
            continue
        for row in _read_rows(text, head.end() + 1, len(names), cell):
            end = row[-1][1]
            yield from _find_secret_cells(text, row, strengths)
    for column in _COLUMN.finditer(text):
        cells = [cell.span() for cell in _WORD.finditer(text, *column.span("rows"))]
        yield from _find_secret_cells(text, cells, [strength_of(column["name"])] * len(cells))


def find_inserted(text: str) -> Iterator[Span]:
    """Find the values that an INSERT puts into columns with secret names."""
    for insert in _INSERT.finditer(text):
        strengths = [strength_of(name.strip("\"'`[] \n\t")) for name in insert["head"].split(",")]
        position = insert.end() if any(strengths) else len(text)
        while row := _INSERTED.match(text, position):
            position = row.end()
            cells = [field.span("cell") for field in _FIELD.finditer(text, *row.span("row"))]
            yield from _find_secret_cells(text, cells, strengths)


def _find_secret_cells(text: str, cells: Sequence[Span], strengths: Sequence[Strength]) -> Iterator[Span]:
    for cell, strength in zip(cells, strengths, strict=False):
        if is_secret(text[slice(*cell)], strength):
            yield cell


def _read_rows(text: str, start: int, width: int, cell: re.Pattern[str]) -> Iterator[list[Span]]:
    for _ in range(_MOST_ROWS):
        end = end_of_line(text, start)
        if not _RULER.match(text, start):
            row = _read_cells(text, start, end, cell)
            if len(row) != width:
                return
            yield row
        start = end + 1


def _read_cells(text: str, start: int, end: int, cell: re.Pattern[str]) -> list[Span]:
    cells = []
    while found := cell.match(text, start, end):
        cells.append(found.span("cell"))
        if not found["end"]:
            break
        start = found.end()
    return cells
