"""The SDK's server, tools and prompts, with our handling of arguments, timeouts and errors."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

import anyio
from mcp import MCPError
from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, LifespanContextT, RequestT, ServerRequestContext
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.server.mcpserver.prompts import Prompt
from mcp.server.mcpserver.prompts.base import Message, UserMessage
from mcp.server.mcpserver.tools import Tool
from mcp.types import INVALID_PARAMS, CallToolResult, GetPromptResult, InputRequiredResult, Resource
from pydantic import AnyUrl, Field, ValidationError
from starlette.requests import Request

from bytenite_mcp.server import deadline
from bytenite_mcp.server.arguments import drop_unset
from bytenite_mcp.server.client_pool import ClientPool
from bytenite_mcp.server.errors import (
    EXPECTED,
    UNEXPECTED,
    explain,
    explain_arguments,
    explain_unknown_arguments,
)
from bytenite_mcp.server.render import to_failure
from bytenite_mcp.server.resources import add_newest_jobs
from bytenite_mcp.view.offer import URI as VIEW

CallContext = Context[ClientPool, Request]

LONGEST_URI = 900
"""The most characters of a resource's URI; the URI of a job has about 60."""

_log = logging.getLogger(__name__)


async def name_invalid_parameters(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Name the parameters of a request that are missing or of another type; the SDK's error does not.

    Raises:
        MCPError: There are such parameters.
    """
    try:
        return await call_next(ctx)
    except ValidationError as error:
        raise MCPError(code=INVALID_PARAMS, message=explain_arguments(error)) from None


class ByteNiteTool(Tool):
    """A tool that refuses unknown arguments, has a timeout, and fails with text that a model can act on."""

    async def run(
        self,
        arguments: dict[str, object],
        context: Context[LifespanContextT, RequestT],
        convert_result: bool = False,
    ) -> CallToolResult:
        """Answer a call; failures become answers."""
        known = self.parameters["properties"]
        if unknown := arguments.keys() - known.keys():
            return to_failure(explain_unknown_arguments(unknown, known))
        try:
            with anyio.fail_after(deadline.CALL_LIMIT):
                answer: CallToolResult = await super().run(drop_unset(arguments), context, convert_result)
        except TimeoutError:
            return to_failure(deadline.TOO_LONG)
        except ToolError as error:
            return to_failure(self._explain(error.__cause__))
        return answer

    def _explain(self, cause: BaseException | None) -> str:
        if isinstance(cause, ValidationError):
            return explain_arguments(cause)
        if isinstance(cause, EXPECTED):
            return explain(cause)
        _log.error("%s failed unexpectedly", self.name, exc_info=cause)
        return UNEXPECTED


class ByteNitePrompt(Prompt):
    """A prompt that is one text; its errors name the arguments that are unknown, missing or invalid."""

    fn: Callable[..., str] = Field(exclude=True)

    async def render(
        self,
        arguments: dict[str, object] | None,
        context: Context[LifespanContextT, RequestT],  # noqa: ARG002  # the SDK's signature
    ) -> list[Message] | InputRequiredResult:
        """Write the prompt as a user's message.

        Raises:
            MCPError: An argument is wrong.
        """
        given = arguments or {}
        known = [argument.name for argument in self.arguments or ()]
        if unknown := given.keys() - known:
            raise MCPError(code=INVALID_PARAMS, message=explain_unknown_arguments(unknown, known))
        try:
            return [UserMessage(self.fn(**given))]
        except ValidationError as error:
            raise MCPError(code=INVALID_PARAMS, message=explain_arguments(error)) from None


class ByteNiteServer(MCPServer[ClientPool]):
    """A server that names the valid choices if asked for an unknown one, and lists the newest jobs as resources."""

    async def call_tool(
        self, name: str, arguments: dict[str, object], context: CallContext | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Answer a call.

        Raises:
            MCPError: There is no such tool.
        """
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError:
            # `ByteNiteTool` never raises it, so it is the SDK's error for an unknown tool.
            names = ", ".join(tool.name for tool in await self.list_tools())
            raise MCPError(code=INVALID_PARAMS, message=f"Unknown tool. Tools: {names}.") from None

    async def read_resource(
        self, uri: AnyUrl | str, context: CallContext | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """Read a resource within the time limit of a call.

        Raises:
            MCPError: Its URI is too long; the SDK's own errors would repeat it.
        """
        if (length := len(str(uri))) > LONGEST_URI:
            message = (
                f"Unknown resource: its URI has {length:,} characters, and at most {LONGEST_URI} are read."
            )
            raise MCPError(code=INVALID_PARAMS, message=message)
        try:
            with anyio.fail_after(deadline.CALL_LIMIT):
                return await super().read_resource(uri, context)
        except TimeoutError:
            raise ResourceError(deadline.TOO_LONG) from None

    async def list_resources(self) -> list[Resource]:
        """List the fixed resources and the newest jobs, without the view: hosts find it through the tools."""
        listed = [resource for resource in await super().list_resources() if resource.uri != VIEW]
        return await add_newest_jobs(listed)

    async def get_prompt(
        self, name: str, arguments: dict[str, object] | None = None, context: CallContext | None = None
    ) -> GetPromptResult | InputRequiredResult:
        """Render a prompt.

        Raises:
            MCPError: There is no such prompt, or an argument is wrong.
        """
        names = [prompt.name for prompt in await self.list_prompts()]
        if name not in names:
            raise MCPError(code=INVALID_PARAMS, message=f"Unknown prompt. Prompts: {', '.join(names)}.")
        return await super().get_prompt(name, arguments, context)
