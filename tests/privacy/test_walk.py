"""A walk over a record: what it copies, what it withholds, and how deep it goes."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from bytenite_mcp.privacy.names import Strength
from bytenite_mcp.privacy.redact import clean_record
from bytenite_mcp.privacy.spans import WITHHELD
from bytenite_mcp.privacy.walk import Walk, may_hold_anything, write_json
from tests.privacy.corpora import SECRETS

SECRET = "hunter2-Hunter2"


def clean(record: Mapping[str, Any]) -> dict[str, Any]:
    return dict(clean_record(record)[0])


def write(record: Mapping[str, Any]) -> str:
    return json.dumps(clean(record), ensure_ascii=False)


def test_a_walk_collects_what_it_withholds() -> None:
    walk = Walk({}, b"")
    shown = walk.member("params", {"db": {"password": SECRET}, "n": 1}, Strength.NONE, 0)
    assert shown == {"db": {"password": WITHHELD}, "n": 1}
    assert walk.withheld == {SECRET}


def test_names_that_would_be_the_same_once_redacted_stay_distinct() -> None:
    tokens = ["ghp_" + "aB3" * 12, "ghp_" + "cD4" * 12]
    shown = Walk({}, b"").member("params", dict.fromkeys(tokens, 1), Strength.NONE, 0)
    assert isinstance(shown, dict)
    assert len(shown) == 2
    assert not any(token in str(shown) for token in tokens)
    assert clean({"x\x9b@": 1, "x": 2}) == clean({"x": 2, "x\x9b@": 1}) == {"x 1": 1, "x": 2}


@pytest.mark.parametrize("value", ["", None, False, {}])
def test_a_name_in_a_data_source_that_is_a_secret_is_withheld_whatever_it_names(value: Any) -> None:
    token = "ghp_" + "aB3" * 12
    record = {"id": "a", "dataSource": {"dataSourceDescriptor": "s3", "params": {token: value}}}
    assert token not in write(record)


def test_what_a_data_source_may_show_is_searched_for_secrets_too() -> None:
    token = "ghp_" + "aB3" * 12
    shown = clean(
        {"dataSource": {"params": {"name": f"in/{token}", "bucketName": token, "cloudRegion": "a\u202eb"}}}
    )
    assert shown["dataSource"]["params"] == {
        "name": f"in/{WITHHELD}",
        "bucketName": WITHHELD,
        "cloudRegion": "a<U+202E>b",
    }


def test_what_is_withheld_of_a_data_source_keeps_its_structure() -> None:
    shown = clean(
        {"dataSource": {"params": {"keys": ["tulip", 7, True], "login": {"pin": 1234, "user": ""}}}}
    )
    assert shown["dataSource"]["params"] == {
        "keys": [WITHHELD, WITHHELD, True],
        "login": {"pin": WITHHELD, "user": ""},
    }


def test_a_data_source_is_known_by_its_type_under_any_name() -> None:
    kind = "type.googleapis.com/bytenite.data_source.S3"
    shown = clean({"novelty": {"@type": kind, "bucketName": "b", "unheard": "tulip"}})
    assert shown["novelty"] == {"@type": kind, "bucketName": "b", "unheard": WITHHELD}


def test_the_cells_below_a_secrets_name_are_withheld_in_many_rows_and_in_one() -> None:
    table = {"columns": ["user", "password"], "rows": [["ana", "tulip"], ["ben", "rose"]]}
    assert clean({"params": table})["params"]["rows"] == [["ana", WITHHELD], ["ben", WITHHELD]]
    assert clean({"params": table | {"rows": ["ana", "tulip"]}})["params"]["rows"] == ["ana", WITHHELD]
    ragged = table | {"rows": [["ana", "tulip"], ["ben"], ["cy", "rose", "late"]]}
    assert clean({"params": ragged})["params"]["rows"] == [
        ["ana", WITHHELD],
        ["ben"],
        ["cy", WITHHELD, "late"],
    ]


def test_what_is_withheld_of_a_text_or_of_arguments_is_cut_out_of_the_rest() -> None:
    secret = "xK9-ab7Q2w"
    assert clean({"name": f"run {secret}", "note": f"password={secret}"})["name"] == f"run {WITHHELD}"
    shown = clean({"name": f"run {secret}", "params": {"args": ["mysql", "-u", "ana", f"-p{secret}"]}})
    assert shown == {"name": f"run {WITHHELD}", "params": {"args": ["mysql", "-u", "ana", f"-p{WITHHELD}"]}}
    assert clean({"args": ["--pass\u200bword", "tulip"]})["args"][1] == WITHHELD


def test_an_identifier_may_stand_at_any_depth() -> None:
    name = "Kd93jfLq02mZx7"
    assert clean({"token": name, "parts": [{"id": name}]})["token"] == name
    assert clean({"token": name, "parts": [{"note": name}]})["token"] == WITHHELD


def test_a_count_of_tokens_is_no_secret() -> None:
    assert clean({"params": {"app": {"max_tokens": 512, "tokens": 12, "token": 512}}}) == {
        "params": {"app": {"max_tokens": 512, "tokens": 12, "token": 512}}
    }


def test_a_record_nested_beyond_all_reason_is_cut() -> None:
    record: dict[str, Any] = {"id": "a"}
    inside = record
    for _ in range(500):
        inside["token" if inside is record else "x"] = inside = {}
    inside["y"] = SECRET
    deep: Any = SECRET
    for _ in range(500):
        deep = [deep]
    text = write(record | {"z": deep, "@type": deep, "dataSource": deep, "password": deep})
    assert SECRET not in text
    assert "[nested too deeply to show]" in text


# The fast check: what it lets pass has nothing to withhold, and what it cannot judge it does not let pass


@pytest.mark.parametrize(
    "value",
    [
        {"name": "nightly encode", "state": "JOB_STATE_FAILED", "duration": "12s", "numChunks": 4},
        {"errorMessage": "the encoder ended with 137 at frame 12"},
        {},
        None,
    ],
)
def test_an_ordinary_record_needs_no_full_reading(value: Any) -> None:
    assert not may_hold_anything(write_json(value))


@pytest.mark.parametrize(
    "value",
    [
        {"params": {"app": {"password": "tulip"}}},
        {"name": "a\u202eb"},
        {"name": "a\nb"},
        {"params": {"dataSource": {"params": {}}}},
        {"params": {"data_destination": {}}},
        {"params": {"kty": "RSA"}},
        {"params": {"value": "x", "sensitive": True}},
        {"name": "half \ud83d"},
    ],
)
def test_what_may_hide_something_is_read_in_full(value: Any) -> None:
    assert may_hold_anything(write_json(value))


def test_every_record_of_the_corpora_with_a_secret_outside_its_sources_is_read_in_full() -> None:
    checked = 0
    for name, case in SECRETS.items():
        whole = write_json(case.get("record", {}))
        written = write_json(case.get("record", {}), {"dataSource", "dataDestination"})
        secrets = [json.dumps(secret)[1:-1].encode() for secret in case["secret"]]
        if "left" not in case and any(0 < written.count(each) == whole.count(each) for each in secrets):
            checked += 1
            assert may_hold_anything(written), name
    assert checked > 100


def test_members_that_are_checked_apart_are_left_out() -> None:
    assert write_json({"a": 1, "params": {"b": 2}}, {"params"}) == b'{"a":1}'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{'tokens': {'github': 'Kd93jfLq02mZx7'}}", "{'tokens': {'github': '[withheld]'}}"),
        ("{'tokens': {'github': \"Kd93'jfLq02mZx7\"}}", "{'tokens': {'github': '[withheld]'}}"),
        (repr({"tokens": {"github": "tulip\\rose"}}), "{'tokens': {'github': '[withheld]'}}"),
        (repr({"tokens": {"github": 'it\'s "tulip"-rose'}}), "{'tokens': {'github': '[withheld]'}}"),
        (
            repr({"tokens": {"github": "tulip\u202e-rose"}, "out": "\x1b[1m"}),
            r"{'tokens': {'github': '[withheld]'}, 'out': '\x1b[1m'}",
        ),
        (
            "cfg={'cookies': {'session': \"it's\"}, 'n': None}",
            "cfg={'cookies': {'session': \"it's\"}, 'n': None}",
        ),
        (
            '{"auth": {"user": "svc", "value": "Kd93jfLq02mZx7"}}\n',
            '{"auth": {"user": "svc", "value": "[withheld]"}}\n',
        ),
        (
            'env: [{"name": "PASSWORD", "note": "x", "value": "tulip"}]',
            'env: [{"name": "PASSWORD", "note": "x", "value": "[withheld]"}]',
        ),
        ("{'a': 'b' 'c'}", "{'a': 'b' 'c'}"),
    ],
)
def test_a_text_that_ends_with_an_object_is_read_by_its_structure(text: str, shown: str) -> None:
    record, _ = clean_record({"id": "a", "errorMessage": text})
    assert record["errorMessage"] == shown


def test_what_is_withheld_in_a_dict_as_python_writes_it_is_cut_out_of_the_rest_of_the_record() -> None:
    record = {"errorMessage": "{'tokens': {'github': 'Kd93jfLq02mZx7'}}", "name": "run Kd93jfLq02mZx7"}
    assert clean(record)["name"] == f"run {WITHHELD}"
