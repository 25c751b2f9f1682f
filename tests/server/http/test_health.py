"""Whether a server is alive, and ready: whether ByteNite answers it."""

import anyio
import httpx
import pytest
from starlette.applications import Starlette

from bytenite_mcp.api.errors import Unreachable
from bytenite_mcp.server.http.app import make_http_app
from bytenite_mcp.server.http.health import CACHED_FOR, Readiness
from tests.conftest import Backend
from tests.server.serving import TOKEN, served, settings_for

pytestmark = pytest.mark.anyio

SECRET = "hunter2-hunter2-hunter2"


def test_it_is_alive_and_ready_while_bytenite_answers(url: str) -> None:
    assert httpx.get(f"{url}/health").json() == {"status": "alive"}
    ready = httpx.get(f"{url}/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})


def test_it_is_ready_whatever_bytenite_says_of_a_key(upstream: str) -> None:
    for changes in ({"api_key": ""}, {"api_key": "revoked"}, {"key_from_header": True}):
        with served(make_http_app(settings_for(upstream, **changes))) as url:
            assert httpx.get(f"{url}/ready").status_code == 200


def test_it_is_alive_but_not_ready_while_bytenite_does_not_answer() -> None:
    app = make_http_app(settings_for("http://127.0.0.1:9", api_key=SECRET, mcp_tokens=TOKEN))
    with served(app) as url:
        assert httpx.get(f"{url}/health").status_code == 200
        ready = httpx.get(f"{url}/ready")

    assert (ready.status_code, ready.json()) == (503, {"status": "ByteNite does not answer"})


async def test_bytenite_is_checked_once_however_many_ask(app: Starlette) -> None:
    with served(app) as upstream, served(make_http_app(settings_for(upstream))) as url:
        async with httpx.AsyncClient() as asking, anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(asking.get, f"{url}/ready")

    assert [request.path for request in app.state.requests] == ["/v1/customer/info"]
    assert "authorization" not in app.state.requests[0].headers


async def count_checks_over_time() -> int:
    failing, checks = False, 0

    async def reach() -> None:
        nonlocal checks
        checks += 1
        if failing:
            raise Unreachable("bytenite.test")

    readiness = Readiness(reach)
    assert await readiness.check()
    failing = True
    await anyio.sleep(CACHED_FOR - 0.1)
    assert await readiness.check()
    await anyio.sleep(0.1)
    assert not await readiness.check()
    return checks


def test_what_was_found_about_bytenite_holds_for_five_seconds(hurried: Backend) -> None:
    backend, options = hurried
    assert anyio.run(count_checks_over_time, backend=backend, backend_options=options) == 2
