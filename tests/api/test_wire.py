"""The bytes of answers: the documented shapes, and a named error for everything else."""

import email.utils
import json
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bytenite_mcp.api import errors, wire
from bytenite_mcp.api.errors import ByteNiteError, Refusal, UnexpectedAnswer
from bytenite_mcp.api.values import Json, JsonObject
from tests.conftest import HOST
from tests.conftest import wire as captured

JSON = {"content-type": "application/json"}
DOCUMENTED = [
    (400, errors.InvalidRequest),
    (401, errors.Unauthenticated),
    (403, errors.Forbidden),
    (404, errors.NotFound),
    (413, errors.InvalidRequest),
    (416, errors.InvalidRequest),
    (422, errors.InvalidRequest),
    (429, errors.TooManyRequests),
    (500, errors.ServerFailure),
    (502, errors.ServerFailure),
    (503, errors.ServerFailure),
    (504, errors.ServerFailure),
    (418, errors.Refusal),
]
GRPC = [
    (3, errors.InvalidRequest),
    (5, errors.NotFound),
    (7, errors.Forbidden),
    (8, errors.TooManyRequests),
    (13, errors.ServerFailure),
    (14, errors.ServerFailure),
    (16, errors.Unauthenticated),
]


def refused(status: int, body: Any, headers: dict[str, str] = JSON) -> Refusal:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(Refusal) as refusal:
        wire.decode(status, headers, raw, HOST)
    return refusal.value


def unexpected(status: int, body: bytes, **headers: str) -> str:
    with pytest.raises(UnexpectedAnswer) as failure:
        wire.decode(status, headers, body, HOST)
    return str(failure.value)


@pytest.mark.parametrize(("status", "kind"), DOCUMENTED)
@pytest.mark.parametrize(
    "body", [b"", b"plain", b"<html>", {"code": 13, "message": "m", "details": []}, {"ok": False}]
)
def test_a_status_names_the_error_whatever_the_body(status: int, kind: type[Refusal], body: Any) -> None:
    refusal = refused(status, body)
    assert type(refusal) is kind
    assert refusal.status == status


@pytest.mark.parametrize(("code", "kind"), GRPC)
def test_a_grpc_code_names_the_error_of_a_200(code: int, kind: type[Refusal]) -> None:
    assert type(refused(200, {"ok": False, "error": {"code": code}})) is kind
    assert type(refused(200, {"ok": False, "code": code})) is kind


def test_the_documented_error_in_a_200_is_named_by_its_code() -> None:
    refusal = refused(200, captured("17"))
    assert type(refusal) is errors.NotFound
    assert refusal.status == 404
    assert refusal.detail == "The requested resource was not found"


@pytest.mark.parametrize("code", [None, "x", True, 0, 200, 1e9, [], {}, 10**30])
def test_an_error_in_a_200_without_a_code_we_know_is_a_failure_of_the_server(code: Any) -> None:
    assert type(refused(200, {"ok": False, "error": {"code": code}})) is errors.ServerFailure


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"code": 5, "message": "job not found", "details": []}, "job not found"),
        ({"ok": False, "message": "Request failed", "error": {"message": "Not Found"}}, "Not Found"),
        ({"ok": False, "message": "Request failed", "error": "no such job"}, "Request failed"),
        ({"error": "no such job"}, "no such job"),
        ({"message": 5, "error": ["x"]}, ""),
        ([], ""),
        (b"", ""),
        (b"<html>Bad gateway</html>", ""),
    ],
)
def test_the_most_telling_message_is_kept(body: Any, detail: str) -> None:
    assert refused(404, body).detail == detail


def test_a_plain_text_is_the_message_and_is_bounded() -> None:
    headers = {"content-type": "text/plain; charset=utf-8"}
    assert refused(403, b" no credit \n", headers).detail == "no credit"
    assert len(refused(403, b"x" * 10_000, headers).detail) == 500
    assert refused(403, {"message": "no credit"}, headers).detail == "no credit"


def test_what_is_said_holds_nothing_of_the_answer() -> None:
    refusal = refused(400, {"message": "hunter2"})
    assert str(refusal) == "ByteNite did not accept the request (400)."
    assert "hunter2" not in repr(refusal)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("0", 0), ("2", 2), ("120", 120), ("", None), ("soon", None), ("-1", None), ("1.5", None), ("²", None),
     ("9" * 50, 999_999_999), ("Mon, 99 Foo 2026 00:00:00 GMT", None), ("Thu, 01 Jan 1970 00:00:00 GMT", 0)],
)  # fmt: skip
def test_retry_after_is_read_in_seconds(header: str, seconds: float | None) -> None:
    assert refused(429, {}, {"retry-after": header}).retry_after == seconds


