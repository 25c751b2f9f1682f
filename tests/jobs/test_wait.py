"""A wait is written as a text, and no other text is read as a wait."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.jobs.find import Finder
from bytenite_mcp.jobs.wait import LONGEST_PAUSE, LONGEST_TEXT, POLLS, SHORTEST_PAUSE, Wait
from bytenite_mcp.jobs.watch import Until, Watch, Watched
from bytenite_mcp.simulator import World, create_app
from tests.conftest import NOW
from tests.jobs.test_find import finding

pytestmark = pytest.mark.anyio

IDS = st.text(min_size=1, max_size=130)
STATES = st.sampled_from(
    ["JOB_STATE_NEW", "JOB_STATE_PARTITIONING", "JOB_STATE_", "ODD", "JOB_STATE_a/b", ""]
)
NEAR = st.text("finshedcag/0123456789NEW_aé ", max_size=40)
TIMES = st.datetimes(datetime(2002, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TEXT = "finished/1772638212345/STARTED/a/NEW/b"


def to_milliseconds(when: datetime) -> datetime:
    return when.replace(microsecond=when.microsecond // 1000 * 1000)


@given(st.sampled_from(Until), TIMES, st.dictionaries(IDS, STATES, min_size=1, max_size=4))
def test_text_gives_back_the_wait_that_wrote_it_or_nothing(
    until: Until, when: datetime, before: dict[str, str]
) -> None:
    wait = Wait(until, to_milliseconds(when), before)
    if (read := Wait.parse(wait.text)) is not None:
        assert read.text == wait.text
        assert len(wait.text) <= LONGEST_TEXT
        assert wait.text.isascii()
        assert wait.text.isprintable()


@given(st.sampled_from(Until), TIMES, st.lists(st.uuids(), min_size=1, max_size=4, unique=True))
def test_two_uuids_have_room(until: Until, when: datetime, ids: list[object]) -> None:
    wait = Wait(until, to_milliseconds(when), dict.fromkeys(map(str, ids), "JOB_STATE_PARTITIONED"))
    assert Wait.parse(wait.text) == (wait if len(ids) <= 2 else None)


@given(st.text() | NEAR | st.builds("{}{}".format, st.just(TEXT), NEAR))
def test_any_other_text_is_no_wait(text: str) -> None:
    read = Wait.parse(text)
    assert read is None or read.text == text


@pytest.mark.parametrize(
    "text",
    ["", "x", f"{TEXT}/", f"{TEXT}\n", f"{TEXT}/NEW/b", f"{TEXT}/NEW/c d", f"{TEXT}/NEW/\u00e9",
     TEXT.replace("finished", "done"), TEXT.replace("1772638212345", "-772638212345"), f"{TEXT}/NEW/{'c' * 99}"],
)  # fmt: skip
def test_what_nobody_wrote_is_no_wait(text: str) -> None:
    assert Wait.parse(text) is None


async def look_at(finder: Finder, job_id: str) -> tuple[Wait, Watched]:
    watched = await Watch(finder.client, [job_id], Until.FINISHED).poll()
    wait = Wait.begin(Until.FINISHED, NOW, watched)
    assert wait
    assert timedelta() <= NOW - wait.since < timedelta(milliseconds=1)
    return wait, watched


@pytest.mark.parametrize("until", Until)
async def test_a_wait_that_is_read_from_its_text_goes_on_from_the_states_at_its_beginning(
    until: Until,
) -> None:
    world = World(0, clock=lambda: NOW)
    job_id = world.add(state="JOB_STATE_STARTED")
    async with finding(create_app(world)) as finder:
        begun = Wait.begin(until, NOW, await Watch(finder.client, [job_id], until).poll())
        assert begun
        assert not (await begun.poll(finder)).reached
        world.finish(job_id)
        read = Wait.parse(begun.text)
        assert read
        assert (await read.poll(finder)).reached


@pytest.mark.parametrize(("ran", "pause"), [(0, 10), (20, 5), (36, 2), (60, 5), (4000, 60)])
async def test_pauses_follow_the_time_left_of_a_template_whose_time_is_known(ran: int, pause: int) -> None:
    world = World(0, clock=lambda: NOW)
    began = NOW - timedelta(hours=9)
    for _ in range(3):
        ended = began + timedelta(seconds=40)
        started, done = began.isoformat(), ended.isoformat()
        world.add(state="JOB_STATE_COMPLETE", templateId="t", startedAt=started, endedAt=done, duration=40)
    running = {"templateId": "t", "startedAt": (NOW - timedelta(seconds=ran)).isoformat()}
    job_id = world.add(state="JOB_STATE_STARTED", **running)
    async with finding(create_app(world)) as finder:
        await finder.reader.refresh(_count)
        wait, watched = await look_at(finder, job_id)
        suggested = await wait.suggest_pause(finder, watched, NOW)
    # ByteNite's clock is known to the second.
    assert suggested == pytest.approx(pause, abs=1 / POLLS)


@pytest.mark.parametrize(("waited", "pause"), [(0, SHORTEST_PAUSE), (40, 10), (4000, LONGEST_PAUSE)])
async def test_pauses_follow_the_time_passed_where_nothing_is_known_and_nothing_is_asked(
    waited: int, pause: float
) -> None:
    world = World(20, clock=lambda: NOW)
    app = create_app(world)
    job_id = world.add()
    world.run(job_id)
    async with finding(app) as finder:
        wait, watched = await look_at(finder, job_id)
        assert await wait.suggest_pause(finder, watched, wait.since + timedelta(seconds=waited)) == pause
        assert not finder.reader.store.at_hand
    assert len([sent for sent in app.state.requests if job_id in sent.path]) == len(app.state.requests) - 1


async def _count(read: int, total: int | None) -> None:
    """Report nothing."""
