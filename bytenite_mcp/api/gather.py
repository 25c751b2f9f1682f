"""Runs requests concurrently and raises a failure as one request would."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import anyio

from bytenite_mcp.api.errors import ByteNiteError

T = TypeVar("T")
U = TypeVar("U")


async def gather(calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Run calls concurrently and return their results in order; the first failure cancels the others.

    Raises:
        ByteNiteError: The first failure, which a task group alone would wrap in an exception group.
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


async def gather_both(first: Callable[[], Awaitable[T]], second: Callable[[], Awaitable[U]]) -> tuple[T, U]:
    """Run two calls with results of different types, as `gather` does."""
    results: list[Any] = await gather([first, second])
    return results[0], results[1]
