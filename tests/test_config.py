"""Settings: from the environment, trimmed, checked, and never shown with the key."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bytenite_mcp.config import Settings, SettingsError, is_loopback, name_variable


def read(**given: str) -> Settings:
    return Settings.from_environment({f"BYTENITE_{name}": value for name, value in given.items()})


def refusal(**given: str) -> str:
    with pytest.raises(SettingsError) as refused:
        read(**given)
    return str(refused.value)


def test_with_nothing_set_the_defaults_are_those_documented() -> None:
    settings = Settings.from_environment({"PATH": "/bin", "HOME": "/"})
    upstream = settings.model_dump(exclude={"api_key", "demo"})
    assert {name: value for name, value in upstream.items() if not name.startswith("mcp_")} == {
        "api_key_file": "",
        "base_url": "https://api.bytenite.com/v1",
        "jobs_prefix": "customer",
        "timeout": 10.0,
        "max_retries": 3,
        "max_jobs": 200_000,
        "timezone": "UTC",
        "log_level": "WARNING",
    }
    assert settings.api_key.get_secret_value() == ""
    assert settings.demo is False


def test_every_setting_is_read_from_its_variable() -> None:
    settings = read(
        API_KEY="a-key",
        BASE_URL="https://elsewhere.example/v2/",
        JOBS_PREFIX="computing",
        TIMEOUT="2.5",
        MAX_RETRIES="0",
        MAX_JOBS="500",
        LOG_LEVEL="DEBUG",
        TIMEZONE="Asia/Tokyo",
    )
    assert settings.api_key.get_secret_value() == "a-key"
    assert settings.base_url == "https://elsewhere.example/v2"
    assert settings.host == "elsewhere.example"
    assert settings.jobs_prefix == "computing"
    assert (settings.timeout, settings.max_retries, settings.max_jobs) == (2.5, 0, 500)
    assert (settings.log_level, settings.timezone) == ("DEBUG", "Asia/Tokyo")


def test_each_field_has_a_description_and_a_variable() -> None:
    assert all(field.description for field in Settings.model_fields.values())
    assert name_variable("api_key") == "BYTENITE_API_KEY"


def test_white_space_round_a_value_is_trimmed_and_an_empty_one_is_not_set() -> None:
    settings = read(
        API_KEY="  a-key\r\n", TIMEOUT=" 5 ", LOG_LEVEL=" debug ", JOBS_PREFIX=" /Computing/ ", MAX_JOBS=" "
    )
    assert settings.api_key.get_secret_value() == "a-key"
    assert (settings.timeout, settings.log_level, settings.jobs_prefix) == (5, "DEBUG", "computing")
    assert settings.max_jobs == 200_000


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("BYTENITE_APIKEY", "BYTENITE_API_KEY"),
        ("BYTENITE_URL", "BYTENITE_BASE_URL"),
        ("BYTENITE_RETRIES", "BYTENITE_MAX_RETRIES"),
        ("bytenite_timeout", "BYTENITE_TIMEOUT"),
        ("BYTENITE_LOGLEVEL", "BYTENITE_LOG_LEVEL"),
    ],
)
def test_an_unknown_name_stops_the_start_with_the_nearest_valid_one(misspelt: str, meant: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({misspelt: "hunter2"})
    assert str(refused.value) == f"{misspelt} is not a setting. Did you mean {meant}?"


def test_no_setting_is_proposed_for_a_name_that_resembles_none() -> None:
    told = refusal(WORKSPACE_ID="x")
    assert told.startswith(
        "BYTENITE_WORKSPACE_ID is not a setting. Unset it, or use one of BYTENITE_API_KEY, "
    )
    assert "Did you mean" not in told


def test_the_demo_is_no_environment_variable() -> None:
    assert "BYTENITE_DEMO is not a setting" in refusal(DEMO="1")


def test_names_of_others_are_left_alone() -> None:
    assert Settings.from_environment({"MY_BYTENITE_KEY": "x", "BYTENITER": "y"}) == Settings()


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8787/v1",
        "http://127.0.0.1/v1",
        "http://127.9.9.9",
        "http://[::1]:8787/v1",
        "HTTPS://api.example",
        "https://10.0.0.1:8443/a/b",
    ],
)
def test_a_url_is_taken_if_it_is_https_or_stays_on_this_machine(url: str) -> None:
    assert read(BASE_URL=url).base_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://api.bytenite.com/v1",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://127.1",
        "http://[::ffff:10.0.0.1]",
    ],
)
def test_a_key_does_not_travel_in_the_clear(url: str) -> None:
    said = refusal(BASE_URL=url)
    assert said.startswith("BYTENITE_BASE_URL: must be https, so that no secret travels in the clear")


@pytest.mark.parametrize(
    "url",
    [
        "api.bytenite.com", "ftp://api.bytenite.com", "https://", "https:///v1", "https://[1", "https://a b", "https://h:x",
        "https://h:99999", "https://h:0", "https://ä.example", "https://h/ö", "https://good.example\\.evil.example",
        "file:///etc/passwd", "https://h/\x00", "//h", "https://[fe80::1%25eth0]",
    ],
)  # fmt: skip
def test_what_is_no_address_of_an_api_is_refused(url: str) -> None:
    assert refusal(BASE_URL=url).startswith("BYTENITE_BASE_URL: ")


@pytest.mark.parametrize(
    "url", ["https://u@h", "https://u:p@h/v1", "https://h/?q=1", "https://h/#f", "https://a\\@evil.example"]
)
def test_a_url_carries_no_credentials(url: str) -> None:
    assert refusal(BASE_URL=url) == "BYTENITE_BASE_URL: must not carry a user, password, query or fragment"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TIMEOUT", "0"), ("TIMEOUT", "-1"), ("TIMEOUT", "46"), ("TIMEOUT", "nan"), ("TIMEOUT", "inf"),
        ("TIMEOUT", "ten"),
        ("MAX_RETRIES", "-1"), ("MAX_RETRIES", "11"), ("MAX_RETRIES", "1.5"), ("MAX_JOBS", "-1"), ("MAX_JOBS", "many"),
        ("LOG_LEVEL", "LOUD"),
        ("JOBS_PREFIX", "other"), ("JOBS_PREFIX", "../admin"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_work_is_refused_by_the_name_of_its_variable(name: str, value: str) -> None:
    assert refusal(**{name: value}).startswith(f"BYTENITE_{name}: ")


@pytest.mark.parametrize("zone", ["CEST+1", "../UTC", "/etc/localtime", "Europe"])
def test_a_time_zone_without_an_iana_name_is_refused_in_our_words(zone: str) -> None:
    assert refusal(TIMEZONE=zone) == "BYTENITE_TIMEZONE: should be an IANA name such as Europe/Berlin or UTC"


def test_all_that_is_wrong_is_said_at_once() -> None:
    said = refusal(TIMEOUT="0", LOG_LEVEL="LOUD")
    assert [line.partition(":")[0] for line in said.splitlines()] == [
        "BYTENITE_TIMEOUT",
        "BYTENITE_LOG_LEVEL",
    ]


@pytest.mark.parametrize("key", ["two words", "a\nb", "schlüssel", "a\u200bb"])
def test_a_key_that_was_copied_badly_is_refused_without_being_shown(key: str) -> None:
    said = refusal(API_KEY=key)
    assert said == "BYTENITE_API_KEY: an API key is one word of ASCII characters; copy it again"
    assert key not in said


def test_a_key_that_a_client_did_not_fill_in_is_told_from_one_that_is_wrong() -> None:
    assert "looks like a variable that your client did not fill in" in refusal(API_KEY="${BYTENITE_API_KEY}")


def refused_file(content: bytes, folder: Path) -> str:
    file = folder / "key"
    file.write_bytes(content)
    said = refusal(API_KEY_FILE=str(file))
    assert said.startswith("BYTENITE_API_KEY_FILE: ")
    return said.removeprefix("BYTENITE_API_KEY_FILE: ")


@pytest.mark.parametrize("content", ["a-key", "a-key\n", "  a-key \r\n\n", "\ufeffa-key"])
def test_the_key_may_be_in_a_file(content: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(content, encoding="utf-8")
    settings = read(API_KEY_FILE=f" {tmp_path / 'key'} ")
    assert settings.api_key.get_secret_value() == "a-key"


def test_the_file_of_the_key_may_be_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    (tmp_path / "key").write_text("a-key")
    assert read(API_KEY_FILE="~/key").api_key.get_secret_value() == "a-key"


@pytest.mark.parametrize("content", [b"", b" \n\n", b" " * 10_001])
def test_an_empty_file_is_refused(content: bytes, tmp_path: Path) -> None:
    assert refused_file(content, tmp_path) == "the file is empty; save the API key in it."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hunter2\nhunter3", "an API key is one word of ASCII characters; copy it again"),
        (b"h" * 10_001, "an API key is one word of ASCII characters; copy it again"),
        (b"two words", "an API key is one word of ASCII characters; copy it again"),
        ("schlüssel".encode(), "an API key is one word of ASCII characters; copy it again"),
        (b"${KEY}", "looks like a variable that your client did not fill in; is that variable set?"),
        ("hunter2".encode("utf-16"), "the file is not UTF-8 text; save the API key as plain text."),
    ],
)
def test_a_key_in_a_file_is_checked_like_any_other(content: bytes, said: str, tmp_path: Path) -> None:
    assert refused_file(content, tmp_path) == said


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("hunter2-the-key-itself", "No such file or directory"),
        ("h" * 500, "File name too long"),
        (".", "Is a directory"),
        ("~no-such-user/key", "invalid path"),
        ("a\0b", "invalid path"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_and_what_was_given_is_not_repeated(
    path: str, why: str
) -> None:
    assert refusal(API_KEY_FILE=path) == (
        f"BYTENITE_API_KEY_FILE: the file cannot be read ({why}); name a file that this user can read."
    )


def test_a_key_comes_from_one_place() -> None:
    said = refusal(API_KEY="a-key", API_KEY_FILE="/run/secrets/key")
    assert said == "Set BYTENITE_API_KEY or BYTENITE_API_KEY_FILE, not both."
    assert read(API_KEY="a-key", API_KEY_FILE=" ").api_key.get_secret_value() == "a-key"


JWT = {
    "MCP_JWT_ISSUER": "https://login.example.com",
    "MCP_JWT_AUDIENCE": "https://jobs.example.com",
    "MCP_JWKS_URL": "https://login.example.com/keys",
}


@pytest.mark.parametrize("missing", JWT)
def test_what_belongs_together_is_set_together(missing: str) -> None:
    said = refusal(**{name: value for name, value in JWT.items() if name != missing})
    assert said.endswith(f"belong together; not set: BYTENITE_{missing}.")


def test_callers_prove_who_they_are_in_one_way() -> None:
    assert read(**JWT).mcp_jwks_url == "https://login.example.com/keys"
    assert read(MCP_TOKENS="hunter2").mcp_tokens.get_secret_value() == "hunter2"
    said = refusal(**JWT, MCP_TOKENS="hunter2")
    assert said.startswith("Set BYTENITE_MCP_TOKENS or ")
    assert "hunter2" not in said


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example.com", "login.example.com", "https://u:p@login.example.com",
        "https://@login.example.com", "https://login.example.com:0", "https://login.example.com:99999",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", JWT)
def test_an_identity_provider_is_reached_by_https(name: str, url: str) -> None:
    assert refusal(**JWT | {name: url}).startswith(f"BYTENITE_{name}: ")


def test_a_refused_value_is_not_repeated() -> None:
    for name in ("API_KEY", "BASE_URL", "TIMEOUT", "MAX_RETRIES", "MAX_JOBS", "LOG_LEVEL", "JOBS_PREFIX"):
        assert "hunter2" not in refusal(**{name: "hunter2 ü"})


def test_settings_do_not_change_and_do_not_show_the_key() -> None:
    settings = read(API_KEY="hunter2hunter2")
    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    with pytest.raises(ValueError, match="frozen"):
        settings.timeout = 1.0


@given(st.text())
@example("127.0.0.1\n")
@example("localhost.")
@example("[::1]")
@example("::1%1")
def test_whatever_a_host_is_called_it_is_this_machine_only_by_address_or_as_localhost(host: str) -> None:
    assert not is_loopback(host) or host == "localhost" or re.fullmatch(r"127\.[\d.]+|::1(%.*)?|[0:]+1", host)


@given(
    st.dictionaries(
        st.sampled_from(["API_KEY", "API_KEY_FILE", "BASE_URL", "TIMEOUT", "MAX_JOBS", "LOG_LEVEL", "X"]),
        st.text(),
    )
)
@example({"BASE_URL": "https://[::1]]"})
@example({"MAX_RETRIES": "9" * 5000})
def test_any_environment_gives_settings_or_says_why_not(environ: dict[str, str]) -> None:
    with suppress(SettingsError):
        assert Settings.from_environment({f"BYTENITE_{name}": value for name, value in environ.items()})


def test_only_the_settings_class_reads_the_environment() -> None:
    package = Path(__file__).parents[1] / "bytenite_mcp"
    readers = {
        file.name
        for file in package.rglob("*.py")
        if re.search(r"\bos\.environ\b|getenv", file.read_text(encoding="utf-8"))
    }
    assert readers <= {"config.py", "cli.py", "doctor.py", "demo.py"}
