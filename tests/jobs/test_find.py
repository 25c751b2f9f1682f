"""A question is answered truly, whatever the API does with it."""

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

import anyio
import httpx
import pytest
from starlette.applications import Starlette

from bytenite_mcp.api.errors import ServerFailure, TooManyRequests
from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.jobs.ask import Question
from bytenite_mcp.jobs.compare import HIDDEN, NOT_NEWEST, REPEATS
from bytenite_mcp.jobs.find import Finder, Page
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.simulator import World, create_app
from bytenite_mcp.simulator.app import ReceivedRequest
from bytenite_mcp.simulator.meanings import MEANINGS
from bytenite_mcp.simulator.search import Filter as Asked
from bytenite_mcp.simulator.search import Search
from bytenite_mcp.table.background import Background
from bytenite_mcp.table.order import NEWEST_FIRST, Order
from bytenite_mcp.table.reader import ANSWER_TIME, Reader
from bytenite_mcp.table.snapshot import FRESH_FOR
from bytenite_mcp.table.status import UNLISTED
from tests.conftest import NOW, answering, client_to
from tests.table.reading import Account, held

pytestmark = pytest.mark.anyio
C = Condition


def on(field: str, condition: Condition, value: Any) -> Filter:
    return Filter(field=field, condition=condition, value=value)


FAILED = on("state", C.EQ, "JOB_STATE_FAILED")
COMPLETE = on("state", C.EQ, "JOB_STATE_COMPLETE")
LONG = on("duration", C.GT, 600)
LONG_COMPLETE = (COMPLETE, LONG)
QUERIES: dict[str, tuple[Filter, ...]] = {
    "one state": (FAILED,),
    "one of two states": (on("state", C.IN, ["JOB_STATE_FAILED", "JOB_STATE_COMPLETE"]),),
    "none of two states": (on("state", C.NOT_IN, ["JOB_STATE_FAILED", "JOB_STATE_COMPLETE"]),),
    "long ones": (LONG,),
    "complete and long": LONG_COMPLETE,
    "of a month": (
        on("createdAt", C.GTE, "2026-02-01T00:00:00Z"),
        on("createdAt", C.LT, "2026-03-01T00:00:00Z"),
    ),
    "by name": (on("name", C.LIKE, "%a%"), on("state", C.NEQ, "JOB_STATE_NEW")),
    "tests": (on("config.isTestJob", C.EQ, True),),
    "not tests": (on("config.isTestJob", C.NEQ, True),),
    "without an error": (on("errorMessage", C.EQ, ""),),
    "in a region": (on("regions.whitelist", C.ARRAY_CONTAINS_ANY, ["eu", "us"]),),
    "with some steps": (on("params.app.steps", C.GTE, 30),),
    "three at once": (on("state", C.NEQ, "JOB_STATE_NEW"), LONG, on("numChunks", C.LT, 100)),
    "nothing": (on("id", C.EQ, "nothing"),),
    "everything": (on("id", C.NEQ, "nothing"),),
}


PAGES = ((7, 5), (1, 0), (20, 0), (100, 0), (5, 1000))
ORDERS = ("createdAt asc", "duration desc", "duration asc", "name desc", "paymentAmount desc", "endedAt desc")


def searched(
    world: World, filters: Iterable[Filter] = (), limit: int = 1000, offset: int = 0, order: str = ""
) -> tuple[int, list[str]]:
    """What the simulator's own SQL finds."""
    asked = tuple(Asked(one.field, one.condition.value, one.value) for one in filters)
    numbers = world.find(Search(order_by=order, filters=asked))
    records = world.read_records(numbers[offset : offset + limit])
    return len(numbers), [json.loads(record)["id"] for record in records]


def ids(page: Page) -> list[Any]:
    return [row["id"] for row in page.rows]


