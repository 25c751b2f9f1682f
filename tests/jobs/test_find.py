"""A query answered truly, whatever the API does with it."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from bytenite_mcp.api.errors import InvalidRequest, ServerFailure
from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.jobs.find import IGNORED, MOST_ASKS, REFUSED, RESTART, UNPROVEN, UNSORTED, Finder, Page
from bytenite_mcp.jobs.match import compile_filters
from bytenite_mcp.jobs.order import stand_in
from bytenite_mcp.jobs.window import Window
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.simulator import Fault, World, create_app
from bytenite_mcp.simulator.search import Filter as Asked
from bytenite_mcp.simulator.search import Search
from bytenite_mcp.table.order import Order
from bytenite_mcp.table.reader import Reader
from bytenite_mcp.table.room import Room
from tests.conftest import NOW, answering, as_clean, connected

pytestmark = pytest.mark.anyio
C = Condition
MODES = ("", "filters-ignored", "eq-only")


def on(field: str, condition: Condition, value: Any) -> Filter:
    return Filter(field=field, condition=condition, value=value)


FAILED = on("state", C.EQ, "JOB_STATE_FAILED")
COMPLETE = on("state", C.EQ, "JOB_STATE_COMPLETE")
LONG = on("duration", C.GT, 600)
QUERIES: dict[str, tuple[Filter, ...]] = {
    "all": (),
    "one state": (FAILED,),
    "one of two states": (on("state", C.IN, ["JOB_STATE_FAILED", "JOB_STATE_COMPLETE"]),),
    "none of two states": (on("state", C.NOT_IN, ["JOB_STATE_FAILED", "JOB_STATE_COMPLETE"]),),
    "long ones": (LONG,),
    "complete and long": (COMPLETE, LONG),
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


def searched(
    world: World, filters: Iterable[Filter], limit: int, offset: int = 0, order: str = ""
) -> tuple[int, list[str]]:
    """What the simulator's SQL finds."""
    asked = tuple(Asked(one.field, one.condition.value, one.value) for one in filters)
    numbers = world.find(Search(order_by=order, filters=asked))
    records = world.read_records(numbers[offset : offset + limit])
    return len(numbers), [json.loads(record)["id"] for record in records]


def ids(page: Page) -> list[Any]:
    return [record["id"] for record in page.jobs]


def finder_of(to: Starlette | httpx.AsyncBaseTransport, max_scan: int = 20_000) -> Finder:
    client = CleanClient(connected(to))
    return Finder(client, Reader(client, Room()), max_scan)


def requests(app: Starlette) -> int:
    """How many were made since this was last asked, without those for tokens."""
    made = sum(not seen.path.endswith("access_token") for seen in app.state.requests)
    app.state.requests.clear()
    return made


@pytest.fixture(scope="module")
def jobs() -> World:
    return World(200, seed=3, clock=lambda: NOW)


# The three modes of the simulator


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize(("limit", "offset"), [(1, 0), (20, 0), (7, 5), (100, 0), (5, 1000)])
async def test_the_same_page_is_found_whatever_the_api_does_with_filters(
    mode: str, query: str, limit: int, offset: int, jobs: World
) -> None:
    filters = QUERIES[query]
    total, expected = searched(jobs, filters, limit, offset)
    finder = finder_of(create_app(jobs, meanings=mode.split()))
    narrowed_by = [one for one in filters if mode == "eq-only" and one.condition == C.EQ]
    left_to_read, _ = searched(jobs, narrowed_by, 1)
    for _ in range(2):
        page = await finder.page(filters, limit=limit, offset=offset)
        assert ids(page) == expected
        assert page.total == total
        assert page.offset == offset
        assert page.next_offset == (offset + limit if offset + limit < total else None)
        assert not page.partial
        assert page.read == (left_to_read if page.why else 0)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "order", ["createdAt asc", "createdAt desc", "duration desc", "duration asc", "name desc", "createdAt"]
)
@pytest.mark.parametrize("query", ["one of two states", "complete and long"])
async def test_the_same_order_is_found_whatever_the_api_does_with_filters(
    mode: str, order: str, query: str, jobs: World
) -> None:
    filters = QUERIES[query]
    finder = finder_of(create_app(jobs, meanings=mode.split()))
    field = order.partition(" ")[0]
    by_id = {record["id"]: record[field] for record in (await finder.page(limit=1000)).jobs}
    for limit, offset in ((1, 0), (10, 0), (10, 10)):
        total, expected = searched(jobs, filters, limit, offset, order)
        page = await finder.page(filters, limit=limit, offset=offset, order=Order.parse(order))
        # Rows that are equal in it may come in any order.
        assert [record[field] for record in page.jobs] == [by_id[one] for one in expected]
        assert page.total == total


