"""Each other meaning changes what it says and nothing else, judged by plain Python over the records."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bytenite_mcp.simulator import MEANINGS, World, check_meaning, create_app
from tests.simulator.conftest import VALUE, Asker, Clock, asking
from tests.simulator.plain import LIFE, Ask, Body, Filter, Job, Refused, Server
from tests.simulator.plain_meanings import NAMED, SHUFFLED

pytestmark = pytest.mark.anyio

DOCUMENTED = Server()
LONG = "x" * 70 + " Needle"
ODD: tuple[dict[str, Any], ...] = (
    {"name": "train", "numChunks": 9, "endedAt": "2026-03-01T10:00:00Z", "state": LIFE[9], "duration": 60},
    {"name": "Train", "numChunks": 10, "endedAt": "2026-03-01T10:00:00.123456Z", "state": LIFE[9]},
    {"name": "train  ", "numChunks": 100, "endedAt": "2026-03-01T10:00:00.5Z", "state": LIFE[10]},
    {"name": "train set", "numChunks": "10", "endedAt": "2026-03-01T23:59:59.9996Z", "state": LIFE[10]},
    {"name": "old train run", "numChunks": 0, "endedAt": "2026-03-02T00:00:00Z", "state": LIFE[10]},
    {"name": "first\ntrain\nlast", "numChunks": 3, "paymentAmount": 12.5, "state": LIFE[9]},
    {"name": "training", "numChunks": 3, "paymentAmount": 2.75, "state": LIFE[3]},
    {"name": "job_1", "numChunks": None, "paymentAmount": None, "priority": ""},
    {"name": "jobX1", "priority": "", "description": "d" * 120},
    {"name": "*rain*", "errorMessage": "Error: out of memory\nTraceback", "state": LIFE[10], "duration": 7},
    {"name": "100%", "errorMessage": LONG, "state": LIFE[10], "duration": 7.5},
    {"name": "(", "errorMessage": "error (memory)", "state": LIFE[10]},
    {"name": "", "state": "JOB_STATE_PAUSED"},
    {"name": "a", "regions": {"whitelist": ["eu"], "blacklist": []}},
    {"name": "b", "regions": {"whitelist": ["eu", "us-east-1"], "blacklist": []}},
    {"name": "c", "regions": {"whitelist": ["us-east-10"], "blacklist": []}},
    {"name": "d", "config": {"isTestJob": True}, "deletedAt": "2026-03-03T00:00:00Z"},
    {"name": "e", "config": {"isTestJob": False}, "createdAt": "2026-01-01T00:00:00Z"},
    {"name": "f", "createdAt": "2026-01-01T00:00:00.25Z", "submittedAt": "2026-01-03T00:00:00Z"},
    {"name": "g", "createdAt": "2025-12-31T23:00:00Z", "submittedAt": "2026-01-02T00:00:00Z"},
    {"name": "h", "templateId": "", "params": None, "stateTimestamps": {"X": "2026-03-04T15:30:00Z"}},
)


def condition(field: str, name: str, operand: Any) -> Filter:
    return Filter(field, name, operand)


FILTERS = (
    condition("name", "EQ", "train"), condition("name", "NEQ", "train"), condition("name", "EQ", ""),
    condition("name", "NEQ", ""), condition("name", "IN", ["train", "100%"]), condition("name", "IN", ["train"]),
    condition("name", "NOT_IN", ["train", "a"]), condition("name", "GT", "g"), condition("name", "LIKE", "%train%"),
    condition("name", "LIKE", "TRAIN%"), condition("name", "LIKE", "%train"), condition("name", "LIKE", "train"),
    condition("name", "LIKE", "job_1"), condition("name", "LIKE", "*rai?*"), condition("name", "LIKE", "("),
    condition("name", "LIKE", "%"), condition("errorMessage", "LIKE", "%error%memory%"),
    condition("errorMessage", "LIKE", "%needle%"), condition("errorMessage", "LIKE", "%memor%"),
    condition("errorMessage", "EQ", ""), condition("errorMessage", "NEQ", ""), condition("errorMessage", "EQ", LONG),
    condition("id", "IN", ["job-0", "job-7"]), condition("id", "EQ", "job-1"), condition("priority", "EQ", ""),
    condition("priority", "NOT_IN", ["EXECUTION_PRIORITY_FAST"]), condition("templateId", "NEQ", "nothing"),
    condition("state", "EQ", LIFE[9]), condition("state", "EQ", "COMPLETE"), condition("state", "EQ", LIFE[0]),
    condition("state", "IN", LIFE[9:]), condition("state", "NOT_IN", LIFE[9:]), condition("state", "GT", LIFE[3]),
    condition("state", "LIKE", "%STATE_C%"), condition("endedAt", "EQ", "2026-03-01T10:00:00Z"),
    condition("endedAt", "NEQ", "2026-03-01T10:00:00Z"), condition("endedAt", "GT", "2026-03-01T10:00:00Z"),
    condition("endedAt", "GTE", "2026-03-01T10:00:00Z"), condition("endedAt", "LT", "2026-03-01T10:00:00.123456Z"),
    condition("endedAt", "LTE", "2026-03-01T10:00:00.123456Z"), condition("endedAt", "LT", "2026-03-01T12:00:00+02:00"),
    condition("endedAt", "GTE", "2026-03-01T11:00:00+01:00"), condition("endedAt", "GTE", "2026-03-02T00:00:00Z"),
    condition("endedAt", "IN", ["2026-03-01T10:00:00.5Z", "2026-03-02T00:00:00.000Z"]),
    condition("numChunks", "GT", 9), condition("numChunks", "GTE", 10), condition("numChunks", "LTE", 10),
    condition("numChunks", "LT", "10"), condition("numChunks", "EQ", 10), condition("numChunks", "EQ", 0),
    condition("numChunks", "NEQ", 10), condition("numChunks", "IN", [3, 100]), condition("paymentAmount", "GT", 2.8),
    condition("numChunks", "LT", 1), condition("config.isTestJob", "EQ", True),
    condition("config.isTestJob", "EQ", False), condition("config.isTestJob", "NEQ", True),
    condition("regions.whitelist", "ARRAY_CONTAINS", "eu"),
    condition("regions.whitelist", "ARRAY_CONTAINS_ANY", ["eu", "us-east-1"]),
    condition("templateInfo.app", "NEQ", "none"), condition("params.app.steps", "EQ", "none"),
)  # fmt: skip
SINCE, UNTIL = (
    condition("createdAt", "GTE", "2026-01-01T00:00:00Z"),
    condition("createdAt", "LT", "2026-03-04T00:00:00Z"),
)
FINISHED, NAMED_SO = condition("state", "IN", LIFE[9:]), condition("name", "LIKE", "%a%")
SETS = (
    (), (SINCE, UNTIL), (FINISHED, NAMED_SO), (FINISHED, SINCE, UNTIL), (NAMED_SO, FINISHED, SINCE, UNTIL),
    (condition("name", "EQ", "nobody"),), (SINCE,) * 11,
)  # fmt: skip
ORDERS = (
    "createdAt", "createdAt desc", "name", "name desc", "numChunks", "numChunks desc", "endedAt", "endedAt desc",
    "state", "duration desc", "-numChunks", "nope",
)  # fmt: skip
PLACES = (
    (5, 0), (4, 0), (1, 0), (7, 7), (10, 5), (20, 1), (20, 20), (16, 16), (60, 0), (101, 0), (20, 500), (20, 9990),
)  # fmt: skip
ASKS = [
    *(Ask((filter_,), limit=100) for filter_ in FILTERS),
    *(Ask(filters, limit=100) for filters in SETS),
    *(Ask((), route, limit=limit, offset=offset) for route in ("list", "filter") for limit, offset in PLACES),
    *(Ask((), "list", by, limit, offset) for by in ORDERS for limit, offset in ((100, 0), (10, 10))),
    Ask((FINISHED,), "filter", "numChunks desc", 5, 5),
]
LARGE = [
    *(Ask((), route, limit=60, offset=offset) for route in ("list", "filter") for offset in (0, 990, 1001)),
    Ask((FINISHED,), "filter", "duration", 20, 0), Ask((), "list", "numChunks desc", 20, 0),
]  # fmt: skip
IN_LARGE_ACCOUNTS = (
    "total-cap-1000", "total-cap-stops", "route-caps-1000", "limit-shrinks", "limit-cap-50",
)  # fmt: skip


@cache
def small_world() -> World:
    """Make an account of odd jobs and others, each a minute older than the one before; its clock stands still."""
    clock = Clock()
    world = World(0, seed=3, clock=clock)
    for number, members in zip(range(32), [*ODD, *({} for _ in range(32))], strict=False):
        clock.move(-60)
        world.add(**{"id": f"job-{number}", **members})
    clock.move(32 * 60)
    world.delete(world.add())
    return world


@cache
def large_world() -> World:
    return World(1060, clock=Clock())


def world_for(name: str) -> tuple[World, list[Ask]]:
    return (large_world(), LARGE) if name in IN_LARGE_ACCOUNTS else (small_world(), ASKS)


@cache
def records(world: World) -> list[Job]:
    return [json.loads(text) for (text,) in world.rows("SELECT record FROM jobs")]


@cache
def documented(world: World) -> list[Body | Refused]:
    """Answer all requests to this world as documented."""
    return [DOCUMENTED.answer(ask, records(world)) for ask in (LARGE if world is large_world() else ASKS)]


async def signed_in(world: World, *meanings: str) -> Asker:
    asker = asking(create_app(world, meanings=meanings))
    await asker.sign_in()
    return asker


async def send(asker: Asker, ask: Ask) -> Body | Refused:
    if ask.route == "list":
        query = {
            "pagination.limit": f"{ask.limit}",
            "pagination.offset": f"{ask.offset}",
            "orderBy": ask.order_by,
        }
        answer = await asker.get("jobs", **query)
    else:
        filters = [
            {
                "field": filter_.field, "condition": f"FILTER_CONDITION_{filter_.name}",
                "value": {"@type": VALUE, "value": filter_.operand},
            }
            for filter_ in ask.filters
        ]  # fmt: skip
        page = {"limit": ask.limit, "offset": ask.offset}
        answer = await asker.post(
            "jobs/filter", {"pagination": page, "filters": filters, "orderBy": ask.order_by}
        )
    body: Any = json.loads(answer.text, parse_constant=str)
    return body if answer.status_code == 200 else Refused(answer.status_code, body["code"])


async def test_without_another_meaning_answers_are_as_documented() -> None:
    world = small_world()
    jobs, asker = records(world), await signed_in(world)
    for ask in ASKS:
        assert await send(asker, ask) == DOCUMENTED.answer(ask, jobs), ask


@pytest.mark.parametrize("name", NAMED)
async def test_a_meaning_changes_what_it_says_and_nothing_else(
    name: str, pytestconfig: pytest.Config
) -> None:
    """Asks everything that it changes, and a third of the rest, which differs by meaning; with --many, everything."""
    world, asks = world_for(name)
    jobs, asker = records(world), await signed_in(world, name)
    expected = [NAMED[name].answer(ask, jobs) for ask in asks]
    answers = list(zip(asks, expected, documented(world), strict=True))
    changed = [(ask, answer) for ask, answer, usual in answers if answer != usual]
    same = [(ask, answer) for ask, answer, usual in answers if answer == usual]
    assert changed
    third = slice(list(NAMED).index(name) % 3, None, 3)
    asked = changed + (same if pytestconfig.getoption("--many") else same[third])
    assert [ask for ask, answer in asked if await send(asker, ask) != answer] == []
    assert (await asker.get(f"jobs/{jobs[0]['id']}")).json()["job"] == jobs[0]


async def ask_twice(name: str, ask: Ask) -> tuple[list[Body], list[Job]]:
    world = small_world()
    asker = await signed_in(world, name)
    answers = [await send(asker, ask) for _ in range(2)]
    again = await signed_in(world, name)
    assert answers == [await send(again, ask) for _ in range(2)]
    return [answer for answer in answers if not isinstance(answer, Refused)], records(world)


# Several meanings at once


async def test_several_meanings_hold_at_once() -> None:
    world = small_world()
    jobs = records(world)
    names = (
        "filters-ored",
        "gt-is-gte",
        "neq-drops-null",
        "default-oldest-first",
        "limit-cap-7",
        "total-cap-1000",
    )
    asker = await signed_in(world, *names)
    many, not_a = condition("numChunks", "GT", 10), condition("priority", "NEQ", "EXECUTION_PRIORITY_FAST")
    combined = Server(
        matches=lambda given, job: (
            NAMED["gt-is-gte"].matches(given, job) and NAMED["neq-drops-null"].matches(given, job)
        ),
        joins=NAMED["filters-ored"].joins,
        reads=lambda ask: NAMED["limit-cap-7"].reads(NAMED["default-oldest-first"].reads(ask)),
    )
    ask = Ask((many, not_a), limit=100)
    assert await send(asker, ask) == combined.answer(ask, jobs)


@given(st.sets(st.sampled_from(MEANINGS), min_size=2, max_size=6), st.sampled_from(ASKS))
@settings(max_examples=150)
def test_whatever_meanings_come_together_there_is_an_answer(names: set[str], ask: Ask) -> None:
    async def check() -> None:
        answer = await send(await signed_in(small_world(), *names), ask)
        assert isinstance(answer, Refused) or "data" in answer or answer["ok"] is False

    anyio.run(check)


async def test_meanings_change_while_the_app_serves(world: World) -> None:
    app = create_app(world)
    asker = asking(app)
    await asker.sign_in()
    newest = (await asker.get("jobs")).json()
    app.state.meanings.set("default-oldest-first")
    assert (await asker.get("jobs")).json() != newest
    app.state.meanings.set()
    assert (await asker.get("jobs")).json() == newest


def test_a_meaning_that_there_is_not_is_refused_with_those_that_are_spelt_alike(world: World) -> None:
    with pytest.raises(ValueError, match=r"unknown meaning 'gt-is-lt'\. Did you mean .*gt-is-.*\?$"):
        create_app(world, meanings=["default-by-id", "gt-is-lt"])
    with pytest.raises(ValueError, match=r"unknown meaning '!'\. docs/simulator\.md lists them\.$"):
        check_meaning("!")


def test_every_meaning_is_judged_and_documented() -> None:
    document = Path(__file__).parents[2].joinpath("docs", "simulator.md").read_text(encoding="utf-8")
    section = document.partition("## Meanings")[2]
    assert {*NAMED, *SHUFFLED} == set(MEANINGS)
    assert sorted(re.findall(r"^\| `([a-z0-9-]+)` \| [^|]+\. \|$", section, re.MULTILINE)) == sorted(MEANINGS)
