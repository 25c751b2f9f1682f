"""What a table says of itself beside its answers."""

from bytenite_mcp.table.status import LATE, ODD, UNLISTED, TableStatus

WHOLE = TableStatus(None, partial=False, read=5, notes=(LATE,))


def test_notes_follow_one_another_in_one_text() -> None:
    assert TableStatus(None, partial=False, read=5, notes=(ODD, LATE)).note == f"{ODD}. {LATE}"
    assert TableStatus(None, partial=False, read=5, notes=(ODD, ODD)).note == ODD
    assert TableStatus(None, partial=False, read=5).note == ""


def test_a_table_that_lacks_jobs_is_partial_and_says_so_once() -> None:
    lacking = WHOLE.lacking_jobs()
    assert (lacking.partial, lacking.read, lacking.notes) == (True, 5, (LATE, UNLISTED))
    assert lacking.lacking_jobs() is lacking