@pytest.mark.parametrize("mode", MODES)
async def test_paging_to_the_end_meets_every_match_once(mode: str, jobs: World) -> None:
    finder = finder_of(create_app(jobs, meanings=mode.split(), max_page=7))
    found: list[Any] = []
    offset: int | None = 0
    while offset is not None:
        page = await finder.page([COMPLETE], limit=20, offset=offset)
        found += ids(page)
        offset = page.next_offset
    assert found == searched(jobs, [COMPLETE], 1000)[1]


async def test_an_api_that_honours_filters_is_asked_and_believed_after_one_probe(jobs: World) -> None:
    app = create_app(jobs)
    finder = finder_of(app)
    page = await finder.page([FAILED], limit=1)
    assert not page.why
    assert requests(app) == 4
    await finder.page([on("state", C.EQ, "JOB_STATE_COMPLETE")], limit=1)
    assert requests(app) == 1
    await finder.page([FAILED, COMPLETE], limit=1, offset=1)
    assert requests(app) == 4
    await finder.page([FAILED, COMPLETE], limit=1, offset=1)
    assert requests(app) == 1


async def test_an_answer_that_is_whole_needs_no_probe(jobs: World) -> None:
    app = create_app(jobs)
    page = await finder_of(app).page([FAILED], limit=100)
    assert not page.why
    assert requests(app) == 1


async def test_an_api_that_ignores_filters_is_found_out_though_its_one_row_matches_by_luck(
    jobs: World,
) -> None:
    app = create_app(jobs, meanings=["filters-ignored"])
    newest = (await finder_of(app).page(limit=1)).jobs[0]
    lucky = on("templateId", C.EQ, newest["templateId"])
    page = await finder_of(app).page([lucky], limit=1)
    assert page.jobs == [newest]
    assert page.total == searched(jobs, [lucky], 1)[0] < 200
    assert page.why == IGNORED
    assert page.read == 200


async def test_what_was_learnt_of_a_filter_that_is_ignored_is_remembered(jobs: World) -> None:
    app = create_app(jobs, meanings=["filters-ignored"])
    finder = finder_of(app)
    await finder.page([FAILED], limit=5)
    requests(app)
    page = await finder.page([COMPLETE], limit=5)
    assert page.why == IGNORED
    assert requests(app) == 1


async def test_a_filter_that_is_refused_is_remembered_and_the_others_are_still_asked(jobs: World) -> None:
    app = create_app(jobs, meanings=["eq-only"])
    finder = finder_of(app)
    page = await finder.page([COMPLETE, LONG], limit=5)
    assert page.why == REFUSED
    assert requests(app) == 4
    assert (await finder.page([LONG], limit=5)).why == REFUSED
    assert requests(app) == 1
    assert not (await finder.page([FAILED], limit=100)).why
    assert requests(app) == 1


# A page as full as was asked for


async def test_a_page_is_filled_by_asking_on(jobs: World) -> None:
    app = create_app(jobs, max_page=7)
    page = await finder_of(app).page(limit=20)
    assert ids(page) == searched(jobs, [], 20)[1]
    assert page.next_offset == 20
    assert [seen.query["pagination.limit"] for seen in app.state.requests if seen.query] == ["20", "13", "6"]


async def test_a_page_that_would_take_too_many_requests_says_where_it_goes_on(jobs: World) -> None:
    app = create_app(jobs, max_page=2)
    page = await finder_of(app).page(limit=100)
    assert len(page.jobs) == page.next_offset == 2 * MOST_ASKS
    assert requests(app) == MOST_ASKS


# Other ways an API may be


