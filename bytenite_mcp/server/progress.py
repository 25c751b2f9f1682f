"""Reports the progress of long calls."""

from mcp.server.mcpserver import Context

from bytenite_mcp.table.reader import Progress


def make_reporter(context: Context) -> Progress:
    """Make a function that reports to the caller of `context` how many jobs have been read."""

    async def report(read: int, total: int | None) -> None:
        await context.report_progress(read, total, f"{read} jobs read")

    return report
