"""A model's own SQL: its results, what is refused, what is bounded, and the notes beside it."""

import os
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

import anyio
import pytest

from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.sql import run as module
from bytenite_mcp.table.sql.run import LONGEST_SQL, MOST_CHARACTERS, run_select
from bytenite_mcp.table.store import Store
from tests.conftest import as_clean
from tests.table.sql.hostile_sql import HOSTILE
from tests.table.sql.ordinary_sql import ORDINARY, hold_jobs
from tests.table.stores import ENDLESS

pytestmark = pytest.mark.anyio


@pytest.fixture
async def store(store: Store) -> Store:
    return await hold_jobs(store)


async def rows(store: Store, sql: str) -> list[list[Any]]:
    return (await run_select(store, sql, 5)).rows


async def refusal(store: Store, sql: str) -> str:
    with pytest.raises(BadQuery) as refused:
        await run_select(store, sql, 5)
    return str(refused.value)


async def test_ordinary_queries_pass_and_are_right(held: Store) -> None:
    given = [(sql, await rows(held, sql)) for sql, _ in ORDINARY]
    assert given == ORDINARY


async def test_hostile_queries_are_refused_in_a_line_and_change_nothing(store: Store) -> None:
    for sql in HOSTILE:
        said = await refusal(store, sql)
        assert said.startswith("sql: "), sql
        assert "\n" not in said, sql
        assert len(said) <= 330, sql
        for internal in ("records.", "staged.", "/work", "Stack"):
            assert internal not in said, sql
    assert await rows(store, "SELECT count(*), count(name) FROM jobs") == [[6, 6]]
    assert (await store.put(as_clean({"id": "j7"}), 1)).added == 1


async def test_there_may_be_more_rows_than_asked_for_which_is_told(held: Store) -> None:
    assert (await run_select(held, "SELECT id FROM jobs", 5)).more
    assert not (await run_select(held, "SELECT id FROM jobs", 6)).more


async def test_a_limit_in_the_query_that_is_cut_by_the_argument_is_told(held: Store) -> None:
    told = "LIMIT 120 has no effect beyond the argument `limit`, 3."
    assert (await run_select(held, "SELECT id FROM jobs LIMIT 120", 3)).notes == [told]
    assert (await run_select(held, "SELECT id FROM jobs LIMIT 3", 3)).notes == []


async def test_rows_are_in_the_order_that_was_asked_for(held: Store) -> None:
    assert await rows(held, "SELECT id FROM jobs ORDER BY id DESC") == [
        ["j6"],
        ["j5"],
        ["j4"],
        ["j3"],
        ["j2"],
    ]


async def test_long_values_and_too_many_characters_are_cut_and_told(store: Store) -> None:
    await store.put(as_clean(*({"id": f"long{n}", "errorMessage": "e" * 3000} for n in range(30))), 0)
    one = await run_select(store, "SELECT errorMessage FROM jobs WHERE id = 'long1'", 5)
    assert one.rows[0][0] == "e" * 999 + "…"
    assert one.notes == ["Values of more than 1000 characters are cut, and end in …"]
    many = await run_select(store, "SELECT id, errorMessage FROM jobs WHERE id LIKE 'long%'", 200)
    assert 15 < len(many.rows) < 25
    assert many.more
    assert many.notes[0].startswith(f"Only the first {len(many.rows)} rows fit")
    assert len(str(many.rows)) < MOST_CHARACTERS * 1.1


async def test_a_long_heading_keeps_its_start_and_its_end(held: Store) -> None:
    sql = "SELECT 100.0 * count(*) FILTER (WHERE state = 'COMPLETE' AND isTestJob) / count(*) FROM jobs"
    (heading,) = (await run_select(held, sql, 5)).columns
    assert heading.startswith("((100.0 * count_star() FILTER (")
    assert heading.endswith(" / count_star())")
    assert "…" in heading


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM jobs; -- all of them",
        "SELECT count(*) FROM jobs; /* all\nof them */ ",
        "```sql\nSELECT count(*) FROM jobs;\n```\n",
        "``` SELECT count(*) FROM jobs; -- all of them\n```",
    ],
)
async def test_a_fence_or_a_last_comment_is_not_part_of_the_statement(held: Store, sql: str) -> None:
    assert await rows(held, sql) == [[6]]


