"""wait_for_job as a task: the call is answered immediately, and the client polls the task.

A task's id contains the whole state of the wait, so any replica can answer a poll. The id grants no access, because the
jobs are read with the caller's own key. Nothing runs between polls. Each replica stores only which tasks it cancelled.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from weakref import WeakKeyDictionary

import anyio
from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.extension import Extension, MethodBinding
from mcp.shared.inbound import MCP_NAME_HEADER, decode_header_value
from mcp.types import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    CallToolRequestParams,
    CallToolResult,
    RequestParams,
)
from pydantic import BaseModel, ConfigDict, ValidationError

from bytenite_mcp.api.errors import ByteNiteError, KeyNotSent
from bytenite_mcp.api.values import Json, JsonObject, format_time
from bytenite_mcp.jobs.find import Finder
from bytenite_mcp.jobs.wait import Wait
from bytenite_mcp.jobs.watch import Until, Watch, Watched
from bytenite_mcp.server import deadline
from bytenite_mcp.server.answers.wait import answer_wait
from bytenite_mcp.server.arguments import JobIds, TimeoutSeconds, drop_unset
from bytenite_mcp.server.current_client import current_finder
from bytenite_mcp.server.errors import explain
from bytenite_mcp.server.render import to_failure
from bytenite_mcp.table.dates import utc_now
from bytenite_mcp.table.reader import Reader

EXTENSION_ID, VERSION = "io.modelcontextprotocol/tasks", "2026-07-28"
"""The extension, and the only version of the protocol that has this form of it."""

LONGEST_TASK = timedelta(days=1)
"""The time after which a task completes even if its jobs are unfinished, because drafts, for one, may never finish."""

FIRST_POLL = 5.0
"""Seconds that the first poll of the jobs may take, before the call is answered with a task."""

MOST_CANCELLED = 100
"""The most cancelled tasks that are remembered for each caller."""


class TaskParams(RequestParams):
    """The parameters of the task methods."""

    task_id: str


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    job_id: JobIds
    timeout_seconds: TimeoutSeconds = int(deadline.CALL_LIMIT)
    until: Until = Until.FINISHED


class Tasks(Extension):
    """The extension, which answers wait_for_job with a task if the client supports tasks."""

    identifier = EXTENSION_ID

    def __init__(self) -> None:
        self._cancelled: WeakKeyDictionary[Reader, deque[str]] = WeakKeyDictionary()

    def methods(self) -> Sequence[MethodBinding]:
        """Bind the methods of the extension to the version of the protocol that has it."""
        handlers = {"get": self._get, "cancel": self._cancel, "update": self._update}
        return [
            MethodBinding(f"tasks/{name}", TaskParams, handler, frozenset({VERSION}))
            for name, handler in handlers.items()
        ]

    async def intercept_tool_call(
        self, params: CallToolRequestParams, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        """Answer wait_for_job with a task, unless the call is invalid, has a short timeout, or is settled already."""
        if params.name != "wait_for_job" or not _supports_tasks(ctx):
            return await call_next(ctx)
        # The time of the first poll counts, too.
        with anyio.move_on_after(deadline.CALL_LIMIT):
            return await self._begin(params.arguments or {}) or await call_next(ctx)
        return to_failure(deadline.TOO_LONG)

    async def _begin(self, arguments: Mapping[str, object]) -> JsonObject | None:
        """Begin a task; return None if the call is to be answered without one."""
        try:
            asked = _Arguments.model_validate(drop_unset(arguments))
            if asked.timeout_seconds < deadline.CALL_LIMIT:
                return None
            finder = current_finder()
            with anyio.fail_after(FIRST_POLL):
                watched = await Watch(finder.client, asked.job_id, asked.until).poll()
        except (ValidationError, ByteNiteError, TimeoutError):
            return None
        wait = Wait.begin(asked.until, utc_now(), watched)
        if wait is None or watched.settled or watched.failures:
            return None
        return {**await self._describe(wait, finder, watched), "resultType": "task"}

    async def _get(self, ctx: ServerRequestContext[Any, Any], params: TaskParams) -> HandlerResult:
        wait, finder = _read_wait(ctx, params), _require_finder()
        if wait.text in self._cancelled.get(finder.reader, ()):
            return self._render(wait, "cancelled")
        try:
            with anyio.fail_after(deadline.CALL_LIMIT):
                return await self._describe(wait, finder, await wait.poll(finder))
        except TimeoutError:
            return self._render(wait, "working", statusMessage=deadline.TOO_LONG)

    async def _cancel(self, ctx: ServerRequestContext[Any, Any], params: TaskParams) -> HandlerResult:
        wait, reader = _read_wait(ctx, params), _require_finder().reader
        self._cancelled.setdefault(reader, deque(maxlen=MOST_CANCELLED)).append(wait.text)
        return {}

    async def _update(self, ctx: ServerRequestContext[Any, Any], params: TaskParams) -> HandlerResult:
        """Ignore the update, because no task asks for input."""
        _read_wait(ctx, params)
        return {}

    async def _describe(self, wait: Wait, finder: Finder, watched: Watched) -> JsonObject:
        waited = utc_now() - wait.since
        if watched.settled or waited >= LONGEST_TASK:
            seconds = max(waited.total_seconds(), 0)
            result = _answer(watched, seconds, finder.client.simulated)
            shown = result.model_dump(mode="json", by_alias=True, exclude_none=True)
            return self._render(wait, "completed", result=shown)
        pause = await wait.suggest_pause(finder, watched, utc_now())
        states = ", ".join(seen.job.state for seen in watched.sightings.values())
        transient = (explain(failure) for failure in watched.failures.values() if failure.transient)
        message = next(transient, states)
        return self._render(wait, "working", statusMessage=message, pollIntervalMs=round(pause * 1000))

    def _render(self, wait: Wait, status: str, **more: Json) -> JsonObject:
        return {
            "taskId": wait.text,
            "status": status,
            "createdAt": format_time(wait.since),
            "lastUpdatedAt": format_time(utc_now()),
            "ttlMs": None,
            **more,
        }


def _supports_tasks(ctx: ServerRequestContext[Any, Any]) -> bool:
    capabilities = ctx.session.client_capabilities
    declared = capabilities.extensions if capabilities else None
    return ctx.protocol_version == VERSION and EXTENSION_ID in (declared or {})


def _read_wait(ctx: ServerRequestContext[Any, Any], params: TaskParams) -> Wait:
    if not _supports_tasks(ctx):
        data: JsonObject = {"requiredCapabilities": {"extensions": {EXTENSION_ID: {}}}}
        message = f"Declare the extension {EXTENSION_ID} in the request's capabilities."
        raise MCPError(code=MISSING_REQUIRED_CLIENT_CAPABILITY, message=message, data=data)
    # The SDK checks this header only for tools, prompts and resources.
    named = ctx.request.headers.get(MCP_NAME_HEADER) if ctx.request else None
    if named and decode_header_value(named) != params.task_id:
        message = f"The header {MCP_NAME_HEADER} names another task than the request."
        raise MCPError(code=HEADER_MISMATCH, message=message)
    if wait := Wait.parse(params.task_id):
        return wait
    raise MCPError(code=INVALID_PARAMS, message="Unknown task. Call wait_for_job to begin one.")


def _require_finder() -> Finder:
    try:
        return current_finder()
    except KeyNotSent as missing:
        raise MCPError(code=INVALID_REQUEST, message=explain(missing)) from None


def _answer(watched: Watched, seconds: float, simulated: bool) -> CallToolResult:
    if watched.sightings:
        return answer_wait(watched, seconds, simulated)
    return to_failure(explain(next(iter(watched.failures.values()))))
