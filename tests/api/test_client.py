"""The client: what it sends, how it renews tokens and retries, and how it names each failure."""

import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from traceback import format_exception
from typing import Any
from urllib.parse import quote

import anyio
import httpx
import pytest
from starlette.applications import Starlette

from bytenite_mcp.api import errors
from bytenite_mcp.api.client import MOST_CONCURRENT, Client
from bytenite_mcp.api.errors import ByteNiteError
from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.api.models import LogLevel, LogService
from bytenite_mcp.api.wire import LARGEST_ANSWER
from bytenite_mcp.simulator import Fault, World, create_app
from tests.conftest import HOST, KEY, NOW, Turns, VirtualTime, answering, client_to, wire

pytestmark = pytest.mark.anyio

FAILED = Filter(field="state", condition=Condition.EQ, value="JOB_STATE_FAILED")
PAGE = {"pagination": {"total": 0}, "data": []}
CALLS: dict[str, Callable[[Client], Awaitable[Any]]] = {
    "job": lambda client: client.job("a"),
    "jobs": lambda client: client.jobs(limit=1),
    "filter_jobs": lambda client: client.filter_jobs([FAILED], limit=1),
    "results": lambda client: client.results("a"),
    "logs": lambda client: client.logs("a"),
    "info": lambda client: client.info(),
}


def job_id(world: World) -> str:
    return str(world.rows("SELECT id FROM jobs LIMIT 1")[0][0])


def exchanges(app: Starlette) -> int:
    return sum(seen.path.endswith("access_token") for seen in app.state.requests)


def sent(app: Starlette) -> list[tuple[str, str, dict[str, str], Any]]:
    return [
        (seen.method, seen.path, seen.query, seen.body)
        for seen in app.state.requests
        if not seen.path.endswith("access_token")
    ]


async def failure(to: Any, call: str = "info", **changes: Any) -> ByteNiteError:
    with pytest.raises(ByteNiteError) as failed:
        async with client_to(to, **changes) as client:
            await CALLS[call](client)
    return failed.value


# What is sent


async def test_each_method_makes_exactly_the_documented_request(
    client: Client, app: Starlette, world: World
) -> None:
    one = job_id(world)
    await client.jobs(limit=5)
    await client.jobs(limit=1000, offset=7, order_by="createdAt desc")
    await client.filter_jobs([FAILED], limit=5, offset=2, order_by="duration")
    await client.filter_jobs([], limit=1)
    await client.job(one)
    await client.results(one)
    await client.logs(one)
    await client.logs(one, levels=[LogLevel.UNKNOWN], services=[LogService.TASKRUNNER])
    await client.info()
    value = {"@type": "type.googleapis.com/google.protobuf.Value", "value": "JOB_STATE_FAILED"}
    state = {"field": "state", "condition": "FILTER_CONDITION_EQ", "value": value}
    logs = {"jobId": one, "taskIds": [], "levels": [], "services": []}
    first, *_ = app.state.requests
    assert (first.method, first.path, first.body) == ("POST", "/v1/auth/access_token", {"apiKey": KEY})
    assert "authorization" not in first.headers
    assert sent(app) == [
        ("GET", "/v1/customer/jobs", {"pagination.limit": "5", "pagination.offset": "0"}, None),
        (
            "GET",
            "/v1/customer/jobs",
            {"pagination.limit": "1000", "pagination.offset": "7", "orderBy": "createdAt desc"},
            None,
        ),
        (
            "POST",
            "/v1/customer/jobs/filter",
            {},
            {"pagination": {"limit": 5, "offset": 2}, "filters": [state], "orderBy": "duration"},
        ),
        (
            "POST",
            "/v1/customer/jobs/filter",
            {},
            {"pagination": {"limit": 1, "offset": 0}, "filters": [], "orderBy": ""},
        ),
        ("GET", f"/v1/customer/jobs/{one}", {}, None),
        ("GET", f"/v1/customer/jobs/{one}/results", {}, None),
        ("POST", "/v1/customer/logs", {}, logs),
        ("POST", "/v1/customer/logs", {}, logs | {"levels": ["UNKNOWN"], "services": ["TASKRUNNER"]}),
        ("GET", "/v1/customer/info", {}, None),
    ]


async def test_the_token_is_sent_raw_and_json_is_asked_for(client: Client, app: Starlette) -> None:
    await client.info()
    await client.filter_jobs([], limit=1)
    exchange, read, search = (seen.headers for seen in app.state.requests)
    assert read["authorization"].isalnum()
    assert read["accept"] == "application/json"
    assert "content-type" not in read
    assert exchange["content-type"] == search["content-type"] == "application/json"


