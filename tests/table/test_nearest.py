"""The texts of jobs that are similar to one that no job has."""

import pytest

from bytenite_mcp.table.nearest import find_nearest, render_texts
from bytenite_mcp.table.schema import RECORDS
from tests.table.tables import holding

NAMES = ["Étude 43", "nightly run", "nightly run 2", "O'Hara's clip", "train/bert"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("NIGHTLY", "'nightly run', 'nightly run 2'"),
        ("etude", "'Étude 43'"),
        ("E\u0301tude", "'Étude 43'"),
        ("O\u2019Hara", "\"O'Hara's clip\""),
        ("tarin/bert", "'train/bert'"),
        ("something else", ""),
    ],
)
def test_case_accents_apostrophes_and_slips_do_not_matter(text: str, found: str) -> None:
    with holding([{"id": name, "name": name} for name in [*NAMES, NAMES[0]]]) as table:
        assert find_nearest(table, "name", RECORDS, text) == found


def test_no_more_than_three_are_named_and_those_that_contain_it_first() -> None:
    with holding([{"id": f"{n}", "name": f"run-{n}"} for n in range(9)]) as table:
        assert find_nearest(table, "name", RECORDS, "run-7") == "'run-7', 'run-0', 'run-1'"


def test_texts_of_jobs_are_quoted_in_one_line_and_shortened() -> None:
    told = render_texts(["a\nb'", "x" * 100])
    assert "\n" not in told
    assert told.startswith('"a')
    assert len(told) < 90
