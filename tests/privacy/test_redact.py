"""What may leave: no secret, whatever the record looks like, and every gap to be seen."""

import json
import re
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bytenite_mcp.privacy.credentials import WITHHELD, found_in, safe_url
from bytenite_mcp.privacy.redact import redact, scrub, secrets_of
from bytenite_mcp.privacy.sanitize import sanitize
from bytenite_mcp.simulator import World
from bytenite_mcp.simulator.data_sources import PLANTED
from tests.conftest import NOW, wire

SECRET = "hunter2hunter2"


def shown(record: dict[str, Any]) -> str:
    return json.dumps(redact(record), ensure_ascii=False)


# Whole records


def test_planted_secrets_in_a_thousand_records_never_appear() -> None:
    world = World(1000, seed=1, clock=lambda: NOW)
    records = [json.loads(text) for (text,) in world.rows("SELECT record FROM jobs")]
    assert len(world.secrets) > 100
    for record in records:
        text = shown(record)
        assert PLANTED not in text, text
        assert (PLANTED in json.dumps(record)) <= (WITHHELD in text)


@pytest.mark.parametrize(
    "where", ["accessKey", "secretKey", "tempUrl", "password", "hf_token", "HF_TOKEN", "apiKey"]
)
def test_a_secret_repeated_elsewhere_in_its_record_is_cut_out_there(where: str) -> None:
    world = World(1000, seed=1, clock=lambda: NOW)
    holding = re.compile(rf'"{where}":"([^"]*{PLANTED}[^"]*)"')
    text, secret = next(
        (text, found[1])
        for (text,) in world.rows("SELECT record FROM jobs")
        if (found := holding.search(text))
    )
    repeated = {
        "name": f"run {secret}",
        "errorMessage": f"<{secret}> denied",
        "novelty": {f"y {secret}": 5, "z": [secret]},
    }
    after = redact(json.loads(text) | repeated)
    assert after["name"] == f"run {WITHHELD}"
    assert after["errorMessage"] == f"<{WITHHELD}> denied"
    assert after["novelty"] == {f"y {WITHHELD}": WITHHELD, "z": [WITHHELD]}
    assert PLANTED not in json.dumps(after)


def test_the_captured_record_with_echoed_secrets_shows_all_but_them() -> None:
    record = wire("09")["job"]
    for side in ("dataSource", "dataDestination"):
        params, after = record[side]["params"], redact(record)[side]["params"]
        assert params["accessKey"]
        assert after == {
            "@type": params["@type"],
            "name": params["name"],
            "accessKey": WITHHELD,
            "secretKey": WITHHELD,
            "bucketName": params["bucketName"],
            "cloudRegion": params["cloudRegion"],
        }
        assert redact(record)[side]["dataSourceDescriptor"] == record[side]["dataSourceDescriptor"]
    assert "MASKED" not in shown(record)


@pytest.mark.parametrize("number", ["03", "07", "08", "18"])
def test_a_captured_record_keeps_what_is_set_and_no_secret(number: str) -> None:
    record = wire(number)["job"]
    after = redact(record)
    assert after["id"] == record["id"]
    assert after["state"] == record["state"]
    assert after.keys() == {name for name, value in record.items() if value not in (None, "", {}, [])}


def test_unknown_members_are_kept_and_unset_ones_left_out() -> None:
    record: dict[str, Any] = {
        "id": "a", "novelty": {"deep": [1, None, {"x": "", "y": False}]}, "name": "", "regions": None, "numChunks": 0,
        "stateTimestamps": {}, "tags": [], "numUnitsEstimation": "0",
    }  # fmt: skip
    assert redact(record) == {
        "id": "a",
        "novelty": {"deep": [1, None, {"y": False}]},
        "numChunks": 0,
        "numUnitsEstimation": "0",
    }


def test_the_record_itself_stays_as_it_was() -> None:
    record = wire("09")["job"]
    before = json.dumps(record)
    redact(record)
    assert json.dumps(record) == before


