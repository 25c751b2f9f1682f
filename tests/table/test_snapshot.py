"""What is known of the list since it was read: whether the table is whole, and whether the total shows a difference."""

from datetime import UTC, datetime

import pytest

from bytenite_mcp.table.changes import Changes
from bytenite_mcp.table.evidence import Direction
from bytenite_mcp.table.snapshot import FRESH_FOR, TIMES_ITS_LENGTH, Snapshot
from bytenite_mcp.table.status import FULL, UNORDERED
from tests.conftest import as_clean


@pytest.fixture
def snapshot() -> Snapshot:
    """Return that of a list of ten jobs, of which ByteNite counted eleven."""
    return Snapshot(
        began=100.0,
        took=1.0,
        as_of=datetime(2026, 3, 4, tzinfo=UTC),
        whole=True,
        direction=Direction.NEWEST_FIRST,
        gap_then=1,
        gap_now=1,
    )


def test_a_list_that_was_read_completely_is_complete_and_nothing_is_told_of_it(snapshot: Snapshot) -> None:
    assert snapshot.is_complete
    assert snapshot.is_consistent
    assert not any(snapshot.notes)


def test_it_is_consistent_as_long_as_the_news_suffice_and_the_total_changes_as_the_list_does(
    snapshot: Snapshot,
) -> None:
    snapshot.gap_now = None
    assert snapshot.is_consistent
    snapshot.gap_now = 2
    assert not snapshot.is_consistent
    snapshot.trusts_total = False
    assert snapshot.is_consistent
    snapshot.up_to_date = False
    assert not snapshot.is_consistent


def test_it_is_inconsistent_while_jobs_have_not_all_their_members(snapshot: Snapshot) -> None:
    snapshot.lacks_members = True
    assert not snapshot.is_consistent


def test_a_list_that_was_read_in_part_is_not_read_again_because_of_what_is_new(snapshot: Snapshot) -> None:
    snapshot.whole, snapshot.up_to_date = False, False
    assert snapshot.is_consistent


def test_an_order_that_the_list_lacks_is_told(snapshot: Snapshot) -> None:
    snapshot.direction = Direction.NONE
    assert snapshot.is_complete
    assert list(filter(None, snapshot.notes)) == [UNORDERED]


def test_of_the_members_that_the_list_omits_the_first_are_named_and_the_others_counted(
    snapshot: Snapshot,
) -> None:
    snapshot.lean = ["params"]
    assert not snapshot.is_complete
    assert [note for note in snapshot.notes if note.startswith("ByteNite's list has no readable params, so")]
    snapshot.lean = list("abcdefgh")
    assert [note for note in snapshot.notes if "no readable a, b, c, d, e, f, g, h, so" in note]
    snapshot.lean = list("abcdefghij")
    assert [note for note in snapshot.notes if "no readable a, b, c, d, e, f, g, h and 2 more, so" in note]


def test_a_table_without_memory_for_what_is_new_is_not_complete(snapshot: Snapshot) -> None:
    snapshot.note_full()
    assert not snapshot.is_complete
    assert list(filter(None, snapshot.notes)) == [FULL]


@pytest.mark.parametrize(("took", "valid"), [(1.0, FRESH_FOR), (10.0, 10.0 * TIMES_ITS_LENGTH)])
def test_it_is_stale_after_a_minute_or_twenty_times_the_duration_of_the_reading(
    snapshot: Snapshot, took: float, valid: float
) -> None:
    snapshot.took = took
    assert not snapshot.is_stale(snapshot.began + valid)
    assert snapshot.is_stale(snapshot.began + valid + 1)


@pytest.mark.parametrize(
    ("created", "replaced", "lacks_some"),
    [
        ("2020-01-01T00:00:00Z", 0, True),
        ("2020-01-01T00:00:00Z", 1, False),
        ("2099-01-01T00:00:00Z", 0, False),
        (None, 0, False),
    ],
)
def test_a_job_older_than_the_reading_that_replaces_none_was_not_listed(
    snapshot: Snapshot, created: str | None, replaced: int, lacks_some: bool
) -> None:
    fresh = as_clean({"id": "a", "createdAt": created})
    changes = Changes(numbers=[0], fresh=[0], added=1, replaced=replaced, behind=[])
    assert snapshot.lacks_some(fresh, changes) is lacks_some
    snapshot.whole = False
    assert not snapshot.lacks_some(fresh, changes)
    snapshot.whole, snapshot.as_of = True, None
    assert not snapshot.lacks_some(fresh, changes)
