"""A client with tasks, which polls them to their end."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from mcp.client.extension import ClaimContext, ClientExtension, ResultClaim
from mcp.client.session import ClientSession
from mcp.types import CallToolResult, Request, RequestParams, Result
from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

EXTENSION_ID = "io.modelcontextprotocol/tasks"


class TaskResult(Result):
    """The state of a task, or the acknowledgement of a request about one."""

    model_config = ConfigDict(extra="allow", alias_generator=to_camel, populate_by_name=True)


class Task(TaskResult):
    """A task that was begun."""

    result_type: Literal["task"] = "task"
    task_id: str


class Params(RequestParams):
    task_id: str


class AskTask(Request[Params, str]):
    name_param = "taskId"


async def ask_task(session: ClientSession, method: str, task_id: str) -> dict[str, Any]:
    """Send a request about a task; return the members of its result."""
    asked = AskTask(method=f"tasks/{method}", params=Params(task_id=task_id))
    return (await session.send_request(asked, TaskResult)).model_dump(by_alias=True, exclude={"meta"})


class Polling(ClientExtension):
    """Polls a task until it is completed.

    Args:
        between: Called after each answer that says `working`, in place of waiting.

    Attributes:
        seen: The states of the task, in the order they were told.
        begun: The task as it was begun.
    """

    identifier = EXTENSION_ID

    def __init__(self, between: Callable[[], object] = lambda: None) -> None:
        self.between = between
        self.seen: list[str] = []
        self.begun: dict[str, Any] = {}

    def claims(self) -> Sequence[ResultClaim[Any]]:
        return [ResultClaim(result_type="task", model=Task, resolve=self._resolve)]

    async def _resolve(self, task: Task, ctx: ClaimContext) -> CallToolResult:
        self.begun = told = task.model_dump(by_alias=True)
        while told["status"] == "working":
            self.seen.append("working")
            self.between()
            told = await ask_task(ctx.session, "get", task.task_id)
        self.seen.append(told["status"])
        return CallToolResult.model_validate(told["result"])