HOSTILE: dict[str, dict[str, Any]] = {
    "a source that is a list": {"dataSource": [{"params": {"secretKey": SECRET}}]},
    "a source that is a text": {"dataSource": f'{{"secretKey": "{SECRET}"}}'},
    "a source whose params are a list": {"dataSource": {"params": [SECRET]}},
    "a source whose params are a text": {"dataSource": {"params": SECRET}},
    "a source in snake case": {"data_source": {"params": {"secret_key": SECRET, "x": SECRET}}},
    "a source in odd case": {"DATASOURCE": {"PARAMS": {"SecretKey": SECRET, "X": SECRET}}},
    "a source with dashes": {"data-destination": {"Params": {"x": SECRET}}},
    "a source without params": {"dataSource": {"accessKey": SECRET, "x": SECRET}},
    "a source within another": {"dataSource": {"params": {"inner": {"params": {"name": SECRET}}}}},
    "a source in a list": {
        "inputs": [{"@type": "type.googleapis.com/bytenite.data_source.S3DataSource", "x": SECRET}]
    },
    "a name of a source that is an object": {
        "dataSource": {"params": {"name": {"x": SECRET}, "bucketName": [SECRET]}}
    },
    "a descriptor that is an object": {"dataSource": {"dataSourceDescriptor": {"x": SECRET}}},
    "a temporary address": {
        "dataSource": {"params": {"tempUrl": f"https://h/{SECRET}", "temp_url": f"https://h/{SECRET}"}}
    },
    "a temporary address elsewhere": {"inputs": [{"tempUrl": f"https://h/{SECRET}"}]},
    "a presigned address": {"dataSource": {"params": {"url": f"https://h/f?X-Amz-Signature={SECRET}"}}},
    "an address with a user": {"dataSource": {"params": {"url": f"https://me:{SECRET}@h/f"}}},
    "an address with a fragment": {"dataSource": {"params": {"url": f"https://h/f#{SECRET}"}}},
    "an address without a scheme": {"dataSource": {"params": {"url": f"me:{SECRET}@h/f"}}},
    "an address with a slash in its password": {
        "dataSource": {"params": {"url": f"https://me:a/{SECRET}@h/f"}}
    },
    "an address with a hash in its password": {
        "dataSource": {"params": {"url": f"https://me:a#{SECRET}@h/f"}}
    },
    "an address with one slash": {"dataSource": {"params": {"url": f"https:/me:{SECRET}@h/f"}}},
    "an address with backslashes": {"dataSource": {"params": {"url": f"https:\\\\me:{SECRET}@h/f"}}},
    "an address that is none": {"dataSource": {"params": {"url": f"https://[{SECRET}"}}},
    "an address in capitals": {"dataSource": {"params": {"URL": f"HTTPS://me:{SECRET}@H/f"}}},
    "a secret name at depth": {"params": {"app": {"a": [{"b": [{"hf_token": SECRET}]}]}}},
    "a secret name over a list": {"params": {"app": {"passwords": [[SECRET], {"x": SECRET}]}}},
    "a secret name in a list of pairs": {"params": {"env": [{"name": "x", "value": f"token={SECRET}"}]}},
    "a secret name in an unknown member": {"novelty": {"clientSecret": SECRET}},
    "a secret name at the top": {"apiKey": SECRET},
}


@pytest.mark.parametrize("case", HOSTILE)
def test_no_shape_of_record_lets_a_secret_out_and_the_gap_is_seen(case: str) -> None:
    record = HOSTILE[case] | {"id": "a", "errorMessage": "it failed"}
    text = shown(record)
    assert SECRET not in text
    assert WITHHELD in text or "[nested too deeply to show]" in text
    assert redact(record)["id"] == "a"
    assert redact(record)["errorMessage"] == "it failed"


def test_a_secret_that_is_part_of_another_leaves_no_rest_of_it() -> None:
    record = {
        "a": {"token": "abcdefgh"},
        "b": {"token": "abcdefgh-ijklmnop"},
        "name": "x abcdefgh-ijklmnop y abcdefgh z",
    }
    assert redact(record)["name"] == f"x {WITHHELD} y {WITHHELD} z"


def test_a_password_is_cut_out_in_plain_and_as_addresses_write_it() -> None:
    record = {
        "dataSource": {"params": {"url": "https://me:hunter%402+x%2Fy@h/f"}},
        "errorMessage": "refused hunter%402+x%2Fy and hunter@2+x/y",
        "name": "hunter@2 x/y",
    }
    assert "hunter" not in shown(record)


