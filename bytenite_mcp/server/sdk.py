"""The private names of the MCP SDK that this server uses, and why; no other module uses one.

tests/server/test_sdk.py fails when another minor version is installed than the one they were seen in.
"""

from typing import Any

from mcp.server import MCPServer
from mcp.server.context import LifespanContextT

SEEN_IN = "2.3"
"""The version of `mcp` in which what is said here was seen to hold."""


class StreamServer(MCPServer[LifespanContextT]):
    """The SDK's server, which can also serve a session over streams of ours."""

    async def serve_session(self, read: Any, write: Any) -> None:
        """Serve one session until what is read ends.

        `MCPServer` serves the process's own standard input and output only, for one session. The low-level server that
        it holds in `_lowlevel_server` takes any streams: its `run` and `create_initialization_options` are public.
        """
        server = self._lowlevel_server
        await server.run(read, write, server.create_initialization_options())
