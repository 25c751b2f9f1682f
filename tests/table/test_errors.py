"""Errors of questions name the argument."""

from bytenite_mcp.table.errors import BadQuery


def test_a_bad_query_names_its_argument_and_the_problem_in_a_sentence() -> None:
    error = BadQuery("filters[0].value", "there is no such state")
    assert str(error) == "filters[0].value: there is no such state."
    assert error.argument == "filters[0].value"