def test_a_short_value_is_withheld_where_it_stands_but_not_hunted() -> None:
    record = {"params": {"token": "abc"}, "name": "abc of it"}
    assert redact(record) == {"params": {"token": WITHHELD}, "name": "abc of it"}


MANY_LINES = "-----BEGIN KEY-----\nMIIEvQhunter2aaa\n  MIIEvQhunter2bbb  \n-----END KEY-----\n"


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        (f" {SECRET}\n", f"bad key {SECRET}!"),
        (MANY_LINES, "line 1: MIIEvQhunter2aaa\nline 2: MIIEvQhunter2bbb"),
        (f"Bearer {SECRET}", f"sent {SECRET}"),
        (json.dumps({"private_key_id": SECRET}), f"key {SECRET} is disabled"),
        ("hunter2/hun+ter2", "GET https://h/hunter2%2Fhun%2Bter2 gave 403"),
        ("hunter2/hun+ter2", 'sent {"key":"hunter2\\/hun+ter2"}'),
        ('hunter2"hunter2', 'sent {"x": "hunter2\\"hunter2"}'),
    ],
)
def test_a_secret_is_known_however_it_is_written_elsewhere(secret: str, text: str) -> None:
    after = redact({"dataSource": {"params": {"secretKey": secret}}, "errorMessage": text, "name": text})
    assert "hunter2" not in json.dumps(after)
    assert "hun+ter2" not in json.dumps(after)


def test_many_withheld_values_do_not_crowd_out_a_key() -> None:
    crowd = [f"a-rather-long-path-of-an-object-{n:05}.parquet" for n in range(5000)]
    record = {"params": {"keys": crowd}, "dataSource": {"params": {"secretKey": SECRET}}}
    assert redact(record | {"errorMessage": f"<{SECRET}>"})["errorMessage"] == f"<{WITHHELD}>"
    assert SECRET in secrets_of(record)


def test_secrets_of_a_record_are_given_to_cut_them_out_of_its_log() -> None:
    secrets = secrets_of({"dataSource": {"params": {"secretKey": SECRET, "name": "input.csv"}}})
    assert secrets == {SECRET}
    assert scrub(f"using {SECRET} for input.csv", secrets) == f"using {WITHHELD} for input.csv"


def test_an_address_of_a_source_is_shown_without_what_lets_one_in() -> None:
    assert safe_url("https://h.example:8443/a/b@1.csv") == "https://h.example:8443/a/b@1.csv"
    assert safe_url("https://me:pw@h.example/a?b=c#d") == f"https://h.example/a?{WITHHELD}"
    assert safe_url("s3://bucket/key") == "s3://bucket/key"


# Texts


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
CREDENTIALS = [
    f"Authorization: Bearer {SECRET}",
    f"Authorization: {SECRET}",
    f'{{"Authorization": "Bearer {SECRET}"}}',
    f"token: Bearer {SECRET}",
    f"bearer  {SECRET}",
    f"password={SECRET}",
    f"Password : '{SECRET}'",
    f"pwd={SECRET}",
    f"HF_TOKEN={SECRET} python main.py",
    f'{{"secretKey": "{SECRET}"}}',
    f'"{{\\"secretKey\\": \\"{SECRET}\\"}}"',
    f"{{'api_key' => '{SECRET}'}}",
    f"AWS_SECRET_ACCESS_KEY={SECRET}",
    f"private-key: {SECRET}",
    f"Cookie: {SECRET}",
    f"AccountName=a;AccountKey={SECRET};x",
    f"password         = {SECRET}",
    f"Authorization: ApiKey {SECRET}",
    f"mysql --user me --password {SECRET}",
    f"postgres://me:{SECRET}@db.example/x failed",
    f"GET https://h/f?X-Amz-Signature={SECRET}&x=1 gave 403",
    f"(https://h/f?sig={SECRET})",
    f"https://h/f?a=b&access_token={SECRET}",
    f"xhttps://me:{SECRET}@h",
    f"1https://me:{SECRET}@h",
    f"Be\x1b[0marer {SECRET}",
    f"pass\x1b[1mword=\x1b[0m{SECRET}",
]
"""Texts in which the secret is known to end where it ends."""