async def test_of_fifty_calls_at_once_twenty_are_sent_and_the_others_wait() -> None:
    class Slow(httpx.AsyncBaseTransport):
        def __init__(self) -> None:
            self.sent, self.answered = 0, anyio.Event()

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if not request.url.path.endswith("access_token"):
                self.sent += 1
                await self.answered.wait()
            return httpx.Response(200, json={"token": "a-token"})

    api = Slow()
    async with client_to(api) as client, anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(client.info)
        await anyio.wait_all_tasks_blocked()
        assert api.sent == MOST_CONCURRENT == 20
        api.answered.set()
    assert api.sent == 50


async def test_a_page_says_when_it_was_given_by_the_servers_clock(client: Client, app: Starlette) -> None:
    assert (await client.jobs(limit=1)).served_at == NOW.replace(microsecond=0)
    assert (await client.filter_jobs([], limit=1)).served_at == NOW.replace(microsecond=0)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Thu, 99 Mar 2026 15:30:12 GMT"])
async def test_a_page_without_a_date_says_none(date: str | None) -> None:
    headers = {} if date is None else {"date": date}
    page = httpx.Response(200, json={"data": [], "pagination": {"total": 0}}, headers=headers)
    async with client_to(answering(lambda _: page)) as client:
        assert (await client.jobs(limit=1)).served_at is None


@pytest.mark.parametrize("hours", [-48, 0, 48])
async def test_now_is_the_time_by_the_servers_clock(world: World, hours: int) -> None:
    ahead = timedelta(hours=hours)
    app = create_app(world, date=lambda: datetime.now(UTC) + ahead)
    async with client_to(app) as client:
        for _ in range(2):
            assert abs(await client.now() - datetime.now(UTC) - ahead) < timedelta(seconds=2)
    assert len(app.state.requests) == exchanges(app) == 1


async def test_now_is_the_time_by_our_clock_if_the_server_tells_none(world: World) -> None:
    async with client_to(create_app(world, date=lambda: None)) as client:
        assert abs(await client.now() - datetime.now(UTC)) < timedelta(seconds=2)


async def test_the_prefix_of_the_job_routes_can_be_moved(app: Starlette, world: World) -> None:
    async with client_to(app, jobs_prefix="computing") as client:
        await client.job(job_id(world))
        await client.info()
    assert [path for _, path, _, _ in sent(app)] == [
        f"/v1/computing/jobs/{job_id(world)}",
        "/v1/computing/info",
    ]


@pytest.mark.parametrize("call", ["job", "results", "logs"])
@pytest.mark.parametrize(
    "bad",
    [
        "",
        ".",
        "..",
        "a/b",
        "../info",
        "a\\b",
        "%2e%2e",
        "a?b",
        "a#b",
        "a\nb",
        "\x00",
        "\ud800",
        "\u202e",
        "x" * 201,
    ],
)
async def test_an_id_that_cannot_be_one_segment_of_a_path_is_refused_before_a_request(
    call: str, bad: str, client: Client, app: Starlette
) -> None:
    method = {"job": client.job, "results": client.results, "logs": client.logs}[call]
    with pytest.raises(errors.UnusableId):
        await method(bad)
    assert not app.state.requests


@pytest.mark.parametrize("odd", ["filter", "a b", "a:b@c", "...", "ö", "a;b=c", "x" * 200, "~", "a+b&c"])
async def test_an_odd_id_stays_one_segment_of_the_path(odd: str, client: Client, app: Starlette) -> None:
    with pytest.raises(errors.Refusal):
        await client.job(odd)
    assert app.state.requests[-1].path == f"/v1/customer/jobs/{odd}"


# Tokens


async def test_twenty_calls_at_once_make_one_exchange(client: Client, app: Starlette) -> None:
    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(client.info)
    assert exchanges(app) == 1
    assert len(app.state.requests) == 21


async def test_a_token_is_renewed_before_it_runs_out(
    client: Client, app: Starlette, clock: VirtualTime
) -> None:
    await client.info()
    clock.seconds += 3530
    await client.info()
    assert exchanges(app) == 1
    clock.seconds += 20
    await client.info()
    assert exchanges(app) == 2


async def test_a_token_that_dies_early_is_replaced_once_and_the_call_succeeds(
    client: Client, app: Starlette
) -> None:
    app.state.faults.set(Fault("token_dies", uses=1))
    await client.info()
    await client.info()
    assert exchanges(app) == 2


