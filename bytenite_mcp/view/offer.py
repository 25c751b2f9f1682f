"""Offers the view to hosts that show MCP Apps; other hosts see no difference."""

from pathlib import Path
from typing import Any

from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID, Apps
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver.resources import FileResource

URI = "ui://bytenite/jobs"

FILE = Path(__file__).with_name("jobs.html").resolve()

HOST_FILE = FILE.with_name("host.html")
"""A small host page, which shows the view without a chat client."""

SHOWN_WITH = {"ui": {"resourceUri": URI}, "ui/resourceUri": URI}
"""The `_meta` of a tool whose answers the view shows, in the form of the specification and that of older hosts."""

SETTINGS: dict[str, Any] = {"mimeTypes": [APP_MIME_TYPE]}
"""The announced settings of the extension: the MIME type of views."""


class JobsView(Apps):
    """The extension, with the view's file, which is read only when a host asks for it."""

    def __init__(self) -> None:
        super().__init__()
        self.add_resource(
            FileResource(uri=URI, name="jobs-view", title="Jobs", path=FILE, mime_type=APP_MIME_TYPE)
        )

    def settings(self) -> dict[str, Any]:
        """Return the announced settings."""
        return SETTINGS


async def announce(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Announce the view in the older era too, where the SDK omits extensions and hosts would show no view."""
    if ctx.method != "initialize":
        return await call_next(ctx)
    answer: Any = await call_next(ctx)
    return {**answer, "capabilities": {**answer["capabilities"], "extensions": {EXTENSION_ID: SETTINGS}}}
