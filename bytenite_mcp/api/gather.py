"""Several requests at once, failing as one would."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import anyio

from bytenite_mcp.api.errors import ByteNiteError

T = TypeVar("T")


async def gather(calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Run calls at once and give their results in order; the first failure ends the others and is raised itself.

    A bare task group would wrap it in an exception group, which no caller expects.

    Raises:
        ByteNiteError: What the first failing call raised.
    """
    results: dict[int, T] = {}
    failures: list[ByteNiteError] = []

    async def run(position: int) -> None:
        try:
            results[position] = await calls[position]()
        except ByteNiteError as failure:
            failures.append(failure)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for position in range(len(calls)):
            group.start_soon(run, position)
    if failures:
        raise failures[0]
    return [results[position] for position in range(len(calls))]