async def test_twenty_calls_that_find_the_token_dead_make_one_exchange(
    client: Client, app: Starlette
) -> None:
    await client.info()
    app.state.requests.clear()
    app.state.faults.set(Fault("token_dies", uses=0, times=20))
    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(client.info)
    assert exchanges(app) == 1


class Guarded:
    """An API that takes the token it gave last, in one form of the header or in none.

    Attributes:
        form: What is to stand before the token; None refuses all.
        shown: The headers it was shown.
        exchanges: How many tokens it gave.
    """

    def __init__(self, form: str | None, answer: httpx.Response | None = None) -> None:
        self.form = form
        self.shown: list[str] = []
        self.exchanges = 0
        self._answer = answer or httpx.Response(200, json={})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("access_token"):
            self.exchanges += 1
            return httpx.Response(200, json={"token": f"t{self.exchanges}"})
        self.shown.append(request.headers["authorization"])
        good = self.form is not None and self.shown[-1] == f"{self.form}t{self.exchanges}"
        return self._answer if good else httpx.Response(401)

    def take(self) -> list[str]:
        """Return the headers shown since the last call."""
        shown, self.shown = self.shown, []
        return shown


async def test_where_a_fresh_token_is_refused_bearer_is_tried_and_remembered() -> None:
    api = Guarded("Bearer ")
    async with client_to(httpx.MockTransport(api)) as client:
        await client.info()
        assert api.take() == ["t1", "t2", "Bearer t2"]
        await client.info()
        assert api.take() == ["Bearer t2"]
    async with client_to(httpx.MockTransport(api)) as another:
        await another.info()
        assert api.take()[0] == "t3"


async def test_twenty_calls_at_once_come_to_bearer_together() -> None:
    api = Guarded("Bearer ")
    async with client_to(httpx.MockTransport(api)) as client, anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(client.info)
    assert api.exchanges == 2
    assert len(api.shown) <= 60


async def test_an_api_that_takes_the_raw_token_again_is_followed() -> None:
    api = Guarded("Bearer ")
    async with client_to(httpx.MockTransport(api)) as client:
        await client.info()
        api.take()
        api.form = ""
        await client.info()
        assert api.take() == ["Bearer t2", "Bearer t3", "t3"]
        await client.info()
        assert api.take() == ["t3"]


async def test_where_bearer_is_refused_too_that_is_said_and_the_next_call_starts_with_the_raw_token() -> None:
    api = Guarded(None)
    async with client_to(httpx.MockTransport(api)) as client:
        for first, second in (("t1", "t2"), ("t2", "t3")):
            with pytest.raises(errors.TokenRefused, match="accepted the API key, but not the access token"):
                await client.info()
            assert api.take() == [first, second, f"Bearer {second}"]
        api.form = ""
        await client.info()
        assert api.take() == ["t3"]


async def test_an_error_that_comes_with_bearer_is_the_answer() -> None:
    api = Guarded("Bearer ", httpx.Response(404, json={"code": 5}))
    async with client_to(httpx.MockTransport(api)) as client:
        with pytest.raises(errors.NotFound):
            await client.job("a")
    assert api.shown == ["t1", "t2", "Bearer t2"]


async def test_a_token_whose_renewal_fails_is_used_while_it_is_good(
    client: Client, app: Starlette, clock: VirtualTime
) -> None:
    await client.info()
    app.state.faults.set(Fault("503", on="access_token"))
    for _ in range(2):
        clock.seconds += 3545 / 2
        await client.info()
    assert exchanges(app) == 2
    assert not clock.slept
    clock.seconds += 60
    with pytest.raises(errors.ServerFailure):
        await client.info()


@pytest.mark.parametrize("status", [400, 403, 405])
async def test_an_exchange_that_is_refused_is_not_taken_for_a_refused_filter(status: int) -> None:
    failed = await failure(httpx.MockTransport(lambda _: httpx.Response(status)), "filter_jobs")
    assert type(failed) is errors.ExchangeRefused
    assert str(failed) == f"ByteNite did not exchange the API key for an access token ({status})."


async def test_a_key_that_is_refused_is_said_at_once(app: Starlette) -> None:
    failed = await failure(app, api_key="another-key")
    assert type(failed) is errors.Unauthenticated
    assert len(app.state.requests) == 1


async def test_without_a_key_nothing_is_sent(app: Starlette) -> None:
    failed = await failure(app, api_key="")
    assert type(failed) is errors.MissingKey
    assert not app.state.requests


