"""Telling the host how far a long answer has come."""

from mcp.server.mcpserver import Context

from bytenite_mcp.table.reader import Progress


def make_reporter(context: Context) -> Progress:
    """Make what tells the caller of `context` how many jobs were read."""

    async def report(read: int, total: int | None) -> None:
        await context.report_progress(read, total, f"{read} jobs read")

    return report