def test_retry_after_is_read_as_a_date() -> None:
    date = email.utils.formatdate(time.time() + 100, usegmt=True)
    after = refused(503, {}, {"retry-after": date}).retry_after
    assert after is not None
    assert 90 < after <= 100


def test_a_date_is_counted_from_the_date_of_the_answer() -> None:
    headers = {"date": "Thu, 05 Mar 2026 10:00:00 GMT", "retry-after": "Thu, 05 Mar 2026 10:00:07 GMT"}
    assert refused(429, {}, headers).retry_after == 7


def test_a_byte_order_mark_is_no_part_of_the_json() -> None:
    assert wire.decode(200, {}, b'\xef\xbb\xbf{"a": 1}', HOST) == {"a": 1}


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"job": {"id": "a"', b"\xff\xfe"])
def test_a_truncated_answer_or_one_that_is_no_json_is_transient(body: bytes) -> None:
    with pytest.raises(errors.UnreadableAnswer):
        wire.decode(200, {}, body, HOST)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "an empty body"), (b" \n", "an empty body"), (b"<html><body>hi", "an HTML page"),
        (b"  <!DOCTYPE HTML>", "an HTML page"), (b"[]", "something that is not a JSON object"),
        (b'{"job": {"id": "a"', "JSON that is cut or malformed"), (b"\xff\xfe", "something that is not a JSON object"),
        (b"null", "something that is not a JSON object"), (b"[" * 100_000, "something that is not a JSON object"),
        (b'{"a":' + b"9" * 5000 + b"}", "JSON that is cut or malformed"),
    ],
)  # fmt: skip
def test_what_is_not_of_bytenite_is_said(body: bytes, what: str) -> None:
    assert (
        unexpected(200, body) == f"{HOST} answered with {what}, which is not what ByteNite's API documents."
    )


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://evil.example/login?token=hunter2", "'evil.example'"),
        ("/elsewhere", "another place"),
        ("http://[bad", "another place"),
        ("", "another place"),
        ("https://u:hunter2@h.example", "'h.example'"),
    ],
)
def test_a_redirect_is_named_by_its_host_alone(location: str, target: str) -> None:
    said = unexpected(302, b"{}", location=location)
    assert f"a redirect to {target} (not followed" in said
    assert "hunter2" not in said


def test_template_info_is_put_inside_the_job_unless_it_is_there() -> None:
    assert wire.read_job({"job": {"id": "a"}, "templateInfo": {"app": "x"}}, "a", HOST) == {
        "id": "a",
        "templateInfo": {"app": "x"},
    }
    inside: JsonObject = {"id": "a", "templateInfo": {"app": "y"}}
    assert wire.read_job({"job": inside, "templateInfo": {"app": "x"}}, "a", HOST) is inside
    assert wire.read_job({"job": {"id": "a"}}, "a", HOST) == {"id": "a"}


@pytest.mark.parametrize("number", ["03", "07", "08", "09", "18"])
def test_a_captured_record_is_taken_as_it_is(number: str) -> None:
    body = captured(number)
    assert wire.read_job(body, body["job"]["id"], HOST) == body["job"] | (
        {"templateInfo": body["templateInfo"]} if "templateInfo" in body else {}
    )


@pytest.mark.parametrize(
    ("asked", "given"), [("a", "a"), ("F4CE", "f4ce"), ("a b ", "a b "), ("a", ""), ("a", None)]
)
def test_the_job_that_was_asked_for_is_taken(asked: str, given: str | None) -> None:
    assert wire.read_job({"job": {"id": given, "name": "n"}}, asked, HOST)["name"] == "n"


@pytest.mark.parametrize(("asked", "given"), [("a", "b"), ("a", "a "), ("a", "ab")])
def test_another_job_than_the_one_asked_for_is_refused(asked: str, given: str) -> None:
    with pytest.raises(UnexpectedAnswer, match=f"another job than the one asked for .its id is '{given}'"):
        wire.read_job({"job": {"id": given}}, asked, HOST)


@pytest.mark.parametrize("answer", [{}, {"job": None}, {"job": []}, {"job": {}}, {"job": "x"}, {"data": []}])
def test_an_answer_without_a_job_is_unexpected(answer: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedAnswer, match="JSON without a job"):
        wire.read_job(answer, "a", HOST)


def test_a_page_is_its_records_and_a_count_of_what_is_none() -> None:
    answer: JsonObject = {
        "data": [{"id": "a"}, None, "x", {"id": "b"}],
        "pagination": {"total": "9", "hasNext": True},
    }
    page = wire.read_page(wire.Answer(answer, None), HOST)
    assert page.jobs == [{"id": "a"}, {"id": "b"}]
    assert (page.total, page.has_next, page.unreadable) == (9, True, 2)


