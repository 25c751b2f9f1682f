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
        f"the API key: {SECRET}",
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
    ],
)
def test_what_is_no_value_of_a_secret_is_left_alone(text: str) -> None:
    assert not found(find_assigned, text)


def test_each_value_of_a_line_is_found_for_itself() -> None:
    text = f"user=ana password={SECRET} mode=fast token=Zt5-{SECRET} steps=3"
    assert found(find_assigned, text) == [SECRET, f"Zt5-{SECRET}"]