@pytest.mark.parametrize(
    "body", [{}, {"token": None}, {"token": ""}, {"token": 7}, {"token": "a\nb"}, {"token": "ö"}]
)
async def test_an_exchange_that_gives_no_token_is_unexpected(body: dict[str, Any]) -> None:
    failed = await failure(httpx.MockTransport(lambda request: httpx.Response(200, json=body)))
    assert str(failed).startswith(f"{HOST} answered with no token for the key")


async def test_checking_the_key_exchanges_it(client: Client, app: Starlette) -> None:
    await client.check_key()
    assert [seen.path for seen in app.state.requests] == ["/v1/auth/access_token"]


async def test_checking_the_key_is_tried_again_as_any_call_is(client: Client, app: Starlette) -> None:
    app.state.faults.set(Fault("503", on="access_token", times=1))
    await client.check_key()
    assert len(app.state.requests) == 2


# Failures and their names


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(200, json=wire("17")), errors.NotFound),
        (httpx.Response(404, json={"code": 5, "message": "job not found", "details": []}), errors.NotFound),
        (httpx.Response(400, text="what is that?"), errors.InvalidRequest),
        (httpx.Response(403), errors.Forbidden),
        (httpx.Response(401, json={"code": 16, "message": "no"}), errors.TokenRefused),
        (httpx.Response(429), errors.TooManyRequests),
        (httpx.Response(500, json={"ok": False, "error": {"code": 500}}), errors.ServerFailure),
        (httpx.Response(502, html="<html>Bad gateway</html>"), errors.ServerFailure),
        (httpx.Response(200, html="<html>Sign in</html>"), errors.UnreadableAnswer),
        (httpx.Response(200, text='{"job": {"id": "a'), errors.UnreadableAnswer),
        (httpx.Response(200, json=[1]), errors.UnexpectedAnswer),
        (httpx.Response(302, headers={"location": "https://evil.example"}), errors.UnexpectedAnswer),
        (
            httpx.Response(200, content=b"x", headers={"content-encoding": "identity"}),
            errors.UnreadableAnswer,
        ),
    ],
)
async def test_every_shape_of_error_has_its_name_in_the_tree(
    call: str, answer: httpx.Response, kind: type[ByteNiteError]
) -> None:
    turns = Turns(answer)
    failed = await failure(answering(turns), call, max_retries=0)
    about_all = call in ("jobs", "filter_jobs", "info")
    assert type(failed) is (errors.NoSuchRoute if kind is errors.NotFound and about_all else kind)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "answer", [httpx.Response(200), httpx.Response(204), httpx.Response(200, text=" null ")]
)
async def test_an_empty_answer_is_unreadable_except_that_of_results_which_are_none_yet(
    call: str, answer: httpx.Response
) -> None:
    if call == "results":
        async with client_to(answering(Turns(answer)), max_retries=0) as client:
            assert await client.results("a") == []
    else:
        assert isinstance(
            await failure(answering(Turns(answer)), call, max_retries=0), errors.UnexpectedAnswer
        )


async def test_an_address_where_no_api_is_is_not_taken_for_a_missing_job() -> None:
    elsewhere = httpx.MockTransport(lambda request: httpx.Response(404, text="Not Found"))
    assert type(await failure(elsewhere, "job", max_retries=0)) is errors.NoSuchRoute


@pytest.mark.parametrize("call", ["job", "jobs", "filter_jobs", "results"])
async def test_json_that_is_something_else_is_unexpected(call: str) -> None:
    body = {"pagination": [], "data": "none", "job": [], "results": {}}
    assert (
        type(await failure(answering(lambda _: httpx.Response(200, json=body)), call))
        is errors.UnexpectedAnswer
    )


async def test_a_body_that_is_not_what_its_encoding_says_is_unexpected() -> None:
    stream = httpx.ByteStream(b"this is no gzip")
    broken = httpx.Response(200, stream=stream, headers={"content-encoding": "gzip"})
    assert type(await failure(answering(Turns(broken)), max_retries=0)) is errors.UnreadableAnswer