class Api:
    """A jobs API over some records, with a will of its own.

    Args:
        records: The jobs, newest first.
        joins: What becomes of the tests of several filters.
        sorts: Rows in the order asked for.
        accepts: Whether a request's filters and order are taken, or refused with a 400.
        meanwhile: What happens after each answer.
    """

    def __init__(
        self,
        records: Sequence[CleanRecord],
        *,
        joins: Callable[[list[bool]], bool] = all,
        sorts: Callable[[list[CleanRecord], str], list[CleanRecord]] | None = None,
        accepts: Callable[[list[Filter], str], bool] = lambda filters, order: True,
        meanwhile: Callable[[list[CleanRecord]], None] = lambda records: None,
        says: Callable[[dict[str, Any]], dict[str, Any]] = lambda page: page,
    ) -> None:
        self.records = list(records)
        self.joins, self.accepts, self.meanwhile, self.says = joins, accepts, meanwhile, says
        self.sorts = sorts or sorted_by
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        query = request.url.params
        body = json.loads(request.content) if request.content else {}
        filters = [Filter.from_wire(one) for one in body.get("filters", [])]
        order = body.get("orderBy", "") or query.get("orderBy", "")
        page = body.get("pagination") or {
            name: int(query[f"pagination.{name}"]) for name in ("limit", "offset")
        }
        if not self.accepts(filters, order):
            return httpx.Response(400, json={"code": 3, "message": "no"})
        tests = [compile_filters([one]) for one in filters]
        rows = [
            record for record in self.records if not tests or self.joins([test(record) for test in tests])
        ]
        rows = self.sorts(rows, order)
        end = page["offset"] + page["limit"]
        pagination = {"total": len(rows), "offset": page["offset"], "hasNext": end < len(rows)}
        answer = self.says({"pagination": pagination, "data": rows[page["offset"] : end]})
        self.meanwhile(self.records)
        return httpx.Response(200, json=answer)

    def finder(self, max_scan: int = 20_000) -> Finder:
        return finder_of(answering(self), max_scan)


def sorted_by(rows: list[CleanRecord], order: str) -> list[CleanRecord]:
    if not order:
        return rows
    window = Window(0, len(rows), Order.parse(order))
    window.take(0, rows)
    return window.rows()


def some(count: int = 30) -> list[CleanRecord]:
    """Jobs that are long and failed, long, failed, or neither, in turn."""
    return [
        CleanRecord(
            {
                "id": f"job-{n}",
                "state": "JOB_STATE_FAILED" if n % 2 else "JOB_STATE_COMPLETE",
                "duration": 1000 + n if n % 3 else 5,
                "createdAt": f"2026-03-01T00:00:{count - n:02d}Z",
            }
        )
        for n in range(count)
    ]


def matching(records: Iterable[CleanRecord], *filters: Filter) -> list[Any]:
    return [record["id"] for record in records if compile_filters(filters)(record)]


