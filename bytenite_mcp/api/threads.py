"""Work that would keep the event loop, and so every other call, waiting."""

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import to_thread

P = ParamSpec("P")
T = TypeVar("T")


async def run_in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do in a thread what may take more than 50 ms; a call whose time is over does not wait for its end."""
    return await to_thread.run_sync(partial(work, *args, **kwargs), abandon_on_cancel=True)
