"""Secrets whose names stand beside them: in pairs, lists, arguments and tables."""

from typing import Any

import pytest

from bytenite_mcp.privacy.names import Strength
from bytenite_mcp.privacy.pairs import (
    find_table,
    is_flag,
    strengths_of_columns,
    strengths_of_items,
    strengths_of_members,
)

NONE, WEAK, STRONG = Strength.NONE, Strength.WEAK, Strength.STRONG


@pytest.mark.parametrize(
    ("members", "strengths"),
    [
        ({"name": "DB_PASSWORD", "value": "x"}, {"name": NONE, "value": STRONG}),
        ({"Key": "API_TOKEN", "Value": "x"}, {"Key": NONE, "Value": WEAK}),
        ({"name": "region", "value": "x"}, {"name": NONE}),
        ({"name": "region", "value": "x", "sensitive": True}, {"name": NONE, "value": STRONG}),
        ({"name": "region", "value": "x", "sensitive": False}, {"name": NONE}),
        ({"name": "region", "value": "x", "enabled": True}, {"name": NONE}),
        ({"setting": "DB_PASSWORD", "value": "x"}, {"setting": NONE, "value": STRONG}),
        ({"name": "DB_PASSWORD"}, {}),
        ({"kty": "RSA", "d": "x", "n": "y", "p": "z"}, {"d": STRONG, "p": STRONG}),
    ],
)
def test_the_value_of_a_pair_is_rated_by_the_pairs_name(
    members: dict[str, Any], strengths: dict[str, Strength]
) -> None:
    assert strengths_of_members(members) == strengths


@pytest.mark.parametrize(
    ("items", "secret"),
    [
        (["--user", "ana", "--password", "x"], [3]),
        (["--password", "--verbose"], []),
        (["password", "x"], [1]),
        (["password", "username"], []),
        (["user", "ana", "token", "xK9-ab7Q2w"], [3]),
        (["user", "ana", "token", "words"], []),
        (["password", 123456], [1]),
        (["password", 123456, 7], []),
        ([], []),
    ],
)
def test_an_item_is_rated_by_the_item_before(items: list[Any], secret: list[int]) -> None:
    strengths = strengths_of_items(items)
    assert len(strengths) == len(items)
    assert [n for n, strength in enumerate(strengths) if strength] == secret


@pytest.mark.parametrize(
    ("head", "rows", "strengths"),
    [
        (["user", "password"], [["ana", "x"], ["ben", "y"]], [NONE, STRONG]),
        (["user", "password"], ["ana", "x"], [NONE, STRONG]),
        (["user", "password"], [["ana"]], []),
        (["user", "city"], [["ana", "x"]], []),
        (["user", "password"], "text", []),
        ("password", [["x"]], []),
        (["user", "password"], ["ana"], []),
        (["user", "password"], [["ana"], ["ben"]], []),
        (["user", "password"], [["ana", "x"], ["ben"]], [NONE, STRONG]),
        (["user", "password"], 5, []),
        (5, [["x"]], []),
    ],
)
def test_the_columns_of_a_table_are_rated_by_its_head(
    head: Any, rows: Any, strengths: list[Strength]
) -> None:
    assert strengths_of_columns(head, rows) == strengths
    assert find_table({"columns": head, "rows": rows}) == ({"rows": strengths} if strengths else {})


@pytest.mark.parametrize(
    ("text", "flag"), [("--password", True), ("-p", True), ("--p=x", False), ("-5", False)]
)
def test_a_flag_is_told_from_other_arguments(text: str, flag: bool) -> None:
    assert is_flag(text) is flag
