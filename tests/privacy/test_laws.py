"""Laws of redaction for any record: the structure stays, nothing shown depends on withheld values, time is bounded."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.privacy.redact import clean_record
from bytenite_mcp.privacy.spans import WITHHELD
from bytenite_mcp.privacy.texts import find_secrets
from bytenite_mcp.table.rows import read_rows
from tests.privacy.test_redact import RECORDS, clean

SURE = st.sampled_from(["password", "db_pass", "clientSecret", "passphrase", "PGPASSWORD"])
SECRET = st.text("abcdefgh0123456789", min_size=8, max_size=20).map("xK9-{}-Q7z".format)


def reverse(value: Any) -> Any:
    """Return a value whose objects have their members in the opposite order."""
    if isinstance(value, dict):
        return {name: reverse(inner) for name, inner in reversed(value.items())}
    return [reverse(item) for item in value] if isinstance(value, list) else value


def differences(value: Any, shown: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the values whose type or length changed, unless they are withheld."""
    if type(shown) is not type(value):
        if shown != WITHHELD:
            yield value, shown
    elif isinstance(value, dict | list) and len(value) != len(shown):
        yield value, shown
    elif isinstance(value, dict | list):
        before, after = (one.values() if isinstance(one, dict) else one for one in (value, shown))
        for pair in zip(before, after, strict=True):
            yield from differences(*pair)


@given(RECORDS)
def test_what_is_shown_has_the_structure_of_the_record(record: dict[str, Any]) -> None:
    assert list(differences(record, clean(record))) == []


@given(RECORDS)
def test_the_order_of_members_does_not_matter(record: dict[str, Any]) -> None:
    assert clean(reverse(record)) == clean(record)


@given(RECORDS, st.integers(0, 10**6))
def test_a_member_that_has_nothing_to_do_with_the_others_changes_nothing(
    record: dict[str, Any], steps: int
) -> None:
    assert clean({**record, "trainingSteps": steps}) == {**clean(record), "trainingSteps": steps}


@given(RECORDS, SURE, SECRET, SECRET)
def test_records_that_differ_in_what_is_withheld_look_the_same_and_are_equal_rows(
    record: dict[str, Any], name: str, secret: str, other: str
) -> None:
    def hold(value: str) -> dict[str, Any]:
        source = {"dataSourceDescriptor": "s3", "params": {"secretKey": value, "name": f"{value}.mp4"}}
        error = f"login with {name}={value} failed: {value}"
        return record | {
            "errorMessage": error,
            "params": {"app": [record, {name: value}]},
            "dataSource": source,
        }

    shown, also_shown = clean_record(hold(secret))[0], clean_record(hold(other))[0]
    assert shown == also_shown
    assert read_rows([shown]) == read_rows([also_shown])


HOSTILE = [
    "password=", "key: ", '"password":', "a:b@", "://", "-----BEGIN PRIVATE KEY-----\n", "eyJ", "eyJhbGciOiJ.",
    "%70", "\\u0070", "&quot;", "[{", "((", '"', "'", "\\", "\\n", "<key>", "curl -u ", "token,", "token\n", "name|",
    "login x password ", "A" * 40 + " ", "a-", "a_", "a.", "key ", "hooks/", "identified by ", "x=1;", "- ", "\t",
    "(password) values (", "(token) values ('", "(key) values (1,   ", "''", "s\u0332", "密码是", "curl -u a:b ",
    "[x] password ", "2026 password: ", '{"password": ', "“password”: “", "password: x\n  y\n",
    "kind: Secret\ndata:\n  a: b\n",
    "password for x ", "“password”\n“x”\n", "<th>password</th><td>", "'password', 'x', ", "password <<E\n",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_time_a_text_takes_grows_with_its_length_alone(piece: str, pytestconfig: pytest.Config) -> None:
    if not pytestconfig.getoption("--many"):
        pytest.skip("times are compared under --many alone")
    count, times = 100_000 // len(piece), 6
    assert measure(piece * (times * count)) < 0.1 + 4 * times * measure(piece * count)


def measure(text: str) -> float:
    """Return the seconds that a text takes: the lesser of two measurements."""

    def once() -> float:
        begun = time.process_time()
        find_secrets(text)
        return time.process_time() - begun

    return min(once() for _ in range(2))
