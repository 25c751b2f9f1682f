"""Users and passwords in addresses: only they are found, and what is left can be shown."""

import pytest

from bytenite_mcp.privacy.addresses import find_connections, find_in_queries, find_logins, safe_url
from bytenite_mcp.privacy.texts import scrub
from tests.privacy.spans import found

RANDOM = "Kq7xW2mP9vTz4LrB8nYs"


@pytest.mark.parametrize(
    ("url", "login"),
    [
        ("postgres://ana:tulip-7@db.internal:5432/jobs", "ana:tulip-7"),
        ("https://ana:a/b?c#d@h.example/x", "ana:a/b?c#d"),
        ("https://ana:tulip-7@h.example/@scope/a", "ana:tulip-7"),
        ("https://ana:a@b/c@h.example/x", "ana:a@b/c"),
        ("https://qzxkwjvbplmn:@h.example/a", "qzxkwjvbplmn:"),
        ("redis://:sunflower@cache:6379", ":sunflower"),
        (r"smb://OFFICE\ana:tulip-7@h.example/a", r"OFFICE\ana:tulip-7"),
        (f"https://{RANDOM}@git.example/a.git", RANDOM),
    ],
)
def test_a_password_in_a_url_is_found_with_its_user(url: str, login: str) -> None:
    assert found(find_logins, f"cannot reach {url} now") == [login]


@pytest.mark.parametrize(
    "url",
    [
        "https://h.example:8443/a@b",
        "ssh://git@h.example/a",
        "ftp://ana:${PASSWORD}@h.example",
        "http://h/a:b@2x.png",
    ],
)
def test_a_url_without_a_password_is_left_alone(url: str) -> None:
    assert not found(find_logins, url)


def test_a_value_that_is_secret_only_beside_a_signature_is_found_only_there() -> None:
    url = f"https://h.example/a?part={RANDOM}"
    assert not found(find_in_queries, url)
    assert found(find_in_queries, f"{url}&sig=x&folder=videos-of-the-week-before") == [RANDOM]


@pytest.mark.parametrize(
    "text",
    [
        f"ana:{RANDOM}@tcp(db:3306)/jobs",
        f"jdbc:oracle:thin:ana/{RANDOM}@//db:1521/jobs",
        f"machine h.example login ana password {RANDOM}",
        f"db.internal:5432:jobs:ana:{RANDOM}",
        f"CREATE USER ana IDENTIFIED BY {RANDOM}",
        f"10.0.0.7:8080:ana:{RANDOM}",
    ],
)
def test_a_password_in_a_connection_that_is_no_url_is_found(text: str) -> None:
    assert found(find_connections, text) == [RANDOM]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("proxy=ana:tulip@proxy.internal:3128", "tulip"),
        ("connecting to ana:tulip@db.internal:5432/jobs", "tulip"),
        ("#0 db.php(7): PDO->__construct('mysql:host=db', 'ana', 'tulip', Array)", "'tulip'"),
        ("#1 db.php(7): mysqli_connect('db', 'ana', 'tulip')", "'tulip'"),
        ('db.auth("ana", "tulip")', '"tulip"'),
    ],
)
def test_a_password_that_is_a_word_is_found_where_a_connection_leaves_no_doubt(
    text: str, secret: str
) -> None:
    assert found(find_connections, text) == [secret]
    assert secret not in scrub(text)


@pytest.mark.parametrize(
    "text",
    [
        "machine h.example login ana password ${PASSWORD}",
        "image:stable@node.internal:8080",
        "image:latest@sha256:1234abcd",
        "db.internal:5432:jobs:ana:done",
        "login with password failed",
        "login ana password is wrong",
        "the default password of the router",
    ],
)
def test_a_connection_without_a_password_is_left_alone(text: str) -> None:
    assert not found(find_connections, text)


@pytest.mark.parametrize(
    ("url", "shown", "cut_off"),
    [
        ("s3://bucket/a/b.mp4", "s3://bucket/a/b.mp4", []),
        ("https://h.example:8443/a", "https://h.example:8443/a", []),
        ("https://ana:x@h.example/a?b=c#d", "https://h.example/a?[withheld]", ["ana:x", "b=c", "d"]),
        ("https://h.example/a?[withheld]", "https://h.example/a?[withheld]", []),
        ("https://[h.example/a?b=c", "[withheld]", ["https://[h.example/a?b=c"]),
        ("https://ana:a/b@h.example/", "[withheld]", ["https://ana:a/b@h.example/"]),
        ("https://ana:7/b@h.example/", "[withheld]", ["https://ana:7/b@h.example/"]),
        ("https://ana@h:tulip/x", "[withheld]", ["https://ana@h:tulip/x"]),
    ],
)
def test_a_url_is_shown_without_what_may_let_anybody_in(url: str, shown: str, cut_off: list[str]) -> None:
    assert safe_url(url) == (shown, cut_off)