EMBEDDED = [
    f"authorization=Basic {SECRET}==",
    f"Basic {SECRET}==",
    f'password="{SECRET} with, many; parts {SECRET}"',
    f"https://me:a/{SECRET}@h/f failed",
    f"-----BEGIN RSA PRIVATE KEY-----\nMIIE{SECRET}\n-----END RSA PRIVATE KEY-----",
    f"-----BEGIN PRIVATE KEY-----\\nMIIE{SECRET}",
    f"sk-{SECRET}{SECRET}",
    f"ghp_{SECRET}{SECRET}",
    f"xoxb-{SECRET}-{SECRET}",
    f"github_pat_{SECRET}{SECRET}",
    f"glpat-{SECRET}{SECRET}",
    f"hf_{SECRET}{SECRET}hunter2",
    f"AIza{SECRET}{SECRET}hunter2",
]


@pytest.mark.parametrize("text", [*CREDENTIALS, *EMBEDDED])
def test_credentials_are_cut_out_of_any_text(text: str) -> None:
    said = scrub(f"before {text} after")
    assert "hunter2" not in said
    assert WITHHELD in said
    assert said.startswith("before ")
    assert "hunter2" not in shown({"errorMessage": text, "x": [{"y": text}]})


@pytest.mark.parametrize("text", CREDENTIALS)
def test_a_credential_found_in_one_text_is_cut_out_of_the_others(text: str) -> None:
    assert "hunter2" not in shown({"params": {"x": [text]}, "errorMessage": f"no access for {SECRET}."})


@pytest.mark.parametrize("secret", [JWT, f"x {JWT}.", "AKIAIOSFODNN7EXAMPLE", "key ASIAIOSFODNN7EXAMPLE,"])
def test_credentials_known_by_their_look_are_cut_out(secret: str) -> None:
    said = scrub(secret)
    assert WITHHELD in said
    assert "eyJ" not in said
    assert "IOSFODNN7" not in said


@pytest.mark.parametrize(
    "text",
    [
        "Chunk 3 of 40 failed: exit code 137 (out of memory)",
        "GET https://media.example.com/a/b.mp4?t=10&name=x gave 404",
        "connect to http://10.0.0.1:8080: connection refused (see http://localhost:3000/x).",
        "http://[::1]:8080/x, mail me@example.com or https://example.com/@user",
        "CUDA error at kernel.cu:42, basic transcoding of input_01.parquet failed",
        "538f009e-312c-48d4-b842-0b57f6034fde at 2026-03-04T15:30:12.345678Z",
        "the secret of success, a token of thanks, sk-learn",
        "プロンプト: 灯台 🙂",
    ],
)
def test_what_is_no_credential_is_left_as_it_is(text: str) -> None:
    assert scrub(text) == text


@pytest.mark.parametrize(
    "piece",
    [
        "a-", "://", "a://", "?", "eyJ", "eyJ-", "eyJaaaaaaaa.", "eyJ.", "secret", "secret ", "secret-",
        'secret"', "secret=",
        'secret="', "secret='x\"", "token=bearer ", "bearer ", "basic ", "basic a", "-----", "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----", "sk-", " sk-", "AKIA", "hf_", "AIza", "https://h/?a=b&", "https://@",
        "@", "x", " ", "\\",
        '"', "\x1b[", "\x1b]", "\u202e", "a.b+", "https://a:", "api_", "passwpassword", "authorization",
    ],
)  # fmt: skip
def test_no_text_takes_more_time_than_in_proportion_to_its_length(piece: str) -> None:
    """What backtracks over so many characters takes minutes; ten seconds are far above what is needed."""
    text = piece * (100_000 // len(piece))
    began = time.process_time()
    redact({"errorMessage": text, "dataSource": {"params": {"url": text, text: text}}})
    assert time.process_time() - began < 10


def test_a_record_full_of_withheld_values_takes_its_time_in_proportion_too() -> None:
    many = [f"value-{n}" for n in range(20_000)]
    began = time.process_time()
    after = redact({"params": {"tokens": many, "lines": many}})
    assert time.process_time() - began < 20
    assert after["params"]["tokens"] == WITHHELD


# Anything at all


TEXTS = st.text(st.characters()) | st.sampled_from(
    ["token", "url", "dataSource", "params", "@type", "https://a:b@c", "\ud800"]
)
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | TEXTS
    | st.sampled_from([*CREDENTIALS, *EMBEDDED]),
    lambda some: st.lists(some, max_size=4) | st.dictionaries(TEXTS, some, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS, JUNK, max_size=5))
