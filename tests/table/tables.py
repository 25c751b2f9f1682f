"""A table that a test can fill with a few records and ask, without the threads of the store."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import duckdb
from pydantic_core import to_json

from bytenite_mcp.table.rows import read_rows
from bytenite_mcp.table.schema import RECORDS, SCHEMA, insert_page
from tests.conftest import as_clean


@cache
def empty() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("SET TimeZone = 'UTC'")
    return connection.execute(SCHEMA)


@contextmanager
def holding(records: Sequence[Mapping[str, Any]]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection to a table with these records; a row's number is its record's position."""
    connection = empty().begin()
    try:
        columns = read_rows(as_clean(*records)) | {"number": list(range(len(records)))}
        connection.execute(insert_page(RECORDS), [0.0, to_json(columns, inf_nan_mode="null").decode()])
        yield connection
    finally:
        connection.rollback()