@pytest.mark.parametrize("text", ["a; -- b", "a; /* b */", "```a```", ";--"])
async def test_a_text_may_hold_what_looks_like_a_fence_or_a_comment(held: Store, text: str) -> None:
    assert await rows(held, f"SELECT '{text}'") == [[text]]
    assert await rows(held, f"SELECT $${text}$$") == [[text]]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT statte FROM jobs", 'sql: Binder Error: Referenced column "statte" not found'),
        ("SELECT FROM WHERE", "sql: syntax error at or near \"WHERE\", after 'SELECT FROM'."),
        (
            "SELECT id FROM jobs WHER 1",
            "sql: syntax error at or near \"1\", after 'SELECT id FROM jobs WHER'.",
        ),
        ("SELECT sum(name) FROM jobs", "sql: Binder Error: No function matches"),
        ("SELECT name::INT FROM jobs", "sql: Conversion Error: Could not convert string 'job 1' to INT32"),
        ("SELECT medain(duration) FROM jobs", "sql: there is no function medain here; similar: median"),
        ("SELECT * FROM job", "sql: there is no table 'job'; there are jobs, stages, unfinished."),
        ("SELECT avg(endedAt - startedAt) > 5 FROM jobs", "sql: Binder Error: Cannot compare"),
    ],
)
async def test_an_error_is_the_databases_own_in_one_line(held: Store, sql: str, said: str) -> None:
    assert (await refusal(held, sql)).startswith(said)


async def test_too_long_a_text_is_refused_before_it_is_read(held: Store) -> None:
    assert await refusal(held, "SELECT 1" + " " * LONGEST_SQL) == "sql: at most 4,000 characters."


async def test_what_takes_too_long_is_stopped_and_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.1)
    assert "aggregate before joining" in await refusal(store, ENDLESS)
    monkeypatch.undo()
    assert await rows(store, "SELECT count(*) FROM jobs") == [[6]]


async def test_what_takes_too_much_is_stopped_and_told_and_harms_no_writer(store: Store) -> None:
    async with anyio.create_task_group() as tasks:

        async def write() -> None:
            for n in range(20):
                await store.put(as_clean({"id": f"w{n}", "name": "x" * 1000}), 1)

        tasks.start_soon(write)
        for sql in (
            "SELECT list(range) FROM range(100000000000)",
            "SELECT median(range) FROM range(100000000000)",
        ):
            assert "more than 128 MB" in await refusal(store, sql)
    assert await rows(store, "SELECT count(*) FROM jobs") == [[26]]


async def test_cancelling_stops_it(store: Store) -> None:
    before = set(threading.enumerate())
    with anyio.move_on_after(0.2) as scope:
        await run_select(store, ENDLESS, 5)
    assert scope.cancelled_caught
    with anyio.fail_after(2):
        assert await rows(store, "SELECT count(*) FROM jobs") == [[6]]
    assert len(set(threading.enumerate()) - before) <= 2


async def ask_at_once(*asked: tuple[Store, str]) -> list[str]:
    """Ask several queries, and return them up to the first that succeeds, in the order of their ends."""
    ended: list[str] = []
    async with anyio.create_task_group() as tasks:

        async def query(store: Store, sql: str) -> None:
            with suppress(BadQuery):
                await run_select(store, sql, 1)
                tasks.cancel_scope.cancel()
            ended.append(sql)

        for store, sql in asked:
            tasks.start_soon(query, store, sql)
    return ended


async def test_a_query_waits_while_two_of_other_accounts_run(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.2)
    ended = await ask_at_once((Store(), ENDLESS), (Store(), ENDLESS), (store, "SELECT 1"))
    assert ended[0] == ENDLESS


async def test_slow_queries_of_one_account_do_not_queue_before_those_of_another(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.2)
    slow = [(store, ENDLESS)] * 6
    assert "SELECT 1" in (await ask_at_once(*slow, (Store(), "SELECT 1")))[: len(slow)]


def test_times_are_utc_wherever_the_server_runs() -> None:
    code = (
        "import anyio\nfrom bytenite_mcp.table.sql.run import run_select\nfrom bytenite_mcp.table.store import Store\n"
        "at = \"TIMESTAMPTZ '2026-03-04 01:30:00+00'\"\n"
        "sql = f\"SELECT date_trunc('day', {at}), hour({at})\"\n"
        "print(anyio.run(run_select, Store(), sql, 1).rows)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TZ": "America/New_York"},
    )
    assert run.stdout.strip() == "[['2026-03-04T00:00:00Z', 1]]"
