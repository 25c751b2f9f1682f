"""Runs work in a thread, where it does not block the event loop and every other call."""

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import to_thread

P = ParamSpec("P")
T = TypeVar("T")


async def run_in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run work that may take more than 50 ms in a thread; a cancelled call does not wait for the thread."""
    return await to_thread.run_sync(partial(work, *args, **kwargs), abandon_on_cancel=True)