async def test_a_request_that_takes_too_long_is_given_up() -> None:
    class Silent(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await anyio.sleep_forever()
            raise AssertionError

    failed = await failure(Silent(), timeout=0.001, max_retries=1)
    assert type(failed) is errors.TimedOut
    assert str(failed) == f"{HOST} did not answer within 0.001 s."


async def test_a_redirect_is_not_followed_and_the_key_goes_to_no_other_host() -> None:
    asked: list[httpx.Request] = []

    def elsewhere(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(307, headers={"location": "https://evil.example/v1/auth/access_token"})

    failed = await failure(httpx.MockTransport(elsewhere))
    assert "a redirect to 'evil.example' (not followed" in str(failed)
    assert [request.url.host for request in asked] == [HOST]


class Endless(httpx.AsyncByteStream):
    """An endless body that counts how much of it was read."""

    def __init__(self, chunk: bytes) -> None:
        self.chunk, self.chunks, self.closed = chunk, 0, False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.chunks += 1
            yield self.chunk

    async def aclose(self) -> None:
        self.closed = True


async def test_a_body_compressed_more_than_once_is_not_unpacked() -> None:
    packed = gzip.compress(gzip.compress(b"0" * 2**28))
    response = httpx.Response(
        200, stream=httpx.ByteStream(packed), headers={"content-encoding": "gzip, gzip"}
    )
    failed = await failure(answering(Turns(response)))
    assert type(failed) is errors.UnexpectedAnswer
    assert "compressed more than once" in str(failed)


async def test_a_body_without_end_is_stopped_and_closed() -> None:
    body = Endless(b"x" * 2**20)
    failed = await failure(answering(Turns(httpx.Response(200, stream=body))))
    assert "answered with more than 32 MiB" in str(failed)
    assert body.chunks == LARGEST_ANSWER // 2**20 + 1
    assert body.closed


async def test_a_small_body_that_unpacks_without_end_is_stopped() -> None:
    packed = gzip.compress(b"x" * (LARGEST_ANSWER + 2**20))
    response = httpx.Response(200, stream=httpx.ByteStream(packed), headers={"content-encoding": "gzip"})
    failed = await failure(answering(Turns(response)))
    assert "answered with more than 32 MiB" in str(failed)


# Labels of simulated answers


async def test_the_simulator_is_known_by_its_answers(client: Client) -> None:
    assert not client.simulated
    await client.info()
    assert client.simulated


async def test_what_is_known_to_be_the_simulator_stays_so_whatever_answers_in_its_place() -> None:
    async with client_to(answering(lambda _: httpx.Response(200, json={})), simulated=True) as client:
        await client.info()
        assert client.simulated


async def test_another_api_is_not_taken_for_the_simulator() -> None:
    async with client_to(answering(lambda _: httpx.Response(200, json={}))) as client:
        await client.info()
        assert not client.simulated


async def test_a_client_does_not_show_its_key_or_token(client: Client, app: Starlette) -> None:
    await client.info()
    token = app.state.requests[-1].headers["authorization"]
    shown = f"{client!r} {client} {vars(client)!r}"
    assert KEY not in shown
    assert token not in shown


async def test_no_error_shows_key_or_token(app: Starlette, client: Client) -> None:
    await client.info()
    token = app.state.requests[-1].headers["authorization"]
    for fault in (
        "429",
        "500",
        "html",
        "ok_false",
        "redirect",
        "key_refused",
        "token_dies",
        "cut",
        "reset",
        "not_a_page",
    ):
        app.state.faults.set(Fault(fault, on="jobs", uses=0))
        with pytest.raises(ByteNiteError) as failed:
            await client.jobs(limit=1)
        shown = f"{failed.value!r} {vars(failed.value)}" + "".join(format_exception(failed.value))
        assert KEY not in shown
        assert token not in shown


@pytest.mark.parametrize("secret", ["key/of+mine=and-more", "token/of+mine=and-more"])
async def test_however_an_answer_spells_our_key_or_token_it_is_cut_out(secret: str) -> None:
    def repeat(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("access_token"):
            return httpx.Response(200, json={"token": "token/of+mine=and-more"})
        spelt = ", ".join([secret, secret.replace("/", r"\/"), quote(secret, safe="")])
        return httpx.Response(400, content=f'{{"message": "{spelt}"}}')

    failed = await failure(httpx.MockTransport(repeat), api_key="key/of+mine=and-more")
    assert isinstance(failed, errors.InvalidRequest)
    assert failed.detail == "[withheld], [withheld], [withheld]"


async def test_two_accounts_never_see_each_others_jobs() -> None:
    worlds = [World(20, seed=n, clock=lambda: NOW, api_key=f"key-{n}") for n in range(2)]
    app = create_app(*worlds)
    for n, world in enumerate(worlds):
        async with client_to(app, api_key=f"key-{n}") as client:
            page = await client.jobs(limit=100)
        assert {record["id"] for record in page.jobs} == {row[0] for row in world.rows("SELECT id FROM jobs")}
