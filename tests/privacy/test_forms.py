"""Values beside their names without an equals sign or colon."""

import pytest

from bytenite_mcp.privacy.assignments import find_assigned
from bytenite_mcp.privacy.forms import find_in_manifests, find_in_prose
from tests.privacy.spans import found

SECRET = "xK9-ab7Q2w"


@pytest.mark.parametrize(
    "text",
    [
        f'{{"name": "DB_PASSWORD", "value": "{SECRET}"}}',
        f'{{"value": "{SECRET}", "name": "DB_PASSWORD"}}',
        f'{{"ParameterKey": "DbPassword", "ParameterValue": "{SECRET}"}}',
        f"ParameterValue=24,ParameterKey=Fps,ParameterValue={SECRET},ParameterKey=DbPassword",
        f"<password>{SECRET}</password>",
        f"<password><![CDATA[{SECRET}]]></password>",
        f"<key>password</key>\n  <string>{SECRET}</string>",
        f"<th>Password</th><td>{SECRET}</td>",
        f'{{password, "{SECRET}"}}',
        f"password = <<EOF\n{SECRET}\nEOF",
        f">>> password\n'{SECRET}'",
        f"use this password to proceed:\n\n{SECRET}\n",
        f"set_password('{SECRET}')",
        f"[('user', 'ana'), ('password', '{SECRET}')]",
        f"password<<EOF\n{SECRET}\nEOF",
        f"--password {SECRET} --port 5",
        f"the password is {SECRET}",
        f"the password was set to {SECRET}",
        f"passwd has been changed to {SECRET}",
        f"the temporary password for root@localhost: {SECRET}",
        f"use {SECRET} as the DB password",
        f'Content-Disposition: form-data; name="password"\r\n\r\n{SECRET}',
        f"row: 'x', 'password', '{SECRET}'",
    ],
)
def test_a_value_is_found_in_each_form(text: str) -> None:
    assert found(find_assigned, text) == [SECRET]


@pytest.mark.parametrize(
    "text",
    [
        "the password is missing",
        '"""In the second pass.\n"""\n\nimport os\n\n"""x"""',
        f"get_password('{SECRET}')",
        "[('password', 'username'), ('key', 'kind')]",
        "<password></password>",
        "['pass', '##words', 'are', 'many']",
        "message Pass { int32 number = 1; }",
        "password\n  Field required [type=missing, input_value={'fps': 24}]",
        "--password --port 5",
        "the token f4ce2ca0-bf49-4fb7-a32f-da899167678e",
        "the temporary password for root@localhost: rejected",
        f"if (token> {SECRET}</b>) stop",
        f"use {SECRET}:password",
        "row: 'x', 'password', 'tulip'",
        '[{"value": "tulip", "name": "fps"}, {"id": "password"}]',
        "set password before the run",
        "the requirepass tulip",
        "masterauth is deprecated",
        "password of the admin: 'unchanged'",
        'the new password for ana: "must be longer"',
        'no password for ana: "lookup failed"',
        "['pass', 'tulip', 'rose']",
        "pass rate=3x9Q2",
        "access token obtained: expired-long-ago-in-march",
        f"key from the cache: {SECRET}{SECRET}",
    ],
)
def test_what_stands_beside_a_name_without_being_its_value_is_left_alone(text: str) -> None:
    assert not found(find_assigned, text)


@pytest.mark.parametrize(
    "text",
    [
        "f('password', 'tulip')",
        "f('password','tulip')",
        "['password', 'tulip']",
        '{"password", "tulip"}',
        "['pass', 'tulip']",
        "run, '--password', 'tulip'",
        "login --password tulip",
        "redis> CONFIG SET requirepass tulip",
        "port 6379\nmasterauth tulip",
        "git config --global user.password tulip",
        'the password "tulip" for ana',
        'the temporary password for ana: "tulip"',
        "Password of the admin is 'tulip'",
    ],
)
def test_a_word_is_found_where_the_form_leaves_no_doubt(text: str) -> None:
    assert found(find_assigned, text) == ["tulip"]


def test_a_token_is_found_after_a_clause_that_says_where_it_is_from() -> None:
    token = f"{SECRET}.{SECRET}"
    assert found(find_assigned, f"token from the cache: {token}") == [token]
    assert found(find_assigned, f"used {token} as the API token") == [token]
    assert not found(find_assigned, f"used {token} as the token id")
    assert not found(find_assigned, f"used {token} as the key, and {SECRET} as the API token")
    assert found(find_assigned, "the password tulip#4you") == ["tulip#4you"]


def test_the_data_of_a_secret_of_kubernetes_is_found_and_that_of_other_manifests_is_not() -> None:
    plain, secret = "kind: ConfigMap\ndata:\n  fps: 24\n", "data:\n  db: eA==\n  b: eQ==\nkind: Secret\n"
    assert found(find_in_manifests, f"{plain}---\n{secret}---\n{plain}") == ["db: eA==\n  b: eQ=="]


def test_a_password_in_a_sentence_without_spaces_is_found() -> None:
    assert found(find_in_prose, f"初期パスワードは「{SECRET}」です") == [SECRET]
    assert not found(find_in_prose, "パスワードは必須です")
    assert not found(find_in_prose, "パスワードは sunflower です")
