"""Cells below a secret's name, in tables of any notation."""

import pytest

from bytenite_mcp.privacy.tables import find_in_tables, find_inserted
from tests.privacy.spans import found


@pytest.mark.parametrize(
    "table",
    [
        "user,password,city\nana,tulip-7,Rome\nben,rose-8,Bonn\n",
        "user  password  city\nana   tulip-7   Rome\nben   rose-8    Bonn\n",
        "user\tpassword\tcity\nana\ttulip-7\tRome\nben\trose-8\tBonn\n",
        "| user | password | city |\n| ana | tulip-7 | Rome |\n| ben | rose-8 | Bonn |\n",
        " user | password | city \n------+----------+------\n ana | tulip-7 | Rome\n ben | rose-8 | Bonn\n(2 rows)",
        "+-----+----------+\n| user | password |\n+-----+----------+\n| ana | tulip-7 |\n| ben | rose-8 |\n+-----+---",
        " password \n----------\n tulip-7\n rose-8\n(2 rows)\n",
        "+----------+\n| password |\n+----------+\n| tulip-7  |\n| rose-8   |\n+----------+\n",
        "user;password;city\nana;'tulip-7';Rome\nben;'rose-8';Bonn",
        'user;password;city\n"ana";"tulip-7";"Rome; Italy"\n"ben";"rose-8";"Bonn"',
    ],
)
def test_every_row_of_the_column_is_found_and_no_other_column(table: str) -> None:
    assert found(find_in_tables, f"two rows\n\n{table}") == ["tulip-7", "rose-8"]


def test_a_table_ends_where_a_row_has_another_number_of_cells() -> None:
    assert found(find_in_tables, "user,password\nana,tulip-7\n\nben,rose-8\n") == ["tulip-7"]


def test_a_row_that_names_a_secret_is_no_head() -> None:
    assert not found(find_in_tables, "| name | value |\n| password | tulip-7 |\n| fps | 24 |\n")
    assert not found(find_in_tables, "1,password,never\n2,fps,24 a second\n")


@pytest.mark.parametrize(
    "text",
    [
        "user,city\nana,Rome\n",
        "password\ntulip\n",
        "Password\n--------\ntulip\n\n(1 row)\n",
        "User, password\n-----\nYour user, in short\n",
        "user,password\nana,${PASSWORD}\n",
    ],
)
def test_a_table_without_a_secret_is_left_alone(text: str) -> None:
    assert not found(find_in_tables, text)


def test_what_is_inserted_into_a_secrets_column_is_found_in_each_row() -> None:
    text = (
        "INSERT INTO users (name, \"password\") VALUES ('ana, b.', 'tulip''7'), ('ben', 'rose-8'); -- (x, y)"
    )
    assert found(find_inserted, text) == ["'tulip''7'", "'rose-8'"]
    assert not found(find_inserted, text.replace("password", "city"))
