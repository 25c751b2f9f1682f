"""A property of serving over stdio: whatever the bytes, each request line is answered once, and no other line is."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.conftest import ERAS, Era
from tests.server.stdio.exchanging import CLIENT, JOB, META, OPENING, Id, exchange, identity

pytestmark = pytest.mark.anyio

ASKED: list[dict[str, Any]] = [
    {"method": "ping"},
    {"method": "tools/list"},
    {"method": "tools/call", "params": {"name": "get_job", "arguments": {"job_id": JOB}}},
    {"method": "tools/call", "params": {"name": "get_job", "arguments": {"job_id": JOB}, "_meta": META}},
    {"method": "server/discover", "params": {"_meta": META}},
    {"method": "initialize", "params": CLIENT},
    {"method": "no/such"},
    {"method": "tools/list", "params": []},
    {"method": "notifications/initialized"},
    {"method": "notifications/cancelled", "params": {"requestId": 1}},
    {"method": "notifications/cancelled", "params": {"requestId": "1"}},
    {"result": {}},
    {"error": {"code": -32700, "message": "x"}},
    {},
]

ids = st.sampled_from([0, 1, 2, "1", "2", "a", ""]) | st.integers() | st.text(max_size=5)
odd_ids: st.SearchStrategy[Any] = st.sampled_from([None, True, 1.5, [], {}, "\ud800", "DIGITS"])
members = st.fixed_dictionaries(
    {}, optional={"jsonrpc": st.sampled_from(["2.0"] * 9 + ["1.0"]), "id": ids | ids | ids | odd_ids}
)
messages = st.builds(lambda envelope, asked: {**envelope, **asked}, members, st.sampled_from(ASKED))


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """Draw a message, often malformed, or arbitrary bytes."""
    line = json.dumps(draw(messages), ensure_ascii=draw(st.booleans())).encode(errors="surrogatepass")
    line = line.replace(b'"DIGITS"', b"9" * 5000)
    match draw(st.integers(0, 5)):
        case 0:
            return draw(st.binary(max_size=50))
        case 1:
            start, end = sorted(draw(st.tuples(*[st.integers(0, len(line))] * 2)))
            return line[:start] + draw(st.binary(max_size=3)) + line[end:]
        case 2:
            return draw(st.sampled_from([b"\xef\xbb\xbf", b" ", b"[", b"\0"])) + line
        case 3:
            return line + draw(st.sampled_from([b"\r", b" ", b"]", b"}", b"\0"]))
    return line


def owed(line: bytes) -> set[Id] | None:
    """Return the ids that the answer to a line may have: none if it needs no answer, None for any id or none."""
    if not line.strip():
        return set()
    try:
        body = json.loads(line.decode(), parse_constant=int)
        json.dumps(body, ensure_ascii=False).encode()
    except ValueError:
        return None
    return owed_to(body) if isinstance(body, dict) else {identity(None)}


def owed_to(body: dict[str, Any]) -> set[Id]:
    if "method" not in body and ("result" in body or "error" in body):
        return set()
    valid = (
        body.get("jsonrpc") == "2.0"
        and isinstance(body.get("method"), str)
        and isinstance(body.get("params"), dict | None)
    )
    if "id" not in body and valid:
        return set()
    known = isinstance(body.get("id"), int | str) and not isinstance(body["id"], bool)
    return {identity(body["id"] if known else None)}


def cancelled(line: bytes) -> set[Id]:
    if owed(line) != set() or b"notifications/cancelled" not in line:
        return set()
    request_id = (json.loads(line).get("params") or {}).get("requestId")
    return {identity(request_id)} if isinstance(request_id, int | str) else set()


@pytest.mark.parametrize("era", ERAS)
@given(sent=st.lists(lines(), max_size=8), opened=st.booleans())
@settings(suppress_health_check=[HealthCheck.too_slow])
async def test_each_request_line_is_answered_once(era: Era, sent: list[bytes], opened: bool) -> None:
    stream = b"\n".join([*(OPENING[era] if opened else []), *sent])
    answers = Counter(identity(answer["id"]) for answer in await exchange(stream))
    owed_each = [owed(line) for line in stream.split(b"\n")]
    sure = Counter(request_id for ids in owed_each for request_id in ids or ())
    missing = sure - answers
    assert missing.keys() <= {request_id for line in stream.split(b"\n") for request_id in cancelled(line)}
    assert answers.total() + missing.total() == sum(ids != set() for ids in owed_each)
