"""get_job, list_jobs and filter_jobs: the requests to ByteNite, and the answers."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.jobs.ask import Question
from bytenite_mcp.jobs.compare import INEXACT, UNSORTED
from bytenite_mcp.jobs.find import Page
from bytenite_mcp.server.answers.jobs import answer_page
from bytenite_mcp.simulator import World, create_app
from bytenite_mcp.simulator.world import read_captured
from bytenite_mcp.table.fields import FIELDS, Kind
from bytenite_mcp.table.status import LATE, ODD, TableStatus
from tests.conftest import NOW, answering
from tests.server.conftest import SETTINGS, Asker, both_eras, connected, ids, page_of, world_of

pytestmark = pytest.mark.anyio

ANY = "type.googleapis.com/google.protobuf.Value"
CONCISE = {
    "id", "name", "state", "templateId", "createdAt", "duration", "numChunks", "paymentAmount", "errorMessage",
    "deletedAt",
}  # fmt: skip


def condition(field: str, condition: str, value: Any) -> dict[str, Any]:
    return {"field": field, "condition": condition, "value": value}


FAILED = condition("state", "FILTER_CONDITION_EQ", "FAILED")


@pytest.fixture(scope="module")
async def reader() -> AsyncIterator[Asker]:
    """Connected once, because reading all jobs takes longer than any answer about them."""
    async with connected(create_app(world_of(200, 7))) as asking:
        yield asking


@both_eras
async def test_a_page_is_asked_for_exactly_as_documented(asker: Asker) -> None:
    await asker.ask("list_jobs", limit=7, offset=3)
    assert ("GET", "jobs", {"pagination.limit": "7", "pagination.offset": "3"}) in asker.sent()


@both_eras
async def test_a_filter_is_sent_exactly_as_documented(asker: Asker) -> None:
    await asker.ask("filter_jobs", filters=[FAILED], limit=100)
    state = {
        "field": "state",
        "condition": "FILTER_CONDITION_EQ",
        "value": {"@type": ANY, "value": "JOB_STATE_FAILED"},
    }
    asked = {"pagination": {"limit": 100, "offset": 0}, "filters": [state], "orderBy": ""}
    assert ("POST", "jobs/filter", asked) in asker.sent()


@both_eras
async def test_one_job_is_one_request(asker: Asker, world: World) -> None:
    (job_id, *_) = ids(world, "1")
    answer = await asker.ask("get_job", job_id=job_id)
    assert answer.content["job"]["id"] == job_id
    assert asker.sent() == [("GET", f"jobs/{job_id}", {})]


async def test_the_token_is_sent_raw_and_the_key_is_exchanged_once(asker: Asker, world: World) -> None:
    for job_id in ids(world, "1")[:3]:
        await asker.ask("get_job", job_id=job_id)
    exchange, *others = asker.app.state.requests
    assert exchange.body == {"apiKey": "demo-key"}
    assert len(others) == 3
    assert all(len(request.headers["authorization"]) == 64 for request in others)
    assert all(request.headers["accept"] == "application/json" for request in others)


async def test_the_routes_move_with_their_prefix(world: World) -> None:
    app = create_app(world)
    moved = SETTINGS.model_copy(update={"jobs_prefix": "computing"})
    async with connected(app, settings=moved) as asker:
        await asker.ask("list_jobs", limit=1)
    assert app.state.requests[-1].path == "/v1/computing/jobs"


async def test_jobs_are_listed_newest_first(reader: Asker, world: World) -> None:
    answer = await reader.ask("list_jobs", limit=30)
    assert [job["id"] for job in answer.content["jobs"]] == ids(world, "1")[:30]


async def test_next_offset_leads_through_all_jobs_once_and_then_ends(reader: Asker, world: World) -> None:
    seen: list[str] = []
    offset: int | None = 0
    while offset is not None:
        answer = await reader.ask("list_jobs", limit=90, offset=offset)
        assert answer.content["count"] == len(answer.content["jobs"])
        assert answer.content["total"] == 200
        seen += [job["id"] for job in answer.content["jobs"]]
        offset = answer.content.get("nextOffset")
    assert seen == ids(world, "1")


@pytest.mark.parametrize("meaning", ["", "filters-ignored", "eq-only"])
async def test_paging_through_matches_is_right_whatever_the_api_does_with_filters(
    world: World, meaning: str
) -> None:
    asked = [condition("state", "in", ["COMPLETE"]), condition("paymentAmount", "gt", 1)]
    wanted = ids(
        world, "state = 'JOB_STATE_COMPLETE' AND CAST(json_extract(record, '$.paymentAmount') AS REAL) > 1"
    )
    seen: list[str] = []
    offset: int | None = 0
    async with connected(create_app(world, meanings=meaning.split())) as asker:
        while offset is not None:
            answer = await asker.ask("filter_jobs", filters=asked, limit=40, offset=offset)
            assert answer.content["total"] == len(wanted)
            assert answer.content["evaluated"] == ("local" if meaning else "api")
            assert ("why" in answer.content) == bool(meaning)
            seen += [job["id"] for job in answer.content["jobs"]]
            offset = answer.content.get("nextOffset")
    assert seen == wanted


@pytest.mark.parametrize("meaning", ["", "filters-ignored"])
async def test_one_row_that_matches_by_luck_does_not_hide_an_ignored_filter(
    world: World, meaning: str
) -> None:
    (newest,) = world.rows("SELECT state FROM jobs ORDER BY created DESC LIMIT 1")[0]
    async with connected(create_app(world, meanings=meaning.split())) as asker:
        answer = await asker.ask("filter_jobs", filters=[condition("state", "EQ", newest)], limit=1)
    assert answer.content["total"] == len(ids(world, "state = ?", newest))
    assert answer.content["evaluated"] == ("local" if meaning else "api")


async def test_a_short_page_is_filled_by_asking_on(world: World) -> None:
    app = create_app(world, max_page=8)
    async with connected(app) as asker:
        answer = await asker.ask("list_jobs", limit=20)
        sent = asker.sent()
    assert [job["id"] for job in answer.content["jobs"]] == ids(world, "1")[:20]
    assert answer.content["nextOffset"] == 20
    assert [query["pagination.offset"] for _, _, query in sent] == ["0", "8", "16"]


@pytest.mark.parametrize("meaning", ["", "filters-ignored"])
@pytest.mark.parametrize(
    ("order_by", "said", "reverse"),
    [
        ("duration desc", "duration desc", True),
        ("duration asc", "duration asc", False),
        ("-duration", "duration desc", True),
        ("DURATION  Descending", "duration desc", True),
    ],
)
async def test_jobs_come_in_the_order_asked_for(
    world: World, meaning: str, order_by: str, said: str, reverse: bool
) -> None:
    app = create_app(world, meanings=meaning.split())
    complete = [condition("state", "EQ", "COMPLETE")]
    async with connected(app) as asker:
        answer = await asker.ask("filter_jobs", filters=complete, order_by=order_by, limit=50)
    durations = [job["duration"] for job in answer.content["jobs"]]
    assert answer.content["orderBy"] == said
    assert durations == sorted(durations, reverse=reverse)
    (extreme,) = world.rows(
        f"SELECT {'max' if reverse else 'min'}(json_extract(record, '$.duration')) FROM jobs "
        "WHERE state = 'JOB_STATE_COMPLETE'"
    )[0]
    assert durations[0] == extreme


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        (condition("state", "EQ", "failed"), ["state EQ JOB_STATE_FAILED"]),
        (condition("State", "not_in", ["Complete", "JOB_STATE_FAILED"]),
         ['state NOT_IN ["JOB_STATE_COMPLETE","JOB_STATE_FAILED"]']),
        (condition("template", "filter_condition_like", "video%"), ["templateId LIKE video%"]),
        (condition("isTestJob", "eq", "true"), ["config.isTestJob EQ true"]),
        (condition("num_chunks", "GTE", "5"), ["numChunks GTE 5"]),
        (condition("app", "EQ", "vina-dock"), ["templateInfo.app EQ vina-dock"]),
        (
            condition("createdAt", "EQ", "2026-02-24"),
            ["createdAt GTE 2026-02-24T00:00:00Z", "createdAt LT 2026-02-25T00:00:00Z"],
        ),
        (condition("createdAt", "gt", "2026-02-24T12:00:00+02:00"), ["createdAt GTE 2026-02-24T10:00:01Z"]),
        (condition("errorMessage", "EQ", ""), ['errorMessage EQ ""']),
        (condition("regions.whitelist", "ARRAY_CONTAINS", "eu"), ["regions.whitelist ARRAY_CONTAINS eu"]),
        (condition("state", "IN", '["FAILED"]'), ['state IN ["JOB_STATE_FAILED"]']),
    ],
)  # fmt: skip
async def test_the_answer_repeats_the_resolved_filters(
    reader: Asker, written: Any, understood: list[str]
) -> None:
    answer = await reader.ask("filter_jobs", filters=[written], limit=1)
    assert answer.content["filters"] == understood


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("now-7d", r"createdAt GTE \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"),
        ("now/d", r"createdAt GTE \d{4}-\d\d-\d\dT00:00:00Z"),
        ("now-1M/M", r"createdAt GTE \d{4}-\d\d-01T00:00:00Z"),
    ],
)
async def test_date_maths_is_repeated_as_an_instant(reader: Asker, written: str, understood: str) -> None:
    answer = await reader.ask("filter_jobs", filters=[condition("createdAt", "GTE", written)], limit=1)
    (said,) = answer.content["filters"]
    assert re.fullmatch(understood, said)


TAKING_AN_ID = ("get_job", "diagnose_job", "get_job_logs", "get_job_results", "wait_for_job")


@pytest.mark.parametrize("job_id", [" a", "a ", "  a  ", "a b", "ä", "💥", "a;b", 'a"b', "a+b", "results"])
async def test_each_id_that_is_listed_can_be_asked_for(job_id: str) -> None:
    record = {"id": job_id, "state": "JOB_STATE_COMPLETE", "createdAt": "2026-11-02T12:00:00Z"}

    def answer(request: httpx.Request) -> httpx.Response:
        *_, parent, last = request.url.path.split("/")
        if parent == "customer":
            return httpx.Response(200, json={"jobs": page_of(record), "logs": {}}[last])
        found = job_id in (parent, last)
        body: Any = {"results": []} if (parent, last) == (job_id, "results") else {"job": record}
        return httpx.Response(200 if found else 404, json=body)

    async with connected(answering(answer)) as asker:
        (listed,) = (await asker.ask("list_jobs")).content["jobs"]
        failed = [tool for tool in TAKING_AN_ID if (await asker.tell(tool, job_id=listed["id"])).failed]
    assert failed == []


async def test_a_filter_of_many_values_is_repeated_in_part(reader: Asker) -> None:
    answer = await reader.ask("filter_jobs", filters=[condition("name", "IN", ["x" * 1000] * 200)])
    (said,) = answer.content["filters"]
    assert said.startswith('name IN ["xxx')
    assert len(said) == 1000


UNSET = {
    Kind.TEXT: [""],
    Kind.NUMBER: ["", 0],
    Kind.BOOLEAN: ["", False],
    Kind.PRIORITY: [""],
    Kind.TIME: [""],
}
"""The values that an unset field of each kind equals."""


async def test_an_unset_field_equals_what_the_reference_says() -> None:
    async with connected(answering(jobs=page_of({"id": "a"}))) as asker:
        found = {
            field.name: [
                value
                for value in ("", 0, False)
                if (
                    await asker.tell("filter_jobs", filters=[condition(field.name, "EQ", value)])
                ).content.get("total")
            ]
            for field in FIELDS.values()
            if field.kind in UNSET and field.name != "id"
        }
    assert found == {name: UNSET[FIELDS[name].kind] for name in found}


async def test_rows_that_are_no_records_are_told_of_in_answers_about_all_jobs() -> None:
    record = {"id": "a", "state": "JOB_STATE_COMPLETE", "createdAt": "2026-11-02T12:00:00Z"}
    async with connected(answering(jobs=page_of(None, 5, record, "b"))) as asker:
        notes = [
            (await asker.ask("summarize_jobs")).content["note"],
            (await asker.ask("query_jobs", sql="SELECT count(*) FROM jobs")).content["note"],
            (await asker.ask("diagnose_job")).content["note"],
        ]
    assert ["Rows of ByteNite's list that are no records are left out." in note for note in notes] == [
        True
    ] * 3


def odd_record() -> dict[str, Any]:
    """Make a record in which each number and time is an object."""
    record: dict[str, Any] = {"id": "a", "state": "JOB_STATE_COMPLETE", "name": "odd"}
    for field in MEASURED:
        head, _, member = field.name.partition(".")
        odd = {"odd": 1}
        record[head] = {**record.get(head, {}), member: odd} if member else odd
    return record


MEASURED = [field for field in FIELDS.values() if field.kind in (Kind.NUMBER, Kind.TIME)]


async def test_a_question_about_a_value_that_could_not_be_read_says_so() -> None:
    unsaid = []
    async with connected(answering(jobs=page_of(odd_record()))) as asker:
        for field in MEASURED:
            asked = [condition(field.name, "GT", 1 if field.kind is Kind.NUMBER else "2026-11-02")]
            found = (await asker.ask("filter_jobs", filters=asked)).content
            sorted_by = (await asker.ask("list_jobs", order_by=field.name)).content
            said = f"{field.in_sql} of 1 job"
            if found["total"] or said not in found["note"] or said not in sorted_by["note"]:
                unsaid.append(field.name)
        other = (await asker.ask("filter_jobs", filters=[condition("name", "EQ", "odd")])).content
    assert unsaid == []
    assert other["note"] == "Could not be read, or not whole: createdAt of 1 job."


async def test_a_row_and_a_record_say_that_a_job_is_deleted() -> None:
    record = {"id": "a", "createdAt": "2026-11-02T12:00:00Z", "deletedAt": "2026-11-03T12:00:00.5Z"}
    kept = {"id": "b", "createdAt": "2026-11-02T12:00:00Z", "deletedAt": "0001-01-01T00:00:00Z"}
    async with connected(answering(job={"job": record}, jobs=page_of(record, kept))) as asker:
        rows = (await asker.ask("list_jobs")).content["jobs"]
        concise = (await asker.ask("get_job", job_id="a", detail="concise")).content["job"]
    assert [row.get("deletedAt") for row in [*rows, concise]] == [
        "2026-11-03T12:00:00Z",
        None,
        "2026-11-03T12:00:00Z",
    ]


@pytest.mark.parametrize(
    ("state", "price", "told"), [("MERGING", 2.5, True), ("MERGING", 0, False), ("COMPLETE", 2.5, False)]
)
async def test_a_price_that_is_not_final_is_told_wherever_it_is_shown(
    state: str, price: float, told: bool
) -> None:
    record = {
        "id": "a",
        "state": f"JOB_STATE_{state}",
        "createdAt": "2026-11-02T12:00:00Z",
        "paymentAmount": price,
    }
    async with connected(answering(job={"job": record}, jobs=page_of(record))) as asker:
        answers = [
            await asker.ask("list_jobs"),
            await asker.ask("list_jobs", order_by="paymentAmount desc"),
            await asker.ask("get_job", job_id="a"),
            await asker.ask("get_job", job_id="a", detail="concise"),
            await asker.ask("diagnose_job", job_id="a"),
        ]
    assert ["provisional" in answer.content.get("note", "") for answer in answers] == [told] * 5


async def test_a_row_has_what_was_filtered_and_sorted_by(reader: Asker) -> None:
    asked = [condition("isTestJob", "NEQ", True), condition("state", "EQ", "COMPLETE")]
    answer = await reader.ask("filter_jobs", filters=asked, order_by="endedAt desc", limit=5)
    for job in answer.content["jobs"]:
        assert re.fullmatch(r"2026-\d\d-\d\dT\d\d:\d\d:\d\dZ", job["endedAt"])
        assert job.get("config.isTestJob", False) is False


async def test_a_concise_record_has_only_what_people_ask_about_most(reader: Asker) -> None:
    answer = await reader.ask("list_jobs", limit=100)
    for job in answer.content["jobs"]:
        assert job.keys() <= CONCISE
        assert all(value not in (None, "", {}, []) for value in job.values())
        assert len(job["createdAt"]) == len("2026-03-04T15:29:43Z")


async def test_a_long_error_is_cut_in_a_concise_record_and_whole_in_a_full_one() -> None:
    record = {"id": "x", "state": "JOB_STATE_FAILED", "errorMessage": "boom " * 100}
    async with connected(answering(job={"job": record})) as asker:
        concise = (await asker.ask("get_job", job_id="x", detail="concise")).content["job"]
        full = (await asker.ask("get_job", job_id="x")).content["job"]
    assert len(concise["errorMessage"]) == 160
    assert concise["errorMessage"].endswith("…")
    assert full["errorMessage"] == record["errorMessage"]


async def test_a_full_record_keeps_unknown_members_and_omits_unset_ones() -> None:
    record = {
        "id": "x",
        "name": "",
        "newMember": {"deep": [1, None, {"a": "b"}]},
        "config": {},
        "deletedAt": None,
    }
    async with connected(answering(job={"job": record, "templateInfo": {"id": "t"}})) as asker:
        answer = await asker.ask("get_job", job_id="x")
    assert answer.content == {
        "job": {"id": "x", "newMember": {"deep": [1, None, {"a": "b"}]}, "templateInfo": {"id": "t"}}
    }


async def test_every_captured_record_comes_through_unchanged_but_for_its_secrets(asker: Asker) -> None:
    assert read_captured()
    for exchange in read_captured():
        record = exchange["response"]["job"]
        shown = (await asker.ask("get_job", job_id=record["id"])).content["job"]
        assert_like(shown, record)


def assert_like(shown: Any, real: Any) -> None:
    """Check that all set members of a record are in what is shown of it."""
    if isinstance(real, dict):
        for name, value in real.items():
            if value not in (None, "", {}, []):
                assert_like(shown[name], value)
    elif isinstance(real, list):
        for shown_member, other in zip(shown, real, strict=True):
            assert_like(shown_member, other)
    else:
        assert shown in (real, "[withheld]") or str(shown).endswith("?[withheld]")


async def test_an_id_need_not_be_a_uuid_and_is_escaped_on_the_wire() -> None:
    paths = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path.decode())
        if request.method == "POST":
            return httpx.Response(200, json={"token": "t"})
        return httpx.Response(200, json={"job": {"id": "run 7:é"}})

    async with connected(httpx.MockTransport(answer)) as asker:
        await asker.ask("get_job", job_id="run 7:é")
    assert paths[-1] == "/v1/customer/jobs/run%207%3A%C3%A9"


@pytest.mark.parametrize(
    ("arguments", "note"),
    [
        ({"filters": [condition("name", "LIKE", "zzz")]}, "put % around"),
        ({"filters": [condition("name", "EQ", "zzz")]}, "No job has that name."),
        ({"filters": [condition("duration", "GT", 1e9)]}, "If one should, try a wider value"),
        (
            {"filters": [condition("duration", "GT", 1e9), condition("numChunks", "GT", 1e9)]},
            "If one should, leave filters out one at a time",
        ),
        ({"filters": [FAILED], "offset": 1000}, "No job at offset 1000"),
    ],
)
async def test_an_empty_page_says_what_to_try(reader: Asker, arguments: Any, note: str) -> None:
    answer = await reader.ask("filter_jobs", **arguments)
    assert answer.content["jobs"] == []
    assert note in answer.content["note"]
    assert answer.content["filters"]


async def test_an_account_without_jobs_says_so() -> None:
    async with connected(answering(jobs=page_of())) as asker:
        answer = await asker.ask("list_jobs")
    assert answer.content["note"] == "This account has no jobs."


async def test_an_account_with_more_jobs_than_may_be_held_is_answered_in_part(world: World) -> None:
    few = SETTINGS.model_copy(update={"max_jobs": 100})
    async with connected(create_app(world, meanings=["filters-ignored"], max_page=50), settings=few) as asker:
        answer = await asker.ask("filter_jobs", filters=[FAILED])
    assert answer.content["partial"] is True
    assert re.search(r"PARTIAL: 1?\d\d of 200 jobs have been read so far", answer.content["note"])


async def test_of_a_part_of_the_jobs_nothing_is_said_of_all() -> None:
    world = World(200, seed=5, clock=lambda: NOW)
    for (job_id,) in world.rows("SELECT id FROM jobs"):
        world.edit(job_id, state="JOB_STATE_COMPLETE")
    few = SETTINGS.model_copy(update={"max_jobs": 100})
    rare = [condition("templateId", "EQ", "rare")]
    async with connected(create_app(world, meanings=["order-ignored"], max_page=50), settings=few) as asker:
        summary = await asker.ask("summarize_jobs", filters=rare)
        found = await asker.ask(
            "query_jobs", sql="SELECT id FROM jobs WHERE templateId = 'rare' OR state = 'X'"
        )
        survey = await asker.ask("diagnose_job")
        ordered = await asker.ask("list_jobs", order_by="duration desc")
    assert summary.content["note"].endswith("No job that was read matches.")
    assert "No row has" not in found.content["note"]
    assert "is never" not in found.content["note"]
    assert survey.content["finding"] == "No job that was read is unfinished, except drafts and deleted ones."
    assert survey.content["nextStep"] == "filter_jobs with state UNFINISHED asks ByteNite for others."
    assert ordered.content["why"] == UNSORTED


async def test_an_answer_says_as_of_when_it_is_true(world: World) -> None:
    async with connected(create_app(world)) as asker:
        answer = await asker.ask("filter_jobs", filters=[FAILED])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer.content["asOf"])


async def test_a_job_that_has_ended_in_an_unknown_state_is_finished_for_every_tool() -> None:
    times = {"createdAt": "2026-03-04T10:00:00Z", "endedAt": "2026-03-04T11:00:00Z"}
    ended = {"id": "x", "state": "JOB_STATE_ARCHIVED", **times}
    # ByteNite cannot be asked for it, so it is among the unfinished there.
    transport = answering(job={"job": ended}, jobs=page_of(ended), filter=page_of(ended), logs={})
    async with connected(transport) as asker:
        found = {
            word: (
                await asker.ask("filter_jobs", filters=[{"field": "state", "condition": "EQ", "value": word}])
            ).content
            for word in ("FINISHED", "UNFINISHED")
        }
        summary = (await asker.ask("summarize_jobs")).content
        queried = (await asker.ask("query_jobs", sql="SELECT finished FROM jobs")).content
        stuck = (await asker.ask("diagnose_job")).content
        waited = (await asker.ask("wait_for_job", job_id="x")).content
    assert [content["total"] for content in found.values()] == [1, 0]
    assert found["UNFINISHED"]["why"] == INEXACT
    assert dict(zip(summary["columns"], summary["rows"][0], strict=True))["unfinished"] == 0
    assert queried["rows"] == [[True]]
    assert stuck["total"] == 0
    assert waited["reached"]


def test_rows_that_are_no_jobs_are_told_once_whatever_else_is_told() -> None:
    status = TableStatus(None, partial=False, read=0, notes=(ODD, LATE))
    page = Page(rows=[], records=[], total=0, next_offset=None, status=status, unreadable=2)
    answer = answer_page(page, Question(), simulated=False)
    note = (answer.structured_content or {})["note"]
    assert note.startswith(f"{LATE}. 2 rows could not be read as jobs: not shown.")


@pytest.mark.parametrize(
    ("partial", "offset", "filters", "said"),
    [
        (False, 0, 0, "This account has no jobs."),
        (False, 0, 1, "No job matches. If one should, try a wider value,"),
        (False, 0, 2, "No job matches. If one should, leave filters out one at a time,"),
        (True, 0, 0, ""),
        (True, 0, 1, "No job that was read matches."),
        (True, 40, 1, "No job at offset 40; start again at offset 0."),
    ],
)
def test_an_empty_page_says_of_all_jobs_only_what_is_known_of_all(
    partial: bool, offset: int, filters: int, said: str
) -> None:
    asked = [Filter(field="name", condition=Condition.EQ, value="a")] * filters
    question = Question(tuple(asked), offset=offset)
    status = TableStatus(None, partial=partial, read=5)
    page = Page(rows=[], records=[], total=None, next_offset=None, status=status)
    note = (answer_page(page, question, simulated=False).structured_content or {}).get("note", "")
    read = "PARTIAL: 5 jobs have been read so far." if partial else ""
    assert note.removeprefix(read).strip().startswith(said)
    assert said or note == read
