"""The answer of query_jobs: the rows of a SELECT."""

from mcp.types import CallToolResult

from bytenite_mcp.server.answers.common import describe_standing, label
from bytenite_mcp.server.render import to_result
from bytenite_mcp.table.sql import Answer
from bytenite_mcp.table.standing import Standing


def answer_query(answer: Answer, standing: Standing, simulated: bool) -> CallToolResult:
    """Answer with the rows, as of when they are true, and notes of what is missing or cut."""
    content = {
        **describe_standing(standing, *answer.notes),
        "more": answer.more or None,
        "columns": answer.columns,
        "rows": answer.rows,
    }
    return to_result(label(content, simulated), table="rows")
