"""What is known of the list since it was read: whether the table is whole, and whether the total shows a difference."""

from collections.abc import AsyncIterator, Sequence

import pytest

from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.simulator import World, create_app
from bytenite_mcp.table.background import Background, Share
from bytenite_mcp.table.changes import Changes
from bytenite_mcp.table.known import Known
from bytenite_mcp.table.listing import Direction
from bytenite_mcp.table.news import News
from bytenite_mcp.table.reading import FULL, Reading
from bytenite_mcp.table.status import UNLISTED, UNORDERED
from bytenite_mcp.table.store import Store
from tests.conftest import VirtualTime, as_clean, client_to

pytestmark = pytest.mark.anyio


@pytest.fixture
async def known(store: Store) -> AsyncIterator[Known]:
    clock = VirtualTime()
    async with client_to(create_app(World(10)), clock) as client:
        share = Share(Background())
        reading = Reading(
            CleanClient(client), store, share, clock, clock.sleep, reads_ahead=True, replaces=False
        )
        await reading.run()
        yield Known(reading)


def with_news(known: Known, *, sufficed: bool = True, gap: int | None = 0) -> Known:
    """Add news of which these two are known."""
    reading = known.reading

    async def enter(records: Sequence[CleanRecord], asked_at: float = 0) -> Changes:
        return await reading.store.put(records, asked_at)

    about = reading.client, reading.store, enter, enter, reading.clock, reading.direction, reading.listed
    known.news = News(*about, gap=gap, sufficed=sufficed)
    return known


async def test_a_list_that_was_read_completely_is_whole_and_nothing_is_told_of_it(known: Known) -> None:
    assert known.is_whole
    assert known.is_consistent
    assert not any(known.notes)


async def test_it_is_consistent_as_long_as_the_news_suffice_and_the_total_changes_as_the_list_does(
    known: Known,
) -> None:
    assert with_news(known).is_consistent
    assert with_news(known, gap=None).is_consistent
    assert not with_news(known, sufficed=False).is_consistent
    assert not with_news(known, gap=1).is_consistent
    known.trusts_total = False
    assert known.is_consistent
    known.lacks_members = True
    assert not known.is_consistent


async def test_members_that_the_list_omits_and_an_order_that_it_lacks_are_told(known: Known) -> None:
    known.lean = ["params"]
    known.reading.direction = Direction.NONE
    assert not known.is_whole
    unordered, lean = filter(None, known.notes)
    assert unordered == UNORDERED
    assert lean.startswith("ByteNite's list has no readable params")


async def test_a_table_without_memory_for_what_is_new_is_not_whole(known: Known) -> None:
    known.note_full()
    assert not known.is_whole
    assert list(filter(None, known.notes)) == [FULL]


@pytest.mark.parametrize(
    ("created", "replaced", "lists_all"),
    [
        ("2020-01-01T00:00:00Z", 0, False),
        ("2020-01-01T00:00:00Z", 1, True),
        ("2099-01-01T00:00:00Z", 0, True),
        (None, 0, True),
    ],
)
async def test_a_job_older_than_the_reading_that_replaces_none_was_not_listed(
    known: Known, created: str | None, replaced: int, lists_all: bool
) -> None:
    fresh = as_clean({"id": "a", "createdAt": created})
    known.note_unlisted(fresh, Changes(numbers=[0], fresh=[0], added=1, replaced=replaced, behind=[]))
    assert known.is_whole is lists_all
    assert (UNLISTED in known.notes) is not lists_all


async def test_a_job_that_a_partial_reading_lacks_may_have_been_listed(known: Known) -> None:
    known.reading.whole = False
    fresh = as_clean({"id": "a", "createdAt": "2020-01-01T00:00:00Z"})
    known.note_unlisted(fresh, Changes(numbers=[0], fresh=[0], added=1, replaced=0, behind=[]))
    assert UNLISTED not in known.notes
