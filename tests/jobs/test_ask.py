"""ByteNite's answer to a question: pages are filled, and a failure that the table can make up for is described."""

from contextlib import aclosing
from typing import Any

import anyio
import httpx
import pytest

from bytenite_mcp.api.errors import NoSuchRoute, TooManyRequests, Unauthenticated
from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.jobs.ask import API_TIMEOUT, FEWEST_ROWS, MOST_REQUESTS, Question, Reply, ask
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.table.order import Order
from tests.conftest import Backend, answering, as_clean, client_to

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(hurried: Backend) -> Backend:
    return hurried


FAILED = Filter(field="state", condition=Condition.EQ, value="JOB_STATE_FAILED")
NAMED = Filter(field="name", condition=Condition.LIKE, value="%a%")


class Listed:
    """A list of so many jobs, of which a page has at most so many."""

    def __init__(self, jobs: int, cap: int = 1000, **pagination: Any) -> None:
        self.jobs, self.cap, self.pagination = jobs, cap, pagination
        self.asked: list[tuple[int, int]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        limit, offset = (int(request.url.params[f"pagination.{name}"]) for name in ("limit", "offset"))
        self.asked.append((limit, offset))
        end = min(offset + min(limit, self.cap), self.jobs)
        told = {"total": self.jobs, "hasNext": end < self.jobs} | self.pagination
        return httpx.Response(
            200, json={"data": [{"id": str(n)} for n in range(offset, end)], "pagination": told}
        )


async def asked(api: Any, question: Question) -> Reply:
    async with aclosing(CleanClient(client_to(answering(api), max_retries=0))) as client:
        return await ask(client, question)


async def test_the_newest_jobs_are_asked_for_in_a_number_that_shows_their_order() -> None:
    api = Listed(100)
    answer = await asked(api, Question(limit=5))
    assert api.asked == [(FEWEST_ROWS, 0)]
    assert (len(answer.records), answer.total, answer.more) == (FEWEST_ROWS, 100, True)


async def test_a_page_is_filled_although_the_api_gives_few_rows_at_a_time() -> None:
    api = Listed(100, cap=7)
    answer = await asked(api, Question(limit=20, offset=10))
    assert [record["id"] for record in answer.records][:20] == [str(n) for n in range(10, 30)]
    assert [offset for _, offset in api.asked] == [10, 17, 24]


async def test_the_requests_for_one_page_are_bounded() -> None:
    api = Listed(100, cap=1)
    answer = await asked(api, Question(limit=50, offset=10))
    assert len(api.asked) == MOST_REQUESTS == len(answer.records)


async def test_after_the_last_row_the_rows_are_the_count_and_a_larger_total_of_all_jobs_is_a_miscount() -> (
    None
):
    answer = await asked(Listed(30, total=500, hasNext=False), Question(limit=50))
    assert answer.miscounts
    last = await asked(Listed(30, total=30), Question(limit=50))
    assert (last.total, last.more) == (30, False)


@pytest.mark.parametrize(
    ("question", "problem"),
    [
        (Question(), "ByteNite's API refused the number of rows (500)"),
        (Question([FAILED]), "ByteNite's API refused the filter (500)"),
        (Question(order=Order("name", "asc")), "ByteNite's API refused the order (500)"),
        (Question(offset=20), "ByteNite's API refused the offset (500)"),
    ],
)
async def test_a_filter_order_or_offset_that_fails_is_described(question: Question, problem: str) -> None:
    answer = await asked(lambda _: httpx.Response(500), question)
    assert answer.problem == problem
    assert answer.records == []


async def test_a_list_that_does_not_exist_is_raised() -> None:
    with pytest.raises(NoSuchRoute):
        await asked(lambda _: httpx.Response(404), Question())


async def test_a_page_is_answered_although_the_row_after_it_cannot_be_had() -> None:
    listed = Listed(300)
    answer = await asked(
        lambda request: (
            listed(request) if request.url.params["pagination.offset"] == "0" else httpx.Response(429)
        ),
        Question(limit=100),
    )
    assert (len(answer.records), answer.total, answer.more, answer.miscounts) == (100, 300, True, False)


async def test_a_hundred_jobs_and_the_next_are_asked_for_in_two_requests() -> None:
    api = Listed(300)
    answer = await asked(api, Question(limit=100))
    assert api.asked == [(100, 0), (FEWEST_ROWS, 100)]
    assert len(answer.records) > 100


@pytest.mark.parametrize(("status", "kind"), [(401, Unauthenticated), (429, TooManyRequests)])
async def test_a_refused_key_and_a_limit_are_raised_whatever_is_asked(
    status: int, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        await asked(lambda _: httpx.Response(status), Question([FAILED]))


async def test_rows_that_come_more_than_once_are_a_miscount() -> None:
    pages = {"data": [{"id": "a"}, {"id": "b"}, {"id": "a"}], "pagination": {"total": 3}}
    answer = await asked(lambda _: httpx.Response(200, json=pages), Question(limit=5))
    assert (len(answer.records), answer.repeated, answer.miscounts) == (2, 1, True)
    assert (await asked(lambda _: httpx.Response(200, json=pages), Question([FAILED]))).total == 2


async def test_jobs_of_one_id_are_as_many_as_have_other_creation_times() -> None:
    jobs = [{"id": "a", "createdAt": f"2026-03-0{day}T00:00:00Z"} for day in (2, 1, 1)]
    pages = {"data": jobs, "pagination": {"total": 3}}
    answer = await asked(lambda _: httpx.Response(200, json=pages), Question(limit=5))
    assert (len(answer.records), answer.repeated) == (2, 1)


async def test_an_answer_that_is_no_page_is_described() -> None:
    answer = await asked(lambda _: httpx.Response(200, json=[]), Question([FAILED]))
    assert answer.problem == "ByteNite's API gave no page for the filter"


async def test_an_answer_that_takes_too_long_is_described_unless_only_it_shows_the_newest_jobs() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/auth/access_token"):
            return httpx.Response(200, json={"token": "a-token", "expiresIn": "3600"})
        await anyio.sleep(API_TIMEOUT + 1)
        return httpx.Response(200, json={"data": [{"id": "a"}]})

    async with aclosing(CleanClient(client_to(httpx.MockTransport(answer), timeout=60.0))) as client:
        late = await ask(client, Question([FAILED]))
        assert late.problem == "ByteNite's API took more than 15 s for the filter"
        assert (await ask(client, Question())).records == [{"id": "a"}]


def test_a_question_could_leak_if_text_of_which_a_part_may_be_withheld_decides_its_answer() -> None:
    assert Question([NAMED]).could_leak
    assert Question(order=Order("name", "asc")).could_leak
    assert Question([Filter(field="params.app.note", condition=Condition.EQ, value="a")]).could_leak
    regions = Filter(field="regions.whitelist", condition=Condition.ARRAY_CONTAINS, value="eu")
    assert Question([regions]).could_leak
    assert not Question([FAILED]).could_leak
    entered = Filter(
        field="stateTimestamps.JOB_STATE_FAILED", condition=Condition.GTE, value="2026-03-04T00:00:00Z"
    )
    assert not Question([entered]).could_leak
    assert not Question([Filter(field="id", condition=Condition.EQ, value="a")]).could_leak


def test_a_question_is_plain_if_it_asks_for_the_newest_jobs() -> None:
    assert Question(limit=5).is_plain
    assert not any(
        one.is_plain for one in (Question([FAILED]), Question(offset=1), Question(order=Order("name")))
    )


def test_a_total_of_fewer_than_the_rows_before_the_end_is_a_miscount() -> None:
    records = as_clean({"id": "a"}, {"id": "b"})
    assert Reply(records, total=2, more=True).miscounts
    assert not Reply(records, total=2, more=False).miscounts
    assert not Reply(records, total=None, more=True).miscounts
    assert Reply(records, total=2, repeated=1).miscounts


def test_a_last_page_of_a_likely_size_may_be_cut() -> None:
    records = as_clean(*({"id": str(number)} for number in range(20)))
    assert Reply(records, total=20).miscounts
    assert not Reply(records[:19], total=19).miscounts
