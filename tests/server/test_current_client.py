"""The client of the current call: of the server's own key, or of the key that came with the call."""

from typing import Any, cast

import anyio
import httpx
import pytest
from mcp.server.context import ServerRequestContext
from pydantic import SecretStr

from bytenite_mcp.api.errors import ByteNiteError, KeyNotSent
from bytenite_mcp.server.client_pool import IDLE_TIMEOUT, SWEEP
from bytenite_mcp.server.current_client import ABOUT_JOBS, ClientProvider, current_finder
from bytenite_mcp.server.http.caller import Caller
from bytenite_mcp.simulator import World, create_app
from tests.conftest import Backend, carrying
from tests.server.conftest import SETTINGS

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(hurried: Backend) -> Backend:
    return hurried


FROM_HEADER = SETTINGS.model_copy(update={"key_from_header": True})


def provider(settings: Any = SETTINGS) -> ClientProvider:
    return ClientProvider(settings, carrying(create_app(World(3))))


async def host_in_a_call(provider: ClientProvider, method: str) -> str:
    """Return the host of the client that the handler of a call gets."""

    async def handle(_: Any) -> Any:
        return current_finder().client.host

    async with provider.lifespan(None) as pool:
        context = ServerRequestContext.__new__(ServerRequestContext)
        for name, value in {"method": method, "request": None, "lifespan_context": pool}.items():
            object.__setattr__(context, name, value)
        return cast("str", await provider.middleware(context, handle))


@pytest.mark.parametrize("method", sorted(ABOUT_JOBS))
async def test_a_call_about_jobs_gets_the_client_of_the_servers_key(method: str) -> None:
    assert await host_in_a_call(provider(), method) == "bytenite.test"


async def test_a_call_about_anything_else_gets_none() -> None:
    with pytest.raises(KeyNotSent):
        await host_in_a_call(provider(), "tools/list")


async def test_where_each_caller_sends_its_key_a_call_without_one_gets_none() -> None:
    with pytest.raises(KeyNotSent):
        await host_in_a_call(provider(FROM_HEADER), "tools/call")


class Closing(httpx.AsyncBaseTransport):
    closed = False

    async def aclose(self) -> None:
        self.closed = True


async def test_the_client_of_a_caller_is_closed_after_a_while_although_nobody_calls() -> None:
    transport = Closing()
    async with ClientProvider(FROM_HEADER, transport).lifespan(None) as pool:
        async with pool.lend(Caller(key=SecretStr("k"))) as finder:
            with pytest.raises(NotImplementedError):
                await finder.client.jobs(limit=1)
        await anyio.sleep(IDLE_TIMEOUT + SWEEP)
        assert transport.closed


async def test_the_client_of_the_servers_own_key_stays_open_until_the_server_ends() -> None:
    transport = Closing()
    async with ClientProvider(SETTINGS, transport).lifespan(None) as pool:
        async with pool.lend(Caller(key=SETTINGS.api_key)):
            pass
        await anyio.sleep(2 * IDLE_TIMEOUT)
        assert not transport.closed
    assert transport.closed


async def test_the_jobs_of_a_caller_that_left_are_released() -> None:
    async with provider(FROM_HEADER).lifespan(None) as pool:
        async with pool.lend(Caller(key=SETTINGS.api_key)) as finder:
            await finder.reader.refresh()
        assert finder.reader.store.at_hand
        await anyio.sleep(IDLE_TIMEOUT + SWEEP)
        assert not finder.reader.store.at_hand


async def test_after_a_call_there_is_no_client() -> None:
    await host_in_a_call(provider(), "tools/call")
    with pytest.raises(KeyNotSent):
        current_finder()


async def test_whether_bytenite_answers_is_asked_without_a_key() -> None:
    await provider(FROM_HEADER).reach()
    gone = ClientProvider(SETTINGS, httpx.MockTransport(lambda _: httpx.Response(503)))
    with pytest.raises(ByteNiteError):
        await gone.reach()
