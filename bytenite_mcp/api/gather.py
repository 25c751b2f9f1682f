"""Runs requests concurrently and raises a failure as one request would."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import anyio

T = TypeVar("T")
U = TypeVar("U")


async def gather(calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Run calls concurrently and return their results in order; the first failure cancels the others.

    The first failure is raised as it is, where a task group alone would wrap it in an exception group.
    """
    results: dict[int, T] = {}
    failure: BaseException | None = None

    async def run(position: int) -> None:
        results[position] = await calls[position]()

    try:
        async with anyio.create_task_group() as group:
            for position in range(len(calls)):
                group.start_soon(run, position)
    except BaseExceptionGroup as failures:
        failure = failures.exceptions[0]
    if failure:
        raise failure
    return [results[position] for position in range(len(calls))]


async def gather_both(first: Callable[[], Awaitable[T]], second: Callable[[], Awaitable[U]]) -> tuple[T, U]:
    """Run two calls with results of different types, as `gather` does."""
    results: list[Any] = await gather([first, second])
    return results[0], results[1]
