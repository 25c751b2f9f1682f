"""The answer of query_jobs: the rows of a SELECT."""

from mcp.types import CallToolResult

from bytenite_mcp.server.answers.common import describe_status
from bytenite_mcp.server.render import to_result
from bytenite_mcp.table.sql import Answer
from bytenite_mcp.table.status import TableStatus


def answer_query(answer: Answer, status: TableStatus, simulated: bool) -> CallToolResult:
    """Answer with the rows, when the jobs were read, and notes on what is missing or cut."""
    content = {
        **describe_status(status, *answer.notes),
        "more": answer.more or None,
        "columns": answer.columns,
        "rows": answer.rows,
    }
    return to_result(content, simulated, table="rows")
