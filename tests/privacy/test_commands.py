"""Passwords in command lines, known by the tool and its flags."""

import re

import pytest

from bytenite_mcp.privacy.commands import HINT, TOOLS, find_in_commands
from tests.privacy.spans import found

SECRET = "xK9-ab7Q2w"


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        (f"+ curl -sS -u ana:{SECRET} https://h.example/a", f"ana:{SECRET}"),
        (f"mysql -h db -uana -p{SECRET} jobs", SECRET),
        (f"sshpass -p '{SECRET}' ssh ana@h", f"'{SECRET}'"),
        (f"docker login -u ana -p {SECRET} r.example", SECRET),
        (f"redis-cli -h cache -a {SECRET} ping", SECRET),
        (f"echo {SECRET} | docker login -u ana --password-stdin", SECRET),
        (f"chpasswd <<< ana:{SECRET}", f"ana:{SECRET}"),
        (f'docker login -u ana --password-stdin r.example <<< "{SECRET} 2"', f'"{SECRET} 2"'),
        (f"pdftk a.pdf output b.pdf user_pw {SECRET}", SECRET),
        (f"htpasswd -nb ana {SECRET}", SECRET),
        (f"::add-mask::{SECRET};|x", f"{SECRET};|x"),
        (f"some-tool -u ana -p {SECRET}", SECRET),
        (f"Command '['curl', '-u', 'ana:{SECRET} 2', 'h']' returned 22", f"ana:{SECRET} 2"),
        (f'exec ["zip" "-P" "{SECRET}" "a.zip"]', SECRET),
    ],
)
def test_the_password_of_a_command_is_found(line: str, secret: str) -> None:
    assert found(find_in_commands, f"before\n{line}\nafter") == [secret]
    assert re.search(HINT, line)


@pytest.mark.parametrize(
    "line",
    [
        "curl -u ana https://h.example/a",
        "curl -u ana:$PASSWORD https://h.example/a",
        "echo $PASSWORD | docker login -u ana --password-stdin",
        "mkdir -p out/frames",
        "docker run -p 8080:80 nginx",
        f"the curly -u ana:{SECRET}",
    ],
)
def test_a_command_without_a_password_is_left_alone(line: str) -> None:
    assert not found(find_in_commands, line)


@pytest.mark.parametrize("tool", TOOLS)
def test_each_tool_is_hinted_at_by_any_of_its_names(tool: tuple[str, str, bool]) -> None:
    plain = [name for name in tool[0].split("|") if re.fullmatch(r"[\w-]+", name)]
    assert plain
    assert all(re.search(HINT, f"$ {name} x") for name in plain)
