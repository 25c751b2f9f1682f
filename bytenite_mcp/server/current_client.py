"""The client of the current call, with this server's own key or with the key that the caller sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from starlette.requests import Request

from bytenite_mcp.api.errors import KeyNotSent
from bytenite_mcp.config import Settings
from bytenite_mcp.jobs.find import Finder
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.server.client_pool import ClientPool
from bytenite_mcp.server.http.caller import Caller
from bytenite_mcp.table.background import Background
from bytenite_mcp.table.reader import Reader

if TYPE_CHECKING:
    import httpx

    from bytenite_mcp.api.client import Client

ABOUT_JOBS = frozenset(
    {"tools/call", "tasks/get", "tasks/cancel", "resources/list", "resources/read", "completion/complete"}
)
"""Methods whose answers need ByteNite."""


def open_client(settings: Settings, transport: "httpx.AsyncBaseTransport | None" = None) -> "Client":
    """Make a client from the settings; it uses the network if no transport is given."""
    # Imports httpx, so not before the first call: at the start, hosts only wait for the list of tools.
    from bytenite_mcp.api.client import Client

    return Client(
        settings.base_url,
        settings.api_key,
        transport,
        jobs_prefix=settings.jobs_prefix,
        timeout=settings.timeout,
        max_retries=settings.max_retries,
        simulated=settings.demo,
    )


_finder: ContextVar[Finder | None] = ContextVar("finder", default=None)


def current_finder() -> Finder:
    """Return the finder of the current call's caller.

    Raises:
        KeyNotSent: Each caller must send its own key, and this one sent none.
    """
    finder = _finder.get()
    if finder is None:
        raise KeyNotSent
    return finder


@dataclass(frozen=True, slots=True)
class ClientProvider:
    """Opens clients of ByteNite's API for calls, and closes them when the server ends."""

    settings: Settings
    transport: "httpx.AsyncBaseTransport | None" = None

    @asynccontextmanager
    async def lifespan(self, _: object) -> AsyncIterator[ClientPool]:
        """Keep a pool of clients while the server runs."""
        async with Background(self.settings.max_jobs) as background:
            clients = ClientPool(partial(self._connect, background))
            if self.settings.key_from_header:
                background.start(clients.forget_idle)
            try:
                yield clients
            finally:
                await clients.aclose()

    async def middleware(
        self, ctx: ServerRequestContext[ClientPool, Any], call_next: CallNext
    ) -> HandlerResult:
        """Set the caller's finder in a context variable, because the SDK passes some handlers no context."""
        if ctx.method not in ABOUT_JOBS:
            # Making a client takes time, and the list of tools, which hosts wait for, needs none.
            return await call_next(ctx)
        caller = self._identify_caller(ctx.request)
        async with ctx.lifespan_context.lend(caller) if caller else nullcontext() as finder:
            before = _finder.set(finder)
            try:
                return await call_next(ctx)
            finally:
                _finder.reset(before)

    async def reach(self) -> None:
        """Check that ByteNite answers; no key is needed.

        Raises:
            ByteNiteError: It does not.
        """
        async with open_client(self.settings, self.transport) as client:
            await client.reach()

    def _identify_caller(self, request: Request | None) -> Caller | None:
        if not self.settings.key_from_header:
            return Caller(key=self.settings.api_key)
        caller = Caller.of(request) if request else Caller()
        return caller if caller.key else None

    def _connect(self, background: Background, caller: Caller) -> Finder:
        settings = self.settings.model_copy(update={"api_key": caller.key})
        client = CleanClient(open_client(settings, self.transport))
        return Finder(client, Reader(client, background), settings.timezone)