def test_rows_may_hold_their_record_as_the_answer_for_one_job_does() -> None:
    rows: list[JsonObject] = [
        {"job": {"id": "a"}, "templateInfo": {"id": "t"}},
        {"id": "b", "job": {"id": "c"}},
        {"name": "without an id"},
    ]
    page = wire.read_page(wire.Answer({"data": rows}, None), HOST)
    assert page.jobs == [{"id": "a", "templateInfo": {"id": "t"}}, *rows[1:]]


def test_members_may_be_spelt_as_in_protobuf_itself() -> None:
    own: JsonObject = {"max_steps": 1}
    record: JsonObject = {
        "id": "a",
        "created_at": "2026-03-04T15:00:00Z",
        "state_timestamps": {"job_state_new": "2026-03-04T15:00:00Z"},
        "data_source": {"params": {"bucket_name": "b"}},
        "params": own,
    }
    read = {
        "id": "a",
        "createdAt": "2026-03-04T15:00:00Z",
        "stateTimestamps": {"job_state_new": "2026-03-04T15:00:00Z"},
        "dataSource": {"params": {"bucketName": "b"}},
        "params": own,
    }
    answer: JsonObject = {"data": [record], "pagination": {"has_next": True}}
    page = wire.read_page(wire.Answer(answer, None), HOST)
    assert (page.jobs, page.has_next) == ([read], True)
    job = wire.read_job({"job": record, "template_info": {"id": "t"}}, "a", HOST)
    assert job == read | {"templateInfo": {"id": "t"}}


@pytest.mark.parametrize(
    "answer",
    [
        {"data": []},
        {"data": None, "pagination": {"total": 0}},
        {"pagination": {"total": 0}},
        {"pagination": {"total": 0}, "warnings": []},
        {"pagination": {}},
        {"data": None, "pagination": {}},
    ],
)
def test_a_page_without_rows_is_empty(answer: dict[str, Any]) -> None:
    assert wire.read_page(wire.Answer(answer, None), HOST).jobs == []


def test_a_page_that_does_not_count_has_no_total() -> None:
    page = wire.read_page(wire.Answer({"data": [{"id": "a"}]}, None), HOST)
    assert page.total is None
    assert not page.has_next


@pytest.mark.parametrize(("told", "total"), [(0, None), ("1", None), (2, 2)])
def test_a_total_below_the_number_of_rows_is_not_believed(told: Json, total: int | None) -> None:
    answer: JsonObject = {"data": [{"id": "a"}, {"id": "b"}], "pagination": {"total": told}}
    assert wire.read_page(wire.Answer(answer, None), HOST).total == total


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"data": {}},
        {"data": "x"},
        {"pagination": []},
        {"data": None},
        {"job": {}},
        {"data": [], "pagination": 5},
        {"jobs": [{"id": "a"}], "pagination": {"total": 1}},
    ],
)
def test_an_answer_that_is_no_page_is_unexpected(answer: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedAnswer, match="JSON that is not a page of jobs"):
        wire.read_page(wire.Answer(answer, None), HOST)


def test_results_may_be_none_yet() -> None:
    assert wire.read_results(captured("12"), HOST) == []
    assert wire.read_results({"results": None}, HOST) == []
    assert wire.read_results({}, HOST) == []
    assert wire.read_results(captured("10"), HOST) == captured("10")["results"]


@pytest.mark.parametrize("answer", [{"results": {}}, {"results": ["x"]}, {"outputs": []}])
def test_an_answer_without_results_is_unexpected(answer: JsonObject) -> None:
    with pytest.raises(UnexpectedAnswer, match="JSON without results"):
        wire.read_results(answer, HOST)


@pytest.mark.parametrize(
    "answer", [captured("24"), {"partitioner": []}, {"assembler": {}, "more": 1}, {"taskrunner": None}, {}]
)
def test_logs_are_taken_as_they_are(answer: JsonObject) -> None:
    assert wire.read_logs(answer, HOST) is answer


@pytest.mark.parametrize("answer", [{"logs": []}, {"partitioner": "x"}, {"data": {"taskrunner": {}}}])
def test_an_answer_without_logs_is_unexpected(answer: JsonObject) -> None:
    with pytest.raises(UnexpectedAnswer, match="JSON without logs"):
        wire.read_logs(answer, HOST)


@given(st.integers(100, 599), st.binary(max_size=60) | st.just(b'{"ok":false}'), st.text(max_size=30))
@example(301, b"", "//[")
def test_whatever_comes_is_an_answer_or_an_error_of_the_tree(status: int, body: bytes, header: str) -> None:
    said = ""
    try:
        wire.decode(status, {"location": header, "retry-after": header, "content-type": header}, body, HOST)
    except ByteNiteError as failure:
        said = str(failure)
    assert len(said) < 400
