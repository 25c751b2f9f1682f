"""The private names of the MCP SDK that this server uses; no other module uses one.

tests/server/test_sdk.py fails if another minor version is installed than the one that was checked.
"""

from typing import Any

from mcp.server import MCPServer
from mcp.server.context import LifespanContextT

CHECKED_WITH = "2.3"
"""The minor version of `mcp` in which the private names were checked."""


class StreamServer(MCPServer[LifespanContextT]):
    """The SDK's server, which can also serve a session over given streams."""

    async def serve_session(self, read: Any, write: Any) -> None:
        """Serve one session until the input ends.

        `MCPServer` itself only serves one session over the process's standard input and output. Its low-level server,
        in `_lowlevel_server`, has public methods that serve any streams.
        """
        server = self._lowlevel_server
        await server.run(read, write, server.create_initialization_options())