@asynccontextmanager
async def finding(
    to: Starlette | httpx.AsyncBaseTransport, most: int = 200_000, **changes: Any
) -> AsyncIterator[Finder]:
    async with Background(most) as background, aclosing(CleanClient(client_to(to, **changes))) as client:
        reader = Reader(client, background)
        try:
            yield Finder(client, reader)
        finally:
            await reader.aclose()


def requests(app: Starlette) -> int:
    """How many requests were made since the last call, without those for tokens."""
    made = sum(not seen.path.endswith("access_token") for seen in app.state.requests)
    app.state.requests.clear()
    return made


@pytest.fixture(scope="module")
def jobs() -> World:
    return World(200, seed=3, clock=lambda: NOW)


# Whatever the API means

SOME_MEANINGS = ("filters-ignored", "eq-only", "default-oldest-first", "limit-cap-7", "sort-within-page")
ELSEWHERE = {"filter-403", "list-hides-deleted", "row-lean-list", "nan-in-json"}
"""Meanings that are tested separately, because they change no filter, order or page."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "any_meaning" in metafunc.fixturenames:
        every = sorted({*MEANINGS} - ELSEWHERE)
        some = SOME_MEANINGS if metafunc.config.getoption("--many") is False else every
        metafunc.parametrize("any_meaning", ["", *some])


async def test_the_same_page_is_found_whatever_the_api_means(
    any_meaning: str, jobs: World, pytestconfig: pytest.Config
) -> None:
    every = [*QUERIES.values()]
    asked = every if pytestconfig.getoption("--many") else [LONG_COMPLETE]
    async with finding(create_app(jobs, meanings=any_meaning.split())) as finder:
        for filters in asked:
            for limit, offset in PAGES if pytestconfig.getoption("--many") else PAGES[:1]:
                total, expected = searched(jobs, filters, limit, offset)
                page = await finder.page(Question(filters, limit=limit, offset=offset))
                assert (page.total, folded(ids(page))) == (total, folded(expected)), (filters, limit, offset)
                assert page.next_offset == (offset + limit if offset + limit < total else None)
                assert not page.partial


@pytest.mark.parametrize("filters", [(), LONG_COMPLETE])
async def test_the_same_order_is_found_whatever_the_api_means(
    any_meaning: str, filters: Sequence[Filter], jobs: World, pytestconfig: pytest.Config
) -> None:
    async with finding(create_app(jobs, meanings=any_meaning.split())) as finder:
        for order in ORDERS if pytestconfig.getoption("--many") else ORDERS[1:2]:
            field = order.partition(" ")[0]
            rows = jobs.rows(f"SELECT id, json_extract(record, '$.{field}') FROM jobs")
            values = {one.replace("-", "").lower(): value for one, value in rows}
            for limit, offset in ((10, 10),):
                total, expected = searched(jobs, filters, limit, offset, order)
                page = await finder.page(Question(filters, Order.parse(order), limit, offset))
                # Rows that are equal in this order may come in any sequence.
                assert [values[one] for one in folded(ids(page))] == [values[one] for one in folded(expected)]
                assert page.total == total


@pytest.mark.parametrize("limit", [1, 20, 100])
@pytest.mark.parametrize(
    "order", ["default-oldest-first", "default-by-id", "limit-cap-7", "limit-min-10", "limit-one-400"]
)
async def test_the_newest_come_first_whatever_the_order_of_the_api(
    order: str, limit: int, jobs: World
) -> None:
    total, expected = searched(jobs, limit=limit)
    async with finding(create_app(jobs, meanings=[order])) as finder:
        page = await finder.page(Question(limit=limit))
    assert (page.total, ids(page)) == (total, expected)
    assert page.why == (NOT_NEWEST if order.startswith("default") else "")


def folded(spelt: Iterable[str]) -> list[str]:
    """Ids as an API may spell them: in capitals, or without hyphens."""
    return [one.replace("-", "").lower() for one in spelt]


# Who is right


async def test_a_filter_is_sent_as_documented_while_the_list_is_read(jobs: World) -> None:
    app = create_app(jobs)
    async with finding(app) as finder:
        page = await finder.page(Question([FAILED], Order("duration", "desc"), limit=5))
    (sent,) = [seen.body for seen in app.state.requests if seen.path.endswith("/jobs/filter")]
    assert sent["filters"] == [FAILED.to_wire()]
    assert sent["orderBy"] == "duration desc"
    assert page.why == ""


@pytest.mark.parametrize(
    ("meaning", "filters", "why"),
    [
        ("filters-ignored", [FAILED], "ByteNite's API gave jobs that contradict state EQ"),
        ("eq-only", [LONG], "ByteNite's API refused the filter (400)"),
        ("total-cap-1000", [], ""),
        ("total-off-by-one", [FAILED], "ByteNite's API counts {less} where {total} match"),
        ("order-ignored", [], "ByteNite's API did not sort as asked"),
    ],
)
async def test_what_differs_is_said_and_a_filter_blamed_only_where_a_row_contradicts_it(
    meaning: str, filters: list[Filter], why: str, jobs: World
) -> None:
    total, _ = searched(jobs, filters)
    async with finding(create_app(jobs, meanings=[meaning])) as finder:
        page = await finder.page(Question(filters, Order("createdAt", "asc"), limit=3))
    assert page.why == why.format(less=total - 1, total=total)


async def test_a_job_that_changed_since_it_was_read_is_fetched_before_anybody_is_blamed() -> None:
    world = World(150, seed=3, clock=lambda: NOW)
    # The newest jobs, which are read before each answer, are not so old.
    running = world.add(name="a", state="JOB_STATE_PARTITIONED", createdAt="2020-01-01T00:00:00Z")
    app = create_app(world)
    unfinished = Question([on("state", C.EQ, "JOB_STATE_PARTITIONED")])
    async with finding(app) as finder:
        before = await finder.page(unfinished)
        world.finish(running)
        after = await finder.page(unfinished)
    assert running in ids(before)
    assert running not in ids(after)
    assert after.why == ""


async def test_what_is_withheld_is_never_told_by_whether_byte_nite_finds_it() -> None:
    world = World(30, seed=3, clock=lambda: NOW)
    world.add(name="deploy", errorMessage="login failed: password=hunter2-Xy77 for admin")
    async with finding(create_app(world)) as finder:
        right, wrong = [
            await finder.page(Question([on("errorMessage", C.LIKE, guess)]))
            for guess in ("%password=h%", "%password=q%")
        ]
    assert right == wrong
    assert right.why == HIDDEN


SECRET = "login failed: password={} for admin"
PLANTED: dict[str, dict[str, Any]] = {
    "errorMessage": {"errorMessage": SECRET.format("hunter2-Xy77")},
    "name": {"name": SECRET.format("hunter2-Xy77")},
    "params.app.note": {"params": {"app": {"note": SECRET.format("hunter2-Xy77")}}},
    "params.app.password": {"params": {"app": {"password": "hunter2-Xy77"}}},
}


def guesses(field: str, word: str, prefix: str) -> Iterable[Filter]:
    """Ask in every way for a text with a withheld word; for GT, for texts before it."""
    whole, part = (
        (word, word[:5]) if field.endswith("password") else (SECRET.format(word), f"password={word[:5]}")
    )
    yield from (on(field, C.EQ, whole), on(field, C.NEQ, whole), on(field, C.IN, [whole, "seen"]))
    yield on(field, C.LIKE, f"%{part}%")
    yield on(field, C.GT, whole.partition(word)[0] + prefix)


@pytest.mark.parametrize(
    ("most", "created"), [(200_000, "2027-01-01T00:00:00Z"), (12, "2020-01-01T00:00:00Z")]
)
@pytest.mark.parametrize("field", PLANTED)
async def test_a_right_guess_of_what_is_withheld_is_answered_as_a_wrong_one(
    field: str, created: str, most: int
) -> None:
    world = World(24, seed=3, clock=lambda: NOW)
    world.add(state="JOB_STATE_FAILED", createdAt=created, **PLANTED[field])
    async with finding(create_app(world, meanings=["limit-cap-7"]), most) as finder:
        for right, wrong in zip(
            guesses(field, "hunter2-Xy77", "g"), guesses(field, "iunter2-Xy77", "i"), strict=True
        ):
            for order, limit, offset in ((NEWEST_FIRST, 20, 0), (Order(field, "desc"), 1, 1)):
                answers = [
                    await finder.page(Question([guess], order, limit, offset)) for guess in (right, wrong)
                ]
                assert answers[0] == answers[1], right


@pytest.mark.parametrize(
    ("field", "members"),
    [
        ("params.app.args.1", {"params": {"app": {"args": ["--password", "hunter2-Xy77"]}}}),
        ("params.app.other", {"params": {"app": {"password": "hunter2-Xy77"}}}),
        ("appId", {"appId": {"password": "hunter2-Xy77"}}),
        ("numUnitsEstimation", {"numUnitsEstimation": "password=hunter2-Xy77"}),
    ],
)
async def test_byte_nite_is_not_believed_where_it_may_read_a_secret_by_another_path(
    field: str, members: dict[str, Any]
) -> None:
    world = World(24, seed=3, clock=lambda: NOW)
    world.add(state="JOB_STATE_FAILED", createdAt="2027-01-01T00:00:00Z", **members)
    async with finding(create_app(world)) as finder:
        assert (
            await finder.page(Question([on(field, C.EQ, 5 if field.startswith("num") else "5")]))
        ).why == HIDDEN


async def test_of_a_part_of_the_jobs_a_number_that_was_not_read_hides_nothing() -> None:
    world = World(60, seed=3, clock=lambda: NOW)
    world.add(createdAt="2027-01-01T00:00:00Z", duration="abc")
    asked = Question([on("duration", C.GT, 5)])
    async with finding(create_app(world, meanings=["limit-cap-7"]), 12) as finder:
        pages = [await finder.page(asked) for _ in range(2)]
    assert pages[0].partial
    assert (pages[0].total, pages[0].why) == (pages[1].total, pages[1].why) != (None, HIDDEN)


@pytest.mark.parametrize("most", [200_000, 12])
async def test_byte_nite_is_not_asked_where_its_time_would_tell_what_is_withheld(most: int) -> None:
    world = World(24, seed=3, clock=lambda: NOW)
    world.add(state="JOB_STATE_FAILED", createdAt="2027-01-01T00:00:00Z", **PLANTED["errorMessage"])
    app = create_app(world, meanings=["limit-cap-7"])
    async with finding(app, most) as finder:
        for _ in range(2):
            page = await finder.page(Question([on("errorMessage", C.LIKE, "%password=h%")]))
            assert page.why == HIDDEN
        assert not [request for request in app.state.requests if request.path.endswith("/jobs/filter")]
        await finder.page(Question([FAILED]))
    assert [request for request in app.state.requests if request.path.endswith("/jobs/filter")]


TOO_LONG = "word " * 1000 + SECRET.format("hunter2-Xy77") + " word" * 1000


@pytest.mark.parametrize(
    ("field", "members"),
    [
        ("errorMessage", {"errorMessage": TOO_LONG}),
        ("params.app.note", {"params": {"app": {"note": TOO_LONG}}}),
        ("params.note", {"params": {"note": [TOO_LONG]}}),
        ("regions.whitelist", {"regions": {"whitelist": [TOO_LONG]}}),
    ],
)
async def test_a_right_guess_of_what_is_too_long_for_the_table_is_answered_as_a_wrong_one(
    field: str, members: dict[str, Any]
) -> None:
    world = World(24, seed=3, clock=lambda: NOW)
    world.add(state="JOB_STATE_FAILED", createdAt="2027-01-01T00:00:00Z", **members)
    conditions = [C.ARRAY_CONTAINS] if field.startswith("regions") else [C.LIKE, C.GT, C.NEQ]
    async with finding(create_app(world)) as finder:
        for condition in conditions:
            pattern = "%password={}%" if condition is C.LIKE else TOO_LONG.partition("hunter2")[0] + "{}"
            right, wrong = [
                await finder.page(Question([on(field, condition, pattern.format(guess))]))
                for guess in ("hunt", "iunt")
            ]
            assert right == wrong
            assert right.why == HIDDEN
        for order in ("asc", "desc"):
            page = await finder.page(Question([FAILED], Order(field, order)))
            assert page.why == HIDDEN


@pytest.mark.parametrize("created", ["2026-01-01T00:00:00Z", "2026-03-04T15:00:00Z"])
@pytest.mark.parametrize("field", PLANTED)
async def test_a_right_guess_reveals_no_job_that_the_list_leaves_out(field: str, created: str) -> None:
    """Only a filter finds deleted jobs here; a new one moves an older one off a full page."""
    world = World(30, seed=3, clock=lambda: NOW)
    for number in range(6):
        shown: dict[str, Any] = {"errorMessage": "seen", "name": "seen", "params": {"app": {"note": "seen"}}}
        world.add(createdAt=f"2026-03-0{number % 3 + 1}T00:00:00Z", state="JOB_STATE_FAILED", **shown)
    gone = {"createdAt": created, "deletedAt": "2026-03-04T15:10:00Z"}
    world.add(state="JOB_STATE_FAILED", **gone, **PLANTED[field])
    async with finding(create_app(world, meanings=["list-hides-deleted"])) as finder:
        for right, wrong in zip(
            guesses(field, "hunter2-Xy77", "g"), guesses(field, "iunter2-Xy77", "i"), strict=True
        ):
            for order, limit, offset in (
                (NEWEST_FIRST, 20, 0),
                (NEWEST_FIRST, 2, 0),
                (Order(field, "asc"), 2, 2),
            ):
                answers = [
                    await finder.page(Question([guess], order, limit, offset)) for guess in (right, wrong)
                ]
                assert answers[0] == answers[1], (right, limit, offset)
        assert (await finder.page(Question([FAILED]))).partial


# What the list leaves out


async def test_a_list_that_leaves_members_out_is_told_and_the_filter_s_own_rows_are_shown(
    jobs: World,
) -> None:
    dear = Question([COMPLETE], Order("paymentAmount", "desc"), limit=5)
    async with finding(create_app(jobs, meanings=["row-lean-list"])) as finder:
        page = await finder.page(dear)
        newest = await finder.page(Question())
    assert (page.total, ids(page)) == searched(jobs, dear.filters, 5, order="paymentAmount desc")
    assert newest.partial
    assert page.partial
    assert page.status is not None
    assert "list has no readable" in page.status.note
    assert "paymentAmount" in page.status.note


@pytest.mark.parametrize("newer", [0, 30], ids=["on the page", "beyond it"])
async def test_jobs_that_only_a_filter_finds_are_told(newer: int) -> None:
    world = World(30, seed=3, clock=lambda: NOW)
    for _ in range(newer):
        world.add(state="JOB_STATE_FAILED")
    world.add(state="JOB_STATE_FAILED", createdAt="2026-01-01T00:00:00Z", deletedAt="2026-01-02T00:00:00Z")
    async with finding(create_app(world, meanings=["list-hides-deleted"])) as finder:
        page = await finder.page(Question([FAILED], limit=1))
    assert page.total == searched(world, [FAILED])[0]
    assert page.partial
    assert page.status is not None
    assert UNLISTED in page.status.note


async def test_a_list_that_was_found_to_leave_out_deleted_jobs_stays_known_for_it() -> None:
    world = World(30, seed=3, clock=lambda: NOW)
    for _ in range(2):
        world.add(
            state="JOB_STATE_FAILED", createdAt="2026-01-01T00:00:00Z", deletedAt="2026-01-02T00:00:00Z"
        )
    async with finding(create_app(world, meanings=["list-hides-deleted"])) as finder:
        assert (await finder.page(Question([FAILED], limit=1))).partial
        for _ in range(2):
            status = await finder.reader.refresh()
            assert (status.partial, status.note) == (True, UNLISTED)


async def test_a_job_stands_once_however_a_route_spells_its_id(jobs: World) -> None:
    total, expected = searched(jobs, [FAILED], 20)
    async with finding(create_app(jobs, meanings=["id-braces"])) as finder:
        page = await finder.page(Question([FAILED]))
    assert (page.total, ids(page), page.why) == (total, expected, "")


async def test_ids_that_differ_in_hyphens_alone_are_of_the_job_of_that_name() -> None:
    world = World(0, clock=lambda: NOW)
    for job_id, name in (("run-1-1", "first"), ("run-11", "second")):
        world.add(id=job_id, name=name, state="JOB_STATE_FAILED", createdAt="2026-01-01T00:00:00Z")
    async with finding(create_app(world, meanings=["id-braces"])) as finder:
        page = await finder.page(Question([FAILED]))
    assert {(row["id"], row["name"]) for row in page.rows} == {("run-1-1", "first"), ("run-11", "second")}
    assert (page.total, page.partial) == (2, False)


@pytest.mark.parametrize("meaning", ["total-page"])
async def test_a_total_that_the_page_contradicts_is_not_believed(meaning: str, jobs: World) -> None:
    async with finding(create_app(jobs, meanings=[meaning])) as finder:
        page = await finder.page(Question(limit=1))
    assert page.total == searched(jobs)[0]
    assert "counts" in page.why


async def test_beyond_the_end_of_a_list_that_refuses_such_an_offset_there_are_no_jobs(jobs: World) -> None:
    async with finding(create_app(jobs, meanings=["empty-404"])) as finder:
        page = await finder.page(Question(offset=1000))
    assert (page.total, ids(page), page.next_offset, page.partial) == (200, [], None, False)


async def test_an_account_without_jobs_is_answered_before_and_after_it_was_read() -> None:
    async with finding(create_app(World(0, clock=lambda: NOW))) as finder:
        for question in (Question(), Question([FAILED]), Question()):
            page = await finder.page(question)
            assert (page.total, page.rows, page.partial, page.why) == (0, [], False, "")


async def test_a_list_that_is_behind_is_not_taken_for_the_newest_jobs() -> None:
    records = [{"id": f"{n}", "createdAt": f"2026-03-04T15:00:{59 - n}Z"} for n in range(40)]
    listed = records

    def answer(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params.get("pagination.offset", 0))
        job = request.url.path.rpartition("/")[2]
        page = {"data": listed[offset : offset + 20], "pagination": {"total": len(listed)}}
        return httpx.Response(200, json=page if job == "jobs" else {"job": records[int(job)]})

    async with finding(answering(answer)) as finder:
        await finder.page(Question(order=Order("createdAt", "asc")))
        listed = records[5:]
        page = await finder.page(Question(limit=3))
    assert (page.total, ids(page)) == (40, ["0", "1", "2"])


@pytest.mark.parametrize(("meaning", "counted"), [("total-off-by-one", 199), ("total-counts-deleted", 202)])
async def test_the_newest_jobs_have_the_total_of_the_table_if_bytenite_counts_others(
    meaning: str, counted: int
) -> None:
    jobs = World(202, seed=3, clock=lambda: NOW)
    for job_id in searched(jobs)[1][:2]:
        jobs.delete(job_id)
    async with finding(create_app(jobs, meanings=[meaning])) as finder:
        await finder.page(Question([FAILED]))
        page = await finder.page(Question())
    assert (page.total, page.why) == (200, f"ByteNite's API counts {counted} where 200 match")


@pytest.mark.parametrize("limit", [20, 37, 100])
async def test_jobs_of_one_moment_are_on_one_page_each(limit: int) -> None:
    at_once = World(10, seed=3, clock=lambda: NOW)
    for _ in range(110):
        at_once.add(createdAt="2026-03-04T15:00:00Z")
    async with finding(create_app(at_once)) as finder:
        seen = [
            job_id
            for offset in range(0, 120, limit)
            for job_id in ids(await finder.page(Question(limit=limit, offset=offset)))
        ]
    assert len(seen) == len({*seen}) == 120


@pytest.mark.parametrize(
    "meanings", ["limit-400-above-10", "limit-empty-above-100", "limit-cap-50 total-page hasnext-false"]
)
async def test_a_hundred_jobs_are_listed_whatever_number_the_api_allows(meanings: str, jobs: World) -> None:
    total, expected = searched(jobs, limit=100)
    async with finding(create_app(jobs, meanings=meanings.split())) as finder:
        page = await finder.page(Question(limit=100))
        counted = await finder.page(Question([FAILED]))
    assert (page.total, ids(page), page.partial) == (total, expected, False)
    assert counted.total == searched(jobs, [FAILED])[0]


async def test_a_later_page_is_not_the_first_again_where_offsets_are_ignored(jobs: World) -> None:
    async with finding(create_app(jobs, meanings=["offset-ignored", "limit-cap-50"])) as finder:
        first, second = [await finder.page(Question(limit=20, offset=offset)) for offset in (0, 20)]
        beyond = await finder.page(Question(limit=20, offset=60))
        failed = await finder.page(Question([FAILED], limit=5, offset=5))
    assert not {*ids(first)} & {*ids(second)}
    assert (second.partial, second.why, ids(beyond)) == (True, REPEATS, [])
    assert not {*ids(failed)} & {*searched(jobs, [FAILED], 5)[1]}


async def test_a_row_that_is_no_record_keeps_no_job_off_the_pages() -> None:
    rows: list[Any] = [{"id": f"{n}", "createdAt": f"2026-03-04T15:00:{59 - n}Z"} for n in range(45)]
    rows[4] = None

    def answer(request: httpx.Request) -> httpx.Response:
        offset, limit = (int(request.url.params.get(f"pagination.{name}", 0)) for name in ("offset", "limit"))
        return httpx.Response(200, json={"data": rows[offset:][: limit or 20], "pagination": {"total": 45}})

    async with finding(answering(answer)) as finder:
        pages = [await finder.page(Question(limit=20, offset=offset)) for offset in (0, 20, 40)]
    assert sorted(job_id for page in pages for job_id in ids(page)) == sorted(
        {f"{n}" for n in range(45)} - {"4"}
    )


async def test_a_first_page_without_a_record_does_not_end_the_list() -> None:
    rows: list[Any] = [None] * 21 + [{"id": "a", "createdAt": "2026-03-04T15:00:00Z"}]

    def answer(request: httpx.Request) -> httpx.Response:
        offset, limit = (int(request.url.params.get(f"pagination.{name}", 0)) for name in ("offset", "limit"))
        return httpx.Response(200, json={"data": rows[offset:][: limit or 20], "pagination": {"total": 22}})

    async with finding(answering(answer)) as finder:
        page = await finder.page(Question())
    assert (ids(page), page.next_offset) == (["a"], None)


async def test_a_list_that_is_behind_does_not_take_back_that_a_job_is_finished() -> None:
    job = {"id": "a", "createdAt": "2026-03-04T15:00:00Z", "state": "JOB_STATE_MERGING"}
    ended = job | {"state": "JOB_STATE_COMPLETE"}

    def answer(request: httpx.Request) -> httpx.Response:
        listed = job if request.method == "GET" else ended
        return httpx.Response(200, json={"data": [listed], "pagination": {"total": 1}, "job": ended})

    async with finding(answering(answer)) as finder:
        before = await finder.page(Question())
        await finder.page(Question([on("createdAt", C.GTE, "2026-03-04T00:00:00Z")]))
        after = await finder.page(Question())
    assert [row["state"] for page in (before, after) for row in page.rows] == [
        "JOB_STATE_MERGING",
        "JOB_STATE_COMPLETE",
    ]


async def test_a_job_deleted_after_bytenite_found_it_is_gone_once_everything_was_read_again() -> None:
    account, go_on = Account(300), anyio.Event()
    gone = account.ids()[0]

    async def delete(request: ReceivedRequest) -> None:
        if request.query.get("pagination.limit") == "500":
            account.on_request = None
            await anyio.wait_all_tasks_blocked()
            account.world.delete(gone)
            account.time.seconds += 1
            await go_on.wait()

    async with account.reader() as reader:
        await reader.refresh()
        account.on_request = delete
        account.time.seconds += FRESH_FOR + 1
        with anyio.fail_after(ANSWER_TIME + 0.5):
            page = await Finder(reader._client, reader).page(Question([on("id", C.EQ, gone)]))
        go_on.set()
        await reader.refresh()
        assert (ids(page), await held(reader)) == ([gone], account.ids())


async def test_a_finished_job_that_was_started_again_is_unfinished() -> None:
    changing = World(200, seed=3, clock=lambda: NOW)
    async with finding(create_app(changing)) as finder:
        found = await finder.page(Question([FAILED], limit=1))
        changing.edit(ids(found)[0], state="JOB_STATE_MERGING")
        page = await finder.page(Question([on("id", C.EQ, ids(found)[0])]))
        after = await finder.page(Question([FAILED]))
    assert [row["state"] for row in page.rows] == ["JOB_STATE_MERGING"]
    assert (found.total, after.total) == (21, 20)


async def test_a_filter_that_cuts_times_to_milliseconds_finds_the_same_jobs_as_the_list(jobs: World) -> None:
    running = on("state", C.IN, ["JOB_STATE_PARTITIONED", "JOB_STATE_FAILED"])
    async with finding(create_app(jobs, meanings=["row-milliseconds"])) as finder:
        pages = [await finder.page(Question([running], limit=50)) for _ in range(2)]
        everything = await finder.page(Question(limit=100, offset=1))
    assert [(ids(page), page.why) for page in pages] == [(searched(jobs, [running], 50)[1], "")] * 2
    assert everything.total == len(jobs.find(Search()))


async def test_a_record_older_than_the_table_s_row_is_fetched_again(jobs: World) -> None:
    async with finding(create_app(jobs, meanings=["row-old-states"])) as finder:
        page = await finder.page(Question([on("id", C.NEQ, "nothing")], limit=50))
        records = await finder.fetch_records(page)
    assert "JOB_STATE_FAILED" in {row["state"] for row in page.rows}
    assert [record and record["state"] for record in records] == [row["state"] for row in page.rows]


async def test_a_member_of_params_is_shown_as_it_is(jobs: World) -> None:
    async with finding(create_app(jobs)) as finder:
        page = await finder.page(Question([on("params.app.steps", C.GTE, 30)], limit=1))
    assert type(page.rows[0]["params.app.steps"]) is int


async def test_a_failure_of_the_api_is_told() -> None:
    transport = answering(lambda _: httpx.Response(500))
    async with finding(transport, max_retries=0) as finder:
        with pytest.raises(ServerFailure):
            await finder.page(Question([FAILED]))


async def test_too_many_requests_are_no_disagreement() -> None:
    async with finding(answering(lambda _: httpx.Response(429)), max_retries=0) as finder:
        with pytest.raises(TooManyRequests):
            await finder.page(Question([FAILED]))


async def test_whole_records_are_returned_after_fetching_those_that_the_api_left_out(jobs: World) -> None:
    for meaning in ("", "filters-ignored", "row-bare-filter"):
        async with finding(create_app(jobs, meanings=meaning.split())) as finder:
            page = await finder.page(Question([FAILED], limit=5))
            records = await finder.fetch_records(page)
        assert [record and record["id"] for record in records] == searched(jobs, [FAILED], 5)[1]
        assert all(record and "dataSource" in record for record in records)
        assert not page.partial
