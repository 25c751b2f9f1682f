"""The tools, resources and prompts that the conformance suite expects, added to our server."""

import base64
from collections.abc import Callable
from typing import Annotated, Any

from mcp import MCPError
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.prompts.base import Message, UserMessage
from mcp.types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    AudioContent,
    CallToolResult,
    ContentBlock,
    ElicitRequest,
    ElicitRequestFormParams,
    EmbeddedResource,
    ImageContent,
    InputRequiredResult,
    TextContent,
    TextResourceContents,
)
from pydantic import Field

from bytenite_mcp.server.mcp_server import ByteNiteServer

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
SILENCE = base64.b64encode(
    b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\0\0\0\0"
)
IMAGE = ImageContent(type="image", data=PIXEL, mime_type="image/png")
AUDIO = AudioContent(type="audio", data=SILENCE.decode(), mime_type="audio/wav")
SCHEMA_TOOL = "json_schema_2020_12_tool"
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
WHY = "The suite asks for it."
TEXT = TextContent(type="text", text="This is a text of the suite's.")


def embed(uri: str) -> EmbeddedResource:
    contents = TextResourceContents(uri=uri, mime_type="text/plain", text="This is embedded.")
    return EmbeddedResource(type="resource", resource=contents)


def answer(*content: ContentBlock, is_error: bool = False) -> CallToolResult:
    return CallToolResult(content=list(content), is_error=is_error)


async def report_progress(ctx: Context[Any, Any]) -> CallToolResult:
    for done in (0, 50, 100):
        await ctx.report_progress(done, 100)
    return answer(TEXT)


async def log_nothing() -> CallToolResult:
    # As for all tools of this server, log messages are never sent to the client.
    return answer(TEXT)


async def require_sampling() -> CallToolResult:
    raise MCPError(
        code=MISSING_REQUIRED_CLIENT_CAPABILITY,
        message="This needs sampling.",
        data={"requiredCapabilities": {"sampling": {}}},
    )


async def ask_for_a_name() -> InputRequiredResult:
    schema: dict[str, Any] = {"type": "object", "properties": {"name": {"type": "string"}}}
    params = ElicitRequestFormParams(message="What is your name?", requested_schema=schema)
    return InputRequiredResult(input_requests={"name": ElicitRequest(params=params)})


async def answer_from_a_region(
    region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})],
) -> CallToolResult:
    return answer(TEXT)


def add_fixtures(server: ByteNiteServer) -> None:
    """Add them to a server."""
    contents: dict[str, list[ContentBlock]] = {
        "test_simple_text": [TEXT],
        "test_image_content": [IMAGE],
        "test_audio_content": [AUDIO],
        "test_embedded_resource": [embed("test://embedded-resource")],
        "test_multiple_content_types": [TEXT, IMAGE, embed("test://mixed-content-resource")],
    }
    for name, content in contents.items():
        server.add_tool(_giving(answer(*content)), name=name, description=WHY)
    server.add_tool(_giving(answer(TEXT, is_error=True)), name="test_error_handling", description=WHY)
    tools: dict[str, Callable[..., Any]] = {
        "test_tool_with_progress": report_progress,
        "test_logging_tool": log_nothing,
        "test_missing_capability": require_sampling,
        "test_streaming_elicitation": ask_for_a_name,
        "test_header": answer_from_a_region,
        SCHEMA_TOOL: _giving(answer(TEXT)),
    }
    for name, tool in tools.items():
        server.add_tool(tool, name=name, description=WHY)
    # The SDK has no public way to give a tool a schema that is not made from a function.
    server._tool_manager._tools[SCHEMA_TOOL].parameters = SCHEMA
    _add_resources(server)
    _add_prompts(server)


def _giving(result: CallToolResult) -> Any:
    async def give() -> CallToolResult:
        return result

    return give


def _add_resources(server: ByteNiteServer) -> None:
    server.resource("test://static-text", name="text", mime_type="text/plain")(lambda: "This is static.")
    server.resource("test://static-binary", name="binary", mime_type="image/png")(
        lambda: base64.b64decode(PIXEL)
    )

    @server.resource("test://template/{id}/data", mime_type="application/json")
    def read(id: str) -> str:  # noqa: A002  # the suite's name
        return f'{{"id": "{id}"}}'


def _add_prompts(server: ByteNiteServer) -> None:
    @server.prompt("test_simple_prompt", description=WHY)
    def simple_prompt() -> str:
        return "This is simple."

    @server.prompt("test_prompt_with_arguments", description=WHY)
    def prompt_with_arguments(arg1: str, arg2: str) -> str:
        return f"{arg1} and {arg2}"

    @server.prompt("test_prompt_with_embedded_resource", description=WHY)
    def prompt_with_embedded_resource(resourceUri: str) -> list[Message]:  # noqa: N803  # the suite's name
        return [UserMessage(embed(resourceUri))]

    @server.prompt("test_prompt_with_image", description=WHY)
    def prompt_with_image() -> list[Message]:
        return [UserMessage(IMAGE)]