WAYS: dict[str, Callable[[list[bool]], bool]] = {
    "any": any,
    "first": lambda held: held[0],
    "last": lambda held: held[-1],
    "none": lambda held: True,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("limit", [1, 5, 100])
async def test_an_api_that_does_not_ask_for_all_filters_is_found_out(way: str, limit: int) -> None:
    finder = Api(some(), joins=WAYS[way]).finder()
    nothing = on("id", C.EQ, "nothing")
    for filters in ([nothing, FAILED], [FAILED, nothing], [FAILED, LONG], [LONG, FAILED], [FAILED, LONG]):
        expected = matching(some(), *filters)
        page = await finder.page(filters, limit=limit)
        assert ids(page) == expected[:limit]
        assert page.total == len(expected)
    assert page.why in (IGNORED, UNPROVEN)


@pytest.mark.parametrize("way", WAYS)
async def test_an_api_that_takes_either_filter_is_found_out_where_all_rows_match_by_luck(way: str) -> None:
    records = as_clean({"id": "lucky", "state": "JOB_STATE_FAILED", "duration": 9000}, *some())
    page = await Api(records, joins=WAYS[way]).finder().page([FAILED, LONG], limit=1)
    assert ids(page) == ["lucky"]
    assert page.total == len(matching(records, FAILED, LONG))
    assert page.why


async def test_an_api_without_a_filter_on_id_is_still_asked_nothing_it_would_refuse_in_vain() -> None:
    api = Api(some(), accepts=lambda filters, order: all(one.field != "id" for one in filters))
    page = await api.finder().page([FAILED, LONG], limit=1)
    assert page.total == len(matching(some(), FAILED, LONG))
    assert page.why == UNPROVEN


@pytest.mark.parametrize("joins", [all, WAYS["none"]])
async def test_jobs_that_are_created_between_probes_do_not_make_the_answer_wrong(
    joins: Callable[[list[bool]], bool],
) -> None:
    came = iter(range(1000))

    def create(records: list[CleanRecord]) -> None:
        records[:0] = as_clean({"id": f"new-{next(came)}", "state": "JOB_STATE_FAILED", "duration": 9000})

    api = Api(some(), joins=joins, meanwhile=create)
    finder = api.finder()
    for _ in range(3):
        before = len(matching(api.records, FAILED))
        page = await finder.page([FAILED], limit=1)
        assert page.total is not None
        assert before <= page.total <= len(matching(api.records, FAILED))
        assert page.jobs[0]["state"] == "JOB_STATE_FAILED"


async def test_an_api_that_ignores_filters_is_found_out_though_jobs_are_deleted_between_probes() -> None:
    api = Api(some(), joins=WAYS["none"], meanwhile=lambda records: records.__delitem__(-1))
    api.records[:0] = as_clean({"id": "lucky", "state": "JOB_STATE_FAILED"})
    assert (await api.finder().page([FAILED], limit=1)).why == IGNORED


async def test_a_filter_that_cannot_be_proven_on_an_empty_account_finds_nothing() -> None:
    page = await Api([]).finder().page([FAILED], limit=5, offset=5)
    assert (page.jobs, page.total, page.next_offset) == ([], 0, None)


# Orders


LONGEST = Order("duration", "desc")


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
@pytest.mark.parametrize("filters", [[], [FAILED]])
async def test_an_api_that_does_not_sort_is_found_out_however_few_rows_are_asked_for(
    limit: int, filters: list[Filter]
) -> None:
    api = Api(some(), sorts=lambda rows, order: rows)
    page = await api.finder().page(filters, limit=limit, order=LONGEST)
    expected = sorted_by([one for one in some() if compile_filters(filters)(one)], "duration desc")
    assert page.jobs == expected[:limit]
    assert page.why == UNSORTED


async def test_an_api_that_sorts_one_way_only_is_found_out() -> None:
    api = Api(some(), sorts=lambda rows, order: sorted_by(rows, order.partition(" ")[0]))
    page = await api.finder().page(limit=1, order=LONGEST)
    assert page.jobs == sorted_by(some(), "duration desc")[:1]
    assert page.why == UNSORTED


async def test_an_api_that_sorts_is_believed_after_one_probe() -> None:
    api = Api(some())
    finder = api.finder()
    assert not (await finder.page(limit=1, order=LONGEST)).why
    assert api.asked == 3
    assert not (await finder.page(limit=1, offset=1, order=LONGEST)).why
    assert api.asked == 4


async def test_jobs_that_have_no_value_come_last_whatever_the_api_does_with_them() -> None:
    def unset_first(rows: list[CleanRecord], order: str) -> list[CleanRecord]:
        return sorted(sorted_by(rows, order), key=lambda row: row.get("duration") is not None)

    records = as_clean(*some(), {"id": "draft", "duration": None})
    page = await Api(records, sorts=unset_first).finder().page(limit=3, order=LONGEST)
    assert page.jobs == sorted_by(records, "duration desc")[:3]
    assert page.why == UNSORTED


async def test_an_order_that_is_refused_is_not_blamed_on_the_filter() -> None:
    api = Api(some(), accepts=lambda filters, order: "desc" not in order)
    finder = api.finder()
    page = await finder.page([FAILED], limit=2, order=LONGEST)
    assert page.why == UNSORTED
    assert (
        ids(page)
        == [one["id"] for one in sorted_by(some(), "duration desc") if one["state"] == "JOB_STATE_FAILED"][:2]
    )
    assert not (await finder.page([FAILED], limit=100)).why


async def test_an_order_that_is_refused_without_a_filter_is_worked_out_here() -> None:
    page = await Api(some(), accepts=lambda filters, order: not order).finder().page(limit=2, order=LONGEST)
    assert page.jobs == sorted_by(some(), "duration desc")[:2]
    assert page.why == UNSORTED


async def test_a_list_that_is_refused_has_no_other_way() -> None:
    with pytest.raises(InvalidRequest):
        await Api(some(), accepts=lambda filters, order: False).finder().page(limit=2)


# Odd answers


async def test_rows_without_an_id_are_not_taken_for_one_another() -> None:
    records = as_clean(
        {"id": None, "name": "a"},
        {"name": "b"},
        {"id": "", "name": "c"},
        {"id": "x", "name": "d"},
    )
    page = await Api(records).finder().page(limit=10)
    assert page.jobs == records


async def test_rows_that_are_no_records_are_counted_and_paging_goes_on_behind_them() -> None:
    def spoil(page: dict[str, Any]) -> dict[str, Any]:
        return page | {"data": [None, *page["data"][1:]] if page["data"] else []}

    page = await Api(some(), says=spoil).finder().page(limit=10)
    assert len(page.jobs) == 9
    assert page.unreadable == 1
    assert page.next_offset == 10


async def test_a_page_longer_than_asked_for_is_cut_and_goes_on_where_it_was_cut() -> None:
    api = Api(some())
    api.says = lambda page: page | {"data": some()[page["pagination"]["offset"] :]}
    page = await api.finder().page(limit=5)
    assert ids(page) == [f"job-{n}" for n in range(5)]
    assert page.next_offset == 5


async def test_an_api_that_does_not_count_is_paged_to_its_end() -> None:
    finder = Api(some(), says=lambda page: {"data": page["data"]}).finder()
    page = await finder.page(limit=20)
    assert (len(page.jobs), page.total, page.next_offset) == (20, None, 20)
    page = await finder.page(limit=20, offset=20)
    assert (len(page.jobs), page.total, page.next_offset) == (10, 30, None)
    page = await finder.page([FAILED], limit=5)
    assert ids(page) == matching(some(), FAILED)[:5]


@pytest.mark.parametrize("total", [0, 5, 30], ids=["unset", "of the page", "of all jobs"])
async def test_a_total_that_cannot_be_is_not_believed(total: int) -> None:
    def says(page: dict[str, Any]) -> dict[str, Any]:
        more = page["pagination"]["offset"] + 5 < page["pagination"]["total"]
        return {"pagination": {"total": total, "hasNext": more}, "data": page["data"][:5]}

    finder = Api(some(), says=says).finder()
    seen: list[Any] = []
    await finder.tally([], lambda _, records: seen.extend(records))
    assert len(seen) == 30
    page = await finder.page([on("id", C.IN, ["job-1", "job-2", "job-3"])], limit=20)
    assert (len(page.jobs), page.total, page.next_offset) == (3, 3, None)


# Orders that are nearly right


def ordered(key: Callable[[Any], Any], field: str) -> Callable[[list[CleanRecord], str], list[CleanRecord]]:
    """Sort by one field as some databases do."""

    def sorts(rows: list[CleanRecord], order: str) -> list[CleanRecord]:
        if not order:
            return rows
        return sorted(rows, key=lambda record: key(record.get(field)), reverse=order.endswith("desc"))

    return sorts


NEARLY: dict[str, tuple[str, list[Any], Callable[[Any], Any]]] = {
    "without case": ("name", ["alpha", "beta", "Gamma", "delta", "Zeta", "eta", "Iota", "zulu"], str.casefold),
    "numbers as text": ("paymentAmount", [str(n) for n in (1, 2, 3, 9, 10, 20, 100)], str),
    "unset ones first": ("endedAt", [None, "2026-03-02T00:00:00Z", None, "2026-03-01T00:00:00Z"],
                         lambda value: (value is None, value or "")),
}  # fmt: skip


@pytest.mark.parametrize("way", NEARLY)
@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_pages_in_an_order_that_is_nearly_right_are_one_order(
    way: str, direction: str, limit: int
) -> None:
    field, values, key = NEARLY[way]
    records = [
        {"id": str(n), field: value, "state": "JOB_STATE_FAILED" if value else "JOB_STATE_NEW"}
        for n, value in enumerate(values)
    ]
    finder = Api(as_clean(*records), sorts=ordered(key, field)).finder()
    order = Order(field, direction)
    await finder.page([FAILED], limit=limit, order=order)
    found: list[CleanRecord] = []
    offset: int | None = 0
    while offset is not None:
        page = await finder.page(limit=limit, offset=offset, order=order)
        found, offset = [*found, *page.jobs], page.next_offset
    assert stand_in(order, found)
    assert sorted(int(record["id"]) for record in found) == list(range(len(records)))


async def test_an_order_found_wrong_on_a_later_page_is_begun_anew(jobs: World) -> None:
    values = [f"{n:04d}" for n in range(300)]
    values[150] = "0000"
    records = as_clean(*[{"id": str(n), "name": value} for n, value in enumerate(values)])
    finder = Api(records, sorts=lambda rows, order: rows[::-1] if order.endswith("desc") else rows).finder()
    order = Order("name", "asc")
    assert not (await finder.page(limit=100, order=order)).why
    page = await finder.page(limit=100, offset=100, order=order)
    assert page.why == UNSORTED + RESTART
    page = await finder.page(limit=100, order=order)
    assert (page.why, page.jobs[1]["id"]) == (UNSORTED, "150")


# Scans


async def test_a_scan_that_stops_at_its_limit_says_that_there_may_be_more(jobs: World) -> None:
    finder = finder_of(create_app(jobs, meanings=["filters-ignored"]), max_scan=100)
    page = await finder.page([FAILED], limit=100)
    assert page.partial
    assert page.read == 100
    assert set(ids(page)) <= set(searched(jobs, [FAILED], 1000)[1])


@pytest.mark.parametrize("mode", MODES)
async def test_a_tally_is_given_every_match_once(mode: str, jobs: World) -> None:
    for filters in QUERIES.values():
        taken: list[Any] = []
        finder = finder_of(create_app(jobs, meanings=mode.split(), max_page=30))
        tallied = await finder.tally(filters, lambda _, records: taken.extend(one["id"] for one in records))  # noqa: B023
        assert sorted(taken) == sorted(searched(jobs, filters, 1000)[1])
        assert not tallied.partial


async def test_filters_the_api_takes_narrow_what_is_read_for_one_it_refuses() -> None:
    world = World(1000, seed=2, clock=lambda: NOW)
    finder = finder_of(create_app(world, meanings=["eq-only"]), max_scan=200)
    total, expected = searched(world, [FAILED, LONG], 100)
    failed, _ = searched(world, [FAILED], 1)
    assert 0 < total < failed <= 200
    for _ in range(2):
        page = await finder.page([FAILED, LONG], limit=100)
        assert (ids(page), page.read, page.partial, page.why) == (expected, failed, False, REFUSED)


async def test_a_tally_of_many_jobs_takes_its_pages_and_tells_of_them() -> None:
    world = World(3000, seed=1, clock=lambda: NOW)
    app = create_app(world, meanings=["filters-ignored"])
    told: list[tuple[int, int | None]] = []

    async def progress(read: int, total: int | None) -> None:
        told.append((read, total))

    count = 0

    def take(_: int, records: list[CleanRecord]) -> None:
        nonlocal count
        count += len(records)

    tallied = await finder_of(app).tally([FAILED], take, progress)
    assert count == searched(world, [FAILED], 1)[0]
    assert tallied.why == IGNORED
    assert told[-1] == (3000, 3000)
    assert requests(app) <= 5


async def test_a_scan_that_is_refused_on_its_way_counts_nothing_twice() -> None:
    asked: list[int] = []

    def tired(filters: list[Filter], order: str) -> bool:
        asked.append(1)
        return len(asked) < 3

    api = Api(some(), accepts=tired, says=lambda page: page | {"data": page["data"][:5]})
    taken: list[Any] = []
    with pytest.raises(InvalidRequest):
        await api.finder().tally([FAILED], lambda _, records: taken.extend(records))
    assert len(taken) <= 10


async def test_a_failure_of_the_api_is_told_and_teaches_nothing(jobs: World) -> None:
    app = create_app(jobs)
    finder = finder_of(app)
    app.state.faults.set(Fault("500"))
    with pytest.raises(ServerFailure):
        await finder.page([FAILED], limit=1)
    app.state.faults.clear()
    assert not (await finder.page([FAILED], limit=1)).why


async def test_a_page_does_not_show_its_records() -> None:
    page = await Api(as_clean({"id": "a", "apiKey": "hunter2"})).finder().page(limit=1)
    assert "hunter2" not in f"{page!r} {page}"
