"""The answer of query_jobs: the rows of a SELECT."""

from mcp.types import CallToolResult

from bytenite_mcp.server.answers.common import describe_status
from bytenite_mcp.server.render import to_result
from bytenite_mcp.table.sql.run import Answer
from bytenite_mcp.table.status import TableStatus


def answer_query(answer: Answer, status: TableStatus, simulated: bool, timezone: str) -> CallToolResult:
    """Answer with the rows, when the jobs were read, and notes on what is missing or cut.

    If `timezone`, which other answers use, is not UTC, a note says that SQL's times are.
    """
    zone = "" if timezone == "UTC" else f"Times are UTC; local is createdAt AT TIME ZONE '{timezone}'."
    content = {
        **describe_status(status, *answer.notes, zone),
        "more": answer.more or None,
        "columns": answer.columns,
        "rows": answer.rows,
    }
    return to_result(content, simulated, table="rows")
