"""Values of secret names in texts, in the notations of configuration and code."""

import pytest

from bytenite_mcp.privacy.assignments import find_assigned
from tests.privacy.spans import found

SECRET = "xK9-ab7Q2w"


@pytest.mark.parametrize(
    "text",
    [
        f"DB_PASSWORD={SECRET}",
        f"export DB_PASSWORD='{SECRET}'",
        f'{{"host": "h", "password": "{SECRET}", "port": 5}}',
        f"db:\n  password: {SECRET}\n  port: 5",
        f"db:\n  password:\n    {SECRET}\n  port: 5",
        f"password: |\n  {SECRET}\nport: 5",
        f'password = """{SECRET}"""',
        f"X-Api-Key: {SECRET}",
        f"Authorization: Bearer {SECRET}",
        f'let password: &\'static str = "{SECRET}";',
        f":password => '{SECRET}',",
        f"| password | {SECRET} |",
        f'  ["password"]=>\n  string(10) "{SECRET}"\n',
        f"the API key: {SECRET}",
        f"the new password is:\n{SECRET}\nthe port is 5",
        f"password:\n2026-03-01T10:00:00 [INFO] {SECRET}",
        f"path/to/password: {SECRET}",
    ],
)
def test_a_value_is_found_in_any_notation_and_nothing_beside_it(text: str) -> None:
    assert found(find_assigned, text) == [SECRET]


@pytest.mark.parametrize(
    "text",
    [
        "password: must be longer than 8 characters",
        "password: ${DB_PASSWORD}",
        "password:",
        "primary key: customer_id",
        f"https://token:{SECRET}",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/main",
        "tokens: 512 in all",
        "keyboard = qwertyUIOP7x9",
        "echo $password | sort | uniq",
        "the new password is:\nsunflower",
        f"INFO:app.token:loaded in {SECRET}",
    ],
)
def test_what_is_no_value_of_a_secret_is_left_alone(text: str) -> None:
    assert not found(find_assigned, text)


def test_a_password_of_several_words_ends_with_the_quotes_it_stands_in_or_its_line() -> None:
    assert found(find_assigned, "'password: tulip rose', 'x'") == ["tulip rose"]
    assert found(find_assigned, "Server={x};Password=tulip rose;Db=1") == ["tulip rose"]
    assert found(find_assigned, "password: tulip\n  rose\nport: 5") == ["tulip", "rose"]
    assert found(find_assigned, "user / password: ana / tulip") == ["ana / tulip"]
    assert found(find_assigned, "Login [user=ana, password=tulip rose]") == ["tulip rose"]
    assert found(find_assigned, "{User:ana Password:tulip rose Host:h}") == ["tulip rose"]
    assert found(find_assigned, "[user=ana, password=*** as asked]") == []
    assert found(find_assigned, "{user: ana, pass phrase: tulip rose, port: 5}") == ["tulip rose"]


def test_in_the_lines_below_a_name_members_that_describe_and_code_are_left_alone() -> None:
    assert found(find_assigned, "password:\n  name: tulip\n  value: rose\n  more:\n") == ["rose"]
    assert not found(find_assigned, f"def refresh() -> Token:\n    use {SECRET}\n")
    assert found(find_assigned, f"the new Token:\n    {SECRET}\n") == [SECRET]
    assert not found(find_assigned, f"the new token:\n{SECRET}\n")


def test_of_several_values_that_are_assigned_at_once_each_is_found() -> None:
    assert found(find_assigned, "user, password = 'ana', 'tulip'") == ["ana", "tulip"]


def test_each_value_of_a_line_is_found_for_itself() -> None:
    text = f"user=ana password={SECRET} mode=fast token=Zt5-{SECRET} steps=3"
    assert found(find_assigned, text) == [SECRET, f"Zt5-{SECRET}"]