@example({"dataSource": {"params": {"url": "https://[\ud800"}}})
@example({"token": "\r\n\r\n\r\n", "name": "a\r\n\r\n\r\nb"})
@example({"token": WITHHELD, "name": f"a {WITHHELD} b"})
def test_anything_json_can_hold_comes_out_as_json_in_utf8_and_stays_so(record: dict[str, Any]) -> None:
    once = redact(record)
    json.dumps(once, ensure_ascii=False).encode()
    assert "hunter2" not in json.dumps(once)
    json.dumps(redact(once), ensure_ascii=False).encode()
    assert not {"None", "null"} & {name for name, value in once.items() if value is None}


PIECES = [
    "pass", "word", "phrase", "smtp", "DB", "o",
    "Secret", "secret_", "TOKEN", "key", "api", "Access", "private", "bearer", "basic", "sig",
    "Auth", "orization", "session", "Id", "connection", "string", "temp", "signed", "Url", "cookie", "pwd", "data",
    "Source", "des", "tination", "@type", "bytenite.", "eyJ", "sk-", "AKIA", "ASIA", "ghp_", "hf_", "AIza",
    "-----BEGIN ", "PRIVATE KEY-----", "://", "https://", "me:", "@", "?", "&", "=", ":", "=>", "'", '"', "\\", "_",
    "-", " ", "+", "%2F", "\n", "\t", "\x1c", "\x1b[0m", "\x9b1m", "\u200b", "\ud800", "\0", "\u017f", "\u212a",
    "\u00b2", "\u0301", "\u00df", SECRET, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcd",
]  # fmt: skip
WRITTEN = st.lists(st.sampled_from(PIECES) | st.text(st.characters(), max_size=2), max_size=9).map("".join)
WRITTEN_RECORDS = st.dictionaries(
    st.sampled_from(["dataSource", "dataDestination", "name", "params"]) | WRITTEN,
    st.recursive(
        WRITTEN | st.integers(0, 3),
        lambda some: (
            st.lists(some, max_size=3) | st.dictionaries(WRITTEN | st.just("params"), some, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=5,
)


@settings(max_examples=500)
@given(WRITTEN)
def test_a_text_that_looks_harmless_is_harmless(text: str) -> None:
    assert scrub(f":// {text}") == f":// {scrub(text)}"


@settings(max_examples=500)
@given(WRITTEN_RECORDS)
def test_a_record_gives_the_same_secrets_when_something_else_in_it_looks_suspicious(
    record: dict[str, Any],
) -> None:
    assert secrets_of({**record, "~": "\\"}) == secrets_of(record)


@given(st.text(st.characters()))
def test_a_text_that_was_cleaned_needs_no_more_cleaning(text: str) -> None:
    assert scrub(scrub(text)) == scrub(text)


def test_a_record_nested_beyond_all_reason_is_cut() -> None:
    record: dict[str, Any] = {"id": "a"}
    inside = record
    for _ in range(500):
        inside["token" if inside is record else "x"] = inside = {}
    inside["y"] = SECRET
    deep: Any = SECRET
    for _ in range(500):
        deep = [deep]
    text = shown(record | {"z": deep, "@type": deep, "dataSource": deep})
    assert SECRET not in text
    assert "[nested too deeply to show]" in text


def test_a_number_of_tokens_is_no_secret_but_a_list_of_them_is() -> None:
    shown = redact({"params": {"app": {"max_tokens": 512, "tokens": ["SECRET-abc"], "token": 512}}})
    assert shown["params"]["app"] == {"max_tokens": 512, "tokens": WITHHELD, "token": WITHHELD}


@settings(max_examples=500)
@given(st.sampled_from(["http", "https", "s3", "gs"]), WRITTEN)
def test_an_address_that_looks_plain_holds_no_credential(scheme: str, rest: str) -> None:
    text = sanitize(f"{scheme}://{rest}")
    assert set(found_in(text)) == set(found_in(f"{text} ://")) - {"://"}
