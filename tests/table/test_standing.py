"""What a table says of itself beside its answers."""

import pytest

from bytenite_mcp.table import standing
from bytenite_mcp.table.reading import FULL, LIMITED, MOVING
from bytenite_mcp.table.standing import Standing

NOTES = [value for name, value in vars(standing).items() if name.isupper()]


@pytest.mark.parametrize("note", [*NOTES, FULL, LIMITED, MOVING])
def test_a_note_is_one_short_sentence_that_others_can_follow(note: str) -> None:
    assert note[0].isupper()
    assert not note.endswith((".", " "))
    assert "\n" not in note
    assert len(note) <= 100


def test_no_two_notes_say_the_same() -> None:
    assert len(NOTES) == len(set(NOTES)) > 3


def test_a_complete_table_has_nothing_else_to_tell() -> None:
    whole = Standing(None, partial=False, read=5)
    assert (whole.total, whole.again_in, whole.note) == (None, None, "")


def test_notes_follow_one_another_in_one_text() -> None:
    assert Standing(None, partial=False, read=5, notes=(standing.ODD, standing.LATE)).note == (
        f"{standing.ODD}. {standing.LATE}"
    )
